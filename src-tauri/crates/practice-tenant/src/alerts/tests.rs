//! Properties of the generator: what is written is JSON, times never fall, windows are exact.

use std::collections::HashSet;

use proptest::prelude::*;
use serde_json::Value;

use super::*;

pub(super) fn feed(seed: u64, count: u64) -> Feed {
    Feed::new(
        seed,
        count,
        "2026-11-20T12:00:00.5Z".parse().unwrap(),
        Uuid::nil(),
        "https://portal.example".into(),
    )
}

#[test]
fn a_few_alerts_show_every_severity_and_state_and_hostile_titles() {
    let feed = feed(42, 25);
    let alerts: Vec<_> = (0..25).map(|index| feed.alert(index)).collect();
    assert_eq!(alerts.iter().map(|alert| alert.severity.graph()).collect::<HashSet<_>>().len(), 4);
    assert_eq!(alerts.iter().map(|alert| alert.status.graph()).collect::<HashSet<_>>().len(), 3);
    let hostile: Vec<_> = HOSTILE.iter().map(|title| pen::escape(title)).collect();
    assert!(alerts.iter().any(|alert| hostile.iter().any(|title| title == feed.title(alert))));
    assert_eq!(alerts.iter().map(Alert::id).collect::<HashSet<_>>().len(), 25);
}

#[test]
fn ids_do_not_depend_on_when_the_server_started() {
    let other = Feed::new(7, 9, "2020-01-01T00:00:00Z".parse().unwrap(), Uuid::nil(), String::new());
    assert_eq!(feed(7, 9).alert(3).id(), other.alert(3).id());
    assert_ne!(feed(8, 9).alert(3).id(), other.alert(3).id());
}

#[test]
fn more_alerts_than_there_can_be_are_as_many_as_there_can_be() {
    let feed = feed(1, u64::MAX);
    assert_eq!(feed.len(), MOST);
    let (last, before) = (feed.alert(MOST - 1), feed.alert(MOST - 2));
    assert!(last.updated <= feed.start && before.updated <= last.updated);
    assert_ne!(last.id(), before.id());
    let incident = feed.incident(feed.incidents() - 1);
    assert_eq!(incident.alerts.end, MOST);
}

#[test]
fn thousands_share_one_moment_and_no_other_time_moves() {
    let usual = feed(1, 10_000);
    let burst = usual.with(Habits { burst: true, ..Habits::default() });
    let mut moments = std::collections::HashMap::new();
    for index in 0..10_000 {
        *moments.entry(burst.updated(index)).or_insert(0_u64) += 1;
    }
    assert_eq!(moments.values().max(), Some(&BURST));
    assert_eq!(burst.updated(9_999), usual.updated(9_999));
    assert_eq!(burst.updated(0), usual.updated(0));
}

type Form<'a> = &'a dyn Fn(&mut Vec<u8>);

proptest! {
    #[test]
    fn whatever_is_written_is_json(seed: u64, index in 0..100_000_u64) {
        let feed = feed(seed, 100_000);
        let alert = feed.alert(index);
        let number = feed.incidents() - 1 - index / 10;
        let forms: [Form<'_>; 6] = [
            &|out| { detection::write(&feed, &alert, out); },
            &|out| { graph::write(&feed, &alert, out); },
            &|out| { defender::write(&feed, &alert, true, out); },
            &|out| { defender::write(&feed, &alert, false, out); },
            &|out| { xdr::write(&feed, &feed.incident(number), out); },
            &|out| { graph::write_incident(&feed, &feed.incident(number), true, false, out); },
        ];
        for form in forms {
            let mut out = Vec::new();
            form(&mut out);
            let read = serde_json::from_slice::<Value>(&out);
            prop_assert!(read.is_ok(), "{:?} {}", read, String::from_utf8_lossy(&out));
        }
    }

    #[test]
    fn a_window_holds_exactly_the_alerts_whose_time_lies_in_it(
        seed: u64, count in 0..400_u64, burst: bool, since in -4000_i64..100, length in 0..5000_i64,
    ) {
        let feed = feed(seed, count).with(Habits { burst, ..Habits::default() });
        let since = feed.start + SignedDuration::from_secs(since);
        let until = since + SignedDuration::from_secs(length);
        let window = feed.within(Some(since), Some(until));
        for index in 0..count {
            let updated = feed.alert(index).updated;
            prop_assert_eq!(window.contains(&index), since <= updated && updated <= until);
            prop_assert!(updated <= feed.start && feed.start - SPAN - SignedDuration::from_secs(1) <= updated);
        }
    }

    #[test]
    fn times_never_fall(seed: u64, count in 2..300_u64, burst: bool) {
        let feed = feed(seed, count).with(Habits { burst, ..Habits::default() });
        for index in 1..count {
            prop_assert!(feed.updated(index - 1) <= feed.updated(index));
        }
    }
}
