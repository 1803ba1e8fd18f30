//! A failure as data (RFC 9457's word: problem). Prose is not here: it lives in the message files of the window.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A failure: what a program can branch on, and what a person is told about it in the language they read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[ts(export)]
pub struct Problem {
    /// Stable name, also the key of the prose.
    pub code: ProblemCode,
    /// Values that the prose mentions: field names, tenants, paths. Never a secret.
    pub params: BTreeMap<String, String>,
    /// Who can put it right.
    pub who: Who,
    /// What may lie behind it, the likeliest first. Empty where the code says everything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(as = "Option<Vec<ProblemCause>>", optional)]
    pub causes: Vec<ProblemCause>,
    /// A page of Microsoft's about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub link: Option<String>,
    /// What Microsoft said, where Microsoft spoke.
    pub microsoft: Option<Box<Microsoft>>,
    /// The redacted chain of causes, outermost first, for "Copy details".
    pub details: Vec<String>,
}

impl Problem {
    /// A problem of which nothing is known but its code.
    pub fn new(code: ProblemCode) -> Self {
        Self {
            code,
            params: BTreeMap::new(),
            who: code.who(),
            causes: Vec::new(),
            link: None,
            microsoft: None,
            details: Vec::new(),
        }
    }

    /// Adds a value that the prose mentions.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.params.insert(key.to_owned(), value.into());
        self
    }

    /// Adds what Microsoft said.
    #[must_use]
    pub fn said_by(mut self, microsoft: Microsoft) -> Self {
        self.microsoft = Some(Box::new(microsoft));
        self
    }

    /// Adds an error and its sources to the details. The error's `Display` must be free of secrets.
    #[must_use]
    pub fn caused_by(mut self, error: &(dyn std::error::Error + 'static)) -> Self {
        let mut next = Some(error);
        while let Some(error) = next {
            self.details.push(error.to_string());
            next = error.source();
        }
        self
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code.as_str())
    }
}

impl std::error::Error for Problem {}

/// One thing that may lie behind a problem. Its words (cause, check, fix) are in the message files under its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[ts(export)]
pub struct ProblemCause {
    /// Kebab-case, from the catalogue.
    pub name: String,
    /// Who can put this one right.
    pub who: Who,
}

/// Microsoft's own identification of a failure: what their support asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ts_rs::TS)]
#[ts(export)]
pub struct Microsoft {
    /// OAuth's `error`, or the API's `error.code`.
    pub error: Option<String>,
    /// `AADSTS50011` and the like.
    pub code: Option<String>,
    /// Microsoft's own sentence, first line only.
    pub message: Option<String>,
    /// Trace id of the failing request.
    pub trace_id: Option<String>,
    /// Correlation id of the failing flow.
    pub correlation_id: Option<String>,
    /// Microsoft's time of the failure, as written by Microsoft.
    pub timestamp: Option<String>,
}

/// Who can put a problem right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum Who {
    /// The engineer in front of the tool.
    You,
    /// An administrator of the customer's tenant.
    CustomerAdmin,
    /// An administrator of the provider's tenant or network.
    ProviderAdmin,
    /// Only Microsoft, or time.
    Microsoft,
    /// The developers of this tool.
    Developers,
}

