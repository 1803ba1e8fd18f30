//! The settings of this installation, in `<data>/settings.toml`: language, proxy, additional authorities.
//!
//! The file holds nothing secret: the proxy's password is sealed in the vault. Authorities are copied into it whole, so
//! that a file that changes later changes nothing here. A settings file that cannot be read stops the product rather than
//! sending its requests another way than was set.

use std::path::Path;
use std::time::Instant;

use catalog::Cloud;
use rustls::pki_types::CertificateDer;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use url::Url;
use vault::OwnSecret;

use crate::contract::{
    AuthorityInput, AuthorityView, EditSettings, HostCheck, Problem, ProblemCode, ProxyInput, ProxyMode,
    ProxyView, SettingsView,
};
use crate::network::{self, Http, Route};
use crate::{Engine, problems};

/// The file's name in the data folder.
const FILE: &str = "settings.toml";
/// The languages of the product.
const LANGUAGES: [&str; 3] = ["en", "ko", "zh-TW"];
/// A file of authorities is no larger than this, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// The settings as they lie on disk.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    #[serde(default)]
    proxy: ProxySettings,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    authority: Vec<Authority>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProxySettings {
    mode: ProxyMode,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address: Option<Url>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    #[serde(default = "loopback")]
    bypass: String,
}

impl Default for ProxySettings {
    fn default() -> Self {
        Self { mode: ProxyMode::System, address: None, user: None, bypass: loopback() }
    }
}

fn loopback() -> String {
    network::LOOPBACK.to_owned()
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Authority {
    /// For people who read the file.
    subject: String,
    sha256: String,
    pem: String,
}

/// The language that was set in a data folder, without opening its vault; `None` where none was, or none can be read.
pub fn language_in(folder: &Path) -> Option<String> {
    Settings::read(folder).ok()?.language
}

/// Sets the language in a data folder, without opening its vault. With an open one, [`Engine::edit_settings`] does it.
///
/// # Errors
///
/// `invalid-input` for a language that is none of the product's, `file-trouble`.
pub fn keep_language(folder: &Path, language: &str) -> Result<(), Problem> {
    let settings = Settings { language: language_of(language)?, ..Settings::read(folder)? };
    vault::files::own_folder(folder).map_err(|error| problems::of_file(&error, folder))?;
    settings.write(folder)
}

/// A tag of the product's languages; `None` for that of the system.
fn language_of(tag: &str) -> Result<Option<String>, Problem> {
    match tag {
        "system" => Ok(None),
        tag if LANGUAGES.contains(&tag) => Ok(Some(tag.to_owned())),
        _ => Err(invalid("language", "language-unknown")),
    }
}

impl Settings {
    /// The language that was set.
    pub(crate) fn language(&self) -> Option<&str> {
        self.language.as_deref()
    }

    /// Reads them; without a file, the ones to begin with.
    pub(crate) fn read(folder: &Path) -> Result<Self, Problem> {
        let path = folder.join(FILE);
        let trouble = |reason: &str, error: &(dyn std::error::Error + 'static)| {
            Problem::new(ProblemCode::FileTrouble)
                .with("path", path.display().to_string())
                .with("reason", reason)
                .caused_by(error)
        };
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(trouble(&error.to_string(), &error)),
        };
        toml::from_str(&text).map_err(|error| trouble("settings-malformed", &error))
    }

    fn write(&self, folder: &Path) -> Result<(), Problem> {
        let text = toml::to_string(self).map_err(|error| {
            Problem::new(ProblemCode::Internal).with("reason", "settings-not-written").caused_by(&error)
        })?;
        vault::files::write(&folder.join(FILE), text.as_bytes(), true)
            .map_err(|error| problems::of_file(&error, folder))
    }

    /// What is reached without a proxy that was entered.
    pub(crate) fn bypass(&self) -> &str {
        &self.proxy.bypass
    }

    /// Who signs in to the proxy that was entered, where that is this one.
    pub(crate) fn user_of(&self, proxy: &Url) -> Option<&str> {
        self.proxy.user.as_deref().filter(|_| self.proxy.address.as_ref() == Some(proxy))
    }

    fn route(&self, password: Option<SecretString>) -> Route {
        match (self.proxy.mode, &self.proxy.address) {
            (ProxyMode::Manual, Some(address)) => Route::Manual {
                address: address.clone(),
                user: self.proxy.user.clone(),
                password,
                bypass: self.proxy.bypass.clone(),
            },
            (ProxyMode::Direct, _) => Route::Direct,
            // Manual without an address is never stored.
            (ProxyMode::System | ProxyMode::Manual, _) => Route::System,
        }
    }

    /// The client that these settings give where no secret is needed for it.
    pub(crate) fn client_without_password(&self, cloud: &Cloud) -> Option<Http> {
        if self.proxy.user.is_some() {
            return None;
        }
        network::client(cloud, &self.route(None), self.authorities()).ok()
    }

    fn authorities(&self) -> Vec<CertificateDer<'static>> {
        self.authority
            .iter()
            .filter_map(|authority| network::certificates(authority.pem.as_bytes()))
            .flatten()
            .collect()
    }
}

