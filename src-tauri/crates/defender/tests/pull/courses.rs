//! Pulls that go well.

use std::sync::atomic::{AtomicU32, Ordering};

use axum::body::Body;
use catalog::SourceId;
use defender::{Note, PullError, Query, Severity, Status, UnusableQuery};

use crate::support::{self, Asked, Server, at, json, now, request, run};

fn ids(alerts: &[String]) -> Vec<String> {
    alerts
        .iter()
        .map(|alert| {
            let alert: serde_json::Value = serde_json::from_str(alert).unwrap();
            let id = ["id", "AlertId", "alertId"].iter().find_map(|name| alert.get(*name));
            id.and_then(|id| id.as_str()).unwrap_or_default().to_owned()
        })
        .collect()
}

#[tokio::test]
async fn detections_come_out_byte_for_byte_as_they_were_sent() {
    let first = "{\r\n  \"AlertId\" : \"da1\",\n\t\"AlertTitle\":\"]},{ \\\" 한글 \\ud83d\\ude00\"}";
    let second = r#"{"AlertId":"da2","LastProcessedTimeUtc":"2026-11-20T10:00:00.0779765Z","RemediationIsSuccess":null}"#;
    let server = Server::of(vec![json(format!("\u{feff}[ {first} ,\r\n{second}\n]\n"))]).await;
    let (alerts, summary) =
        run(&request(SourceId::SiemDetections, server.at("/api/alerts/"), Query::default())).await;
    let summary = summary.unwrap();
    assert_eq!(alerts, [first, second]);
    assert_eq!((summary.alerts, summary.repeats, summary.requests), (2, 0, 1));
    assert_eq!(summary.bytes, (first.len() + second.len()) as u64);
    assert_eq!(summary.notes, [Note::LastTwoHours]);
    assert_eq!(summary.since, "2026-11-20T10:00:00Z".parse().ok());
    let asked = server.asked();
    assert_eq!(
        (asked[0].target.as_str(), asked[0].authorization.as_str()),
        ("/api/alerts/", "Bearer token-1")
    );
}

#[tokio::test]
async fn detections_are_asked_for_with_the_documented_parameters() {
    let server = Server::of(vec![json("[]"), json("[]")]).await;
    let query = Query {
        since: "2026-11-20T10:00:00Z".parse().ok(),
        until: "2026-11-20T11:00:00.5Z".parse().ok(),
        limit: Some(20),
        machine_groups: vec!["UKMachines".into(), "FranceMachines".into()],
        ..Query::default()
    };
    let address = server.at("/siem/eu/api/alerts");
    let (alerts, summary) = run(&request(SourceId::SiemDetections, address.clone(), query)).await;
    assert!(alerts.is_empty() && summary.unwrap().notes.is_empty());
    let query = Query { ago: "P1D".parse().ok(), ..Query::default() };
    let summary = run(&request(SourceId::SiemDetections, address, query)).await.1.unwrap();
    assert_eq!(summary.since, "2026-11-19T12:00:00Z".parse().ok());
    let targets: Vec<_> = server.asked().into_iter().map(|asked| asked.target).collect();
    assert_eq!(
        targets,
        [
            "/siem/eu/api/alerts?sinceTimeUtc=2026-11-20T10:00:00.000&untilTimeUtc=2026-11-20T11:00:00.500&limit=20&machinegroups=UKMachines&machinegroups=FranceMachines",
            "/siem/eu/api/alerts?ago=PT24H"
        ]
    );
}

fn detection(id: &str, hour: u32, tag: &str) -> String {
    format!(
        r#"{{"AlertId":"{id}","CloudCreatedMachineTags":"{tag}","LastProcessedTimeUtc":"2026-11-20T{hour:02}:00:00Z"}}"#
    )
}

