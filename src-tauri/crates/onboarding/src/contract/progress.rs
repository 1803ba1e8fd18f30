//! What the engine says while it works: progress, and the evidence that the window shows beside each step.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ProvenFile;

/// One line of progress. With `--json` it is one JSON line on standard error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[ts(export)]
pub enum Progress {
    /// The address at which a person signs in, and until when the answer is awaited.
    SignIn {
        /// To be opened in a browser. Carries `state` and `nonce`, no secret.
        url: String,
        /// End of the wait.
        #[ts(type = "string")]
        expires: Timestamp,
    },
    /// The browser was asked to open.
    BrowserOpened,
    /// Somebody must act, and the engine waits.
    Waiting {
        /// For whom or what.
        waiting_for: WaitingFor,
        /// End of the wait.
        #[ts(type = "string")]
        until: Timestamp,
        /// How often the engine has looked.
        attempts: u32,
    },
    /// Something happened at the place where the answer is awaited; the wait goes on.
    Noticed {
        /// What.
        notice: Notice,
        /// Why it is no answer, as a kebab-case reason that the caller translates.
        reason: Option<String>,
        /// How often so far. A flood is told at 1, 2, 4, 8, … times only.
        times: u32,
    },
    /// A check changed its state.
    Evidence(Evidence),
    /// A file was written or read.
    File {
        /// Its name.
        name: String,
    },
    /// How a file of a set stands in a proof that goes on: read, and not proven before the end.
    ProvenFile(ProvenFile),
    /// How far a pull is. Told at most ten times a second.
    Pulled(PullProgress),
}

/// How far a pull is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[ts(export)]
pub struct PullProgress {
    /// Alerts that have arrived.
    #[ts(type = "number")]
    pub alerts: u64,
    /// Bytes of alert data.
    #[ts(type = "number")]
    pub bytes: u64,
    /// How far back the pull asks, as an ISO 8601 duration, where it was told so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub ago: Option<String>,
    /// The question that is being answered, from 1; 0 before the first.
    #[serde(default)]
    pub request: u32,
    /// How often it has been put, from 1.
    #[serde(default)]
    pub attempt: u32,
    /// Set while the pull waits before it asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub waits: Option<PullWait>,
    /// About how many seconds are left, where the order of the alerts tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub seconds_left: Option<u32>,
}

/// A wait in a pull.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[ts(export)]
pub struct PullWait {
    /// Why: the kebab-case key of a pull's note (`throttled`, `asked-again`, `paced`).
    pub why: String,
    /// Until when.
    #[ts(type = "string")]
    pub until: Timestamp,
}

/// What a wait is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum WaitingFor {
    /// A person signs in and consents.
    SignIn,
    /// The customer's portal authorises the app.
    Authorisation,
    /// The customer's admin agrees, somewhere else.
    AdminConsent,
}

/// What can be noticed while an answer is awaited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum Notice {
    /// A browser reached the redirect address.
    Contact,
    /// A browser insisted on `https` for the plain address.
    TlsSpoken,
    /// Something spoke HTTP/2 to it.
    Http2Spoken,
    /// A page wanted to open a WebSocket to it.
    WebSocketAsked,
    /// What arrived is no answer to this sign-in.
    NotAnAnswer,
    /// The page in the sign-in window wanted to lead to an address that is not opened there, or to save a file.
    PageTurnedAway,
    /// Nothing has arrived for a minute: another way may serve better.
    NothingArrives,
}

impl Notice {
    /// All of them, for tests that prove that each has its words.
    pub const ALL: &[Self] = &[
        Self::Contact,
        Self::TlsSpoken,
        Self::Http2Spoken,
        Self::WebSocketAsked,
        Self::NotAnAnswer,
        Self::PageTurnedAway,
        Self::NothingArrives,
    ];
}

/// One check and its outcome: green only after something was compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[ts(export)]
pub struct Evidence {
    /// Which check.
    pub key: EvidenceKey,
    /// Where it stands.
    pub state: EvidenceState,
    /// What was compared.
    pub facts: Vec<Fact>,
}

/// A named value that was compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[ts(export)]
pub struct Fact {
    /// Kebab-case name, translated by the caller.
    pub name: String,
    /// The value, never a secret.
    pub value: String,
}

impl Evidence {
    /// A check in some state, with nothing compared yet.
    pub fn new(key: EvidenceKey, state: EvidenceState) -> Self {
        Self { key, state, facts: Vec::new() }
    }

    /// Adds what was compared.
    #[must_use]
    pub fn fact(mut self, name: &str, value: impl Into<String>) -> Self {
        self.facts.push(Fact { name: name.to_owned(), value: value.into() });
        self
    }
}

/// The checks, in the order in which a customer passes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum EvidenceKey {
    /// The tenant is known to Microsoft.
    TenantExists,
    /// Cloud, source, grant and connector go together.
    CombinationFits,
    /// This computer's clock agrees with Microsoft's.
    ClockRight,
    /// The ids and the secret have the right shape.
    RegistrationShape,
    /// Entra accepts the secret.
    SecretAccepted,
    /// The answer can come back to this computer.
    CatcherReady,
    /// The sign-in came back, with the right `state`.
    SignInReturned,
    /// The customer's admin agreed.
    AdminAgreed,
    /// It is the expected tenant.
    TenantMatches,
    /// Whether the account is the tenant's own or a guest.
    AccountKnown,
    /// The person proved themselves with a second factor.
    SecondFactor,
    /// What was granted is what was asked for.
    PermissionsGranted,
    /// The lasting sign-in is sealed in the vault.
    SignInSealed,
    /// The alert source answers this app.
    ApiAnswers,
    /// The connector files are on disk, for the owner only.
    FilesWritten,
    /// The files were read back.
    FilesReadBack,
    /// A token was fetched with what the files say.
    TokenFromFiles,
    /// Alerts were pulled with what the files say.
    AlertsPulled,
}

/// Where a check stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum EvidenceState {
    /// Compared, and right.
    Proven,
    /// Being compared.
    Checking,
    /// Not yet looked at.
    NotYet,
    /// A person must act first.
    Person,
    /// Right, but something is to be known.
    Warning,
    /// Compared, and wrong.
    Failed,
}