macro_rules! problem_codes {
    ($($(#[$doc:meta])+ $name:ident = $text:literal, $exit:literal, $who:ident;)+) => {
        /// Every failure that the product can report. Stable: scripts branch on these names.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ts_rs::TS)]
        #[ts(export)]
        pub enum ProblemCode {
            $($(#[$doc])+ #[serde(rename = $text)] $name,)+
        }

        impl ProblemCode {
            /// All codes, for tests that prove that each has its prose.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The name on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }

            /// The exit status of `msspctl` (design 6.1).
            pub const fn exit_status(self) -> u8 {
                match self { $(Self::$name => $exit),+ }
            }

            /// Who usually can put it right.
            pub const fn who(self) -> Who {
                match self { $(Self::$name => Who::$who),+ }
            }
        }
    };
}

problem_codes! {
    /// A field holds something it cannot hold. Params: `field`, `reason`.
    InvalidInput = "invalid-input", 2, You;
    /// No customer of that name or id. Params: `customer`.
    CustomerUnknown = "customer-unknown", 2, You;
    /// The name is taken. Params: `customer`.
    CustomerExists = "customer-exists", 2, You;
    /// No such cloud. Params: `cloud`.
    CloudUnknown = "cloud-unknown", 2, You;
    /// The cloud file cannot be used. Params: `file`, `reason`.
    CloudFileInvalid = "cloud-file-invalid", 2, You;
    /// Cloud, source, grant and connector do not go together. Params: `reason`, `instead`.
    CombinationImpossible = "combination-impossible", 2, You;
    /// The secret's id was pasted instead of its value.
    SecretIsId = "secret-is-id", 2, You;
    /// The secret cannot be one. Params: `reason`.
    SecretMalformed = "secret-malformed", 2, You;
    /// Entra would refuse the redirect address. Params: `reason`.
    RedirectUriInvalid = "redirect-uri-invalid", 2, You;
    /// A file format cannot carry a value. Params: `field`, `connector`, `reason`.
    ValueNotCarried = "value-not-carried", 2, You;
    /// Files of that name are there already. Params: `folder`, `files`.
    FilesExist = "files-exist", 2, You;
    /// The folder is a link or otherwise refused. Params: `folder`, `reason`.
    FolderRefused = "folder-refused", 2, You;
    /// The operating system would not write or read. Params: `path`, `reason`.
    FileTrouble = "file-trouble", 2, You;
    /// An old connector file cannot be read. Params: `file`, `line`, `reason`.
    OldFileDamaged = "old-file-damaged", 2, You;
    /// What was found in old files is no longer remembered: look at them again.
    OldFilesGone = "old-files-gone", 2, You;
    /// Some lines of a list were not imported. Params: `file`, `imported`, `refused`.
    ImportIncomplete = "import-incomplete", 2, You;
    /// An earlier step is missing. Params: `step`.
    StepMissing = "step-missing", 3, You;
    /// The person who signed in said no.
    ConsentDeclined = "consent-declined", 3, CustomerAdmin;
    /// Nothing came back in time: the browser was closed, or another machine holds the page. Params: `minutes`.
    ConsentTimedOut = "consent-timed-out", 3, You;
    /// Only an administrator of the customer may agree.
    AdminConsentNeeded = "admin-consent-needed", 3, CustomerAdmin;
    /// No browser could be started.
    NoBrowser = "no-browser", 3, You;
    /// The customer's portal has not authorised the app yet.
    AuthorisationPending = "authorisation-pending", 3, CustomerAdmin;
    /// The customer's admin has not agreed yet.
    HandoffPending = "handoff-pending", 3, CustomerAdmin;
    /// The person cancelled.
    Cancelled = "cancelled", 3, You;
    /// The pasted address is not the answer to this sign-in. Params: `reason`.
    CallbackRefused = "callback-refused", 3, You;
    /// No tenant of that name in this cloud. Params: `tenant`, `cloud`.
    TenantNotFound = "tenant-not-found", 4, You;
    /// Somebody signed in to another tenant. Params: `expected`, `actual`.
    WrongTenant = "wrong-tenant", 4, You;
    /// The signing in account is unknown in the customer's tenant.
    AccountNotInTenant = "account-not-in-tenant", 4, CustomerAdmin;
    /// The app is unknown in the customer's tenant.
    AppNotInTenant = "app-not-in-tenant", 4, You;
    /// The redirect address is not registered. Params: `redirect_uri`.
    RedirectNotRegistered = "redirect-not-registered", 4, You;
    /// The redirect address is registered as a single-page app's: its code cannot be redeemed here. Params:
    /// `redirect_uri`.
    RedirectPlatformSpa = "redirect-platform-spa", 4, You;
    /// The secret is not the app's.
    SecretWrong = "secret-wrong", 4, You;
    /// The secret has ended.
    SecretExpired = "secret-expired", 4, You;
    /// A policy of the customer blocks the sign-in.
    ConditionalAccess = "conditional-access", 4, CustomerAdmin;
    /// The API does not exist in the customer's tenant: no licence, or never opened.
    ResourceUnavailable = "resource-unavailable", 4, CustomerAdmin;
    /// The lasting sign-in has ended.
    RefreshTokenDead = "refresh-token-dead", 4, CustomerAdmin;
    /// Entra sent no refresh token.
    NoRefreshToken = "no-refresh-token", 4, You;
    /// The identity token does not hold. Params: `reason`.
    TokenInvalid = "token-invalid", 4, Developers;
    /// The token lacks a permission. Params: `permission`, `granted`.
    PermissionMissing = "permission-missing", 4, CustomerAdmin;
    /// Entra refused, for a reason that has no code of its own here.
    SignInRefused = "sign-in-refused", 4, You;
    /// The app has its permission, the account that signed in has no role. Params: `permission`.
    RoleMissing = "role-missing", 4, CustomerAdmin;
    /// The token is meant for another API, cloud or region. Params: `expected`, `actual`.
    CloudOrRegionWrong = "cloud-or-region-wrong", 4, You;
    /// The API refused (403), cause unknown.
    ApiDenied = "api-denied", 4, CustomerAdmin;
    /// The API refused the token (401).
    ApiUnauthorised = "api-unauthorised", 4, You;
    /// The customer has no licence for this source.
    NotLicensed = "not-licensed", 4, CustomerAdmin;
    /// The API is gone. Params: `source`.
    ApiRetired = "api-retired", 4, You;
    /// The API refused the request itself (4xx). Params: `status`.
    ApiRefused = "api-refused", 4, Developers;
    /// A host cannot be reached. Params: `host`.
    Unreachable = "unreachable", 5, ProviderAdmin;
    /// A host's certificate is not trusted. Params: `host`, `reason`, `issuer`.
    TlsRefused = "tls-refused", 5, ProviderAdmin;
    /// The proxy on the way wants a sign-in that it accepts (407). Params: `host`, `proxy`, `user`.
    ProxyRefused = "proxy-refused", 5, You;
    /// This computer's clock is off by more than a token's times allow. Params: `skew_seconds`.
    ClockWrong = "clock-wrong", 5, You;
    /// A host did not answer in time. Params: `host`.
    TimedOut = "timed-out", 5, ProviderAdmin;
    /// The connection broke half-way. Params: `host`.
    ConnectionCut = "connection-cut", 5, ProviderAdmin;
    /// Something wanted to lead elsewhere, and was not followed. Params: `host`, `target`.
    ForeignHost = "foreign-host", 5, ProviderAdmin;
    /// An answer is larger than any real one. Params: `host`, `limit`.
    ResponseTooLarge = "response-too-large", 5, Microsoft;
    /// An answer is not what the protocol says. Params: `host`, `reason`.
    ResponseUnreadable = "response-unreadable", 5, Microsoft;
    /// Microsoft asks to slow down. Params: `seconds`.
    Throttled = "throttled", 5, Microsoft;
    /// Microsoft is in trouble (5xx). Params: `host`, `status`.
    MicrosoftUnavailable = "microsoft-unavailable", 5, Microsoft;
    /// No port could be held for the answer. Params: `reason`.
    PortUnavailable = "port-unavailable", 5, You;
    /// Another process holds the data folder. Params: `holder`, `folder`.
    VaultBusy = "vault-busy", 6, You;
    /// The connector files do not hold what a pull needs. Params: `file`, `line`, `reason`.
    FilesIncomplete = "files-incomplete", 7, You;
    /// The files were read, but nothing could be pulled with them. Params: `reason`.
    ProofFailed = "proof-failed", 7, You;
    /// The journal was changed. Params: `entry`.
    JournalBroken = "journal-broken", 7, You;
    /// There is no keyring, and no passphrase was given.
    VaultLocked = "vault-locked", 8, You;
    /// The passphrase or key does not open this vault.
    VaultKeyWrong = "vault-key-wrong", 8, You;
    /// The vault cannot be read. Params: `reason`.
    VaultDamaged = "vault-damaged", 8, You;
    /// A mistake of ours. Params: `reason`.
    Internal = "internal", 1, Developers;
}
