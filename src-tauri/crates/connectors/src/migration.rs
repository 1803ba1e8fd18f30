//! Files that somebody set up years ago: what they say, and what is stale in them.
//!
//! Read are `WDATP-connector` files, `[rest://…]` stanzas, and accounts and inputs of the Splunk add-on, by their
//! contents and whatever they are called. Unlike [`read_back`](crate::read_back) this takes what is there: a missing
//! value is a fact, not a failure. Secrets are held as such and never part of a message.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use catalog::{Cloud, GrantKind, Region, Source, SourceId};
use jiff::civil::Date;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::formats::splunk_conf::{self, Stanza};
use crate::formats::{Entry, Malformed, properties, utf8};
use crate::read::tenant_of;
use crate::source_of::{Body, source_of};
use crate::words::words;
use crate::{Files, ReadProblem, arcsight, splunk_ms_security};

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
    /// The lasting sign-in, where it lies readable in the file.
    pub refresh_token: Option<SecretString>,
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
    /// The alert source, where the address tells.
    pub source: Option<SourceId>,
    /// How access is had.
    pub grant: GrantKind,
    /// Region of the legacy exporter, where the address tells.
    pub region: Option<Region>,
    /// Microsoft's cloud, where the hosts tell.
    pub cloud: Option<String>,
    /// What no longer holds.
    pub stale: Vec<Staleness>,
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
}

words! {
    /// What is stale.
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
    }
}

/// Reads everything that looks like a connector file.
///
/// `today` decides what has ended.
pub fn found_in(files: &Files, today: Date) -> Findings {
    let mut findings = Findings::default();
    let mut mappings: Vec<Staleness> = Vec::new();
    let mut confs: Vec<(String, Vec<Stanza>)> = Vec::new();
    for name in files.names() {
        let Some(bytes) = files.get(name) else { continue };
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let ends = |ending: &str| name.to_ascii_lowercase().ends_with(ending);
        let outcome = if ends(".jsonparser.properties") {
            mapping(name, bytes).map(|stale| mappings.extend(stale))
        } else if ends(".properties") {
            client(name, bytes, today).map(|found| findings.found.extend(found))
        } else if ends(".conf") {
            splunk_conf::read(bytes).map(|stanzas| {
                findings.found.extend(stanzas.iter().filter_map(|stanza| rest(name, stanza, bytes, today)));
                confs.push((name.to_owned(), stanzas));
            })
        } else {
            Ok(())
        };
        if let Err(at) = outcome {
            findings.problems.push(ReadProblem::of(name, at.reason).line(at.line));
        }
    }
    findings.found.extend(accounts(&confs, files, today));
    for found in findings.found.iter_mut().filter(|found| found.kind == FoundKind::Arcsight) {
        found.stale.extend(mappings.iter().cloned());
    }
    findings
}

/// A finding in the making: the entries it is made from.
struct Reading<'a> {
    file: &'a str,
    list: &'a [Entry],
    stale: Vec<Staleness>,
}

impl<'a> Reading<'a> {
    const fn of(file: &'a str, list: &'a [Entry]) -> Self {
        Self { file, list, stale: Vec::new() }
    }

