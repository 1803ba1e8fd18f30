//! What the token endpoint takes and hands out, over real sockets.

use crate::common::{REDIRECT, VERIFIER, World, claims};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};

#[tokio::test]
async fn a_code_yields_signed_tokens_with_the_claims_that_were_asked() {
    let world = World::start().await;
    let address = world.authorize("v2", &world.told.customer_tenant, &[]);
    let answer = world.answer(&address, "admin").await;
    assert_eq!(answer["state"], "a state / with = signs & more");
    assert!(answer.contains_key("session_state"));
    let reply = world.redeem(&answer["code"]).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(reply.body["expires_in"], 3599);
    assert_eq!(reply.body["token_type"], "Bearer");
    assert!(reply.text("scope").split(' ').any(|scope| scope == world.alert_scope()));

    let keys: Value = world
        .http
        .get(format!("{}/common/discovery/v2.0/keys", world.told.login))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let key = &keys["keys"][0];
    let key =
        DecodingKey::from_rsa_components(key["n"].as_str().unwrap(), key["e"].as_str().unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&[&world.told.client_id]);
    validation.set_issuer(&[format!("{}/{}/v2.0", world.told.login, world.told.customer_tenant)]);
    let id = jsonwebtoken::decode::<Value>(reply.text("id_token"), &key, &validation).unwrap().claims;
    assert_eq!(id["nonce"], "a nonce");
    assert_eq!(id["tid"], world.told.customer_tenant);
    assert_eq!(id["preferred_username"], world.user("admin"));

    validation.set_audience(&[&world.told.graph]);
    validation.set_issuer(&[format!("{}/{}/", world.told.login, world.told.customer_tenant)]);
    let access = jsonwebtoken::decode::<Value>(reply.text("access_token"), &key, &validation).unwrap().claims;
    assert_eq!(access["appid"], world.told.client_id);
    assert_eq!(access["amr"], json!(["pwd", "mfa"]));
    assert!(access["scp"].as_str().unwrap().split(' ').any(|scope| scope == "SecurityAlert.Read.All"));
    assert_eq!(access["oid"], id["oid"]);
}

#[tokio::test]
async fn version_1_answers_in_strings_and_names_the_resource() {
    let world = World::start().await;
    let more = [
        ("resource", "https://graph.windows.net"),
        ("prompt", "select_account"),
        ("code_challenge", ""),
        ("code_challenge_method", ""),
    ];
    let address = world.authorize("v1", &world.told.customer_domain, &more);
    let answer = world.answer(&address, "analyst").await;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", answer["code"].as_str()),
        ("redirect_uri", REDIRECT),
        ("resource", "https://graph.windows.net"),
    ];
    let reply = world.grant("v1", &fields).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(reply.body["expires_in"], "3599");
    assert_eq!(reply.body["resource"], "https://graph.windows.net");
    let times: Vec<i64> =
        ["not_before", "expires_on"].iter().map(|name| reply.text(name).parse().unwrap()).collect();
    assert!(times[0] < times[1]);
    let access = claims(reply.text("access_token"));
    assert_eq!(
        (&access["aud"], &access["tid"]),
        (&json!("https://graph.windows.net"), &json!(world.told.customer_tenant))
    );
    // A guest: the home tenant is named, the home object id is not this tenant's.
    assert_eq!(access["idp"], format!("{}/{}/", world.told.login, world.told.provider_tenant));
    assert_eq!(claims(reply.text("id_token"))["ver"], "1.0");

    // One refresh token buys tokens of another API, once that is consented to.
    let other = [
        ("grant_type", "refresh_token"),
        ("refresh_token", reply.text("refresh_token")),
        ("resource", world.told.graph.as_str()),
    ];
    world.grant("v1", &other).await.assert_refused(400, "invalid_grant", 65001);
    world.consent_as_admin().await;
    let bought = world.grant("v1", &other).await;
    assert_eq!(claims(bought.text("access_token"))["aud"], world.told.graph);
}

