//! The alert APIs: Microsoft Graph's `alerts_v2` and the legacy exporter in three regions.
//!
//! Invariant: every answer with alerts is streamed from the feed and none is built whole.

mod bearer;
mod exporter;
pub(crate) mod faults;
mod filter;
mod graph;
mod stream;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::routing::get;

use crate::parameters::Parameters;
use crate::world::World;

type TheWorld = State<Arc<World>>;

fn read(query: Option<String>) -> Parameters {
    Parameters::read(query.unwrap_or_default().as_bytes())
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
        .route(
            "/graph/v1.0/security/alerts_v2",
            get(|State(world): TheWorld, RawQuery(query): RawQuery, headers: HeaderMap| async move {
                graph::alerts(&world, &headers, &read(query))
            }),
        )
        .route("/siem/{region}/api/alerts", exporter.clone())
        .route("/siem/{region}/api/alerts/", exporter)
        .route_layer(axum::middleware::from_fn_with_state(Arc::clone(world), faults::deal))
        .route(
            "/graph/{*rest}",
            axum::routing::any(
                |State(world): TheWorld, Path(rest): Path<String>, headers: HeaderMap| async move {
                    graph::unknown(&world, &headers, &rest)
                },
            ),
        )
}