#[tokio::test]
async fn a_tag_is_looked_for_in_both_of_its_fields_and_the_newest_are_chosen_over_both() {
    let server = Server::by(|asked: &Asked| {
        let found = match (asked.value("DeviceCreatedMachineTags"), asked.value("CloudCreatedMachineTags")) {
            (Some("vip"), None) => vec![detection("d8", 8, ""), detection("both", 7, "vip")],
            (None, Some("vip")) => vec![detection("c9", 9, "vip"), detection("both", 7, "vip")],
            _ => return support::with(400, "unexpected"),
        };
        json(format!("[{}]", found.join(",")))
    })
    .await;
    let query = Query { tags: vec!["vip".into()], limit: Some(2), ..Query::default() };
    let (alerts, summary) = run(&request(SourceId::SiemDetections, server.at("/api/alerts"), query)).await;
    assert_eq!(ids(&alerts), ["c9", "d8"]);
    assert_eq!(summary.unwrap().requests, 2);
    let query = Query { tags: vec!["vip".into()], ..Query::default() };
    let (alerts, summary) = run(&request(SourceId::SiemDetections, server.at("/api/alerts"), query)).await;
    assert_eq!((ids(&alerts), summary.unwrap().repeats), (vec!["d8".into(), "both".into(), "c9".into()], 1));
}

