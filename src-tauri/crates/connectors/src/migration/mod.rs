//! Files that somebody set up years ago: what they say, and what is stale in them.
//!
//! Read are `WDATP-connector` files, `[rest://…]` stanzas, and accounts and inputs of the Splunk add-on, by their
//! contents and whatever they are called. Unlike [`read_back`](crate::read_back) this takes what is there: a missing
//! value is a fact, not a failure. Secrets are held as such and never part of a message.

mod arcsight;
mod reading;
mod splunk;
mod text;

use catalog::{Cloud, GrantKind, Region, SourceId};
use jiff::civil::Date;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;
use zeroize::Zeroizing;

use crate::formats::splunk_conf::{self, Stanza};
use crate::source_of::{Body, source_of};
use crate::words::words;
use crate::{Files, ReadProblem};

/// What was found: customers to be, and files that look like connector files and cannot be read.
#[derive(Debug, Default)]
pub struct Findings {
    /// One for each client file, input or account.
    pub found: Vec<Finding>,
    /// Files that broke off.
    pub problems: Vec<ReadProblem>,
}

words! {
    /// Which kind of configuration it is.
    #[derive(Serialize, Deserialize, ts_rs::TS)]
    #[serde(rename_all = "kebab-case")]
    #[ts(export)]
    FoundKind {
        /// `WDATP-connector.properties`, with the field mapping where it is there.
        Arcsight = "arcsight",
        /// A `[rest://…]` stanza.
        SplunkRest = "splunk-rest",
        /// An account of the Splunk add-on, with its input where it is there.
        SplunkMsSecurity = "splunk-ms-security",
    }
}

/// One old configuration. What it does not say is absent.
#[derive(Debug)]
pub struct Finding {
    /// What it is.
    pub kind: FoundKind,
    /// The file that counts.
    pub file: String,
    /// Its stanza, in files that have them.
    pub name: Option<String>,
    /// The customer's tenant, GUID or domain.
    pub tenant: Option<String>,
    /// Application (client) id.
    pub client_id: Option<String>,
    /// The application's secret, where it lies readable in the file.
    pub client_secret: Option<SecretString>,
    /// There is one, and only the SIEM can read it.
    pub client_secret_encrypted: bool,
    /// When the secret ends, where a comment says so.
    pub secret_expires: Option<Date>,
    /// The lasting sign-in, where it lies readable in the file.
    pub refresh_token: Option<SecretString>,
    /// There is one, and only the SIEM can read it.
    pub refresh_token_encrypted: bool,
    /// Redirect URI.
    pub redirect_uri: Option<String>,
    /// Token endpoint.
    pub token_url: Option<String>,
    /// Address of the alerts.
    pub alerts_url: Option<String>,
    /// Audience of the v1 endpoint.
    pub resource: Option<String>,
    /// Scopes of the v2 endpoint.
    pub scope: Option<String>,
    /// The alert source, where the address, the audience or the field mapping tells.
    pub source: Option<SourceId>,
    /// How access is had.
    pub grant: GrantKind,
    /// Region of the legacy exporter, where the address tells.
    pub region: Option<Region>,
    /// Microsoft's cloud, where the hosts tell.
    pub cloud: Option<String>,
    /// Machine groups to which the old configuration limits itself.
    pub machine_groups: Vec<String>,
    /// Other values that the SIEM's own settings must have again.
    pub settings: Vec<Setting>,
    /// What no longer holds.
    pub stale: Vec<Staleness>,
}

impl Finding {
    fn new(kind: FoundKind, file: &str, grant: GrantKind) -> Self {
        Self {
            kind,
            file: file.to_owned(),
            name: None,
            tenant: None,
            client_id: None,
            client_secret: None,
            client_secret_encrypted: false,
            secret_expires: None,
            refresh_token: None,
            refresh_token_encrypted: false,
            redirect_uri: None,
            token_url: None,
            alerts_url: None,
            resource: None,
            scope: None,
            source: None,
            grant,
            region: None,
            cloud: None,
            machine_groups: Vec::new(),
            settings: Vec::new(),
            stale: Vec::new(),
        }
    }
}

/// A value that is no secret and has no place in a customer: the SIEM keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its key, as the old software spells it.
    pub key: String,
    /// As written; an address without user, password and query.
    pub value: String,
    /// In which file.
    pub file: String,
    /// On which line, from 1.
    pub line: usize,
}

/// Something that no longer holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staleness {
    /// What.
    pub kind: StaleKind,
    /// In which file.
    pub file: String,
    /// On which line, from 1, where one can be named.
    pub line: Option<usize>,
    /// What stands there, where it can be no secret.
    pub was: Option<String>,
    /// What is right today, where that follows from the files alone.
    pub becomes: Option<String>,
}

