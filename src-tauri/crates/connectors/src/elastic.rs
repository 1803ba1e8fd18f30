//! Elastic: a stand-alone policy for Elastic Agent, the same input for Filebeat, and the integrations' variables.
//!
//! Facts of the software: `httpjson` with `config_version: 2`; `endpoint_params` may name another grant, so a refresh
//! token works, but a rotated one is not kept; `${…}` is replaced even inside quotes.

use catalog::{GrantKind, SourceId};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::json;
use zeroize::Zeroizing;

use crate::files::Draft;
use crate::formats::{Entry, json, yaml};
use crate::read::{Entries, file, malformed, tenant_of};
use crate::source_of::{Body, source_of};
use crate::{
    ConnectorId, ConnectorInput, Files, Note, ReadBack, ReadProblem, ReadReason, Refusal, RefusalReason,
    RenderedFile,
};

/// Stand-alone policy of Elastic Agent.
pub(crate) const AGENT: &str = "elastic-agent.yml";
/// The same input for Filebeat.
pub(crate) const FILEBEAT: &str = "filebeat.yml";
/// What is typed into the integration in Kibana, or sent to Fleet.
pub(crate) const VARIABLES: &str = "elastic-integration.json";

/// All files, the one that counts first.
pub(crate) const FILE_NAMES: &[&str] = &[AGENT, FILEBEAT, VARIABLES];

/// The files of a source: no integration reads XDR incidents from their own API.
pub(crate) const fn file_names(source: SourceId) -> &'static [&'static str] {
    match source {
        SourceId::XdrIncidents | SourceId::SiemDetections => &[AGENT, FILEBEAT],
        SourceId::GraphAlerts | SourceId::GraphIncidents | SourceId::DefenderAlerts => FILE_NAMES,
    }
}

/// What differs between sources.
struct Stream {
    dataset: &'static str,
    /// Member of an alert by which new ones are asked for.
    updated: &'static str,
    /// The API knows `$orderby`. The others answer newest first.
    orders: bool,
    /// Lists that are split further, below `body.`.
    split: Option<&'static str>,
    expand: Option<&'static str>,
}

const fn stream(source: SourceId) -> Stream {
    match source {
        SourceId::GraphAlerts | SourceId::SiemDetections => Stream {
            dataset: "m365_defender.alert",
            updated: "lastUpdateDateTime",
            orders: true,
            split: None,
            expand: None,
        },
        SourceId::GraphIncidents => Stream {
            dataset: "m365_defender.incident",
            updated: "lastUpdateDateTime",
            orders: true,
            split: Some("alerts"),
            expand: Some("alerts"),
        },
        SourceId::DefenderAlerts => Stream {
            dataset: "microsoft_defender_endpoint.log",
            updated: "lastUpdateTime",
            orders: false,
            split: Some("evidence"),
            expand: Some("evidence"),
        },
        SourceId::XdrIncidents => Stream {
            dataset: "m365_defender.log",
            updated: "lastUpdateTime",
            orders: false,
            split: Some("alerts"),
            expand: None,
        },
    }
}

/// How many alerts a page has. Defender's own APIs take no more than this either.
const BATCH: &str = "100";

pub(crate) fn render(input: &ConnectorInput) -> Result<(Vec<RenderedFile>, Vec<Note>), Refusal> {
    for (field, value) in input.texts() {
        let shown_only =
            matches!(field, "customer_name" | "home_tenant" | "cloud" | "redirect_uri" | "authorize_url");
        if shown_only || (field == "access_token") {
            continue;
        }
        if let Some(reason) = yaml::refused(value) {
            return Err(Refusal { connector: ConnectorId::Elastic, field, reason });
        }
    }

    if !input.token_url.contains(&format!("/{}/", input.customer_tenant)) {
        let reason = RefusalReason::AddressNotCarried;
        return Err(Refusal { connector: ConnectorId::Elastic, field: "token_url", reason });
    }

    let mut agent = Draft::default();
    heading(&mut agent, input);
    agent.line("inputs:");
    yaml::write(&mut agent, 2, "- id", &format!("httpjson-defender-{}", input.customer_tenant));
    yaml::write(&mut agent, 4, "type", "httpjson");
    yaml::write(&mut agent, 4, "use_output", "default");
    agent.line("    data_stream:");
    yaml::write(&mut agent, 6, "namespace", "default");
    agent.line("    streams:");
    yaml::write(&mut agent, 6, "- id", &format!("httpjson-{}-{}", input.source, input.customer_tenant));
    agent.line("        data_stream:");
    yaml::write(&mut agent, 10, "type", "logs");
    yaml::write(&mut agent, 10, "dataset", stream(input.source).dataset);
    write_stream(&mut agent, 8, input);

    let mut filebeat = Draft::default();
    heading(&mut filebeat, input);
    filebeat.line("filebeat.inputs:");
    yaml::write(&mut filebeat, 2, "- type", "httpjson");
    yaml::write(&mut filebeat, 4, "id", &format!("httpjson-{}-{}", input.source, input.customer_tenant));
    filebeat.line("    enabled: true");
    write_stream(&mut filebeat, 4, input);

    let mut files = vec![agent.finish(AGENT, true), filebeat.finish(FILEBEAT, true)];
    if file_names(input.source).contains(&VARIABLES) {
        files.push(variables(input));
    }
    let mut notes = vec![Note::SecretsInClear, Note::UntestedOnLiveConnector];
    if input.grant == GrantKind::RefreshToken {
        notes.push(Note::RotatedTokenLost);
    }
    Ok((files, notes))
}

