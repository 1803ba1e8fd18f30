//! Reading back: from the files of any connector to what a pull needs. The connector is known by the names of its
//! files; values come from the files alone, as the SIEM would see them.

use std::borrow::Cow;

use catalog::{GrantKind, SourceId};
use secrecy::SecretString;
use url::Url;

use crate::formats::{Entry, Malformed};
use crate::words::words;
use crate::{
    ConnectorId, Files, Hosts, arcsight, cribl, elastic, generic, manifest, qradar, refusal, secops,
    splunk_ms_security, splunk_rest, sumo, wazuh, whole,
};

/// What a pull needs, as the files say it.
#[derive(Debug)]
pub struct ReadBack {
    /// Where alerts come from.
    pub source: SourceId,
    /// How access is had.
    pub grant: GrantKind,
    /// Application (client) id.
    pub client_id: String,
    /// The application's secret.
    pub client_secret: SecretString,
    /// Token endpoint.
    pub token_url: String,
    /// Audience, with a v1 endpoint.
    pub resource: Option<String>,
    /// Scopes separated by blanks, with a v2 endpoint.
    pub scope: Option<String>,
    /// Address of the alerts exactly as written. It may hold a placeholder of the SIEM such as `$START_AT_TIME`.
    pub alerts_url: String,
    /// The lasting sign-in; always there when the grant is `refresh-token`.
    pub refresh_token: Option<SecretString>,
    /// A short-lived token that may have ended long ago.
    pub access_token: Option<SecretString>,
    /// The customer's tenant: as written, or as the token endpoint has it.
    pub customer_tenant: Option<String>,
    /// Redirect URI, where the connector has one.
    pub redirect_uri: Option<String>,
    /// Authorize endpoint as written, where the connector has one.
    pub authorize_url: Option<String>,
    /// PEM file of a private certificate authority.
    pub ca_file: Option<String>,
    /// How much of the addresses the files spell out; see [`ReadBack::in_cloud`].
    pub hosts: Hosts,
    /// File and line that say which tenant it is.
    pub tenant_at: Option<(String, usize)>,
    /// Names of the files that were read and held what they should, or else are listed under `disagreements`.
    pub files: Vec<String>,
    /// Values in which files of the set differ from the file that counts.
    pub disagreements: Vec<Disagreement>,
    /// Files whose bytes are not those that the manifest lists. Empty without a manifest.
    pub changed_since_export: Vec<String>,
}

impl ReadBack {
    /// What every connector's files say; the rest is nothing yet.
    pub(crate) fn of(
        source: SourceId,
        grant: GrantKind,
        registration: (String, SecretString),
        files: &[&str],
    ) -> Self {
        let (client_id, client_secret) = registration;
        Self {
            source,
            grant,
            client_id,
            client_secret,
            token_url: String::new(),
            resource: None,
            scope: None,
            alerts_url: String::new(),
            refresh_token: None,
            access_token: None,
            customer_tenant: None,
            redirect_uri: None,
            authorize_url: None,
            ca_file: None,
            hosts: Hosts::Spelled,
            tenant_at: None,
            files: files.iter().map(|file| (*file).to_owned()).collect(),
            disagreements: Vec::new(),
            changed_since_export: Vec::new(),
        }
    }

    /// Notes that a file says otherwise than the file that counts.
    pub(crate) fn disagrees(&mut self, file: &str, field: &'static str) {
        self.disagreements.push(Disagreement { file: file.to_owned(), line: None, field });
    }

    /// The address of the alerts without query, fragment and trailing slash.
    pub fn alerts_base(&self) -> &str {
        self.alerts_url.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/')
    }
}

/// A file that says otherwise than the file that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disagreement {
    /// The file.
    pub file: String,
    /// The line, from 1, where one can be named.
    pub line: Option<usize>,
    /// The field of [`ReadBack`], or of the request that the file makes.
    pub field: &'static str,
}

