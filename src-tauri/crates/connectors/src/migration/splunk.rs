//! Splunk: `[rest://…]` stanzas, and accounts of the add-on with the inputs that name them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use catalog::{GrantKind, Source};
use jiff::civil::Date;
use secrecy::{ExposeSecret, SecretString};

use super::reading::{Kept, Reading, machine_groups, renamed, secret_ends};
use super::{Conf, Finding, FoundKind, StaleKind, cloud_of, folder_of, region_of, source_of_audience};
use crate::formats::splunk_conf::Stanza;
use crate::source_of::{Body, fits, source_of};
use crate::splunk_ms_security;

const KNOWN: &[&str] = &[
    "endpoint",
    "oauth2_access_token",
    "oauth2_refresh_token",
    "oauth2_refresh_url",
    "oauth2_refresh_props",
    "oauth2_client_id",
    "oauth2_client_secret",
    "response_handler",
];

/// Flags that the software takes as numbers.
const FLAGS: &[&str] = &["streaming_request", "sequential_mode", "index_error_response_codes"];

/// What whoever sets up the new input may want to take over.
const SETTINGS: &[&str] = &[
    "polling_interval",
    "interval",
    "index",
    "sourcetype",
    "host",
    "start_date",
    "http_proxy",
    "https_proxy",
    "request_timeout",
    "backoff_time",
    "disabled",
];

/// A `[rest://…]` stanza for Defender.
pub(super) fn rest(conf: &Conf, stanza: &Stanza, today: Date) -> Option<Finding> {
    let file = conf.name.as_str();
    let name = stanza.name.strip_prefix("rest://")?;
    let mut reading = Reading::of(file, &stanza.entries, KNOWN);
    let alerts_url = reading.address("endpoint", today);
    let source = alerts_url.as_deref().and_then(|address| source_of(address, handler(&reading)));
    let token_url = reading.address("oauth2_refresh_url", today);
    let cloud = cloud_of(alerts_url.as_deref(), token_url.as_deref());
    // Any REST input could stand there; ours asks Microsoft.
    if source.is_none() && cloud.is_none() {
        return None;
    }
    let tenant = reading.tenant(token_url.as_ref(), "oauth2_refresh_url");
    if source.is_some_and(|source| !fits(source, handler(&reading))) {
        let becomes = Some("DefaultResponseHandler");
        reading.turn(StaleKind::WrongHandler, "response_handler", Some("JSONArrayHandler"), becomes);
    }
    for flag in FLAGS {
        let Some(value) = reading.text(flag) else { continue };
        let becomes = match value.to_ascii_lowercase().as_str() {
            "0" | "1" => continue,
            "true" | "yes" | "on" => "1",
            _ => "0",
        };
        reading.turn(StaleKind::FlagAsWord, flag, Some(&value), Some(becomes));
    }
    match reading.text("oauth2_access_token") {
        None => reading.note(StaleKind::AccessTokenEmpty, "oauth2_access_token"),
        Some(token) => {
            let ended = ends_of(&SecretString::from(token)).is_some_and(|seconds| seconds < midnight(today));
            if ended {
                reading.note(StaleKind::AccessTokenEnded, "oauth2_access_token");
            }
        }
    }
    let delimiter = reading.text("delimiter").unwrap_or_else(|| ",".to_owned());
    let list = |key: &str| reading.text(key).unwrap_or_default();
    let pairs = |list: &str| -> Vec<(String, String)> {
        list.split(delimiter.as_str())
            .filter_map(|item| item.split_once('='))
            .map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()))
            .collect()
    };
    let props = pairs(&list("oauth2_refresh_props"));
    let arguments = pairs(&list("url_args"));
    let prop = |wanted: &str| props.iter().find(|(key, _)| key == wanted).map(|(_, value)| value.clone());
    let (resource, scope) = (prop("resource"), prop("scope"));
    reading.audience(resource.as_ref(), "oauth2_refresh_props");
    let client_secret = reading.client_secret("oauth2_client_secret");
    let refresh_token = match reading.entry("oauth2_refresh_token") {
        Some(_) => reading.secret(
            "oauth2_refresh_token",
            StaleKind::RefreshTokenMissing,
            StaleKind::RefreshTokenEncrypted,
        ),
        None => Kept::Absent,
    };
    let mut groups = alerts_url.as_deref().map(machine_groups).unwrap_or_default();
    groups.extend(
        arguments
            .into_iter()
            .filter(|(key, _)| key.eq_ignore_ascii_case("machinegroups"))
            .map(|(_, value)| value),
    );
    let mut stale = std::mem::take(&mut reading.stale);
    let (over, secret_expires) = secret_ends(file, &conf.text, today);
    stale.extend(over);
    Some(Finding {
        name: Some(name.to_owned()),
        tenant,
        client_id: reading.text("oauth2_client_id"),
        client_secret_encrypted: client_secret.is_encrypted(),
        client_secret: client_secret.readable(),
        secret_expires,
        refresh_token_encrypted: refresh_token.is_encrypted(),
        refresh_token: refresh_token.readable(),
        cloud,
        token_url,
        source: source.or_else(|| source_of_audience(resource.as_deref(), scope.as_deref())),
        resource,
        scope,
        region: alerts_url.as_deref().and_then(region_of),
        alerts_url,
        machine_groups: groups,
        settings: reading.settings(SETTINGS),
        stale,
        ..Finding::new(FoundKind::SplunkRest, file, GrantKind::RefreshToken)
    })
}