fn heading(draft: &mut Draft, input: &ConnectorInput) {
    for line in input.heading() {
        yaml::comment(draft, &line);
    }
}

/// The keys of one `httpjson` stream, the same for both programs.
fn write_stream(draft: &mut Draft, at: usize, input: &ConnectorInput) {
    let pad = " ".repeat(at);
    let Stream { updated, orders, split, expand, .. } = stream(input.source);
    draft.line(&format!("{pad}config_version: 2"));
    yaml::write(draft, at, "interval", "5m");
    yaml::write(draft, at, "auth.oauth2.client.id", &input.client_id);
    yaml::write(draft, at, "auth.oauth2.client.secret", input.client_secret.expose_secret());
    yaml::write(draft, at, "auth.oauth2.token_url", &input.token_url);
    if let Some(scope) = &input.scope {
        draft.line(&format!("{pad}auth.oauth2.scopes:"));
        for scope in scope.split(' ') {
            draft.push(&format!("{pad}  - "));
            draft.line(&yaml::quoted(scope));
        }
    }
    if let (Some(resource), None) = (&input.resource, input.used_refresh_token()) {
        draft.line(&format!("{pad}auth.oauth2.endpoint_params:"));
        yaml::write(draft, at + 2, "resource", resource);
    }
    if let Some(refresh_token) = input.used_refresh_token() {
        draft.line(&format!("{pad}auth.oauth2.endpoint_params:"));
        yaml::write(draft, at + 2, "grant_type", "refresh_token");
        yaml::write(draft, at + 2, "refresh_token", refresh_token);
        if let Some(resource) = &input.resource {
            yaml::write(draft, at + 2, "resource", resource);
        }
    }
    yaml::write(draft, at, "request.url", &input.alerts_url);
    yaml::write(draft, at, "request.method", "GET");
    yaml::write(draft, at, "request.timeout", "60s");
    if let Some(ca_file) = &input.ca_file {
        draft.line(&format!("{pad}request.ssl.certificate_authorities:"));
        draft.push(&format!("{pad}  - "));
        draft.line(&yaml::quoted(ca_file));
    }
    draft.line(&format!("{pad}request.transforms:"));
    let mut set = |target: &str, value: &str, default: Option<&str>| {
        draft.line(&format!("{pad}  - set:"));
        yaml::write(draft, at + 6, "target", target);
        yaml::write(draft, at + 6, "value", value);
        if let Some(default) = default {
            yaml::write(draft, at + 6, "default", default);
        }
    };
    set("url.params.$top", BATCH, None);
    if let Some(expand) = expand.filter(|_| !input.alerts_url.contains("$expand=")) {
        set("url.params.$expand", expand, None);
    }
    set(
        "url.params.$filter",
        &format!("{updated} ge [[.cursor.last_update_time]]"),
        Some(&format!("{updated} ge [[formatDate (now (parseDuration \"-24h\"))]]")),
    );
    // The next poll begins at the newest event of this one: the last where the order can be asked for, else the first.
    let newest = if orders { "last_event" } else { "first_event" };
    if orders {
        set("url.params.$orderby", &format!("{updated} asc"), None);
    }
    draft.line(&format!("{pad}response.pagination:"));
    draft.line(&format!("{pad}  - set:"));
    yaml::write(draft, at + 6, "target", "url.value");
    yaml::write(
        draft,
        at + 6,
        "value",
        "[[if index .last_response.body \"@odata.nextLink\"]][[index .last_response.body \"@odata.nextLink\"]][[end]]",
    );
    draft.line(&format!("{pad}      fail_on_template_error: true"));
    draft.line(&format!("{pad}response.split:"));
    yaml::write(draft, at + 2, "target", "body.value");
    draft.line(&format!("{pad}  ignore_empty_value: true"));
    if let Some(split) = split {
        draft.line(&format!("{pad}  split:"));
        yaml::write(draft, at + 4, "target", &format!("body.{split}"));
        draft.line(&format!("{pad}    keep_parent: true"));
        draft.line(&format!("{pad}    ignore_empty_value: true"));
    }
    draft.line(&format!("{pad}cursor:"));
    draft.line(&format!("{pad}  last_update_time:"));
    yaml::write(draft, at + 4, "value", &format!("[[.{newest}.{updated}]]"));
    draft.line(&format!("{pad}tags:"));
    for tag in ["forwarded", "defender"] {
        draft.push(&format!("{pad}  - "));
        draft.line(&yaml::quoted(tag));
    }
}