words! {
    /// What is stale.
    #[derive(Serialize, Deserialize, ts_rs::TS)]
    #[serde(rename_all = "kebab-case")]
    #[ts(export)]
    StaleKind {
        /// The address no longer exists.
        RetiredEndpoint = "retired-endpoint",
        /// The alert source is deprecated, and may be off.
        LegacyEndpoint = "legacy-endpoint",
        /// The alert source will end on a known date.
        EndingEndpoint = "ending-endpoint",
        /// The host has another name today.
        RenamedHost = "renamed-host",
        /// The audience no longer exists.
        RetiredAudience = "retired-audience",
        /// Neither the authorize nor the token endpoint is meant: the path is missing.
        IncompleteAddress = "incomplete-address",
        /// The redirect leads to no connector.
        WrongRedirect = "wrong-redirect",
        /// The time pattern has twelve hours: afternoons come as mornings.
        TwelveHourPattern = "twelve-hour-pattern",
        /// The time pattern has no zone: times come in the connector's own.
        PatternWithoutZone = "pattern-without-zone",
        /// The field mapping is version 1.0.
        OldMapping = "old-mapping",
        /// A comment says that the secret has ended.
        SecretExpired = "secret-expired",
        /// No secret is in the file.
        SecretMissing = "secret-missing",
        /// The secret lies encrypted by the SIEM: only the SIEM can read it.
        SecretEncrypted = "secret-encrypted",
        /// The key of the lasting sign-in is there, and nothing behind it.
        RefreshTokenMissing = "refresh-token-missing",
        /// The lasting sign-in lies encrypted by the SIEM: only the SIEM can read it.
        RefreshTokenEncrypted = "refresh-token-encrypted",
        /// The access token has ended, which is usual.
        AccessTokenEnded = "access-token-ended",
        /// The access token is empty: the software never asks for another.
        AccessTokenEmpty = "access-token-empty",
        /// The handler makes junk of the answer's shape.
        WrongHandler = "wrong-handler",
        /// A flag is written as a word where the software wants 0 or 1.
        FlagAsWord = "flag-as-word",
        /// `reauthenticate` was left on: each start asks for a sign-in.
        ReauthenticateLeft = "reauthenticate-left",
        /// The tenant is `common` or `organizations`: anybody could sign in.
        AnyTenant = "any-tenant",
        /// Authorize and token endpoint name different tenants.
        TenantsDiffer = "tenants-differ",
        /// A key stands twice with different values; the last one counts.
        DuplicateKey = "duplicate-key",
        /// A line breaks off inside its key.
        CutLine = "cut-line",
    }
}

/// A Splunk configuration that could be read.
struct Conf {
    name: String,
    text: Zeroizing<String>,
    stanzas: Vec<Stanza>,
}

/// What a file seems to be.
enum Shape {
    Client,
    Mapping,
    Conf,
    Sheet,
    Agent,
}

/// Reads everything that looks like a connector file. Names may hold folders, with slashes: files of one folder belong
/// together.
///
/// `today` decides what has ended.
pub fn found_in(files: &Files, today: Date) -> Findings {
    let mut findings = Findings::default();
    let mut mappings: Vec<(&str, arcsight::Mapping)> = Vec::new();
    let mut typed: Vec<(&str, arcsight::Typed)> = Vec::new();
    let mut confs: Vec<Conf> = Vec::new();
    for name in files.names() {
        let Some(text) = files.get(name).and_then(text::text) else { continue };
        let Some(shape) = shape(name, &text) else { continue };
        let outcome = match shape {
            Shape::Mapping => {
                arcsight::mapping(name, &text::properties(&text)).map(|found| mappings.push((name, found)))
            }
            Shape::Client => arcsight::client(name, &text::properties(&text), &text, today)
                .map(|found| findings.found.extend(found)),
            Shape::Conf => splunk_conf::read(text.as_bytes()).map(|stanzas| {
                let conf = Conf { name: name.to_owned(), text, stanzas };
                findings
                    .found
                    .extend(conf.stanzas.iter().filter_map(|stanza| splunk::rest(&conf, stanza, today)));
                confs.push(conf);
            }),
            Shape::Sheet => {
                typed.push((name, arcsight::typed(text.as_bytes())));
                Ok(())
            }
            Shape::Agent => {
                typed.push((name, arcsight::agent(&text::properties(&text))));
                Ok(())
            }
        };
        if let Err(at) = outcome {
            findings.problems.push(ReadProblem::of(name, at.reason).line(at.line));
        }
    }
    findings.found.extend(splunk::accounts(&confs, today));
    for found in findings.found.iter_mut().filter(|found| found.kind == FoundKind::Arcsight) {
        complete(found, &mappings, &typed);
    }
    findings
}

