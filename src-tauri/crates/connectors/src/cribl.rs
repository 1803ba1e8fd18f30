//! Cribl Stream: a REST collector that signs in by itself, and the event breaker that splits its pages.
//!
//! Facts of the software: addresses and the sign-in's body are JavaScript expressions; `username` and `password` are
//! variables in the body and pasted as they stand, so they are percent-encoded here; a rotated refresh token is not
//! kept.

use catalog::{GrantKind, SourceId};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::json;
use zeroize::Zeroizing;

use crate::files::Draft;
use crate::formats::{form, javascript, json};
use crate::read::{Entries, file, malformed, tenant_of};
use crate::source_of::{Body, source_of};
use crate::{ConnectorInput, Files, Note, ReadBack, ReadProblem, ReadReason, RenderedFile, refusal};

/// The collector.
pub(crate) const COLLECTOR: &str = "cribl-collector.json";
/// The event breaker.
pub(crate) const BREAKER: &str = "cribl-breaker.json";

const LOGIN_URL: &str = "collector.conf.loginUrl";
const LOGIN_BODY: &str = "collector.conf.loginBody";
const COLLECT_URL: &str = "collector.conf.collectUrl";
const USERNAME: &str = "collector.conf.username";
const PASSWORD: &str = "collector.conf.password";

#[derive(Serialize)]
struct Written<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    id: String,
    description: &'a str,
    ttl: &'static str,
    collector: Collector<'a>,
    input: serde_json::Value,
}

#[derive(Serialize)]
struct Collector<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    destructive: bool,
    conf: Conf<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Conf<'a> {
    discovery: serde_json::Value,
    authentication: &'static str,
    login_url: &'a str,
    login_body: &'a str,
    token_resp_attribute: &'static str,
    auth_header_key: &'static str,
    auth_header_expr: &'static str,
    username: &'a str,
    password: &'a str,
    collect_url: &'a str,
    collect_method: &'static str,
    collect_request_params: serde_json::Value,
    collect_request_headers: [(); 0],
    pagination: serde_json::Value,
    timeout: u32,
}

pub(crate) fn render(input: &ConnectorInput) -> (Vec<RenderedFile>, Vec<Note>) {
    let (username, password) =
        (form::encoded(&input.client_id), form::encoded(input.client_secret.expose_secret()));
    let login_body = login_body(input);
    let name = format!("defender-{}-{}", input.source, input.customer_tenant);
    let breaker = format!("defender-{}", input.source);

    let mut collector = Draft::default();
    collector.json(&Written {
        kind: "collection",
        id: name,
        description: &input.customer_name,
        ttl: "4h",
        collector: Collector {
            kind: "rest",
            destructive: false,
            conf: Conf {
                discovery: json!({ "discoverType": "none" }),
                authentication: "login",
                login_url: &javascript::quoted(&input.token_url),
                login_body: &login_body,
                token_resp_attribute: "access_token",
                auth_header_key: "Authorization",
                auth_header_expr: "`Bearer ${token}`",
                username: &username,
                password: &password,
                collect_url: &javascript::quoted(&input.alerts_url),
                collect_method: "get",
                collect_request_params: json!([since(input.source)]),
                collect_request_headers: [],
                pagination: pagination(input.source),
                timeout: 0,
            },
        },
        input: json!({
            "type": "collection",
            "staleChannelFlushMs": 10_000,
            "sendToRoutes": true,
            "preprocess": { "disabled": true },
            "throttleRatePerSec": "0",
            "breakerRulesets": [breaker],
        }),
    });

    let mut rules = Draft::default();
    rules.json(&breaker_rules(input.source, &breaker));

    let mut notes = vec![
        Note::SecretsInClear,
        Note::UntestedOnLiveConnector,
        Note::EventBreakerFirst,
        Note::ScheduleToSet,
        Note::OverlappingPolls,
    ];
    if input.source == SourceId::SiemDetections {
        notes.push(Note::LegacyClosed);
    }
    if password.as_str() != input.client_secret.expose_secret() {
        notes.push(Note::SecretPercentEncoded);
    }
    if input.grant == GrantKind::RefreshToken {
        notes.push(Note::RotatedTokenLost);
    }
    if input.ca_file.is_some() {
        notes.push(Note::CaInHostStore);
    }
    (vec![collector.finish(COLLECTOR, true), rules.finish(BREAKER, false)], notes)
}

/// A template literal. All that is pasted in is percent-encoded and thus neither a backtick nor `${`.
fn login_body(input: &ConnectorInput) -> Zeroizing<String> {
    let mut body = Zeroizing::new(String::with_capacity(16 * 1024));
    body.push_str(match input.grant {
        GrantKind::AppOnly => "`grant_type=client_credentials",
        GrantKind::RefreshToken => "`grant_type=refresh_token",
    });
    body.push_str("&client_id=${username}&client_secret=${password}");
    let values = [
        ("refresh_token", input.used_refresh_token()),
        ("resource", input.resource.as_deref()),
        ("scope", input.scope.as_deref()),
    ];
    for (name, value) in values {
        if let Some(value) = value {
            body.push('&');
            body.push_str(name);
            body.push('=');
            body.push_str(&form::encoded(value));
        }
    }
    body.push('`');
    body
}

