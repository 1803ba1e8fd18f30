//! The proof: the connector files are read back, and alerts are pulled with what they say and nothing else.
//!
//! The vault gives only what no file should have to say: which tenant to expect, which hosts may be asked, and which
//! certificate authority to trust. Ids, secret, token, addresses and audience come from the files.

mod newest;
mod said;
mod tokens;

use std::path::Path;

use connectors::{ConnectorId, Files, ReadBack};
use entra::AccessClaims;
use secrecy::ExposeSecret;
use vault::{Customer, SecretKind};

use self::newest::{Found, newest};
use self::said::Said;
use self::tokens::FileTokens;
use crate::contract::{
    EvidenceKey, ExportView, FileState, Problem, ProblemCode, Progress, Proof, ProofView, ProvenFile,
};
use crate::engine::cloud_of;
use crate::export::absolute;
use crate::gathered::Gathered;
use crate::host::{Host, Witness};
use crate::pull::Reading;
use crate::{Engine, access, clock, problems};

/// Largest file that can be one of ours, in bytes.
const LARGEST_FILE: u64 = 1024 * 1024;

impl Engine {
    /// Proves a customer with the files of a folder.
    ///
    /// # Errors
    ///
    /// `files-incomplete` for what the files lack, `foreign-host` when they name a host outside the customer's cloud,
    /// and everything that Entra, the API and the network say. Having no alerts is not an error.
    pub async fn verify(&self, customer: &str, folder: &str, host: &dyn Host) -> Result<Proof, Problem> {
        let customer = self.find(customer).await?;
        let result = self.prove(customer.clone(), folder, None, host).await;
        self.journalled("verify", &customer, result).await
    }

    /// As [`verify`](Self::verify), for somebody who wants to look at all the alerts: they are gathered while they arrive,
    /// and stay there whatever becomes of the rest.
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify), and `file-trouble` when the disk takes no more.
    pub async fn verify_gathering(
        &self,
        customer: &str,
        folder: &str,
        gathered: &Gathered,
        host: &dyn Host,
    ) -> Result<Proof, Problem> {
        let customer = self.find(customer).await?;
        let result = self.prove(customer.clone(), folder, Some(gathered), host).await;
        self.journalled("verify", &customer, result).await
    }

    async fn prove(
        &self,
        mut customer: Customer,
        folder: &str,
        gathered: Option<&Gathered>,
        host: &dyn Host,
    ) -> Result<Proof, Problem> {
        let folder = absolute(folder)?;
        let cloud = cloud_of(&customer)?;
        let mut witness = Witness::new(host);
        witness.checking(EvidenceKey::FilesReadBack);
        // What a killed export began is finished first, so that the set is the old one or the new one.
        vault::files::recover(&folder).map_err(|error| problems::of_file(&error, &folder))?;
        let found = read_folder(&folder)?;
        let said = match Said::of_files(&found, &customer, &cloud) {
            Ok(said) => said,
            Err(problem) => {
                // Which file it is that is wrong, beside those that are not.
                for file in standing(&found, None, problem.params.get("file").map(String::as_str)) {
                    host.progress(Progress::ProvenFile(file));
                }
                return Err(witness.failed_by(EvidenceKey::FilesReadBack, problem));
            }
        };
        let connector = said.connector;
        let mut names = standing(&found, Some((connector, &said.read)), None);
        drop(found);
        for file in &names {
            host.progress(Progress::ProvenFile(file.clone()));
        }
        witness.proven(EvidenceKey::FilesReadBack, &[("connector", connector.as_str())]);

        let http = self.http(&cloud).await?;
        let tokens = FileTokens::new(&said, &http, &cloud);
        witness.checking(EvidenceKey::TokenFromFiles);
        let token = match defender::TokenSource::bearer(&tokens, false).await {
            Ok(token) => token,
            Err(problem) => {
                // What Microsoft refuses may have been typed into a file since it was exported.
                let problem = match said.read.changed_since_export.as_slice() {
                    [] => problem,
                    changed => problem.with("file", changed.join(", ")),
                };
                return Err(witness.failed_by(EvidenceKey::TokenFromFiles, problem));
            }
        };
        self.keep_renewed(&customer, &said, &tokens).await?;
        let claims = AccessClaims::read(&token);
        if let Some(tenant) = claims.as_ref().and_then(|claims| claims.tenant_id.as_deref()) {
            if !tenant.eq_ignore_ascii_case(&customer.tenant_id) {
                witness.failed(EvidenceKey::TokenFromFiles, &[("actual", tenant)]);
                return Err(Problem::new(ProblemCode::WrongTenant)
                    .with("expected", customer.tenant_id.clone())
                    .with("actual", tenant));
            }
        }
        let granted =
            claims.map(|claims| [claims.scopes, claims.roles].concat().join(" ")).unwrap_or_default();
        witness.proven(
            EvidenceKey::TokenFromFiles,
            &[("tenant-id", &customer.tenant_id), ("granted", &granted), ("grant", said.read.grant.as_str())],
        );

        witness.checking(EvidenceKey::AlertsPulled);
        let reading = Reading {
            http: &http,
            cloud: &cloud,
            source: said.read.source,
            grant: said.read.grant,
            address: said.alerts.clone(),
            tenant_id: &customer.tenant_id,
            client_id: &said.read.client_id,
            audience: &said.audience,
        };
        let Found { summary, looked, alerts } = match newest(&reading, &tokens, gathered, host).await {
            Ok(pulled) => pulled,
            Err(problem) => return Err(witness.failed_by(EvidenceKey::AlertsPulled, problem)),
        };
        witness.proven(EvidenceKey::AlertsPulled, &[("alerts", &summary.alerts.to_string())]);

        // What was read has opened a token and found alerts: now each file that was read is proven.
        for file in names.iter_mut().filter(|file| said.read.files.contains(&file.name)) {
            file.proven = true;
        }
        let at = clock::now();
        self.keep_proof(
            &mut customer,
            &folder,
            ProofView { at, alerts: summary.alerts, files: names.clone() },
        )
        .await?;
        Ok(Proof {
            at,
            folder: folder.display().to_string(),
            connector,
            files: names,
            evidence: witness.into_evidence(),
            pull: summary,
            looked,
            alerts,
            customer: self.view_of(customer).await?,
        })
    }

    /// Using a refresh token brings a newer one, and where an old one is good for one use, the newer one is all there is.
    /// When the files carry the very sign-in that the vault keeps, the vault keeps it alive.
    async fn keep_renewed(
        &self,
        customer: &Customer,
        said: &Said,
        tokens: &FileTokens<'_>,
    ) -> Result<(), Problem> {
        let Some(renewed) = tokens.renewed().await else { return Ok(()) };
        let kept = access::sealed(self, customer, SecretKind::RefreshToken).await?;
        let theirs = said.read.refresh_token.as_ref();
        let same =
            kept.zip(theirs).is_some_and(|(kept, theirs)| kept.expose_secret() == theirs.expose_secret());
        if same { access::seal(self, customer, SecretKind::RefreshToken, renewed).await } else { Ok(()) }
    }

    /// A proof belongs to the files that were exported last: only those end the wizard.
    async fn keep_proof(
        &self,
        customer: &mut Customer,
        folder: &Path,
        proof: ProofView,
    ) -> Result<(), Problem> {
        let exported: Option<ExportView> =
            customer.export.clone().and_then(|export| serde_json::from_value(export).ok());
        if exported.is_none_or(|export| Path::new(&export.folder) != folder) {
            return Ok(());
        }
        customer.proof = Some(serde_json::to_value(&proof).map_err(|error| {
            Problem::new(ProblemCode::Internal).with("reason", "proof-not-kept").caused_by(&error)
        })?);
        self.store(customer).await
    }
}