/// Files that do not hold what a pull needs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {reason}")]
pub struct ReadProblem {
    /// The file; empty when no file of any connector was found.
    pub file: String,
    /// The line, from 1, where one can be named.
    pub line: Option<usize>,
    /// The key or label that is concerned, where one is.
    pub key: Option<Cow<'static, str>>,
    /// Why.
    pub reason: ReadReason,
}

words! {
    /// Why files cannot be read back.
    ReadReason {
        /// No file has a name that a connector uses.
        NoConnectorFiles = "no-connector-files",
        /// Files of several connectors are there, and no manifest says which is meant.
        SeveralConnectors = "several-connectors",
        /// A file of the set is missing.
        FileMissing = "file-missing",
        /// The file breaks the rules of its format.
        Malformed = "malformed",
        /// A key is missing.
        KeyMissing = "key-missing",
        /// A key has no value.
        ValueMissing = "value-missing",
        /// A key stands twice: readers do not agree which counts.
        DuplicateKey = "duplicate-key",
        /// The file begins with a byte-order mark, which its reader takes for part of the first line.
        ByteOrderMark = "byte-order-mark",
        /// A line ends with a carriage return, which its reader takes for part of the value.
        CarriageReturn = "carriage-return",
        /// A line ends before its value does.
        LineCut = "line-cut",
        /// A value is no absolute web address.
        NotAnAddress = "not-an-address",
        /// The alerts address belongs to no source that is known here.
        UnknownSource = "unknown-source",
        /// A value is none of the words that its key allows.
        UnknownWord = "unknown-word",
        /// No input of this kind is in the file.
        NoInput = "no-input",
        /// Several inputs of this kind are in the file.
        SeveralInputs = "several-inputs",
        /// The field mapping refers to a token that it does not declare, or counts them wrongly.
        MappingBroken = "mapping-broken",
        /// The field mapping or the handler expects another shape of answer than the alerts address gives.
        MappingMismatch = "mapping-mismatch",
    }
}

impl ReadProblem {
    pub(crate) fn of(file: &str, reason: ReadReason) -> Self {
        Self { file: file.to_owned(), line: None, key: None, reason }
    }

    pub(crate) fn line(self, line: usize) -> Self {
        Self { line: Some(line), ..self }
    }

    pub(crate) fn key(self, key: impl Into<Cow<'static, str>>) -> Self {
        Self { key: Some(key.into()), ..self }
    }
}

/// Finds the connector by the names of its files, and reads what a pull needs. A manifest is used where it is present
/// and not needed where it is not: files that were changed since they were exported must still be whole.
///
/// # Errors
/// A [`ReadProblem`] names file, line and reason.
pub fn read_back(files: &Files) -> Result<(ConnectorId, ReadBack), ReadProblem> {
    let said = manifest::read(files);
    let connector = find(files, said.connector)?;
    whole::untouched_by_editors(files, &said.changed)?;
    let mut read = match connector {
        ConnectorId::Arcsight => arcsight::read(files),
        ConnectorId::SplunkRest => splunk_rest::read(files),
        ConnectorId::SplunkMsSecurity => splunk_ms_security::read(files),
        ConnectorId::Qradar => qradar::read(files),
        ConnectorId::Elastic => elastic::read(files),
        ConnectorId::Wazuh => wazuh::read(files),
        ConnectorId::Cribl => cribl::read(files),
        ConnectorId::Secops => secops::read(files),
        ConnectorId::Sumo => sumo::read(files),
        ConnectorId::Generic => generic::read(files),
    }
    .map_err(|problem| whole::placed(connector, problem, files))?;
    whole::check(connector, &mut read, files, &said.changed)?;
    read.changed_since_export = said.changed;
    Ok((connector, read))
}

fn find(files: &Files, meant: Option<ConnectorId>) -> Result<ConnectorId, ReadProblem> {
    let present = |connector: &ConnectorId| connector.known_by(files);
    if let Some(connector) = meant.filter(|connector| {
        connector.known_by(files) || connector.own_file_names().iter().any(|name| files.get(name).is_some())
    }) {
        return Ok(connector);
    }
    let mut found = ConnectorId::ALL.iter().copied().filter(present);
    let connector = found.next().ok_or_else(|| ReadProblem::of("", ReadReason::NoConnectorFiles))?;
    match found.next() {
        None => Ok(connector),
        Some(_) => Err(ReadProblem::of("", ReadReason::SeveralConnectors)),
    }
}

