//! Splunk Add-on for Microsoft Security (`Splunk_TA_MS_Security`): one account, one input.
//!
//! Facts of the software: client credentials only; hosts by words (`location`, `environment`); the regional locations
//! ask the v1 endpoint for the API's own base, the Graph ones ask v2 for `.default`; it looks for `odata.nextLink`
//! without `@`, so only the first page arrives.

use catalog::{Cloud, GrantKind, SourceId};
use secrecy::ExposeSecret;

use crate::files::Draft;
use crate::formats::splunk_conf::{self, Stanza};
use crate::hosts::{self, Addresses};
use crate::read::{Entries, file, malformed};
use crate::splunk_rest::INPUTS_CONF;
use crate::{
    ConnectorId, ConnectorInput, Files, Hosts, Note, ReadBack, ReadProblem, ReadReason, Refusal, RenderedFile,
};

/// The accounts.
pub(crate) const ACCOUNT_CONF: &str = "splunk_ta_ms_security_account.conf";

const ALERTS: &str = "microsoft_defender_endpoint_atp_alerts";
const INCIDENTS: &str = "microsoft_365_defender_endpoint_incidents";
/// The shortest interval that the vendor's page proposes, in seconds.
const INTERVAL: &str = "300";

/// One word of the software: under which key of which input, for which source, in which cloud.
struct Word {
    input: &'static str,
    key: &'static str,
    name: &'static str,
    source: SourceId,
    cloud: &'static str,
}

const fn alerts(name: &'static str, source: SourceId, cloud: &'static str) -> Word {
    Word { input: ALERTS, key: "location", name, source, cloud }
}

const fn incidents(name: &'static str, source: SourceId, cloud: &'static str) -> Word {
    Word { input: INCIDENTS, key: "environment", name, source, cloud }
}

/// The words that are written, the usual one of a cloud first. GCC's Graph is the commercial one.
const WORDS: &[Word] = &[
    alerts("commercial-graph-api", SourceId::GraphAlerts, "commercial"),
    alerts("commercial-graph-api", SourceId::GraphAlerts, "gcc"),
    alerts("gcc-high-graph-api", SourceId::GraphAlerts, "gcc-high"),
    alerts("api.securitycenter.microsoft.com", SourceId::DefenderAlerts, "commercial"),
    alerts("api-gcc.securitycenter.microsoft.us", SourceId::DefenderAlerts, "gcc"),
    alerts("api-gov.securitycenter.microsoft.us", SourceId::DefenderAlerts, "gcc-high"),
    incidents("commercial-graph-api", SourceId::GraphIncidents, "commercial"),
    incidents("commercial-graph-api", SourceId::GraphIncidents, "gcc"),
    incidents("gcc-high-graph-api", SourceId::GraphIncidents, "gcc-high"),
    incidents("commercial", SourceId::XdrIncidents, "commercial"),
    incidents("gcc", SourceId::XdrIncidents, "gcc"),
    incidents("gcc-high", SourceId::XdrIncidents, "gcc-high"),
    // Read, never written: regions, and a name that the software itself rewrites.
    alerts("api-us.securitycenter.microsoft.com", SourceId::DefenderAlerts, "commercial"),
    alerts("api-eu.securitycenter.microsoft.com", SourceId::DefenderAlerts, "commercial"),
    alerts("api-uk.securitycenter.microsoft.com", SourceId::DefenderAlerts, "commercial"),
    alerts("api.securitycenter.windows.com", SourceId::DefenderAlerts, "commercial"),
    incidents("default", SourceId::XdrIncidents, "commercial"),
];

/// Whether the software asks for the API's own base with a v1 token request.
const fn by_resource(source: SourceId) -> bool {
    match source {
        SourceId::DefenderAlerts | SourceId::XdrIncidents => true,
        SourceId::GraphAlerts | SourceId::GraphIncidents | SourceId::SiemDetections => false,
    }
}

