//! The alerts: made from a seed when they are asked for, never stored, so that a million cost no memory.
//!
//! Invariants: alert `n` of a seed has the same id and content in every run; times rise with `n` and all lie within the
//! hour before the server started, so that the exporter's window of two hours holds them all for another hour. Every tenth
//! alert shares its time with the one before it, because real ones do and clients must not lose one of them.

pub(crate) mod defender;
pub(crate) mod detection;
mod evidence;
pub(crate) mod graph;
pub(crate) mod incident;
mod pen;
mod prepared;
mod texts;
pub(crate) mod xdr;

use std::ops::Range;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use incident::Grouping;
use pen::Pen;
use prepared::{MACHINES, Machine, Phrases, Prepared};
use texts::{CATEGORIES, Category, HOSTILE};

/// More alerts than this there are not: their times would no longer differ, nor their numbers fit.
pub(crate) const MOST: u64 = 1_000_000_000;
/// The alerts lie within this time before the start.
const SPAN: SignedDuration = SignedDuration::from_hours(1);
/// Alerts of one moment under `same-timestamp`, or half of all if that is less.
const BURST: u64 = 2500;

/// How bad.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Severity {
    Informational,
    Low,
    Medium,
    High,
}

/// How far people are with an alert or an incident.
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
    /// As Graph writes it of an alert.
    pub(crate) const fn graph(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::InProgress => "inProgress",
            Self::Resolved => "resolved",
        }
    }

    /// As the Defender services write it of an alert.
    pub(crate) const fn defender(self) -> &'static str {
        match self {
            Self::New => "New",
            Self::InProgress => "InProgress",
            Self::Resolved => "Resolved",
        }
    }

    /// Whoever is at work on it.
    pub(crate) const fn assigned_to(self) -> Option<&'static str> {
        match self {
            Self::New => None,
            Self::InProgress | Self::Resolved => Some("analyst@practice-provider.example"),
        }
    }

    pub(crate) const fn is_resolved(self) -> bool {
        matches!(self, Self::Resolved)
    }
}

/// How the feed differs from its usual self.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Habits {
    /// There is nothing.
    pub(crate) empty: bool,
    /// Many alerts share one moment.
    pub(crate) burst: bool,
    pub(crate) grouping: Grouping,
}

/// The alerts of one server. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Feed {
    seed: u64,
    count: u64,
    start: Timestamp,
    habits: Habits,
    prepared: Arc<Prepared>,
}

/// What is known of one alert before it is written in an API's form.
pub(crate) struct Alert {
    pub(crate) index: u64,
    /// When the backend last touched it: what time windows compare.
    pub(crate) updated: Timestamp,
    pub(crate) severity: Severity,
    pub(crate) status: Status,
    pub(crate) category: &'static Category,
    /// The id of its incident.
    pub(crate) incident: u64,
    kind: usize,
    draw: u64,
}

impl Feed {
    /// `tenant` is the customer's, named in Graph's alerts and in links.
    pub(crate) fn new(seed: u64, count: u64, start: Timestamp, tenant: Uuid, portal: String) -> Self {
        Self {
            seed,
            count: count.min(MOST),
            start,
            habits: Habits::default(),
            prepared: Arc::new(Prepared::new(seed, tenant, portal)),
        }
    }

    /// The same alerts, differently arranged.
    pub(crate) fn with(&self, habits: Habits) -> Self {
        let count = if habits.empty { 0 } else { self.count };
        Self { count, habits, ..self.clone() }
    }

    fn grouping(&self) -> Grouping {
        self.habits.grouping
    }

    /// When alert `index` was last touched. Beyond the end: the start of the server.
    fn updated(&self, index: u64) -> Timestamp {
        let mut slot = if index % 10 == 9 { index - 1 } else { index };
        if self.habits.burst {
            let length = BURST.min(self.count / 2);
            let first = self.count / 3 / 10 * 10;
            if (first..first + length).contains(&slot) {
                slot = first;
            }
        }
        let span = SPAN.as_nanos() / 100;
        // Whole ticks of 100 nanoseconds, as the services keep them; the last alert is one step before the start.
        let ticks = span * i128::from(self.count - slot.min(self.count)) / i128::from(self.count.max(1));
        let nanoseconds = i64::try_from(ticks * 100).unwrap_or(0);
        let start = self.start.as_nanosecond() / 100 * 100;
        Timestamp::from_nanosecond(start).unwrap_or(self.start) - SignedDuration::from_nanos(nanoseconds)
    }

    /// The alerts last touched at or after `since` and at or before `until`.
    pub(crate) fn within(&self, since: Option<Timestamp>, until: Option<Timestamp>) -> Range<u64> {
        within(self.count, since, until, |index| self.updated(index))
    }

    // Rotating, so that even a few alerts show every severity and state.
    fn severity(&self, index: u64) -> Severity {
        match (index + self.seed % 7) % 7 {
            0 | 4 => Severity::Medium,
            1 | 5 => Severity::Low,
            2 | 6 => Severity::High,
            _ => Severity::Informational,
        }
    }

    fn status(&self, index: u64) -> Status {
        match (index + self.seed % 5) % 5 {
            0..=2 => Status::New,
            3 => Status::InProgress,
            _ => Status::Resolved,
        }
    }

    pub(crate) fn alert(&self, index: u64) -> Alert {
        let draw = mix(self.seed ^ mix(index.wrapping_add(1)));
        let kind = place(draw, CATEGORIES.len());
        Alert {
            index,
            updated: self.updated(index),
            severity: self.severity(index),
            status: self.status(index),
            category: &CATEGORIES[kind],
            incident: incident::id(self.grouping().number(index)),
            kind,
            draw,
        }
    }

