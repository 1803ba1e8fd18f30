//! Export: the connector files of a customer, written for their owner only.

use std::path::{Path, PathBuf};

use catalog::{Audience, GrantKind};
use connectors::{ConnectorId, ConnectorInput};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use vault::files::{NewFile, NewSet};
use vault::{Customer, SecretKind};

use crate::access::{self, Access};
use crate::contract::{
    EvidenceKey, ExportRequest, ExportResult, ExportView, Problem, ProblemCode, Progress, Step, WrittenFile,
};
use crate::host::{Host, Witness};
use crate::{Engine, clock, destination, problems, pull, steps};

/// The file system does not keep others from reading what was written.
pub(crate) const OTHERS_CAN_READ: &str = "others-can-read";

impl Engine {
    /// The folder that the window suggests for a customer's files: in the person's documents, named after the customer.
    ///
    /// # Errors
    ///
    /// `customer-unknown`.
    pub async fn suggested_folder(&self, customer: &str) -> Result<String, Problem> {
        let customer = self.find(customer).await?;
        let users = directories::UserDirs::new();
        let documents = users
            .as_ref()
            .and_then(|users| users.document_dir().or_else(|| Some(users.home_dir())))
            .map_or_else(|| self.folder().to_owned(), Path::to_owned);
        let folder = documents.join("MSSP Onboard").join(connectors::destination_folder_name(&customer.name));
        Ok(folder.display().to_string())
    }

    /// Writes a customer's connector files.
    ///
    /// # Errors
    ///
    /// `step-missing`, `combination-impossible`, `value-not-carried`, `files-exist`, `folder-refused`, `file-trouble`,
    /// and what Entra says when a fresh token is fetched.
    pub async fn export(&self, request: ExportRequest, host: &dyn Host) -> Result<ExportResult, Problem> {
        let customer = self.find(&request.customer).await?;
        let result = self.write_files(customer.clone(), request, host).await;
        self.journalled("export", &customer, result).await
    }

    async fn write_files(
        &self,
        mut customer: Customer,
        request: ExportRequest,
        host: &dyn Host,
    ) -> Result<ExportResult, Problem> {
        if customer.consent.is_none() {
            return Err(steps::missing(Step::Consent));
        }
        if !steps::is_authorised(&customer, true) {
            return Err(steps::missing(Step::Authorise));
        }
        let access = Access::granted(self, &customer).await?;
        destination::require(&access.cloud, customer.source, customer.grant, Some(request.connector))?;
        let folder = absolute(&request.folder)?;
        let mut witness = Witness::new(host);
        witness.checking(EvidenceKey::FilesWritten);
        let language = self.language_of_files(request.language.as_deref());
        let at = clock::now();
        let tokens = access.tokens(self, &customer).await?;
        let input = self.input(&customer, &access, Some(tokens.access_token), at, language).await?;
        let set = connectors::render(request.connector, &input)
            .map_err(|refusal| problems::of_rendering(&refusal, request.connector))?;
        let mut notes = set.notes.iter().map(ToString::to_string).collect::<Vec<_>>();
        let files: Vec<WrittenFile> = set
            .files
            .iter()
            .map(|file| WrittenFile {
                name: file.name.clone(),
                bytes: file.bytes().len() as u64,
                sha256: hex::encode(Sha256::digest(file.bytes())),
                secret: file.secret,
            })
            .collect();
        let (engine, target, overwrite) = (self.clone(), folder.clone(), request.overwrite);
        let owner_only = tokio::task::spawn_blocking(move || {
            let contents: Vec<NewFile<'_>> =
                set.files.iter().map(|file| NewFile { name: &file.name, content: file.bytes() }).collect();
            let older = older_names(&target, &set);
            let gone: Vec<&str> = older.iter().map(String::as_str).collect();
            engine.write_set(&target, &NewSet { files: &contents, gone: &gone, overwrite })?;
            // Read back, because not every file system knows owners: a stick that was formatted elsewhere does not.
            set.files.iter().try_fold(true, |all, file| {
                vault::files::is_owner_only(&target.join(&file.name)).map(|only| all && only)
            })
        })
        .await
        .map_err(|error| problems::of_panic(&error))?
        .map_err(|error| problems::of_file(&error, &folder))?;
        if !owner_only {
            notes.push(OTHERS_CAN_READ.to_owned());
        }
        for file in &files {
            host.progress(Progress::File { name: file.name.clone() });
        }
        let folder = folder.display().to_string();
        witness
            .proven(EvidenceKey::FilesWritten, &[("folder", &folder), ("files", &files.len().to_string())]);
        steps::reset_after(&mut customer, Step::Export);
        customer.connector = Some(request.connector.as_str().to_owned());
        let view =
            ExportView { at, folder: folder.clone(), connector: request.connector, files: files.clone() };
        customer.export = Some(serde_json::to_value(&view).map_err(|error| {
            Problem::new(ProblemCode::Internal).with("reason", "export-not-kept").caused_by(&error)
        })?);
        self.store(&customer).await?;
        Ok(ExportResult {
            folder,
            connector: request.connector,
            files,
            notes,
            customer: self.view_of(customer).await?,
        })
    }

