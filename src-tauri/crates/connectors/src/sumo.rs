//! Sumo Logic's *Microsoft Graph Security API* source: JSON for the collector management API.
//!
//! Facts of the software: client credentials, the commercial hosts, no word for any other.

use catalog::{Cloud, GrantKind, SourceId};
use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::json;

use crate::files::Draft;
use crate::formats::json;
use crate::hosts::{self, Addresses};
use crate::read::{Entries, file, malformed};
use crate::{
    ConnectorId, ConnectorInput, Files, Hosts, Note, ReadBack, ReadProblem, ReadReason, Refusal, RenderedFile,
};

/// The file.
pub(crate) const SOURCE: &str = "sumo-source.json";

/// The vendor's own name of the source.
const SCHEMA: &str = "Microsoft Graph Security API";

#[derive(Serialize)]
struct Written<'a> {
    #[serde(rename = "api.version")]
    version: &'static str,
    source: WrittenSource<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenSource<'a> {
    schema_ref: serde_json::Value,
    source_type: &'static str,
    config: Config<'a>,
}

#[derive(Serialize)]
struct Config<'a> {
    name: String,
    description: &'a str,
    category: &'static str,
    tenant_id: &'a str,
    application_id: &'a str,
    secret_key: &'a str,
    polling_interval: u32,
    set_metadata_fields: bool,
    fields: serde_json::Value,
}

pub(crate) fn render(input: &ConnectorInput) -> Result<(Vec<RenderedFile>, Vec<Note>), Refusal> {
    hosts::check(ConnectorId::Sumo, input)?;
    let mut draft = Draft::default();
    draft.json(&Written {
        version: "v1",
        source: WrittenSource {
            schema_ref: json!({ "type": SCHEMA }),
            source_type: "Universal",
            config: Config {
                name: format!("defender-{}", input.customer_tenant),
                description: &input.customer_name,
                category: "security/microsoft/defender",
                tenant_id: &input.customer_tenant,
                application_id: &input.client_id,
                secret_key: input.client_secret.expose_secret(),
                polling_interval: 300,
                set_metadata_fields: true,
                fields: json!({ "_siemForward": false }),
            },
        },
    });
    let mut notes = vec![Note::SecretsInClear, Note::OlderGraphAlerts];
    if !hosts::is_builtin(&input.cloud) {
        notes.push(Note::MicrosoftHostsOnly);
    }
    Ok((vec![draft.finish(SOURCE, true)], notes))
}

pub(crate) fn read(files: &Files) -> Result<ReadBack, ReadProblem> {
    let list = json::read(file(files, SOURCE)?).map_err(malformed(SOURCE))?;
    let entries = Entries { file: SOURCE, list: &list };
    if entries.text("source.schemaRef.type")? != SCHEMA {
        return Err(entries.problem("source.schemaRef.type", ReadReason::UnknownSource));
    }
    let tenant = entries.text("source.config.tenant_id")?;
    let registration =
        (entries.text("source.config.application_id")?, entries.secret("source.config.secret_key")?);
    let source = SourceId::GraphAlerts;
    let mut read = ReadBack::of(source, GrantKind::AppOnly, registration, &[SOURCE]);
    read.hosts = Hosts::Implied;
    read.tenant_at = entries.place("source.config.tenant_id");
    let commercial = Cloud::builtin("commercial");
    if let Some(addresses) = commercial.and_then(|cloud| Addresses::of(&cloud, source, &tenant, false)) {
        addresses.fill(&mut read);
    }
    read.customer_tenant = Some(tenant);
    Ok(read)
}
