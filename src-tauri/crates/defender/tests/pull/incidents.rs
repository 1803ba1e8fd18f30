//! Incidents that do not come with their alerts, and products behind Graph that do not answer: no such thing is ever
//! "no alerts".

use axum::body::Body;
use catalog::SourceId;
use defender::{Denial, Note, PullError, Query, Unreadable};

use crate::support::{Asked, Server, at, json, request, run, with};

#[tokio::test]
async fn large_pages_of_incidents_that_fail_are_asked_for_in_smaller_ones() {
    let server = Server::by(|asked| match asked.value("$top") {
        Some("2") if asked.value("$skip").is_none() => {
            json(r#"{"value":[{"id":"1","alerts":[{"id":"a"}]}]}"#)
        }
        Some("2") => json(r#"{"value":[]}"#),
        _ => with(500, ""),
    })
    .await;
    let (alerts, summary) = run(&request(SourceId::GraphIncidents, server.at("/a"), Query::default())).await;
    assert_eq!(alerts.len(), 1);
    assert_eq!(summary.unwrap().notes, [Note::AskedAgain, Note::SmallerPages]);
}

/// A large tenant: `$expand` never comes back well. Alerts are had beside the incidents, where the token may.
fn large_tenant(alerts_allowed: bool) -> impl Fn(&Asked) -> axum::http::Response<Body> {
    move |asked| {
        if asked.target.starts_with("/v1.0/security/alerts_v2") {
            if !alerts_allowed {
                return with(403, r#"{"error":{"code":"Forbidden","message":"no"}}"#);
            }
            let filter = asked.value("$filter").unwrap_or_default();
            let incident = filter.split('\'').nth(1).unwrap_or_default().to_owned();
            if filter.contains(" ge ") {
                return json(r#"{"value":[]}"#);
            }
            return json(format!(
                r#"{{"value":[{{"id":"a{incident}","incidentId":"{incident}","lastUpdateDateTime":"{}"}}]}}"#,
                at(1)
            ));
        }
        match asked.value("$expand") {
            Some(_) => with(500, r#"{"error":{"code":"UnknownError"}}"#),
            None if asked.value("$filter").is_some() => json(r#"{"value":[]}"#),
            None => json(format!(
                r#"{{"value":[{{"id":"1","lastUpdateDateTime":"{}"}},{{"id":"2","lastUpdateDateTime":"{}"}}]}}"#,
                at(1),
                at(2)
            )),
        }
    }
}

#[tokio::test]
async fn incidents_that_never_come_with_their_alerts_are_asked_for_them_one_by_one() {
    let server = Server::by(large_tenant(true)).await;
    let address = server.at("/v1.0/security/incidents");
    let (alerts, summary) = run(&request(SourceId::GraphIncidents, address, Query::default())).await;
    assert_eq!(alerts.len(), 2, "{alerts:?}");
    let notes = summary.unwrap().notes;
    assert_eq!(notes, [Note::AskedAgain, Note::SmallerPages, Note::AlertsByIncident]);
}

#[tokio::test]
async fn incidents_whose_alerts_the_token_may_not_read_are_no_empty_tenant() {
    let server = Server::by(large_tenant(false)).await;
    let address = server.at("/v1.0/security/incidents");
    let (alerts, failed) = run(&request(SourceId::GraphIncidents, address, Query::default())).await;
    assert!(alerts.is_empty());
    assert!(
        matches!(failed, Err(PullError::AlertsRefused { status: 403, denial: Denial::Denied, .. })),
        "{failed:?}"
    );
    let beside = server.asked().iter().filter(|asked| asked.target.contains("alerts_v2")).count();
    assert_eq!(beside, 1, "what is refused is not asked for again");
}

/// Incidents without alerts, whose alerts answer with this status.
fn alerts_failing(status: u16, of: &'static [&'static str]) -> impl Fn(&Asked) -> axum::http::Response<Body> {
    move |asked| {
        let filter = asked.value("$filter").unwrap_or_default();
        if asked.target.contains("alerts_v2") {
            if of.iter().any(|id| filter.contains(&format!("'{id}'"))) {
                return with(status, "");
            }
            let id = filter.split('\'').nth(1).unwrap_or_default();
            return json(format!(r#"{{"value":[{{"id":"of-{id}"}}]}}"#));
        }
        if filter.is_empty() && asked.value("$skip").is_none() {
            let incident = |id| format!(r#"{{"id":"{id}","lastUpdateDateTime":"{}"}}"#, at(id));
            return json(format!(r#"{{"value":[{}]}}"#, [1, 2, 3, 4].map(incident).join(",")));
        }
        json(r#"{"value":[]}"#)
    }
}

#[tokio::test]
async fn alerts_that_fail_for_one_incident_are_told_of_and_for_all_they_end_the_pull() {
    let pull = async |status, of| {
        let server = Server::by(alerts_failing(status, of)).await;
        run(&request(SourceId::GraphIncidents, server.at("/security/incidents"), Query::default())).await
    };
    let (alerts, summary) = pull(500, &["1", "2"]).await;
    assert_eq!(alerts.len(), 2);
    assert!(summary.unwrap().notes.contains(&Note::IncidentsWithoutAlerts));
    let (alerts, failed) = pull(500, &["2", "3", "4"]).await;
    assert_eq!(alerts.len(), 1, "what had come is kept");
    assert!(matches!(failed, Err(PullError::Unavailable { status: 500, .. })), "{failed:?}");
    let (_, failed) = pull(400, &["1"]).await;
    assert!(
        matches!(failed, Err(PullError::AlertsRefused { status: 400, denial: Denial::Request, .. })),
        "{failed:?}"
    );
}

#[tokio::test]
async fn incidents_without_any_alert_are_no_answer_to_a_question_for_alerts() {
    let list =
        |alerts: &str| format!(r#"{{"value":[{{"incidentId":1{alerts}}},{{"incidentId":2{alerts}}}]}}"#);
    for (alerts, found) in [("", None), (r#","alerts":null"#, None), (r#","alerts":[]"#, Some(0))] {
        let body = list(alerts);
        let server = Server::by(move |_| json(body.clone())).await;
        let address = server.at("/api/incidents");
        let pulled = run(&request(SourceId::XdrIncidents, address, Query::default())).await.1;
        match (pulled, found) {
            (Ok(summary), Some(found)) => assert_eq!(summary.alerts, found),
            (Err(PullError::Unreadable { reason: Unreadable::NoList, .. }), None) => {}
            (other, _) => panic!("{alerts:?}: {other:?}"),
        }
    }
    let some = r#"{"value":[{"incidentId":1},{"incidentId":2,"alerts":[{"alertId":"a"}]}]}"#;
    let server = Server::by(move |_| json(some)).await;
    let address = server.at("/api/incidents");
    let (alerts, summary) = run(&request(SourceId::XdrIncidents, address, Query::default())).await;
    assert_eq!(alerts.len(), 1);
    assert!(summary.unwrap().notes.contains(&Note::IncidentsWithoutAlerts));
}

#[tokio::test]
async fn nothing_from_a_product_that_failed_is_not_no_alerts() {
    let partial = |warning, body: &'static str| {
        let answer = crate::support::header(with(206, body), "warning", warning);
        async move {
            let server = Server::of(vec![answer]).await;
            run(&request(SourceId::GraphAlerts, server.at("/a"), Query::default())).await.1
        }
    };
    let nothing = r#"{"value":[]}"#;
    let failed = partial(r#"199 - "Microsoft/MDATP/504/10000""#, nothing).await;
    let Err(PullError::Unavailable { status: 504, refusal, .. }) = failed else { panic!("{failed:?}") };
    assert_eq!(refusal.message.as_deref(), Some("Microsoft/MDATP/504"));
    let unlicensed = partial(r#"199 - "Microsoft/MCAS/403/12""#, nothing).await.unwrap();
    assert_eq!((unlicensed.alerts, unlicensed.notes), (0, vec![Note::ProviderNotLicensed]));
}
