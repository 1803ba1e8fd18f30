//! `WDATP-connector.properties`, its field mapping, and where the rest of an `ArcSight` set-up may be written: the value
//! sheet of an engineer, and the connector's own `agent.properties`.

use catalog::{GrantKind, SourceId};
use jiff::civil::Date;
use secrecy::SecretString;
use url::Url;

use super::reading::{Kept, Reading, machine_groups, secret_ends};
use super::{Finding, FoundKind, StaleKind, Staleness, cloud_of, region_of, source_of_audience};
use crate::arcsight;
use crate::formats::{Malformed, properties, sheet};
use crate::source_of::{Body, source_of};

const KNOWN: &[&str] = &[
    "client_id",
    "client_secret",
    "auth_url",
    "token_url",
    "redirect_uri",
    "scope",
    "reauthenticate",
    "resource",
    "alerts_url",
    "refresh_token",
    "tenant_id",
];

/// `WDATP-connector.properties`, if it is one.
pub(super) fn client(
    file: &str,
    bytes: &[u8],
    text: &str,
    today: Date,
) -> Result<Option<Finding>, Malformed> {
    let list = properties::read(bytes)?;
    let mut reading = Reading::of(file, &list, KNOWN);
    if ["client_id", "token_url", "auth_url"].iter().all(|key| reading.entry(key).is_none()) {
        return Ok(None);
    }
    let authorize_url = reading.address("auth_url", today);
    let token_url = reading.address("token_url", today);
    let tenant = reading.tenant(token_url.as_ref(), "token_url");
    if let Some(address) = &authorize_url {
        let path = Url::parse(address).map(|url| url.path().to_ascii_lowercase()).unwrap_or_default();
        if !path.trim_end_matches('/').ends_with("/authorize") {
            reading.note(StaleKind::IncompleteAddress, "auth_url");
        }
        let authorizing = first_segment(address).filter(|other| !is_any(other));
        if let (Some(tenant), Some(other)) = (&tenant, authorizing) {
            if !tenant.eq_ignore_ascii_case(&other) {
                reading.turn(StaleKind::TenantsDiffer, "auth_url", Some(&other), Some(tenant));
            }
        }
    }
    let resource =
        reading.text("resource").or_else(|| authorize_url.as_deref().and_then(arcsight::resource_of));
    reading.audience(resource.as_ref(), "auth_url");
    let redirect_uri = reading.text("redirect_uri");
    if let Some(redirect_uri) = redirect_uri.as_deref().filter(|uri| is_wrong_redirect(uri)) {
        reading.turn(StaleKind::WrongRedirect, "redirect_uri", Some(redirect_uri), None);
    }
    if reading.text("reauthenticate").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        reading.turn(StaleKind::ReauthenticateLeft, "reauthenticate", Some("true"), Some("false"));
    }
    let client_secret = reading.client_secret("client_secret");
    // The plain file of Splunk's values has them under these names.
    let alerts_url = reading.address("alerts_url", today);
    let refresh_token = match reading.entry("refresh_token") {
        Some(_) => {
            reading.secret("refresh_token", StaleKind::RefreshTokenMissing, StaleKind::RefreshTokenEncrypted)
        }
        None => Kept::Absent,
    };
    let mut stale = std::mem::take(&mut reading.stale);
    let (over, secret_expires) = secret_ends(file, text, today);
    stale.extend(over);
    let scope = reading.text("scope");
    let source = alerts_url
        .as_deref()
        .and_then(|address| source_of(address, Body::Unsaid))
        .or_else(|| source_of_audience(resource.as_deref(), scope.as_deref()));
    Ok(Some(Finding {
        tenant: tenant.or_else(|| reading.text("tenant_id")),
        client_id: reading.text("client_id"),
        client_secret_encrypted: client_secret.is_encrypted(),
        client_secret: client_secret.readable(),
        secret_expires,
        refresh_token_encrypted: refresh_token.is_encrypted(),
        refresh_token: refresh_token.readable(),
        redirect_uri,
        cloud: cloud_of(alerts_url.as_deref(), token_url.as_deref()),
        token_url,
        resource,
        scope,
        source,
        region: alerts_url.as_deref().and_then(region_of),
        machine_groups: alerts_url.as_deref().map(machine_groups).unwrap_or_default(),
        alerts_url,
        settings: reading.settings(&["timestamp_format"]),
        stale,
        ..Finding::new(FoundKind::Arcsight, file, GrantKind::RefreshToken)
    }))
}

