//! A customer and the first two steps: destination and registration.

use catalog::{GrantKind, Region, SourceId};
use connectors::ConnectorId;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Evidence, HandoffView, ProvenFile, SecretInput, WrittenFile};

/// Asks whether a tenant exists.
#[derive(Debug, Clone, Deserialize, ts_rs::TS)]
#[ts(export)]
pub struct TenantQuery {
    /// GUID or domain.
    pub tenant: String,
    /// Cloud id; the commercial cloud (or the cloud file) when absent.
    #[ts(optional)]
    pub cloud: Option<String>,
}

/// A tenant that Microsoft's public directory knows.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct TenantFound {
    /// GUID.
    pub tenant_id: String,
    /// As it was asked for, when that was a domain.
    pub domain: Option<String>,
    /// The cloud in which it was found.
    pub cloud: CloudView,
    /// The comparison behind it.
    pub evidence: Vec<Evidence>,
}

/// A cloud to choose from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct CloudView {
    /// `commercial`, `gcc`, …; the file's `name` for a custom one.
    pub id: String,
    /// For people.
    pub name: String,
    /// From a cloud file.
    pub custom: bool,
    /// Where the customer's Defender portal is.
    pub portal: String,
    /// Where apps are registered, where known.
    pub app_portal: Option<String>,
    /// Legacy regions offered in this cloud.
    pub regions: Vec<Region>,
}

/// Asks what goes with what.
#[derive(Debug, Clone, Default, Deserialize, ts_rs::TS)]
#[ts(export)]
pub struct DestinationQuery {
    /// Cloud id; the default cloud when absent.
    #[ts(optional)]
    pub cloud: Option<String>,
    /// The SIEM.
    #[ts(optional)]
    pub connector: Option<ConnectorId>,
    /// The engineer's own choice of source.
    #[ts(optional)]
    pub source: Option<SourceId>,
    /// The engineer's own choice of grant.
    #[ts(optional)]
    pub grant: Option<GrantKind>,
}

/// What the product proposes, and why.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct Destination {
    /// The chosen source.
    pub source: SourceId,
    /// The chosen grant.
    pub grant: GrantKind,
    /// Whether cloud, source, grant and connector go together.
    pub possible: bool,
    /// Why not, as a kebab-case reason that the caller translates.
    pub reason: Option<String>,
    /// All clouds.
    pub clouds: Vec<CloudView>,
    /// All sources, each with its dates.
    pub sources: Vec<SourceView>,
    /// All connectors that this build can write.
    pub connectors: Vec<ConnectorView>,
}

/// An alert source to choose from.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct SourceView {
    /// Its id.
    pub id: SourceId,
    /// For people.
    pub name: String,
    /// The day from which it is no longer to be relied on, past or to come.
    #[ts(type = "string | null")]
    pub ends: Option<Date>,
    /// It has ended already, or may be off.
    pub ended: bool,
    /// What replaces it.
    pub replaced_by: Option<SourceId>,
    /// The day on which this was checked.
    #[ts(type = "string")]
    pub checked: Date,
    /// Can be chosen with this cloud, connector and grant.
    pub possible: bool,
    /// Needs step 3 in the customer's portal.
    pub portal_authorisation: bool,
}

/// A connector to choose from.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct ConnectorView {
    /// Its id.
    pub id: ConnectorId,
    /// For people.
    pub name: String,
    /// Names of the files it consists of.
    pub files: Vec<String>,
    /// Grants it can carry.
    pub grants: Vec<GrantKind>,
    /// Why it cannot serve the chosen source and grant in the chosen cloud, and what would.
    pub why_not: Option<WhyNot>,
}

/// Why a connector cannot be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct WhyNot {
    /// As a kebab-case reason that the caller translates.
    pub reason: String,
    /// With which source and grant it would work; nothing does in a cloud that its software does not know.
    pub instead: Option<SourceAndGrant>,
}

/// A source and a grant that go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct SourceAndGrant {
    /// Where alerts come from.
    pub source: SourceId,
    /// How access is had.
    pub grant: GrantKind,
}

/// A new customer.
#[derive(Debug, Deserialize, ts_rs::TS)]
#[ts(export)]
pub struct AddCustomer {
    /// For people; also in file names and in the report.
    pub name: String,
    /// GUID or domain; resolved before anything is stored.
    pub tenant: String,
    /// Cloud id; the default cloud when absent.
    #[ts(optional)]
    pub cloud: Option<String>,
    /// Legacy region.
    #[ts(optional)]
    pub region: Option<Region>,
    /// The SIEM.
    #[ts(optional)]
    pub connector: Option<ConnectorId>,
    /// Source; proposed when absent.
    #[ts(optional)]
    pub source: Option<SourceId>,
    /// Grant; proposed when absent.
    #[ts(optional)]
    pub grant: Option<GrantKind>,
    /// The app, when it is known already.
    #[ts(optional)]
    pub registration: Option<RegistrationInput>,
}

/// Changes to a customer; what is absent stays.
#[derive(Debug, Default, Deserialize, ts_rs::TS)]
#[ts(export)]
pub struct EditCustomer {
    /// New name.
    #[ts(optional)]
    pub name: Option<String>,
    /// Legacy region.
    #[ts(optional)]
    pub region: Option<Region>,
    /// The SIEM.
    #[ts(optional)]
    pub connector: Option<ConnectorId>,
    /// Another source. Consent and what follows are asked for again.
    #[ts(optional)]
    pub source: Option<SourceId>,
    /// Another grant. Consent and what follows are asked for again.
    #[ts(optional)]
    pub grant: Option<GrantKind>,
    /// The app.
    #[ts(optional)]
    pub registration: Option<RegistrationInput>,
}

