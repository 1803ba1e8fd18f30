//! Entra: discovery, keys, authorize, sign-in and consent pages, admin consent, tokens, v1 and v2.
//!
//! What it is not: a directory service; the tenants, people and the app are fixed. Prompt `none` always finds nobody
//! signed in, because no session is kept between sign-ins.

mod authorize;
mod claims;
mod consent;
mod discovery;
pub(crate) mod flow;
mod pages;
pub(crate) mod refusal;
mod token;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};

use crate::html;
use crate::parameters::Parameters;
use crate::scenario::Scenario;
use crate::world::World;

use flow::Version;
use refusal::Trace;

/// How long a token takes under `slow`.
const SLOW_TOKEN: Duration = Duration::from_millis(200);
/// No form of ours, and no token request, is longer.
const FORM_LIMIT: usize = 256 * 1024;

/// One request to Entra, read.
pub(crate) struct Call {
    /// The tenant part of the address.
    pub(crate) segment: String,
    pub(crate) parameters: Parameters,
    pub(crate) headers: HeaderMap,
    pub(crate) trace: Trace,
}

impl Call {
    fn new(world: &World, segment: String, encoded: &[u8], headers: HeaderMap) -> Self {
        let trace = Trace::new(&headers, world.now());
        Self { segment, parameters: Parameters::read(encoded), headers, trace }
    }
}

type TheWorld = State<Arc<World>>;

/// Entra's addresses, at the root of the origin.
pub(crate) fn routes() -> Router<Arc<World>> {
    let mut router = Router::new();
    for (path, version) in
        [("/{tenant}/oauth2/authorize", Version::V1), ("/{tenant}/oauth2/v2.0/authorize", Version::V2)]
    {
        let opened = get(
            move |State(world): TheWorld,
                  Path(segment): Path<String>,
                  RawQuery(query): RawQuery,
                  headers: HeaderMap| async move {
                let call = Call::new(&world, segment, query.unwrap_or_default().as_bytes(), headers);
                authorize::open(&world, version, &call)
            },
        );
        // OpenID Connect wants the same by POST.
        let posted =
            opened.post(
                move |State(world): TheWorld,
                      Path(segment): Path<String>,
                      headers: HeaderMap,
                      body: Bytes| async move {
                    authorize::open(&world, version, &Call::new(&world, segment, &body, headers))
                },
            );
        router = router.route(path, posted);
    }
    for (path, version) in
        [("/{tenant}/adminconsent", Version::V1), ("/{tenant}/v2.0/adminconsent", Version::V2)]
    {
        router = router.route(
            path,
            get(
                move |State(world): TheWorld,
                      Path(segment): Path<String>,
                      RawQuery(query): RawQuery,
                      headers: HeaderMap| async move {
                    let call = Call::new(&world, segment, query.unwrap_or_default().as_bytes(), headers);
                    authorize::open_admin_consent(&world, version, &call)
                },
            ),
        );
    }
    for (path, version) in
        [("/{tenant}/oauth2/token", Version::V1), ("/{tenant}/oauth2/v2.0/token", Version::V2)]
    {
        router = router.route(
            path,
            post(
                move |State(world): TheWorld,
                      Path(segment): Path<String>,
                      headers: HeaderMap,
                      body: Bytes| async move {
                    if world.has(Scenario::Slow) {
                        tokio::time::sleep(SLOW_TOKEN).await;
                    }
                    token::answer(&world, version, &Call::new(&world, segment, &body, headers))
                },
            ),
        );
    }
    router
        .route(
            "/{tenant}/login",
            post(
                |State(world): TheWorld, Path(segment): Path<String>, headers: HeaderMap, body: Bytes| async move {
                    consent::signed_in(&world, &Call::new(&world, segment, &body, headers))
                },
            ),
        )
        .route(
            "/{tenant}/Consent/Set",
            post(
                |State(world): TheWorld, Path(segment): Path<String>, headers: HeaderMap, body: Bytes| async move {
                    consent::answered(&world, &Call::new(&world, segment, &body, headers))
                },
            ),
        )
        .layer(DefaultBodyLimit::max(FORM_LIMIT))
        .merge(discovery::routes())
        .route(
            "/error",
            get(|RawQuery(query): RawQuery| async move {
                let parameters = Parameters::read(query.unwrap_or_default().as_bytes());
                let body = refusal::explanation(parameters.get("code").unwrap_or_default());
                html::page(StatusCode::OK, "Error lookup", &body, None)
            }),
        )
}
