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
use crate::formats::{once, properties, sheet};
use crate::read::{Entries, file, malformed, tenant_of};
use crate::source_of::{fits, source_of};
use crate::{
    ConnectorId, ConnectorInput, Files, Note, ReadBack, ReadProblem, ReadReason, Refusal, RenderedFile,
};

/// OAuth 2 client properties.
pub(crate) const CLIENT_PROPERTIES: &str = "WDATP-connector.properties";
/// The field mapping.
pub(crate) const PARSER: &str = "WDATP-connector.jsonparser.properties";
/// Mapping 1.0 for content that was built on it; legacy detections only.
pub(crate) const PARSER_1: &str = "WDATP-connector-1.0.jsonparser.properties";
/// What the wizard asks for.
pub(crate) const VALUES_TO_TYPE: &str = "VALUES-TO-TYPE.txt";

/// All files, the one that counts first.
pub(crate) const FILE_NAMES: &[&str] = &[CLIENT_PROPERTIES, PARSER, PARSER_1, VALUES_TO_TYPE];

/// The files of a source.
pub(crate) const fn file_names(source: SourceId) -> &'static [&'static str] {
    match source {
        SourceId::SiemDetections => FILE_NAMES,
        SourceId::GraphAlerts
        | SourceId::GraphIncidents
        | SourceId::DefenderAlerts
        | SourceId::XdrIncidents => &[CLIENT_PROPERTIES, PARSER, VALUES_TO_TYPE],
    }
}

/// The wizard's *Configuration File* is the parser's name without this ending.
const PARSER_ENDING: &str = ".jsonparser.properties";
const CONFIGURATION_FILE: &str = "Configuration File";
/// Where the connector looks for both files, below its own folder.
const FLEXAGENT: &str = "current/user/agent/flexagent";

/// Where its commands are.
const BIN: &str = "current/bin";

const EVENTS_URL: &str = "Events URL";
const REFRESH_TOKEN: &str = "Refresh Token";

/// The audience in an authorize address, as the connector would ask for it.
pub(crate) use client::resource_of;

