//! The three lists of Defender for Endpoint, Defender XDR and Graph's incidents: fields, options, permissions, refusals.

use std::collections::HashSet;

use practice_tenant::{Options, Scenario};
use serde_json::Value;

use crate::common::{Source, World, alert_ids, claims, elements};

async fn with_alerts(alerts: u64) -> World {
    World::with(Options { alerts, ..Options::default() }).await
}

#[track_caller]
fn has_exactly(element: &Value, names: &str) {
    let wanted: HashSet<_> = names.split_whitespace().collect();
    let found: HashSet<_> = element.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(found, wanted);
}

#[tokio::test]
async fn every_source_names_the_same_alerts_and_groups_them_alike() {
    let world = with_alerts(40).await;
    let mut all = Vec::new();
    for source in Source::ALL {
        let (address, token) = world.source(source).await;
        let expand = if source == Source::GraphIncidents { "?$expand=alerts" } else { "" };
        let body = world.read(&format!("{address}{expand}"), &token).await;
        let ids: HashSet<_> = alert_ids(&body).into_iter().collect();
        assert_eq!(ids.len(), 40, "{source:?}");
        all.push(ids);
    }
    assert!(all.windows(2).all(|pair| pair[0] == pair[1]));

    let (address, token) = world.source(Source::Xdr).await;
    let xdr = world.read(&address, &token).await;
    let (address, token) = world.source(Source::GraphIncidents).await;
    let graph = world.read(&format!("{address}?$expand=alerts"), &token).await;
    for (one, other) in elements(&xdr).iter().zip(elements(&graph)) {
        assert_eq!(one["incidentId"].to_string(), other["id"].as_str().unwrap());
        assert_eq!(one["lastUpdateTime"], other["lastUpdateDateTime"]);
        let (one, other) = (&one["alerts"], &other["alerts"]);
        assert_eq!(alert_ids(one), alert_ids(other));
        assert!(one.as_array().unwrap().iter().all(|alert| alert["incidentId"] == one[0]["incidentId"]));
    }
    let sizes: HashSet<_> =
        elements(&xdr).iter().map(|incident| incident["alerts"].as_array().unwrap().len()).collect();
    assert!(sizes.contains(&1) && sizes.contains(&5), "{sizes:?}");
}

#[tokio::test]
async fn each_grant_and_endpoint_opens_each_api_with_the_documented_permission() {
    let world = World::start().await;
    world.consent_as_admin().await;
    let told = world.told.clone();
    for (source, own, microsoft, scope, role) in [
        (
            Source::Defender,
            &told.defender,
            "https://api.securitycenter.microsoft.com",
            "Alert.Read",
            "Alert.Read.All",
        ),
        (Source::Xdr, &told.xdr, "https://api.security.microsoft.com", "Incident.Read", "Incident.Read.All"),
        (
            Source::GraphIncidents,
            &told.graph,
            "https://graph.microsoft.com",
            "SecurityIncident.Read.All",
            "SecurityIncident.Read.All",
        ),
    ] {
        let address = world.address(source);
        for resource in [own.as_str(), microsoft] {
            // As Entra does: the audience is the resource as it was spelled, with its slash.
            for (scope, audience) in [
                (format!("{resource}/.default"), resource.to_owned()),
                (format!("{resource}//.default"), format!("{resource}/")),
            ] {
                let reply =
                    world.grant("v2", &[("grant_type", "client_credentials"), ("scope", &scope)]).await;
                let claims = claims(reply.text("access_token"));
                assert_eq!(claims["aud"], audience);
                assert!(claims["roles"].as_array().unwrap().iter().any(|one| one == role), "{claims}");
                assert!(claims.get("scp").is_none());
                world.read(&address, reply.text("access_token")).await;
            }
            let reply = world.app_token(&format!("{resource}/")).await;
            assert_eq!(claims(reply.text("access_token"))["aud"], format!("{resource}/"));
            world.read(&address, reply.text("access_token")).await;

            // A person's token: v2 by scope, v1 by resource, and refreshed.
            let asked = format!("offline_access {resource}/{scope}");
            let sign_in = world.authorize("v2", &told.customer_tenant, &[("scope", &asked)]);
            let code = world.answer(&sign_in, "analyst").await.remove("code").expect("a code");
            let reply = world.redeem(&code).await;
            let person = claims(reply.text("access_token"));
            assert!(person["scp"].as_str().unwrap().split(' ').any(|one| one == scope), "{person}");
            assert!(person.get("roles").is_none());
            world.read(&address, reply.text("access_token")).await;
            let fields = [
                ("grant_type", "refresh_token"),
                ("refresh_token", reply.text("refresh_token")),
                ("resource", resource),
            ];
            let again = world.grant("v1", &fields).await;
            assert_eq!(claims(again.text("access_token"))["aud"], resource);
            world.read(&address, again.text("access_token")).await;
        }
    }
}

