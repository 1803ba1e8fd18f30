//! The sign-in: its addresses, its pages and its ways back to the app, over real sockets.

use crate::common::{REDIRECT, VERIFIER, World, claims, parameters};
use practice_tenant::visitor::VisitError;

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
async fn the_address_of_microsofts_own_partner_guide_opens_the_sign_in_page() {
    let world = World::start().await;
    let address = format!(
        "{}/common/oauth2/authorize?prompt=consent&client_id={}&response_type=code&sso_reload=true",
        world.told.login, world.told.client_id
    );
    let reached = world.visitor.redirect_address(&address, world.user("admin")).await.unwrap();
    assert!(reached.as_str().starts_with("http://localhost/SiemMsspConnector?code="), "{reached}");
}