impl Engine {
    /// The settings as they are.
    ///
    /// # Errors
    ///
    /// What the vault says.
    pub async fn settings(&self) -> Result<SettingsView, Problem> {
        let password = self.with_vault(|vault| vault.own_secret(OwnSecret::ProxyPassword)).await?;
        let settings = self.present_settings();
        let login = Cloud::builtins().first().map(|cloud| cloud.login.clone());
        Ok(SettingsView {
            language: settings.language,
            proxy: ProxyView {
                mode: settings.proxy.mode,
                address: settings.proxy.address.map(|address| address.to_string()),
                user: settings.proxy.user,
                password_kept: password.is_some(),
                bypass: settings.proxy.bypass,
                found: login.as_ref().and_then(network::found_by_the_system),
                unfollowed: network::unfollowed().await,
            },
            authorities: settings.authority.iter().flat_map(|one| views(one.pem.as_bytes())).collect(),
        })
    }

    /// Changes settings: all of what is asked, or nothing. The journal says which, not with what values.
    ///
    /// # Errors
    ///
    /// `invalid-input`, `file-trouble`, and what the vault says.
    pub async fn edit_settings(&self, request: EditSettings) -> Result<SettingsView, Problem> {
        let EditSettings { language, proxy, trust, distrust } = request;
        let mut settings = self.present_settings();
        let mut changed: Vec<String> = Vec::new();
        if let Some(language) = language {
            settings.language = language_of(&language)?;
            changed.push("language".to_owned());
        }
        let mut password = None;
        if let Some(proxy) = proxy {
            password = enter_proxy(&mut settings.proxy, proxy)?;
            changed.push("proxy".to_owned());
        }
        if let Some(input) = trust {
            for authority in read_authorities(&input).await? {
                changed.push(format!("trusted {}", authority.sha256));
                settings.authority.retain(|one| one.sha256 != authority.sha256);
                settings.authority.push(authority);
            }
        }
        if let Some(fingerprint) = distrust {
            let wanted = bare(&fingerprint);
            let before = settings.authority.len();
            settings.authority.retain(|one| bare(&one.sha256) != wanted);
            if settings.authority.len() == before {
                return Err(invalid("sha256", "authority-unknown"));
            }
            changed.push(format!("no longer trusted {fingerprint}"));
        }
        if let Some(password) = password {
            let kept = Some(password).filter(|password| !password.expose_secret().is_empty());
            self.with_vault(move |vault| vault.put_own_secret(OwnSecret::ProxyPassword, kept.as_ref()))
                .await?;
        }
        settings.write(self.folder())?;
        self.take_settings(settings);
        let (at, outcome) = (crate::clock::now(), changed.join(", "));
        self.with_vault(move |vault| vault.record(at, "settings", None, &outcome)).await?;
        self.settings().await
    }

