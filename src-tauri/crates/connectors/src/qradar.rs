//! IBM `QRadar`: a sheet with the labels of the log source's form, the body for the REST API and a play for Ansible.
//!
//! `QRadar` imports no file with protocol parameters. The sheet counts; the other two are its values for machines. Ids of
//! types and protocols differ from one installation to the next, and so may the parameters' own names: those stand in
//! the files as `unresolved: <label>`, and the sheet says where to look them up.

use catalog::{Cloud, GrantKind, Region, Source, SourceId};
use secrecy::ExposeSecret;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::arcsight::VALUES_TO_TYPE;
use crate::files::Draft;
use crate::formats::{Entry, json, sheet, yaml};
use crate::hosts::{self, Addresses};
use crate::read::{Entries, file, malformed, tenant_of};
use crate::source_of::{Body, source_of};
use crate::{
    ConnectorId, ConnectorInput, Files, Hosts, Note, ReadBack, ReadProblem, ReadReason, Refusal,
    RefusalReason, RenderedFile, refusal,
};

/// Body for `POST …/log_sources`.
pub(crate) const JSON: &str = "qradar-log-source.json";
/// Play for `ibm.qradar.qradar_log_sources_management`.
pub(crate) const PLAY: &str = "qradar-log-source.yml";

const TYPE: &str = "Microsoft 365 Defender";

const PROTOCOL: &str = "Protocol Type";
const IDENTIFIER: &str = "Log Source Identifier";
const TENANT: &str = "Tenant ID";
const CLIENT_ID: &str = "Client ID";
const CLIENT_SECRET: &str = "Client Secret";
const AUTHORIZATION_SERVER: &str = "Authorization Server URL";
const RESOURCE: &str = "Resource";
const REGION: &str = "Region";
const OTHER_REGION: &str = "Other Region";
const API: &str = "API";

/// The protocol that reads a source.
const fn protocol(source: SourceId) -> &'static str {
    match source {
        SourceId::DefenderAlerts => "Microsoft Defender for Endpoint REST API",
        SourceId::SiemDetections => "Microsoft Defender for Endpoint SIEM REST API",
        SourceId::GraphAlerts | SourceId::GraphIncidents | SourceId::XdrIncidents => {
            "Microsoft Graph Security API"
        }
    }
}

/// Labels and values in the order of the form.
type Parameters = Vec<(&'static str, Zeroizing<String>)>;

fn parameters(input: &ConnectorInput) -> Result<Parameters, Refusal> {
    let refused = |field, reason| Refusal { connector: ConnectorId::Qradar, field, reason };
    let text = |text: &str| Zeroizing::new(text.to_owned());
    let mut list: Parameters = vec![
        (PROTOCOL, text(protocol(input.source))),
        (IDENTIFIER, text(&format!("defender-{}-{}", input.source, input.customer_tenant))),
    ];
    let credentials = [
        (CLIENT_ID, text(&input.client_id)),
        (CLIENT_SECRET, Zeroizing::new(input.client_secret.expose_secret().to_owned())),
    ];
    if input.source == SourceId::GraphAlerts {
        hosts::check(ConnectorId::Qradar, input)?;
        list.push((TENANT, text(&input.customer_tenant)));
        list.extend(credentials);
        list.push(("Authentication Method", text("Client Secret")));
        list.push((API, text("Alerts V2")));
    } else {
        if input.token_url.contains('?')
            || tenant_of(&input.token_url).as_deref() != Some(&input.customer_tenant)
        {
            return Err(refused("token_url", RefusalReason::AddressNotCarried));
        }
        list.push((AUTHORIZATION_SERVER, text(&input.token_url)));
        let resource = match (&input.resource, &input.scope) {
            (Some(resource), _) => resource.as_str(),
            (None, Some(scope)) => scope
                .strip_suffix("/.default")
                .filter(|resource| !resource.contains(' '))
                .ok_or_else(|| refused("scope", RefusalReason::AddressNotCarried))?,
            (None, None) => return Err(refused("scope", RefusalReason::Missing)),
        };
        if input.resource.is_some() != (input.source == SourceId::SiemDetections) {
            // The protocol decides which of the two is sent.
            let field = if input.resource.is_some() { "resource" } else { "scope" };
            return Err(refused(field, RefusalReason::AddressNotCarried));
        }
        list.push((RESOURCE, text(resource)));
        list.extend(credentials);
        if input.source == SourceId::SiemDetections {
            if let Some(region) = region_of(&input.alerts_url) {
                list.push((REGION, text(&region.as_str().to_uppercase())));
            } else {
                let host = input.alerts_url.split_once("://").map(|(_, rest)| rest);
                let host = host
                    .and_then(|rest| rest.strip_suffix("/api/alerts"))
                    .ok_or_else(|| refused("alerts_url", RefusalReason::AddressNotCarried))?;
                list.push((REGION, text("Other")));
                list.push((OTHER_REGION, text(host)));
            }
        } else if input.alerts_url != format!("{resource}/api/alerts") {
            return Err(refused("alerts_url", RefusalReason::AddressNotCarried));
        }
    }
    list.push(("Recurrence", text("5M")));
    for (label, value) in &list {
        if let Some(reason) = sheet::refused(value) {
            let field = field_of(label);
            return Err(refused(
                if field == "resource" && input.resource.is_none() { "scope" } else { field },
                reason,
            ));
        }
    }
    Ok(list)
}

fn field_of(label: &str) -> &'static str {
    match label {
        CLIENT_ID => "client_id",
        CLIENT_SECRET => "client_secret",
        AUTHORIZATION_SERVER => "token_url",
        RESOURCE => "resource",
        OTHER_REGION => "alerts_url",
        _ => "customer_tenant",
    }
}

