//! Wazuh's `ms-graph` module: a block for `ossec.conf`.
//!
//! Facts of the software: client credentials against the v2 endpoint with `.default`; clouds by word (`api_type`); id and
//! secret are pasted into the token request as they stand, so they are percent-encoded here.

use catalog::{Cloud, GrantKind, SourceId};
use secrecy::{ExposeSecret, SecretString};

use crate::files::Draft;
use crate::formats::{form, xml};
use crate::hosts::{self, Addresses};
use crate::read::{Entries, file, malformed};
use crate::{
    ConnectorId, ConnectorInput, Files, Hosts, Note, ReadBack, ReadProblem, ReadReason, Refusal,
    RefusalReason, RenderedFile,
};

/// The file.
pub(crate) const XML: &str = "ossec-ms-graph.xml";

/// Cloud and `api_type`; the first cloud of a word is the one that is read.
const API_TYPES: &[(&str, &str)] =
    &[("commercial", "global"), ("gcc", "global"), ("gcc-high", "gcc-high"), ("dod", "dod")];

const fn relationship(source: SourceId) -> &'static str {
    match source {
        SourceId::GraphIncidents => "incidents",
        SourceId::GraphAlerts
        | SourceId::DefenderAlerts
        | SourceId::XdrIncidents
        | SourceId::SiemDetections => "alerts_v2",
    }
}

pub(crate) fn render(input: &ConnectorInput) -> Result<(Vec<RenderedFile>, Vec<Note>), Refusal> {
    hosts::check(ConnectorId::Wazuh, input)?;
    let builtin = hosts::is_builtin(&input.cloud);
    let cloud = if builtin { input.cloud.as_str() } else { "commercial" };
    let (_, api_type) = API_TYPES.iter().find(|(known, _)| *known == cloud).ok_or(Refusal {
        connector: ConnectorId::Wazuh,
        field: "cloud",
        reason: RefusalReason::CloudNotCarried,
    })?;
    let secret = form::encoded(input.client_secret.expose_secret());

    let mut draft = Draft::default();
    for line in input.heading() {
        xml::comment(&mut draft, &line);
    }
    draft.line("<ossec_config>");
    draft.line("  <ms-graph>");
    let mut write = |indentation, name, text: &str| xml::write(&mut draft, indentation, name, text);
    write(4, "enabled", "yes");
    write(4, "only_future_events", "yes");
    write(4, "curl_max_size", "10M");
    write(4, "run_on_start", "yes");
    write(4, "interval", "5m");
    write(4, "version", "v1.0");
    draft.line("    <api_auth>");
    let mut write = |name, text: &str| xml::write(&mut draft, 6, name, text);
    write("client_id", &form::encoded(&input.client_id));
    write("tenant_id", &input.customer_tenant);
    write("secret_value", &secret);
    write("api_type", api_type);
    draft.line("    </api_auth>");
    draft.line("    <resource>");
    let mut write = |name, text: &str| xml::write(&mut draft, 6, name, text);
    write("name", "security");
    write("relationship", relationship(input.source));
    draft.line("    </resource>");
    draft.line("  </ms-graph>");
    draft.line("</ossec_config>");

    let mut notes = vec![Note::SecretsInClear];
    if secret.as_str() != input.client_secret.expose_secret() {
        notes.push(Note::SecretPercentEncoded);
    }
    if !builtin {
        notes.push(Note::MicrosoftHostsOnly);
    }
    if input.ca_file.is_some() {
        notes.push(Note::CaInHostStore);
    }
    Ok((vec![draft.finish(XML, true)], notes))
}

pub(crate) fn read(files: &Files) -> Result<ReadBack, ReadProblem> {
    let mut list = xml::read(file(files, XML)?, &["relationship"]).map_err(malformed(XML))?;
    // The block may stand alone or in `ossec_config`; the path inside it is what counts.
    list.retain_mut(|entry| match entry.key.find("ms-graph.") {
        Some(at) => {
            entry.key = entry.key.split_off(at + "ms-graph.".len());
            true
        }
        None => false,
    });
    if list.is_empty() {
        return Err(ReadProblem::of(XML, ReadReason::NoInput));
    }
    let entries = Entries { file: XML, list: &list };
    let pasted = |key: &'static str| {
        let entry = entries.required(key)?;
        form::decoded(&entry.value).ok_or_else(|| entries.problem(key, ReadReason::Malformed))
    };

    let tenant = entries.text("api_auth.tenant_id")?;
    let api_type = entries.required("api_auth.api_type")?;
    let (cloud, _) = API_TYPES
        .iter()
        .find(|(_, word)| *word == api_type.value.as_str())
        .ok_or_else(|| entries.problem("api_auth.api_type", ReadReason::UnknownWord))?;
    if entries.text("resource.name")? != "security" {
        return Err(entries.problem("resource.name", ReadReason::UnknownSource));
    }
    let wanted: Vec<SourceId> = list
        .iter()
        .filter(|entry| entry.key == "resource.relationship")
        .filter_map(|entry| {
            [SourceId::GraphAlerts, SourceId::GraphIncidents]
                .into_iter()
                .find(|source| relationship(*source) == entry.value.as_str())
        })
        .collect();
    // With both, alerts are what a pull is about.
    let source = wanted
        .iter()
        .copied()
        .min()
        .ok_or_else(|| entries.problem("resource.relationship", ReadReason::UnknownSource))?;

    let registration = (
        pasted("api_auth.client_id")?.to_string(),
        SecretString::from(pasted("api_auth.secret_value")?.as_str()),
    );
    let mut read = ReadBack::of(source, GrantKind::AppOnly, registration, &[XML]);
    read.hosts = Hosts::Implied;
    read.tenant_at = entries.place("api_auth.tenant_id");
    if let Some(addresses) =
        Cloud::builtin(cloud).and_then(|cloud| Addresses::of(&cloud, source, &tenant, false))
    {
        addresses.fill(&mut read);
    }
    read.customer_tenant = Some(tenant);
    Ok(read)
}
