//! Entra's protocol over real sockets: what a client sees of discovery, sign-in, consent and tokens.

use crate::common::{REDIRECT, VERIFIER, World, claims, parameters};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use practice_tenant::visitor::VisitError;
use serde_json::{Value, json};

#[tokio::test]
async fn discovery_names_addresses_that_answer_and_an_issuer_by_tenant() {
    let world = World::start().await;
    let login = &world.told.login;
    for (tenant, path, issuer) in [
        (
            world.told.customer_domain.as_str(),
            "/v2.0",
            format!("{login}/{}/v2.0", world.told.customer_tenant),
        ),
        (&world.told.customer_tenant, "", format!("{login}/{}/", world.told.customer_tenant)),
        ("practicecustomer.onmicrosoft.com", "/v2.0", format!("{login}/{}/v2.0", world.told.customer_tenant)),
        ("common", "/v2.0", format!("{login}/{{tenantid}}/v2.0")),
        ("organizations", "", format!("{login}/{{tenantid}}/")),
    ] {
        let address = format!("{login}/{tenant}{path}/.well-known/openid-configuration");
        let document: Value = world.http.get(address).send().await.unwrap().json().await.unwrap();
        assert_eq!(document["issuer"], issuer);
        let keys: Value = world
            .http
            .get(document["jwks_uri"].as_str().unwrap())
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        assert_eq!(keys["keys"][0]["kty"], "RSA");
        let refused = world.http.post(document["token_endpoint"].as_str().unwrap()).send().await.unwrap();
        assert_eq!(refused.status(), 400);
    }
}

#[tokio::test]
async fn an_unknown_tenant_is_told_in_every_form() {
    let world = World::start().await;
    let address = format!("{}/contoso.example/v2.0/.well-known/openid-configuration", world.told.login);
    let response = world.http.get(address).send().await.unwrap();
    assert_eq!(response.status(), 400);
    let body: Value = response.json().await.unwrap();
    assert_eq!((&body["error"], &body["error_codes"]), (&json!("invalid_tenant"), &json!([90002])));

    let fields = [("grant_type", "client_credentials"), ("client_id", world.told.client_id.as_str())];
    world.token("v2", "contoso.example", &fields).await.assert_refused(400, "invalid_request", 90002);

    let address = world.authorize("v2", "contoso.example", &[]);
    let refused = world.visitor.redirect_address(&address, world.user("admin")).await.unwrap_err();
    assert!(matches!(refused, VisitError::Refused { status: 400, code: Some(90002), .. }), "{refused}");
}

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
async fn a_plain_challenge_is_compared_as_it_is() {
    let world = World::start().await;
    let more = [("code_challenge", VERIFIER), ("code_challenge_method", "")];
    let answer = world.answer(&world.authorize("v2", &world.told.customer_tenant, &more), "admin").await;
    assert_eq!(world.redeem(&answer["code"]).await.status, 200);
    for (more, code) in [
        ([("code_challenge", "short"), ("code_challenge_method", "S256")], 50147),
        ([("code_challenge", VERIFIER), ("code_challenge_method", "S512")], 50149),
    ] {
        let response = world.http.get(world.authorize("v2", "common", &more)).send().await.unwrap();
        assert_error(&response, "invalid_request", code);
    }
}

#[track_caller]
fn assert_error(response: &reqwest::Response, error: &str, code: u32) {
    assert_eq!(response.status(), 302);
    let location = response.headers()["location"].to_str().unwrap().parse().unwrap();
    let parameters = parameters(&location);
    assert_eq!(parameters["error"], error);
    assert!(parameters["error_description"].starts_with(&format!("AADSTS{code}: ")), "{parameters:?}");
    assert_eq!(parameters["state"], "a state / with = signs & more");
}

