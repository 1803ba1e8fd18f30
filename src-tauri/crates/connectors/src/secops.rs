//! Google Security Operations: a feed of type `MICROSOFT_GRAPH_ALERT`, as JSON for the feeds API.
//!
//! Facts of the software: client credentials; `hostname` is host and path without a scheme, `authEndpoint` the sign-in
//! host; the audience follows from the host.

use catalog::{Audience, Cloud, GrantKind, Source, SourceId};
use secrecy::ExposeSecret;
use serde::Serialize;

use crate::files::Draft;
use crate::formats::json;
use crate::read::{Entries, file, malformed};
use crate::source_of::{Body, source_of};
use crate::{
    ConnectorId, ConnectorInput, Files, Hosts, Note, ReadBack, ReadProblem, ReadReason, Refusal,
    RefusalReason, RenderedFile, refusal,
};

/// The file.
pub(crate) const FEED: &str = "secops-feed.json";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Feed<'a> {
    display_name: String,
    details: Details<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Details<'a> {
    feed_source_type: &'static str,
    log_type: &'static str,
    microsoft_graph_alert_settings: Settings<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Settings<'a> {
    authentication: Authentication<'a>,
    tenant_id: &'a str,
    hostname: &'a str,
    auth_endpoint: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Authentication<'a> {
    client_id: &'a str,
    client_secret: &'a str,
}

/// An address without its scheme.
fn bare(address: &str) -> &str {
    address.split_once("://").map_or(address, |(_, rest)| rest)
}

pub(crate) fn render(input: &ConnectorInput) -> Result<(Vec<RenderedFile>, Vec<Note>), Refusal> {
    let refused =
        |field| Refusal { connector: ConnectorId::Secops, field, reason: RefusalReason::AddressNotCarried };
    let login = bare(&input.token_url)
        .strip_suffix(&format!("/{}/oauth2/v2.0/token", input.customer_tenant))
        .ok_or_else(|| refused("token_url"))?;
    let hostname = bare(&input.alerts_url);
    if hostname.contains('?') || source_of(&input.alerts_url, Body::Object) != Some(input.source) {
        return Err(refused("alerts_url"));
    }
    let custom = Cloud::builtin(&input.cloud).is_none();
    if input.scope != scope(&input.alerts_url) && !custom {
        return Err(refused(if input.scope.is_some() { "scope" } else { "resource" }));
    }
    if custom
        && input.scope.as_deref().is_none_or(|scope| !scope.ends_with("/.default") || scope.contains(' '))
    {
        return Err(refused("scope"));
    }

    let mut draft = Draft::default();
    draft.json(&Feed {
        display_name: format!("defender-{}", input.customer_tenant),
        details: Details {
            feed_source_type: "API",
            log_type: "MICROSOFT_GRAPH_ALERT",
            microsoft_graph_alert_settings: Settings {
                authentication: Authentication {
                    client_id: &input.client_id,
                    client_secret: input.client_secret.expose_secret(),
                },
                tenant_id: &input.customer_tenant,
                hostname,
                auth_endpoint: login,
            },
        },
    });
    let mut notes = vec![Note::SecretsInClear];
    if [&input.token_url, &input.alerts_url].iter().any(|url| !url.starts_with("https:")) {
        notes.push(Note::HttpsNeeded);
    }
    Ok((vec![draft.finish(FEED, true)], notes))
}

/// The audience that belongs to a Graph address.
fn scope(alerts_url: &str) -> Option<String> {
    let base = alerts_url.split("/v1.0/").next()?;
    let known = Cloud::builtins().iter().find(|cloud| cloud.graph.as_str().trim_end_matches('/') == base);
    let audience = known.map(|cloud| Source::get(SourceId::GraphAlerts).audience(cloud, GrantKind::AppOnly));
    Some(match audience {
        Some(Audience::Scopes(scopes)) => scopes.join(" "),
        Some(Audience::Resource(_)) | None => format!("{base}/.default"),
    })
}

pub(crate) fn read(files: &Files) -> Result<ReadBack, ReadProblem> {
    let list = json::read(file(files, FEED)?).map_err(malformed(FEED))?;
    let entries = Entries { file: FEED, list: &list };
    // The API takes both spellings of its names.
    let key =
        |camel: &'static str, snake: &'static str| if entries.find(camel).is_some() { camel } else { snake };
    let tenant_key = key(
        "details.microsoftGraphAlertSettings.tenantId",
        "details.microsoft_graph_alert_settings.tenant_id",
    );
    let tenant = entries.text(tenant_key)?;
    let host_key = key(
        "details.microsoftGraphAlertSettings.hostname",
        "details.microsoft_graph_alert_settings.hostname",
    );
    let login_key = key(
        "details.microsoftGraphAlertSettings.authEndpoint",
        "details.microsoft_graph_alert_settings.auth_endpoint",
    );
    let alerts_url = format!("https://{}", bare(&entries.text(host_key)?));
    let token_url = format!(
        "https://{}/{tenant}/oauth2/v2.0/token",
        bare(&entries.text(login_key)?).trim_end_matches('/')
    );
    for (key, address) in [(host_key, &alerts_url), (login_key, &token_url)] {
        if !refusal::is_address(address) {
            return Err(entries.problem(key, ReadReason::NotAnAddress));
        }
    }
    if source_of(&alerts_url, Body::Object) != Some(SourceId::GraphAlerts) {
        return Err(entries.problem(host_key, ReadReason::UnknownSource));
    }
    let registration = (
        entries.text(key(
            "details.microsoftGraphAlertSettings.authentication.clientId",
            "details.microsoft_graph_alert_settings.authentication.client_id",
        ))?,
        entries.secret(key(
            "details.microsoftGraphAlertSettings.authentication.clientSecret",
            "details.microsoft_graph_alert_settings.authentication.client_secret",
        ))?,
    );
    let mut read = ReadBack::of(SourceId::GraphAlerts, GrantKind::AppOnly, registration, &[FEED]);
    read.hosts = Hosts::WithoutScheme;
    read.tenant_at = entries.place(tenant_key);
    read.scope = scope(&alerts_url);
    read.customer_tenant = Some(tenant);
    read.alerts_url = alerts_url;
    read.token_url = token_url;
    Ok(read)
}