    /// What a file of authorities holds, for a person who compares fingerprints before trusting it. Nothing is stored.
    ///
    /// # Errors
    ///
    /// `invalid-input` when it holds no certificate, `file-trouble`.
    pub async fn look_at_authorities(&self, file: String) -> Result<Vec<AuthorityView>, Problem> {
        let found = read_authorities(&AuthorityInput { file, sha256: None }).await?;
        Ok(found.iter().flat_map(|one| views(one.pem.as_bytes())).collect())
    }

    /// Asks every host of a cloud for any answer at all, with nothing secret, by the way that is set.
    ///
    /// # Errors
    ///
    /// `cloud-unknown`. A host that cannot be reached is an answer, not an error.
    pub async fn check_network(&self, cloud: Option<String>) -> Result<Vec<HostCheck>, Problem> {
        let cloud = self.cloud(cloud.as_deref())?;
        let http = self.http(&cloud).await?;
        let mut hosts: Vec<&Url> = Vec::new();
        for base in [&cloud.login, &cloud.graph].into_iter().chain(&cloud.defender).chain(&cloud.xdr) {
            if !hosts.iter().any(|known| known.origin() == base.origin()) {
                hosts.push(base);
            }
        }
        let checks = hosts.into_iter().map(|base| check_host(&http, base));
        Ok(futures_util::future::join_all(checks).await)
    }

    /// Whether the settings name authorities beside the operating system's.
    pub(crate) fn adds_authorities(&self) -> bool {
        !self.present_settings().authority.is_empty()
    }

    /// The HTTP client for a cloud, with proxy and authorities as they are set. Clients of one cloud share connections.
    pub(crate) async fn http(&self, cloud: &Cloud) -> Result<Http, Problem> {
        self.keep_prepared_client().await;
        if let Some(client) = self.kept_client(cloud) {
            return Ok(client);
        }
        let settings = self.present_settings();
        let password = match settings.proxy.user {
            Some(_) => self.with_vault(|vault| vault.own_secret(OwnSecret::ProxyPassword)).await?,
            None => None,
        };
        let one_run = self.one_run();
        let route = one_run.route.unwrap_or_else(|| settings.route(password));
        let authorities = [settings.authorities(), one_run.authorities].concat();
        let client = network::client(cloud, &route, authorities)?;
        self.keep_client(cloud, &settings, &client);
        Ok(client)
    }
}

async fn check_host(http: &Http, base: &Url) -> HostCheck {
    let host = entra::host_of(base);
    let began = Instant::now();
    // Any answer will do, 404 too: it has come through proxy and TLS. A proxy's own answer is none.
    let outcome = http.client().get(base.clone()).send().await;
    let problem = match outcome {
        Ok(answer) if answer.status().as_u16() == 407 => Some(problems::of_transport(
            &entra::TransportError::ProxyRefused { host: host.clone() },
            Some(http),
        )),
        Ok(_) => None,
        Err(error) => Some(problems::of_transport(
            &entra::TransportError::from_http(&host, &error.without_url()),
            Some(http),
        )),
    };
    HostCheck { host, milliseconds: u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX), problem }
}

