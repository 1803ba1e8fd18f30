//! Splunk's REST API Modular Input (`rest_ta`): one `[rest://…]` stanza of `inputs.conf`, and the "authentication
//! properties" as a plain file of the documented values, for whoever types them into a form.
//!
//! Facts of the software: `oauth2` needs a non-empty access token and `https`; flags are `0` and `1`; `k=v` lists are
//! split at `delimiter`, then at the first `=`; `$word$` in the endpoint is replaced; a stanza name that is not ASCII
//! breaks token storage; `JSONArrayHandler` understands a bare array only.

use catalog::{GrantKind, SourceId};
use secrecy::{ExposeSecret, SecretString};

use crate::files::Draft;
use crate::formats::splunk_conf::{self, Stanza};
use crate::formats::{once, properties};
use crate::read::{Entries, file, malformed, tenant_of};
use crate::source_of::{Body, fits, source_of};
use crate::{
    ConnectorId, ConnectorInput, Files, Note, ReadBack, ReadProblem, ReadReason, Refusal, RefusalReason,
    RenderedFile,
};

/// The file.
pub(crate) const INPUTS_CONF: &str = "inputs.conf";

/// The values that Microsoft's pages list, by the names of the software's form.
pub(crate) const AUTHENTICATION: &str = "splunk-authentication.properties";

/// Stands for an access token: with none at all the software never asks for one.
const NO_ACCESS_TOKEN: &str = "none-yet";

/// Seconds between two polls. The legacy exporter's own window is two hours, so nothing is missed.
const POLLING_INTERVAL: &str = "300";

/// Characters that may separate list items, best first.
const DELIMITERS: &[char] = &[',', '|', '~', '^', '!', '+', '@', '%', '&', '*'];

const ARRAY_HANDLER: &str = "JSONArrayHandler";
const DEFAULT_HANDLER: &str = "DefaultResponseHandler";

pub(crate) fn render(input: &ConnectorInput) -> Result<(Vec<RenderedFile>, Vec<Note>), Refusal> {
    let refusal = |field, reason| Refusal { connector: ConnectorId::SplunkRest, field, reason };
    let legacy = input.source == SourceId::SiemDetections;
    let (audience_field, audience) = match (&input.resource, &input.scope) {
        (Some(resource), _) => ("resource", resource.as_str()),
        (None, scope) => ("scope", scope.as_deref().unwrap_or_default()),
    };
    let delimiter = DELIMITERS
        .iter()
        .find(|delimiter| !audience.contains(**delimiter))
        .ok_or_else(|| refusal(audience_field, RefusalReason::NoDelimiterLeft))?;
    let props = format!("{audience_field}={audience}");
    let refresh_token = input.used_refresh_token().unwrap_or_default();
    let access_token = input.access_token.as_ref().map_or(NO_ACCESS_TOKEN, |token| token.expose_secret());
    for (field, value) in [
        ("alerts_url", input.alerts_url.as_str()),
        ("access_token", access_token),
        ("refresh_token", refresh_token),
        ("token_url", &input.token_url),
        ("client_id", &input.client_id),
        ("client_secret", input.client_secret.expose_secret()),
        (audience_field, audience),
    ]
    .into_iter()
    .chain(input.ca_file.as_deref().map(|ca_file| ("ca_file", ca_file)))
    {
        if let Some(reason) = splunk_conf::refused(value) {
            return Err(refusal(field, reason));
        }
        if value.contains("{encrypted:") {
            return Err(refusal(field, RefusalReason::Placeholder));
        }
    }
    if has_token_word(&input.alerts_url) {
        return Err(refusal("alerts_url", RefusalReason::Placeholder));
    }

    let mut draft = Draft::default();
    for line in input.heading() {
        draft.line(&format!("# {line}"));
    }
    // The name is ASCII and tells customers apart; theirs stands in the comment.
    draft.line(&format!("[rest://defender-{}-{}]", input.source, input.customer_tenant));
    let mut write = |key, value: &str| splunk_conf::write(&mut draft, key, value);
    write("endpoint", &input.alerts_url);
    write("http_method", "GET");
    write("auth_type", "oauth2");
    write("oauth2_token_type", "Bearer");
    write("oauth2_access_token", access_token);
    write("oauth2_refresh_token", refresh_token);
    write("oauth2_refresh_url", &input.token_url);
    write("oauth2_refresh_props", &props);
    write("oauth2_client_id", &input.client_id);
    write("oauth2_client_secret", input.client_secret.expose_secret());
    write("delimiter", delimiter.encode_utf8(&mut [0; 4]));
    write("response_type", "json");
    write("response_handler", if legacy { ARRAY_HANDLER } else { DEFAULT_HANDLER });
    write("streaming_request", "0");
    write("sequential_mode", "0");
    write("index_error_response_codes", "0");
    write("request_timeout", "60");
    write("backoff_time", "10");
    write("polling_interval", POLLING_INTERVAL);
    if let Some(ca_file) = &input.ca_file {
        write("ca_bundle_path", ca_file);
    }
    write("sourcetype", "_json");
    write("disabled", "0");

    let files = vec![draft.finish(INPUTS_CONF, true), authentication(input)];
    Ok((files, notes(input, legacy)))
}

