//! Whether files that were edited since they were exported are still whole: no entry lost, cut or doubled, no other line
//! ends or byte-order mark, and, where two files of the set disagree, which line it is.
//!
//! What a set should hold is not written down twice: the values that were read back are rendered again, and keys are
//! compared. A value may be another one, for whoever edits an interval or an index means it; but not one that lacks its
//! end. Files whose bytes are those that the
//! manifest lists are not looked at, and neither are sets without a manifest, which somebody may have written by hand.

use std::collections::BTreeMap;

use catalog::{Audience, Cloud, GrantKind, Region, Source, SourceId};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::formats::{Entry, curl_config, dotenv, json, properties, sheet, splunk_conf, unmarked, xml, yaml};
use crate::read::malformed;
use crate::{
    ConnectorId, ConnectorInput, Files, Hosts, Language, ReadBack, ReadProblem, ReadReason, RenderedFile,
    render,
};

/// Elements and keys that may stand several times, and that nobody misses.
const LISTED: [&str; 2] = ["relationship", "tags"];

/// Stands for the customer's name, which files need not say.
const NAMELESS: &str = "(nameless)";

/// A tenant that nobody has.
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

/// Refuses what an editor or a transfer does to whole files.
pub(crate) fn untouched_by_editors(files: &Files, changed: &[String]) -> Result<(), ReadProblem> {
    for name in changed {
        let Some(bytes) = files.get(name) else { continue };
        unmarked(bytes).map_err(malformed(name))?;
        let mut lines = bytes.split(|byte| *byte == b'\n');
        if let Some(at) = lines.position(|line| line.ends_with(b"\r")) {
            return Err(ReadProblem::of(name, ReadReason::CarriageReturn).line(at + 1));
        }
    }
    Ok(())
}

/// Refuses a changed file that lost an entry or its end, or has one twice, and gives every disagreement its line.
pub(crate) fn check(
    connector: ConnectorId,
    read: &mut ReadBack,
    files: &Files,
    changed: &[String],
) -> Result<(), ReadProblem> {
    if changed.is_empty() {
        return Ok(());
    }
    // What cannot be rendered again was not rendered by us: there is nothing to compare with.
    let input = match read.hosts {
        Hosts::Implied => known(read).as_ref().map(input_of),
        Hosts::Spelled | Hosts::WithoutScheme => Some(input_of(read)),
    };
    let Some(Ok(should)) = input.map(|input| render(connector, &input)) else { return Ok(()) };
    let counts = read.files.first().cloned().unwrap_or_default();
    let mut disagreements = std::mem::take(&mut read.disagreements);
    for disagreement in &mut disagreements {
        let value = value_of(read, disagreement.field);
        let file = should.files.iter().find(|file| file.name == disagreement.file);
        let differing =
            file.and_then(|file| difference(&entries(&file.name, files)?, &rendered(file)?, value));
        disagreement.line = differing.as_ref().map(|(line, _)| *line);
        if !changed.contains(&disagreement.file) && changed.contains(&counts) {
            // The file that counts is the one that was edited: the line is where it says what the others do not.
            let list = entries(&counts, files).unwrap_or_default();
            let sought = value.or_else(|| differing.as_ref().map(|(_, other)| other.as_str()));
            let says = |entry: &&Entry| sought.is_some_and(|sought| entry.value.contains(sought));
            let names = |entry: &&Entry| entry.key.contains(disagreement.field);
            let found = list.iter().find(says).or_else(|| list.iter().find(names));
            disagreement.line = found.map(|entry| entry.line);
            disagreement.file.clone_from(&counts);
        }
    }
    disagreements.dedup();
    read.disagreements = disagreements;
    for file in should.files.iter().filter(|file| changed.contains(&file.name)) {
        let (Some(is), Some(was)) = (entries(&file.name, files), rendered(file)) else { continue };
        if let Some(problem) = lost_or_doubled(&file.name, &is, &was).or_else(|| cut(&file.name, &is, &was)) {
            return Err(problem);
        }
    }
    Ok(())
}

