//! The scenarios of paging, throttling and broken answers, for every source, seen by a client over real sockets.

use std::collections::HashSet;
use std::time::Duration;

use practice_tenant::{Options, Scenario};
use reqwest::Response;
use serde_json::Value;

use crate::common::{Source, World, alert_ids, elements};

async fn with(alerts: u64, scenarios: &[Scenario]) -> World {
    World::with(Options { alerts, scenarios: scenarios.to_vec(), ..Options::default() }).await
}

/// A body as far as it came, and whether it came whole.
async fn as_far_as_it_came(mut response: Response) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return (body, true),
            Err(_) => return (body, false),
        }
    }
}

/// Follows links until there is none.
async fn walk(world: &World, address: &str, token: &str) -> Vec<String> {
    let mut ids = Vec::new();
    let mut next = Some(address.to_owned());
    while let Some(address) = next {
        let body = world.read(&address, token).await;
        ids.extend(alert_ids(&body));
        next = body.get("@odata.nextLink").map(|link| link.as_str().unwrap().to_owned());
    }
    ids
}

#[tokio::test]
async fn links_lead_through_every_list_when_they_are_given() {
    let world = with(2600, &[Scenario::NextLinks]).await;
    for (source, query) in [
        (Source::GraphAlerts, "?$top=1000"),
        (Source::GraphIncidents, "?$expand=alerts"),
        (Source::Defender, "?$top=900"),
        (Source::Xdr, "?$top=100"),
    ] {
        let (address, token) = world.source(source).await;
        let ids = walk(&world, &format!("{address}{query}"), &token).await;
        assert_eq!(ids.len(), 2600, "{source:?}");
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 2600, "{source:?}");
    }
}

#[tokio::test]
async fn no_list_links_on_when_links_are_off() {
    let world = with(10_100, &[Scenario::NoNextLinks]).await;
    for source in Source::LISTS {
        let (address, token) = world.source(source).await;
        let body = world.read(&address, &token).await;
        assert!(body.get("@odata.nextLink").is_none(), "{source:?}");
    }
}

#[tokio::test]
async fn thousands_of_alerts_share_one_moment_across_page_edges() {
    let world = with(6000, &[Scenario::SameTimestamp]).await;
    let (address, token) = world.source(Source::Defender).await;
    let body = world.read(&address, &token).await;
    let moment = elements(&body)[3000]["lastUpdateTime"].as_str().unwrap().to_owned();
    let sharing = elements(&body).iter().filter(|alert| alert["lastUpdateTime"] == moment.as_str()).count();
    assert_eq!(sharing, 2500);

    // Graph reaches fifteen hundred of them at most; severity by severity it gives them all.
    let (address, token) = world.source(Source::GraphAlerts).await;
    let mut ids = HashSet::new();
    for severity in ["informational", "low", "medium", "high"] {
        for skip in [0, 500] {
            let filter = format!("lastUpdateDateTime eq {moment} and severity eq '{severity}'");
            let body =
                world.read(&format!("{address}?$filter={filter}&$top=1000&$skip={skip}"), &token).await;
            ids.extend(alert_ids(&body));
        }
    }
    assert_eq!(ids.len(), 2500);
}

#[tokio::test]
async fn a_large_incident_has_five_hundred_alerts() {
    let world = with(1200, &[Scenario::LargeIncidents]).await;
    let (address, token) = world.source(Source::Xdr).await;
    let body = world.read(&address, &token).await;
    let sizes: Vec<_> =
        elements(&body).iter().map(|incident| incident["alerts"].as_array().unwrap().len()).collect();
    assert_eq!(sizes, [200, 500, 500]);
}

#[tokio::test]
async fn graph_says_which_providers_failed() {
    let world = with(25, &[Scenario::PartialContent]).await;
    for source in [Source::GraphAlerts, Source::GraphIncidents] {
        let (address, token) = world.source(source).await;
        for (scenarios, empty) in [
            (vec![Scenario::PartialContent], false),
            (vec![Scenario::PartialContent, Scenario::NoAlerts], true),
        ] {
            world.tenant.set_scenarios(scenarios);
            let response = world.get(&address, &token).await;
            assert_eq!(response.status(), 206);
            let warnings: Vec<_> = response
                .headers()
                .get_all("warning")
                .iter()
                .map(|value| value.to_str().unwrap().to_owned())
                .collect();
            assert_eq!(warnings, ["199 - \"Microsoft/MCAS/403/12\"", "199 - \"Microsoft/IPC/504/10000\""]);
            assert_eq!(elements(&response.json().await.unwrap()).is_empty(), empty);
        }
    }
    let (address, token) = world.source(Source::Defender).await;
    assert_eq!(world.get(&address, &token).await.status(), 200);
}