/// The plain file. `inputs.conf` counts; this one is compared with it.
fn authentication(input: &ConnectorInput) -> RenderedFile {
    let mut draft = Draft::default();
    for line in input.heading() {
        properties::comment(&mut draft, &line);
    }
    let fields = documented(
        &input.alerts_url,
        &input.token_url,
        &input.client_id,
        input.client_secret.expose_secret(),
        input.resource.as_deref(),
        input.scope.as_deref(),
        input.used_refresh_token(),
    );
    properties::write(&mut draft, "tenant_id", &input.customer_tenant);
    for (key, value) in fields {
        if let Some(value) = value {
            properties::write(&mut draft, key, value);
        }
    }
    draft.finish(AUTHENTICATION, true)
}

/// Keys of the plain file, with the field of [`ReadBack`] as name.
fn documented<'a>(
    alerts_url: &'a str,
    token_url: &'a str,
    client_id: &'a str,
    client_secret: &'a str,
    resource: Option<&'a str>,
    scope: Option<&'a str>,
    refresh_token: Option<&'a str>,
) -> [(&'static str, Option<&'a str>); 7] {
    [
        ("alerts_url", Some(alerts_url)),
        ("token_url", Some(token_url)),
        ("client_id", Some(client_id)),
        ("client_secret", Some(client_secret)),
        ("resource", resource),
        ("scope", scope),
        ("refresh_token", refresh_token),
    ]
}

fn compare_authentication(read: &mut ReadBack, bytes: &[u8]) -> Result<(), ReadProblem> {
    let list = properties::read(bytes).map_err(malformed(AUTHENTICATION))?;
    once(&list).map_err(malformed(AUTHENTICATION))?;
    let entries = Entries { file: AUTHENTICATION, list: &list };
    let fields = documented(
        &read.alerts_url,
        &read.token_url,
        &read.client_id,
        read.client_secret.expose_secret(),
        read.resource.as_deref(),
        read.scope.as_deref(),
        read.refresh_token.as_ref().map(ExposeSecret::expose_secret),
    );
    // Splunk stores rotated tokens in its own file alone.
    let differing: Vec<&'static str> = fields
        .into_iter()
        .filter(|(key, value)| *key != "refresh_token" && entries.optional(key) != *value)
        .map(|(key, _)| key)
        .collect();
    for field in differing {
        read.disagrees(AUTHENTICATION, field);
    }
    read.files.push(AUTHENTICATION.to_owned());
    Ok(())
}

fn notes(input: &ConnectorInput, legacy: bool) -> Vec<Note> {
    let mut notes = vec![Note::SecretsInClear, Note::OverlappingPolls, Note::OneUnauthorisedPerRefresh];
    if !legacy {
        notes.push(Note::WholePageIsOneEvent);
    }
    notes.extend([Note::ActivationKey, Note::CertificatesUnchecked]);
    if legacy {
        notes.push(Note::LegacyClosed);
    }
    if input.ca_file.is_some() {
        notes.push(Note::CaNeedsLaterVersion);
    }
    if [&input.token_url, &input.alerts_url].iter().any(|url| !url.starts_with("https:")) {
        notes.push(Note::HttpsNeeded);
    }
    notes
}

