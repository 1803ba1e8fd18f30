//! The proof: the connector files are read back, and alerts are pulled with what they say and nothing else.
//!
//! The vault gives only what no file should have to say: which tenant to expect, which hosts may be asked, and which
//! certificate authority to trust. Ids, secret, token, addresses and audience come from the files.

use std::path::Path;
use std::time::Duration;

use catalog::{Audience, Cloud, GrantKind};
use connectors::{ConnectorId, Files, ReadBack};
use defender::{AlertRow, RawAlert};
use entra::{AccessClaims, Authority, Registration};
use jiff::SignedDuration;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;
use vault::{Customer, SecretKind};

use crate::contract::{
    EvidenceKey, ExportView, FileState, LookedBack, Problem, ProblemCode, Progress, Proof, ProofView,
    ProvenFile, PullQuery, PullSummary,
};
use crate::engine::cloud_of;
use crate::export::absolute;
use crate::gathered::Gathered;
use crate::host::{Host, Witness};
use crate::network::Http;
use crate::pull::Reading;
use crate::{Engine, access, clock, problems};

/// The newest alerts that a proof shows.
const SHOWN: usize = 200;
/// Windows of time that are tried one after the other until alerts are found, and their hours.
const WINDOWS: [(&str, i64); 3] = [("PT2H", 2), ("PT24H", 24), ("P30D", 30 * 24)];
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
        let tokens = FileTokens { said: &said, http: &http, cloud: &cloud, current: Mutex::new(None) };
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
        self.keep_renewed(&customer, &tokens).await?;
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
    async fn keep_renewed(&self, customer: &Customer, tokens: &FileTokens<'_>) -> Result<(), Problem> {
        let Some(renewed) = tokens.renewed().await else { return Ok(()) };
        let kept = access::sealed(self, customer, SecretKind::RefreshToken).await?;
        let theirs = tokens.said.read.refresh_token.as_ref();
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

/// What the files say, compared with the customer it should be.
struct Said {
    connector: ConnectorId,
    read: ReadBack,
    authority: Authority,
    audience: Audience,
    alerts: Url,
}

impl Said {
    fn of_files(files: &Files, customer: &Customer, cloud: &Cloud) -> Result<Self, Problem> {
        let (connector, read) =
            connectors::read_back(files).map_err(|problem| problems::of_reading(&problem))?;
        // What a SIEM's software knows by heart is filled in; in a lab, the lab's hosts are what it finds.
        Self::of(connector, read.in_cloud(cloud), customer, cloud)
    }

    fn of(
        connector: ConnectorId,
        read: ReadBack,
        customer: &Customer,
        cloud: &Cloud,
    ) -> Result<Self, Problem> {
        let incomplete = |reason: &str| {
            Problem::new(ProblemCode::FilesIncomplete)
                .with("file", read.files.first().cloned().unwrap_or_default())
                .with("reason", reason)
        };
        // The tenant stands in the token address, where there is one.
        let at_token_address = |reason: &str| match &read.tenant_at {
            Some((file, line)) => {
                incomplete(reason).with("file", file.clone()).with("line", line.to_string())
            }
            None => incomplete(reason),
        };
        if let Some(differs) = read.disagreements.first() {
            let problem = Problem::new(ProblemCode::FilesIncomplete)
                .with("file", differs.file.clone())
                .with("field", differs.field)
                .with("reason", "files-disagree");
            return Err(match differs.line {
                Some(line) => problem.with("line", line.to_string()),
                None => problem,
            });
        }
        let audience = match (&read.resource, &read.scope) {
            (Some(resource), None) => Audience::Resource(resource.clone()),
            (None, Some(scope)) => Audience::Scopes(
                scope
                    .split_whitespace()
                    .filter(|scope| *scope != "offline_access")
                    .map(str::to_owned)
                    .collect(),
            ),
            (None, None) | (Some(_), Some(_)) => {
                return Err(incomplete("files-resource-or-scope"));
            }
        };
        let authority = Authority::of_token_address(&read.token_url)
            .ok_or_else(|| at_token_address("files-token-address"))?;
        if authority.token(&audience).as_str() != read.token_url {
            return Err(at_token_address("files-generations-differ"));
        }
        if !authority.tenant().eq_ignore_ascii_case(&customer.tenant_id) {
            return Err(at_token_address("files-other-tenant")
                .with("actual", authority.tenant())
                .with("expected", customer.tenant_id.clone()));
        }
        sign_in_holds(&read, &authority, customer, cloud).map_err(|fault| match fault {
            SignInFault::Foreign(host) => {
                Problem::new(ProblemCode::ForeignHost).with("host", cloud.name.clone()).with("target", host)
            }
            SignInFault::Address => incomplete("files-authorize-address").with("field", "authorize_url"),
        })?;
        let alerts = Url::parse(read.alerts_base())
            .map_err(|error| incomplete("files-alert-address").caused_by(&error))?;
        for address in [authority.login(), &alerts] {
            if !cloud.allows(address) {
                return Err(Problem::new(ProblemCode::ForeignHost)
                    .with("host", cloud.name.clone())
                    .with("target", address.host_str().unwrap_or_default()));
            }
        }
        Ok(Self { connector, read, authority, audience, alerts })
    }
}

/// What a test pull found, and how far back it looked.
struct Found {
    summary: PullSummary,
    looked: Vec<LookedBack>,
    alerts: Vec<AlertRow>,
}

/// What is wrong with the address at which the files send a person to sign in.
enum SignInFault {
    /// It leads to this host, which is not of the customer's cloud.
    Foreign(String),
    /// It is no sign-in address of this tenant.
    Address,
}

/// Nothing is pulled from the sign-in address, but somebody who follows it types a password there.
fn sign_in_holds(
    read: &ReadBack,
    authority: &Authority,
    customer: &Customer,
    cloud: &Cloud,
) -> Result<(), SignInFault> {
    let Some(written) = &read.authorize_url else { return Ok(()) };
    let url = Url::parse(written).map_err(|_| SignInFault::Address)?;
    if !cloud.allows(&url) || !url.username().is_empty() || url.password().is_some() {
        return Err(SignInFault::Foreign(url.host_str().unwrap_or_default().to_owned()));
    }
    let anybodys = ["common", "organizations"];
    let tenants = [Some(authority.tenant()), customer.tenant_domain.as_deref()];
    let tenants = tenants.into_iter().flatten().chain(anybodys);
    let held = tenants.map(|tenant| Authority::new(authority.login().clone(), tenant)).any(|authority| {
        let either = [Audience::Resource(String::new()), Audience::Scopes(Vec::new())];
        either.iter().any(|audience| authority.authorize(audience).path().eq_ignore_ascii_case(url.path()))
    });
    if held { Ok(()) } else { Err(SignInFault::Address) }
}

/// Pulls, widening the window of time until there are alerts.
async fn newest(
    reading: &Reading<'_>,
    tokens: &FileTokens<'_>,
    gathered: Option<&Gathered>,
    host: &dyn Host,
) -> Result<Found, Problem> {
    let mut looked = Vec::new();
    let mut windows = WINDOWS.iter().peekable();
    loop {
        let window = windows.next();
        let mut rows = Newest::default();
        let query = PullQuery { ago: window.map(|(ago, _)| (*ago).to_owned()), ..PullQuery::default() };
        if let (Some(gathered), Some((_, hours))) = (gathered, window) {
            let now = clock::now();
            gathered.begin(now.saturating_sub(SignedDuration::from_hours(*hours)).unwrap_or(now), now);
        }
        let mut receive = |alert: RawAlert<'_>| {
            if let Some(gathered) = gathered {
                return gathered.push(&alert);
            }
            rows.push(alert.row());
            Ok(())
        };
        let mut summary = reading.run(query, tokens, &mut receive, host).await?;
        looked.extend(window.map(|(ago, _)| LookedBack { ago: (*ago).to_owned(), alerts: summary.alerts }));
        if summary.alerts > 0 || windows.peek().is_none() {
            if summary.alerts == 0 && summary.providers.is_empty() {
                summary.notes.push("raise-a-test-alert".to_owned());
            }
            return Ok(Found { summary, looked, alerts: rows.into_rows() });
        }
    }
}