/// `alerts_v2` as it is: `$orderby`, `$filter` on the time of change, `$top`, `$skip` up to 500, and no next link.
fn graph(alerts: Vec<(u32, String)>, clamp: usize) -> impl Fn(&Asked) -> axum::http::Response<Body> {
    move |asked| {
        let filter = asked.value("$filter").unwrap_or_default();
        let mut found: Vec<_> = alerts
            .iter()
            .filter(|(seconds, _)| {
                filter.split(" and ").filter(|it| !it.is_empty()).all(|clause| {
                    let [field, comparison, bound]: [&str; 3] =
                        clause.split(' ').collect::<Vec<_>>().try_into().expect("field, comparison, bound");
                    assert_eq!(field, "lastUpdateDateTime");
                    let time = at(*seconds);
                    match comparison {
                        "ge" => time.as_str() >= bound,
                        "gt" => time.as_str() > bound,
                        "le" => time.as_str() <= bound,
                        "lt" => time.as_str() < bound,
                        other => panic!("{other}"),
                    }
                })
            })
            .collect();
        found.sort();
        match asked.value("$orderby") {
            Some("lastUpdateDateTime asc") => {}
            Some("lastUpdateDateTime desc") | None => found.reverse(),
            Some(other) => panic!("{other}"),
        }
        let number = |name| asked.value(name).map_or(0, |value| value.parse::<usize>().unwrap());
        if number("$skip") > 500 {
            return support::with(400, r#"{"error":{"code":"BadRequest","message":"cannot exceed 500"}}"#);
        }
        let found: Vec<_> = found
            .into_iter()
            .skip(number("$skip"))
            .take(number("$top").min(clamp))
            .map(|(seconds, id)| {
                format!(
                    r#"{{"id":"{id}","lastUpdateDateTime":"{}","evidence":[{{"rbacGroupName":"g{}"}}]}}"#,
                    at(*seconds),
                    seconds % 3
                )
            })
            .collect();
        json(format!(r#"{{"@odata.context":"c","value":[{}]}}"#, found.join(",")))
    }
}

fn sample(count: u32, of_one_instant: u32) -> Vec<(u32, String)> {
    (0..count).map(|number| (number / of_one_instant, format!("a{number:04}"))).collect()
}

#[tokio::test]
async fn graph_alerts_without_next_links_are_neither_lost_nor_repeated() {
    for (clamp, of_one_instant) in [(1000, 1), (7, 1), (7, 3), (7, 20), (5, 5)] {
        let server = Server::by(graph(sample(103, of_one_instant), clamp)).await;
        let (alerts, summary) =
            run(&request(SourceId::GraphAlerts, server.at("/v1.0/security/alerts_v2"), Query::default()))
                .await;
        let summary = summary.unwrap();
        let expected: Vec<_> = sample(103, of_one_instant).into_iter().map(|(_, id)| id).collect();
        assert_eq!(ids(&alerts), expected, "oldest first, pages of {clamp}");
        assert_eq!((summary.alerts, summary.notes), (103, vec![]));
    }
}

#[tokio::test]
async fn a_limit_gives_the_newest_first_in_one_question() {
    let server = Server::by(graph(sample(50, 1), 1000)).await;
    let query = Query { limit: Some(3), ..Query::default() };
    let (alerts, summary) =
        run(&request(SourceId::GraphAlerts, server.at("/v1.0/security/alerts_v2"), query)).await;
    assert_eq!(ids(&alerts), ["a0049", "a0048", "a0047"]);
    assert_eq!(summary.unwrap().requests, 1);
    assert_eq!(
        server.asked()[0].target,
        "/v1.0/security/alerts_v2?$orderby=lastUpdateDateTime%20desc&$top=3"
    );
}

#[tokio::test]
async fn a_limit_beyond_a_page_goes_on_to_older_alerts() {
    let server = Server::by(graph(sample(50, 4), 6)).await;
    let query = Query { limit: Some(20), ..Query::default() };
    let (alerts, _) =
        run(&request(SourceId::GraphAlerts, server.at("/v1.0/security/alerts_v2"), query)).await;
    let expected: Vec<_> = (30..50).rev().map(|number| format!("a{number:04}")).collect();
    assert_eq!(ids(&alerts), expected);
}

#[tokio::test]
async fn a_window_bounds_every_question() {
    let server = Server::by(graph(sample(60, 1), 5)).await;
    let query = Query { since: at(10).parse().ok(), until: at(20).parse().ok(), ..Query::default() };
    let (alerts, summary) =
        run(&request(SourceId::GraphAlerts, server.at("/v1.0/security/alerts_v2"), query)).await;
    assert_eq!(alerts.len(), 11);
    let summary = summary.unwrap();
    assert_eq!((summary.since, summary.until), (at(10).parse().ok(), at(20).parse().ok()));
    let query = Query { ago: "PT2H".parse().ok(), limit: Some(1), ..Query::default() };
    let summary = run(&request(SourceId::GraphAlerts, server.at("/x"), query)).await.1.unwrap();
    assert_eq!(summary.since, now().checked_sub(jiff::SignedDuration::from_hours(2)).ok());
    assert_eq!(
        server.asked().last().unwrap().value("$filter"),
        Some("lastUpdateDateTime ge 2026-11-20T10:00:00Z")
    );
}

#[tokio::test]
async fn graph_alerts_are_filtered_by_device_group_here() {
    let server = Server::by(graph(sample(30, 1), 1000)).await;
    let query = Query { machine_groups: vec!["G1".into()], limit: Some(4), ..Query::default() };
    let (alerts, _) =
        run(&request(SourceId::GraphAlerts, server.at("/v1.0/security/alerts_v2"), query)).await;
    assert_eq!(ids(&alerts), ["a0028", "a0025", "a0022", "a0019"]);
}

#[tokio::test]
async fn next_links_are_followed_with_their_own_query() {
    let server = Server::of(vec![
        json(r#"{"value":[{"id":"1"},{"id":"2"}],"@odata.nextLink":"/v1.0/next?$skiptoken=a%2Bb"}"#),
        json(r#"{"@odata.nextLink":"?page=3","value":[]}"#),
        json(r#"{"value":[{"id":"2"},{"id":"3"}]}"#),
    ])
    .await;
    let (alerts, summary) =
        run(&request(SourceId::GraphAlerts, server.at("/v1.0/security/alerts_v2"), Query::default())).await;
    assert_eq!(ids(&alerts), ["1", "2", "3"]);
    assert_eq!((summary.as_ref().unwrap().requests, summary.unwrap().repeats), (3, 1));
    let asked: Vec<_> = server.asked().into_iter().map(|asked| asked.target).collect();
    assert_eq!(asked[1..], ["/v1.0/next?$skiptoken=a%2Bb", "/v1.0/next?page=3"]);
}

#[tokio::test]
async fn an_answer_in_part_says_what_is_missing() {
    let partial = support::header(
        support::with(206, r#"{"value":[]}"#),
        "warning",
        r#"199 - "Microsoft/MDATP/403/12""#,
    );
    let server = Server::of(vec![partial]).await;
    let (alerts, summary) = run(&request(SourceId::GraphAlerts, server.at("/a"), Query::default())).await;
    assert!(alerts.is_empty());
    let summary = summary.unwrap();
    assert_eq!(summary.notes, [Note::ProviderNotLicensed]);
    assert_eq!(summary.providers[0].provider, "Microsoft/MDATP");
}

#[tokio::test]
async fn incidents_of_both_apis_give_their_alerts() {
    let server = Server::by(|asked: &Asked| {
        let graph = asked.target.starts_with("/v1.0");
        assert_eq!(asked.value("$expand"), graph.then_some("alerts"));
        if asked.value("$filter").is_some() || asked.value("$skip").is_some() {
            return json(r#"{"value":[]}"#);
        }
        json(if graph {
            r#"{"value":[{"id":"1","lastUpdateDateTime":"2026-11-20T10:00:00Z","alerts":[{"id":"a"},{"id":"b"}]}]}"#
        } else {
            r#"{"value":[{"incidentId":1,"lastUpdateTime":"2026-11-20T10:00:00Z","alerts":[{"alertId":"a"},{"alertId":"b"}]}]}"#
        })
    })
    .await;
    for (source, path) in
        [(SourceId::GraphIncidents, "/v1.0/security/incidents"), (SourceId::XdrIncidents, "/api/incidents")]
    {
        let (alerts, summary) = run(&request(source, server.at(path), Query::default())).await;
        assert_eq!((ids(&alerts), summary.unwrap().repeats), (vec!["a".to_owned(), "b".to_owned()], 0));
    }
}

/// `/api/alerts` of Defender for Endpoint: newest first, pages of four, no order to be asked for. After the second
/// question the oldest alert changes.
fn defender_with_a_change() -> impl Fn(&Asked) -> axum::http::Response<Body> {
    let questions = AtomicU32::new(0);
    move |asked| {
        assert_eq!((asked.value("$orderby"), asked.value("$expand")), (None, Some("evidence")));
        let changed = questions.fetch_add(1, Ordering::SeqCst) >= 2;
        let mut alerts: Vec<_> = (0..25u32).map(|number| (at(number / 2), number)).collect();
        if changed {
            alerts[0].0 = at(59);
        }
        alerts.sort();
        alerts.reverse();
        let bounds = asked.value("$filter").unwrap_or_default();
        let within = |time: &str| {
            bounds.split(" and ").filter(|it| !it.is_empty()).all(|bound| {
                match bound.strip_prefix("lastUpdateTime ").and_then(|it| it.split_once(' ')) {
                    Some(("le", bound)) => time <= bound,
                    Some(("ge", bound)) => time >= bound,
                    other => panic!("{other:?}"),
                }
            })
        };
        let skip: usize = asked.value("$skip").map_or(0, |skip| skip.parse().unwrap());
        let found: Vec<_> = alerts
            .iter()
            .filter(|(time, _)| within(time))
            .skip(skip)
            .take(4)
            .map(|(time, number)| format!(r#"{{"id":"{number}","lastUpdateTime":"{time}"}}"#))
            .collect();
        json(format!(r#"{{"value":[{}]}}"#, found.join(",")))
    }
}

#[tokio::test]
async fn an_alert_that_changes_while_others_are_read_is_not_missed() {
    let server = Server::by(defender_with_a_change()).await;
    let (alerts, summary) =
        run(&request(SourceId::DefenderAlerts, server.at("/api/alerts"), Query::default())).await;
    let mut expected: Vec<_> = (1..25).rev().map(|number: u32| number.to_string()).collect();
    expected.push("0".to_owned());
    assert_eq!(ids(&alerts), expected);
    assert!(summary.unwrap().notes.is_empty());
}

#[tokio::test]
async fn severity_and_state_are_asked_of_what_knows_them_and_looked_for_in_the_rest() {
    let query = || Query {
        severities: vec![Severity::High, Severity::Low],
        statuses: vec![Status::InProgress],
        ..Query::default()
    };
    let cases = [
        (SourceId::GraphAlerts, Some("(severity eq 'high' or severity eq 'low') and status eq 'inProgress'")),
        (
            SourceId::DefenderAlerts,
            Some("(severity eq 'High' or severity eq 'Low') and status eq 'InProgress'"),
        ),
        (SourceId::GraphIncidents, None),
        (SourceId::XdrIncidents, None),
    ];
    for (source, filter) in cases {
        let server = Server::by(|asked: &Asked| {
            // What does not fit comes all the same, as from a server that does not look.
            let alerts = r#"{"id":"1","alertId":"1","severity":"High","status":"InProgress"},
                {"id":"2","alertId":"2","severity":"high","status":"resolved"},
                {"id":"3","alertId":"3","severity":"medium","status":"inProgress"}"#;
            let list = if asked.target.starts_with("/incidents") {
                format!(r#"[{{"id":"i","incidentId":9,"severity":"medium","alerts":[{alerts}]}}]"#)
            } else {
                format!("[{alerts}]")
            };
            json(format!(r#"{{"value":{list}}}"#))
        })
        .await;
        let incidents = matches!(source, SourceId::GraphIncidents | SourceId::XdrIncidents);
        let path = if incidents { "/incidents" } else { "/alerts" };
        let (alerts, summary) = run(&request(source, server.at(path), query())).await;
        assert_eq!(ids(&alerts), ["1"], "{source}");
        assert_eq!(server.asked()[0].value("$filter"), filter, "{source}");
        let said = summary.unwrap().notes.contains(&Note::FilteredHere);
        assert_eq!(said, incidents, "{source}");
    }
}

#[tokio::test]
async fn detections_know_a_severity_but_no_state() {
    let server = Server::by(|_: &Asked| {
        json(r#"[{"AlertId":"1","Severity":"Low"},{"AlertId":"2","Severity":"High"},{"AlertId":"3","Severity":"High"}]"#)
    })
    .await;
    let query = Query { severities: vec![Severity::High], limit: Some(1), ..Query::default() };
    let (alerts, summary) = run(&request(SourceId::SiemDetections, server.at("/api/alerts"), query)).await;
    assert_eq!(ids(&alerts), ["2"]);
    assert!(summary.unwrap().notes.contains(&Note::FilteredHere));
    assert_eq!(
        server.asked()[0].target,
        "/api/alerts",
        "the limit is about what is wanted, not about what comes"
    );
    let query = Query { statuses: vec![Status::New], ..Query::default() };
    let refused = run(&request(SourceId::SiemDetections, server.at("/api/alerts"), query)).await.1;
    assert!(
        matches!(refused, Err(PullError::Query(UnusableQuery::NotSaid { filter: "status", .. }))),
        "{refused:?}"
    );
}

/// `alerts_v2` with more alerts in one instant than `$skip` reaches, all of one severity and state, created one a second.
fn crowded(created: bool) -> impl Fn(&Asked) -> axum::http::Response<Body> {
    move |asked| {
        let filter = asked.value("$filter").unwrap_or_default().to_owned();
        let number = |name| asked.value(name).map_or(0, |value| value.parse::<usize>().unwrap());
        assert!(number("$skip") <= 500);
        let clauses: Vec<&str> = filter.split(" and ").filter(|it| !it.is_empty()).collect();
        let mut found: Vec<_> = (0..2600_u32)
            .map(|id| {
                let severity = if id % 2 == 0 { "low" } else { "high" };
                let update = at(if id < 20 { id } else { 30 });
                (id, severity, update, at(if created { id } else { 0 }))
            })
            .filter(|(_, severity, update, creation)| {
                clauses.iter().all(|clause| {
                    let [field, comparison, bound]: [&str; 3] =
                        clause.split(' ').collect::<Vec<_>>().try_into().unwrap();
                    let said = match field {
                        "lastUpdateDateTime" => update.as_str(),
                        "createdDateTime" => creation.as_str(),
                        "severity" => severity,
                        "status" => "new",
                        other => panic!("{other}"),
                    };
                    let bound = bound.trim_matches('\'');
                    match comparison {
                        "ge" => said >= bound,
                        "le" => said <= bound,
                        "gt" => said > bound,
                        "lt" => said < bound,
                        "eq" => said == bound,
                        "ne" => said != bound,
                        other => panic!("{other}"),
                    }
                })
            })
            .collect();
        let by_creation = asked.value("$orderby").is_some_and(|order| order.starts_with("created"));
        found.sort_by_key(|(id, _, update, creation)| {
            (if by_creation { creation.clone() } else { update.clone() }, *id)
        });
        let top = number("$top").min(if created { 400 } else { 1000 });
        let found: Vec<_> = found
            .into_iter()
            .skip(number("$skip"))
            .take(top)
            .map(|(id, severity, update, creation)| {
                format!(
                    r#"{{"id":"a{id:04}","severity":"{severity}","status":"new","lastUpdateDateTime":"{update}","createdDateTime":"{creation}"}}"#
                )
            })
            .collect();
        json(format!(r#"{{"value":[{}]}}"#, found.join(",")))
    }
}

#[tokio::test]
async fn an_instant_beyond_the_reach_of_skip_is_read_in_parts() {
    for created in [false, true] {
        let server = Server::by(crowded(created)).await;
        let address = server.at("/v1.0/security/alerts_v2");
        let (alerts, summary) = run(&request(SourceId::GraphAlerts, address, Query::default())).await;
        let summary = summary.unwrap();
        assert_eq!((alerts.len(), summary.alerts), (2600, 2600), "{summary:?}");
        assert!(!summary.notes.contains(&Note::InstantTooLarge), "{summary:?}");
    }
}
