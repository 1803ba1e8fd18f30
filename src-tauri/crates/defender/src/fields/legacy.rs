//! Any alert under the names of the legacy exporter's detections, so that parsers written for those keep working.
//!
//! The mapping is Microsoft's own (`configure-siem.md`); for the two Defender APIs it is derived from that. What has no
//! counterpart is empty, as the exporter leaves it. The invariant: all fifty members are there, in the exporter's order,
//! each with the type that the exporter gives it.

use catalog::SourceId;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

use super::{Forms, first_text, items, member, text};

/// The members of a detection, in the exporter's order.
pub const LEGACY_FIELDS: [&str; 50] = [
    "AlertTime",
    "ComputerDnsName",
    "AlertTitle",
    "Category",
    "Severity",
    "AlertId",
    "Actor",
    "LinkToWDATP",
    "IocName",
    "IocValue",
    "CreatorIocName",
    "CreatorIocValue",
    "Sha1",
    "FileName",
    "FilePath",
    "IpAddress",
    "Url",
    "IoaDefinitionId",
    "UserName",
    "AlertPart",
    "FullId",
    "LastProcessedTimeUtc",
    "ThreatCategory",
    "ThreatFamily",
    "ThreatName",
    "RemediationAction",
    "RemediationIsSuccess",
    "Source",
    "Md5",
    "Sha256",
    "WasExecutingWhileDetected",
    "UserDomain",
    "LogOnUsers",
    "MachineDomain",
    "MachineName",
    "InternalIPv4List",
    "InternalIPv6List",
    "FileHash",
    "DeviceID",
    "MachineGroup",
    "Description",
    "DeviceCreatedMachineTags",
    "CloudCreatedMachineTags",
    "CommandLine",
    "IncidentLinkToWDATP",
    "ReportID",
    "LinkToMTP",
    "IncidentLinkToMTP",
    "ExternalId",
    "IocUniqueId",
];

/// Other spellings of the exporter's own pages.
const ALSO: [(&str, &str); 2] = [("ThreatFamily", "ThreatFamilyName"), ("ReportID", "ReportId")];

/// An alert under the legacy names. Serializes as one JSON object.
#[derive(Debug, Clone, PartialEq)]
pub struct LegacyDetection([Value; 50]);

impl Serialize for LegacyDetection {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.values() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl LegacyDetection {
    /// Reads an alert of any source.
    pub fn read(source: SourceId, json: &str) -> Self {
        Forms { detection: of_detection, graph: of_graph, defender: of_defender, xdr: of_xdr }
            .read(source, json)
    }

    /// Names and values, in the exporter's order.
    pub fn values(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        LEGACY_FIELDS.into_iter().zip(&self.0)
    }

    /// The values as text: nothing for null.
    pub fn texts(&self) -> [String; 50] {
        self.0.each_ref().map(|value| match value {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
        })
    }

    fn empty() -> Self {
        Self(LEGACY_FIELDS.map(|name| match name {
            "AlertPart" | "ReportID" => Value::from(0),
            "RemediationIsSuccess" | "WasExecutingWhileDetected" => Value::Null,
            _ => Value::from(""),
        }))
    }

    fn set(&mut self, name: &str, value: impl Into<Value>) {
        if let Some(at) = LEGACY_FIELDS.iter().position(|field| *field == name) {
            self.0[at] = value.into();
        }
    }

    /// `MachineName` and `MachineDomain` are the two halves of a device's full name.
    fn set_device(&mut self, name: &str) {
        let (machine, domain) = name.split_once('.').unwrap_or((name, ""));
        self.set("ComputerDnsName", name);
        self.set("MachineName", machine);
        self.set("MachineDomain", domain);
    }

    fn set_file(&mut self, sha1: String, sha256: String, name: String, path: String) {
        self.set("FileHash", if sha1.is_empty() { sha256.clone() } else { sha1.clone() });
        self.set("Sha1", sha1);
        self.set("Sha256", sha256);
        self.set("FileName", name);
        self.set("FilePath", path);
    }