/// Keeps the newest rows of a stream in bounded memory.
#[derive(Default)]
struct Newest(Vec<AlertRow>);

impl Newest {
    fn push(&mut self, row: AlertRow) {
        self.0.push(row);
        if self.0.len() >= 2 * SHOWN {
            self.trim();
        }
    }

    fn trim(&mut self) {
        self.0.sort_by_key(|row| std::cmp::Reverse(row.time));
        self.0.truncate(SHOWN);
    }

    fn into_rows(mut self) -> Vec<AlertRow> {
        self.trim();
        self.0
    }
}

/// Tokens fetched with what the files say. Nothing of it is stored: the files must stand alone.
struct FileTokens<'a> {
    said: &'a Said,
    http: &'a Http,
    cloud: &'a Cloud,
    current: Mutex<Option<Current>>,
}

/// What the files' values were last exchanged for.
struct Current {
    access_token: SecretString,
    until: Instant,
    refresh_token: Option<SecretString>,
}

impl FileTokens<'_> {
    async fn renewed(&self) -> Option<SecretString> {
        self.current.lock().await.as_ref().and_then(|current| current.refresh_token.clone())
    }
}

impl defender::TokenSource for FileTokens<'_> {
    type Error = Problem;

    async fn bearer(&self, rejected: bool) -> Result<SecretString, Problem> {
        let mut current = self.current.lock().await;
        if let Some(current) = &*current {
            if !rejected && Instant::now() + Duration::from_mins(5) < current.until {
                return Ok(current.access_token.clone());
            }
        }
        // Where an old one is good for one use only, the newest is the one to use.
        let newest = current.as_ref().and_then(|current| current.refresh_token.clone());
        let Said { read, authority, audience, .. } = self.said;
        let registration = Registration { client_id: &read.client_id, secret: &read.client_secret };
        let tokens = match (read.grant, newest.as_ref().or(read.refresh_token.as_ref())) {
            (GrantKind::AppOnly, _) => {
                entra::client_credentials(self.http.entra(), authority, registration, audience).await
            }
            (GrantKind::RefreshToken, Some(token)) => {
                entra::refresh(self.http.entra(), authority, registration, audience, token).await
            }
            (GrantKind::RefreshToken, None) => {
                return Err(Problem::new(ProblemCode::FilesIncomplete)
                    .with("file", "")
                    .with("reason", "files-without-refresh-token"));
            }
        };
        let (tenant, cloud) = (authority.tenant(), self.cloud.name.as_str());
        let asked = problems::Asked { tenant, cloud, redirect_uri: "", http: Some(self.http) };
        let tokens = tokens.map_err(|error| problems::of_entra(&error, &asked))?;
        let access_token = tokens.access_token.clone();
        *current = Some(Current {
            access_token: tokens.access_token,
            until: Instant::now() + tokens.expires_in,
            refresh_token: tokens.refresh_token.or(newest),
        });
        Ok(access_token)
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