/// The app as the engineer knows it from the portal.
#[derive(Debug, Deserialize, ts_rs::TS)]
#[ts(export)]
pub struct RegistrationInput {
    /// Application (client) id.
    pub client_id: String,
    /// The provider's tenant, GUID or domain.
    #[ts(optional)]
    pub home_tenant: Option<String>,
    /// Redirect URI as registered; the product's own when absent.
    #[ts(optional)]
    pub redirect_uri: Option<String>,
    /// The secret's value; absent keeps the one that is sealed already.
    #[ts(optional)]
    pub secret: Option<SecretInput>,
    /// The secret's end date as the portal shows it.
    #[ts(optional, type = "string")]
    pub secret_expires: Option<Date>,
}

/// What to enter in the portal to register the app by hand.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct RegistrationSheet {
    /// Where: the address of the app registration page.
    pub portal: String,
    /// Suggested name of the app.
    pub name: String,
    /// Always the multi-tenant choice.
    pub account_types: String,
    /// Platform (always `Web`).
    pub platform: String,
    /// Redirect URI.
    pub redirect_uri: String,
    /// API permissions to add.
    pub permissions: Vec<PermissionView>,
}

/// A permission and what it is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct PermissionView {
    /// `SecurityAlert.Read.All`.
    pub name: String,
    /// Name of the API in the portal.
    pub api: String,
    /// `delegated` or `application`.
    pub kind: String,
}

/// A customer as people see it. Holds no secret.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct CustomerView {
    /// Stable id.
    pub id: String,
    /// For people.
    pub name: String,
    /// GUID.
    pub tenant_id: String,
    /// As entered, when that was a domain.
    pub tenant_domain: Option<String>,
    /// Its cloud.
    pub cloud: CloudView,
    /// Legacy region.
    pub region: Option<Region>,
    /// The SIEM, once chosen.
    pub connector: Option<ConnectorId>,
    /// Where alerts come from.
    pub source: SourceId,
    /// How access is had.
    pub grant: GrantKind,
    /// The app, once known.
    pub registration: Option<RegistrationView>,
    /// Step 2's result.
    pub consent: Option<ConsentView>,
    /// Step 2 while it is in the hands of the customer's admin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub handoff: Option<HandoffView>,
    /// Step 3's result.
    pub authorisation: Option<AuthorisationView>,
    /// The files written last.
    pub export: Option<ExportView>,
    /// Files, pull and count of the last proof.
    pub proof: Option<ProofView>,
    /// All six steps with their states, in order.
    pub steps: Vec<StepView>,
    /// The step at which work goes on.
    pub next: Step,
    /// The address of the customer's Defender portal, with its tenant.
    pub portal: String,
    /// When the customer was added.
    #[ts(type = "string")]
    pub added: Timestamp,
}

/// The app, without its secret.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct RegistrationView {
    /// Application (client) id.
    pub client_id: String,
    /// The provider's tenant.
    pub home_tenant: Option<String>,
    /// Redirect URI.
    pub redirect_uri: String,
    /// A secret is sealed in the vault.
    pub secret_kept: bool,
    /// Its end date.
    #[ts(type = "string | null")]
    pub secret_expires: Option<Date>,
}

/// Step 2's result.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct ConsentView {
    /// When.
    #[ts(type = "string")]
    pub at: Timestamp,
    /// The account that signed in, where a person did.
    pub account: Option<String>,
    /// What the token really carries (`scp` or `roles`).
    pub granted: Vec<String>,
    /// The day on which an unused lasting sign-in ends.
    #[ts(type = "string | null")]
    pub unused_until: Option<Timestamp>,
}

/// Step 3's result.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct AuthorisationView {
    /// When the API answered first.
    #[ts(type = "string")]
    pub at: Timestamp,
}

/// What was written last.
#[derive(Debug, Clone, Serialize, Deserialize, ts_rs::TS)]
#[ts(export)]
pub struct ExportView {
    /// When.
    #[ts(type = "string")]
    pub at: Timestamp,
    /// Folder.
    pub folder: String,
    /// Connector.
    pub connector: ConnectorId,
    /// Files.
    pub files: Vec<WrittenFile>,
}

/// The last proof.
#[derive(Debug, Clone, Serialize, Deserialize, ts_rs::TS)]
#[ts(export)]
pub struct ProofView {
    /// When.
    #[ts(type = "string")]
    pub at: Timestamp,
    /// Alerts pulled.
    #[ts(type = "number")]
    pub alerts: u64,
    /// Files that were read.
    pub files: Vec<ProvenFile>,
}

/// The steps of the wizard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum Step {
    /// 0: customer and destination.
    Destination,
    /// 1: register the app.
    Register,
    /// 2: consent.
    Consent,
    /// 3: authorise in the portal.
    Authorise,
    /// Connector files.
    Export,
    /// Test pull with the files.
    TestPull,
}

/// A step and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct StepView {
    /// Which.
    pub step: Step,
    /// Where it stands.
    pub state: StepState,
}

/// Where a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ts_rs::TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum StepState {
    /// Proven.
    Done,
    /// Work goes on here.
    Now,
    /// Later.
    Todo,
}

/// What step 3 asks of the customer's portal.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct PortalStep {
    /// Nothing is to be done: this source knows no portal step.
    pub needed: bool,
    /// The page to open, with the customer's tenant.
    pub url: String,
    /// *Application ID* to paste.
    pub application_id: String,
    /// *Tenant ID* to paste: the provider's.
    pub tenant_id: Option<String>,
}
