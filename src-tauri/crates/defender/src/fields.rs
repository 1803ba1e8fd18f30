//! What an alert says about itself: the few members that a pull needs, and the columns of [`AlertRow`].
//!
//! Two readings, because they are asked for at different rates. [`pick`] gives some members as they stand, without
//! copying, and may run over every alert of a pull. [`row`] runs over what is shown. The
//! mapping follows Microsoft's own table (`configure-siem.md`). Names are matched without regard to case, because
//! Microsoft's pages do not agree on it. The invariant: a strange member empties its column, never the alert.

mod detail;
mod legacy;

use std::borrow::Cow;

use catalog::SourceId;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::error::Unreadable;
use crate::row::AlertRow;
use crate::scan::{Names, Scan};

pub use detail::{AlertDetail, AlertEvidence, AlertFact, AlertLink};
pub use legacy::{LEGACY_FIELDS, LegacyDetection};

/// The members of these names as they stand; of two with the same name the first.
pub(crate) fn pick<'a, const N: usize>(
    json: &'a str,
    names: &'static [&'static str; N],
) -> Result<[Option<&'a str>; N], Unreadable> {
    let json = json.trim_matches([' ', '\t', '\r', '\n']);
    let mut scan = Scan::new();
    match scan.run(&[], json.as_bytes(), &mut Names::in_one(names)) {
        Ok(Some(end)) if end == json.len() => {}
        Ok(None) if scan.is_whole_number() => {}
        Ok(_) | Err(_) => return Err(Unreadable::NotJson),
    }
    if json.starts_with('{') { Ok(scan.members().of(json)) } else { Err(Unreadable::NotAnAlert) }
}

/// A member as text: strings without their quotes, numbers and words as they stand, nothing for the rest.
pub(crate) fn raw_text(raw: Option<&str>) -> Cow<'_, str> {
    let Some(json) = raw else { return Cow::Borrowed("") };
    if let Some(inner) = json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
            return Cow::Borrowed(inner);
        }
        return Cow::Owned(match parse(json) {
            Value::String(text) => text,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                String::new()
            }
        });
    }
    if json == "null" || json.starts_with(['{', '[']) { Cow::Borrowed("") } else { Cow::Borrowed(json) }
}

/// A time as the five sources write it; the legacy exporter leaves out the zone now and then, and means UTC.
pub(crate) fn time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    text.parse().ok().or_else(|| {
        let civil: DateTime = text.parse().ok()?;
        civil.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    })
}

/// Parses JSON whose strings may hold half a surrogate pair: Windows file names do.
fn parse(json: &str) -> Value {
    serde_json::from_str(json).or_else(|_| serde_json::from_str(&mend(json))).unwrap_or(Value::Null)
}

/// Replaces escapes of lone surrogates with the replacement character.
fn mend(json: &str) -> String {
    let unit = |at: usize| {
        let digits = json.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    let mut mended = String::with_capacity(json.len());
    let mut at = 0;
    while let Some(found) = json[at..].find('\\') {
        let escape = at + found;
        mended.push_str(&json[at..escape]);
        let (text, length) = match unit(escape) {
            Some(0xD800..=0xDBFF) if matches!(unit(escape + 6), Some(0xDC00..=0xDFFF)) => (None, 12),
            Some(0xD800..=0xDFFF) => (Some("\\ufffd"), 6),
            Some(_) => (None, 6),
            None => (None, 1 + json[escape + 1..].chars().next().map_or(0, char::len_utf8)),
        };
        mended.push_str(text.unwrap_or(&json[escape..escape + length]));
        at = escape + length;
    }
    mended.push_str(&json[at..]);
    mended
}

/// A member, without regard to the case of its name.
fn member<'a>(value: &'a Value, name: &str) -> &'a Value {
    const NOTHING: &Value = &Value::Null;
    value
        .as_object()
        .and_then(|members| {
            members.get(name).or_else(|| {
                members.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
            })
        })
        .unwrap_or(NOTHING)
}

/// A member as text, following a path.
fn text(value: &Value, path: &[&str]) -> String {
    match path.iter().fold(value, |value, name| member(value, name)) {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => String::new(),
    }
}

fn first_text(value: &Value, paths: &[&[&str]]) -> String {
    paths.iter().map(|path| text(value, path)).find(|text| !text.is_empty()).unwrap_or_default()
}

fn items<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    member(value, name).as_array().into_iter().flatten()
}

/// `DOMAIN\user`, or what there is of it.
fn account(domain: &str, user: String) -> String {
    if user.is_empty() || domain.is_empty() || user.contains(['\\', '@']) {
        user
    } else {
        format!("{domain}\\{user}")
    }
}

/// How to read each of the four forms in which the five sources send an alert.
struct Forms<T> {
    detection: fn(&Value) -> T,
    graph: fn(&Value) -> T,
    defender: fn(&Value) -> T,
    xdr: fn(&Value) -> T,
}

impl<T> Forms<T> {
    /// Reads an alert as its source sent it.
    fn read(&self, source: SourceId, json: &str) -> T {
        let read = match source {
            SourceId::SiemDetections => self.detection,
            SourceId::GraphAlerts | SourceId::GraphIncidents => self.graph,
            SourceId::DefenderAlerts => self.defender,
            SourceId::XdrIncidents => self.xdr,
        };
        read(&parse(json))
    }
}