/// The region whose commercial exporter this is.
fn region_of(alerts_url: &str) -> Option<Region> {
    let commercial = Cloud::builtin("commercial")?;
    Region::ALL.iter().copied().find(|region| {
        Source::get(SourceId::SiemDetections)
            .address(&commercial, Some(*region))
            .is_ok_and(|address| address.as_str() == alerts_url)
    })
}

/// Body of the REST API's `log_sources`.
#[derive(Serialize)]
struct LogSource<'a> {
    name: &'a str,
    description: &'a str,
    type_id: String,
    protocol_type_id: String,
    enabled: bool,
    gateway: bool,
    internal: bool,
    credibility: u32,
    target_event_collector_id: &'static str,
    coalesce_events: bool,
    store_event_payload: bool,
    group_ids: [u32; 1],
    requires_deploy: bool,
    protocol_parameters: Vec<Parameter<'a>>,
}

#[derive(Serialize)]
struct Parameter<'a> {
    name: String,
    value: &'a str,
}

/// The name of a parameter in the API: only the identifier's is the same everywhere.
fn api_name(label: &str) -> String {
    if label == IDENTIFIER { "identifier".to_owned() } else { format!("unresolved: {label}") }
}

pub(crate) fn render(input: &ConnectorInput) -> Result<(Vec<RenderedFile>, Vec<Note>), Refusal> {
    let parameters = parameters(input)?;
    for (label, value) in &parameters {
        let reason = match yaml::refused(value) {
            Some(RefusalReason::Placeholder) | None if is_template(value) => RefusalReason::Placeholder,
            // `${…}` means nothing to Ansible.
            Some(RefusalReason::Placeholder) | None => continue,
            Some(reason) => reason,
        };
        let field = field_of(label);
        let field = if field == "resource" && input.resource.is_none() { "scope" } else { field };
        return Err(Refusal { connector: ConnectorId::Qradar, field, reason });
    }
    let files = vec![value_sheet(input, &parameters), body(input, &parameters), play(input, &parameters)];
    let mut notes = vec![Note::ValuesToType, Note::IdsToLookUp, Note::SecretsInClear];
    if input.source == SourceId::SiemDetections {
        notes.push(Note::LegacyClosed);
    }
    if input.source == SourceId::GraphAlerts && !hosts::is_builtin(&input.cloud) {
        notes.push(Note::MicrosoftHostsOnly);
    }
    if input.ca_file.is_some() {
        notes.push(Note::CaInHostStore);
    }
    Ok((files, notes))
}

/// Jinja's openings: Ansible would evaluate what follows.
fn is_template(value: &str) -> bool {
    ["{{", "{%", "{#"].iter().any(|opening| value.contains(opening))
}