#[derive(Serialize)]
struct Variables<'a> {
    package: &'static str,
    stream: &'static str,
    vars: Vars<'a>,
    stream_vars: serde_json::Value,
}

#[derive(Serialize)]
struct Vars<'a> {
    login_url: &'a str,
    tenant_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_endpoint: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_url: Option<&'a str>,
    client_id: &'a str,
    client_secret: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    scopes: Option<Vec<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    azure_resource: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    oauth_endpoint_params: Option<&'a str>,
}

/// The variables by the names of the packages' manifests.
fn variables(input: &ConnectorInput) -> RenderedFile {
    let (login_url, rest) = input
        .token_url
        .split_once(&format!("/{}/", input.customer_tenant))
        .unwrap_or((input.token_url.as_str(), ""));
    let mut params = Zeroizing::new(String::with_capacity(16 * 1024));
    if let Some(refresh_token) = input.used_refresh_token() {
        params.push_str("grant_type: refresh_token\nrefresh_token: ");
        params.push_str(&yaml::quoted(refresh_token));
        params.push('\n');
    }
    let endpoint = input.source == SourceId::DefenderAlerts;
    let base = input.alerts_url.split("/v1.0/").next().unwrap_or_default();
    let mut draft = Draft::default();
    draft.json(&Variables {
        package: if endpoint { "microsoft_defender_endpoint" } else { "m365_defender" },
        stream: match input.source {
            SourceId::DefenderAlerts => "log",
            SourceId::GraphIncidents => "incident",
            SourceId::GraphAlerts | SourceId::XdrIncidents | SourceId::SiemDetections => "alert",
        },
        vars: Vars {
            login_url,
            tenant_id: &input.customer_tenant,
            token_endpoint: (!endpoint).then_some(rest),
            token_url: endpoint.then_some(rest),
            client_id: &input.client_id,
            client_secret: input.client_secret.expose_secret(),
            scopes: input.scope.as_deref().filter(|_| endpoint).map(|scope| scope.split(' ').collect()),
            azure_resource: input.resource.as_deref().filter(|_| endpoint),
            oauth_endpoint_params: (!params.is_empty()).then_some(params.as_str()),
        },
        stream_vars: if endpoint {
            json!({ "request_url": input.alerts_url, "interval": "5m" })
        } else {
            json!({ "request_url": base, "interval": "5m", "initial_interval": "24h", "batch_size": 2000 })
        },
    });
    draft.finish(VARIABLES, true)
}

pub(crate) fn read(files: &Files) -> Result<ReadBack, ReadProblem> {
    let counts = if files.get(AGENT).is_some() || files.get(FILEBEAT).is_none() { AGENT } else { FILEBEAT };
    let mut read = one(counts, file(files, counts)?)?;
    if counts == AGENT {
        if let Some(bytes) = files.get(FILEBEAT) {
            let other = one(FILEBEAT, bytes)?;
            compare(&mut read, FILEBEAT, &other);
        }
    }
    if let Some(bytes) = files.get(VARIABLES) {
        compare_variables(&mut read, bytes)?;
    }
    Ok(read)
}

/// PEM files of private certificate authorities.
const AUTHORITIES: &str = "request.ssl.certificate_authorities";

