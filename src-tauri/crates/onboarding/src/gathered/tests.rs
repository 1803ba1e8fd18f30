use std::path::Path;

use catalog::{Cloud, SourceId};
use defender::RawAlert;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::Gathered;
use crate::contract::{AlertColumn, AlertFileForm, AlertsQuery, BarUnit, ProblemCode};

const TENANT: &str = "11111111-1111-4111-8111-111111111111";

fn gathered(source: SourceId) -> Gathered {
    let cloud = Cloud::builtin("commercial").unwrap();
    let folder = std::env::temp_dir();
    let mut gathered = Gathered::new(&folder, "c".to_owned(), TENANT.to_owned(), cloud, source).unwrap();
    gathered.zone = TimeZone::UTC;
    gathered
}

fn json(at: usize, time: &str, severity: &str, title: &str, device: &str) -> String {
    serde_json::json!({
        "id": format!("a{at}"), "createdDateTime": time, "severity": severity, "title": title,
        "alertWebUrl": format!("https://security.microsoft.com/alerts/a{at}"),
        "evidence": [{ "deviceDnsName": device }],
    })
    .to_string()
}

fn push(gathered: &Gathered, json: &str) {
    gathered.push(&RawAlert { source: SourceId::GraphAlerts, json, id: "", changed: None }).unwrap();
}

/// Five alerts, arrived in no order.
fn five() -> Gathered {
    let gathered = gathered(SourceId::GraphAlerts);
    gathered.begin("2026-11-20T00:30:00Z".parse().unwrap(), "2026-11-21T00:30:00Z".parse().unwrap());
    for (at, (time, severity, title, device)) in [
        ("2026-11-20T08:00:00Z", "low", "beta", "ws-2"),
        ("2026-11-20T10:00:00Z", "high", "Alpha", "ws-1"),
        ("2026-11-19T10:00:00Z", "medium", "gamma", ""),
        ("", "strange", "", "ws-3"),
        ("2026-11-20T08:59:59Z", "high", "beta", "ws-1"),
    ]
    .into_iter()
    .enumerate()
    {
        push(&gathered, &json(at, time, severity, title, device));
    }
    gathered
}

fn numbers(gathered: &Gathered, query: &AlertsQuery) -> Vec<u64> {
    gathered.page(query, 0, 100).rows.iter().map(|row| row.number).collect()
}

#[test]
fn rows_come_in_the_order_that_is_asked_for_and_what_says_nothing_comes_last() {
    let gathered = five();
    let order =
        |sort, reversed| numbers(&gathered, &AlertsQuery { sort, reversed, ..AlertsQuery::default() });
    assert_eq!(order(AlertColumn::Time, false), [1, 4, 0, 2, 3]);
    assert_eq!(order(AlertColumn::Time, true), [2, 0, 4, 1, 3]);
    assert_eq!(order(AlertColumn::Severity, false), [1, 4, 2, 0, 3]);
    assert_eq!(order(AlertColumn::Title, false), [1, 4, 0, 2, 3]);
    assert_eq!(order(AlertColumn::Device, false), [1, 4, 0, 3, 2]);
}

#[test]
fn rows_are_found_by_severity_time_and_text() {
    let gathered = five();
    let found = |query: AlertsQuery| numbers(&gathered, &query);
    assert_eq!(found(AlertsQuery { severities: vec!["high".to_owned()], ..AlertsQuery::default() }), [1, 4]);
    assert_eq!(found(AlertsQuery { text: " BETA ".to_owned(), ..AlertsQuery::default() }), [4, 0]);
    assert_eq!(found(AlertsQuery { text: "ws-1".to_owned(), ..AlertsQuery::default() }), [1, 4]);
    let since: Timestamp = "2026-11-20T08:00:00Z".parse().unwrap();
    let until = "2026-11-20T09:00:00Z".parse().unwrap();
    let hour = AlertsQuery { since: Some(since), until: Some(until), ..AlertsQuery::default() };
    assert_eq!(found(hour), [4, 0], "from the first instant on, and without alerts that name no time");
}