/// Adds to a client file what lies beside it: the field mapping, and what was typed into the connector's wizard.
fn complete(found: &mut Finding, mappings: &[(&str, arcsight::Mapping)], typed: &[(&str, arcsight::Typed)]) {
    let folder = folder_of(&found.file).to_owned();
    for (_, mapping) in mappings.iter().filter(|(name, _)| folder_of(name) == folder) {
        found.stale.extend(mapping.stale.iter().cloned());
        // The fields tell more than an audience that several sources share.
        if found.alerts_url.is_none() {
            found.source = mapping.source.or(found.source);
        }
    }
    // The connector's own settings lie one folder above its mappings.
    let near = |name: &str| folder_of(name) == folder || folder_of(&folder) == folder_of(name);
    for (_, typed) in typed.iter().filter(|(name, _)| near(name)) {
        if found.refresh_token.is_none() {
            found.refresh_token.clone_from(&typed.refresh_token);
        }
        if let Some(address) = typed.alerts_url.as_ref().filter(|_| found.alerts_url.is_none()) {
            found.source = source_of(address, Body::Unsaid).or(found.source);
            found.region = region_of(address);
            found.machine_groups = reading::machine_groups(address);
            found.cloud = cloud_of(Some(address), found.token_url.as_deref());
            found.alerts_url = Some(address.clone());
        }
    }
}

/// What a file seems to be: by its name, else by what stands in it.
fn shape(name: &str, text: &str) -> Option<Shape> {
    let name = name.to_ascii_lowercase();
    let ends = |ending: &str| name.ends_with(ending);
    let has = |words: &[&str]| words.iter().all(|word| text.contains(word));
    let in_stanzas = || text.lines().any(|line| line.starts_with('[') && line.trim_end().ends_with(']'));
    if ends(".jsonparser.properties") {
        Some(Shape::Mapping)
    } else if ends("agent.properties") && has(&["agents["]) {
        Some(Shape::Agent)
    } else if ends(".properties") {
        Some(Shape::Client)
    } else if ends(".conf") {
        Some(Shape::Conf)
    } else if has(&["trigger.node.location", "token.count"]) {
        Some(Shape::Mapping)
    } else if in_stanzas()
        && (has(&["[rest://"]) || has(&["azure_app_account"]) || has(&["username", "tenant_id"]))
    {
        Some(Shape::Conf)
    } else if has(&["client_id", "token_url"]) || has(&["client_id", "auth_url"]) {
        Some(Shape::Client)
    } else if has(&["Events URL:"]) || has(&["Refresh Token:"]) {
        Some(Shape::Sheet)
    } else {
        None
    }
}

/// The folder of a name, empty for one without.
fn folder_of(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The alert source that a token is meant for, where the audience has one source only.
fn source_of_audience(resource: Option<&str>, scope: Option<&str>) -> Option<SourceId> {
    let audience = [resource, scope].into_iter().flatten().collect::<Vec<_>>().join(" ").to_ascii_lowercase();
    let means = |word: &str| audience.contains(word);
    if means("graph.windows.net") || means("wdatpalertexport") {
        Some(SourceId::SiemDetections)
    } else if means("securitycenter") {
        Some(SourceId::DefenderAlerts)
    } else if means("api.security.microsoft") {
        Some(SourceId::XdrIncidents)
    } else if means("securityincident.") {
        Some(SourceId::GraphIncidents)
    } else if means("graph.microsoft") {
        Some(SourceId::GraphAlerts)
    } else {
        None
    }
}

/// The cloud of the alerts' address, else the first with this sign-in host, its older name included.
fn cloud_of(alerts_url: Option<&str>, token_url: Option<&str>) -> Option<String> {
    let alerts = alerts_url.and_then(|address| Url::parse(address).ok());
    let by_alerts = alerts.and_then(|url| Cloud::builtins().iter().find(|cloud| cloud.allows(&url)));
    if let Some(cloud) = by_alerts {
        return Some(cloud.id.clone());
    }
    let url = Url::parse(token_url?).ok()?;
    if matches!(url.host_str(), Some("login.windows.net" | "sts.windows.net")) {
        return Some("commercial".to_owned());
    }
    Cloud::builtins().iter().find(|cloud| cloud.login.host() == url.host()).map(|cloud| cloud.id.clone())
}

fn region_of(alerts_url: &str) -> Option<Region> {
    let url = Url::parse(alerts_url).ok()?;
    let rest = url.host_str()?.strip_prefix("wdatp-alertexporter-")?;
    Region::ALL.iter().copied().find(|region| rest.split('.').next() == Some(region.as_str()))
}