/// The columns of an alert.
pub(crate) fn row(source: SourceId, json: &str) -> AlertRow {
    let forms = Forms { detection, graph: graph_alert, defender: defender_alert, xdr: xdr_alert };
    let mut row = forms.read(source, json);
    row.severity.make_ascii_lowercase();
    json.clone_into(&mut row.raw);
    row
}

fn detection(alert: &Value) -> AlertRow {
    AlertRow {
        id: text(alert, &["AlertId"]),
        time: time(&text(alert, &["AlertTime"])),
        title: text(alert, &["AlertTitle"]),
        severity: text(alert, &["Severity"]),
        category: text(alert, &["Category"]),
        device: first_text(alert, &[&["ComputerDnsName"], &["MachineName"]]),
        user: account(&text(alert, &["UserDomain"]), text(alert, &["UserName"])),
        detection_source: text(alert, &["Source"]),
        url: first_text(alert, &[&["LinkToMTP"], &["LinkToWDATP"]]),
        raw: String::new(),
    }
}

fn graph_alert(alert: &Value) -> AlertRow {
    let evidence = |paths: &[&[&str]]| {
        items(alert, "evidence")
            .map(|item| first_text(item, paths))
            .find(|text| !text.is_empty())
            .unwrap_or_default()
    };
    let user = items(alert, "evidence")
        .map(|item| member(item, "userAccount"))
        .map(|user| {
            let name = first_text(user, &[&["accountName"], &["userPrincipalName"], &["displayName"]]);
            account(&text(user, &["domainName"]), name)
        })
        .find(|user| !user.is_empty());
    AlertRow {
        id: text(alert, &["id"]),
        time: time(&text(alert, &["createdDateTime"])),
        title: text(alert, &["title"]),
        severity: text(alert, &["severity"]),
        category: text(alert, &["category"]),
        device: evidence(&[&["deviceDnsName"], &["hostName"]]),
        user: user.unwrap_or_default(),
        detection_source: first_text(alert, &[&["detectionSource"], &["serviceSource"]]),
        url: first_text(alert, &[&["alertWebUrl"], &["incidentWebUrl"]]),
        raw: String::new(),
    }
}

fn defender_alert(alert: &Value) -> AlertRow {
    let related = member(alert, "relatedUser");
    let user = account(&text(related, &["domainName"]), text(related, &["userName"]));
    AlertRow {
        id: text(alert, &["id"]),
        time: time(&first_text(alert, &[&["alertCreationTime"], &["firstEventTime"]])),
        title: text(alert, &["title"]),
        severity: text(alert, &["severity"]),
        category: text(alert, &["category"]),
        device: text(alert, &["computerDnsName"]),
        user: if user.is_empty() { entity_user(alert, "evidence") } else { user },
        detection_source: text(alert, &["detectionSource"]),
        // The portal's address belongs to the cloud, and this API does not name it.
        url: String::new(),
        raw: String::new(),
    }
}

fn xdr_alert(alert: &Value) -> AlertRow {
    let device =
        items(alert, "devices").map(|device| text(device, &["deviceDnsName"])).find(|name| !name.is_empty());
    AlertRow {
        id: text(alert, &["alertId"]),
        time: time(&text(alert, &["creationTime"])),
        title: text(alert, &["title"]),
        severity: text(alert, &["severity"]),
        category: text(alert, &["category"]),
        device: device.unwrap_or_default(),
        user: entity_user(alert, "entities"),
        detection_source: first_text(alert, &[&["detectionSource"], &["serviceSource"]]),
        url: String::new(),
        raw: String::new(),
    }
}

/// The first account among the evidence of the Defender APIs.
fn entity_user(alert: &Value, list: &str) -> String {
    items(alert, list)
        .map(|entity| {
            let name = first_text(entity, &[&["accountName"], &["userPrincipalName"]]);
            account(&text(entity, &["domainName"]), name)
        })
        .find(|user| !user.is_empty())
        .unwrap_or_default()
}

/// Whether an alert is about a device in one of the groups and with one of the tags; an empty list asks for nothing.
pub(crate) fn about(source: SourceId, json: &str, machine_groups: &[String], tags: &[String]) -> bool {
    let alert = &parse(json);
    // Defender for Endpoint's alert is its own device; the others list theirs.
    let devices: Vec<&Value> = match source {
        SourceId::SiemDetections | SourceId::DefenderAlerts => vec![alert],
        SourceId::GraphAlerts | SourceId::GraphIncidents => items(alert, "evidence").collect(),
        SourceId::XdrIncidents => items(alert, "devices").collect(),
    };
    let same = |wanted: &str, said: &str| wanted.to_lowercase() == said.to_lowercase();
    devices.into_iter().any(|device| {
        let group = text(device, &["rbacGroupName"]);
        let in_group = machine_groups.is_empty() || machine_groups.iter().any(|wanted| same(wanted, &group));
        let tagged = tags.is_empty()
            || items(device, "tags")
                .filter_map(Value::as_str)
                .any(|tag| tags.iter().any(|wanted| same(wanted, tag)));
        in_group && tagged
    })
}

#[cfg(test)]
mod tests;
