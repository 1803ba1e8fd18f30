//! What happens to each element of a list on its way out: known or new, wanted or not, enough or more.
//!
//! Knows nothing of HTTP and pages. The invariant: no alert goes out twice, and never more than the limit.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;

use catalog::SourceId;
use jiff::Timestamp;

use crate::error::Unreadable;
use crate::fields::{LegacyDetection, about, pick, raw_text, row, time};
use crate::query::{Query, Severity, Status};
use crate::row::AlertRow;
use crate::rules;
use crate::scan::Members;
use crate::seen::Seen;
use crate::splitter::{Element, Fault, Splitter};
use crate::walk::Page;

/// An alert on its way to the caller.
#[derive(Debug, Clone, Copy)]
pub struct RawAlert<'a> {
    /// Where it comes from.
    pub source: SourceId,
    /// The JSON object exactly as the API sent it.
    pub json: &'a str,
    /// The source's own key; empty when the alert names none.
    pub id: &'a str,
    /// When it last changed, which is what windows of time are about.
    pub changed: Option<Timestamp>,
}

impl<'a> RawAlert<'a> {
    /// The columns of the table.
    pub fn row(&self) -> AlertRow {
        row(self.source, self.json)
    }

    /// The alert under the legacy exporter's names.
    pub fn legacy(&self) -> LegacyDetection {
        LegacyDetection::read(self.source, self.json)
    }

    /// The same JSON without line breaks: those can only stand between its parts, where they mean nothing.
    pub fn one_line(&self) -> Cow<'a, str> {
        if memchr::memchr2(b'\n', b'\r', self.json.as_bytes()).is_none() {
            return Cow::Borrowed(self.json);
        }
        Cow::Owned(self.json.replace(['\n', '\r'], ""))
    }
}

/// Why an answer is not read any further.
#[derive(Debug)]
pub(crate) enum Halt<E> {
    Fault(Fault),
    Unreadable(Unreadable),
    Caller(E),
    Enough,
}

impl<E> From<Fault> for Halt<E> {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// See the module.
pub(crate) struct Outlet<F> {
    source: SourceId,
    sink: F,
    seen: Seen,
    limit: u64,
    held: Option<BTreeMap<NewestFirst, Held>>,
    machine_groups: Vec<String>,
    tags: Vec<String>,
    severities: Vec<Severity>,
    statuses: Vec<Status>,
    /// What the elements of the list are. Alerts are read while the incidents of a pull are asked for theirs.
    elements: SourceId,
    /// Pages are walked along the time of creation.
    along_creation: bool,
    /// Incidents that came without their alerts.
    bare_incidents: Vec<String>,
    /// Something was in the list, wanted or not.
    pub(crate) anything: bool,
    /// An incident came without its alerts, and an alert came.
    bare: bool,
    with_alerts: bool,
    /// The source is asked for everything, and what is not wanted is left out here.
    pub(crate) filters: bool,
    pub(crate) alerts: u64,
    pub(crate) repeats: u64,
    pub(crate) bytes: u64,
}

/// Time of the last change, then the order of arrival.
type NewestFirst = (Reverse<Option<Timestamp>>, u64);

struct Held {
    json: String,
    id: String,
}

impl<F> Outlet<F> {
    /// `hold` keeps alerts back until [`Outlet::release`], because the newest are known only when all have come.
    pub(crate) fn new(source: SourceId, query: &Query, hold: bool, sink: F) -> Self {
        // The exporter filters by itself.
        let (machine_groups, tags) = match source {
            SourceId::SiemDetections => (Vec::new(), Vec::new()),
            SourceId::GraphAlerts
            | SourceId::GraphIncidents
            | SourceId::DefenderAlerts
            | SourceId::XdrIncidents => (query.machine_groups.clone(), query.tags.clone()),
        };
        Self {
            source,
            sink,
            seen: Seen::default(),
            limit: query.limit.unwrap_or(u64::MAX),
            held: hold.then(BTreeMap::new),
            filters: !(machine_groups.is_empty() && tags.is_empty()),
            machine_groups,
            tags,
            severities: query.severities.clone(),
            statuses: query.statuses.clone(),
            elements: source,
            along_creation: false,
            bare_incidents: Vec::new(),
            anything: false,
            bare: false,
            with_alerts: false,
            alerts: 0,
            repeats: 0,
            bytes: 0,
        }
    }

    /// From here on the list holds what this source's list holds.
    pub(crate) fn reads(&mut self, elements: SourceId) {
        self.elements = elements;
    }

