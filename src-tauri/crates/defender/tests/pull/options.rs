//! One set of options, five APIs: what each is sent, what is done here, and that it is said.

use catalog::SourceId;
use defender::{Note, PullError, Query, Severity, Status, UnusableQuery};

use crate::support::{Asked, Server, json, request, run};

/// What becomes of an option at a source.
enum Becomes {
    /// It is sent: this parameter, with this value.
    Sent(&'static str, &'static str),
    /// It is sent, more than once.
    EachSent(&'static [(&'static str, &'static str)]),
    /// It is done here, and the pull says so.
    Here,
    /// It is done here and concerns the number only.
    Counted(&'static str, &'static str),
    /// The source's alerts do not say it: refused before anything is sent.
    NotSaid(&'static str),
}

use Becomes::{Counted, EachSent, Here, NotSaid, Sent};
use SourceId::{DefenderAlerts, GraphAlerts, GraphIncidents, SiemDetections, XdrIncidents};

fn since() -> Query {
    Query { since: "2026-11-20T10:00:00Z".parse().ok(), ..Query::default() }
}

fn until() -> Query {
    Query { until: "2026-11-20T11:00:00Z".parse().ok(), ..Query::default() }
}

fn ago() -> Query {
    Query { ago: "PT2H".parse().ok(), ..Query::default() }
}

fn limit() -> Query {
    Query { limit: Some(7), ..Query::default() }
}

fn machine_group() -> Query {
    Query { machine_groups: vec!["UK Machines".into(), "FR".into()], ..Query::default() }
}

fn tag() -> Query {
    Query { tags: vec!["vip".into()], ..Query::default() }
}

fn severity() -> Query {
    Query { severities: vec![Severity::High], ..Query::default() }
}

fn status() -> Query {
    Query { statuses: vec![Status::InProgress], ..Query::default() }
}

type Row = (&'static str, fn() -> Query, [(SourceId, Becomes); 5]);

/// A bound of time is a filter everywhere but at the exporter.
const fn moments(graph: &'static str, defender: &'static str, exporter: Becomes) -> [(SourceId, Becomes); 5] {
    [
        (GraphAlerts, Sent("$filter", graph)),
        (GraphIncidents, Sent("$filter", graph)),
        (DefenderAlerts, Sent("$filter", defender)),
        (XdrIncidents, Sent("$filter", defender)),
        (SiemDetections, exporter),
    ]
}

/// The tests' present is noon, so that two hours ago is ten o'clock.
const TABLE: [Row; 8] = [
    (
        "--since",
        since,
        moments(
            "lastUpdateDateTime ge 2026-11-20T10:00:00Z",
            "lastUpdateTime ge 2026-11-20T10:00:00Z",
            Sent("sinceTimeUtc", "2026-11-20T10:00:00.000"),
        ),
    ),
    (
        "--until",
        until,
        moments(
            "lastUpdateDateTime le 2026-11-20T11:00:00Z",
            "lastUpdateTime le 2026-11-20T11:00:00Z",
            Sent("untilTimeUtc", "2026-11-20T11:00:00.000"),
        ),
    ),
    (
        "--ago",
        ago,
        moments(
            "lastUpdateDateTime ge 2026-11-20T10:00:00Z",
            "lastUpdateTime ge 2026-11-20T10:00:00Z",
            Sent("ago", "PT2H"),
        ),
    ),
    (
        "--limit",
        limit,
        [
            (GraphAlerts, EachSent(&[("$top", "7"), ("$orderby", "lastUpdateDateTime desc")])),
            // An incident has any number of alerts: those are counted here.
            (GraphIncidents, Counted("$top", "50")),
            (DefenderAlerts, Sent("$top", "7")),
            (XdrIncidents, Counted("$top", "100")),
            (SiemDetections, Sent("limit", "7")),
        ],
    ),
    (
        "--machine-group",
        machine_group,
        [
            (GraphAlerts, Here),
            (GraphIncidents, Here),
            (DefenderAlerts, Here),
            (XdrIncidents, Here),
            (SiemDetections, EachSent(&[("machinegroups", "UK Machines"), ("machinegroups", "FR")])),
        ],
    ),
    (
        "--tag",
        tag,
        [
            (GraphAlerts, Here),
            (GraphIncidents, Here),
            (DefenderAlerts, NotSaid("tags")),
            (XdrIncidents, Here),
            (
                SiemDetections,
                EachSent(&[("DeviceCreatedMachineTags", "vip"), ("CloudCreatedMachineTags", "vip")]),
            ),
        ],
    ),
    (
        "--severity",
        severity,
        [
            (GraphAlerts, Sent("$filter", "severity eq 'high'")),
            // Its own severity is not that of its alerts.
            (GraphIncidents, Here),
            (DefenderAlerts, Sent("$filter", "severity eq 'High'")),
            (XdrIncidents, Here),
            (SiemDetections, Here),
        ],
    ),
    (
        "--status",
        status,
        [
            (GraphAlerts, Sent("$filter", "status eq 'inProgress'")),
            (GraphIncidents, Here),
            (DefenderAlerts, Sent("$filter", "status eq 'InProgress'")),
            (XdrIncidents, Here),
            (SiemDetections, NotSaid("status")),
        ],
    ),
];

#[tokio::test]
async fn every_option_becomes_at_every_source_what_the_table_says() {
    for (option, query, sources) in TABLE {
        for (source, becomes) in sources {
            let list = if source == SiemDetections { "[]" } else { r#"{"value":[]}"# };
            let server = Server::by(move |_: &Asked| json(list)).await;
            let summary = run(&request(source, server.at("/list"), query())).await.1;
            let asked = server.asked();
            let sent = |name: &str, value: &str| {
                asked.iter().any(|it| it.query.iter().any(|(key, said)| key == name && said == value))
            };
            let place = format!("{option} {source}: {asked:?}");
            if let NotSaid(what) = becomes {
                assert!(
                    matches!(&summary, Err(PullError::Query(UnusableQuery::NotSaid { filter, .. })) if *filter == what),
                    "{place}"
                );
                assert!(asked.is_empty(), "{place}");
                continue;
            }
            let here = summary.unwrap().notes.contains(&Note::FilteredHere);
            match becomes {
                Sent(name, value) => assert!(sent(name, value) && !here, "{place}"),
                EachSent(pairs) => {
                    assert!(pairs.iter().all(|(name, value)| sent(name, value)) && !here, "{place}");
                }
                Counted(name, value) => assert!(sent(name, value), "{place}"),
                Here => {
                    assert!(here, "{place}: and says so");
                    let strange =
                        ["$filter", "machinegroups", "DeviceCreatedMachineTags", "CloudCreatedMachineTags"];
                    assert!(
                        asked.iter().all(|it| strange.iter().all(|name| it.value(name).is_none())),
                        "{place}"
                    );
                }
                NotSaid(_) => {}
            }
        }
    }
}