#[test]
fn a_page_is_a_window_on_the_rows_and_never_larger_than_it_may_be() {
    let gathered = five();
    let page = gathered.page(&AlertsQuery::default(), 3, 100);
    assert_eq!((page.matching, page.start, page.rows.len()), (5, 3, 2));
    let beyond = gathered.page(&AlertsQuery::default(), 9, 100);
    assert_eq!((beyond.matching, beyond.start, beyond.rows.len()), (5, 5, 0));
    for at in 0..600 {
        push(&gathered, &json(at, "2026-11-20T08:00:00Z", "low", "t", "d"));
    }
    assert_eq!(gathered.page(&AlertsQuery::default(), 0, usize::MAX).rows.len(), 500);
}

#[test]
fn the_overview_counts_what_is_there() {
    let overview = five().overview();
    assert_eq!((overview.alerts, overview.devices, overview.people), (5, 3, 0));
    let counts: Vec<_> = overview.severities.iter().map(|it| (it.severity.as_str(), it.alerts)).collect();
    assert_eq!(counts, [("high", 2), ("medium", 1), ("low", 1), ("informational", 0), ("strange", 1)]);
    let histogram = overview.histogram;
    assert_eq!((histogram.unit, histogram.earlier, histogram.untimed), (BarUnit::Hour, 1, 1));
    assert_eq!(histogram.bars.len(), 25);
    let eight = histogram.bars.iter().find(|bar| bar.alerts == 2).unwrap();
    assert_eq!((eight.since.to_string().as_str(), eight.high), ("2026-11-20T08:00:00Z", 1));
}

#[test]
fn days_begin_at_midnight_of_this_computers_zone_also_when_a_day_has_twenty_five_hours() {
    let mut gathered = gathered(SourceId::GraphAlerts);
    gathered.zone = TimeZone::get("Europe/Berlin").unwrap();
    gathered.begin("2026-10-20T12:00:00Z".parse().unwrap(), "2026-11-19T12:00:00Z".parse().unwrap());
    // 23:30 of 25 October in Berlin, the day on which clocks went back.
    push(&gathered, &json(0, "2026-10-25T22:30:00Z", "low", "t", "d"));
    let histogram = gathered.overview().histogram;
    assert_eq!(histogram.unit, BarUnit::Day);
    let bar = histogram.bars.iter().find(|bar| bar.alerts == 1).unwrap();
    assert_eq!(bar.since.to_string(), "2026-10-24T22:00:00Z");
    assert_eq!(bar.until.to_string(), "2026-10-25T23:00:00Z");
}

#[test]
fn what_arrives_after_the_window_began_is_in_the_last_bar_and_is_found_by_it() {
    let gathered = gathered(SourceId::GraphAlerts);
    gathered.begin("2026-11-20T10:00:00Z".parse().unwrap(), "2026-11-20T12:00:00Z".parse().unwrap());
    push(&gathered, &json(0, "2026-11-20T12:30:00Z", "low", "t", "d"));
    let histogram = gathered.overview().histogram;
    let last = histogram.bars.last().unwrap();
    assert_eq!((histogram.unit, last.alerts), (BarUnit::FiveMinutes, 1));
    let query = AlertsQuery { since: Some(last.since), until: Some(last.until), ..AlertsQuery::default() };
    assert_eq!(numbers(&gathered, &query), [0]);
}

#[test]
fn an_alert_comes_whole_and_opens_only_in_the_customers_portal() {
    let gathered = five();
    let view = gathered.alert(1).unwrap();
    assert_eq!((view.row.title.as_str(), view.opens.as_slice()), ("Alpha", &["alert".to_owned()][..]));
    assert!(view.row.raw.starts_with('{'));
    assert_eq!(gathered.link(1, "alert").unwrap().path(), "/alerts/a1");
    for elsewhere in [
        "https://security.microsoft.com.evil.example/",
        "http://security.microsoft.com/alerts/1",
        "https://someone@security.microsoft.com/",
        "https://security.microsoft.com:8443/",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "not an address",
    ] {
        let number = gathered.len();
        push(&gathered, &serde_json::json!({ "id": "x", "alertWebUrl": elsewhere }).to_string());
        assert!(gathered.alert(number).unwrap().opens.is_empty(), "{elsewhere}");
        assert_eq!(gathered.link(number, "alert").unwrap_err().code, ProblemCode::ForeignHost, "{elsewhere}");
    }
    assert_eq!(gathered.alert(99).unwrap_err().code, ProblemCode::InvalidInput);
}

