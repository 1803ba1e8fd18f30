//! Each scenario, seen by a client over real sockets.

use std::time::{Duration, Instant};

use crate::common::{World, claims};
use practice_tenant::Scenario;
use practice_tenant::visitor::VisitError;
use serde_json::Value;

#[tokio::test]
async fn wrong_account_yields_tokens_of_another_tenant() {
    let world = World::in_scenario(&[Scenario::WrongAccount]).await;
    let reply = world.redeem(&world.code("admin").await).await;
    let (id, access) = (claims(reply.text("id_token")), claims(reply.text("access_token")));
    assert_eq!(id["tid"], access["tid"]);
    assert_ne!(id["tid"], world.told.customer_tenant);
    let again = world.refresh(reply.text("refresh_token")).await;
    assert_eq!(claims(again.text("access_token"))["tid"], id["tid"]);
    assert_eq!(world.alerts(reply.text("access_token"), "").await.status(), 403);
    assert_eq!(world.consent_as_admin().await["tenant"], id["tid"]);
}

#[tokio::test]
async fn consent_declined_comes_back_whichever_button_is_pressed() {
    let world = World::in_scenario(&[Scenario::ConsentDeclined]).await;
    let address = world.authorize("v2", &world.told.customer_tenant, &[]);
    let answer = world.answer(&address, "admin").await;
    assert!(answer["error_description"].starts_with("AADSTS65004"));
    assert!(world.consent_as_admin().await["error_description"].starts_with("AADSTS65004"));
}

#[tokio::test]
async fn admin_consent_needed_ends_with_an_administrators_consent() {
    let world = World::in_scenario(&[Scenario::AdminConsentNeeded]).await;
    let address = world.authorize("v2", &world.told.customer_tenant, &[]);
    for role in ["analyst", "admin"] {
        let answer = world.answer(&address, role).await;
        assert_eq!(answer["error"], "access_denied");
        assert!(answer["error_description"].starts_with("AADSTS90094"));
    }
    world.consent_as_admin().await;
    assert!(world.answer(&address, "analyst").await.contains_key("code"));
}

#[tokio::test]
async fn conditional_access_refuses_sign_in_and_refresh() {
    let world = World::start().await;
    let reply = world.redeem(&world.code("admin").await).await;
    let early = world.code("admin").await;
    world.tenant.set_scenarios(vec![Scenario::ConditionalAccess]);
    let answer = world.answer(&world.authorize("v2", &world.told.customer_tenant, &[]), "admin").await;
    assert!(answer["error_description"].starts_with("AADSTS53003"));
    for refused in [world.refresh(reply.text("refresh_token")).await, world.redeem(&early).await] {
        refused.assert_refused(400, "invalid_grant", 53003);
        assert!(serde_json::from_str::<Value>(refused.text("claims")).is_ok());
        assert_eq!(refused.body["suberror"], "message_only");
    }
}

#[tokio::test]
async fn a_secret_that_is_expired_or_only_an_id_is_refused_by_its_code() {
    let world = World::start().await;
    for (scenario, code) in [(Scenario::SecretExpired, 7_000_222), (Scenario::SecretIdPasted, 7_000_215)] {
        world.tenant.set_scenarios(vec![scenario]);
        world.app_token(&world.told.graph).await.assert_refused(401, "invalid_client", code);
    }
    world.tenant.set_scenarios(Vec::new());
    assert_eq!(world.app_token(&world.told.graph).await.status, 200);
}

#[tokio::test]
async fn a_single_tenant_app_is_unknown_to_the_customer_and_known_at_home() {
    let world = World::in_scenario(&[Scenario::SingleTenantApp]).await;
    for (tenant, code) in [(world.told.customer_tenant.as_str(), 700_016), ("common", 50194)] {
        let address = world.authorize("v2", tenant, &[]);
        let refused = world.visitor.redirect_address(&address, world.user("admin")).await.unwrap_err();
        assert!(
            matches!(refused, VisitError::Refused { status: 400, code: Some(found), .. } if found == code),
            "{refused}"
        );
    }
    world.app_token(&world.told.graph).await.assert_refused(400, "unauthorized_client", 700_016);
    let fields = [
        ("client_id", world.told.client_id.as_str()),
        ("client_secret", world.secret.as_str()),
        ("grant_type", "client_credentials"),
        ("scope", "https://graph.microsoft.com/.default"),
    ];
    assert_eq!(world.token("v2", &world.told.provider_tenant, &fields).await.status, 200);
}

#[tokio::test]
async fn redirect_mismatch_is_a_page_and_never_a_redirect() {
    let world = World::in_scenario(&[Scenario::RedirectMismatch]).await;
    let address = world.authorize("v2", &world.told.customer_tenant, &[]);
    let refused = world.visitor.redirect_address(&address, world.user("admin")).await.unwrap_err();
    assert!(matches!(refused, VisitError::Refused { status: 400, code: Some(50011), .. }), "{refused}");
}

#[tokio::test]
async fn missing_licence_missing_authorisation_and_retirement_differ() {
    let world = World::start().await;
    let (graph, exporter) = (world.graph_token().await, world.exporter_token().await);
    for (scenario, graph_status, exporter_status, word) in [
        (Scenario::NotLicensed, 403, 403, "license"),
        (Scenario::NotAuthorised, 403, 403, "authorized"),
        (Scenario::ApiRetired, 404, 410, ""),
    ] {
        world.tenant.set_scenarios(vec![scenario]);
        let from_graph = world.alerts(&graph, "").await;
        assert_eq!(from_graph.status(), graph_status);
        let body: Value = from_graph.json().await.unwrap();
        assert!(body["error"]["message"].as_str().unwrap().contains(word), "{body}");
        let from_exporter = world.detections(&exporter, "").await;
        assert_eq!(from_exporter.status(), exporter_status);
        let body: Value = from_exporter.json().await.unwrap();
        assert!(body["Message"].as_str().unwrap().contains(word), "{body}");
    }
}

