//! The alerts: made from a seed when they are asked for, never stored, so that a million cost no memory.
//!
//! Invariants: alert `n` of a seed has the same id and content in every run; times rise with `n` and all lie within the
//! hour before the server started, so that the exporter's window of two hours holds them all for another hour. Every tenth
//! alert shares its time with the one before it, because real ones do and clients must not lose one of them.

pub(crate) mod detection;
pub(crate) mod graph;
mod texts;

use std::fmt::Write as _;
use std::ops::Range;

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use texts::{CATEGORIES, Category, HOSTILE};

/// The alerts lie within this time before the start.
const SPAN: SignedDuration = SignedDuration::from_hours(1);
/// Length of the description under `huge-alert`.
const HUGE: usize = 8 * 1024 * 1024;

/// How bad.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Severity {
    Informational,
    Low,
    Medium,
    High,
}

/// Microsoft Graph's states of an alert.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Status {
    New,
    InProgress,
    Resolved,
}

impl Severity {
    /// As the Defender services write it.
    pub(crate) const fn defender(self) -> &'static str {
        match self {
            Self::Informational => "Informational",
            Self::Low => "Low",
            Self::Medium => "Medium",
            Self::High => "High",
        }
    }

    /// As Graph writes it.
    pub(crate) const fn graph(self) -> &'static str {
        match self {
            Self::Informational => "informational",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl Status {
    pub(crate) const fn graph(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::InProgress => "inProgress",
            Self::Resolved => "resolved",
        }
    }
}

/// The alerts of one server.
pub(crate) struct Feed {
    seed: u64,
    count: u64,
    start: Timestamp,
    /// The customer's tenant, named in Graph's alerts and in links.
    tenant: Uuid,
    portal: String,
}

/// What is known of one alert before it is written in an API's form.
pub(crate) struct Alert {
    pub(crate) index: u64,
    seed: u64,
    /// When the backend last touched it: what time windows compare.
    pub(crate) updated: Timestamp,
    pub(crate) severity: Severity,
    pub(crate) status: Status,
    pub(crate) category: &'static Category,
    draw: u64,
}

impl Feed {
    pub(crate) fn new(seed: u64, count: u64, start: Timestamp, tenant: Uuid, portal: String) -> Self {
        Self { seed, count, start, tenant, portal }
    }

    /// When alert `index` was last touched. Beyond the end: the start of the server.
    fn updated(&self, index: u64) -> Timestamp {
        let slot = if index % 10 == 9 { index - 1 } else { index };
        let span = SPAN.as_nanos() / 100;
        // Whole ticks of 100 nanoseconds, as the services keep them; the last alert is one step before the start.
        let ticks = span * i128::from(self.count - slot.min(self.count)) / i128::from(self.count.max(1));
        let nanoseconds = i64::try_from(ticks * 100).unwrap_or(0);
        let start = self.start.as_nanosecond() / 100 * 100;
        Timestamp::from_nanosecond(start).unwrap_or(self.start) - SignedDuration::from_nanos(nanoseconds)
    }

    /// The alerts last touched at or after `since` and at or before `until`.
    pub(crate) fn within(&self, since: Option<Timestamp>, until: Option<Timestamp>) -> Range<u64> {
        let first = since.map_or(0, |since| self.partition(|time| time < since));
        let end = until.map_or(self.count, |until| self.partition(|time| time <= until));
        first..end.max(first)
    }