    /// From here on the time that is noted of Graph's elements is that of their creation.
    pub(crate) fn along_creation(&mut self, along: bool) {
        self.along_creation = along;
    }

    /// The incidents that came without their alerts since the last call.
    pub(crate) fn bare_incidents(&mut self) -> Vec<String> {
        std::mem::take(&mut self.bare_incidents)
    }

    /// The members of elements that [`take`](Self::take) wants to be shown.
    pub(crate) fn members(&self) -> &'static [&'static str] {
        match (self.elements, self.along_creation) {
            (SourceId::SiemDetections, _) => &["AlertId", "FullId", "AlertPart", "LastProcessedTimeUtc"],
            (SourceId::GraphAlerts, false) => &["id", "lastUpdateDateTime"],
            (SourceId::GraphAlerts, true) => &["id", "createdDateTime"],
            (SourceId::DefenderAlerts, _) => &["id", "lastUpdateTime"],
            (SourceId::GraphIncidents, false) => &["id", "lastUpdateDateTime", "alerts"],
            (SourceId::GraphIncidents, true) => &["id", "createdDateTime", "alerts"],
            (SourceId::XdrIncidents, _) => &["incidentId", "lastUpdateTime", "alerts"],
        }
    }

    /// Incidents came, and not one of them with an alert: no answer to the question for alerts.
    pub(crate) fn only_bare_incidents(&self) -> bool {
        self.bare && !self.with_alerts
    }