/// Name and value of the parameter that asks for new alerts only. `earliest` is the collector's own variable, in
/// seconds; a run without a range looks back an hour.
fn since(source: SourceId) -> serde_json::Value {
    const EARLIEST: &str = "${new Date((earliest || Date.now() / 1000 - 3600) * 1000).toISOString()}";
    let (name, before) = match source {
        SourceId::GraphAlerts | SourceId::GraphIncidents => ("$filter", "lastUpdateDateTime ge "),
        SourceId::DefenderAlerts | SourceId::XdrIncidents => ("$filter", "lastUpdateTime ge "),
        SourceId::SiemDetections => ("sinceTimeUtc", ""),
    };
    json!({ "name": name, "value": format!("`{before}{EARLIEST}`") })
}

fn pagination(source: SourceId) -> serde_json::Value {
    match source {
        // One answer holds them all.
        SourceId::SiemDetections => json!({ "type": "none" }),
        SourceId::GraphAlerts
        | SourceId::GraphIncidents
        | SourceId::DefenderAlerts
        | SourceId::XdrIncidents => {
            json!({ "type": "response_body", "maxPages": 0, "attribute": ["@odata.nextLink"] })
        }
    }
}

fn breaker_rules(source: SourceId, id: &str) -> serde_json::Value {
    let time = match source {
        SourceId::GraphAlerts | SourceId::GraphIncidents => "createdDateTime",
        SourceId::DefenderAlerts => "alertCreationTime",
        SourceId::XdrIncidents => "createdTime",
        SourceId::SiemDetections => "AlertTime",
    };
    let mut rule = json!({
        "name": id,
        "condition": "true",
        "type": "json_array",
        "timestampAnchorRegex": format!("/{time}/"),
        "timestamp": { "type": "auto", "length": 150 },
        "timestampTimezone": "utc",
        "timestampEarliest": "-420weeks",
        "timestampLatest": "+1week",
        "maxEventBytes": 5_120_000,
        "disabled": false,
        "parserEnabled": false,
        "jsonExtractAll": false,
    });
    if source != SourceId::SiemDetections {
        rule["jsonArrayField"] = json!("value");
    }
    json!({ "id": id, "lib": "custom", "minRawLength": 256, "rules": [rule] })
}

pub(crate) fn read(files: &Files) -> Result<ReadBack, ReadProblem> {
    let list = json::read(file(files, COLLECTOR)?).map_err(malformed(COLLECTOR))?;
    let entries = Entries { file: COLLECTOR, list: &list };
    let no_variables = |_: &str, _: bool| None;
    let address = |key: &'static str| {
        let written = entries.required(key)?;
        javascript::evaluated(&written.value, no_variables)
            .filter(|address| refusal::is_address(address))
            .ok_or_else(|| entries.problem(key, ReadReason::NotAnAddress))
    };
    let alerts_url = address(COLLECT_URL)?.to_string();
    let token_url = address(LOGIN_URL)?.to_string();

    let (username, password) = (entries.required(USERNAME)?, entries.required(PASSWORD)?);
    let variable = |name: &str, encoded: bool| {
        let value = match name {
            "username" => &username.value,
            "password" => &password.value,
            _ => return None,
        };
        Some(if encoded { form::encoded(value) } else { value.clone() })
    };
    let written = entries.required(LOGIN_BODY)?;
    let body = javascript::evaluated(&written.value, variable)
        .ok_or_else(|| entries.problem(LOGIN_BODY, ReadReason::Malformed))?;
    let sent = |name: &str| form::field(&body, name).filter(|value| !value.trim().is_empty());
    let absent = || entries.problem(LOGIN_BODY, ReadReason::ValueMissing);

    let grant = match sent("grant_type").as_ref().map(|grant| grant.as_str()) {
        Some("refresh_token") => GrantKind::RefreshToken,
        Some("client_credentials") => GrantKind::AppOnly,
        Some(_) => return Err(entries.problem(LOGIN_BODY, ReadReason::UnknownWord)),
        None => return Err(absent()),
    };
    let source = match source_of(&alerts_url, Body::Unsaid) {
        // The legacy path is the newer one's: whoever asks with `sinceTimeUtc` means the legacy exporter.
        Some(SourceId::DefenderAlerts)
            if list.iter().any(|entry| {
                entry.key.starts_with("collector.conf.collectRequestParams")
                    && entry.value.as_str() == "sinceTimeUtc"
            }) =>
        {
            SourceId::SiemDetections
        }
        Some(source) => source,
        None => return Err(entries.problem(COLLECT_URL, ReadReason::UnknownSource)),
    };
    let secret = SecretString::from(sent("client_secret").ok_or_else(absent)?.as_str());
    let client_id = sent("client_id").ok_or_else(absent)?.to_string();
    let mut read = ReadBack::of(source, grant, (client_id, secret), &[COLLECTOR]);
    read.resource = sent("resource").map(|value| value.to_string());
    read.scope = sent("scope").map(|value| value.to_string());
    if read.resource.is_none() && read.scope.is_none() {
        return Err(absent());
    }
    if grant == GrantKind::RefreshToken {
        read.refresh_token = Some(SecretString::from(sent("refresh_token").ok_or_else(absent)?.as_str()));
    }
    read.customer_tenant = tenant_of(&token_url);
    read.tenant_at = entries.place(LOGIN_URL);
    read.alerts_url = alerts_url;
    read.token_url = token_url;
    if let Some(bytes) = files.get(BREAKER) {
        let breaker = json::read(bytes).map_err(malformed(BREAKER))?;
        let breaker = Entries { file: BREAKER, list: &breaker };
        // A breaker for the other shape of answer makes one event of a page.
        let array = breaker.optional("rules[0].jsonArrayField").is_none();
        if array != (source == SourceId::SiemDetections) {
            return Err(breaker.problem("rules[0].jsonArrayField", ReadReason::MappingMismatch));
        }
        read.files.push(BREAKER.to_owned());
    }
    Ok(read)
}