/// Takes over what was entered; hands the password back, which is not for the file.
fn enter_proxy(proxy: &mut ProxySettings, input: ProxyInput) -> Result<Option<SecretString>, Problem> {
    let ProxyInput { mode, address, user, password, bypass } = input;
    if let Some(address) = address.filter(|address| !address.trim().is_empty()) {
        proxy.address = Some(Route::address(&address).map_err(|fault| invalid("proxy", fault.as_str()))?);
    }
    if let Some(user) = user {
        let user = user.trim().to_owned();
        if user.chars().any(char::is_control) || user.contains(':') {
            return Err(invalid("proxy-user", "proxy-user-malformed"));
        }
        proxy.user = Some(user).filter(|user| !user.is_empty());
    }
    if let Some(bypass) = bypass {
        bypass.trim().clone_into(&mut proxy.bypass);
    }
    if mode == ProxyMode::Manual && proxy.address.is_none() {
        return Err(invalid("proxy", "missing"));
    }
    proxy.mode = mode;
    let password = password.map(crate::contract::SecretInput::into_secret);
    if password.as_ref().is_some_and(|password| password.expose_secret().chars().any(char::is_control)) {
        return Err(invalid("proxy-password", "control-character"));
    }
    Ok(password)
}

/// The authorities of a file, for a client.
pub(crate) async fn authorities_in(file: &str) -> Result<Vec<CertificateDer<'static>>, Problem> {
    let found = read_authorities(&AuthorityInput { file: file.to_owned(), sha256: None }).await?;
    Ok(found.iter().filter_map(|one| network::certificates(one.pem.as_bytes())).flatten().collect())
}

async fn read_authorities(input: &AuthorityInput) -> Result<Vec<Authority>, Problem> {
    let trouble = |error: &std::io::Error| {
        Problem::new(ProblemCode::FileTrouble)
            .with("path", input.file.clone())
            .with("reason", error.to_string())
            .caused_by(error)
    };
    let size = tokio::fs::metadata(&input.file).await.map_err(|error| trouble(&error))?.len();
    if size > LARGEST {
        return Err(invalid("ca-file", "ca-file-too-large"));
    }
    let pem = tokio::fs::read(&input.file).await.map_err(|error| trouble(&error))?;
    let found =
        network::certificates(&pem).ok_or_else(|| invalid("ca-file", "ca-file-holds-no-certificate"))?;
    let authorities: Vec<Authority> = found
        .iter()
        .map(|certificate| {
            let (subject, _) = network::subject_of(certificate)
                .ok_or_else(|| invalid("ca-file", "ca-file-holds-no-certificate"))?;
            Ok(Authority { subject, sha256: fingerprint(certificate), pem: pem_of(certificate) })
        })
        .collect::<Result<_, Problem>>()?;
    if let Some(compared) = &input.sha256 {
        let compared: Vec<String> = compared.iter().map(|one| bare(one)).collect();
        if !authorities.iter().all(|one| compared.contains(&bare(&one.sha256))) {
            return Err(invalid("sha256", "fingerprint-differs"));
        }
    }
    Ok(authorities)
}

fn views(pem: &[u8]) -> Vec<AuthorityView> {
    let all = network::certificates(pem).unwrap_or_default();
    all.iter()
        .filter_map(|certificate| {
            let (subject, ends) = network::subject_of(certificate)?;
            Some(AuthorityView { subject, sha256: fingerprint(certificate), ends })
        })
        .collect()
}

/// SHA-256 as browsers and `openssl x509 -fingerprint -sha256` write it.
fn fingerprint(certificate: &[u8]) -> String {
    let digest = Sha256::digest(certificate);
    digest.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
}

/// A fingerprint without what people write between its digits.
fn bare(fingerprint: &str) -> String {
    fingerprint.chars().filter(char::is_ascii_hexdigit).collect::<String>().to_ascii_uppercase()
}

fn pem_of(certificate: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(certificate);
    let mut lines = vec!["-----BEGIN CERTIFICATE-----"];
    let mut rest = text.as_str();
    while !rest.is_empty() {
        // Base64 is ASCII: any place is between two characters.
        let (line, after) = rest.split_at(rest.len().min(64));
        lines.push(line);
        rest = after;
    }
    lines.push("-----END CERTIFICATE-----\n");
    lines.join("\n")
}

fn invalid(field: &str, reason: &str) -> Problem {
    Problem::new(ProblemCode::InvalidInput).with("field", field).with("reason", reason)
}