    /// Takes an element of the list, with its [`members`](Self::members).
    pub(crate) fn take<E>(&mut self, element: Element<'_>, page: &mut Page) -> Result<(), Halt<E>>
    where
        F: FnMut(&RawAlert<'_>) -> Result<(), E>,
    {
        let json = alert_text(element)?;
        self.anything = true;
        let members = &element.members;
        match self.elements {
            SourceId::SiemDetections => self.detection(json, members, page),
            SourceId::GraphAlerts | SourceId::DefenderAlerts => self.alert(json, members, page),
            SourceId::GraphIncidents => self.incident(json, members, &["id", "lastUpdateDateTime"], page),
            SourceId::XdrIncidents => self.incident(json, members, &["alertId", "lastUpdatedTime"], page),
        }
    }

    /// A record of the exporter. Records are immutable, and one alert may have several: they differ in `FullId` or
    /// `AlertPart`.
    fn detection<E>(&mut self, json: &str, members: &Members, page: &mut Page) -> Result<(), Halt<E>>
    where
        F: FnMut(&RawAlert<'_>) -> Result<(), E>,
    {
        let [id, full, part, changed] = members.of(json);
        let (id, full, part, changed) =
            (raw_text(id), raw_text(full), raw_text(part), time(&raw_text(changed)));
        page.note(changed);
        let hash = if id.is_empty() && full.is_empty() {
            self.seen.hash(&json)
        } else {
            self.seen.hash(&(id.as_ref(), full.as_ref(), part.as_ref()))
        };
        page.mark(hash);
        let new = self.seen.insert(hash);
        page.new += u64::from(new);
        self.hand_on(&RawAlert { source: self.source, json, id: &id, changed }, new)
    }

    fn alert<E>(&mut self, json: &str, members: &Members, page: &mut Page) -> Result<(), Halt<E>>
    where
        F: FnMut(&RawAlert<'_>) -> Result<(), E>,
    {
        let [id, changed] = members.of(json);
        let (id, changed) = (raw_text(id), time(&raw_text(changed)));
        self.with_alerts = true;
        page.note(changed);
        let hash = self.seen.hash(&key(&id, json));
        page.mark(hash);
        let new = self.seen.insert(hash);
        page.new += u64::from(new);
        self.hand_on(&RawAlert { source: self.source, json, id: &id, changed }, new)
    }

    fn incident<E>(
        &mut self,
        json: &str,
        members: &Members,
        alert_names: &'static [&'static str; 2],
        page: &mut Page,
    ) -> Result<(), Halt<E>>
    where
        F: FnMut(&RawAlert<'_>) -> Result<(), E>,
    {
        let [id, changed, alerts] = members.of(json);
        page.note(time(&raw_text(changed)));
        // Alerts and incidents have keys of their own kind, and one number may be both.
        let id = raw_text(id);
        let hash = self.seen.hash(&("incident", key(&id, json)));
        page.mark(hash);
        let known = self.seen.contains(hash);
        let mut new = !known;
        let alerts = alerts.filter(|list| *list != "null");
        self.bare |= alerts.is_none();
        self.with_alerts |= alerts.is_some();
        if alerts.is_none() && !known && !id.is_empty() {
            self.bare_incidents.push(id.as_ref().to_owned());
        }
        let alerts = match alerts {
            None => "",
            Some(list) if list.starts_with('[') => list,
            Some(_) => return Err(Halt::Unreadable(Unreadable::NotAnAlert)),
        };
        // The incident was within its limit, so its alerts are.
        Splitter::new(usize::MAX, alert_names).feed(alerts.as_bytes(), |element| {
            let json = alert_text(element)?;
            let [id, changed] = element.members.of(json);
            let (id, changed) = (raw_text(id), time(&raw_text(changed)));
            let fresh = self.seen.insert(self.seen.hash(&key(&id, json)));
            new |= fresh;
            // An incident that is asked for a second time repeats all its alerts: no news, and no repeats either.
            if fresh || !known {
                self.hand_on(&RawAlert { source: self.source, json, id: &id, changed }, fresh)?;
            }
            Ok::<_, Halt<E>>(())
        })?;
        self.seen.insert(hash);
        page.new += u64::from(new);
        Ok(())
    }

    fn hand_on<E>(&mut self, alert: &RawAlert<'_>, new: bool) -> Result<(), Halt<E>>
    where
        F: FnMut(&RawAlert<'_>) -> Result<(), E>,
    {
        if !new {
            self.repeats += 1;
            return Ok(());
        }
        if !self.wanted(alert.json) {
            return Ok(());
        }
        if let Some(held) = &mut self.held {
            self.alerts += 1;
            held.insert(
                (Reverse(alert.changed), self.alerts),
                Held { json: alert.json.to_owned(), id: alert.id.to_owned() },
            );
            if held.len() as u64 > self.limit {
                held.pop_last();
            }
            return Ok(());
        }
        self.give(alert).map_err(Halt::Caller)?;
        if self.alerts >= self.limit { Err(Halt::Enough) } else { Ok(()) }
    }

    /// Whether an alert is one that was asked for. What the API was asked to leave out is looked at again: where it
    /// does not know a filter, it may pass over it in silence.
    fn wanted(&self, json: &str) -> bool {
        let by_name = self.severities.is_empty() && self.statuses.is_empty();
        if !by_name {
            let Ok([severity, status]) = pick(json, &["severity", "status"]) else { return false };
            let (severity, status) = (raw_text(severity), raw_text(status));
            let fits = (self.severities.is_empty() || self.severities.iter().any(|it| it.is(&severity)))
                && (self.statuses.is_empty() || self.statuses.iter().any(|it| it.is(&status)));
            if !fits {
                return false;
            }
        }
        let anywhere = self.machine_groups.is_empty() && self.tags.is_empty();
        anywhere || about(self.source, json, &self.machine_groups, &self.tags)
    }

    fn give<E>(&mut self, alert: &RawAlert<'_>) -> Result<(), E>
    where
        F: FnMut(&RawAlert<'_>) -> Result<(), E>,
    {
        (self.sink)(alert)?;
        self.alerts += 1;
        self.bytes += alert.json.len() as u64;
        Ok(())
    }

    /// Hands on what was held back, the newest first.
    pub(crate) fn release<E>(&mut self) -> Result<(), E>
    where
        F: FnMut(&RawAlert<'_>) -> Result<(), E>,
    {
        let Some(held) = self.held.take() else { return Ok(()) };
        self.alerts = 0;
        for ((Reverse(changed), _), Held { json, id }) in held {
            self.give(&RawAlert { source: self.source, json: &json, id: &id, changed })?;
        }
        Ok(())
    }

    /// The largest element that is read: an incident holds many alerts. It is the largest thing that is ever whole in memory,
    /// and a pull keeps below 64 MiB.
    pub(crate) fn largest_element(&self) -> usize {
        if rules::odata(self.source).is_some_and(|rules| rules.incidents) { 32 << 20 } else { 16 << 20 }
    }
}

/// An element as text, where it is an object.
fn alert_text<E>(element: Element<'_>) -> Result<&str, Halt<E>> {
    let json =
        simdutf8::basic::from_utf8(element.bytes).map_err(|_| Halt::Unreadable(Unreadable::NotUtf8))?;
    if json.starts_with('{') { Ok(json) } else { Err(Halt::Unreadable(Unreadable::NotAnAlert)) }
}

/// What an alert is known by: its id, or all of it where it names none.
fn key<'a>(id: &'a str, json: &'a str) -> &'a str {
    if id.is_empty() { json } else { id }
}

#[cfg(test)]
mod tests;
