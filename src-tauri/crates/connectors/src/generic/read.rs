//! Reading the generic set: from the JSON, or from the `.env` file where that is all there is.

use catalog::GrantKind;
use secrecy::{ExposeSecret, SecretString};

use super::{CURL, ENV, JSON, form};
use crate::formats::{Entry, curl_config, dotenv, json, once};
use crate::read::{Entries, file, malformed, tenant_of};
use crate::source_of::{Body, source_of};
use crate::{Disagreement, Files, ReadBack, ReadProblem, ReadReason, refusal};

/// What a pull needs, as far as it is there; unknown members are left alone.
struct Found {
    customer_tenant: Option<String>,
    source: Option<String>,
    grant: Option<String>,
    client_id: Option<String>,
    client_secret: Option<SecretString>,
    redirect_uri: Option<String>,
    authorize_url: Option<String>,
    token_url: Option<String>,
    resource: Option<String>,
    scope: Option<String>,
    alerts_url: Option<String>,
    refresh_token: Option<SecretString>,
    access_token: Option<SecretString>,
    ca_file: Option<String>,
}

/// What the file that counts says, with the lines of its keys.
struct Spoken {
    file: &'static str,
    found: Found,
    /// Keys as the file spells them, and their lines.
    lines: Vec<(String, usize)>,
}

impl Spoken {
    /// `named` turns a field's name into the file's.
    fn of(file: &'static str, list: &[Entry], named: impl Fn(&str) -> String) -> Self {
        let entries = Entries { file, list };
        let text = |key: &str| entries.optional(&named(key)).map(str::to_owned);
        let secret = |key: &str| entries.optional(&named(key)).map(SecretString::from);
        let found = Found {
            customer_tenant: text("customer_tenant"),
            source: text("source"),
            grant: text("grant"),
            client_id: text("client_id"),
            client_secret: secret("client_secret"),
            redirect_uri: text("redirect_uri"),
            authorize_url: text("authorize_url"),
            token_url: text("token_url"),
            resource: text("resource"),
            scope: text("scope"),
            alerts_url: text("alerts_url"),
            refresh_token: secret("refresh_token"),
            access_token: secret("access_token"),
            ca_file: text("ca_file"),
        };
        let lines = list.iter().map(|entry| (entry.key.clone(), entry.line)).collect();
        Self { file, found, lines }
    }

    fn line_of(&self, key: &str) -> Option<usize> {
        let variable = variable(key);
        self.lines.iter().rev().find(|(name, _)| name == key || *name == variable).map(|(_, line)| *line)
    }

    fn problem(&self, key: &'static str, reason: ReadReason) -> ReadProblem {
        ReadProblem { line: self.line_of(key), ..ReadProblem::of(self.file, reason).key(key) }
    }

    fn absent(&self, key: &'static str) -> ReadProblem {
        match self.line_of(key) {
            Some(_) => self.problem(key, ReadReason::ValueMissing),
            None => self.problem(key, ReadReason::KeyMissing),
        }
    }

    fn text(&self, key: &'static str, value: Option<&String>) -> Result<String, ReadProblem> {
        value.filter(|text| !text.trim().is_empty()).cloned().ok_or_else(|| self.absent(key))
    }

    fn secret(&self, key: &'static str, value: Option<&SecretString>) -> Result<SecretString, ReadProblem> {
        value.filter(|text| !text.expose_secret().trim().is_empty()).cloned().ok_or_else(|| self.absent(key))
    }

    fn address(&self, key: &'static str, value: Option<&String>) -> Result<String, ReadProblem> {
        let text = self.text(key, value)?;
        if refusal::is_address(&text) { Ok(text) } else { Err(self.problem(key, ReadReason::NotAnAddress)) }
    }
}

