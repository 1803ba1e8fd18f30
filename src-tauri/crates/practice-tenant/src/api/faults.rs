//! The faults that scenarios put before the alert APIs: throttling, failures, slowness, cut and broken bodies, retirement.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};

use crate::scenario::Scenario;
use crate::world::World;

use super::{exporter, graph};

/// How long an answer takes under `slow`.
const SLOW: Duration = Duration::from_secs(2);

/// Lets a request through, or deals it its fault.
pub(super) async fn deal(State(world): State<Arc<World>>, request: Request, next: Next) -> Response {
    let from_graph = request.uri().path().starts_with("/graph");
    let headers = request.headers();
    if world.in_force.deal_throttle() {
        let mut response = fault(&world, headers, from_graph, StatusCode::TOO_MANY_REQUESTS);
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        return response;
    }
    if world.in_force.deal_failure() {
        return fault(&world, headers, from_graph, StatusCode::SERVICE_UNAVAILABLE);
    }
    if world.has(Scenario::ApiRetired) {
        return if from_graph {
            graph::retired(&world, headers)
        } else {
            exporter::refuse(
                StatusCode::GONE,
                "The SIEM API has been turned off. Use the Microsoft Graph security API.",
            )
        };
    }
    if world.has(Scenario::Slow) {
        tokio::time::sleep(SLOW).await;
    }
    let response = next.run(request).await;
    if !response.status().is_success() {
        return response;
    }
    if world.has(Scenario::BadJson) {
        return broken(response, false);
    }
    // Dealt to a good answer only, so that a refused request does not use the cut up.
    if world.in_force.deal_cut() { broken(response, true) } else { response }
}

fn fault(world: &World, headers: &HeaderMap, from_graph: bool, status: StatusCode) -> Response {
    if from_graph {
        graph::fault(world, headers, status)
    } else if status == StatusCode::TOO_MANY_REQUESTS {
        exporter::refuse(status, "Too many requests. Wait before you try again.")
    } else {
        exporter::refuse(status, "The service is temporarily unavailable.")
    }
}

/// Half of the body's first chunk; then a clean end, or a connection that breaks.
fn broken(response: Response, cut: bool) -> Response {
    let (mut parts, body) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    let half = body
        .into_data_stream()
        .take(1)
        .map(|chunk| chunk.map(|bytes| bytes.slice(..bytes.len() / 2)).map_err(io::Error::other));
    let end = stream::once(async move {
        if cut {
            // Time for the first half to leave the machine; an error throws away what is still waiting.
            tokio::time::sleep(Duration::from_millis(50)).await;
            Err(io::Error::from(io::ErrorKind::ConnectionReset))
        } else {
            Ok(Bytes::new())
        }
    });
    Response::from_parts(parts, Body::from_stream(half.chain(end)))
}