    /// How many alerts from the first on satisfy the condition, which must hold for a beginning of them.
    fn partition(&self, condition: impl Fn(Timestamp) -> bool) -> u64 {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low + (high - low) / 2;
            if condition(self.updated(middle)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    pub(crate) fn alert(&self, index: u64) -> Alert {
        let draw = mix(self.seed ^ mix(index.wrapping_add(1)));
        // Rotating, so that even a few alerts show every severity and state.
        let severity = match (index + self.seed % 7) % 7 {
            0 | 4 => Severity::Medium,
            1 | 5 => Severity::Low,
            2 | 6 => Severity::High,
            _ => Severity::Informational,
        };
        let status = match (index + self.seed % 5) % 5 {
            0..=2 => Status::New,
            3 => Status::InProgress,
            _ => Status::Resolved,
        };
        Alert {
            index,
            seed: self.seed,
            updated: self.updated(index),
            severity,
            status,
            category: &CATEGORIES[usize::try_from(draw % CATEGORIES.len() as u64).unwrap_or(0)],
            draw,
        }
    }

    pub(crate) fn len(&self) -> u64 {
        self.count
    }

    fn link(&self, kind: &str, id: &str) -> String {
        format!("{}/{kind}/{id}?tid={}", self.portal, self.tenant)
    }
}

impl Alert {
    /// Another number of this alert, one for each `lane`.
    fn lane(&self, lane: u64) -> u64 {
        mix(self.draw.wrapping_add(lane.wrapping_mul(0x9E37_79B9_7F4A_7C15)))
    }

    /// `da` and digits, as Defender for Endpoint names alerts.
    pub(crate) fn id(&self) -> String {
        format!(
            "da{:018}_{}",
            637_000_000_000_000_000_u64 + self.lane(1) % 1_000_000_000_000_000,
            self.number()
        )
    }

    /// A number that no two alerts of a feed share.
    fn number(&self) -> u64 {
        1_000_000 + self.index
    }

    fn incident(&self) -> u64 {
        1000 + self.index / 4
    }

    /// One in six has a title that breaks careless programs.
    pub(crate) fn title(&self) -> &'static str {
        if self.index % 6 == 5 {
            HOSTILE[usize::try_from(self.index / 6).unwrap_or(0) % HOSTILE.len()]
        } else {
            pick(self.category.titles, self.lane(2))
        }
    }

    pub(crate) fn created(&self) -> Timestamp {
        self.updated - SignedDuration::from_secs(37)
    }

    fn first_activity(&self) -> Timestamp {
        self.created() - SignedDuration::from_secs(i64::try_from(30 + self.lane(3) % 600).unwrap_or(30))
    }

    fn machine(&self) -> Machine {
        let number = self.lane(4) % 200;
        Machine {
            name: format!("desktop-{:07x}", mix(self.seed ^ number) & 0x0FFF_FFFF),
            number,
            group: texts::GROUPS[usize::try_from(number).unwrap_or(0) % texts::GROUPS.len()],
            device_tag: texts::DEVICE_TAGS
                [usize::try_from(number / 3).unwrap_or(0) % texts::DEVICE_TAGS.len()],
            cloud_tag: texts::CLOUD_TAGS[usize::try_from(number / 5).unwrap_or(0) % texts::CLOUD_TAGS.len()],
        }
    }

    pub(crate) fn machine_group(&self) -> &'static str {
        self.machine().group
    }

    pub(crate) fn device_tag(&self) -> &'static str {
        self.machine().device_tag
    }

    pub(crate) fn cloud_tag(&self) -> &'static str {
        self.machine().cloud_tag
    }

    fn user(&self) -> &'static str {
        pick(texts::USERS, self.lane(5))
    }

    /// Hexadecimal digits that look like a digest.
    fn digest(&self, lane: u64, digits: usize) -> String {
        let mut text = String::with_capacity(digits + 16);
        let mut part = lane;
        while text.len() < digits {
            part = self.lane(part ^ 0x51);
            let _ = write!(text, "{part:016x}");
        }
        text.truncate(digits);
        text
    }

    fn guid(&self, lane: u64) -> Uuid {
        uuid::Builder::from_random_bytes(
            (u128::from(self.lane(lane)) << 64 | u128::from(self.lane(lane + 1))).to_be_bytes(),
        )
        .into_uuid()
    }

    fn description(&self, huge: bool) -> String {
        if huge {
            "This description does not end. ".repeat(HUGE / 31 + 1)
        } else {
            self.category.description.to_owned()
        }
    }
}

/// A device of the customer.
struct Machine {
    name: String,
    number: u64,
    group: &'static str,
    device_tag: &'static str,
    cloud_tag: &'static str,
}

impl Machine {
    const DOMAIN: &'static str = "practice-customer.example";

    fn dns_name(&self) -> String {
        format!("{}.{}", self.name, Self::DOMAIN)
    }

    fn id(&self, seed: u64) -> String {
        let digest =
            Sha256::new().chain_update(seed.to_be_bytes()).chain_update(self.number.to_be_bytes()).finalize();
        digest.iter().take(20).fold(String::with_capacity(40), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    fn address(&self) -> String {
        format!("192.168.{}.{}", 1 + self.number / 100, 10 + self.number % 100)
    }
}

fn pick<T: Copy>(from: &'static [T], number: u64) -> T {
    from[usize::try_from(number % (from.len() as u64)).unwrap_or(0)]
}

/// `SplitMix64`'s finaliser: every input bit reaches every output bit.
fn mix(mut value: u64) -> u64 {
    value = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    fn feed(seed: u64, count: u64) -> Feed {
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
        assert!(alerts.iter().any(|alert| HOSTILE.contains(&alert.title())));
        assert_eq!(alerts.iter().map(Alert::id).collect::<HashSet<_>>().len(), 25);
    }

    #[test]
    fn ids_do_not_depend_on_when_the_server_started() {
        let other = Feed::new(7, 9, "2020-01-01T00:00:00Z".parse().unwrap(), Uuid::nil(), String::new());
        assert_eq!(feed(7, 9).alert(3).id(), other.alert(3).id());
        assert_ne!(feed(8, 9).alert(3).id(), other.alert(3).id());
    }

    proptest! {
        #[test]
        fn a_window_holds_exactly_the_alerts_whose_time_lies_in_it(
            seed: u64, count in 0..400_u64, since in -4000_i64..100, length in 0..5000_i64,
        ) {
            let feed = feed(seed, count);
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
        fn times_never_fall(seed: u64, count in 2..300_u64) {
            let feed = feed(seed, count);
            for index in 1..count {
                prop_assert!(feed.updated(index - 1) <= feed.updated(index));
            }
        }
    }
}