#[tokio::test]
async fn authorisation_takes_a_while_when_it_is_delayed() {
    let world = World::in_scenario(&[Scenario::AuthorisationDelay]).await;
    let token = world.app_token("https://graph.windows.net").await;
    let token = token.text("access_token");
    let pressed = Instant::now();
    world.press_the_button().await;
    assert_eq!(world.detections(token, "").await.status(), 403);
    let mut answers = tokio::time::interval(Duration::from_millis(100));
    loop {
        answers.tick().await;
        if world.detections(token, "").await.status() == 200 {
            break;
        }
        assert!(pressed.elapsed() < Duration::from_secs(30), "it never opened");
    }
    assert!(pressed.elapsed() >= Duration::from_secs(3));
}

#[tokio::test]
async fn throttling_and_failures_are_dealt_twice_and_then_it_works() {
    let world = World::start().await;
    let token = world.graph_token().await;
    world.tenant.set_scenarios(vec![Scenario::Throttled, Scenario::ServerErrors]);
    let mut seen = Vec::new();
    for _ in 0..5 {
        let response = world.alerts(&token, "").await;
        if response.status() == 429 {
            assert_eq!(response.headers()["retry-after"], "1");
        }
        seen.push(response.status().as_u16());
    }
    assert_eq!(seen, [429, 429, 503, 503, 200]);
}

#[tokio::test]
async fn a_slow_service_is_slow_and_right() {
    let world = World::start().await;
    let token = world.graph_token().await;
    world.tenant.set_scenarios(vec![Scenario::Slow]);
    let asked = Instant::now();
    assert_eq!(world.app_token(&world.told.graph).await.status, 200);
    assert!(asked.elapsed() >= Duration::from_millis(200));
    let asked = Instant::now();
    assert_eq!(world.alerts(&token, "").await.status(), 200);
    assert!(asked.elapsed() >= Duration::from_secs(2));
}

#[tokio::test]
async fn a_connection_is_cut_once_in_the_middle_of_a_body() {
    let world = World::start().await;
    let token = world.graph_token().await;
    world.tenant.set_scenarios(vec![Scenario::CutConnection]);
    let mut response = world.alerts(&token, "").await;
    assert_eq!(response.status(), 200);
    let mut length = 0;
    let error = loop {
        match response.chunk().await {
            Ok(Some(chunk)) => length += chunk.len(),
            Ok(None) => panic!("the body ended well after {length} bytes"),
            Err(error) => break error,
        }
    };
    assert!(length > 0 && error.is_body() || error.is_decode(), "{error:?}");
    assert!(world.alerts(&token, "").await.json::<Value>().await.is_ok());
}

#[tokio::test]
async fn bad_json_is_bad_every_time_under_a_good_status() {
    let world = World::start().await;
    let (graph, exporter) = (world.graph_token().await, world.exporter_token().await);
    world.tenant.set_scenarios(vec![Scenario::BadJson]);
    for _ in 0..2 {
        for response in [world.alerts(&graph, "").await, world.detections(&exporter, "").await] {
            assert_eq!(response.status(), 200);
            let text = response.bytes().await.unwrap();
            assert!(!text.is_empty() && serde_json::from_slice::<Value>(&text).is_err());
        }
    }
}

#[tokio::test]
async fn one_alert_is_large() {
    let world = World::in_scenario(&[Scenario::LargeAlert]).await;
    let token = world.exporter_token().await;
    let detections: Vec<Value> = world.detections(&token, "").await.json().await.unwrap();
    let lengths: Vec<_> = detections.iter().map(|one| one["Description"].as_str().unwrap().len()).collect();
    assert!(lengths[0] >= 8 * 1024 * 1024);
    assert!(lengths[1..].iter().all(|length| *length < 1000));
}

#[tokio::test]
async fn microsofts_clock_is_an_hour_ahead() {
    let world = World::start().await;
    let honest = claims(world.app_token(&world.told.graph).await.text("access_token"));
    world.tenant.set_scenarios(vec![Scenario::ClockSkew]);
    let skewed = claims(world.app_token(&world.told.graph).await.text("access_token"));
    let ahead = skewed["nbf"].as_i64().unwrap() - honest["nbf"].as_i64().unwrap();
    assert!((3600..3700).contains(&ahead), "{ahead}");
    // The services share the clock, so their own tokens stay good.
    let token = world.graph_token().await;
    let response = world.alerts(&token, "").await;
    assert_eq!(response.status(), 200);
    let date = response.headers()["date"].to_str().unwrap().to_owned();
    assert_eq!(response.json::<Value>().await.unwrap()["value"].as_array().unwrap().len(), 25);
    world.tenant.set_scenarios(Vec::new());
    let response = world.alerts(&token, "").await;
    assert_ne!(response.headers()["date"].to_str().unwrap()[17..19], date[17..19], "another hour");
}

#[tokio::test]
async fn a_dead_refresh_token_and_one_that_works_once() {
    let world = World::start().await;
    let reply = world.redeem(&world.code("admin").await).await;
    let token = reply.text("refresh_token");
    world.tenant.set_scenarios(vec![Scenario::RefreshTokenDead]);
    world.refresh(token).await.assert_refused(400, "invalid_grant", 700_082);
    world.tenant.set_scenarios(vec![Scenario::RotationStrict]);
    let next = world.refresh(token).await;
    world.refresh(token).await.assert_refused(400, "invalid_grant", 70000);
    assert_eq!(world.refresh(next.text("refresh_token")).await.status, 200);
}
