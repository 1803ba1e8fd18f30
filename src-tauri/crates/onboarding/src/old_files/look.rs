//! From a finding to what people see of it: no secret, every line named, and what each stale thing becomes.

use std::collections::BTreeSet;

use catalog::{Audience, Cloud, GrantKind, Region, Source, SourceId};
use connectors::{ConnectorId, Finding, FoundKind, StaleKind};
use entra::{Authority, SecretFault, check_secret};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;
use vault::Customer;

use super::Old;
use crate::contract::{OldConnector, OldSecret, OldSetting, StaleItem};
use crate::registration::REDIRECT_URI;

/// Folders that are called so everywhere, and say nothing of a customer.
const EVERYWHERE: &[&str] = &[
    "flexagent",
    "agent",
    "user",
    "current",
    "local",
    "default",
    "apps",
    "etc",
    "conf",
    "config",
    "splunk",
    "rest_ta",
    "splunk_ta_ms_security",
    "home",
    "opt",
    "tmp",
    "temp",
    "desktop",
    "documents",
    "downloads",
];

/// A shorter secret than this could stand in any text by chance.
const TELLING: usize = 6;

/// All findings, those of one customer put together.
pub(super) fn all(found: Vec<Finding>, clouds: &[Cloud], customers: &[Customer]) -> Vec<Old> {
    let mut names: BTreeSet<String> = customers.iter().map(|customer| customer.name.to_lowercase()).collect();
    let mut all: Vec<Old> = Vec::new();
    for finding in joined(found) {
        let index = u32::try_from(all.len()).unwrap_or(u32::MAX);
        let mut old = one(finding, index, clouds, customers);
        old.view.name = free(&old.view.name, &mut names);
        all.push(old);
    }
    all
}

/// The plain file of Splunk's values and the stanza beside it are one customer; so are copies.
fn joined(found: Vec<Finding>) -> Vec<Finding> {
    let mut all: Vec<Finding> = Vec::new();
    for finding in found {
        let same = all.iter_mut().find(|other| {
            let source = other.source.is_none() || finding.source.is_none() || other.source == finding.source;
            source
                && finding.client_id.is_some()
                && finding.tenant.is_some()
                && other.client_id == finding.client_id
                && other.tenant == finding.tenant
                && other.grant == finding.grant
        });
        match same {
            Some(other) => add(other, finding),
            None => all.push(finding),
        }
    }
    all
}

/// Fills what one finding lacks from another. A stanza says more than a plain file.
fn add(one: &mut Finding, mut other: Finding) {
    if one.kind == FoundKind::Arcsight && other.kind != FoundKind::Arcsight && one.redirect_uri.is_none() {
        std::mem::swap(one, &mut other);
    }
    one.client_secret = one.client_secret.take().or(other.client_secret);
    one.refresh_token = one.refresh_token.take().or(other.refresh_token);
    one.secret_expires = one.secret_expires.or(other.secret_expires);
    one.redirect_uri = one.redirect_uri.take().or(other.redirect_uri);
    one.alerts_url = one.alerts_url.take().or(other.alerts_url);
    one.token_url = one.token_url.take().or(other.token_url);
    one.source = one.source.or(other.source);
    one.region = one.region.or(other.region);
    one.cloud = one.cloud.take().or(other.cloud);
    for group in other.machine_groups {
        if !one.machine_groups.contains(&group) {
            one.machine_groups.push(group);
        }
    }
    one.settings.extend(other.settings);
    one.stale.extend(other.stale);
}