#[tokio::test]
async fn audiences_of_every_cloud_are_known() {
    let world = World::start().await;
    for (source, resources) in [
        (
            Source::Defender,
            &[
                "https://api.securitycenter.windows.com",
                "https://api-gcc.securitycenter.microsoft.us/",
                "https://api-gov.securitycenter.microsoft.us",
                "https://securitycenter.onmicrosoft.com/windowsatpservice",
                "fc780465-2017-40d4-a0c5-307022471b92",
            ][..],
        ),
        (
            Source::Xdr,
            &[
                "https://api-gcc.security.microsoft.us",
                "https://api-gov.security.microsoft.us/",
                "8ee8fdad-f234-4243-8f3b-15c294843740",
            ][..],
        ),
        (Source::GraphIncidents, &["https://graph.microsoft.us", "https://dod-graph.microsoft.us/"][..]),
    ] {
        for resource in resources {
            let token = world.own_token(resource).await;
            world.read(&world.address(source), &token).await;
        }
    }
}

#[tokio::test]
async fn defender_refuses_in_the_shape_of_its_common_errors() {
    let world = World::start().await;
    let address = world.address(Source::Defender);
    let none = world.http.get(&address).send().await.unwrap();
    assert_eq!(none.status(), 401);
    assert!(none.headers()["www-authenticate"].to_str().unwrap().starts_with("Bearer"));
    let body: Value = none.json().await.unwrap();
    has_exactly(&body["error"], "code message target");
    assert_eq!(body["error"]["code"], "Unauthorized");

    // Before consent: the token is good and carries no permission.
    let bare = world.app_token(&world.told.defender).await;
    let body = world.refused(&address, bare.text("access_token"), 403).await;
    assert_eq!(body["error"]["code"], "Forbidden");
    let message = body["error"]["message"].as_str().unwrap();
    assert!(message.contains("application permissions (Alert.Read.All, Alert.ReadWrite.All)"), "{message}");
    assert!(body["error"]["target"].as_str().unwrap().len() > 30);

    let token = world.own_token(&world.told.defender).await;
    for (query, status, code, fragment) in [
        ("?$filter=investigationState eq 'Running'", 400, "BadRequest", "investigationState"),
        ("?$filter=lastUpdateTime ge 'yesterday'", 400, "BadRequest", "lastUpdateTime"),
        ("?$top=-1", 400, "BadRequest", "$top"),
        ("?$orderby=lastUpdateTime", 400, "BadRequest", "$orderby"),
        ("?$expand=devices", 400, "BadRequest", "devices"),
        ("?$Tpo=5", 400, "BadRequest", "$Tpo"),
        ("/da637_1", 404, "ResourceNotFound", "da637_1"),
    ] {
        let body = world.refused(&format!("{address}{query}"), &token, status).await;
        assert_eq!(body["error"]["code"], code, "{query}");
        assert!(body["error"]["message"].as_str().unwrap().contains(fragment), "{body}");
    }
    let body = world.refused(&format!("{}/api/machines", world.told.defender), &token, 404).await;
    assert_eq!(body["error"]["code"], "NotFound");
}