    pub(crate) fn len(&self) -> u64 {
        self.count
    }

    pub(crate) fn machine(&self, alert: &Alert) -> &Machine {
        &self.prepared.machines[place(alert.lane(4) % MACHINES, self.prepared.machines.len())]
    }

    fn phrases(&self, alert: &Alert) -> &Phrases {
        &self.prepared.categories[alert.kind]
    }

    /// The title, escaped. One in six breaks careless programs.
    fn title(&self, alert: &Alert) -> &str {
        if alert.index % 6 == 5 {
            &self.prepared.hostile[place(alert.index / 6, HOSTILE.len())]
        } else {
            let titles = &self.phrases(alert).titles;
            &titles[place(alert.lane(2), titles.len())]
        }
    }

    fn tenant(&self) -> &str {
        &self.prepared.tenant
    }

    #[cfg(test)]
    fn start(&self) -> Timestamp {
        self.start
    }
}

/// The numbers below `count` whose times, which rise, lie between the two bounds or on them.
fn within(
    count: u64,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    time: impl Fn(u64) -> Timestamp,
) -> Range<u64> {
    // How many from the first on satisfy a condition that holds for a beginning of them.
    let partition = |condition: &dyn Fn(Timestamp) -> bool| {
        let (mut low, mut high) = (0, count);
        while low < high {
            let middle = low + (high - low) / 2;
            if condition(time(middle)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    };
    let first = since.map_or(0, |since| partition(&|time| time < since));
    let end = until.map_or(count, |until| partition(&|time| time <= until));
    first..end.max(first)
}

fn place(number: u64, length: usize) -> usize {
    usize::try_from(number % (length as u64)).unwrap_or(0)
}

impl Alert {
    /// Another number of this alert, one for each `lane`.
    fn lane(&self, lane: u64) -> u64 {
        mix(self.draw.wrapping_add(lane.wrapping_mul(0x9E37_79B9_7F4A_7C15)))
    }

    /// `da` and digits, as Defender for Endpoint names alerts.
    pub(crate) fn id(&self) -> String {
        let mut out = Vec::with_capacity(32);
        Pen::new(&mut out).id(self);
        String::from_utf8(out).unwrap_or_default()
    }

    /// A number that no two alerts of a feed share.
    fn number(&self) -> u64 {
        1_000_000 + self.index
    }

    pub(crate) fn created(&self) -> Timestamp {
        self.updated - SignedDuration::from_secs(37)
    }

    fn first_activity(&self) -> Timestamp {
        self.created() - SignedDuration::from_secs(i64::try_from(30 + self.lane(3) % 600).unwrap_or(30))
    }

    /// The automated investigation, if there was one.
    pub(crate) fn investigation(&self) -> Option<u64> {
        self.index.is_multiple_of(3).then_some(5000 + self.index)
    }

    fn user(&self) -> &'static str {
        texts::USERS[place(self.lane(5), texts::USERS.len())]
    }

    /// A known actor, behind a few.
    fn actor(&self) -> Option<&'static str> {
        self.index.is_multiple_of(11).then_some("BORON")
    }
}

impl Pen<'_> {
    /// An alert's id.
    fn id(&mut self, alert: &Alert) -> &mut Self {
        self.raw("da")
            .padded::<18>(637_000_000_000_000_000_u64 + alert.lane(1) % 1_000_000_000_000_000)
            .raw("_")
            .number(alert.number())
    }

    /// Hexadecimal digits that look like a digest.
    fn digest(&mut self, alert: &Alert, lane: u64, mut digits: usize) -> &mut Self {
        let mut part = lane;
        while digits > 0 {
            part = alert.lane(part ^ 0x51);
            let now = digits.min(16);
            self.hex(part, now);
            digits -= now;
        }
        self
    }

    /// Twenty bytes in capital hexadecimal digits.
    fn capital_digest(&mut self, alert: &Alert, lane: u64) -> &mut Self {
        let start = self.place();
        self.digest(alert, lane, 40).capitals(start)
    }

    /// Thirty-two bytes in Base64, as the exporter marks what it found.
    fn base64(&mut self, alert: &Alert, lane: u64) -> &mut Self {
        let mut bytes = [0; 32];
        for (part, chunk) in (lane..).zip(bytes.chunks_exact_mut(8)) {
            chunk.copy_from_slice(&alert.lane(part ^ 0xB64).to_be_bytes());
        }
        self.encoded(&bytes)
    }

    /// A GUID of version 4's shape.
    fn guid(&mut self, alert: &Alert, lane: u64) -> &mut Self {
        let (high, low) = (alert.lane(lane), alert.lane(lane + 1));
        let high = (high & !0xF000) | 0x4000;
        let low = (low & !(0b11 << 62)) | (0b10 << 62);
        self.hex(high, 8).raw("-").hex(high << 32, 4).raw("-").hex(high << 48, 4).raw("-");
        self.hex(low, 4).raw("-").hex(low << 16, 12)
    }

    /// A link to an alert in the portal.
    fn alert_link(&mut self, feed: &Feed, alert: &Alert) -> &mut Self {
        self.raw(&feed.prepared.portal).raw("/alerts/").id(alert).raw("?tid=").raw(feed.tenant())
    }

    /// A link to an incident in the portal.
    fn incident_link(&mut self, feed: &Feed, incident: u64) -> &mut Self {
        self.raw(&feed.prepared.portal).raw("/incidents/").number(incident).raw("?tid=").raw(feed.tenant())
    }
}

/// `SplitMix64`'s finaliser: every input bit reaches every output bit.
fn mix(mut value: u64) -> u64 {
    value = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests;