    /// The last one counts, as in the software that reads these files.
    fn entry(&self, key: &str) -> Option<&'a Entry> {
        self.list.iter().rev().find(|entry| entry.key.eq_ignore_ascii_case(key))
    }

    fn text(&self, key: &str) -> Option<String> {
        let value = self.entry(key)?.value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    fn note(&mut self, kind: StaleKind, key: &str) {
        let line = self.entry(key).map(|entry| entry.line);
        self.stale.push(Staleness { kind, file: self.file.to_owned(), line });
    }

    fn secret(&mut self, key: &str) -> Option<SecretString> {
        let value = self.entry(key).map(|entry| entry.value.trim()).unwrap_or_default();
        if value.is_empty() || value.chars().all(|character| character == '*') {
            self.note(StaleKind::SecretMissing, key);
            return None;
        }
        // Splunk's own, the REST input's, and ArcSight's ways to store one.
        let sealed = ["$1$", "$7$", "{encrypted:", "OBFUSCATE."].iter().any(|mark| value.starts_with(mark));
        if sealed {
            self.note(StaleKind::SecretEncrypted, key);
            return None;
        }
        Some(SecretString::from(value))
    }

    /// What an address says about itself. Gives it back where it is one.
    fn address(&mut self, key: &str, today: Date) -> Option<String> {
        let written = self.text(key)?;
        let Ok(url) = Url::parse(&written) else {
            self.note(StaleKind::IncompleteAddress, key);
            return Some(written);
        };
        let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
        if host == "dataaccess-prd.trafficmanager.net" {
            self.note(StaleKind::RetiredEndpoint, key);
        } else if matches!(host.as_str(), "login.windows.net" | "api.securitycenter.windows.com") {
            self.note(StaleKind::RenamedHost, key);
        }
        if let Some(source) = source_of(&written, Body::Unsaid).filter(|_| key.ends_with("endpoint")) {
            let source = Source::get(source);
            if source.ended(today) {
                self.note(StaleKind::LegacyEndpoint, key);
            } else if source.ends().is_some() {
                self.note(StaleKind::EndingEndpoint, key);
            }
        }
        Some(written)
    }

    fn audience(&mut self, resource: Option<&String>, key: &str) {
        if resource.is_some_and(|resource| resource.to_ascii_lowercase().contains("wdatpalertexport")) {
            self.note(StaleKind::RetiredAudience, key);
        }
    }

    fn tenant(&mut self, token_url: Option<&String>, key: &str) -> Option<String> {
        let token_url = token_url?;
        let tenant = tenant_of(token_url);
        match tenant.as_deref() {
            Some("common" | "organizations" | "consumers") => {
                self.note(StaleKind::AnyTenant, key);
                None
            }
            Some(_) => tenant,
            None => {
                self.note(StaleKind::IncompleteAddress, key);
                None
            }
        }
    }
}

/// `WDATP-connector.properties`, if it is one.
fn client(file: &str, bytes: &[u8], today: Date) -> Result<Option<Finding>, Malformed> {
    let list = properties::read(bytes)?;
    let mut reading = Reading::of(file, &list);
    if ["client_id", "token_url", "auth_url"].iter().all(|key| reading.entry(key).is_none()) {
        return Ok(None);
    }
    let authorize_url = reading.address("auth_url", today);
    if let Some(address) = &authorize_url {
        let path = Url::parse(address).map(|url| url.path().to_ascii_lowercase()).unwrap_or_default();
        if !path.trim_end_matches('/').ends_with("/authorize") {
            reading.note(StaleKind::IncompleteAddress, "auth_url");
        }
    }
    let token_url = reading.address("token_url", today);
    let tenant = reading.tenant(token_url.as_ref(), "token_url");
    let resource =
        reading.text("resource").or_else(|| authorize_url.as_deref().and_then(arcsight::resource_of));
    reading.audience(resource.as_ref(), "auth_url");
    let redirect_uri = reading.text("redirect_uri");
    if redirect_uri.as_deref().is_some_and(is_wrong_redirect) {
        reading.note(StaleKind::WrongRedirect, "redirect_uri");
    }
    if reading.text("reauthenticate").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        reading.note(StaleKind::ReauthenticateLeft, "reauthenticate");
    }
    let client_secret = reading.secret("client_secret");
    // The plain file of Splunk's values has them under these names.
    let alerts_url = reading.address("alerts_url", today);
    let refresh_token = reading.text("refresh_token").map(SecretString::from);
    let mut stale = reading.stale.clone();
    stale.extend(expired(file, bytes, today));
    Ok(Some(Finding {
        kind: FoundKind::Arcsight,
        file: file.to_owned(),
        name: None,
        tenant: tenant.or_else(|| reading.text("tenant_id")),
        client_id: reading.text("client_id"),
        client_secret,
        refresh_token,
        redirect_uri,
        cloud: token_url.as_deref().and_then(cloud_of),
        token_url,
        resource,
        scope: reading.text("scope"),
        source: alerts_url.as_deref().and_then(|address| source_of(address, Body::Unsaid)),
        region: alerts_url.as_deref().and_then(region_of),
        alerts_url,
        grant: GrantKind::RefreshToken,
        stale,
    }))
}

/// A redirect leads to the connector on its own computer, on the path that the later pages name.
fn is_wrong_redirect(redirect_uri: &str) -> bool {
    let Ok(url) = Url::parse(redirect_uri) else { return true };
    let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    !local || url.path().to_ascii_lowercase().contains("seville")
}