#[tokio::test]
async fn a_token_of_the_older_host_is_forbidden_at_the_newer_one() {
    let world = World::start().await;
    let token = world.own_token("https://api.securitycenter.microsoft.com").await;
    let body = world.refused(&world.address(Source::Xdr), &token, 403).await;
    assert_eq!(body["error"]["code"], "Forbidden");
    let foreign = world.own_token("https://graph.microsoft.com").await;
    for source in [Source::Xdr, Source::Defender] {
        let body = world.refused(&world.address(source), &foreign, 401).await;
        assert_eq!(body["error"]["code"], "Unauthorized");
    }
}

#[tokio::test]
async fn a_defender_alert_has_every_documented_field() {
    let world = World::start().await;
    let (address, token) = world.source(Source::Defender).await;
    let body = world.read(&format!("{address}?$expand=evidence"), &token).await;
    assert!(body["@odata.context"].as_str().unwrap().ends_with("/api/$metadata#Alerts"));
    let mut kinds = HashSet::new();
    for alert in elements(&body) {
        has_exactly(
            alert,
            "id incidentId investigationId assignedTo severity status classification determination investigationState \
             detectionSource detectorId category threatFamilyName title description alertCreationTime firstEventTime \
             lastEventTime lastUpdateTime resolvedTime machineId computerDnsName rbacGroupName aadTenantId threatName \
             mitreTechniques relatedUser loggedOnUsers comments evidence",
        );
        assert_eq!(alert["aadTenantId"], world.told.customer_tenant);
        for evidence in alert["evidence"].as_array().unwrap() {
            has_exactly(
                evidence,
                "entityType evidenceCreationTime sha1 sha256 fileName filePath processId processCommandLine \
                 processCreationTime parentProcessId parentProcessCreationTime parentProcessFileName parentProcessFilePath \
                 ipAddress url registryKey registryHive registryValueType registryValue accountName domainName userSid \
                 aadUserId userPrincipalName detectionStatus",
            );
            kinds.insert(evidence["entityType"].as_str().unwrap().to_owned());
        }
    }
    for kind in ["User", "Process", "File", "Ip", "Url", "Registry"] {
        assert!(kinds.contains(kind), "{kind}");
    }
    let plain = world.read(&address, &token).await;
    assert!(elements(&plain).iter().all(|alert| alert["evidence"].as_array().unwrap().is_empty()));
    let one = &elements(&body)[3];
    let id = one["id"].as_str().unwrap();
    let single = world.read(&format!("{address}/{id}?$expand=evidence"), &token).await;
    assert_eq!((&single["id"], &single["evidence"]), (&one["id"], &one["evidence"]));
}

#[tokio::test]
async fn defender_clamps_top_and_links_only_where_it_cut_the_list_itself() {
    let world = with_alerts(10_500).await;
    let (address, token) = world.source(Source::Defender).await;
    let read = async |query: &str| world.read(&format!("{address}{query}"), &token).await;
    let all = read("").await;
    assert_eq!(elements(&all).len(), 10_000);
    let link = all["@odata.nextLink"].as_str().unwrap();
    assert!(link.starts_with(&address) && link.ends_with("?$skip=10000"), "{link}");
    let rest = world.read(link, &token).await;
    assert_eq!(elements(&rest).len(), 500);
    assert!(rest.get("@odata.nextLink").is_none());
    let together: HashSet<_> = alert_ids(&all).into_iter().chain(alert_ids(&rest)).collect();
    assert_eq!(together.len(), 10_500);

    let some = read("?$top=100").await;
    assert!(some.get("@odata.nextLink").is_none(), "asked for a hundred, given a hundred");
    let clamped = read("?$top=10400").await;
    assert_eq!(elements(&clamped).len(), 10_000);
    let rest = world.read(clamped["@odata.nextLink"].as_str().unwrap(), &token).await;
    assert_eq!(elements(&rest).len(), 400);
    assert!(rest.get("@odata.nextLink").is_none());
    let skipped = read("?$top=100&$skip=10400").await;
    assert_eq!(alert_ids(&skipped), alert_ids(&read("?$skip=10400").await));
}