fn one(finding: Finding, index: u32, clouds: &[Cloud], customers: &[Customer]) -> Old {
    let addresses = [finding.alerts_url.as_deref(), finding.token_url.as_deref()];
    let custom = clouds.iter().filter(|cloud| cloud.custom).find(|cloud| {
        addresses.into_iter().flatten().any(|address| {
            bases(cloud).any(|(base, _)| is_under(address, base)) || is_under(address, &cloud.login)
        })
    });
    let cloud = custom.map(|cloud| cloud.id.clone()).or_else(|| finding.cloud.clone());
    let hosts = cloud.as_ref().and_then(|id| clouds.iter().find(|cloud| cloud.id == *id));
    // In a cloud of a file, hosts say nothing by their names.
    let by_host = finding.alerts_url.as_deref().zip(hosts).and_then(|(address, cloud)| meant(address, cloud));
    let told = by_host.map(|(source, _)| source).or(finding.source);
    let source = told.unwrap_or(SourceId::GraphAlerts);
    let region = finding.region.or_else(|| by_host.and_then(|(_, region)| region));
    let client_id = finding.client_id.as_deref().and_then(entra::guid);
    let (secret, kept) = state(finding.client_secret.as_ref(), finding.client_secret_encrypted);
    let refresh_token = match &finding.refresh_token {
        Some(_) => OldSecret::Present,
        None if finding.refresh_token_encrypted => OldSecret::Encrypted,
        None => OldSecret::Absent,
    };
    let wrong_redirect = finding.stale.iter().any(|one| one.kind == StaleKind::WrongRedirect);
    let redirect_uri = if wrong_redirect { None } else { finding.redirect_uri.clone() }
        .filter(|uri| entra::RedirectUri::parse(uri).is_ok());
    let secrets = Secrets([finding.client_secret.as_ref(), finding.refresh_token.as_ref()]);
    let today =
        Today { source, region, cloud: hosts, tenant: finding.tenant.as_deref(), grant: finding.grant };
    let line = |line: usize| u32::try_from(line).unwrap_or(u32::MAX);
    let mut stale: Vec<StaleItem> = finding
        .stale
        .iter()
        .map(|one| StaleItem {
            kind: one.kind,
            file: one.file.clone(),
            line: one.line.map(line),
            was: secrets.clean(one.was.clone()),
            becomes: secrets.clean(one.becomes.clone().or_else(|| today.instead_of(one.kind))),
        })
        .collect();
    stale.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    stale.dedup();
    let settings = finding.settings.iter().filter_map(|one| {
        let value = secrets.clean(Some(one.value.clone()))?;
        Some(OldSetting { key: one.key.clone(), value, file: one.file.clone(), line: line(one.line) })
    });
    let missing = [
        ("tenant", finding.tenant.is_none()),
        ("client-id", client_id.is_none()),
        ("secret", secret != OldSecret::Present),
        ("sign-in", finding.grant == GrantKind::RefreshToken && refresh_token != OldSecret::Present),
    ];
    let view = OldConnector {
        index,
        kind: finding.kind,
        stanza: secrets.clean(finding.name.clone()),
        name: proposed_name(&finding),
        already: already(&finding, client_id.as_deref(), source, customers),
        tenant: secrets.clean(finding.tenant.clone()),
        client_id,
        cloud,
        region,
        connector: connector(finding.kind, source, finding.grant),
        source,
        source_told: told.is_some(),
        grant: finding.grant,
        redirect_uri: secrets.clean(redirect_uri),
        secret,
        secret_expires: finding.secret_expires,
        refresh_token,
        machine_groups: finding
            .machine_groups
            .iter()
            .filter_map(|one| secrets.clean(Some(one.clone())))
            .collect(),
        settings: settings.collect(),
        stale,
        missing: missing.into_iter().filter(|(_, is)| *is).map(|(name, _)| name.to_owned()).collect(),
        file: finding.file.clone(),
    };
    Old { view, secret: kept, refresh_token: finding.refresh_token }
}

/// Whether a secret may be one, and then the secret as it is used.
fn state(secret: Option<&SecretString>, encrypted: bool) -> (OldSecret, Option<SecretString>) {
    match secret.map(check_secret) {
        Some(Ok(checked)) => (OldSecret::Present, Some(checked.secret)),
        Some(Err(SecretFault::IsId)) => (OldSecret::LooksLikeId, None),
        Some(Err(
            SecretFault::Empty
            | SecretFault::TooShort
            | SecretFault::TooLong
            | SecretFault::BlankInside
            | SecretFault::ControlCharacter
            | SecretFault::NonAscii,
        )) => (OldSecret::Malformed, None),
        None if encrypted => (OldSecret::Encrypted, None),
        None => (OldSecret::Absent, None),
    }
}

/// The secrets of a finding. Somebody may have pasted one where something else belongs; such a text is not shown.
struct Secrets<'a>([Option<&'a SecretString>; 2]);

impl Secrets<'_> {
    fn clean(&self, text: Option<String>) -> Option<String> {
        let text = text?;
        let told = |secret: &&SecretString| {
            let secret = secret.expose_secret();
            secret.len() >= TELLING && text.contains(secret)
        };
        (!self.0.iter().flatten().any(told)).then_some(text)
    }
}

/// What is right today.
struct Today<'a> {
    source: SourceId,
    region: Option<Region>,
    cloud: Option<&'a Cloud>,
    tenant: Option<&'a str>,
    grant: GrantKind,
}

