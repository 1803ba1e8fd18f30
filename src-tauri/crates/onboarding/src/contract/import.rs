//! Customers from what is there already: old connector files, and a list of customers. Requests and responses; the
//! secrets in old files stay with the engine, which hands out a name for them that holds for a short while.

use catalog::{GrantKind, Region, SourceId};
use connectors::{ConnectorId, FoundKind, StaleKind};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{CustomerView, Evidence, Problem, SecretInput};

/// Asks what old files say. Nothing is stored and nobody is asked.
#[derive(Debug, Clone, Default, Deserialize, ts_rs::TS)]
#[ts(export)]
pub struct InspectOldFiles {
    /// Files and folders. Folders are searched; links inside them are not followed.
    pub paths: Vec<String>,
}

/// What old files say, without the secrets in them.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct OldFiles {
    /// Names what was found, its secrets included, to the engine that found it.
    pub handle: String,
    /// Until when the engine remembers it.
    #[ts(type = "string")]
    pub until: Timestamp,
    /// As they were asked for, to ask again.
    pub paths: Vec<String>,
    /// Customers to be.
    pub found: Vec<OldConnector>,
    /// Files that look like connector files and cannot be read: `old-file-damaged`, with file and line.
    pub problems: Vec<Problem>,
    /// What was not looked at, and why.
    pub left_out: Vec<LeftOut>,
}

/// A file or folder that was not looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct LeftOut {
    /// Which.
    pub path: String,
    /// Why, as a kebab-case reason.
    pub reason: String,
}

/// How a secret is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ts_rs::TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum OldSecret {
    /// Readable, and it may be one.
    Present,
    /// Not there.
    Absent,
    /// Only the SIEM can read it.
    Encrypted,
    /// It is the secret's id, and not its value.
    LooksLikeId,
    /// It cannot be one: cut, or something else was pasted.
    Malformed,
}

impl OldSecret {
    /// The kebab-case name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::Absent => "absent",
            Self::Encrypted => "encrypted",
            Self::LooksLikeId => "looks-like-id",
            Self::Malformed => "malformed",
        }
    }
}

/// One old configuration: a customer to be.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct OldConnector {
    /// Its place in the list, from 0.
    pub index: u32,
    /// What it is.
    pub kind: FoundKind,
    /// The file that counts.
    pub file: String,
    /// Its stanza, in files that have them.
    pub stanza: Option<String>,
    /// A name for the customer, from folder, tenant or stanza.
    pub name: String,
    /// A customer that has this tenant and app already.
    pub already: Option<String>,
    /// Tenant, GUID or domain.
    pub tenant: Option<String>,
    /// Application (client) id.
    pub client_id: Option<String>,
    /// Cloud id; absent where the default cloud is as good as any.
    pub cloud: Option<String>,
    /// Region of the legacy source.
    pub region: Option<Region>,
    /// The SIEM that reads files of this kind, where it can carry source and grant.
    pub connector: Option<ConnectorId>,
    /// Where its alerts come from.
    pub source: SourceId,
    /// The files say so, rather than that it is proposed.
    pub source_told: bool,
    /// How access is had.
    pub grant: GrantKind,
    /// Redirect URI that the customer will have.
    pub redirect_uri: Option<String>,
    /// The app's secret.
    pub secret: OldSecret,
    /// When the secret ends, where a comment says so.
    #[ts(type = "string | null")]
    pub secret_expires: Option<Date>,
    /// The lasting sign-in.
    pub refresh_token: OldSecret,
    /// Machine groups to which it limits itself.
    pub machine_groups: Vec<String>,
    /// Other settings: the SIEM needs them again.
    pub settings: Vec<OldSetting>,
    /// What no longer holds, by file and line.
    pub stale: Vec<StaleItem>,
    /// What is missing: `tenant`, `client-id`, `secret`, `sign-in`.
    pub missing: Vec<String>,
}

/// Another setting of the old configuration. Never a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct OldSetting {
    /// Its key, as the old software spells it.
    pub key: String,
    /// Its value.
    pub value: String,
    /// In which file.
    pub file: String,
    /// On which line, from 1.
    pub line: u32,
}

