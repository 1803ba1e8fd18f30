//! Microsoft Graph's `/v1.0/security/alerts_v2`.
//!
//! Like the real one it sends no `@odata.nextLink` for alerts even when there are more; `$top` is clamped at 1000 and
//! `$skip` beyond 500 is refused.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;
use uuid::Uuid;

use crate::alerts;
use crate::directory::House;
use crate::parameters::Parameters;
use crate::permission::Api;
use crate::scenario::Scenario;
use crate::world::World;

use super::bearer::{self, BadToken};
use super::filter::Filter;
use super::stream;

/// Alerts in an answer to a request without `$top`.
const PAGE: u64 = 50;
/// More than this is not sent in one answer.
const PAGE_LIMIT: u64 = 1000;
/// A larger `$skip` is refused.
const SKIP_LIMIT: u64 = 500;
const PERMISSIONS: [&str; 2] = ["SecurityAlert.Read.All", "SecurityAlert.ReadWrite.All"];

/// Answers for one list of alerts.
pub(super) fn alerts(world: &Arc<World>, headers: &HeaderMap, parameters: &Parameters) -> Response {
    match list(world, headers, parameters) {
        Ok(response) => response,
        Err(error) => error.response(world, headers),
    }
}

/// Every other address of Graph.
pub(super) fn unknown(world: &World, headers: &HeaderMap, rest: &str) -> Response {
    let error = if let Err(bad) = bearer::check(world, headers, Api::Graph) {
        Error::token(bad)
    } else {
        let segment = rest.split('/').nth(1).unwrap_or(rest);
        Error::bad_request(format!("Resource not found for the segment '{segment}'."))
    };
    error.response(world, headers)
}

/// The error of an API that has been taken away.
pub(super) fn retired(world: &World, headers: &HeaderMap) -> Response {
    Error::new(StatusCode::NOT_FOUND, "ResourceNotFound", "Resource not found for the segment 'alerts_v2'.")
        .response(world, headers)
}

/// A fault of Graph's front.
pub(super) fn fault(world: &World, headers: &HeaderMap, status: StatusCode) -> Response {
    let (code, message) = match status {
        StatusCode::TOO_MANY_REQUESTS => ("TooManyRequests", "Too many requests. Wait before you try again."),
        _ => ("ServiceUnavailable", "The service is temporarily unavailable. Try again later."),
    };
    Error::new(status, code, message).response(world, headers)
}

struct Error {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Error {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BadRequest", message)
    }

    fn token(bad: BadToken) -> Self {
        let message = match bad {
            BadToken::Missing => "Access token is empty.",
            BadToken::Malformed => "CompactToken parsing failed or the signature is invalid.",
            BadToken::Expired => "Lifetime validation failed, the token is expired.",
            BadToken::NotYet => "Lifetime validation failed, the token is not yet valid.",
            BadToken::Audience => "Access token validation failure. Invalid audience.",
        };
        Self::new(StatusCode::UNAUTHORIZED, "InvalidAuthenticationToken", message)
    }

    fn response(self, world: &World, headers: &HeaderMap) -> Response {
        let request = Uuid::new_v4();
        let client = client_request_id(headers, request);
        let body = json!({
            "error": {
                "code": self.code,
                "message": self.message,
                "innerError": {
                    "date": world.now().strftime("%Y-%m-%dT%H:%M:%S").to_string(),
                    "request-id": request,
                    "client-request-id": client,
                },
            },
        });
        let mut response = (self.status, Json(body)).into_response();
        mark(&mut response, request, &client);
        if self.status == StatusCode::UNAUTHORIZED {
            let challenge = format!(
                "Bearer realm=\"\", authorization_uri=\"{}/common/oauth2/authorize\", client_id=\"{}\"",
                world.addresses.login,
                Api::Graph.app_id()
            );
            if let Ok(challenge) = HeaderValue::from_str(&challenge) {
                response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
            }
        }
        response
    }
}

fn client_request_id(headers: &HeaderMap, otherwise: Uuid) -> String {
    headers
        .get("client-request-id")
        .and_then(|value| value.to_str().ok())
        .and_then(|text| Uuid::try_parse(text.trim()).ok())
        .unwrap_or(otherwise)
        .to_string()
}

fn mark(response: &mut Response, request: Uuid, client: &str) {
    let headers = response.headers_mut();
    for (name, value) in [("request-id", request.to_string()), ("client-request-id", client.to_owned())] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert("odata-version", HeaderValue::from_static("4.0"));
}