/// `$word$`, which the software replaces by a function of its own. A single dollar, as in `$filter=`, is safe.
fn has_token_word(endpoint: &str) -> bool {
    let mut pieces = endpoint.split('$').skip(1).peekable();
    while let Some(piece) = pieces.next() {
        let word = !piece.is_empty() && piece.chars().all(|c| c.is_alphanumeric() || c == '_');
        if word && pieces.peek().is_some() {
            return true;
        }
    }
    false
}

pub(crate) fn read(files: &Files) -> Result<ReadBack, ReadProblem> {
    let stanzas = splunk_conf::read(file(files, INPUTS_CONF)?).map_err(malformed(INPUTS_CONF))?;
    let stanza = the_input(&stanzas)?;
    stanza.once().map_err(malformed(INPUTS_CONF))?;
    let entries = Entries { file: INPUTS_CONF, list: &stanza.entries };

    let alerts_url = entries.address("endpoint")?;
    let body = match entries.optional("response_handler") {
        Some(ARRAY_HANDLER) => Body::Array,
        Some(DEFAULT_HANDLER) => Body::Object,
        Some(_) | None => Body::Unsaid,
    };
    let source = source_of(&alerts_url, body).ok_or_else(|| {
        let problem = ReadProblem::of(INPUTS_CONF, ReadReason::UnknownSource).key("endpoint");
        entries.find("endpoint").map_or(problem.clone(), |entry| problem.line(entry.line))
    })?;
    // The default handler makes something of every body; the array handler makes junk of an object.
    if body == Body::Array && !fits(source, body) {
        let problem = ReadProblem::of(INPUTS_CONF, ReadReason::MappingMismatch).key("response_handler");
        return Err(entries
            .find("response_handler")
            .map_or(problem.clone(), |entry| problem.line(entry.line)));
    }
    let token_url = entries.address("oauth2_refresh_url")?;
    let delimiter = entries.optional("delimiter").unwrap_or(",");
    let props = entries.required("oauth2_refresh_props")?;
    let prop = |key: &str| {
        props.value.split(delimiter).filter_map(|item| item.split_once('=')).find_map(|(name, value)| {
            (name.trim() == key && !value.trim().is_empty()).then(|| value.trim().to_owned())
        })
    };
    let (resource, scope) = (prop("resource"), prop("scope"));
    if resource.is_none() && scope.is_none() {
        let problem = ReadProblem::of(INPUTS_CONF, ReadReason::ValueMissing);
        return Err(problem.line(props.line).key("oauth2_refresh_props"));
    }
    let registration = (entries.text("oauth2_client_id")?, entries.secret("oauth2_client_secret")?);
    let mut read = ReadBack::of(source, GrantKind::RefreshToken, registration, &[INPUTS_CONF]);
    read.customer_tenant = tenant_of(&token_url);
    read.tenant_at = entries.place("oauth2_refresh_url");
    read.token_url = token_url;
    read.resource = resource;
    read.scope = scope;
    read.alerts_url = alerts_url;
    read.refresh_token = Some(entries.secret("oauth2_refresh_token")?);
    read.access_token = entries
        .optional("oauth2_access_token")
        .filter(|token| *token != NO_ACCESS_TOKEN)
        .map(SecretString::from);
    read.ca_file = entries.optional("ca_bundle_path").map(str::to_owned);
    if let Some(bytes) = files.get(AUTHENTICATION) {
        compare_authentication(&mut read, bytes)?;
    }
    Ok(read)
}

/// The one REST input. With several it would be a guess whose values are meant.
fn the_input(stanzas: &[Stanza]) -> Result<&Stanza, ReadProblem> {
    let mut inputs = stanzas.iter().filter(|stanza| stanza.name.starts_with("rest://"));
    let input = inputs.next().ok_or_else(|| ReadProblem::of(INPUTS_CONF, ReadReason::NoInput))?;
    match inputs.next() {
        None => Ok(input),
        Some(second) => Err(ReadProblem::of(INPUTS_CONF, ReadReason::SeveralInputs).line(second.line)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_word_between_two_dollars_is_a_token() {
        assert!(has_token_word("https://x.example/a?b=$word$"));
        assert!(has_token_word("https://x.example/a?$x=$a$&c"));
        assert!(!has_token_word("https://x.example/a?$filter=b"));
        assert!(!has_token_word("https://x.example/a?$expand=alerts&$filter=b"));
        assert!(!has_token_word("https://x.example/a?b=$word"));
    }
}