#[tokio::test]
async fn a_bad_request_goes_back_to_the_app_and_one_without_a_known_address_does_not() {
    let world = World::start().await;
    let tenant = world.told.customer_tenant.clone();
    for (more, error, code) in [
        (("response_type", "token"), "unsupported_response_type", 700_054),
        (("response_mode", "pigeon"), "invalid_request", 70007),
        (("prompt", "none"), "login_required", 50058),
        (("prompt", "maybe"), "invalid_request", 90023),
        (("scope", "https://unknown.example/.default"), "invalid_resource", 500_011),
        (("scope", "Everything.Read"), "invalid_client", 650_053),
        (("scope", ""), "invalid_request", 900_144),
        (("resource", "https://graph.windows.net"), "invalid_request", 901_002),
    ] {
        let response = world.http.get(world.authorize("v2", &tenant, &[more])).send().await.unwrap();
        assert_error(&response, error, code);
    }
    for (more, code) in [
        (("redirect_uri", "http://localhost:53682/siemmsspconnector"), 50011),
        (("redirect_uri", "https://contoso.example/SiemMsspConnector"), 50011),
        (("client_id", "11111111-2222-4333-8444-555555555555"), 700_016),
        (("client_id", ""), 900_144),
    ] {
        let address = world.authorize("v2", &tenant, &[more]);
        let response = world.http.get(&address).send().await.unwrap();
        assert_eq!((response.status().as_u16(), response.headers().get("location")), (400, None));
        let page = response.text().await.unwrap();
        assert!(page.contains(&format!("AADSTS{code}: ")), "{page}");
    }
}

#[tokio::test]
async fn every_response_mode_and_registered_address_gets_its_answer() {
    let world = World::start().await;
    let tenant = world.told.customer_tenant.clone();
    for redirect in [
        "http://127.0.0.1:9/SiemMsspConnector",
        "http://localhost:9",
        "https://SiemMsspConnector",
        "https://siemmsspconnector/",
    ] {
        let address = world.authorize("v2", &tenant, &[("redirect_uri", redirect)]);
        let reached = world.visitor.redirect_address(&address, world.user("admin")).await.unwrap();
        assert!(reached.as_str().to_lowercase().starts_with(&redirect.to_lowercase()), "{reached}");
        assert!(parameters(&reached).contains_key("code"));
    }
    let address = world.authorize("v2", &tenant, &[("response_mode", "fragment")]);
    let reached = world.visitor.redirect_address(&address, world.user("admin")).await.unwrap();
    assert!(reached.query().is_none() && reached.fragment().unwrap().contains("code="));
}