pub(crate) fn read(files: &Files) -> Result<ReadBack, ReadProblem> {
    let spoken = if files.get(JSON).is_some() || files.get(ENV).is_none() {
        from_json(file(files, JSON)?)?
    } else {
        from_env(file(files, ENV)?)?
    };
    let found = &spoken.found;
    let alerts_url = spoken.address("alerts_url", found.alerts_url.as_ref())?;
    let token_url = spoken.address("token_url", found.token_url.as_ref())?;
    let source = match &found.source {
        Some(word) => word.parse().map_err(|_| spoken.problem("source", ReadReason::UnknownWord))?,
        None => source_of(&alerts_url, Body::Unsaid)
            .ok_or_else(|| spoken.problem("alerts_url", ReadReason::UnknownSource))?,
    };
    let grant = match &found.grant {
        Some(word) => word.parse().map_err(|_| spoken.problem("grant", ReadReason::UnknownWord))?,
        None if found.refresh_token.is_some() => GrantKind::RefreshToken,
        None => GrantKind::AppOnly,
    };
    let filled = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    let registration = (
        spoken.text("client_id", found.client_id.as_ref())?,
        spoken.secret("client_secret", found.client_secret.as_ref())?,
    );
    let mut read = ReadBack::of(source, grant, registration, &[spoken.file]);
    read.resource = filled(&found.resource);
    read.scope = filled(&found.scope);
    read.refresh_token = match grant {
        GrantKind::RefreshToken => Some(spoken.secret("refresh_token", found.refresh_token.as_ref())?),
        GrantKind::AppOnly => None,
    };
    read.access_token.clone_from(&found.access_token);
    read.customer_tenant = filled(&found.customer_tenant).or_else(|| tenant_of(&token_url));
    read.tenant_at = spoken.line_of("token_url").map(|line| (spoken.file.to_owned(), line));
    read.redirect_uri = filled(&found.redirect_uri);
    read.authorize_url = filled(&found.authorize_url);
    read.ca_file = filled(&found.ca_file);
    read.alerts_url = alerts_url;
    read.token_url = token_url;
    if read.resource.is_none() && read.scope.is_none() {
        return Err(spoken.absent("scope"));
    }
    if spoken.file != ENV && files.get(ENV).is_some() {
        compare_env(files, &mut read)?;
    }
    if files.get(CURL).is_some() {
        compare_curl(files, &mut read)?;
    }
    Ok(read)
}

fn from_json(bytes: &[u8]) -> Result<Spoken, ReadProblem> {
    let list = json::read(bytes).map_err(malformed(JSON))?;
    Ok(Spoken::of(JSON, &list, str::to_owned))
}

fn from_env(bytes: &[u8]) -> Result<Spoken, ReadProblem> {
    let list = dotenv::read(bytes).map_err(malformed(ENV))?;
    once(&list).map_err(malformed(ENV))?;
    Ok(Spoken::of(ENV, &list, variable))
}

fn variable(key: &str) -> String {
    format!("DEFENDER_{}", key.to_ascii_uppercase())
}

fn compare_env(files: &Files, read: &mut ReadBack) -> Result<(), ReadProblem> {
    let list = dotenv::read(file(files, ENV)?).map_err(malformed(ENV))?;
    once(&list).map_err(malformed(ENV))?;
    let entries = Entries { file: ENV, list: &list };
    let expected: [(&'static str, Option<&str>); 10] = [
        ("source", Some(read.source.as_str())),
        ("grant", Some(read.grant.as_str())),
        ("client_id", Some(&read.client_id)),
        ("client_secret", Some(read.client_secret.expose_secret())),
        ("token_url", Some(&read.token_url)),
        ("resource", read.resource.as_deref()),
        ("scope", read.scope.as_deref()),
        ("alerts_url", Some(&read.alerts_url)),
        ("refresh_token", read.refresh_token.as_ref().map(ExposeSecret::expose_secret)),
        ("ca_file", read.ca_file.as_deref()),
    ];
    let differing = expected
        .into_iter()
        .filter(|(key, value)| entries.optional(&variable(key)) != *value)
        .map(|(key, _)| key);
    let differing: Vec<_> =
        differing.map(|field| Disagreement { file: ENV.to_owned(), line: None, field }).collect();
    read.disagreements.extend(differing);
    read.files.push(ENV.to_owned());
    Ok(())
}

fn compare_curl(files: &Files, read: &mut ReadBack) -> Result<(), ReadProblem> {
    let list = curl_config::read(file(files, CURL)?).map_err(malformed(CURL))?;
    let entries = Entries { file: CURL, list: &list };
    let sent = |name: &str| {
        let fields = list.iter().filter(|entry| entry.key == "data-urlencode");
        fields
            .filter_map(|entry| entry.value.split_once('='))
            .find_map(|(key, value)| (key == name).then_some(value))
    };
    let form = form(
        read.grant,
        read.refresh_token.as_ref().map(ExposeSecret::expose_secret),
        &read.client_id,
        read.client_secret.expose_secret(),
        read.resource.as_deref(),
        read.scope.as_deref(),
    );
    let mut differing: Vec<&'static str> =
        form.into_iter().filter(|(name, value)| sent(name) != Some(*value)).map(|(name, _)| name).collect();
    if entries.optional("url") != Some(read.token_url.as_str()) {
        differing.push("token_url");
    }
    if entries.optional("cacert") != read.ca_file.as_deref() {
        differing.push("ca_file");
    }
    read.disagreements.extend(differing.into_iter().map(|field| Disagreement {
        file: CURL.to_owned(),
        line: None,
        field,
    }));
    read.files.push(CURL.to_owned());
    Ok(())
}
