//! How many alerts were raised when, in bars that a person can tell apart: at most 49 of them, however long the window.
//!
//! Bars of a day begin at midnight where this computer is. The invariant: every alert with a time is in exactly one bar, or
//! counted as earlier than all of them.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _, Zoned};

use super::columns::Columns;
use crate::contract::{BarUnit, Histogram, HistogramBar};

/// Hours of a window up to which a bar is five minutes, and up to which it is an hour.
const FINE: i64 = 3;
const HOURLY: i64 = 48;
/// A window that nobody asks for: more days than this are not drawn.
const MOST_BARS: usize = 400;

pub(super) fn of(columns: &Columns, window: Option<(Timestamp, Timestamp)>, zone: &TimeZone) -> Histogram {
    let timed = u64::try_from(columns.times().count()).unwrap_or(u64::MAX);
    let untimed = columns.len() as u64 - timed;
    let (unit, edges) = match window {
        Some((since, until)) if timed > 0 => edges(since, until, zone),
        Some(_) | None => (BarUnit::Day, Vec::new()),
    };
    let mut bars: Vec<HistogramBar> = edges
        .windows(2)
        .map(|pair| HistogramBar { since: pair[0], until: pair[1], alerts: 0, high: 0 })
        .collect();
    let starts: Vec<i64> = bars.iter().map(|bar| bar.since.as_millisecond()).collect();
    let mut earlier = 0;
    for (time, high) in columns.times() {
        // What was raised while the pull ran, or by a clock that is ahead, belongs to the last bar.
        match starts.partition_point(|start| *start <= time).checked_sub(1).and_then(|at| bars.get_mut(at)) {
            Some(bar) => {
                bar.alerts += 1;
                bar.high += u64::from(high);
            }
            None => earlier += 1,
        }
    }
    // The last bar ends where its alerts end, so that choosing it finds them.
    if let (Some(bar), Some(newest)) = (bars.last_mut(), columns.newest()) {
        if newest >= bar.until {
            bar.until = newest.checked_add(1.second()).unwrap_or(newest);
        }
    }
    Histogram { unit, bars, earlier, untimed }
}

/// Where bars begin, and where the last one ends.
fn edges(since: Timestamp, until: Timestamp, zone: &TimeZone) -> (BarUnit, Vec<Timestamp>) {
    let hours = until.duration_since(since).as_hours();
    let unit = if hours <= FINE {
        BarUnit::FiveMinutes
    } else if hours <= HOURLY {
        BarUnit::Hour
    } else {
        BarUnit::Day
    };
    let begins = since.to_zoned(zone.clone());
    let begins = match unit {
        BarUnit::FiveMinutes => on_the(&begins, jiff::Unit::Minute, 5),
        BarUnit::Hour => on_the(&begins, jiff::Unit::Hour, 1),
        BarUnit::Day => begins.start_of_day().ok(),
    };
    let step = match unit {
        BarUnit::FiveMinutes => 5.minutes(),
        BarUnit::Hour => 1.hour(),
        BarUnit::Day => 1.day(),
    };
    let mut edges = Vec::new();
    let mut at = begins;
    while let Some(edge) = at.take() {
        edges.push(edge.timestamp());
        if edge.timestamp() > until || edges.len() > MOST_BARS {
            break;
        }
        at = edge.checked_add(step).ok();
    }
    (unit, edges)
}

fn on_the(moment: &Zoned, unit: jiff::Unit, increment: i64) -> Option<Zoned> {
    let down = jiff::ZonedRound::new().smallest(unit).increment(increment).mode(jiff::RoundMode::Trunc);
    moment.round(down).ok()
}