/// What is stale in a field mapping.
fn mapping(file: &str, bytes: &[u8]) -> Result<Vec<Staleness>, Malformed> {
    let list = properties::read(bytes)?;
    let mut stale = Vec::new();
    let mut note = |kind, entry: &Entry| {
        stale.push(Staleness { kind, file: file.to_owned(), line: Some(entry.line) });
    };
    for entry in &list {
        let timed = entry.key.starts_with("event.") && entry.value.contains("yyyy")
            || entry.key.ends_with("].format");
        if timed && entry.value.contains("hh") && !entry.value.contains("HH") {
            note(StaleKind::TwelveHourPattern, entry);
        }
        let zoned = [" z\"", "Z\"", "X\"", "'Z'", " UTC"].iter().any(|zone| entry.value.contains(zone))
            || entry.value.ends_with(['z', 'Z', 'X']);
        if timed && entry.value.contains(":mm") && !zoned {
            note(StaleKind::PatternWithoutZone, entry);
        }
        if entry.key == "event.deviceVersion" && entry.value.contains("1.0") {
            note(StaleKind::OldMapping, entry);
        }
    }
    Ok(stale)
}

/// A `[rest://…]` stanza for Defender.
fn rest(file: &str, stanza: &Stanza, bytes: &[u8], today: Date) -> Option<Finding> {
    let name = stanza.name.strip_prefix("rest://")?;
    let mut reading = Reading::of(file, &stanza.entries);
    let alerts_url = reading.address("endpoint", today);
    let source = alerts_url.as_deref().and_then(|address| source_of(address, handler(&reading)));
    let token_url = reading.address("oauth2_refresh_url", today);
    // Any REST input could stand there; ours asks Microsoft.
    if source.is_none() && token_url.as_deref().and_then(cloud_of).is_none() {
        return None;
    }
    let tenant = reading.tenant(token_url.as_ref(), "oauth2_refresh_url");
    if source.is_some_and(|source| !crate::source_of::fits(source, handler(&reading))) {
        reading.note(StaleKind::WrongHandler, "response_handler");
    }
    for flag in ["streaming_request", "sequential_mode", "index_error_response_codes"] {
        if reading.text(flag).is_some_and(|value| !matches!(value.as_str(), "0" | "1")) {
            reading.note(StaleKind::FlagAsWord, flag);
        }
    }
    match reading.text("oauth2_access_token") {
        None => reading.note(StaleKind::AccessTokenEmpty, "oauth2_access_token"),
        Some(token) => {
            let ended = ends_of(&SecretString::from(token)).is_some_and(|seconds| seconds < midnight(today));
            if ended {
                reading.note(StaleKind::AccessTokenEnded, "oauth2_access_token");
            }
        }
    }
    let delimiter = reading.text("delimiter").unwrap_or_else(|| ",".to_owned());
    let props = reading.text("oauth2_refresh_props").unwrap_or_default();
    let prop = |wanted: &str| {
        props
            .split(delimiter.as_str())
            .filter_map(|item| item.split_once('='))
            .find_map(|(key, value)| (key.trim() == wanted).then(|| value.trim().to_owned()))
    };
    let (resource, scope) = (prop("resource"), prop("scope"));
    reading.audience(resource.as_ref(), "oauth2_refresh_props");
    let client_secret = reading.secret("oauth2_client_secret");
    let refresh_token = reading.entry("oauth2_refresh_token").is_some().then(|| {
        let found = reading.text("oauth2_refresh_token").filter(|token| !token.starts_with("{encrypted:"));
        if found.is_none() {
            reading.note(StaleKind::SecretMissing, "oauth2_refresh_token");
        }
        found.map(SecretString::from)
    });
    let mut stale = reading.stale.clone();
    stale.extend(expired(file, bytes, today));
    Some(Finding {
        kind: FoundKind::SplunkRest,
        file: file.to_owned(),
        name: Some(name.to_owned()),
        tenant,
        client_id: reading.text("oauth2_client_id"),
        client_secret,
        refresh_token: refresh_token.flatten(),
        redirect_uri: None,
        cloud: token_url.as_deref().and_then(cloud_of),
        token_url,
        resource,
        scope,
        source,
        region: alerts_url.as_deref().and_then(region_of),
        alerts_url,
        grant: GrantKind::RefreshToken,
        stale,
    })
}

