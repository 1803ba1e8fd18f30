//! `WDATP-connector.properties`, and the two addresses that carry more than an address: `auth_url` and the Events URL.

use catalog::SourceId;
use secrecy::ExposeSecret;
use url::Url;
use url::form_urlencoded::byte_serialize;

use super::CLIENT_PROPERTIES;
use crate::files::Draft;
use crate::formats::properties;
use crate::{ConnectorInput, RenderedFile};

/// What the connector replaces by the time from which it wants events.
const START: &str = "$START_AT_TIME";

pub(super) fn render(input: &ConnectorInput) -> RenderedFile {
    let mut draft = Draft::default();
    for line in input.heading() {
        properties::comment(&mut draft, &line);
    }
    let mut write = |key, value: &str| properties::write(&mut draft, key, value);
    write("client_id", &input.client_id);
    write("client_secret", input.client_secret.expose_secret());
    write("auth_url", &auth_url(input));
    write("token_url", &input.token_url);
    write("redirect_uri", &input.redirect_uri);
    // Microsoft leaves it blank with the v1 endpoints; the v2 endpoints want it.
    write("scope", input.scope.as_deref().unwrap_or_default());
    // No `reauthenticate`: it makes the connector ask for a browser sign-in at its next start, which is the cure for a
    // dead refresh token and nothing to begin with.
    draft.finish(CLIENT_PROPERTIES, true)
}

/// The authorize endpoint; with a v1 endpoint the audience is part of it.
fn auth_url(input: &ConnectorInput) -> String {
    match &input.resource {
        Some(resource) => {
            let resource: String = byte_serialize(resource.as_bytes()).collect();
            let joint = if input.authorize_url.contains('?') { '&' } else { '?' };
            format!("{}{joint}resource={resource}", input.authorize_url)
        }
        None => input.authorize_url.clone(),
    }
}

/// The audience in an authorize address; the last one, as that is ours.
pub(crate) fn resource_of(authorize_url: &str) -> Option<String> {
    let url = Url::parse(authorize_url).ok()?;
    let resources = url.query_pairs().filter(|(key, value)| key == "resource" && !value.trim().is_empty());
    resources.last().map(|(_, value)| value.into_owned())
}

/// The wizard's *Events URL*. `OData`'s own dollars are written `%24`, because the connector replaces `$NAME`.
pub(super) fn events_url(input: &ConnectorInput) -> String {
    let (address, query) = input.alerts_url.split_once('?').unwrap_or((&input.alerts_url, ""));
    let address = address.trim_end_matches('/');
    let mut parts: Vec<String> =
        query.split('&').filter(|part| !part.is_empty()).map(|part| part.replace('$', "%24")).collect();
    let has =
        |parts: &[String], name: &str| parts.iter().any(|part| part.starts_with(&format!("%24{name}=")));
    let (expand, filter) = match input.source {
        // The slash before the query is Microsoft's own spelling.
        SourceId::SiemDetections => {
            parts.push(format!("sinceTimeUtc={START}"));
            return format!("{address}/?{}", parts.join("&"));
        }
        SourceId::GraphAlerts => (None, "lastUpdateDateTime"),
        SourceId::GraphIncidents => (Some("alerts"), "lastUpdateDateTime"),
        SourceId::DefenderAlerts => (Some("evidence"), "lastUpdateTime"),
        SourceId::XdrIncidents => (None, "lastUpdateTime"),
    };
    if let Some(expand) = expand.filter(|_| !has(&parts, "expand")) {
        parts.push(format!("%24expand={expand}"));
    }
    if !has(&parts, "filter") {
        parts.push(format!("%24filter={filter}%20ge%20{START}"));
    }
    format!("{address}?{}", parts.join("&"))
}
