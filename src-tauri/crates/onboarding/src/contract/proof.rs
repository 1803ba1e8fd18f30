//! Steps 2 and 3, export, proof, pull and journal.

use connectors::ConnectorId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{BrowserChoice, CustomerView, Evidence, FileState};

/// How the redirect comes back (design 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum Catcher {
    /// A listener on this computer's loopback.
    Browser,
    /// The embedded sign-in window, which takes the answer before the redirect address is loaded: for registrations with
    /// an address that no listener can hold. Where there are no windows it is refused.
    Window,
    /// A person pastes the final address.
    Paste,
    /// The customer's admin agrees at another place and time; see [`HandoffPacket`](super::HandoffPacket).
    Handoff,
}

/// Starts step 2.
#[derive(Debug, Clone, Deserialize, ts_rs::TS)]
#[ts(export)]
pub struct ConsentRequest {
    /// Customer id or name.
    pub customer: String,
    /// How the answer comes back.
    pub catcher: Catcher,
    /// Ask the host to open the browser; otherwise the address is only told.
    pub open: bool,
    /// Which browser; the default one when absent.
    #[serde(default)]
    #[ts(optional)]
    pub browser: Option<BrowserChoice>,
    /// How long to wait, in seconds.
    pub timeout_seconds: u32,
}

/// Step 2 done.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct ConsentResult {
    /// The customer afterwards.
    pub customer: CustomerView,
    /// What was compared.
    pub evidence: Vec<Evidence>,
}

/// Starts step 3.
#[derive(Debug, Clone, Deserialize, ts_rs::TS)]
#[ts(export)]
pub struct AuthorisationRequest {
    /// Customer id or name.
    pub customer: String,
    /// How long to watch, in seconds; 0 looks once.
    pub wait_seconds: u32,
}

/// Step 3 done.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct AuthorisationResult {
    /// The customer afterwards.
    pub customer: CustomerView,
    /// What was compared.
    pub evidence: Vec<Evidence>,
}

/// Writes connector files.
#[derive(Debug, Clone, Deserialize, ts_rs::TS)]
#[ts(export)]
pub struct ExportRequest {
    /// Customer id or name.
    pub customer: String,
    /// Which SIEM.
    pub connector: ConnectorId,
    /// Where to.
    pub folder: String,
    /// Replace files of the same names.
    pub overwrite: bool,
    /// Language of sheets and comments in the files: `en`, `ko`, `zh-TW`. Absent: that of the settings.
    #[serde(default)]
    #[ts(optional)]
    pub language: Option<String>,
}

/// Files written.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct ExportResult {
    /// Where.
    pub folder: String,
    /// What.
    pub connector: ConnectorId,
    /// The files.
    pub files: Vec<WrittenFile>,
    /// What to know about this connector, as kebab-case keys that the caller translates.
    pub notes: Vec<String>,
    /// The customer afterwards.
    pub customer: CustomerView,
}

/// One file that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[ts(export)]
pub struct WrittenFile {
    /// Name inside the folder.
    pub name: String,
    /// Bytes.
    #[ts(type = "number")]
    pub bytes: u64,
    /// SHA-256, lower-case hex.
    pub sha256: String,
    /// It carries a secret, and only the owner can read it.
    pub secret: bool,
}

/// The evidence that a customer works: token claims, live pull, files read back.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct Proof {
    /// When.
    #[ts(type = "string")]
    pub at: Timestamp,
    /// Folder that was read.
    pub folder: String,
    /// Connector whose files they are.
    pub connector: ConnectorId,
    /// Each file and what was read from it.
    pub files: Vec<ProvenFile>,
    /// What was compared.
    pub evidence: Vec<Evidence>,
    /// The pull.
    pub pull: PullSummary,
    /// Each window of time that was looked into, from the shortest, until there were alerts.
    pub looked: Vec<LookedBack>,
    /// The newest alerts, at most 200; none where they were gathered.
    pub alerts: Vec<defender::AlertRow>,
    /// The customer afterwards.
    pub customer: CustomerView,
}

/// A window of time that was looked into.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[ts(export)]
pub struct LookedBack {
    /// How far back from then: an ISO 8601 duration (`PT2H`).
    pub ago: String,
    /// Alerts in it.
    #[ts(type = "number")]
    pub alerts: u64,
}

/// A file that was read back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[ts(export)]
pub struct ProvenFile {
    /// Name inside the folder.
    pub name: String,
    /// It held what it should.
    pub proven: bool,
    /// How it stands beside the manifest.
    #[serde(default)]
    pub state: FileState,
    /// What it is for, and so what was proven from it: a kebab-case word that the caller translates.
    #[serde(default)]
    pub role: String,
}

/// Which alerts to pull.
#[derive(Debug, Clone, Default, Deserialize, ts_rs::TS)]
#[ts(export)]
pub struct PullQuery {
    /// From here on.
    #[ts(optional, type = "string")]
    pub since: Option<Timestamp>,
    /// Up to here.
    #[ts(optional, type = "string")]
    pub until: Option<Timestamp>,
    /// ISO 8601 duration back from now (`PT2H`).
    #[ts(optional)]
    pub ago: Option<String>,
    /// At most so many.
    #[ts(optional, type = "number")]
    pub limit: Option<u64>,
    /// Machine groups.
    #[serde(default)]
    pub machine_groups: Vec<String>,
    /// Machine tags.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Only alerts of one of these severities.
    #[serde(default)]
    #[ts(optional, as = "Option<Vec<defender::Severity>>")]
    pub severities: Vec<defender::Severity>,
    /// Only alerts in one of these states.
    #[serde(default)]
    #[ts(optional, as = "Option<Vec<defender::Status>>")]
    pub statuses: Vec<defender::Status>,
}

/// What a pull saw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS)]
#[ts(export)]
pub struct PullSummary {
    /// Alerts.
    #[ts(type = "number")]
    pub alerts: u64,
    /// Repeats that were left out.
    #[ts(type = "number")]
    pub repeats: u64,
    /// Bytes of alert data.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Requests sent.
    pub requests: u32,
    /// Milliseconds from first request to last alert.
    #[ts(type = "number")]
    pub milliseconds: u64,
    /// Start of the window of time that was asked for.
    #[ts(type = "string | null")]
    pub since: Option<Timestamp>,
    /// Its end.
    #[ts(type = "string | null")]
    pub until: Option<Timestamp>,
    /// What to know about this pull, as kebab-case keys that the caller translates.
    pub notes: Vec<String>,
    /// Providers behind Graph whose alerts are missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<defender::ProviderTrouble>>")]
    pub providers: Vec<defender::ProviderTrouble>,
}

/// One entry of the journal.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct JournalEntry {
    /// Position, from 1.
    #[ts(type = "number")]
    pub number: u64,
    /// When.
    #[ts(type = "string")]
    pub at: Timestamp,
    /// What was done, kebab-case.
    pub action: String,
    /// To which customer.
    pub customer: Option<String>,
    /// `done` or a problem code; of a change of the settings, what was changed.
    pub outcome: String,
    /// SHA-256 over this entry and the one before.
    pub hash: String,
}

/// The journal and whether its chain holds.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct JournalState {
    /// Entries, oldest first.
    pub entries: Vec<JournalEntry>,
    /// Every hash was computed again and compared.
    pub verified: bool,
}