fn authorise(world: &World, headers: &HeaderMap) -> Result<(), Error> {
    let caller = bearer::check(world, headers, Api::Graph).map_err(Error::token)?;
    let forbidden = |message: String| Error::new(StatusCode::FORBIDDEN, "Forbidden", message);
    if !caller.may(&PERMISSIONS) {
        let (kind, named) =
            if caller.is_delegated() { ("user scopes", "scopes") } else { ("application roles", "roles") };
        return Err(forbidden(format!(
            "Missing {kind}. API required {named}: {}, {kind}: {}.",
            PERMISSIONS.join(","),
            caller.permissions()
        )));
    }
    if caller.house != Some(House::Customer) {
        return Err(forbidden("The tenant of the access token has no security data.".to_owned()));
    }
    if world.has(Scenario::NotLicensed) {
        return Err(forbidden(
            "The tenant has no active license for Microsoft Defender. Assign a license, then try again."
                .to_owned(),
        ));
    }
    if world.has(Scenario::NotAuthorised) {
        return Err(forbidden(
            "The caller is not authorized to read this tenant's security data. An administrator has to grant access in the \
             Microsoft Defender portal."
                .to_owned(),
        ));
    }
    Ok(())
}

fn number(parameters: &Parameters, name: &str, limit: u64) -> Result<Option<u64>, Error> {
    let Some(text) = parameters.get_loosely(name) else { return Ok(None) };
    let number: u64 = text.trim().parse().map_err(|_| {
        Error::bad_request(format!(
            "Invalid value '{text}' for {name} query option found. A non-negative integer is expected."
        ))
    })?;
    if number > limit {
        return Err(Error::bad_request(format!("The value of {name} cannot exceed {limit}.")));
    }
    Ok(Some(number))
}

/// Whether the oldest come first. Created and updated times rise together, so one order serves both.
fn oldest_first(parameters: &Parameters) -> Result<bool, Error> {
    let Some(text) = parameters.get_loosely("$orderby") else { return Ok(false) };
    let mut words = text.split_whitespace();
    let property = words.next().unwrap_or_default();
    let direction = words.next();
    if !["lastUpdateDateTime", "createdDateTime"].contains(&property) || words.next().is_some() {
        return Err(Error::bad_request(format!("Ordering by '{text}' is not supported.")));
    }
    match direction {
        None | Some("asc") => Ok(true),
        Some("desc") => Ok(false),
        Some(other) => Err(Error::bad_request(format!("Syntax error at '{other}' in '{text}'."))),
    }
}

fn list(world: &Arc<World>, headers: &HeaderMap, parameters: &Parameters) -> Result<Response, Error> {
    authorise(world, headers)?;
    let top = number(parameters, "$top", u64::MAX)?.unwrap_or(PAGE).min(PAGE_LIMIT);
    let skip = number(parameters, "$skip", SKIP_LIMIT)?.unwrap_or(0);
    let oldest_first = oldest_first(parameters)?;
    let filter = parameters
        .get_loosely("$filter")
        .map(Filter::read)
        .transpose()
        .map_err(|bad| Error::bad_request(format!("Invalid filter clause: {}", bad.0)))?;
    let count = parameters.get_loosely("$count").is_some_and(|text| text.eq_ignore_ascii_case("true"));

    let range = match (&filter, world.has(Scenario::NoAlerts)) {
        (_, true) => 0..0,
        (None, false) => 0..world.feed.len(),
        (Some(filter), false) => {
            let bounds = filter.bounds();
            world.feed.within(bounds.since, bounds.until)
        }
    };
    let request = Uuid::new_v4();
    let client = client_request_id(headers, request);
    let mut before =
        format!("{{\"@odata.context\":\"{}/v1.0/$metadata#security/alerts_v2\",", world.addresses.graph);
    if count {
        let number = match &filter {
            None => range.end - range.start,
            Some(filter) => {
                range.clone().filter(|index| filter.selects(&world.feed.alert(*index))).count() as u64
            }
        };
        let _ = write!(before, "\"@odata.count\":{number},");
    }
    before.push_str("\"value\":[");

    // Indexes are picked now and written later: a page is at most a thousand numbers.
    let picked = |index: &u64| filter.as_ref().is_none_or(|filter| filter.selects(&world.feed.alert(*index)));
    let skip = usize::try_from(skip).unwrap_or(usize::MAX);
    let top = usize::try_from(top).unwrap_or(usize::MAX);
    let page: Vec<u64> = if oldest_first {
        range.filter(picked).skip(skip).take(top).collect()
    } else {
        range.rev().filter(picked).skip(skip).take(top).collect()
    };
    let world = Arc::clone(world);
    let write = move |index: u64, out: &mut Vec<u8>| {
        let huge = world.has(Scenario::HugeAlert) && index + 1 == world.feed.len();
        if alerts::graph::write(&world.feed, &world.feed.alert(index), huge, out).is_err() {
            tracing::error!(index, "an alert could not be written");
        }
    };
    let body = stream::body(before.into_bytes(), page.into_iter(), write, "]}");
    let content_type =
        "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";
    let mut response = ([(header::CONTENT_TYPE, content_type)], body).into_response();
    mark(&mut response, request, &client);
    Ok(response)
}