pub(crate) fn render(input: &ConnectorInput) -> Result<(Vec<RenderedFile>, Vec<Note>), Refusal> {
    let refresh_token = input.used_refresh_token().unwrap_or_default();
    if let Some(reason) = sheet::refused(refresh_token) {
        return Err(Refusal { connector: ConnectorId::Arcsight, field: "refresh_token", reason });
    }
    let mut files =
        vec![client::render(input), parser::render(input.source, input.language).finish(PARSER, false)];
    if input.source == SourceId::SiemDetections {
        files.push(parser::render_1(input.language).finish(PARSER_1, false));
    }
    files.push(value_sheet(input, refresh_token));
    let mut notes = vec![Note::ValuesToType, Note::FlexconnectorRetired];
    match input.source {
        SourceId::SiemDetections => notes.extend([Note::LegacyClosed, Note::TwoMappings]),
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
    let say = |english, korean, chinese| input.language.pick(english, korean, chinese);
    draft.line(say(
        "# What to type into the ArcSight connector setup, connector type: ArcSight FlexConnector REST",
        "# ArcSight 커넥터 설정에 입력할 값, 커넥터 종류: ArcSight FlexConnector REST",
        "# 要輸入 ArcSight 連接器設定的值，連接器類型：ArcSight FlexConnector REST",
    ));
    for line in input.heading() {
        draft.line(&format!("# {line}"));
    }
    draft.line("#");
    draft.line(say(
        "# First put the .properties files into",
        "# 먼저 .properties 파일을 다음 폴더에 넣으세요",
        "# 請先將 .properties 檔放入",
    ));
    draft.line(&format!("#   <connector folder>/{FLEXAGENT}"));
    if input.source == SourceId::SiemDetections {
        draft.line("#");
        draft.line(say(
            "# Two mappings are there. WDATP-connector is 2.0, Microsoft's later table, and the one to take.",
            "# 매핑이 두 개 있습니다. WDATP-connector는 Microsoft의 이후 표인 2.0이며 이것을 쓰면 됩니다.",
            "# 有兩份對應。WDATP-connector 是 2.0，即 Microsoft 後來的對應表，應採用這一份。",
        ));
        draft.line(say(
            "# WDATP-connector-1.0 is the one of 2016, for rules and reports that were built on its fields.",
            "# WDATP-connector-1.0은 2016년 매핑으로, 그 필드로 만든 규칙과 보고서용입니다.",
            "# WDATP-connector-1.0 是 2016 年的對應，供依其欄位建立的規則和報告使用。",
        ));
    }
    draft.line("#");
    draft.line(say(
        "# The other way to a refresh token, on the connector's host, with the browser of that host:",
        "# 새로 고침 토큰을 얻는 다른 방법 (커넥터 호스트에서, 그 호스트의 브라우저로):",
        "# 取得重新整理權杖的另一個方法（在連接器主機上，使用該主機的瀏覽器）：",
    ));
    draft.line(&format!("#   cd <connector folder>/{BIN}"));
    draft.line(&format!(
        "#   arcsight restutil token -config <connector folder>/{FLEXAGENT}/{CLIENT_PROPERTIES}"
    ));
    draft.line(say(
        "# Sign in as a user of the customer's tenant, and type what it prints as Refresh Token.",
        "# 고객 테넌트의 사용자로 로그인하고, 출력된 값을 Refresh Token으로 입력하세요.",
        "# 以客戶租用戶的使用者登入，並將輸出的值填入 Refresh Token。",
    ));
    draft.line(say("# Behind a proxy:", "# 프록시를 거칠 때:", "# 經由 Proxy 時："));
    draft.line("#   arcsight restutil boxtoken -proxy <host>:<port>");
    draft.line(say(
        "# If the connector later says \"Failed to refresh the token\": stop it, add this line to the client file,",
        "# 나중에 \"Failed to refresh the token\"이 나오면: 커넥터를 멈추고 클라이언트 파일에 다음 줄을 넣은 뒤",
        "# 若之後出現 \"Failed to refresh the token\"：停止連接器，在用戶端檔案中加入下列這一行，",
    ));
    draft.line(say(
        "# start it and sign in once:",
        "# 다시 시작해 한 번 로그인하세요:",
        "# 再啟動並登入一次：",
    ));
    draft.line("#   reauthenticate=true");
    draft.line("");
    sheet::write(&mut draft, CONFIGURATION_FILE, PARSER.trim_end_matches(PARSER_ENDING));
    sheet::write(&mut draft, EVENTS_URL, &client::events_url(input));
    sheet::write(&mut draft, "Authentication Type", "OAuth 2");
    let path = format!("<connector folder>/{FLEXAGENT}/{CLIENT_PROPERTIES}");
    sheet::write(&mut draft, "OAuth 2 Client Properties file", &path);
    sheet::write(&mut draft, REFRESH_TOKEN, refresh_token);
    sheet::write(&mut draft, "Folder for both files", &format!("<connector folder>/{FLEXAGENT}"));
    draft.finish(VALUES_TO_TYPE, true)
}

/// The parser that the sheet names: ours by default, another name where the engineer chose one.
fn parser_file(typed: &Entries<'_>) -> Result<&'static str, ReadProblem> {
    let Some(name) = typed.optional(CONFIGURATION_FILE) else { return Ok(PARSER) };
    // The connector compares letter by letter.
    [PARSER, PARSER_1]
        .into_iter()
        .find(|file| file.strip_suffix(PARSER_ENDING) == Some(name))
        .ok_or_else(|| typed.problem(CONFIGURATION_FILE, ReadReason::UnknownWord))
}

pub(crate) fn read(files: &Files) -> Result<ReadBack, ReadProblem> {
    let client = properties::read(file(files, CLIENT_PROPERTIES)?).map_err(malformed(CLIENT_PROPERTIES))?;
    once(&client).map_err(malformed(CLIENT_PROPERTIES))?;
    let client = Entries { file: CLIENT_PROPERTIES, list: &client };
    // Which mapping counts is typed; without a sheet the default one is looked at first, as it is the likelier loss.
    let bytes = files.get(VALUES_TO_TYPE);
    let list = bytes.map(sheet::read).transpose().map_err(malformed(VALUES_TO_TYPE))?.unwrap_or_default();
    let typed = Entries { file: VALUES_TO_TYPE, list: &list };
    let parser_file = parser_file(&typed)?;
    let body = parser::read(parser_file, file(files, parser_file)?)?;
    if bytes.is_none() {
        return Err(ReadProblem::of(VALUES_TO_TYPE, ReadReason::FileMissing));
    }

    let alerts_url = typed.address(EVENTS_URL)?;
    let source =
        source_of(&alerts_url, body).ok_or_else(|| typed.problem(EVENTS_URL, ReadReason::UnknownSource))?;
    if !fits(source, body) {
        return Err(ReadProblem::of(parser_file, ReadReason::MappingMismatch).key("trigger.node.location"));
    }

    // In the order in which they stand, so that the first one that a cut took is named.
    let client_id =
        client.text("client_id").or_else(|problem| client.text("client_ID").map_err(|_| problem))?;
    let registration = (client_id, client.secret("client_secret")?);
    let authorize_url = client.address("auth_url")?;
    let token_url = client.address("token_url")?;
    let scope = client.optional("scope").filter(|scope| !scope.trim().is_empty()).map(str::to_owned);
    let resource = client::resource_of(&authorize_url);
    if scope.is_none() && resource.is_none() {
        return Err(client.problem("scope", ReadReason::ValueMissing));
    }
    let mut files_read = vec![CLIENT_PROPERTIES, parser_file, VALUES_TO_TYPE];
    // The mapping that was not chosen lies beside it and can be chosen later: it must be whole, too.
    for other in [PARSER, PARSER_1].into_iter().filter(|other| *other != parser_file) {
        if let Some(bytes) = files.get(other) {
            let body = parser::read(other, bytes)?;
            if !fits(source, body) {
                return Err(ReadProblem::of(other, ReadReason::MappingMismatch).key("trigger.node.location"));
            }
            files_read.push(other);
        }
    }
    let mut read = ReadBack::of(source, GrantKind::RefreshToken, registration, &files_read);
    read.customer_tenant = tenant_of(&token_url);
    read.tenant_at = client.place("token_url");
    read.token_url = token_url;
    read.resource = resource;
    read.scope = scope;
    read.alerts_url = alerts_url;
    read.refresh_token = Some(typed.secret(REFRESH_TOKEN)?);
    read.redirect_uri = client.optional("redirect_uri").map(str::to_owned);
    read.authorize_url = Some(authorize_url);
    Ok(read)
}