pub(crate) fn render(input: &ConnectorInput) -> Result<(Vec<RenderedFile>, Vec<Note>), Refusal> {
    let refusal = |field, reason| Refusal { connector: ConnectorId::SplunkMsSecurity, field, reason };
    hosts::check(ConnectorId::SplunkMsSecurity, input)?;
    let secret = input.client_secret.expose_secret();
    for (field, value) in [("client_id", input.client_id.as_str()), ("client_secret", secret)] {
        if let Some(reason) = splunk_conf::refused(value) {
            return Err(refusal(field, reason));
        }
    }
    // A custom cloud is written as the commercial one, for which it stands in.
    let cloud = if hosts::is_builtin(&input.cloud) { input.cloud.as_str() } else { "commercial" };
    let word = WORDS
        .iter()
        .find(|word| word.source == input.source && word.cloud == cloud)
        .ok_or_else(|| refusal("cloud", crate::RefusalReason::CloudNotCarried))?;

    let account = format!("defender-{}", input.customer_tenant);
    let mut accounts = Draft::default();
    heading(&mut accounts, input);
    accounts.line(&format!("[{account}]"));
    splunk_conf::write(&mut accounts, "username", &input.client_id);
    splunk_conf::write(&mut accounts, "password", secret);
    splunk_conf::write(&mut accounts, "tenant_id", &input.customer_tenant);

    let mut inputs = Draft::default();
    heading(&mut inputs, input);
    inputs.line(&format!("[{}://defender-{}-{}]", word.input, input.source, input.customer_tenant));
    let mut write = |key, value: &str| splunk_conf::write(&mut inputs, key, value);
    write("azure_app_account", &account);
    write("tenant_id", &input.customer_tenant);
    write(word.key, word.name);
    write("start_date", &input.read_from.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    write("interval", INTERVAL);
    write("disabled", "0");

    let mut notes = vec![Note::SecretsInClear, Note::FirstPageOnly];
    if !hosts::is_builtin(&input.cloud) {
        notes.push(Note::MicrosoftHostsOnly);
    }
    if input.ca_file.is_some() {
        notes.push(Note::CaInHostStore);
    }
    Ok((vec![accounts.finish(ACCOUNT_CONF, true), inputs.finish(INPUTS_CONF, false)], notes))
}

fn heading(draft: &mut Draft, input: &ConnectorInput) {
    for line in input.heading() {
        draft.line(&format!("# {line}"));
    }
}

/// Whether an `inputs.conf` has an input of this software.
pub(crate) fn is_inputs(bytes: &[u8]) -> bool {
    splunk_conf::read(bytes)
        .is_ok_and(|stanzas| stanzas.iter().any(|stanza| input_of(&stanza.name).is_some()))
}

fn input_of(stanza: &str) -> Option<&'static str> {
    let (kind, _) = stanza.split_once("://")?;
    [ALERTS, INCIDENTS].into_iter().find(|known| *known == kind)
}

/// Source, cloud and key of an input as it is, for files that others wrote.
pub(crate) fn meaning(stanza: &Stanza) -> Option<(SourceId, &'static str, &'static str)> {
    let kind = input_of(&stanza.name)?;
    let word = WORDS.iter().find(|word| {
        let mut entries = stanza.entries.iter();
        word.input == kind
            && entries.any(|entry| entry.key == word.key && word.name.eq_ignore_ascii_case(&entry.value))
    })?;
    Some((word.source, word.cloud, word.key))
}

pub(crate) fn read(files: &Files) -> Result<ReadBack, ReadProblem> {
    let accounts = splunk_conf::read(file(files, ACCOUNT_CONF)?).map_err(malformed(ACCOUNT_CONF))?;
    if accounts.is_empty() {
        return Err(ReadProblem::of(ACCOUNT_CONF, ReadReason::NoInput));
    }
    let inputs = splunk_conf::read(file(files, INPUTS_CONF)?).map_err(malformed(INPUTS_CONF))?;
    let stanza = the_input(&inputs)?;
    stanza.once().map_err(malformed(INPUTS_CONF))?;
    let entries = Entries { file: INPUTS_CONF, list: &stanza.entries };

    let name = entries.required("azure_app_account")?;
    let account = accounts.iter().find(|account| account.name == name.value.as_str()).ok_or_else(|| {
        // The account that is meant is not there: its name stands in the input.
        ReadProblem::of(INPUTS_CONF, ReadReason::UnknownWord).line(name.line).key("azure_app_account")
    })?;
    account.once().map_err(malformed(ACCOUNT_CONF))?;
    let account = Entries { file: ACCOUNT_CONF, list: &account.entries };

    let kind = input_of(&stanza.name).unwrap_or(ALERTS);
    let key = if kind == ALERTS { "location" } else { "environment" };
    let written = entries.required(key)?;
    let word = WORDS
        .iter()
        .find(|word| word.input == kind && word.name.eq_ignore_ascii_case(&written.value))
        .ok_or_else(|| ReadProblem::of(INPUTS_CONF, ReadReason::UnknownWord).line(written.line).key(key))?;

    // An input's own tenant wins over the account's.
    let (tenant, place) = match entries.optional("tenant_id") {
        Some(tenant) => (tenant.to_owned(), entries.place("tenant_id")),
        None => (account.text("tenant_id")?, account.place("tenant_id")),
    };
    let registration = (account.text("username")?, account.secret("password")?);
    let mut read = ReadBack::of(word.source, GrantKind::AppOnly, registration, &[ACCOUNT_CONF, INPUTS_CONF]);
    read.hosts = Hosts::Implied;
    read.tenant_at = place;
    if let Some(cloud) = Cloud::builtin(word.cloud) {
        if let Some(addresses) = Addresses::of(&cloud, word.source, &tenant, by_resource(word.source)) {
            addresses.fill(&mut read);
        }
    }
    read.customer_tenant = Some(tenant);
    Ok(read)
}

fn the_input(stanzas: &[Stanza]) -> Result<&Stanza, ReadProblem> {
    let mut inputs = stanzas.iter().filter(|stanza| input_of(&stanza.name).is_some());
    let input = inputs.next().ok_or_else(|| ReadProblem::of(INPUTS_CONF, ReadReason::NoInput))?;
    match inputs.next() {
        None => Ok(input),
        Some(second) => Err(ReadProblem::of(INPUTS_CONF, ReadReason::SeveralInputs).line(second.line)),
    }
}