#[tokio::test]
async fn form_post_carries_the_answer_in_a_form() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let world = World::start().await;
    let app = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let redirect = format!("http://127.0.0.1:{}/SiemMsspConnector", app.local_addr().unwrap().port());
    let address = world.authorize(
        "v2",
        &world.told.customer_tenant,
        &[("response_mode", "form_post"), ("redirect_uri", &redirect)],
    );
    let listening = async {
        let (mut stream, _) = app.accept().await.unwrap();
        let (mut heard, mut part) = (String::new(), [0; 4096]);
        while !heard.contains("session_state=") {
            let length = stream.read(&mut part).await.unwrap();
            heard.push_str(std::str::from_utf8(&part[..length]).unwrap());
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await.unwrap();
        heard
    };
    let (heard, reached) =
        tokio::join!(listening, world.visitor.sign_in_and_consent(&address, world.user("admin")));
    assert!(
        heard.starts_with("POST /SiemMsspConnector HTTP/1.1\r\n") && heard.contains("\r\n\r\ncode="),
        "{heard}"
    );
    assert_eq!(reached.unwrap().as_str(), redirect);
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
async fn an_app_has_the_roles_that_an_administrator_granted_and_no_others() {
    let world = World::start().await;
    let before = claims(world.app_token(&world.told.graph).await.text("access_token"));
    assert!(before.get("roles").is_none() && before.get("scp").is_none());
    assert_eq!(before["idtyp"], "app");

    let answer = world.consent_as_admin().await;
    assert_eq!(answer["admin_consent"], "True");
    assert_eq!(answer["tenant"], world.told.customer_tenant);
    assert_eq!(answer["state"], "consent state");
    for (resource, role) in [
        (world.told.graph.clone(), "SecurityAlert.Read.All"),
        ("https://api.securitycenter.microsoft.com".to_owned(), "Alert.Read.All"),
        (world.told.xdr.clone(), "Incident.Read.All"),
    ] {
        let token = claims(world.app_token(&resource).await.text("access_token"));
        assert_eq!(token["aud"], resource);
        assert!(token["roles"].as_array().unwrap().contains(&json!(role)), "{token}");
    }
    let credentials =
        async |scope| world.grant("v2", &[("grant_type", "client_credentials"), ("scope", scope)]).await;
    credentials("https://graph.microsoft.com/SecurityAlert.Read.All").await.assert_refused(
        400,
        "invalid_scope",
        1_002_012,
    );
    credentials("https://nowhere.example/.default").await.assert_refused(400, "invalid_resource", 500_011);
    let double = credentials("https://api.security.microsoft.com//.default").await;
    assert_eq!(claims(double.text("access_token"))["aud"], "https://api.security.microsoft.com/");
}

#[tokio::test]
async fn version_2_admin_consent_grants_the_scope_that_it_names() {
    let world = World::start().await;
    let scope = format!("{}/.default", world.told.graph);
    let address = world.admin_consent("v2.0/adminconsent", &[("scope", &scope)]);
    let answer = world.answer(&address, "admin").await;
    assert_eq!((answer["scope"].as_str(), answer["admin_consent"].as_str()), (scope.as_str(), "True"));
    let graph = claims(world.app_token(&world.told.graph).await.text("access_token"));
    assert!(graph.get("roles").is_some());
    let defender = claims(world.app_token(&world.told.defender).await.text("access_token"));
    assert!(defender.get("roles").is_none());
}

#[tokio::test]
async fn admin_consent_is_for_administrators_and_can_be_cancelled() {
    let world = World::start().await;
    let answer = world.answer(&world.admin_consent("adminconsent", &[]), "analyst").await;
    assert_eq!(answer["error"], "access_denied");
    assert!(answer["error_description"].starts_with("AADSTS90094"));
    for (path, scope, error) in [
        ("adminconsent", "", "permission_denied"),
        ("v2.0/adminconsent", "https://graph.microsoft.com/.default", "consent_required"),
    ] {
        let address = world.admin_consent(path, &[("scope", scope)]);
        let left =
            world.visitor.redirect_address_after_declining(&address, world.user("admin")).await.unwrap();
        let answer = parameters(&left);
        assert_eq!(answer["error"], error);
        assert!(answer["error_description"].starts_with("AADSTS65004"));
        assert!(!answer.contains_key("tenant"));
    }
}

#[tokio::test]
async fn a_guest_needs_an_administrators_consent_for_alerts_and_then_has_it() {
    let world = World::start().await;
    let address = world.authorize("v2", &world.told.customer_tenant, &[]);
    let refused = world.answer(&address, "analyst").await;
    assert_eq!(refused["error"], "access_denied");
    assert!(refused["error_description"].starts_with("AADSTS90094"));
    world.consent_as_admin().await;
    let reply = world.redeem(&world.code("analyst").await).await;
    assert_eq!(claims(reply.text("id_token"))["preferred_username"], world.user("analyst"));
}

#[tokio::test]
async fn a_cancelled_consent_comes_back_as_declined() {
    let world = World::start().await;
    let address = world.authorize("v2", &world.told.customer_tenant, &[]);
    let left = world.visitor.redirect_address_after_declining(&address, world.user("admin")).await.unwrap();
    let answer = parameters(&left);
    assert_eq!((answer["error"].as_str(), answer["error_subcode"].as_str()), ("access_denied", "cancel"));
    assert!(answer["error_description"].starts_with("AADSTS65004"));
    assert_eq!(answer["state"], "a state / with = signs & more");
}

#[tokio::test]
async fn an_account_of_another_tenant_is_stopped_here_and_leads_there_from_common() {
    let world = World::start().await;
    let here = world.authorize("v2", &world.told.customer_tenant, &[]);
    let refused = world.visitor.redirect_address(&here, world.user("elsewhere")).await.unwrap_err();
    assert!(matches!(refused, VisitError::Refused { code: Some(50020), .. }), "{refused}");

    let answer = world.answer(&world.authorize("v2", "common", &[]), "elsewhere").await;
    let fields = [
        ("client_id", world.told.client_id.as_str()),
        ("client_secret", world.secret.as_str()),
        ("grant_type", "authorization_code"),
        ("code", answer["code"].as_str()),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
    ];
    let reply = world.token("v2", "common", &fields).await;
    let tenant = claims(reply.text("id_token"))["tid"].clone();
    assert!(tenant != world.told.customer_tenant && tenant != world.told.provider_tenant);
}

#[tokio::test]
async fn the_sign_in_page_says_no_to_a_wrong_password_and_to_strangers() {
    let world = World::start().await;
    let page = world.http.get(world.authorize("v2", &world.told.customer_tenant, &[])).send().await.unwrap();
    let page = page.text().await.unwrap();
    let token =
        page.split("name=\"flowToken\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    for (name, code) in [(world.user("admin"), "AADSTS50126"), ("nobody@contoso.example", "AADSTS50034")] {
        let fields = [("flowToken", token.as_str()), ("loginfmt", name), ("passwd", "wrong")];
        let address = format!("{}/{}/login", world.told.login, world.told.customer_tenant);
        let answer = world.http.post(address).form(&fields).send().await.unwrap();
        let page = answer.text().await.unwrap();
        assert!(page.contains(code) && page.contains(&token), "{page}");
    }
    let stale = [("flowToken", "made-up"), ("loginfmt", world.user("admin")), ("passwd", "wrong")];
    let answer =
        world.http.post(format!("{}/common/login", world.told.login)).form(&stale).send().await.unwrap();
    assert_eq!(answer.status(), 400);
}

#[tokio::test]
async fn a_person_can_be_picked_without_a_password() {
    let world = World::start().await;
    let page = world.http.get(world.authorize("v2", &world.told.customer_tenant, &[])).send().await.unwrap();
    let page = page.text().await.unwrap();
    let token = page.split("name=\"flowToken\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let fields = [("flowToken", token), ("practice_user", world.user("admin"))];
    let address = format!("{}/{}/login", world.told.login, world.told.customer_tenant);
    let consent = world.http.post(address).form(&fields).send().await.unwrap().text().await.unwrap();
    assert!(
        consent.contains("id=\"idBtn_Accept\"") && consent.contains("SecurityAlert.Read.All"),
        "{consent}"
    );
}

#[tokio::test]
async fn nothing_that_a_page_reflects_becomes_markup() {
    let world = World::start().await;
    let hostile = "\"><script>alert(1)</script>";
    for address in [
        world.authorize("v2", &world.told.customer_tenant, &[("login_hint", hostile)]),
        world.authorize("v2", &world.told.customer_tenant, &[("redirect_uri", hostile)]),
        world.authorize("v2", &world.told.customer_tenant, &[("client_id", hostile)]),
        world.authorize("v2", "%22%3E%3Cscript%3E", &[]),
        format!("{}/error?code={hostile}", world.told.login),
    ] {
        let response = world.http.get(&address).send().await.unwrap();
        let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert!(!response.text().await.unwrap().contains("<script"), "{address}");
    }
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

#[tokio::test]
async fn the_address_of_microsofts_own_partner_guide_opens_the_sign_in_page() {
    let world = World::start().await;
    let address = format!(
        "{}/common/oauth2/authorize?prompt=consent&client_id={}&response_type=code&sso_reload=true",
        world.told.login, world.told.client_id
    );
    let reached = world.visitor.redirect_address(&address, world.user("admin")).await.unwrap();
    assert!(reached.as_str().starts_with("http://localhost/SiemMsspConnector?code="), "{reached}");
}
