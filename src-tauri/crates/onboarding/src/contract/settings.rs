//! What is set for this installation rather than for a customer: language, proxy, additional authorities.

use serde::{Deserialize, Serialize};

use super::{Problem, SecretInput};

/// How hosts are reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum ProxyMode {
    /// As environment and operating system say.
    #[default]
    System,
    /// Without a proxy.
    Direct,
    /// Through the one that was entered.
    Manual,
}

/// The settings as they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct SettingsView {
    /// `en`, `ko`, `zh-TW`; null: as the system has it.
    pub language: Option<String>,
    /// How hosts are reached.
    pub proxy: ProxyView,
    /// Authorities that are trusted in addition to the operating system's.
    pub authorities: Vec<AuthorityView>,
}

/// The proxy as it is set. Its password never comes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct ProxyView {
    /// Which way.
    pub mode: ProxyMode,
    /// The one that was entered.
    pub address: Option<String>,
    /// Who signs in to it.
    pub user: Option<String>,
    /// Whether a password is sealed in the vault.
    pub password_kept: bool,
    /// What is reached without it: hosts, domains, networks, separated by commas.
    pub bypass: String,
    /// What environment and system name for Microsoft's sign-in host, without user and password.
    pub found: Option<String>,
    /// A setting of the system that cannot be followed; the proxy has to be entered instead.
    pub unfollowed: Option<UnfollowedProxy>,
}

/// A proxy setting of the operating system that is not followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct UnfollowedProxy {
    /// Which one.
    pub kind: UnfollowedKind,
    /// Where the script lies, or the proxy that is set; without user and password.
    pub address: Option<String>,
}

/// Which setting of the operating system is not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ts_rs::TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum UnfollowedKind {
    /// A script (PAC) that chooses a proxy for each address.
    Script,
    /// A script that the network is asked for (WPAD).
    Detection,
    /// The setting of a desktop that programs are expected to read for themselves.
    Desktop,
}

/// An authority, as its certificate says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct AuthorityView {
    /// Its name.
    pub subject: String,
    /// SHA-256 of the certificate, 32 bytes in hexadecimal with colons.
    pub sha256: String,
    /// When it ends, RFC 3339.
    pub ends: String,
}

/// A change of the settings. What is absent stays.
#[derive(Debug, Default, Deserialize, ts_rs::TS)]
#[serde(default)]
#[ts(export)]
pub struct EditSettings {
    /// A tag, or `system`.
    #[ts(optional)]
    pub language: Option<String>,
    /// Another way.
    #[ts(optional)]
    pub proxy: Option<ProxyInput>,
    /// An authority to be trusted.
    #[ts(optional)]
    pub trust: Option<AuthorityInput>,
    /// An authority, by fingerprint, to be trusted no more.
    #[ts(optional)]
    pub distrust: Option<String>,
}

/// A proxy as it is entered.
#[derive(Debug, Default, Deserialize, ts_rs::TS)]
#[serde(default)]
#[ts(export)]
pub struct ProxyInput {
    /// Which way.
    pub mode: ProxyMode,
    /// With `manual`: `host:port`, or with a scheme. Absent: the one that is there.
    #[ts(optional)]
    pub address: Option<String>,
    /// Who signs in to it; empty: nobody. Absent: as it is.
    #[ts(optional)]
    pub user: Option<String>,
    /// With what; empty: forgotten. Absent: as it is.
    #[ts(optional)]
    pub password: Option<SecretInput>,
    /// What is reached without it. Absent: as it is.
    #[ts(optional)]
    pub bypass: Option<String>,
}

/// A file with authorities.
#[derive(Debug, Deserialize, ts_rs::TS)]
#[ts(export)]
pub struct AuthorityInput {
    /// PEM.
    pub file: String,
    /// The fingerprints that a person has compared; the file is refused when it holds others.
    #[serde(default)]
    #[ts(optional)]
    pub sha256: Option<Vec<String>>,
}

/// Whether a host can be reached, and if not, why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct HostCheck {
    /// Host, with its port where that is unusual.
    pub host: String,
    /// How long it took, in milliseconds.
    pub milliseconds: u32,
    /// Null: it answered.
    pub problem: Option<Problem>,
}