#[test]
fn sources_that_name_no_address_get_the_portals() {
    let gathered = gathered(SourceId::DefenderAlerts);
    let json = r#"{"id":"da6 37/x"}"#;
    gathered.push(&RawAlert { source: SourceId::DefenderAlerts, json, id: "", changed: None }).unwrap();
    let link = gathered.link(0, "alert").unwrap();
    assert_eq!(link.as_str(), format!("https://security.microsoft.com/alerts/da6%2037%2Fx?tid={TENANT}"));
}

#[test]
fn a_file_holds_the_rows_that_are_shown_in_their_order_and_replaces_the_one_before() {
    let gathered = five();
    let folder = tempfile::tempdir().unwrap();
    let save = |form: AlertFileForm, query: &AlertsQuery| {
        let path = folder.path().join("alerts");
        let saved = gathered.save(query, form, &path).unwrap();
        let content = std::fs::read_to_string(&path).unwrap();
        assert_eq!(saved.bytes, content.len() as u64);
        assert_eq!(Path::new(&saved.path), path);
        // Wine shows no access lists.
        let wine = cfg!(windows) && Path::new(r"C:\windows\system32\winecfg.exe").exists();
        assert!(wine || vault::files::is_owner_only(&path).unwrap());
        (saved.alerts, content)
    };
    let query = AlertsQuery { severities: vec!["high".to_owned()], ..AlertsQuery::default() };
    let (alerts, lines) = save(AlertFileForm::Ndjson, &query);
    assert_eq!(alerts, 2);
    assert_eq!(
        lines,
        format!("{}\n{}\n", gathered.alert(1).unwrap().row.raw, gathered.alert(4).unwrap().row.raw)
    );
    let (_, array) = save(AlertFileForm::Json, &AlertsQuery::default());
    let array: Vec<serde_json::Value> = serde_json::from_str(&array).unwrap();
    assert_eq!((array.len(), array[0]["id"].as_str()), (5, Some("a1")));
    let (_, table) = save(AlertFileForm::Csv, &AlertsQuery::default());
    assert_eq!(table.lines().count(), 6);
}

#[test]
fn texts_are_kept_once_and_cut_to_a_cell_while_the_alert_stays_whole() {
    let gathered = gathered(SourceId::GraphAlerts);
    let long = "x".repeat(10_000);
    for at in 0..2_000 {
        push(&gathered, &json(at, "2026-11-20T08:00:00Z", "low", &long, &format!("ws-{}", at % 40)));
    }
    let overview = gathered.overview();
    assert_eq!((overview.alerts, overview.devices), (2_000, 40));
    assert_eq!(gathered.page(&AlertsQuery::default(), 0, 1).rows[0].title.len(), 200);
    assert_eq!(gathered.alert(1_999).unwrap().row.title, long);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_alert_is_in_one_bar_or_earlier_or_untimed(
        seconds in prop::collection::vec(-4_000_000i64..200_000, 0..80),
        hours in 1i64..900,
    ) {
        let gathered = gathered(SourceId::GraphAlerts);
        let until: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        gathered.begin(until - jiff::SignedDuration::from_hours(hours), until);
        for (at, second) in seconds.iter().enumerate() {
            let time = until + jiff::SignedDuration::from_secs(*second);
            push(&gathered, &json(at, &time.to_string(), "low", "t", "d"));
        }
        let histogram = gathered.overview().histogram;
        let inside: u64 = histogram.bars.iter().map(|bar| bar.alerts).sum();
        prop_assert_eq!(inside + histogram.earlier, seconds.len() as u64);
        for bar in &histogram.bars {
            let query = AlertsQuery { since: Some(bar.since), until: Some(bar.until), ..AlertsQuery::default() };
            prop_assert_eq!(gathered.page(&query, 0, 0).matching, bar.alerts);
        }
        for pair in histogram.bars.windows(2) {
            prop_assert_eq!(pair[0].until, pair[1].since);
        }
    }
}
