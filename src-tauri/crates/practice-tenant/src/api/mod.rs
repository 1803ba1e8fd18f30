//! The alert APIs: Microsoft Graph's alerts and incidents, Defender for Endpoint's alerts, Defender XDR's incidents, and
//! the legacy exporter in three regions.
//!
//! Invariant: every answer with alerts is streamed from the feed and none is built whole.

mod bearer;
mod exporter;
pub(crate) mod faults;
mod filter;
mod graph;
mod options;
pub(crate) mod rates;
mod service;
mod stream;
mod subject;
mod surface;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{MethodRouter, any, get};

use crate::parameters::Parameters;
use crate::world::World;

use surface::{Refusal, Surface};

type TheWorld = State<Arc<World>>;

fn read(query: Option<String>) -> Parameters {
    Parameters::read(query.unwrap_or_default().as_bytes())
}

/// Graph understands its query options without their `$`, too.
fn read_for_graph(query: Option<String>) -> Parameters {
    read(query).with_dollars(&graph::INCIDENT_OPTIONS)
}

/// Serves a list of Graph.
fn graph_list(answer: fn(&graph::Call) -> Result<Response, Refusal>) -> MethodRouter<Arc<World>> {
    get(move |State(world): TheWorld, RawQuery(query): RawQuery, headers: HeaderMap| async move {
        let call = graph::Call { world, headers, parameters: read_for_graph(query) };
        answer(&call).unwrap_or_else(|refusal| call.refuse(refusal))
    })
}

/// Serves one element of a list of Graph.
fn graph_one(answer: fn(&graph::Call, &str) -> Result<Response, Refusal>) -> MethodRouter<Arc<World>> {
    get(
        move |State(world): TheWorld,
              Path(id): Path<String>,
              RawQuery(query): RawQuery,
              headers: HeaderMap| async move {
            let call = graph::Call { world, headers, parameters: read_for_graph(query) };
            answer(&call, &id).unwrap_or_else(|refusal| call.refuse(refusal))
        },
    )
}

/// Serves a list of Defender or Defender XDR.
fn service_list(
    surface: Surface,
    answer: fn(&service::Call) -> Result<Response, Refusal>,
) -> MethodRouter<Arc<World>> {
    get(move |State(world): TheWorld, RawQuery(query): RawQuery, headers: HeaderMap| async move {
        let call = service::Call { surface, world, headers, parameters: read(query) };
        answer(&call).unwrap_or_else(|refusal| call.refuse(refusal))
    })
}

/// Serves one element of a list of Defender or Defender XDR.
fn service_one(
    surface: Surface,
    answer: fn(&service::Call, &str) -> Result<Response, Refusal>,
) -> MethodRouter<Arc<World>> {
    get(
        move |State(world): TheWorld,
              Path(id): Path<String>,
              RawQuery(query): RawQuery,
              headers: HeaderMap| async move {
            let call = service::Call { surface, world, headers, parameters: read(query) };
            answer(&call, &id).unwrap_or_else(|refusal| call.refuse(refusal))
        },
    )
}

/// Serves whatever else is asked of Defender or Defender XDR.
fn service_unknown(surface: Surface) -> MethodRouter<Arc<World>> {
    any(move |State(world): TheWorld, headers: HeaderMap| async move {
        let call = service::Call { surface, world, headers, parameters: Parameters::default() };
        call.refuse(call.unknown())
    })
}

/// The alert APIs' addresses, faults included.
pub(crate) fn routes(world: &Arc<World>) -> Router<Arc<World>> {
    let exporter = get(
        |State(world): TheWorld,
         Path(region): Path<String>,
         RawQuery(query): RawQuery,
         headers: HeaderMap| async move { exporter::answer(&world, &region, &headers, &read(query)) },
    );
    Router::new()
        .route("/graph/v1.0/security/alerts_v2", graph_list(graph::Call::alerts))
        .route("/graph/v1.0/security/alerts_v2/{id}", graph_one(graph::Call::alert))
        .route("/graph/v1.0/security/incidents", graph_list(graph::Call::incidents))
        .route("/graph/v1.0/security/incidents/{id}", graph_one(graph::Call::incident))
        .route("/defender/api/alerts", service_list(Surface::Defender, service::Call::alerts))
        .route("/defender/api/alerts/{id}", service_one(Surface::Defender, service::Call::alert))
        .route("/defender/api/v1.0/alerts", service_list(Surface::Defender, service::Call::alerts))
        .route("/defender/api/v1.0/alerts/{id}", service_one(Surface::Defender, service::Call::alert))
        .route("/xdr/api/incidents", service_list(Surface::Xdr, service::Call::incidents))
        .route("/xdr/api/incidents/{id}", service_one(Surface::Xdr, service::Call::incident))
        .route("/siem/{region}/api/alerts", exporter.clone())
        .route("/siem/{region}/api/alerts/", exporter)
        .route_layer(axum::middleware::from_fn_with_state(Arc::clone(world), faults::deal))
        .route(
            "/graph/{*rest}",
            any(|State(world): TheWorld, Path(rest): Path<String>, headers: HeaderMap| async move {
                let call = graph::Call { world, headers, parameters: Parameters::default() };
                call.refuse(call.unknown(&rest))
            }),
        )
        .route("/defender/{*rest}", service_unknown(Surface::Defender))
        .route("/xdr/{*rest}", service_unknown(Surface::Xdr))
}