    fn set_tags(&mut self, tags: &str) {
        self.set("DeviceCreatedMachineTags", tags);
        self.set("CloudCreatedMachineTags", tags);
    }
}

/// The exporter's own, whatever the case of its names.
fn of_detection(alert: &Value) -> LegacyDetection {
    let mut legacy = LegacyDetection::empty();
    for name in LEGACY_FIELDS {
        let also = ALSO.iter().find(|(known, _)| *known == name).map(|(_, other)| *other);
        let found = std::iter::once(name)
            .chain(also)
            .filter_map(|name| alert.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)))
            .map(|(_, value)| value)
            .next();
        if let Some(value) = found {
            legacy.set(name, value.clone());
        }
    }
    legacy
}

fn of_graph(alert: &Value) -> LegacyDetection {
    let mut legacy = LegacyDetection::empty();
    let first = |paths: &[&[&str]]| first_among(alert, "evidence", paths);
    common(&mut legacy, alert);
    legacy.set("AlertTime", text(alert, &["createdDateTime"]));
    legacy.set("LastProcessedTimeUtc", text(alert, &["lastActivityDateTime"]));
    legacy.set("AlertId", text(alert, &["id"]));
    legacy.set("Actor", text(alert, &["actorDisplayName"]));
    legacy.set("ThreatName", text(alert, &["threatDisplayName"]));
    for name in ["LinkToWDATP", "LinkToMTP"] {
        legacy.set(name, text(alert, &["alertWebUrl"]));
    }
    for name in ["IncidentLinkToWDATP", "IncidentLinkToMTP"] {
        legacy.set(name, text(alert, &["incidentWebUrl"]));
    }
    let file = |name: &str| first(&[&["fileDetails", name], &["imageFile", name]]);
    legacy.set_file(file("sha1"), file("sha256"), file("fileName"), file("filePath"));
    legacy.set("IpAddress", first(&[&["ipAddress"]]));
    legacy.set("Url", first(&[&["url"]]));
    legacy.set("UserName", first(&[&["userAccount", "accountName"], &["userAccount", "userPrincipalName"]]));
    legacy.set("UserDomain", first(&[&["userAccount", "domainName"]]));
    legacy.set("CommandLine", first(&[&["processCommandLine"]]));
    if let Some(device) = items(alert, "evidence").find(|item| {
        ["deviceDnsName", "hostName", "mdeDeviceId"].iter().any(|name| !text(item, &[name]).is_empty())
            && member(item, "fileDetails").is_null()
            && member(item, "imageFile").is_null()
    }) {
        legacy.set_device(&first_text(device, &[&["deviceDnsName"], &["hostName"]]));
        legacy.set("DeviceID", text(device, &["mdeDeviceId"]));
        legacy.set("MachineGroup", text(device, &["rbacGroupName"]));
        legacy.set_tags(&list(device, "tags", ", "));
        legacy.set("LogOnUsers", accounts(device));
        let (six, four): (Vec<_>, Vec<_>) = items(device, "ipInterfaces")
            .filter_map(Value::as_str)
            .partition(|address| address.contains(':'));
        legacy.set("InternalIPv4List", four.join(", "));
        legacy.set("InternalIPv6List", six.join(", "));
    }
    let status = items(alert, "evidence")
        .map(|item| text(item, &["remediationStatus"]))
        .find(|status| !status.is_empty() && !status.eq_ignore_ascii_case("none"));
    if let Some(status) = status {
        let lower = status.to_ascii_lowercase();
        if ["remediated", "prevented", "blocked"].contains(&lower.as_str()) {
            legacy.set("RemediationIsSuccess", true);
        } else if lower == "notfound" {
            legacy.set("RemediationIsSuccess", false);
        }
        legacy.set("RemediationAction", status);
    }
    let running = items(alert, "evidence")
        .filter(|item| !member(item, "imageFile").is_null())
        .map(|item| text(item, &["detectionStatus"]).to_ascii_lowercase())
        .find(|status| !status.is_empty());
    match running.as_deref() {
        Some("detected") => legacy.set("WasExecutingWhileDetected", true),
        Some("blocked" | "prevented") => legacy.set("WasExecutingWhileDetected", false),
        Some(_) | None => {}
    }
    legacy
}