    /// The language of sheets and comments: the one that was asked for, or that of the settings.
    pub(crate) fn language_of_files(&self, asked: Option<&str>) -> connectors::Language {
        let language =
            asked.map(str::to_owned).or_else(|| self.present_settings().language().map(str::to_owned));
        connectors::Language::of_tag(&language.unwrap_or_default())
    }

    /// Everything that a connector may need, for files of that moment.
    pub(crate) async fn input(
        &self,
        customer: &Customer,
        access: &Access,
        access_token: Option<SecretString>,
        at: jiff::Timestamp,
        language: connectors::Language,
    ) -> Result<ConnectorInput, Problem> {
        let refresh_token = match customer.grant {
            GrantKind::RefreshToken => access::sealed(self, customer, SecretKind::RefreshToken).await?,
            GrantKind::AppOnly => None,
        };
        let (resource, scope) = match &access.audience {
            Audience::Resource(resource) => (Some(resource.clone()), None),
            Audience::Scopes(scopes) => (None, Some(scope_text(scopes, customer.grant))),
        };
        Ok(ConnectorInput {
            customer_name: customer.name.clone(),
            customer_tenant: customer.tenant_id.clone(),
            home_tenant: customer.home_tenant.clone(),
            cloud: access.cloud.id.clone(),
            source: customer.source,
            grant: customer.grant,
            region: customer.region,
            client_id: access.client_id.clone(),
            client_secret: copy(&access.secret),
            redirect_uri: access.redirect_uri.clone(),
            authorize_url: access.authority.authorize(&access.audience).to_string(),
            token_url: access.authority.token(&access.audience).to_string(),
            resource,
            scope,
            alerts_url: pull::address(customer, &access.cloud)?.to_string(),
            refresh_token,
            access_token,
            ca_file: access.cloud.ca_file.as_ref().map(|path| path.display().to_string()),
            language,
            read_from: at - jiff::SignedDuration::from_hours(24),
        })
    }
}

/// Names of an older set of ours in a folder that the new one does not replace: they hold older secrets, and go with it.
/// What the folder's manifest names and no connector ever writes is not ours and stays.
pub(crate) fn older_names(folder: &Path, set: &connectors::FileSet) -> Vec<String> {
    let manifest = std::fs::read(folder.join(connectors::MANIFEST)).unwrap_or_default();
    let stays = |name: &String| set.files.iter().any(|file| file.name.eq_ignore_ascii_case(name));
    connectors::names_in_manifest(&manifest).into_iter().filter(|name| !stays(name)).collect()
}

/// The scope as a SIEM must send it: with `offline_access` where it renews a lasting sign-in.
fn scope_text(scopes: &[String], grant: GrantKind) -> String {
    match grant {
        GrantKind::RefreshToken => format!("{} offline_access", scopes.join(" ")),
        GrantKind::AppOnly => scopes.join(" "),
    }
}

fn copy(secret: &SecretString) -> SecretString {
    SecretString::from(secret.expose_secret().to_owned())
}

/// A folder that means the same whatever the current folder is.
pub(crate) fn absolute(folder: &str) -> Result<PathBuf, Problem> {
    if folder.trim().is_empty() {
        return Err(Problem::new(ProblemCode::InvalidInput)
            .with("field", "folder")
            .with("reason", "folder-missing"));
    }
    std::path::absolute(folder.trim()).map_err(|error| {
        Problem::new(ProblemCode::FileTrouble).with("path", folder).with("reason", error.to_string())
    })
}

/// The connectors that can carry a customer's source and grant.
pub fn possible_connectors(source: catalog::SourceId, grant: GrantKind) -> Vec<ConnectorId> {
    ConnectorId::ALL.iter().copied().filter(|id| connectors::carries(*id, source, grant).is_ok()).collect()
}