#[tokio::test]
async fn defender_filters_by_every_documented_property_newest_first() {
    let world = with_alerts(400).await;
    let (address, token) = world.source(Source::Defender).await;
    let read = async |query: &str| world.read(&format!("{address}{query}"), &token).await;
    let body = read("").await;
    let all = elements(&body);
    assert!(
        all.is_sorted_by(|one, other| one["lastUpdateTime"].as_str() >= other["lastUpdateTime"].as_str())
    );
    let sample = &all[103];
    for name in ["alertCreationTime", "lastUpdateTime", "lastEventTime"] {
        let time = sample[name].as_str().unwrap();
        let found = read(&format!("?$filter={name}+ge+{time}")).await;
        let expected = all.iter().filter(|alert| alert[name].as_str().unwrap() >= time).count();
        assert_eq!(elements(&found).len(), expected, "{name}");
    }
    for name in ["id", "assignedTo", "detectionSource", "status", "severity", "category"] {
        let value = all.iter().find_map(|alert| alert[name].as_str()).unwrap();
        let found = read(&format!("?$filter={name} eq '{value}'")).await;
        assert_eq!(elements(&found).len(), all.iter().filter(|alert| alert[name] == value).count(), "{name}");
    }
    for (name, spelled) in [
        ("incidentId", "incidentId"),
        ("investigationId", "investigationId"),
        ("investigationId", "InvestigationId"),
    ] {
        let value = all.iter().find_map(|alert| alert[name].as_i64()).unwrap();
        let found = read(&format!("?$filter={spelled} eq {value}")).await;
        assert_eq!(elements(&found).len(), all.iter().filter(|alert| alert[name] == value).count(), "{name}");
    }
    let counted = read("?$count=true&$top=1&$filter=severity eq 'High'").await;
    let expected = all.iter().filter(|alert| alert["severity"] == "High").count();
    assert_eq!(counted["@odata.count"], expected);
    let versioned = world.read(&format!("{}/api/v1.0/alerts?$top=1", world.told.defender), &token).await;
    assert_eq!(elements(&versioned)[0]["id"], all[0]["id"]);
}

#[tokio::test]
async fn an_xdr_incident_has_every_documented_field() {
    let world = World::start().await;
    let (address, token) = world.source(Source::Xdr).await;
    let body = world.read(&address, &token).await;
    assert!(body["@odata.context"].as_str().unwrap().ends_with("/api/$metadata#Incidents"));
    let mut kinds = HashSet::new();
    for incident in elements(&body) {
        has_exactly(
            incident,
            "incidentId incidentUri redirectIncidentId incidentName createdTime lastUpdateTime assignedTo classification \
             determination detectionSource status severity tags comments alerts",
        );
        for alert in incident["alerts"].as_array().unwrap() {
            has_exactly(
                alert,
                "alertId providerAlertId incidentId serviceSource creationTime lastUpdatedTime resolvedTime firstActivity \
                 lastActivity title description category status severity investigationId investigationState classification \
                 determination detectionSource detectorId assignedTo actorName threatFamilyName mitreTechniques devices \
                 entities",
            );
            for device in alert["devices"].as_array().unwrap() {
                for name in [
                    "deviceId",
                    "mdatpDeviceId",
                    "aadDeviceId",
                    "deviceDnsName",
                    "osPlatform",
                    "osBuild",
                    "rbacGroupName",
                    "firstSeen",
                    "healthStatus",
                    "riskScore",
                ] {
                    assert!(device.get(name).is_some(), "{name}");
                }
            }
            for entity in alert["entities"].as_array().unwrap() {
                for name in "entityType sha1 sha256 fileName filePath processId processCommandLine processCreationTime \
                    parentProcessId parentProcessCreationTime ipAddress url accountName domainName userSid aadUserId \
                    userPrincipalName mailboxDisplayName mailboxAddress clusterBy sender recipient subject deliveryAction \
                    securityGroupId securityGroupName registryHive registryKey registryValueType registryValue deviceId"
                    .split_whitespace()
                {
                    assert!(entity.get(name).is_some(), "{name}");
                }
                kinds.insert(entity["entityType"].as_str().unwrap().to_owned());
            }
        }
    }
    for kind in ["User", "Ip", "Url", "File", "Process", "Registry"] {
        assert!(kinds.contains(kind), "{kind}");
    }
}