fn value_sheet(input: &ConnectorInput, parameters: &Parameters) -> RenderedFile {
    let mut draft = Draft::default();
    let protocol = protocol(input.source);
    let say = |english, korean, chinese| input.language.pick(english, korean, chinese);
    draft.line(say(
        "# What to type into QRadar: Admin, Log Sources, New Log Source",
        "# QRadar에 입력할 값: Admin, Log Sources, New Log Source",
        "# 要輸入 QRadar 的值：Admin, Log Sources, New Log Source",
    ));
    for line in input.heading() {
        draft.line(&format!("# {line}"));
    }
    draft.line("#");
    draft.line(say(
        "# By machine instead: look up the ids that this installation gave, put them in place of",
        "# 자동으로 하려면: 이 설치에서 부여한 ID를 찾아 .json 또는 .yml 파일의",
        "# 若要以程式設定：查出此安裝環境的識別碼，取代 .json 或 .yml 檔中的",
    ));
    draft.line(say(
        "# \"unresolved: …\" in the .json or .yml file, send it, and deploy the changes.",
        "# \"unresolved: …\" 자리에 넣고 보낸 다음 변경 사항을 배포하세요.",
        "# \"unresolved: …\"，送出後再部署變更。",
    ));
    draft.line("#   GET /api/config/event_sources/log_source_management/log_source_types");
    draft.line(&format!("#       \"{TYPE}\": id -> type_id"));
    draft.line("#   GET /api/config/event_sources/log_source_management/protocol_types");
    draft.line(&format!("#       \"{protocol}\": id -> protocol_type_id; parameters[].name"));
    draft.line("#   POST /api/config/event_sources/log_source_management/log_sources");
    draft.line("");
    sheet::write(&mut draft, "Log Source Type", TYPE);
    for (label, value) in parameters {
        sheet::write(&mut draft, label, value);
    }
    draft.finish(VALUES_TO_TYPE, true)
}

fn sent(parameters: &Parameters) -> impl Iterator<Item = &(&'static str, Zeroizing<String>)> {
    parameters.iter().filter(|(label, _)| *label != PROTOCOL)
}

fn body(input: &ConnectorInput, parameters: &Parameters) -> RenderedFile {
    let name = format!("defender-{}-{}", input.source, input.customer_tenant);
    let mut draft = Draft::default();
    draft.json(&LogSource {
        name: &name,
        description: &input.customer_name,
        type_id: format!("unresolved: {TYPE}"),
        protocol_type_id: format!("unresolved: {}", protocol(input.source)),
        enabled: true,
        gateway: false,
        internal: false,
        credibility: 5,
        target_event_collector_id: "unresolved: event collector",
        coalesce_events: false,
        store_event_payload: true,
        group_ids: [0],
        requires_deploy: true,
        protocol_parameters: sent(parameters)
            .map(|(label, value)| Parameter { name: api_name(label), value })
            .collect(),
    });
    draft.finish(JSON, true)
}

fn play(input: &ConnectorInput, parameters: &Parameters) -> RenderedFile {
    let name = format!("defender-{}-{}", input.source, input.customer_tenant);
    let mut draft = Draft::default();
    for line in input.heading() {
        yaml::comment(&mut draft, &line);
    }
    yaml::write(&mut draft, 0, "- name", "Microsoft Defender alerts");
    yaml::write(&mut draft, 2, "hosts", "qradar");
    draft.line("  gather_facts: false");
    draft.line("  tasks:");
    yaml::write(&mut draft, 4, "- name", "Log source");
    draft.line("      ibm.qradar.qradar_log_sources_management:");
    yaml::write(&mut draft, 8, "state", "merged");
    draft.line("        config:");
    yaml::write(&mut draft, 10, "- name", &name);
    yaml::write(&mut draft, 12, "type_name", TYPE);
    yaml::write(&mut draft, 12, "identifier", &name);
    yaml::write(&mut draft, 12, "protocol_type_id", &format!("unresolved: {}", protocol(input.source)));
    draft.line("            protocol_parameters:");
    for (label, value) in sent(parameters) {
        yaml::write(&mut draft, 14, "- name", &api_name(label));
        yaml::write(&mut draft, 16, "value", value);
    }
    draft.line("      no_log: true");
    draft.finish(PLAY, true)
}