/// Gives a missing key its line: behind the last of the entries that stand before it where the connector's files are
/// whole.
pub(crate) fn placed(connector: ConnectorId, problem: ReadProblem, files: &Files) -> ReadProblem {
    if problem.line.is_some() || problem.file.is_empty() || problem.reason == ReadReason::FileMissing {
        return problem;
    }
    let Some(key) = problem.key.as_deref() else {
        // The head of the input itself is lost: it stood before all else.
        let text = files.get(&problem.file).map(String::from_utf8_lossy).unwrap_or_default();
        let begins = text.lines().position(|line| !line.trim().is_empty() && !line.starts_with(['#', '!']));
        return problem.line(begins.unwrap_or_default() + 1);
    };
    let Some(is) = entries(&problem.file, files) else { return problem };
    if let Some(entry) = is.iter().find(|entry| entry.key == key) {
        let line = entry.line;
        return problem.line(line);
    }
    let kinds = SourceId::ALL.iter().flat_map(|source| GrantKind::ALL.iter().map(|grant| (*source, *grant)));
    let specimens = kinds.filter_map(|(source, grant)| {
        let read = ReadBack::of(source, grant, (NOBODY.to_owned(), SecretString::from("specimen")), &[]);
        render(connector, &input_of(&known(&read)?)).ok()
    });
    let line = specimens
        .filter_map(|set| rendered(set.files.iter().find(|file| file.name == problem.file)?))
        .find_map(|was| {
            // A reader may look for the end of a path: `request.url` of whatever input it is.
            let at = was.iter().position(|entry| entry.key == key || entry.key.ends_with(key))?;
            let before = was.get(..at)?;
            is.iter().rev().find(|entry| before.iter().any(|other| other.key == entry.key))
        })
        .map_or(1, |entry| entry.line + 1);
    problem.line(line)
}

/// What was read, with the addresses of Microsoft's cloud: some software knows them by heart and asks in an older way.
fn known(read: &ReadBack) -> Option<ReadBack> {
    let cloud = Cloud::builtin(&cloud_of(read)).or_else(|| Cloud::builtin("commercial"))?;
    let source = Source::get(read.source);
    let (version, resource, scope) = match source.audience(&cloud, read.grant) {
        Audience::Resource(resource) => ("", Some(resource), None),
        Audience::Scopes(scopes) => ("/v2.0", None, Some(scopes.join(" "))),
    };
    let login = cloud.login.as_str().trim_end_matches('/');
    let tenant = read.customer_tenant.as_deref().unwrap_or(NOBODY);
    let region = (read.source == SourceId::SiemDetections).then_some(Region::Eu);
    let registration = (read.client_id.clone(), read.client_secret.clone());
    Some(ReadBack {
        customer_tenant: Some(tenant.to_owned()),
        token_url: format!("{login}/{tenant}/oauth2{version}/token"),
        resource,
        scope,
        alerts_url: source.address(&cloud, region).ok()?.to_string(),
        refresh_token: Some(SecretString::from("specimen")),
        ..ReadBack::of(read.source, read.grant, registration, &[])
    })
}

/// How often each key stands.
fn counted(list: &[Entry]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for entry in list.iter().filter(|entry| !LISTED.iter().any(|listed| entry.key.contains(listed))) {
        *counts.entry(entry.key.as_str()).or_default() += 1;
    }
    counts
}

fn lost_or_doubled(name: &str, is: &[Entry], was: &[Entry]) -> Option<ReadProblem> {
    let (have, want) = (counted(is), counted(was));
    for entry in was {
        let wanted = want.get(entry.key.as_str()).copied().unwrap_or_default();
        let there = have.get(entry.key.as_str()).copied().unwrap_or_default();
        if there < wanted {
            return Some(
                ReadProblem::of(name, ReadReason::KeyMissing).line(entry.line).key(entry.key.clone()),
            );
        }
        if there > wanted && wanted > 0 {
            let second = is.iter().filter(|other| other.key == entry.key).nth(wanted)?;
            return Some(
                ReadProblem::of(name, ReadReason::DuplicateKey).line(second.line).key(entry.key.clone()),
            );
        }
    }
    None
}

/// A line of which the end is missing. A shorter number is another number.
fn cut(name: &str, is: &[Entry], was: &[Entry]) -> Option<ReadProblem> {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let found = is.iter().find(|entry| {
        let whole = was.iter().find(|other| other.key == entry.key).map(|other| other.value.as_str());
        let rest = whole.and_then(|whole| whole.strip_prefix(entry.value.as_str()));
        // What stands for the customer's name is no name.
        !number(&entry.value) && rest.is_some_and(|rest| !rest.is_empty() && !rest.ends_with(NAMELESS))
    })?;
    Some(ReadProblem::of(name, ReadReason::LineCut).line(found.line).key(found.key.clone()))
}