/// The one `httpjson` stream of a file.
fn one(name: &'static str, bytes: &[u8]) -> Result<ReadBack, ReadProblem> {
    const URL: &str = "request.url";
    let list = yaml::read(bytes).map_err(malformed(name))?;
    let mut prefixes = list.iter().filter_map(|entry| {
        let prefix = entry.key.strip_suffix(URL)?;
        (prefix.is_empty() || prefix.ends_with('.')).then_some((prefix, entry.line))
    });
    let (prefix, _) = prefixes.next().ok_or_else(|| ReadProblem::of(name, ReadReason::NoInput).key(URL))?;
    if let Some((_, line)) = prefixes.next() {
        return Err(ReadProblem::of(name, ReadReason::SeveralInputs).line(line).key(URL));
    }
    let list: Vec<Entry> = list
        .iter()
        .filter_map(|entry| {
            let key = entry.key.strip_prefix(prefix)?.to_owned();
            Some(Entry { line: entry.line, key, value: entry.value.clone() })
        })
        .collect();
    let entries = Entries { file: name, list: &list };
    if let Some(entry) = list.iter().find(|entry| entry.value.contains("${")) {
        // A reference to a secret or variable that only the running program can resolve.
        return Err(ReadProblem::of(name, ReadReason::UnknownWord).line(entry.line));
    }

    let alerts_url = entries.address(URL)?;
    let token_url = entries.address("auth.oauth2.token_url")?;
    let source = source_of(&alerts_url, Body::Object)
        .ok_or_else(|| entries.problem(URL, ReadReason::UnknownSource))?;
    let scopes: Vec<&str> = list
        .iter()
        .filter(|entry| entry.key == "auth.oauth2.scopes" || entry.key.starts_with("auth.oauth2.scopes["))
        .map(|entry| entry.value.as_str())
        .collect();
    let grant = match entries.optional("auth.oauth2.endpoint_params.grant_type") {
        None | Some("client_credentials") => GrantKind::AppOnly,
        Some("refresh_token") => GrantKind::RefreshToken,
        Some(_) => {
            return Err(entries.problem("auth.oauth2.endpoint_params.grant_type", ReadReason::UnknownWord));
        }
    };
    let registration = (entries.text("auth.oauth2.client.id")?, entries.secret("auth.oauth2.client.secret")?);
    let mut read = ReadBack::of(source, grant, registration, &[name]);
    read.scope = scopes.iter().any(|scope| !scope.is_empty()).then(|| scopes.join(" "));
    read.resource = ["auth.oauth2.azure.resource", "auth.oauth2.endpoint_params.resource"]
        .into_iter()
        .find_map(|key| entries.optional(key))
        .map(str::to_owned);
    if read.scope.is_none() && read.resource.is_none() {
        return Err(ReadProblem::of(name, ReadReason::KeyMissing).key("auth.oauth2.scopes"));
    }
    if grant == GrantKind::RefreshToken {
        let token: SecretString = entries.secret("auth.oauth2.endpoint_params.refresh_token")?;
        read.refresh_token = Some(token);
    }
    read.ca_file = entries.optional("request.ssl.certificate_authorities[0]").map(str::to_owned);
    if read.ca_file.is_none() {
        if let Some(entry) = list.iter().find(|entry| entry.key.starts_with(AUTHORITIES)) {
            return Err(ReadProblem::of(name, ReadReason::ValueMissing).line(entry.line).key(AUTHORITIES));
        }
    }
    read.customer_tenant = tenant_of(&token_url);
    read.tenant_at = entries.place("auth.oauth2.token_url");
    read.alerts_url = alerts_url;
    read.token_url = token_url;
    Ok(read)
}

fn compare(read: &mut ReadBack, file: &str, other: &ReadBack) {
    let exposed =
        |secret: &Option<SecretString>| secret.as_ref().map(|secret| secret.expose_secret().to_owned());
    let same = [
        ("alerts_url", read.alerts_url == other.alerts_url),
        ("client_id", read.client_id == other.client_id),
        ("client_secret", read.client_secret.expose_secret() == other.client_secret.expose_secret()),
        ("token_url", read.token_url == other.token_url),
        ("scope", read.scope == other.scope),
        ("resource", read.resource == other.resource),
        ("ca_file", read.ca_file == other.ca_file),
        ("refresh_token", exposed(&read.refresh_token) == exposed(&other.refresh_token)),
    ];
    for (field, _) in same.into_iter().filter(|(_, same)| !same) {
        read.disagrees(file, field);
    }
    read.files.push(file.to_owned());
}

fn compare_variables(read: &mut ReadBack, bytes: &[u8]) -> Result<(), ReadProblem> {
    let list = json::read(bytes).map_err(malformed(VARIABLES))?;
    let entries = Entries { file: VARIABLES, list: &list };
    let path = entries.optional("vars.token_endpoint").or_else(|| entries.optional("vars.token_url"));
    let token_url = format!(
        "{}/{}/{}",
        entries.optional("vars.login_url").unwrap_or_default(),
        entries.optional("vars.tenant_id").unwrap_or_default(),
        path.unwrap_or_default()
    );
    let params = entries.optional("vars.oauth_endpoint_params").unwrap_or_default();
    let params = yaml::read(params.as_bytes())
        .map_err(|_| entries.problem("vars.oauth_endpoint_params", ReadReason::Malformed))?;
    let params = Entries { file: VARIABLES, list: &params };
    let same = [
        ("client_id", entries.optional("vars.client_id") == Some(read.client_id.as_str())),
        ("client_secret", entries.optional("vars.client_secret") == Some(read.client_secret.expose_secret())),
        ("token_url", token_url == read.token_url),
        (
            "refresh_token",
            params.optional("refresh_token") == read.refresh_token.as_ref().map(ExposeSecret::expose_secret),
        ),
    ];
    for (field, _) in same.into_iter().filter(|(_, same)| !same) {
        read.disagrees(VARIABLES, field);
    }
    read.files.push(VARIABLES.to_owned());
    Ok(())
}