pub(crate) fn read(files: &Files) -> Result<ReadBack, ReadProblem> {
    let list = sheet::read(file(files, VALUES_TO_TYPE)?).map_err(malformed(VALUES_TO_TYPE))?;
    let entries = Entries { file: VALUES_TO_TYPE, list: &list };
    let source = [SourceId::GraphAlerts, SourceId::DefenderAlerts, SourceId::SiemDetections]
        .into_iter()
        .find(|source| entries.optional(PROTOCOL) == Some(protocol(*source)));
    let Some(source) = source else {
        entries.required(PROTOCOL)?;
        return Err(entries.problem(PROTOCOL, ReadReason::UnknownWord));
    };
    // In the order in which they stand, so that the first one that a cut took is named.
    entries.required(if source == SourceId::GraphAlerts { TENANT } else { AUTHORIZATION_SERVER })?;
    let registration = (entries.text(CLIENT_ID)?, entries.secret(CLIENT_SECRET)?);
    let mut read = ReadBack::of(source, GrantKind::AppOnly, registration, &[VALUES_TO_TYPE]);
    if source == SourceId::GraphAlerts {
        let tenant = entries.text(TENANT)?;
        if entries.text(API)? != "Alerts V2" {
            return Err(entries.problem(API, ReadReason::UnknownSource));
        }
        let commercial = Cloud::builtin("commercial");
        if let Some(addresses) = commercial.and_then(|cloud| Addresses::of(&cloud, source, &tenant, false)) {
            addresses.fill(&mut read);
        }
        read.hosts = Hosts::Implied;
        read.tenant_at = entries.place(TENANT);
        read.customer_tenant = Some(tenant);
    } else {
        read.token_url = entries.address(AUTHORIZATION_SERVER)?;
        read.tenant_at = entries.place(AUTHORIZATION_SERVER);
        read.customer_tenant = tenant_of(&read.token_url);
        let resource = entries.text(RESOURCE)?;
        if source == SourceId::SiemDetections {
            read.alerts_url = exporter(&entries)?;
            read.hosts = Hosts::WithoutScheme;
            read.resource = Some(resource);
        } else {
            read.alerts_url = format!("{resource}/api/alerts");
            if !refusal::is_address(&read.alerts_url)
                || source_of(&read.alerts_url, Body::Object) != Some(source)
            {
                return Err(entries.problem(RESOURCE, ReadReason::NotAnAddress));
            }
            read.scope = Some(format!("{resource}/.default"));
        }
    }
    if let Some(bytes) = files.get(JSON) {
        let list = json::read(bytes).map_err(malformed(JSON))?;
        compare(&mut read, JSON, &list, &entries);
    }
    if let Some(bytes) = files.get(PLAY) {
        let list = yaml::read(bytes).map_err(malformed(PLAY))?;
        compare(&mut read, PLAY, &list, &entries);
    }
    Ok(read)
}

/// Address of the legacy exporter: a region by its name, or a host.
fn exporter(entries: &Entries<'_>) -> Result<String, ReadProblem> {
    let written = entries.text(REGION)?;
    let region = Region::ALL.iter().copied().find(|region| region.as_str().eq_ignore_ascii_case(&written));
    let commercial = Cloud::builtin("commercial");
    match (region, commercial) {
        (Some(region), Some(cloud)) => Source::get(SourceId::SiemDetections)
            .address(&cloud, Some(region))
            .map(|address| address.to_string())
            .map_err(|_| entries.problem(REGION, ReadReason::UnknownWord)),
        _ if written.eq_ignore_ascii_case("other") => {
            let address = format!("https://{}/api/alerts", entries.text(OTHER_REGION)?);
            if refusal::is_address(&address) {
                Ok(address)
            } else {
                Err(entries.problem(OTHER_REGION, ReadReason::NotAnAddress))
            }
        }
        _ => Err(entries.problem(REGION, ReadReason::UnknownWord)),
    }
}

/// Compares the parameters that a file for machines has under their unresolved names. Where names were resolved, there
/// is nothing to compare by.
fn compare(read: &mut ReadBack, file: &str, list: &[Entry], sheet: &Entries<'_>) {
    let value_of = |label: &str| {
        let name = api_name(label);
        let entry =
            list.iter().find(|entry| entry.key.ends_with("].name") && entry.value.as_str() == name)?;
        let value = format!("{}.value", entry.key.strip_suffix(".name")?);
        list.iter().find(|entry| entry.key == value).map(|entry| entry.value.as_str())
    };
    let mut differing: Vec<&'static str> = Vec::new();
    for label in [TENANT, CLIENT_ID, CLIENT_SECRET, AUTHORIZATION_SERVER, RESOURCE, OTHER_REGION] {
        if value_of(label).is_some_and(|value| sheet.optional(label) != Some(value)) {
            differing.push(field_of(label));
        }
    }
    for field in differing {
        read.disagrees(file, field);
    }
    read.files.push(file.to_owned());
}