/// The tenant of an authorize address, which may lack all that follows.
fn first_segment(address: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    let first = url.path_segments()?.next().filter(|segment| !segment.is_empty())?;
    Some(first.to_owned())
}

fn is_any(tenant: &str) -> bool {
    matches!(tenant, "common" | "organizations" | "consumers")
}

/// A redirect leads to the connector on its own computer, on the path that the later pages name.
fn is_wrong_redirect(redirect_uri: &str) -> bool {
    let Ok(url) = Url::parse(redirect_uri) else { return true };
    let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    !local || url.path().to_ascii_lowercase().contains("seville")
}

/// What a field mapping says.
pub(super) struct Mapping {
    pub(super) stale: Vec<Staleness>,
    /// The alert source whose answers it takes apart, where its fields tell.
    pub(super) source: Option<SourceId>,
}

/// Reads a field mapping.
pub(super) fn mapping(file: &str, bytes: &[u8]) -> Result<Mapping, Malformed> {
    let list = properties::read(bytes)?;
    let mut stale = Vec::new();
    let mut note = |kind, line, was: &str, becomes: Option<String>| {
        let (file, was) = (file.to_owned(), Some(was.to_owned()));
        stale.push(Staleness { kind, file, line: Some(line), was, becomes });
    };
    for entry in &list {
        let timed = entry.key.starts_with("event.") && entry.value.contains("yyyy")
            || entry.key.ends_with("].format");
        let pattern = pattern_of(&entry.value);
        let twelve = timed && entry.value.contains("hh") && !entry.value.contains("HH");
        if twelve {
            note(StaleKind::TwelveHourPattern, entry.line, pattern, Some(pattern.replace("hh", "HH")));
        }
        let zoned = [" z\"", "Z\"", "X\"", "'Z'", " UTC"].iter().any(|zone| entry.value.contains(zone))
            || entry.value.ends_with(['z', 'Z', 'X']);
        if timed && entry.value.contains(":mm") && !zoned {
            let right = format!("{} z", pattern.replace("hh", "HH"));
            note(StaleKind::PatternWithoutZone, entry.line, pattern, Some(right));
        }
        if entry.key == "event.deviceVersion" && entry.value.contains("1.0") {
            note(StaleKind::OldMapping, entry.line, "1.0", Some("2.0".to_owned()));
        }
    }
    let takes = |location: &str| {
        list.iter()
            .any(|entry| entry.key.ends_with("].location") && entry.value.trim_matches('/') == location)
    };
    let source = if takes("LinkToWDATP") || takes("AlertTime") {
        Some(SourceId::SiemDetections)
    } else if takes("alertCreationTime") {
        Some(SourceId::DefenderAlerts)
    } else {
        None
    };
    Ok(Mapping { stale, source })
}

/// The time pattern in a value: the text between the last quotes that holds a year, or all of it.
fn pattern_of(value: &str) -> &str {
    value.rsplit('"').find(|part| part.contains("yyyy")).unwrap_or(value)
}

/// What is typed into the connector's wizard and lies in neither file.
#[derive(Default)]
pub(super) struct Typed {
    pub(super) alerts_url: Option<String>,
    pub(super) refresh_token: Option<SecretString>,
}

/// An engineer's value sheet: `Events URL: …`, `Refresh Token: …`.
pub(super) fn typed(bytes: &[u8]) -> Typed {
    let list = sheet::read(bytes).unwrap_or_default();
    let value = |label: &str| {
        let entry = list.iter().rev().find(|entry| entry.key.eq_ignore_ascii_case(label))?;
        (!entry.value.is_empty()).then_some(&entry.value)
    };
    Typed {
        alerts_url: value("Events URL")
            .filter(|url| source_of(url, Body::Unsaid).is_some())
            .map(|url| url.to_string()),
        refresh_token: value("Refresh Token").map(|token| SecretString::from(token.as_str())),
    }
}

/// The connector's own settings: an address of alerts, whatever its key is.
pub(super) fn agent(bytes: &[u8]) -> Typed {
    let list = properties::read(bytes).unwrap_or_default();
    let mut addresses = list.iter().filter(|entry| source_of(&entry.value, Body::Unsaid).is_some());
    Typed { alerts_url: addresses.next().map(|entry| entry.value.to_string()), refresh_token: None }
}
