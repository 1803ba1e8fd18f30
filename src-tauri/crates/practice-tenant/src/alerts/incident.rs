//! Incidents: neighbouring alerts, one to five of them, or five hundred under `large-incidents`.
//!
//! Invariant: every alert is in exactly one incident, and an incident was last touched when the newest of its alerts was,
//! so that incidents rise in time with their numbers as alerts do.

use std::ops::Range;

use jiff::Timestamp;

use super::{Alert, Feed, Severity, Status};

/// Alerts of four incidents in a row; then again.
const SIZES: [u64; 4] = [4, 1, 5, 2];
/// Sum of [`SIZES`].
const ROUND: u64 = 12;
/// Alerts of an incident under `large-incidents`.
const LARGE: u64 = 500;
/// The id of the first incident.
const FIRST_ID: u64 = 1000;

/// What is known of one incident before it is written in an API's form.
pub(crate) struct Incident {
    /// The id, a number that Graph writes as text.
    pub(crate) id: u64,
    /// Its alerts.
    pub(crate) alerts: Range<u64>,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) severity: Severity,
    pub(crate) status: Status,
    /// A newer member of Graph's enumeration, told only to who asks for it.
    pub(crate) awaits_action: bool,
    /// Its first alert, after which it is named.
    pub(crate) first: Alert,
}

/// How alerts are grouped.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Grouping {
    #[default]
    Usual,
    Large,
}

impl Grouping {
    /// The number of an alert's incident, from 0.
    pub(crate) fn number(self, alert: u64) -> u64 {
        match self {
            Self::Large => alert / LARGE,
            Self::Usual => {
                let mut left = alert % ROUND;
                let mut within = 0;
                for size in SIZES {
                    if left < size {
                        break;
                    }
                    left -= size;
                    within += 1;
                }
                alert / ROUND * (SIZES.len() as u64) + within
            }
        }
    }

    /// The first alert of an incident.
    fn first(self, number: u64) -> u64 {
        match self {
            Self::Large => number * LARGE,
            Self::Usual => {
                let within = usize::try_from(number % 4).unwrap_or(0);
                number / 4 * ROUND + SIZES[..within].iter().sum::<u64>()
            }
        }
    }
}

/// The id of an incident by its number.
pub(crate) const fn id(number: u64) -> u64 {
    FIRST_ID + number
}

impl Feed {
    /// How many incidents there are.
    pub(crate) fn incidents(&self) -> u64 {
        match self.len() {
            0 => 0,
            count => self.grouping().number(count - 1) + 1,
        }
    }

    /// The alerts of an incident.
    pub(crate) fn alerts_of(&self, number: u64) -> Range<u64> {
        let grouping = self.grouping();
        grouping.first(number).min(self.len())..grouping.first(number + 1).min(self.len())
    }

    /// The number of the incident with this id.
    pub(crate) fn incident_number(&self, id: u64) -> Option<u64> {
        id.checked_sub(FIRST_ID).filter(|number| *number < self.incidents())
    }

    /// The incidents last touched at or after `since` and at or before `until`.
    pub(crate) fn incidents_within(&self, since: Option<Timestamp>, until: Option<Timestamp>) -> Range<u64> {
        super::within(self.incidents(), since, until, |number| {
            self.updated(self.alerts_of(number).end.saturating_sub(1))
        })
    }

    pub(crate) fn incident(&self, number: u64) -> Incident {
        let alerts = self.alerts_of(number);
        let first = self.alert(alerts.start);
        let mut severity = Severity::Informational;
        let (mut resolved, mut new) = (true, true);
        // The first alerts decide, so that a large incident costs no more than a small one.
        for index in alerts.clone().take(5) {
            severity = severity.max(self.severity(index));
            let status = self.status(index);
            resolved &= status == Status::Resolved;
            new &= status == Status::New;
        }
        let status = match (resolved, new) {
            (true, _) => Status::Resolved,
            (false, true) => Status::New,
            (false, false) => Status::InProgress,
        };
        Incident {
            id: id(number),
            created: first.created(),
            updated: self.updated(alerts.end.saturating_sub(1)),
            severity,
            status,
            awaits_action: status == Status::InProgress && number % 5 == 2,
            first,
            alerts,
        }
    }
}

impl Incident {
    pub(crate) fn assigned_to(&self) -> Option<&'static str> {
        self.status.assigned_to()
    }

    /// As Graph writes it; an open incident is active.
    pub(crate) const fn status_in_graph(&self) -> &'static str {
        match self.status {
            Status::New => "active",
            Status::InProgress => "inProgress",
            Status::Resolved => "resolved",
        }
    }

    /// As Defender XDR writes it.
    pub(crate) const fn status_in_xdr(&self) -> &'static str {
        match self.status {
            Status::New => "Active",
            Status::InProgress => "InProgress",
            Status::Resolved => "Resolved",
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use proptest::prelude::*;

    use super::super::tests::feed;
    use super::*;
    use crate::alerts::Habits;

    proptest! {
        #[test]
        fn every_alert_is_in_one_incident(count in 0..3000_u64, large: bool) {
            let grouping = if large { Grouping::Large } else { Grouping::Usual };
            let feed = feed(3, count).with(Habits { grouping, ..Habits::default() });
            let mut next = 0;
            for number in 0..feed.incidents() {
                let incident = feed.incident(number);
                prop_assert_eq!(incident.alerts.start, next);
                prop_assert!(!incident.alerts.is_empty());
                for index in incident.alerts.clone() {
                    prop_assert_eq!(feed.alert(index).incident, incident.id);
                    prop_assert!(feed.alert(index).updated <= incident.updated);
                }
                next = incident.alerts.end;
            }
            prop_assert_eq!(next, count);
        }

        #[test]
        fn a_window_holds_exactly_the_incidents_whose_time_lies_in_it(count in 0..200_u64, since in -4000_i64..100, length in 0..5000_i64) {
            let feed = feed(3, count);
            let since = feed.start() + SignedDuration::from_secs(since);
            let until = since + SignedDuration::from_secs(length);
            let window = feed.incidents_within(Some(since), Some(until));
            for number in 0..feed.incidents() {
                let updated = feed.incident(number).updated;
                prop_assert_eq!(window.contains(&number), since <= updated && updated <= until);
            }
        }
    }
}