#[tokio::test]
async fn incidents_with_alerts_fail_in_large_tenants_and_come_in_small_pages_or_without() {
    let world = with(400, &[Scenario::LargeExpand]).await;
    let (address, token) = world.source(Source::GraphIncidents).await;
    let status = async |query: &str| world.get(&format!("{address}{query}"), &token).await.status().as_u16();
    assert_eq!(status("?$expand=alerts").await, 500);
    assert_eq!(status("?$expand=alerts&$top=11").await, 500);
    assert_eq!(status("?$expand=alerts&$top=10").await, 200);
    assert_eq!(status("?$top=50").await, 200);
    world.tenant.set_scenarios(vec![Scenario::ExpandFails]);
    for _ in 0..3 {
        let body = world.refused(&format!("{address}?$expand=alerts&$top=1"), &token, 500).await;
        assert_eq!(body["error"]["code"], "InternalServerError");
    }
    // The way round: the incidents alone, and the alerts of each.
    let plain = world.read(&format!("{address}?$top=2"), &token).await;
    let (alerts, token) = world.source(Source::GraphAlerts).await;
    for incident in elements(&plain) {
        let id = incident["id"].as_str().unwrap();
        let body = world.read(&format!("{alerts}?$filter=incidentId eq '{id}'&$count=true"), &token).await;
        assert_eq!(body["@odata.count"], elements(&body).len());
        assert!((1..=5).contains(&elements(&body).len()));
        assert!(elements(&body).iter().all(|alert| alert["incidentId"] == id));
    }
    let none = world.read(&format!("{alerts}?$filter=incidentId eq '1'"), &token).await;
    assert!(elements(&none).is_empty());
}

#[tokio::test]
async fn the_published_rates_are_enforced_with_the_seconds_to_wait() {
    let world = with(1, &[Scenario::PublishedRates]).await;
    for (source, most) in [(Source::Xdr, 50), (Source::Defender, 100), (Source::GraphAlerts, 150)] {
        let (address, token) = world.source(source).await;
        for number in 0..most {
            assert_eq!(world.get(&address, &token).await.status(), 200, "{source:?} {number}");
        }
        let response = world.get(&address, &token).await;
        assert_eq!(response.status(), 429, "{source:?}");
        let seconds: u64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=60).contains(&seconds), "{seconds}");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["error"]["code"], "TooManyRequests");
    }
    let (address, token) = world.source(Source::Exporter).await;
    assert_eq!(world.get(&address, &token).await.status(), 200);
}

#[tokio::test]
async fn tokens_wear_out_after_three_answers() {
    let world = with(25, &[Scenario::TokensWearOut]).await;
    for source in Source::ALL {
        let (address, token) = world.source(source).await;
        for _ in 0..3 {
            assert_eq!(world.get(&address, &token).await.status(), 200, "{source:?}");
        }
        for _ in 0..2 {
            assert_eq!(world.get(&address, &token).await.status(), 401, "{source:?}");
        }
        let (address, fresh) = world.source(source).await;
        assert_eq!(world.get(&address, &fresh).await.status(), 200, "{source:?}");
    }
}

#[tokio::test]
async fn a_short_token_says_so_and_ends_on_the_second() {
    let world = with(25, &[Scenario::ShortTokens]).await;
    world.consent_as_admin().await;
    let reply = world.app_token(&world.told.defender).await;
    assert_eq!(reply.body["expires_in"], "5");
    let address = world.address(Source::Defender);
    let token = reply.text("access_token");
    assert_eq!(world.get(&address, token).await.status(), 200);
    let mut ticks = tokio::time::interval(Duration::from_millis(200));
    for _ in 0..100 {
        ticks.tick().await;
        let response = world.get(&address, token).await;
        if response.status() == 401 {
            let body: Value = response.json().await.unwrap();
            assert!(body["error"]["message"].as_str().unwrap().contains("expired"), "{body}");
            return;
        }
    }
    panic!("it never expired");
}

#[tokio::test]
async fn in_rough_weather_every_page_arrives_at_the_second_try() {
    let world = with(2000, &[]).await;
    for source in Source::ALL {
        world.tenant.set_scenarios(Vec::new());
        let (address, token) = world.source(source).await;
        let some = if source == Source::Exporter { "?limit=100" } else { "?$top=20" };
        let address = format!("{address}{some}");
        world.tenant.set_scenarios(vec![Scenario::RoughWeather]);
        let mut seen = HashSet::new();
        let mut failed_before = false;
        for _ in 0..60 {
            let response = world.get(&address, &token).await;
            let status = response.status().as_u16();
            let whole = match status {
                200 => {
                    let (body, whole) = as_far_as_it_came(response).await;
                    assert!(!whole || serde_json::from_slice::<Value>(&body).is_ok());
                    whole
                }
                429 => {
                    assert_eq!(response.headers()["retry-after"], "1");
                    false
                }
                500 | 502 | 504 => false,
                other => panic!("{source:?} {other}"),
            };
            assert!(whole || !failed_before, "{source:?}: two tries in a row failed");
            failed_before = !whole;
            seen.insert(if status == 200 && !whole { 0 } else { status });
        }
        assert_eq!(seen, HashSet::from([0, 200, 429, 500, 502, 504]), "{source:?}");
    }
}

