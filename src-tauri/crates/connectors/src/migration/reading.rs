//! A finding in the making: the entries it is made from, and what is noted of them on the way.
//!
//! The invariant: what is kept as `was` never came from an entry that may hold a secret, and has neither the user nor
//! the query of an address.

use catalog::Source;
use jiff::civil::Date;
use secrecy::SecretString;
use url::Url;

use super::{Setting, StaleKind, Staleness};
use crate::formats::Entry;
use crate::read::tenant_of;
use crate::source_of::{Body, source_of};

/// Today's name of a host that has another one now.
pub(super) fn renamed(host: &str) -> Option<&'static str> {
    match host {
        "login.windows.net" => Some("login.microsoftonline.com"),
        "api.securitycenter.windows.com" => Some("api.securitycenter.microsoft.com"),
        _ => None,
    }
}

/// Entries of one file or stanza.
pub(super) struct Reading<'a> {
    pub(super) file: &'a str,
    list: &'a [Entry],
    pub(super) stale: Vec<Staleness>,
}

/// A secret as it lies in a file.
pub(super) enum Kept {
    Readable(SecretString),
    Encrypted,
    Absent,
}

impl Kept {
    pub(super) fn readable(self) -> Option<SecretString> {
        match self {
            Self::Readable(secret) => Some(secret),
            Self::Encrypted | Self::Absent => None,
        }
    }

    pub(super) const fn is_encrypted(&self) -> bool {
        matches!(self, Self::Encrypted)
    }
}

impl<'a> Reading<'a> {
    /// `known` are the keys that the format has: what stands twice, or breaks off, is noted for those.
    pub(super) fn of(file: &'a str, list: &'a [Entry], known: &[&str]) -> Self {
        let mut this = Self { file, list, stale: Vec::new() };
        for entry in list {
            let key = entry.key.to_ascii_lowercase();
            let cut = entry.value.is_empty()
                && key.len() > 2
                && known.iter().any(|known| *known != key && known.starts_with(&key));
            if cut {
                this.at(StaleKind::CutLine, entry.line, Some(entry.key.clone()), None);
            }
        }
        for key in known {
            let mut all = list.iter().filter(|entry| entry.key.eq_ignore_ascii_case(key));
            let (Some(first), Some(last)) = (all.next(), all.next_back()) else { continue };
            if first.value != last.value {
                this.at(StaleKind::DuplicateKey, last.line, Some((*key).to_owned()), None);
            }
        }
        this
    }

