//! The faults that scenarios put before the alert APIs: throttling, failures, slowness, cut and broken bodies, strangers,
//! retirement.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};

use crate::html;
use crate::in_force::Weather;
use crate::scenario::Scenario;
use crate::world::World;

use super::graph;
use super::surface::{Refusal, Surface};

/// How long an answer takes under `slow`.
const SLOW: Duration = Duration::from_secs(2);

/// How an answer's body ends too early.
#[derive(Clone, Copy)]
enum Break {
    /// Cleanly, in the middle of the first chunk: as if that were all.
    Early,
    /// The connection breaks in the chunk after so many whole ones, or before the end of the body is announced.
    Cut(usize),
}

/// Lets a request through, or deals it its fault.
pub(crate) async fn deal(State(world): State<Arc<World>>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let surface = Surface::of(&path);
    let in_force = &world.in_force;
    if let Some(response) = before(&world, surface, &path, &request) {
        return response;
    }
    let weather = in_force.weather(surface as usize);
    match weather {
        Weather::Throttle => return refuse(&world, surface, request.headers(), Refusal::throttled(1)),
        Weather::Failure(status) => return refuse(&world, surface, request.headers(), failure(status)),
        Weather::Fine | Weather::Cut(_) => {}
    }
    if world.has(Scenario::Slow) {
        tokio::time::sleep(SLOW).await;
    }
    let response = next.run(request).await;
    if !response.status().is_success() {
        return response;
    }
    if world.has(Scenario::BadJson) {
        return broken(response, Break::Early);
    }
    // Dealt to a good answer only, so that a refused request does not use the cut up.
    if world.has(Scenario::CutAlways) || in_force.deal_cut() {
        return broken(response, Break::Cut(0));
    }
    match weather {
        Weather::Cut(chunks) => broken(response, Break::Cut(chunks)),
        Weather::Fine | Weather::Throttle | Weather::Failure(_) => response,
    }
}

/// Faults that need no look at the answer.
fn before(world: &World, surface: Surface, path: &str, request: &Request) -> Option<Response> {
    let headers = request.headers();
    if world.in_force.deal_throttle() {
        return Some(refuse(world, surface, headers, Refusal::throttled(1)));
    }
    if world.has(Scenario::PublishedRates)
        && let Some(seconds) = world.rates.take(surface)
    {
        return Some(refuse(world, surface, headers, Refusal::throttled(seconds)));
    }
    if world.in_force.deal_failure() {
        return Some(refuse(world, surface, headers, failure(503)));
    }
    if world.in_force.deal_gateway_error() {
        return Some(page(
            StatusCode::BAD_GATEWAY,
            "Our services aren't available right now",
            "<p>We're working to restore all services as soon as possible. Please check back soon.</p>",
        ));
    }
    if world.has(Scenario::ApiRetired) {
        let refusal = match surface {
            Surface::Graph => graph::retired(path),
            Surface::Defender | Surface::Xdr => Refusal::new(
                StatusCode::GONE,
                "Gone",
                "This API has been retired. Use the Microsoft Graph security API.",
            ),
            Surface::Exporter => Refusal::new(
                StatusCode::GONE,
                "",
                "The SIEM API has been turned off. Use the Microsoft Graph security API.",
            ),
        };
        return Some(refuse(world, surface, headers, refusal));
    }
    if world.has(Scenario::HtmlPage) {
        return Some(page(
            StatusCode::OK,
            "Network sign-in",
            "<p>Sign in to this network before you use the internet.</p>",
        ));
    }
    if world.has(Scenario::ProxyRefuses) {
        return Some(page(
            StatusCode::FORBIDDEN,
            "Access denied",
            "<p>The web filter of your organisation blocks this address.</p>",
        ));
    }
    world.has(Scenario::ForeignRedirect).then(|| {
        let target = request.uri().path_and_query().map_or(path, |target| target.as_str());
        let location = format!("{}{target}", world.stranger.address);
        let location = HeaderValue::from_str(&location).unwrap_or(HeaderValue::from_static("/"));
        (StatusCode::FOUND, [(header::LOCATION, location)]).into_response()
    })
}

fn refuse(world: &World, surface: Surface, headers: &HeaderMap, refusal: Refusal) -> Response {
    surface.refuse(world, headers, refusal)
}

fn failure(status: u16) -> Refusal {
    let (code, message) = match status {
        500 => ("InternalServerError", "An internal server error has occurred."),
        502 => ("BadGateway", "The service behind this one did not answer properly."),
        504 => ("GatewayTimeout", "The service behind this one did not answer in time."),
        _ => ("ServiceUnavailable", "The service is temporarily unavailable. Try again later."),
    };
    Refusal::new(StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE), code, message)
}

fn page(status: StatusCode, title: &str, body: &str) -> Response {
    html::page(status, title, body, None)
}

fn broken(response: Response, how: Break) -> Response {
    let (mut parts, body) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    let (whole, cut) = match how {
        Break::Early => (0, false),
        Break::Cut(chunks) => (chunks, true),
    };
    let beginning = body.into_data_stream().take(whole + 1).enumerate().map(move |(number, chunk)| {
        let end = |bytes: &Bytes| if number == whole { bytes.len() / 2 } else { bytes.len() };
        chunk.map(|bytes| bytes.slice(..end(&bytes))).map_err(io::Error::other)
    });
    let end = stream::once(async move {
        if cut {
            // Time for the beginning to leave the machine; an error throws away what is still waiting.
            tokio::time::sleep(Duration::from_millis(50)).await;
            Err(io::Error::from(io::ErrorKind::ConnectionReset))
        } else {
            Ok(Bytes::new())
        }
    });
    Response::from_parts(parts, Body::from_stream(beginning.chain(end)))
}
