//! The alert APIs and the portal over real sockets.

use std::collections::HashSet;

use crate::common::World;
use base64::Engine as _;
use practice_tenant::visitor::VisitError;
use practice_tenant::{Options, Scenario};
use serde_json::{Value, json};

async fn list(world: &World, token: &str, query: &str) -> Vec<Value> {
    let response = world.alerts(token, query).await;
    assert_eq!(response.status(), 200, "{query}");
    let body: Value = response.json().await.unwrap();
    assert!(body.get("@odata.nextLink").is_none());
    body["value"].as_array().unwrap().clone()
}

fn ids(alerts: &[Value]) -> Vec<&str> {
    alerts.iter().map(|alert| alert["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn graph_lists_filters_orders_counts_and_pages() {
    let world = World::start().await;
    let token = world.graph_token().await;
    let newest_first = list(&world, &token, "").await;
    assert_eq!(newest_first.len(), 25);
    let times: Vec<_> =
        newest_first.iter().map(|alert| alert["lastUpdateDateTime"].as_str().unwrap()).collect();
    assert!(times.is_sorted_by(|one, other| one >= other));

    let oldest_first = list(&world, &token, "?$orderby=lastUpdateDateTime+asc&$top=10&$skip=5").await;
    let mut expected: Vec<_> = ids(&newest_first);
    expected.reverse();
    assert_eq!(ids(&oldest_first), &expected[5..15]);

    // A blank may be + or %20, the dollar %24.
    let boundary = times[10];
    for query in [
        format!("?$filter=lastUpdateDateTime+ge+{boundary}"),
        format!("?%24filter=lastUpdateDateTime%20ge%20{boundary}"),
        format!(
            "?$filter=(lastUpdateDateTime ge {boundary}) and not (serviceSource eq 'microsoftDefenderForIdentity')"
        ),
    ] {
        let expected: Vec<_> =
            ids(&newest_first).into_iter().zip(&times).filter(|(_, time)| **time >= boundary).collect();
        assert_eq!(list(&world, &token, &query).await.len(), expected.len(), "{query}");
    }
    let high = list(&world, &token, "?$filter=severity eq 'high' and status eq 'new'").await;
    assert!(
        !high.is_empty() && high.iter().all(|alert| alert["severity"] == "high" && alert["status"] == "new")
    );

    let body: Value =
        world.alerts(&token, "?$count=true&$top=1&$filter=severity eq 'high'").await.json().await.unwrap();
    assert_eq!(body["value"].as_array().unwrap().len(), 1);
    let every = list(&world, &token, "?$filter=severity eq 'high'").await;
    assert_eq!(body["@odata.count"], every.len());
}

#[tokio::test]
async fn graph_shows_evidence_of_every_kind_and_hostile_titles() {
    let world = World::start().await;
    let token = world.graph_token().await;
    let alerts = list(&world, &token, "").await;
    let kinds: HashSet<_> = alerts
        .iter()
        .flat_map(|alert| alert["evidence"].as_array().unwrap())
        .map(|evidence| evidence["@odata.type"].as_str().unwrap().rsplit('.').next().unwrap())
        .collect();
    for kind in
        ["deviceEvidence", "fileEvidence", "processEvidence", "userEvidence", "ipEvidence", "urlEvidence"]
    {
        assert!(kinds.contains(kind), "{kind}");
    }
    let titles: Vec<_> = alerts.iter().map(|alert| alert["title"].as_str().unwrap()).collect();
    for hostile in ["\"", "=cmd", "의심", "🔒"] {
        assert!(titles.iter().any(|title| title.contains(hostile)), "{hostile}");
    }
    assert!(alerts.iter().all(|alert| alert["tenantId"] == world.told.customer_tenant));
}

#[tokio::test]
async fn graph_refuses_in_its_own_shape() {
    let world = World::start().await;
    let bare = world.app_token(&world.told.graph).await;
    let forbidden = world.alerts(bare.text("access_token"), "").await;
    assert_eq!(forbidden.status(), 403);
    let body: Value = forbidden.json().await.unwrap();
    assert_eq!(body["error"]["code"], "Forbidden");
    assert!(body["error"]["message"].as_str().unwrap().contains("SecurityAlert.Read.All"));

    let token = world.graph_token().await;
    for (query, fragment) in [
        ("?$skip=501", "cannot exceed 500"),
        ("?$filter=investigationState eq 'running'", "investigationState"),
        ("?$orderby=title", "title"),
        ("?$top=many", "$top"),
        ("?$top=0", "page size"),
        ("?$filtr=severity eq 'high'", "'$filtr' is not allowed"),
        ("?$expand=evidence", "'$expand' is not allowed"),
    ] {
        let response = world.alerts(&token, query).await;
        assert_eq!(response.status(), 400, "{query}");
        let body: Value = response.json().await.unwrap();
        assert!(body["error"]["message"].as_str().unwrap().contains(fragment), "{body}");
        assert!(body["error"]["innerError"]["request-id"].is_string());
    }

    // Graph knows its options without their `$`, and passes over what is none of them.
    assert_eq!(list(&world, &token, "?top=2&filter=severity eq 'high'&colour=blue").await.len(), 2);

    let address = format!("{}/v1.0/security/alerts_v2", world.told.graph);
    let none = world.http.get(&address).send().await.unwrap();
    assert_eq!(none.status(), 401);
    assert!(none.headers()["www-authenticate"].to_str().unwrap().starts_with("Bearer "));
    let foreign = world.app_token("https://graph.windows.net").await;
    for token in ["not.a.token", foreign.text("access_token"), &format!("{token}x")] {
        let response = world.get(&address, token).await;
        assert_eq!(response.status(), 401);
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["error"]["code"], "InvalidAuthenticationToken");
    }
}

#[tokio::test]
async fn an_id_token_opens_nothing() {
    let world = World::start().await;
    let reply = world.redeem(&world.code("admin").await).await;
    assert_eq!(world.alerts(reply.text("id_token"), "").await.status(), 401);
    assert_eq!(world.alerts(reply.text("access_token"), "").await.status(), 200);
}

#[tokio::test]
async fn the_exporter_answers_only_after_the_portals_button() {
    let world = World::start().await;
    let token = world.app_token("https://graph.windows.net").await;
    let token = token.text("access_token");
    let refused = world.detections(token, "").await;
    assert_eq!(refused.status(), 403);
    assert!(refused.json::<Value>().await.unwrap()["Message"].is_string());
    world.press_the_button().await;
    let detections: Vec<Value> = world.detections(token, "/").await.json().await.unwrap();
    assert_eq!(detections.len(), 25);
    for region in [&world.told.siem.us, &world.told.siem.uk] {
        let nothing: Vec<Value> =
            world.get(&format!("{region}/api/alerts"), token).await.json().await.unwrap();
        assert!(nothing.is_empty());
    }
    assert_eq!(world.detections("not.a.token", "").await.status(), 401);
}

#[tokio::test]
async fn the_portal_explains_wrong_ids() {
    let world = World::start().await;
    let told = &world.told;
    for (application, tenant, fragment) in [
        ("11111111-2222-4333-8444-555555555555", told.provider_tenant.as_str(), "No application"),
        ("an app", &told.provider_tenant, "not a GUID"),
        (&told.client_id, &told.customer_tenant, "Enter the tenant ID of the provider"),
        (&told.client_id, "", "Tenant ID is empty"),
    ] {
        let refused =
            world.visitor.authorize_application(&world.portal(), application, tenant).await.unwrap_err();
        let VisitError::Refused { status: 400, message, .. } = refused else { panic!("{refused}") };
        assert!(message.contains(fragment), "{message}");
    }
    for query in ["", "?tid=contoso.example", &format!("?tid={}", told.provider_tenant)] {
        assert_eq!(
            world.http.get(format!("{}{query}", told.portal)).send().await.unwrap().status(),
            400,
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_form_of_another_site_authorises_nothing() {
    let world = World::start().await;
    let fields =
        [("applicationId", world.told.client_id.as_str()), ("tenantId", world.told.provider_tenant.as_str())];
    for (name, value) in [("origin", "https://contoso.example"), ("sec-fetch-site", "cross-site")] {
        let request = world.http.post(world.portal()).header(name, value).form(&fields);
        assert_eq!(request.send().await.unwrap().status(), 403);
    }
    let token = world.app_token("https://graph.windows.net").await;
    assert_eq!(world.detections(token.text("access_token"), "").await.status(), 403);
    let own = world.http.post(world.portal()).header("origin", &world.told.login).form(&fields);
    assert_eq!(own.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_detection_has_the_fifty_fields_of_microsofts_sample_in_their_order() {
    let world = World::start().await;
    let token = world.exporter_token().await;
    let text = world.detections(&token, "?limit=1").await.text().await.unwrap();
    let expected = "AlertTime ComputerDnsName AlertTitle Category Severity AlertId Actor LinkToWDATP IocName IocValue \
        CreatorIocName CreatorIocValue Sha1 FileName FilePath IpAddress Url IoaDefinitionId UserName AlertPart FullId \
        LastProcessedTimeUtc ThreatCategory ThreatFamily ThreatName RemediationAction RemediationIsSuccess Source Md5 Sha256 \
        WasExecutingWhileDetected UserDomain LogOnUsers MachineDomain MachineName InternalIPv4List InternalIPv6List FileHash \
        DeviceID MachineGroup Description DeviceCreatedMachineTags CloudCreatedMachineTags CommandLine IncidentLinkToWDATP \
        ReportID LinkToMTP IncidentLinkToMTP ExternalId IocUniqueId";
    let detection: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(detection[0].as_object().unwrap().len(), 50);
    let mut from = 0;
    for name in expected.split_whitespace() {
        let at = text[from..].find(&format!("\"{name}\":")).unwrap_or_else(|| panic!("{name} in its place"));
        from += at + 1;
    }
    let said = |name: &str| detection[0][name].as_str().unwrap().to_owned();
    let (id, mark) = (said("AlertId"), said("IocUniqueId"));
    assert_eq!(base64::engine::general_purpose::STANDARD.decode(&mark).unwrap().len(), 32);
    assert_eq!(said("FullId"), format!("{id}:{mark}"));
    let portal = &world.told.portal;
    assert_eq!(said("LinkToMTP"), format!("{portal}/alert/{id}"));
    assert_eq!(said("IncidentLinkToMTP"), format!("{portal}/incidents/byalert?alertId={id}&source=SIEM"));
    assert!(said("ExternalId").bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()));
    assert!(said("InternalIPv4List").split(", ").all(|one| one.parse::<std::net::Ipv4Addr>().is_ok()));
    assert!(said("InternalIPv6List").split(", ").all(|one| one.parse::<std::net::Ipv6Addr>().is_ok()));
}

#[tokio::test]
async fn the_exporters_parameters_select_as_documented() {
    let world = World::with(Options { alerts: 400, ..Options::default() }).await;
    let token = world.exporter_token().await;
    let read =
        async |query: &str| -> Vec<Value> { world.detections(&token, query).await.json().await.unwrap() };
    let all = read("").await;
    assert_eq!(all.len(), 400);
    let time = |detection: &Value| detection["LastProcessedTimeUtc"].as_str().unwrap().to_owned();

    let last = read("?limit=20").await;
    assert_eq!(last, all[..20], "the most recent");
    let (newer, older) = (time(&all[100]), time(&all[200]));
    let window = read(&format!("?sinceTimeUtc={older}&untilTimeUtc={newer}")).await;
    assert!(
        window.len() >= 101
            && window.iter().all(|detection| (older.clone()..=newer.clone()).contains(&time(detection)))
    );
    assert_eq!(read("?sinceTimeUtc=2016-09-12T00:00:00.000&limit=20").await.len(), 20);
    assert_eq!(read("?ago=P1D").await.len(), 400);
    let recent = read("?ago=PT30M").await;
    assert!((150..=250).contains(&recent.len()), "{}", recent.len());

    let groups = read("?machinegroups=UKMachines&machinegroups=FranceMachines").await;
    assert!(!groups.is_empty() && groups.len() < 400);
    assert!(
        groups
            .iter()
            .all(|one| one["MachineGroup"] == "UKMachines" || one["MachineGroup"] == "FranceMachines")
    );
    let tagged = read("?DeviceCreatedMachineTags=Finance&CloudCreatedMachineTags=vip").await;
    assert!(!tagged.is_empty());
    assert!(
        tagged.iter().all(
            |one| one["DeviceCreatedMachineTags"] == "Finance" && one["CloudCreatedMachineTags"] == "vip"
        )
    );
    for bad in ["?limit=some", "?ago=yesterday", "?sinceTimeUtc=soon"] {
        assert_eq!(world.detections(&token, bad).await.status(), 400, "{bad}");
    }
}

#[tokio::test]
async fn both_apis_name_the_same_alerts() {
    let world = World::start().await;
    let graph = list(&world, &world.graph_token().await, "").await;
    let token = world.exporter_token().await;
    let detections: Vec<Value> = world.detections(&token, "").await.json().await.unwrap();
    for (alert, detection) in graph.iter().zip(&detections) {
        assert_eq!(alert["id"], detection["AlertId"]);
        assert_eq!(alert["title"], detection["AlertTitle"]);
        assert_eq!(alert["lastUpdateDateTime"], detection["LastProcessedTimeUtc"]);
    }
}

#[tokio::test]
async fn a_million_alerts_are_searched_and_streamed_without_being_built() {
    let world = World::with(Options { alerts: 1_000_000, ..Options::default() }).await;
    let token = world.graph_token().await;
    let body: Value = world.alerts(&token, "?$count=true&$top=2000").await.json().await.unwrap();
    assert_eq!(body["@odata.count"], 1_000_000);
    assert_eq!(body["value"].as_array().unwrap().len(), 1000, "clamped");
    // Paging along time, as clients must: a page, then everything from its last time on.
    let first = list(&world, &token, "?$top=1000&$orderby=lastUpdateDateTime asc").await;
    let boundary = first[999]["lastUpdateDateTime"].as_str().unwrap();
    let query =
        format!("?$top=1000&$orderby=lastUpdateDateTime asc&$filter=lastUpdateDateTime ge {boundary}");
    let second = list(&world, &token, &query).await;
    let together: HashSet<_> = ids(&first).into_iter().chain(ids(&second)).collect();
    assert_eq!(together.len(), 1998, "the boundary's time is shared by two alerts");

    // The whole stream starts at once; a reader may leave it.
    let token = world.exporter_token().await;
    let mut response = world.detections(&token, "").await;
    let chunk = response.chunk().await.unwrap().unwrap();
    assert!(chunk.starts_with(b"[{\"AlertTime\":"));
}

#[tokio::test]
async fn no_alerts_is_an_empty_list() {
    let world = World::in_scenario(&[Scenario::NoAlerts]).await;
    assert!(list(&world, &world.graph_token().await, "").await.is_empty());
    let token = world.exporter_token().await;
    assert_eq!(world.detections(&token, "").await.json::<Value>().await.unwrap(), json!([]));
    world.tenant.set_scenarios(Vec::new());
    assert_eq!(world.detections(&token, "").await.json::<Vec<Value>>().await.unwrap().len(), 25);
}