#[tokio::test]
async fn every_answer_is_cut_and_whole_alerts_come_before_the_cut() {
    let world = with(2000, &[]).await;
    for source in Source::ALL {
        world.tenant.set_scenarios(Vec::new());
        let (address, token) = world.source(source).await;
        world.tenant.set_scenarios(vec![Scenario::CutAlways]);
        for _ in 0..2 {
            let response = world.get(&address, &token).await;
            assert_eq!(response.status(), 200);
            let (body, whole) = as_far_as_it_came(response).await;
            assert!(!whole && body.len() > 10_000, "{source:?} {}", body.len());
        }
    }
}

#[tokio::test]
async fn pages_for_people_come_in_place_of_alerts() {
    let world = with(25, &[]).await;
    for source in Source::ALL {
        world.tenant.set_scenarios(Vec::new());
        let (address, token) = world.source(source).await;
        for (scenario, statuses) in [
            (Scenario::GatewayErrors, [502, 502, 200]),
            (Scenario::HtmlPage, [200, 200, 200]),
            (Scenario::ProxyRefuses, [403, 403, 403]),
        ] {
            world.tenant.set_scenarios(vec![scenario]);
            for status in statuses {
                let response = world.get(&address, &token).await;
                assert_eq!(response.status(), status, "{source:?} {scenario}");
                let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
                let body = response.text().await.unwrap();
                let html =
                    kind.starts_with("text/html") && body.to_ascii_lowercase().contains("<!doctype html");
                assert_eq!(
                    html,
                    scenario == Scenario::HtmlPage || status != 200,
                    "{source:?} {scenario} {kind}"
                );
            }
        }
    }
}

#[tokio::test]
async fn bad_and_garbled_json_and_deep_nesting_are_what_their_names_say() {
    let world = with(25, &[]).await;
    for source in Source::ALL {
        world.tenant.set_scenarios(Vec::new());
        let (address, token) = world.source(source).await;
        for scenario in [Scenario::BadJson, Scenario::GarbledJson, Scenario::DeepNesting] {
            world.tenant.set_scenarios(vec![scenario]);
            let response = world.get(&address, &token).await;
            assert_eq!(response.status(), 200);
            let body = response.bytes().await.unwrap();
            assert!(serde_json::from_slice::<Value>(&body).is_err(), "{source:?} {scenario}");
            let text = String::from_utf8_lossy(&body);
            if scenario == Scenario::GarbledJson {
                assert!(text.contains(r#"{"id":}},]"#) && text.len() > 5_000);
            }
            if scenario == Scenario::DeepNesting {
                assert!(text.contains(&"[".repeat(10_000)));
                // The depth alone is the trouble: it is well-formed.
                let shallow = text.replace(&"[".repeat(10_000), "[").replace(&"]".repeat(10_000), "]");
                assert!(serde_json::from_str::<Value>(&shallow).is_ok(), "{source:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_huge_alert_is_streamed_by_every_source() {
    let world = with(25, &[]).await;
    for source in Source::ALL {
        world.tenant.set_scenarios(Vec::new());
        let (address, token) = world.source(source).await;
        let address =
            if source == Source::GraphIncidents { format!("{address}?$expand=alerts") } else { address };
        world.tenant.set_scenarios(vec![Scenario::HugeAlert]);
        let mut response = world.get(&address, &token).await;
        let (mut length, mut end) = (0, Vec::new());
        while let Some(chunk) = response.chunk().await.unwrap() {
            length += chunk.len();
            end = chunk[chunk.len().saturating_sub(64)..].to_vec();
        }
        assert!(length > 100 * 1024 * 1024, "{source:?} {length}");
        assert!(end.ends_with(b"]") || end.ends_with(b"]}"), "{source:?}");
    }
}

#[tokio::test]
async fn the_stranger_is_named_and_counts_its_visits() {
    let world = with(200, &[Scenario::ForeignNextLink]).await;
    let origin = world.told.login.clone();
    let stranger =
        world.read(&format!("{origin}/stranger"), "").await["address"].as_str().unwrap().to_owned();
    assert!(!stranger.starts_with(&origin));
    for source in Source::LISTS {
        let (address, token) = world.source(source).await;
        let body = world.read(&address, &token).await;
        assert!(body["@odata.nextLink"].as_str().unwrap().starts_with(&stranger), "{source:?}");
        assert!(!elements(&body).is_empty());
    }
    world.tenant.set_scenarios(vec![Scenario::ForeignRedirect]);
    for source in Source::ALL {
        let (address, token) = world.source(source).await;
        let response = world.get(&format!("{address}?x=1"), &token).await;
        assert_eq!(response.status(), 302);
        let location = response.headers()["location"].to_str().unwrap();
        assert!(location.starts_with(&stranger) && location.ends_with("?x=1"), "{location}");
    }
    assert_eq!(world.tenant.strangers_visits(), 0, "nobody went there");
    let body = world.read(&format!("{stranger}/api/alerts"), "").await;
    assert_eq!(body, serde_json::json!({ "value": [] }));
    assert_eq!(world.tenant.strangers_visits(), 1);
    assert_eq!(world.read(&format!("{origin}/stranger"), "").await["visits"], 1);
}