fn of_defender(alert: &Value) -> LegacyDetection {
    let mut legacy = LegacyDetection::empty();
    common(&mut legacy, alert);
    legacy.set("AlertTime", first_text(alert, &[&["firstEventTime"], &["alertCreationTime"]]));
    legacy.set("LastProcessedTimeUtc", text(alert, &["lastUpdateTime"]));
    legacy.set("AlertId", text(alert, &["id"]));
    legacy.set("ThreatName", text(alert, &["threatName"]));
    legacy.set_device(&text(alert, &["computerDnsName"]));
    legacy.set("DeviceID", text(alert, &["machineId"]));
    legacy.set("MachineGroup", text(alert, &["rbacGroupName"]));
    entities(&mut legacy, alert, "evidence");
    let related = member(alert, "relatedUser");
    for (name, path) in [("UserName", "userName"), ("UserDomain", "domainName")] {
        let said = text(related, &[path]);
        if !said.is_empty() {
            legacy.set(name, said);
        }
    }
    legacy
}

fn of_xdr(alert: &Value) -> LegacyDetection {
    let mut legacy = LegacyDetection::empty();
    common(&mut legacy, alert);
    legacy.set("AlertTime", first_text(alert, &[&["firstActivity"], &["creationTime"]]));
    legacy.set("LastProcessedTimeUtc", first_text(alert, &[&["lastUpdatedTime"], &["lastActivity"]]));
    legacy.set("AlertId", text(alert, &["alertId"]));
    legacy.set("Actor", text(alert, &["actorName"]));
    if let Some(device) = items(alert, "devices").next() {
        legacy.set_device(&text(device, &["deviceDnsName"]));
        legacy.set("DeviceID", first_text(device, &[&["mdatpDeviceId"], &["deviceId"]]));
        legacy.set("MachineGroup", text(device, &["rbacGroupName"]));
        legacy.set_tags(&list(device, "tags", ", "));
        legacy.set("LogOnUsers", accounts(device));
    }
    entities(&mut legacy, alert, "entities");
    legacy
}

/// What the modern sources call alike.
fn common(legacy: &mut LegacyDetection, alert: &Value) {
    let mut severity = text(alert, &["severity"]);
    if let Some(first) = severity.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    legacy.set("Severity", severity);
    legacy.set("AlertTitle", text(alert, &["title"]));
    legacy.set("Description", text(alert, &["description"]));
    legacy.set("Category", text(alert, &["category"]));
    legacy.set("IoaDefinitionId", text(alert, &["detectorId"]));
    legacy.set("Source", first_text(alert, &[&["detectionSource"], &["serviceSource"]]));
    legacy.set("ThreatFamily", text(alert, &["threatFamilyName"]));
    legacy.set("ThreatCategory", list(alert, "mitreTechniques", ", "));
}

/// The flat evidence of the Defender APIs.
fn entities(legacy: &mut LegacyDetection, alert: &Value, name: &str) {
    let first = |member: &str| first_among(alert, name, &[&[member]]);
    legacy.set_file(first("sha1"), first("sha256"), first("fileName"), first("filePath"));
    for (field, member) in [
        ("IpAddress", "ipAddress"),
        ("Url", "url"),
        ("UserName", "accountName"),
        ("UserDomain", "domainName"),
        ("CommandLine", "processCommandLine"),
        ("RemediationAction", "remediationStatus"),
    ] {
        legacy.set(field, first(member));
    }
}

fn first_among(alert: &Value, name: &str, paths: &[&[&str]]) -> String {
    items(alert, name).map(|item| first_text(item, paths)).find(|text| !text.is_empty()).unwrap_or_default()
}

fn list(value: &Value, name: &str, between: &str) -> String {
    items(value, name).filter_map(Value::as_str).collect::<Vec<_>>().join(between)
}

/// `contoso\liz-bean; contoso\jay-hardee`
fn accounts(device: &Value) -> String {
    items(device, "loggedOnUsers")
        .map(|user| super::account(&text(user, &["domainName"]), text(user, &["accountName"])))
        .filter(|user| !user.is_empty())
        .collect::<Vec<_>>()
        .join("; ")
}

#[cfg(test)]
mod tests;