    /// The last one counts, as in the software that reads these files.
    pub(super) fn entry(&self, key: &str) -> Option<&'a Entry> {
        self.list.iter().rev().find(|entry| entry.key.eq_ignore_ascii_case(key))
    }

    pub(super) fn text(&self, key: &str) -> Option<String> {
        let value = self.entry(key)?.value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    fn at(&mut self, kind: StaleKind, line: usize, was: Option<String>, becomes: Option<String>) {
        self.stale.push(Staleness { kind, file: self.file.to_owned(), line: Some(line), was, becomes });
    }

    /// Notes something about an entry, whose value is left out.
    pub(super) fn note(&mut self, kind: StaleKind, key: &str) {
        self.turn(kind, key, None, None);
    }

    /// Notes something about an entry, what stands there and what it becomes.
    pub(super) fn turn(&mut self, kind: StaleKind, key: &str, was: Option<&str>, becomes: Option<&str>) {
        let line = self.entry(key).map(|entry| entry.line);
        self.stale.push(Staleness {
            kind,
            file: self.file.to_owned(),
            line,
            was: was.map(str::to_owned),
            becomes: becomes.map(str::to_owned),
        });
    }

    pub(super) fn secret(&mut self, key: &str, missing: StaleKind, encrypted: StaleKind) -> Kept {
        let value = self.entry(key).map(|entry| entry.value.trim()).unwrap_or_default();
        if value.is_empty() || value.chars().all(|character| character == '*') {
            self.note(missing, key);
            return Kept::Absent;
        }
        // Splunk's own, the REST input's, and ArcSight's ways to store one.
        let sealed = ["$1$", "$7$", "{encrypted:", "OBFUSCATE."].iter().any(|mark| value.starts_with(mark));
        if sealed {
            self.note(encrypted, key);
            return Kept::Encrypted;
        }
        Kept::Readable(SecretString::from(value))
    }

    pub(super) fn client_secret(&mut self, key: &str) -> Kept {
        self.secret(key, StaleKind::SecretMissing, StaleKind::SecretEncrypted)
    }

    /// What an address says about itself. Gives it back where it is one.
    pub(super) fn address(&mut self, key: &str, today: Date) -> Option<String> {
        let written = self.text(key)?;
        let Ok(url) = Url::parse(&written) else {
            self.note(StaleKind::IncompleteAddress, key);
            return Some(written);
        };
        let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
        let was = shown(&url);
        if host == "dataaccess-prd.trafficmanager.net" {
            self.turn(StaleKind::RetiredEndpoint, key, Some(&was), None);
        } else if let Some(name) = renamed(&host) {
            self.turn(StaleKind::RenamedHost, key, Some(&host), Some(name));
        }
        if let Some(source) = source_of(&written, Body::Unsaid).filter(|_| key.ends_with("endpoint")) {
            self.source(Source::get(source), key, &was, today);
        }
        Some(written)
    }

    /// Notes that an alert source has ended or will end.
    pub(super) fn source(&mut self, source: &Source, key: &str, was: &str, today: Date) {
        let becomes = source.replaced_by.map(|source| Source::get(source).name.as_str());
        if source.ended(today) {
            self.turn(StaleKind::LegacyEndpoint, key, Some(was), becomes);
        } else if source.ends().is_some() {
            self.turn(StaleKind::EndingEndpoint, key, Some(was), becomes);
        }
    }

    pub(super) fn audience(&mut self, resource: Option<&String>, key: &str) {
        if let Some(resource) = resource {
            if resource.to_ascii_lowercase().contains("wdatpalertexport") {
                self.turn(StaleKind::RetiredAudience, key, Some(resource), None);
            }
        }
    }

    pub(super) fn tenant(&mut self, token_url: Option<&String>, key: &str) -> Option<String> {
        let token_url = token_url?;
        let tenant = tenant_of(token_url);
        match tenant.as_deref() {
            Some(any @ ("common" | "organizations" | "consumers")) => {
                self.turn(StaleKind::AnyTenant, key, Some(any), None);
                None
            }
            Some(_) => tenant,
            None => {
                self.note(StaleKind::IncompleteAddress, key);
                None
            }
        }
    }

    /// Other values of the old configuration, as far as they are no secrets: for whoever sets up the new one.
    pub(super) fn settings(&self, keys: &[&str]) -> Vec<Setting> {
        keys.iter()
            .filter_map(|key| {
                let entry = self.entry(key)?;
                let value = plain(entry.value.trim())?;
                Some(Setting { key: (*key).to_owned(), value, file: self.file.to_owned(), line: entry.line })
            })
            .collect()
    }
}

/// An address for people: without user, password and query, where secrets lie.
pub(super) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    // Refused only by addresses that have no user.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    url.to_string()
}

/// A value that may be shown; a proxy's user and password are taken off.
fn plain(value: &str) -> Option<String> {
    const LONGEST: usize = 200;
    if value.is_empty() || value.chars().count() > LONGEST || value.chars().any(char::is_control) {
        return None;
    }
    match Url::parse(value) {
        Ok(url) if url.has_host() => Some(shown(&url)),
        Ok(_) | Err(_) => (!value.contains('@')).then(|| value.to_owned()),
    }
}

/// What is left of a query: the machine groups that the old input asked for.
pub(super) fn machine_groups(address: &str) -> Vec<String> {
    let Ok(url) = Url::parse(address) else { return Vec::new() };
    url.query_pairs()
        .filter(|(key, value)| key.eq_ignore_ascii_case("machinegroups") && !value.is_empty())
        .map(|(_, value)| value.into_owned())
        .collect()
}

/// Comments in which somebody noted when the secret ends (`# secret expires 2023-04-01`): line and day.
pub(super) fn noted_ends(text: &str) -> Vec<(usize, Date)> {
    text.lines()
        .enumerate()
        .filter(|(_, line)| line.trim_start().starts_with(['#', ';', '!']))
        .filter(|(_, line)| {
            let lower = line.to_lowercase();
            ["expire", "expiry", "valid until", "만료", "到期"].iter().any(|word| lower.contains(word))
        })
        .filter_map(|(number, line)| {
            let mut words = line.split(|c: char| !c.is_ascii_digit() && c != '-');
            let day = words.find_map(|word| word.get(..10)?.parse::<Date>().ok())?;
            Some((number + 1, day))
        })
        .collect()
}

/// The days that are over, as what is stale; and the last day that somebody noted.
pub(super) fn secret_ends(file: &str, text: &str, today: Date) -> (Vec<Staleness>, Option<Date>) {
    let noted = noted_ends(text);
    let stale = noted
        .iter()
        .filter(|(_, day)| *day < today)
        .map(|(line, day)| Staleness {
            kind: StaleKind::SecretExpired,
            file: file.to_owned(),
            line: Some(*line),
            was: Some(day.to_string()),
            becomes: None,
        })
        .collect();
    (stale, noted.iter().map(|(_, day)| *day).max())
}