/// Something that no longer holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct StaleItem {
    /// What; also the key of its words.
    pub kind: StaleKind,
    /// In which file.
    pub file: String,
    /// On which line, from 1, where one can be named.
    pub line: Option<u32>,
    /// What stands there, where that can be no secret.
    pub was: Option<String>,
    /// What it becomes, where that is known.
    pub becomes: Option<String>,
}

/// Onboards a customer from what was found. What is absent is taken from the files.
#[derive(Debug, Deserialize, ts_rs::TS)]
#[ts(export)]
pub struct OnboardOldFiles {
    /// Of [`OldFiles`].
    pub handle: String,
    /// Of [`OldConnector`].
    pub index: u32,
    /// For people; also in file names and in the report.
    pub name: String,
    /// GUID or domain; resolved before anything is stored.
    #[ts(optional)]
    pub tenant: Option<String>,
    /// Cloud id.
    #[ts(optional)]
    pub cloud: Option<String>,
    /// Legacy region.
    #[ts(optional)]
    pub region: Option<Region>,
    /// The SIEM.
    #[ts(optional)]
    pub connector: Option<ConnectorId>,
    /// Another source than that of the files.
    #[ts(optional)]
    pub source: Option<SourceId>,
    /// Another grant than that of the files.
    #[ts(optional)]
    pub grant: Option<GrantKind>,
    /// Another app.
    #[ts(optional)]
    pub client_id: Option<String>,
    /// The provider's tenant.
    #[ts(optional)]
    pub home_tenant: Option<String>,
    /// Redirect URI as registered.
    #[ts(optional)]
    pub redirect_uri: Option<String>,
    /// Another secret than that of the files.
    #[ts(optional)]
    pub secret: Option<SecretInput>,
    /// The secret's end date as the portal shows it.
    #[ts(optional, type = "string")]
    pub secret_expires: Option<Date>,
}

/// What became of the access that the old files held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ts_rs::TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum CarriedAccess {
    /// It was used, compared, and is sealed: consent is proven.
    Proven,
    /// Microsoft refused it: consent is asked for, and the problem says why.
    Refused,
    /// There was nothing to try.
    NothingToTry,
}

impl CarriedAccess {
    /// The kebab-case name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::Refused => "refused",
            Self::NothingToTry => "nothing-to-try",
        }
    }
}

/// A customer that was onboarded from old files.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct OnboardedOldFiles {
    /// As it is now.
    pub customer: CustomerView,
    /// What became of the old access.
    pub access: CarriedAccess,
    /// Why Microsoft refused it.
    pub problem: Option<Problem>,
    /// What was compared on the way.
    pub evidence: Vec<Evidence>,
    /// What to know: see [`IMPORT_NOTES`].
    pub notes: Vec<String>,
}

/// Everything that may stand in [`OnboardedOldFiles::notes`].
pub const IMPORT_NOTES: &[&str] = &[
    "old-siem-holds-sign-in",
    "old-files-hold-secret",
    "secret-not-taken",
    "settings-to-enter-again",
    "machine-groups-not-carried",
];

/// Onboards the customers of a list (CSV).
#[derive(Debug, Clone, Deserialize, ts_rs::TS)]
#[ts(export)]
pub struct ImportList {
    /// The list.
    pub file: String,
    /// Look at everything, resolve tenants, and store nothing.
    pub check: bool,
}

/// How the import of a list came out.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct ImportReport {
    /// Nothing was stored: it was a check.
    pub check: bool,
    /// Lines that were imported, or would be.
    pub imported: u32,
    /// Lines that were refused.
    pub refused: u32,
    /// One for each customer of the list.
    pub lines: Vec<ImportLine>,
}

/// A line of a list.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct ImportLine {
    /// From 1, the heading included.
    pub line: u32,
    /// The customer's name.
    pub name: String,
    /// Why nothing of this line was stored; null: it was imported, or would be.
    pub problem: Option<Problem>,
    /// The customer's tenant, once it is resolved.
    pub tenant_id: Option<String>,
    /// The customer, once it is stored.
    pub customer: Option<CustomerView>,
    /// What became of the access in its old files, where it has some.
    pub access: Option<CarriedAccess>,
    /// Why Microsoft refused that access.
    pub access_problem: Option<Problem>,
    /// As in [`OnboardedOldFiles::notes`].
    pub notes: Vec<String>,
}