#[tokio::test]
async fn xdr_gives_a_hundred_incidents_and_refuses_more() {
    let world = with_alerts(660).await;
    let (address, token) = world.source(Source::Xdr).await;
    let read = async |query: &str| world.read(&format!("{address}{query}"), &token).await;
    let first = read("").await;
    assert_eq!(elements(&first).len(), 100);
    let second = world.read(first["@odata.nextLink"].as_str().unwrap(), &token).await;
    assert_eq!(elements(&second).len(), 100);
    let third = world.read(second["@odata.nextLink"].as_str().unwrap(), &token).await;
    assert_eq!(elements(&third).len(), 20);
    assert!(third.get("@odata.nextLink").is_none());
    let ids: HashSet<_> = [&first, &second, &third].into_iter().flat_map(alert_ids).collect();
    assert_eq!(ids.len(), 660);
    let by_skip = read("?$top=100&$skip=100").await;
    assert!(by_skip.get("@odata.nextLink").is_none());
    assert_eq!(alert_ids(&by_skip), alert_ids(&second));

    for (query, fragment) in [
        ("?$top=101", "The limit of '100' for Top query has been exceeded"),
        ("?$filter=severity eq 'High'", "severity"),
        ("?$expand=alerts", "$expand"),
        ("?$select=incidentId", "$select"),
        ("?$orderby=lastUpdateTime", "$orderby"),
    ] {
        let body = world.refused(&format!("{address}{query}"), &token, 400).await;
        assert!(body["error"]["message"].as_str().unwrap().contains(fragment), "{body}");
    }
    let all = elements(&first);
    let sample = &all[40];
    for name in ["lastUpdateTime", "createdTime"] {
        let time = sample[name].as_str().unwrap();
        let found = read(&format!("?$filter={name} gt {time}")).await;
        let expected = all.iter().filter(|incident| incident[name].as_str().unwrap() > time).count();
        assert_eq!(elements(&found).len(), expected, "{name}");
    }
    let resolved = read("?$filter=status eq 'Resolved'").await;
    assert!(!elements(&resolved).is_empty());
    assert!(elements(&resolved).iter().all(|incident| incident["status"] == "Resolved"));
    let id = &sample["incidentId"];
    assert_eq!(world.read(&format!("{address}/{id}"), &token).await["alerts"], sample["alerts"]);
}

