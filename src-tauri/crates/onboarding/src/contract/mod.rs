//! The contract: every request and response that the window and `msspctl` exchange with the engine.
//!
//! It is types and nothing else: no I/O, no decisions. Times are RFC 3339 in UTC, names on the wire are `snake_case`,
//! enum values are kebab-case. The invariant: no response type can hold a secret; secrets travel inwards only, as
//! [`SecretInput`], which has no `Serialize`, no `Debug` of its content and no `Clone`.

mod alerts;
mod consent;
mod customer;
mod files;
mod import;
mod problem;
mod progress;
mod proof;
mod secret;
mod settings;

pub use alerts::{
    AlertColumn, AlertFileForm, AlertLine, AlertView, AlertsOverview, AlertsPage, AlertsQuery, BarUnit,
    Histogram, HistogramBar, SavedAlerts, SeverityCount,
};
pub use consent::{
    BrowserChoice, BrowserView, HandoffPacket, HandoffRequest, HandoffView, OddCharacter, QrView,
    RedirectComparison, RedirectQuery, RedirectRun, RedirectSide,
};
pub use customer::{
    AddCustomer, AuthorisationView, CloudView, ConnectorView, ConsentView, CustomerView, Destination,
    DestinationQuery, EditCustomer, ExportView, PermissionView, PortalStep, ProofView, RegistrationInput,
    RegistrationSheet, RegistrationView, SourceAndGrant, SourceView, Step, StepState, StepView, TenantFound,
    TenantQuery, WhyNot,
};
pub use files::{FileChange, FileState, FilesPreview, FilesQuery, HiddenValue, PreviewedFile, PreviewedPart};
pub use import::{
    CarriedAccess, IMPORT_NOTES, ImportLine, ImportList, ImportReport, InspectOldFiles, LeftOut,
    OldConnector, OldFiles, OldSecret, OldSetting, OnboardOldFiles, OnboardedOldFiles, StaleItem,
};
pub use problem::{Microsoft, Problem, ProblemCause, ProblemCode, Who};
pub use progress::{
    Evidence, EvidenceKey, EvidenceState, Fact, Notice, Progress, PullProgress, PullWait, WaitingFor,
};
pub use proof::{
    AuthorisationRequest, AuthorisationResult, Catcher, ConsentRequest, ConsentResult, ExportRequest,
    ExportResult, JournalEntry, JournalState, LookedBack, Proof, ProvenFile, PullQuery, PullSummary,
    WrittenFile,
};
pub use secret::SecretInput;
pub use settings::{
    AuthorityInput, AuthorityView, EditSettings, HostCheck, ProxyInput, ProxyMode, ProxyView, SettingsView,
    UnfollowedKind, UnfollowedProxy,
};