/// How each file of a set stands beside the manifest: those that were read or listed, and strangers with a name that
/// some connector uses. Nothing is proven yet.
fn standing(files: &Files, read: Option<(ConnectorId, &ReadBack)>, wrong: Option<&str>) -> Vec<ProvenFile> {
    let listed = connectors::names_in_manifest(files.get(connectors::MANIFEST).unwrap_or_default());
    let changed = connectors::changed_since_export(files);
    let mut names: Vec<&str> =
        read.map_or_else(Vec::new, |(_, read)| read.files.iter().map(String::as_str).collect());
    for name in listed.iter().map(String::as_str).chain(files.names()).chain(wrong) {
        let ours = connectors::is_file_of_a_set(name) && name != connectors::MANIFEST;
        if ours && !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            names.push(name);
        }
    }
    names
        .into_iter()
        .map(|name| ProvenFile {
            name: name.to_owned(),
            proven: false,
            state: if files.get(name).is_none() {
                FileState::Missing
            } else if changed.iter().any(|changed| changed == name) {
                FileState::Edited
            } else if listed.is_empty() || listed.iter().any(|listed| listed.eq_ignore_ascii_case(name)) {
                FileState::AsExported
            } else {
                FileState::Unlisted
            },
            role: read.map_or_else(String::new, |(connector, _)| connector.role_of(name).to_string()),
        })
        .collect()
}

/// The files of a folder by name; what is too large to be ours is left out.
pub(crate) fn read_folder(folder: &Path) -> Result<Files, Problem> {
    let trouble = |error: &std::io::Error| {
        Problem::new(ProblemCode::FileTrouble)
            .with("path", folder.display().to_string())
            .with("reason", error.to_string())
    };
    let mut files = Files::new();
    for entry in std::fs::read_dir(folder).map_err(|error| trouble(&error))? {
        let entry = entry.map_err(|error| trouble(&error))?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let metadata = std::fs::metadata(entry.path()).map_err(|error| trouble(&error))?;
        if metadata.is_file() && metadata.len() <= LARGEST_FILE {
            files.insert(name, std::fs::read(entry.path()).map_err(|error| trouble(&error))?);
        }
    }
    Ok(files)
}
