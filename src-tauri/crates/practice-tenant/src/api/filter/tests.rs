//! Filters that Microsoft and public programs write, and what is refused.

use proptest::prelude::*;

use super::*;

const SCHEMA: Schema = &[
    ("lastUpdateDateTime", Property::Time(TimeOf::Update)),
    ("severity", Property::Text(TextOf::Severity)),
    ("status", Property::Text(TextOf::Status)),
    ("assignedTo", Property::Text(TextOf::AssignedTo)),
    ("incidentId", Property::Number(NumberOf::Incident)),
];

fn read(text: &str) -> Result<Filter, BadFilter> {
    Filter::read(text, SCHEMA)
}

#[test]
fn times_bound_the_search_and_texts_do_not() {
    let filter = read(
        "lastUpdateDateTime ge 2026-11-20T10:00:00Z and (severity eq 'high') and lastUpdateDateTime lt 2026-11-20T11:00:00.5Z",
    )
    .unwrap();
    assert_eq!(
        filter.bounds(),
        Bounds {
            since: Some("2026-11-20T10:00:00Z".parse().unwrap()),
            until: Some("2026-11-20T11:00:00.5Z".parse().unwrap()),
        }
    );
    assert_eq!(read("severity eq 'high' or status ne 'new'").unwrap().bounds(), Bounds::default());
}

#[test]
fn what_graph_refuses_is_refused() {
    for bad in [
        "",
        "investigationState eq 'running'",
        "lastUpdateDateTime ge '2026-11-20T10:00:00Z'",
        "lastUpdateDateTime ge yesterday",
        "severity gt 'low'",
        "severity eq high",
        "severity eq 'high",
        "severity eq 'high' and",
        "(severity eq 'high'",
        "severity eq 'high' status eq 'new'",
        "incidentId eq 'seven'",
        "incidentId eq seven",
    ] {
        assert!(read(bad).is_err(), "{bad}");
    }
    assert!(read(&format!("{}severity eq 'high'", "not ".repeat(5000))).is_err());
}

#[test]
fn a_doubled_quote_is_one() {
    let filter = read("assignedTo eq 'o''neil'").unwrap();
    assert_eq!(filter, Filter::Text(TextOf::AssignedTo, Equality::Equal, Some("o'neil".to_owned())));
}

#[test]
fn inclusive_bounds_say_all_and_open_ones_do_not() {
    let whole = "lastUpdateDateTime ge 2026-11-20T10:00:00Z and lastUpdateDateTime le 2026-11-20T11:00:00Z";
    assert!(read(whole).unwrap().is_its_bounds());
    for more in ["lastUpdateDateTime gt 2026-11-20T10:00:00Z", "incidentId gt 7", "not (incidentId eq null)"]
    {
        assert!(!read(more).unwrap().is_its_bounds());
        assert!(!read(&format!("{whole} and {more}")).unwrap().is_its_bounds());
    }
}

proptest! {
    #[test]
    fn no_text_breaks_the_reader(text in "[ -~\u{ac00}-\u{ac20}()']{0,80}") {
        let _ = read(&text);
    }
}