impl Today<'_> {
    fn instead_of(&self, kind: StaleKind) -> Option<String> {
        let source = Source::get(self.source);
        match kind {
            StaleKind::RetiredEndpoint => {
                source.address(self.cloud?, self.region).ok().map(|address| address.to_string())
            }
            StaleKind::RetiredAudience => Some(match source.audience(self.cloud?, self.grant) {
                Audience::Resource(resource) => resource,
                Audience::Scopes(scopes) => scopes.join(" "),
            }),
            StaleKind::IncompleteAddress => {
                let authority = Authority::new(self.cloud?.login.clone(), self.tenant?.to_owned());
                let audience = source.audience(self.cloud?, self.grant);
                Some(authority.authorize(&audience).to_string())
            }
            StaleKind::WrongRedirect => Some(REDIRECT_URI.to_owned()),
            StaleKind::AnyTenant => self.tenant.map(str::to_owned),
            StaleKind::LegacyEndpoint
            | StaleKind::EndingEndpoint
            | StaleKind::RenamedHost
            | StaleKind::TwelveHourPattern
            | StaleKind::PatternWithoutZone
            | StaleKind::OldMapping
            | StaleKind::SecretExpired
            | StaleKind::SecretMissing
            | StaleKind::SecretEncrypted
            | StaleKind::RefreshTokenMissing
            | StaleKind::RefreshTokenEncrypted
            | StaleKind::AccessTokenEnded
            | StaleKind::AccessTokenEmpty
            | StaleKind::WrongHandler
            | StaleKind::FlagAsWord
            | StaleKind::ReauthenticateLeft
            | StaleKind::TenantsDiffer
            | StaleKind::DuplicateKey
            | StaleKind::CutLine => None,
        }
    }
}

/// The bases of a cloud's alert sources, each with the source that only it can be.
fn bases(cloud: &Cloud) -> impl Iterator<Item = (&Url, Option<(SourceId, Option<Region>)>)> {
    let siem =
        cloud.siem.iter().map(|(region, base)| (base, Some((SourceId::SiemDetections, Some(*region)))));
    siem.chain(cloud.defender.iter().map(|base| (base, Some((SourceId::DefenderAlerts, None)))))
        .chain(cloud.xdr.iter().map(|base| (base, Some((SourceId::XdrIncidents, None)))))
        .chain(std::iter::once((&cloud.graph, None)))
}

fn meant(address: &str, cloud: &Cloud) -> Option<(SourceId, Option<Region>)> {
    bases(cloud)
        .filter(|(base, _)| is_under(address, base))
        .max_by_key(|(base, _)| base.as_str().len())
        .and_then(|(_, meant)| meant)
}

fn is_under(address: &str, base: &Url) -> bool {
    let Ok(address) = Url::parse(address) else { return false };
    let folder = base.path().trim_end_matches('/');
    address.origin() == base.origin()
        && address.path().strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The connector that writes files of this kind, where it can carry source and grant.
fn connector(kind: FoundKind, source: SourceId, grant: GrantKind) -> Option<ConnectorId> {
    let connector = match kind {
        FoundKind::Arcsight => ConnectorId::Arcsight,
        FoundKind::SplunkRest => ConnectorId::SplunkRest,
        FoundKind::SplunkMsSecurity => ConnectorId::SplunkMsSecurity,
    };
    connectors::carries(connector, source, grant).is_ok().then_some(connector)
}

/// The customer that has this tenant, app and source already.
fn already(
    finding: &Finding,
    client_id: Option<&str>,
    source: SourceId,
    customers: &[Customer],
) -> Option<String> {
    let tenant = finding.tenant.as_deref()?;
    let is = |customer: &&Customer| {
        let theirs = [Some(customer.tenant_id.as_str()), customer.tenant_domain.as_deref()];
        theirs.into_iter().flatten().any(|one| one.eq_ignore_ascii_case(tenant))
            && customer.client_id.as_deref() == client_id
            && customer.source == source
    };
    customers.iter().find(is).map(|customer| customer.name.clone())
}

/// A name that a person would recognise: the account's, the folder's, the tenant's domain, the stanza's.
fn proposed_name(finding: &Finding) -> String {
    let stanza = finding.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
    let account = stanza.filter(|_| finding.kind == FoundKind::SplunkMsSecurity);
    let folder =
        finding.file.split('/').rev().skip(1).find(|folder| {
            !EVERYWHERE.contains(&folder.to_ascii_lowercase().as_str()) && says_something(folder)
        });
    let domain = finding.tenant.as_deref().filter(|tenant| entra::guid(tenant).is_none());
    let name = account.or(domain).or(folder).or(stanza).or(finding.tenant.as_deref()).unwrap_or("");
    let name: String = name.chars().filter(|letter| !letter.is_control()).take(100).collect();
    if name.trim().is_empty() { finding.kind.to_string() } else { name.trim().to_owned() }
}

/// Neither a drive, nor what programs call folders of a moment.
fn says_something(folder: &str) -> bool {
    folder.len() > 2 && !folder.starts_with('.') && folder.chars().any(char::is_alphabetic)
}

/// The name itself, or with the first number that nobody has.
fn free(name: &str, taken: &mut BTreeSet<String>) -> String {
    let mut candidate = name.to_owned();
    let mut number = 2;
    while !taken.insert(candidate.to_lowercase()) {
        candidate = format!("{name} ({number})");
        number += 1;
    }
    candidate
}