#[tokio::test]
async fn a_code_works_once_and_a_second_try_ends_what_it_yielded() {
    let world = World::start().await;
    let code = world.code("admin").await;
    let first = world.redeem(&code).await;
    let refresh = first.text("refresh_token");
    let second = world.refresh(refresh).await;
    assert_ne!(second.text("refresh_token"), refresh, "a new one each time");
    assert_eq!(world.refresh(refresh).await.status, 200, "the old one stays good");
    world.redeem(&code).await.assert_refused(400, "invalid_grant", 54005);
    world.refresh(second.text("refresh_token")).await.assert_refused(400, "invalid_grant", 50173);
    world.redeem("not a code").await.assert_refused(400, "invalid_grant", 9_002_313);
}

#[tokio::test]
async fn a_wrong_verifier_redirect_tenant_or_secret_does_not_use_the_code_up() {
    let world = World::start().await;
    let code = world.code("admin").await;
    let redeem = |verifier: &'static str, redirect: &'static str| {
        let code = code.clone();
        let world = &world;
        async move {
            let mut fields = vec![
                ("grant_type", "authorization_code"),
                ("code", code.as_str()),
                ("redirect_uri", redirect),
            ];
            if !verifier.is_empty() {
                fields.push(("code_verifier", verifier));
            }
            world.grant("v2", &fields).await
        }
    };
    redeem("", REDIRECT).await.assert_refused(400, "invalid_grant", 50148);
    redeem("another", REDIRECT).await.assert_refused(400, "invalid_grant", 501_481);
    redeem(VERIFIER, "http://localhost:1/SiemMsspConnector").await.assert_refused(
        400,
        "invalid_grant",
        500_112,
    );
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
        ("client_id", world.told.client_id.as_str()),
    ];
    world.token("v2", &world.told.customer_tenant, &fields).await.assert_refused(
        401,
        "invalid_client",
        7_000_218,
    );
    let with_secret = [&fields[..], &[("client_secret", world.secret.as_str())]].concat();
    world.token("v2", &world.told.provider_tenant, &with_secret).await.assert_refused(
        400,
        "invalid_grant",
        700_005,
    );
    assert_eq!(redeem(VERIFIER, REDIRECT).await.status, 200);
}

#[tokio::test]
async fn a_client_proves_itself_in_the_body_or_by_basic() {
    let world = World::start().await;
    let scope = format!("{}/.default", world.told.graph);
    let address = format!("{}/{}/oauth2/v2.0/token", world.told.login, world.told.provider_tenant);
    let fields = [("grant_type", "client_credentials"), ("scope", scope.as_str())];
    let basic = |secret: &str| {
        let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        format!("Basic {}", STANDARD.encode(format!("{}:{encoded}", world.told.client_id)))
    };
    for (header, status) in
        [(basic(&world.secret), 200), (basic("another"), 401), ("Basic !".to_owned(), 400)]
    {
        let response =
            world.http.post(&address).header("authorization", header).form(&fields).send().await.unwrap();
        assert_eq!(response.status(), status);
    }
    let with = |secret: &str| {
        let fields =
            [&fields[..], &[("client_id", world.told.client_id.as_str()), ("client_secret", secret)]]
                .concat();
        let fields: Vec<(String, String)> =
            fields.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let request = world.http.post(&address).form(&fields);
        async move {
            let response = request.send().await.unwrap();
            crate::common::Reply { status: response.status(), body: response.json().await.unwrap() }
        }
    };
    with("a-guid-is-no-secret").await.assert_refused(401, "invalid_client", 7_000_215);
    with("").await.assert_refused(401, "invalid_client", 7_000_218);
    let reply = with(&world.secret).await;
    assert_eq!(reply.status, 200);
    assert!(reply.body.get("refresh_token").is_none() && reply.body.get("id_token").is_none());
}

#[tokio::test]
async fn a_clients_own_request_id_is_the_correlation_id() {
    let world = World::start().await;
    let id = "8f0e4b5c-1c4f-4e57-9d0a-0a2f3c4d5e6f";
    let response = world
        .http
        .post(format!("{}/common/oauth2/token", world.told.login))
        .header("client-request-id", id)
        .header("return-client-request-id", "true")
        .form(&[("grant_type", "password"), ("client_id", &world.told.client_id)])
        .send()
        .await
        .unwrap();
    assert_eq!(response.headers()["client-request-id"], id);
    assert!(response.headers().contains_key("x-ms-request-id"));
    let body: Value = response.json().await.unwrap();
    assert_eq!((&body["error"], &body["correlation_id"]), (&json!("unsupported_grant_type"), &json!(id)));
}
