//! `ArcSight` `FlexConnector` REST: Microsoft's two files, and a sheet of what only the setup wizard takes.
//!
//! The refresh token is in neither file: it is typed. Reading back therefore needs the sheet too. Keys and placement
//! follow Microsoft's page "Configure `ArcSight`" and its sample files; what Graph and the newer APIs need beyond them
//! is ours and says so by a note.

mod client;
mod mapping;
mod parser;

use catalog::{GrantKind, SourceId};

use crate::files::Draft;
use crate::formats::{properties, sheet};
use crate::read::{Entries, file, malformed, tenant_of};
use crate::source_of::{fits, source_of};
use crate::{
    ConnectorId, ConnectorInput, Files, Note, ReadBack, ReadProblem, ReadReason, Refusal, RenderedFile,
};

/// OAuth 2 client properties.
pub(crate) const CLIENT_PROPERTIES: &str = "WDATP-connector.properties";
/// The field mapping.
pub(crate) const PARSER: &str = "WDATP-connector.jsonparser.properties";
/// What the wizard asks for.
pub(crate) const VALUES_TO_TYPE: &str = "VALUES-TO-TYPE.txt";

/// The wizard's *Configuration File*: the parser's name without its ending.
const CONFIGURATION_FILE: &str = "WDATP-connector";
/// Where the connector looks for both files, below its own folder.
const FLEXAGENT: &str = "current/user/agent/flexagent";

const EVENTS_URL: &str = "Events URL";
const REFRESH_TOKEN: &str = "Refresh Token";

pub(crate) fn render(input: &ConnectorInput) -> Result<(Vec<RenderedFile>, Vec<Note>), Refusal> {
    let refresh_token = input.used_refresh_token().unwrap_or_default();
    if let Some(reason) = sheet::refused(refresh_token) {
        return Err(Refusal { connector: ConnectorId::Arcsight, field: "refresh_token", reason });
    }
    let files = vec![
        client::render(input),
        parser::render(input.source).finish(PARSER, false),
        value_sheet(input, refresh_token),
    ];
    let mut notes = vec![Note::ValuesToType, Note::FlexconnectorRetired];
    match input.source {
        SourceId::SiemDetections => {}
        SourceId::GraphAlerts | SourceId::DefenderAlerts => {
            notes.extend([Note::UntestedOnLiveConnector, Note::FirstEvidenceOnly]);
        }
        SourceId::GraphIncidents | SourceId::XdrIncidents => {
            notes.extend([Note::UntestedOnLiveConnector, Note::OneEventPerIncident]);
        }
    }
    if input.redirect_uri.starts_with("https:") {
        notes.push(Note::RedirectCertificate);
    }
    Ok((files, notes))
}

fn value_sheet(input: &ConnectorInput, refresh_token: &str) -> RenderedFile {
    let mut draft = Draft::default();
    draft.line(
        "# What to type into the ArcSight connector setup, connector type: ArcSight FlexConnector REST",
    );
    for line in input.heading() {
        draft.line(&format!("# {line}"));
    }
    draft.line("#");
    draft.line(&format!("# First put both .properties files into <connector folder>/{FLEXAGENT}"));
    draft.line("");
    sheet::write(&mut draft, "Configuration File", CONFIGURATION_FILE);
    sheet::write(&mut draft, EVENTS_URL, &client::events_url(input));
    sheet::write(&mut draft, "Authentication Type", "OAuth 2");
    let path = format!("<connector folder>/{FLEXAGENT}/{CLIENT_PROPERTIES}");
    sheet::write(&mut draft, "OAuth 2 Client Properties file", &path);
    sheet::write(&mut draft, REFRESH_TOKEN, refresh_token);
    sheet::write(&mut draft, "Folder for both files", &format!("<connector folder>/{FLEXAGENT}"));
    draft.finish(VALUES_TO_TYPE, true)
}

pub(crate) fn read(files: &Files) -> Result<ReadBack, ReadProblem> {
    let client = properties::read(file(files, CLIENT_PROPERTIES)?).map_err(malformed(CLIENT_PROPERTIES))?;
    let client = Entries { file: CLIENT_PROPERTIES, list: &client };
    let body = parser::read(file(files, PARSER)?)?;
    let typed = sheet::read(file(files, VALUES_TO_TYPE)?).map_err(malformed(VALUES_TO_TYPE))?;
    let typed = Entries { file: VALUES_TO_TYPE, list: &typed };

    let alerts_url = typed.address(EVENTS_URL)?;
    let source = source_of(&alerts_url, body).ok_or_else(|| {
        let problem = ReadProblem::of(VALUES_TO_TYPE, ReadReason::UnknownSource).key(EVENTS_URL);
        typed.find(EVENTS_URL).map_or(problem.clone(), |entry| problem.line(entry.line))
    })?;
    if !fits(source, body) {
        return Err(ReadProblem::of(PARSER, ReadReason::MappingMismatch).key("trigger.node.location"));
    }

    let authorize_url = client.address("auth_url")?;
    let token_url = client.address("token_url")?;
    let scope = client.optional("scope").filter(|scope| !scope.trim().is_empty()).map(str::to_owned);
    let resource = client::resource_of(&authorize_url);
    if scope.is_none() && resource.is_none() {
        let problem = ReadProblem::of(CLIENT_PROPERTIES, ReadReason::ValueMissing).key("scope");
        return Err(client.find("scope").map_or(problem.clone(), |entry| problem.line(entry.line)));
    }
    Ok(ReadBack {
        source,
        grant: GrantKind::RefreshToken,
        client_id: client
            .text("client_id")
            .or_else(|problem| client.text("client_ID").map_err(|_| problem))?,
        client_secret: client.secret("client_secret")?,
        customer_tenant: tenant_of(&token_url),
        token_url,
        resource,
        scope,
        alerts_url,
        refresh_token: Some(typed.secret(REFRESH_TOKEN)?),
        access_token: None,
        redirect_uri: client.optional("redirect_uri").map(str::to_owned),
        authorize_url: Some(authorize_url),
        ca_file: None,
        files: [CLIENT_PROPERTIES, PARSER, VALUES_TO_TYPE].map(str::to_owned).to_vec(),
        disagreements: Vec::new(),
        changed_since_export: Vec::new(),
    })
}
