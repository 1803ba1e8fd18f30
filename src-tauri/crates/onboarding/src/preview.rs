//! What an export would write, before anything is written: for a screen that no secret may reach.
//!
//! Nothing is asked of Microsoft and nothing is written. The real values are used twice, and leave this module neither
//! time: to find out whether the connector can carry them, and to compare what would be written with what lies in the
//! folder.

use std::path::Path;

use connectors::{ConnectorInput, FileSet, Files, Hidden, PreviewPart};
use secrecy::SecretString;
use vault::{Customer, SecretKind};

use crate::access::{self, Access};
use crate::contract::{
    ExportView, FileChange, FilesPreview, FilesQuery, HiddenValue, PreviewedFile, PreviewedPart, Problem,
    ProblemCode, Step,
};
use crate::export::{absolute, older_names};
use crate::proof::read_folder;
use crate::{Engine, clock, destination, problems, steps};

impl Engine {
    /// Says what an export would write into a folder, without its secrets.
    ///
    /// # Errors
    ///
    /// `step-missing`, `combination-impossible`, `value-not-carried`, and `file-trouble` for a folder that cannot be read.
    pub async fn preview_files(&self, query: FilesQuery) -> Result<FilesPreview, Problem> {
        let customer = self.find(&query.customer).await?;
        if customer.consent.is_none() {
            return Err(steps::missing(Step::Consent));
        }
        let access = Access::of(self, &customer).await?;
        let connector = query.connector;
        destination::require(&access.cloud, customer.source, customer.grant, Some(connector))?;
        let folder = absolute(&query.folder)?;
        // Files of the last export carry its time: compared with it, time alone makes no difference.
        let exported: Option<ExportView> =
            customer.export.clone().and_then(|export| serde_json::from_value(export).ok());
        let at = exported
            .filter(|export| Path::new(&export.folder) == folder)
            .map_or_else(clock::now, |export| export.at);
        let lying = if folder.is_dir() { read_folder(&folder)? } else { Files::new() };
        let theirs = connectors::read_back(&lying).ok().filter(|(found, _)| *found == connector);
        let (their_refresh, their_access) =
            theirs.map_or((None, None), |(_, read)| (read.refresh_token, read.access_token));
        let lacks_access = their_access.is_none();

        let language = self.language_of_files(query.language.as_deref());
        let input = self.input(&customer, &access, their_access, at, language).await?;
        let render = |input: &ConnectorInput| {
            connectors::render(connector, input)
                .map_err(|refusal| problems::of_rendering(&refusal, connector))
        };
        let set = render(&input)?;
        let shown = connectors::preview(connector, &input)
            .map_err(|refusal| problems::of_rendering(&refusal, connector))?;
        let notes = set.notes.iter().map(ToString::to_string).collect();
        let gone = older_names(&folder, &set);
        let with_their_token = match their_refresh {
            Some(token) if input.refresh_token.is_some() => {
                Some(render(&ConnectorInput { refresh_token: Some(token), ..input })?)
            }
            _ => None,
        };
        let manifest = set.files.last().map(|file| String::from_utf8_lossy(file.bytes()).into_owned());
        let files = shown
            .into_iter()
            .map(|file| {
                let place = connector.place_of(&file.name);
                let parts = if file.name == connectors::MANIFEST {
                    manifest_parts(manifest.as_deref().unwrap_or_default(), &set, lacks_access)
                } else {
                    file.parts.into_iter().map(part).collect()
                };
                PreviewedFile {
                    change: change(&file.name, &lying, &set, with_their_token.as_ref()),
                    role: connector.role_of(&file.name).to_string(),
                    place: place.kind.to_string(),
                    at: place.at.to_owned(),
                    secret: file.secret,
                    name: file.name,
                    parts,
                }
            })
            .collect();
        Ok(FilesPreview { connector, files, gone, notes })
    }

    /// A value that a preview hides, for whoever puts it where a person asked for it. It never goes to the window.
    ///
    /// # Errors
    ///
    /// `step-missing` where there is no such value.
    pub async fn hidden_value(&self, customer: &str, value: HiddenValue) -> Result<SecretString, Problem> {
        let customer = self.find(customer).await?;
        let result = self.sealed_value(&customer, value).await;
        self.journalled("value-copied", &customer, result).await
    }

    async fn sealed_value(&self, customer: &Customer, value: HiddenValue) -> Result<SecretString, Problem> {
        match value {
            HiddenValue::ClientSecret => self.client_secret(customer).await,
            HiddenValue::RefreshToken => access::sealed(self, customer, SecretKind::RefreshToken)
                .await?
                .ok_or_else(|| steps::missing(Step::Consent)),
            // Neither is kept: they are made when files are written.
            HiddenValue::AccessToken | HiddenValue::Checksum => {
                Err(Problem::new(ProblemCode::StepMissing).with("step", "export"))
            }
        }
    }
}

fn change(name: &str, lying: &Files, set: &FileSet, with_their_token: Option<&FileSet>) -> FileChange {
    let Some(there) = lying.get(name) else { return FileChange::New };
    let same = |set: &FileSet| set.files.iter().any(|file| file.name == name && file.bytes() == there);
    if same(set) {
        FileChange::Same
    } else if with_their_token.is_some_and(same) {
        FileChange::Renewed
    } else {
        FileChange::Changed
    }
}

fn part(part: PreviewPart) -> PreviewedPart {
    match part {
        PreviewPart::Text(text) => PreviewedPart { text, hidden: None },
        PreviewPart::Hidden(hidden) => PreviewedPart {
            text: String::new(),
            hidden: Some(match hidden {
                Hidden::ClientSecret => HiddenValue::ClientSecret,
                Hidden::RefreshToken => HiddenValue::RefreshToken,
                Hidden::AccessToken => HiddenValue::AccessToken,
            }),
        },
    }
}

/// The manifest holds no secret. Hashes of files that are to hold a token which is not there yet are left open.
fn manifest_parts(manifest: &str, set: &FileSet, open: bool) -> Vec<PreviewedPart> {
    let text = |text: &str| PreviewedPart { text: text.to_owned(), hidden: None };
    if !open || set.connector != connectors::ConnectorId::SplunkRest {
        return vec![text(manifest)];
    }
    // The first file is the one with the token; its hash is the first one that the manifest names.
    let cut = manifest.split_once("\"sha256\": \"").and_then(|(before, rest)| {
        let (_, after) = rest.split_once('"')?;
        Some((before, after))
    });
    match cut {
        Some((before, after)) => vec![
            text(&format!("{before}\"sha256\": \"")),
            PreviewedPart { text: String::new(), hidden: Some(HiddenValue::Checksum) },
            text(&format!("\"{after}")),
        ],
        None => vec![text(manifest)],
    }
}