fn handler(reading: &Reading<'_>) -> Body {
    match reading.text("response_handler").as_deref() {
        Some("JSONArrayHandler") => Body::Array,
        Some(_) | None => Body::Unsaid,
    }
}

/// Accounts of the Splunk add-on, each with the inputs that name it.
pub(super) fn accounts(confs: &[Conf], today: Date) -> Vec<Finding> {
    let mut found = Vec::new();
    for (conf, stanza) in confs.iter().flat_map(|conf| conf.stanzas.iter().map(move |one| (conf, one))) {
        let file = conf.name.as_str();
        let mut reading = Reading::of(file, &stanza.entries, &["username", "password", "tenant_id"]);
        if reading.text("username").is_none() || reading.entry("tenant_id").is_none() {
            continue;
        }
        let client_secret = reading.client_secret("password");
        let mut stale = std::mem::take(&mut reading.stale);
        let mut finding = Finding::new(FoundKind::SplunkMsSecurity, file, GrantKind::AppOnly);
        finding.tenant = reading.text("tenant_id");
        if let Some((input_file, input)) = input_of(confs, conf, &stanza.name) {
            let mut of_input = Reading::of(input_file, &input.entries, &["azure_app_account", "tenant_id"]);
            finding.tenant = of_input.text("tenant_id").or(finding.tenant);
            if let Some((found_source, found_cloud, key)) = splunk_ms_security::meaning(input) {
                finding.source = Some(found_source);
                finding.cloud = Some(found_cloud.to_owned());
                let was = of_input.text(key).unwrap_or_default();
                if let Some(name) = renamed(&was) {
                    of_input.turn(StaleKind::RenamedHost, key, Some(&was), Some(name));
                }
                of_input.source(Source::get(found_source), key, &was, today);
            }
            finding.settings = of_input.settings(SETTINGS);
            stale.append(&mut of_input.stale);
        }
        let (over, secret_expires) = secret_ends(file, &conf.text, today);
        stale.extend(over);
        found.push(Finding {
            name: Some(stanza.name.clone()),
            client_id: reading.text("username"),
            client_secret_encrypted: client_secret.is_encrypted(),
            client_secret: client_secret.readable(),
            secret_expires,
            stale,
            ..finding
        });
    }
    found
}

/// The first input that names an account: in the same folder, else in the same app, else anywhere.
fn input_of<'a>(confs: &'a [Conf], of: &Conf, account: &str) -> Option<(&'a str, &'a Stanza)> {
    let mut named: Vec<(&Conf, &Stanza)> = confs
        .iter()
        .flat_map(|conf| conf.stanzas.iter().map(move |one| (conf, one)))
        .filter(|(_, stanza)| {
            let mut keys = stanza.entries.iter().filter(|entry| entry.key == "azure_app_account");
            keys.any(|entry| entry.value.as_str() == account)
        })
        .collect();
    let own = folder_of(&of.name);
    named.sort_by_key(|(conf, _)| {
        let folder = folder_of(&conf.name);
        (folder != own, folder_of(folder) != folder_of(own))
    });
    named.first().map(|(conf, stanza)| (conf.name.as_str(), *stanza))
}

/// When an access token ends, in seconds since 1970. Nothing is verified: it only says that it is over.
fn ends_of(token: &SecretString) -> Option<i64> {
    let payload = token.expose_secret().split('.').nth(1)?;
    let bytes = zeroize::Zeroizing::new(URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?);
    serde_json::from_slice::<serde_json::Value>(&bytes).ok()?.get("exp")?.as_i64()
}

fn midnight(day: Date) -> i64 {
    day.to_zoned(jiff::tz::TimeZone::UTC).map_or(0, |zoned| zoned.timestamp().as_second())
}
