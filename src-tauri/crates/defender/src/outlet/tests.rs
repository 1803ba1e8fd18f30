//! What an outlet hands on of what it is given: keys, repeats, limits, order.

use std::convert::Infallible;

use catalog::SourceId;

use super::{Halt, Outlet, RawAlert};
use crate::query::Query;
use crate::splitter::Splitter;
use crate::walk::Page;

fn take<F>(outlet: &mut Outlet<F>, json: &str, page: &mut Page) -> Result<(), Halt<Infallible>>
where
    F: FnMut(&RawAlert<'_>) -> Result<(), Infallible>,
{
    let list = format!("[{json}]");
    let mut splitter = Splitter::new(outlet.largest_element(), outlet.members());
    splitter.feed(list.as_bytes(), |element| outlet.take(element, page))
}

#[test]
fn detections_of_one_alert_differ_in_their_full_id() {
    let mut ids = Vec::new();
    let sink = |alert: &RawAlert<'_>| {
        ids.push(alert.id.to_owned());
        Ok::<_, Infallible>(())
    };
    let mut outlet = Outlet::new(SourceId::SiemDetections, &Query::default(), false, sink);
    let mut page = Page::default();
    for json in [
        r#"{"AlertId":"a","FullId":"a:1","AlertPart":0}"#,
        r#"{"AlertId":"a","FullId":"a:2","AlertPart":0}"#,
        r#"{"AlertId":"a","FullId":"a:1","AlertPart":0,"LastProcessedTimeUtc":"2026-11-20T10:00:00Z"}"#,
        r#"{"AlertId":"b"}"#,
        r#"{"alertid":"b"}"#,
        "{}",
        "{}",
    ] {
        assert!(take(&mut outlet, json, &mut page).is_ok());
    }
    assert_eq!((outlet.alerts, outlet.repeats, page.new), (4, 3, 4));
    drop(outlet);
    assert_eq!(ids, ["a", "a", "b", ""]);
}

#[test]
fn incidents_give_their_alerts() {
    let mut ids = Vec::new();
    let sink = |alert: &RawAlert<'_>| {
        ids.push(alert.id.to_owned());
        Ok::<_, Infallible>(())
    };
    let mut outlet = Outlet::new(SourceId::XdrIncidents, &Query::default(), false, sink);
    let mut page = Page::default();
    for json in [
        r#"{"incidentId":1,"alerts":[{"alertId":"a"},{"alertId":"b"}]}"#,
        r#"{"incidentId":2,"alerts":null}"#,
        r#"{"incidentId":1,"alerts":[{"alertId":"a"},{"alertId":"c"}]}"#,
        r#"{"incidentId":3,"alerts":[{"alertId":"a"}]}"#,
    ] {
        assert!(take(&mut outlet, json, &mut page).is_ok());
    }
    assert_eq!((outlet.alerts, outlet.repeats, page.new), (3, 1, 4));
    drop(outlet);
    assert_eq!(ids, ["a", "b", "c"]);
}

#[test]
fn held_alerts_come_out_newest_first_and_no_more_than_wanted() {
    let mut ids = String::new();
    let sink = |alert: &RawAlert<'_>| {
        ids.push_str(alert.id);
        Ok::<_, Infallible>(())
    };
    let query = Query { limit: Some(2), ..Query::default() };
    let mut outlet = Outlet::new(SourceId::SiemDetections, &query, true, sink);
    let mut page = Page::default();
    for (id, hour) in [("a", 10), ("b", 12), ("c", 11), ("d", 9)] {
        let json = format!(r#"{{"AlertId":"{id}","LastProcessedTimeUtc":"2026-11-20T{hour:02}:00:00Z"}}"#);
        assert!(take(&mut outlet, &json, &mut page).is_ok());
    }
    outlet.release().unwrap();
    assert_eq!(outlet.alerts, 2);
    drop(outlet);
    assert_eq!(ids, "bc");
}

#[test]
fn the_limit_ends_the_pull_with_its_last_alert() {
    let query = Query { limit: Some(1), ..Query::default() };
    let mut outlet =
        Outlet::new(SourceId::GraphAlerts, &query, false, |_: &RawAlert<'_>| Ok::<_, Infallible>(()));
    assert!(matches!(take(&mut outlet, r#"{"id":"a"}"#, &mut Page::default()), Err(Halt::Enough)));
}

#[test]
fn a_printed_alert_becomes_one_line() {
    let alert = RawAlert { source: SourceId::GraphAlerts, json: "{\r\n  \"a\": 1\n}", id: "", changed: None };
    assert_eq!(alert.one_line(), "{  \"a\": 1}");
}