/// The line that says something else than the file that counts, and what that one says: the line of that value, or else
/// the first that differs.
fn difference(is: &[Entry], was: &[Entry], value: Option<&str>) -> Option<(usize, Zeroizing<String>)> {
    let differing = || {
        is.iter().filter_map(|entry| {
            let other = was.iter().find(|other| other.key == entry.key && other.value != entry.value)?;
            (!other.value.contains(NAMELESS)).then_some((entry.line, &other.value))
        })
    };
    let meant = value.and_then(|value| differing().find(|(_, other)| other.contains(value)));
    meant.or_else(|| differing().next()).map(|(line, other)| (line, other.clone()))
}

/// The value of a field that can be found in a file as it is.
fn value_of<'a>(read: &'a ReadBack, field: &str) -> Option<&'a str> {
    match field {
        "client_id" => Some(&read.client_id),
        "client_secret" => Some(read.client_secret.expose_secret()),
        "refresh_token" => read.refresh_token.as_ref().map(ExposeSecret::expose_secret),
        "token_url" => Some(&read.token_url),
        "alerts_url" => Some(&read.alerts_url),
        "resource" => read.resource.as_deref(),
        "scope" => read.scope.as_deref(),
        "customer_tenant" => read.customer_tenant.as_deref(),
        "ca_file" => read.ca_file.as_deref(),
        _ => None,
    }
}

fn entries(name: &str, files: &Files) -> Option<Vec<Entry>> {
    entries_of(name, files.get(name)?)
}

fn rendered(file: &RenderedFile) -> Option<Vec<Entry>> {
    entries_of(&file.name, file.bytes())
}

/// Keys as the format has them. Form fields of a curl config are keys of their own.
fn entries_of(name: &str, bytes: &[u8]) -> Option<Vec<Entry>> {
    let (_, ending) = name.rsplit_once('.')?;
    let list = match ending {
        "properties" => properties::read(bytes),
        "json" => json::read(bytes),
        "yml" => yaml::read(bytes),
        "xml" => xml::read(bytes, &LISTED),
        "env" => dotenv::read(bytes),
        "txt" => sheet::read(bytes),
        "conf" => splunk_conf::read(bytes)
            .map(|stanzas| stanzas.into_iter().flat_map(|stanza| stanza.entries).collect()),
        "curl" => curl_config::read(bytes).map(|list| list.into_iter().map(form_field).collect()),
        _ => return None,
    };
    list.ok()
}

fn form_field(entry: Entry) -> Entry {
    match entry.value.split_once('=') {
        Some((field, _)) if entry.key == "data-urlencode" => {
            let key = format!("{} {field}", entry.key);
            Entry { key, ..entry }
        }
        Some(_) | None => entry,
    }
}

/// What was read, as the input of a rendering. What files do not say is left out where it may be.
fn input_of(read: &ReadBack) -> ConnectorInput {
    let plain = |text: &Option<String>, otherwise: &str| text.clone().unwrap_or_else(|| otherwise.to_owned());
    ConnectorInput {
        customer_name: NAMELESS.to_owned(),
        customer_tenant: plain(&read.customer_tenant, NOBODY),
        home_tenant: None,
        cloud: cloud_of(read),
        source: read.source,
        grant: read.grant,
        region: None,
        client_id: read.client_id.clone(),
        client_secret: read.client_secret.clone(),
        redirect_uri: plain(&read.redirect_uri, "http://localhost/"),
        // As written it may carry a query that rendering adds.
        authorize_url: plain(&read.authorize_url, &read.token_url)
            .split('?')
            .next()
            .unwrap_or_default()
            .to_owned(),
        token_url: read.token_url.clone(),
        resource: read.resource.clone(),
        scope: read.scope.clone(),
        alerts_url: read.alerts_url.clone(),
        refresh_token: match read.grant {
            GrantKind::RefreshToken => read.refresh_token.clone(),
            GrantKind::AppOnly => None,
        },
        access_token: read.access_token.clone(),
        ca_file: read.ca_file.clone(),
        read_from: Timestamp::UNIX_EPOCH,
        language: Language::English,
    }
}

/// The cloud whose hosts these are; a name of no cloud stands for any other.
fn cloud_of(read: &ReadBack) -> String {
    let known = Cloud::builtins().iter().find(|cloud| read.token_url.starts_with(cloud.login.as_str()));
    known.map_or_else(|| "other".to_owned(), |cloud| cloud.id.clone())
}