fn handler(reading: &Reading<'_>) -> Body {
    match reading.text("response_handler").as_deref() {
        Some("JSONArrayHandler") => Body::Array,
        Some(_) | None => Body::Unsaid,
    }
}

/// Accounts of the Splunk add-on, each with the inputs that name it.
fn accounts(confs: &[(String, Vec<Stanza>)], files: &Files, today: Date) -> Vec<Finding> {
    let mut found = Vec::new();
    for (file, stanza) in confs.iter().flat_map(|(file, stanzas)| stanzas.iter().map(move |one| (file, one)))
    {
        let mut reading = Reading::of(file, &stanza.entries);
        if reading.text("username").is_none() || reading.entry("tenant_id").is_none() {
            continue;
        }
        let client_secret = reading.secret("password");
        let input = confs.iter().flat_map(|(file, inputs)| inputs.iter().map(move |one| (file, one))).find(
            |(_, input)| {
                let mut named = input.entries.iter().filter(|entry| entry.key == "azure_app_account");
                named.any(|entry| entry.value.as_str() == stanza.name)
            },
        );
        let mut stale = std::mem::take(&mut reading.stale);
        let mut source = None;
        let mut cloud = None;
        let mut tenant = reading.text("tenant_id");
        if let Some((input_file, input)) = input {
            let mut of_input = Reading::of(input_file, &input.entries);
            tenant = of_input.text("tenant_id").or(tenant);
            if let Some((found_source, found_cloud, key)) = splunk_ms_security::meaning(input) {
                source = Some(found_source);
                cloud = Some(found_cloud.to_owned());
                if of_input.text(key).as_deref() == Some("api.securitycenter.windows.com") {
                    of_input.note(StaleKind::RenamedHost, key);
                }
                if Source::get(found_source).ended(today) {
                    of_input.note(StaleKind::LegacyEndpoint, key);
                } else if Source::get(found_source).ends().is_some() {
                    of_input.note(StaleKind::EndingEndpoint, key);
                }
            }
            stale.append(&mut of_input.stale);
        }
        stale.extend(files.get(file).into_iter().flat_map(|bytes| expired(file, bytes, today)));
        found.push(Finding {
            kind: FoundKind::SplunkMsSecurity,
            file: file.clone(),
            name: Some(stanza.name.clone()),
            tenant,
            client_id: reading.text("username"),
            client_secret,
            refresh_token: None,
            redirect_uri: None,
            token_url: None,
            alerts_url: None,
            resource: None,
            scope: None,
            source,
            grant: GrantKind::AppOnly,
            region: None,
            cloud,
            stale,
        });
    }
    found
}

/// Comments in which somebody noted when the secret ends (`# secret expires 2023-04-01`), where that day is over.
fn expired(file: &str, bytes: &[u8], today: Date) -> Vec<Staleness> {
    let Ok(text) = utf8(bytes) else { return Vec::new() };
    text.lines()
        .enumerate()
        .filter(|(_, line)| line.trim_start().starts_with(['#', ';', '!']))
        .filter(|(_, line)| {
            let lower = line.to_lowercase();
            ["expire", "expiry", "valid until", "만료", "到期"].iter().any(|word| lower.contains(word))
        })
        .filter(|(_, line)| {
            let words = line.split(|c: char| !c.is_ascii_digit() && c != '-');
            words.filter_map(|word| word.get(..10)?.parse::<Date>().ok()).any(|day| day < today)
        })
        .map(|(number, _)| Staleness {
            kind: StaleKind::SecretExpired,
            file: file.to_owned(),
            line: Some(number + 1),
        })
        .collect()
}

/// When an access token ends, in seconds since 1970. Nothing is verified: it only says that it is over.
fn ends_of(token: &SecretString) -> Option<i64> {
    let payload = token.expose_secret().split('.').nth(1)?;
    let bytes = zeroize::Zeroizing::new(URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?);
    serde_json::from_slice::<serde_json::Value>(&bytes).ok()?.get("exp")?.as_i64()
}

fn midnight(day: Date) -> i64 {
    day.to_zoned(jiff::tz::TimeZone::UTC).map_or(0, |zoned| zoned.timestamp().as_second())
}

/// The first of Microsoft's clouds with this sign-in host, its older name included.
fn cloud_of(token_url: &str) -> Option<String> {
    let url = Url::parse(token_url).ok()?;
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