/// Entries of one file, asked for by key. A key that stands twice is a problem, as readers do not agree about it.
pub(crate) struct Entries<'a> {
    pub(crate) file: &'static str,
    pub(crate) list: &'a [Entry],
}

impl<'a> Entries<'a> {
    pub(crate) fn find(&self, key: &str) -> Option<&'a Entry> {
        self.list.iter().rev().find(|entry| entry.key == key)
    }

    /// A value that is there and not empty.
    pub(crate) fn optional(&self, key: &str) -> Option<&'a str> {
        self.find(key).map(|entry| entry.value.as_str()).filter(|value| !value.is_empty())
    }

    pub(crate) fn required(&self, key: &'static str) -> Result<&'a Entry, ReadProblem> {
        let entry = self.find(key).ok_or_else(|| {
            let problem = ReadProblem::of(self.file, ReadReason::KeyMissing).key(key);
            // Where a line was cut inside its key, that is the line to look at.
            let cut = self.list.iter().find(|entry| !entry.key.is_empty() && key.starts_with(&entry.key));
            cut.filter(|entry| entry.value.is_empty())
                .map_or(problem.clone(), |entry| problem.line(entry.line))
        })?;
        if self.list.iter().filter(|other| other.key == key).count() > 1 {
            return Err(ReadProblem::of(self.file, ReadReason::DuplicateKey).line(entry.line).key(key));
        }
        if entry.value.trim().is_empty() {
            return Err(ReadProblem::of(self.file, ReadReason::ValueMissing).line(entry.line).key(key));
        }
        Ok(entry)
    }

    pub(crate) fn text(&self, key: &'static str) -> Result<String, ReadProblem> {
        self.required(key).map(|entry| entry.value.to_string())
    }

    pub(crate) fn secret(&self, key: &'static str) -> Result<SecretString, ReadProblem> {
        self.required(key).map(|entry| SecretString::from(entry.value.as_str()))
    }

    pub(crate) fn address(&self, key: &'static str) -> Result<String, ReadProblem> {
        let entry = self.required(key)?;
        if refusal::is_address(&entry.value) {
            Ok(entry.value.to_string())
        } else {
            Err(ReadProblem::of(self.file, ReadReason::NotAnAddress).line(entry.line).key(key))
        }
    }
}

impl Entries<'_> {
    /// A problem with the value of a key, at its line where the key is there.
    pub(crate) fn problem(&self, key: &'static str, reason: ReadReason) -> ReadProblem {
        let problem = ReadProblem::of(self.file, reason).key(key);
        self.find(key).map_or(problem.clone(), |entry| problem.line(entry.line))
    }

    /// Where a key stands, for [`ReadBack::tenant_at`].
    pub(crate) fn place(&self, key: &str) -> Option<(String, usize)> {
        self.find(key).map(|entry| (self.file.to_owned(), entry.line))
    }
}

/// A file that must be there.
pub(crate) fn file<'a>(files: &'a Files, name: &str) -> Result<&'a [u8], ReadProblem> {
    files.get(name).ok_or_else(|| ReadProblem::of(name, ReadReason::FileMissing))
}

/// Names the file of a line that its format does not allow.
pub(crate) fn malformed(file: &str) -> impl Fn(Malformed) -> ReadProblem {
    move |at| ReadProblem::of(file, at.reason).line(at.line)
}

/// The tenant in `…/{tenant}/oauth2/…`.
pub(crate) fn tenant_of(token_url: &str) -> Option<String> {
    let url = Url::parse(token_url).ok()?;
    let segments: Vec<&str> = url.path_segments()?.collect();
    let oauth2 = segments.iter().position(|segment| *segment == "oauth2")?;
    segments.get(oauth2.checked_sub(1)?).map(|tenant| (*tenant).to_owned())
}