#[tokio::test]
async fn graph_incidents_page_by_link_fifty_at_most_with_alerts_on_request() {
    let world = with_alerts(400).await;
    let (address, token) = world.source(Source::GraphIncidents).await;
    let read = async |query: &str| world.read(&format!("{address}{query}"), &token).await;
    let mut body = read("?$expand=alerts&$top=1000&$count=true").await;
    assert_eq!(body["@odata.count"], 133);
    let mut ids = Vec::new();
    let mut pages = 0;
    loop {
        pages += 1;
        assert!(elements(&body).len() <= 50);
        ids.extend(alert_ids(&body));
        let Some(link) = body.get("@odata.nextLink") else { break };
        let link = link.as_str().unwrap();
        assert!(link.starts_with(&address) && link.contains("$expand=alerts"), "{link}");
        body = world.read(link, &token).await;
    }
    assert_eq!((pages, ids.len()), (3, 400));
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 400);

    let plain = read("?$top=3").await;
    for incident in elements(&plain) {
        for name in "id incidentWebUrl redirectIncidentId tenantId displayName createdDateTime lastUpdateDateTime assignedTo \
            classification determination status severity customTags comments systemTags description"
            .split_whitespace()
        {
            assert!(incident.get(name).is_some(), "{name}");
        }
        assert!(incident.get("alerts").is_none());
    }
    let oldest = read("?$top=3&$orderby=lastUpdateDateTime asc").await;
    assert_eq!(elements(&oldest)[0]["id"], "1000");
    let next = world.read(oldest["@odata.nextLink"].as_str().unwrap(), &token).await;
    assert_eq!(elements(&next)[0]["id"], "1003");
    for (query, fragment) in [
        ("?$skip=501", "cannot exceed 500"),
        ("?$expand=comments", "comments"),
        ("?$filter=serviceSource eq 'x'", "serviceSource"),
        ("?$skiptoken=nonsense", "skip token"),
    ] {
        let body = world.refused(&format!("{address}{query}"), &token, 400).await;
        assert!(body["error"]["message"].as_str().unwrap().contains(fragment), "{body}");
    }
    let one = world.read(&format!("{address}/1007?$expand=alerts"), &token).await;
    assert_eq!(one["id"], "1007");
    assert!(!one["alerts"].as_array().unwrap().is_empty());
    world.refused(&format!("{address}/999"), &token, 404).await;
}

#[tokio::test]
async fn graph_incidents_want_their_own_permission() {
    let world = World::start().await;
    // A person who consented to alerts alone.
    let reply = world.redeem(&world.code("admin").await).await;
    assert_eq!(world.alerts(reply.text("access_token"), "").await.status(), 200);
    let body = world.refused(&world.address(Source::GraphIncidents), reply.text("access_token"), 403).await;
    let message = body["error"]["message"].as_str().unwrap();
    assert!(message.contains("user scopes") && message.contains("SecurityIncident.Read.All"), "{message}");
}

#[tokio::test]
async fn newer_members_of_an_enumeration_come_on_request() {
    let world = with_alerts(400).await;
    let (address, token) = world.source(Source::GraphIncidents).await;
    let statuses = |body: &Value| -> HashSet<String> {
        elements(body).iter().map(|incident| incident["status"].as_str().unwrap().to_owned()).collect()
    };
    let plain = statuses(&world.read(&address, &token).await);
    assert!(plain.contains("unknownFutureValue") && !plain.contains("awaitingAction"), "{plain:?}");
    let request = world.http.get(&address).bearer_auth(&token);
    let response = request.header("Prefer", "odata.maxpagesize=5, include-unknown-enum-members").send().await;
    let response = response.unwrap();
    assert_eq!(response.headers()["preference-applied"], "include-unknown-enum-members");
    let newer = statuses(&response.json().await.unwrap());
    assert!(newer.contains("awaitingAction") && !newer.contains("unknownFutureValue"), "{newer:?}");
}

#[tokio::test]
async fn licence_authorisation_retirement_and_nothing_are_told_apart_by_every_source() {
    let world = World::start().await;
    for source in Source::ALL {
        world.tenant.set_scenarios(Vec::new());
        let (address, token) = world.source(source).await;
        let gone = if matches!(source, Source::GraphAlerts | Source::GraphIncidents) { 404 } else { 410 };
        for (scenario, status, word) in [
            (Scenario::NotLicensed, 403, "license"),
            (Scenario::NotAuthorised, 403, "authorized"),
            (Scenario::ApiRetired, gone, ""),
        ] {
            world.tenant.set_scenarios(vec![scenario]);
            let body = world.refused(&address, &token, status).await;
            assert!(body.to_string().contains(word), "{source:?} {body}");
        }
        world.tenant.set_scenarios(vec![Scenario::NoAlerts]);
        assert!(elements(&world.read(&address, &token).await).is_empty(), "{source:?}");
    }
}
