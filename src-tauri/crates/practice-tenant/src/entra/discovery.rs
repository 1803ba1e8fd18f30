//! OpenID discovery and keys, v1 and v2, and the instance discovery that Microsoft's libraries start with.
//!
//! Only what is served is announced: no user info, no device code, no logout.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::directory::Authority;
use crate::world::World;

use super::flow::Version;
use super::refusal::Refusal;
use super::{Call, TheWorld};

/// Where the documents are.
pub(super) fn routes() -> Router<Arc<World>> {
    let mut router = Router::new().route(
        "/common/discovery/instance",
        get(|State(world): TheWorld| async move { Json(instance(&world)) }),
    );
    for (path, what) in [
        ("/{tenant}/.well-known/openid-configuration", document as fn(&World, Version, &Call) -> Response),
        ("/{tenant}/discovery/keys", keys),
    ] {
        router = router.route(path, read(what, Version::V1));
    }
    for (path, what) in [
        (
            "/{tenant}/v2.0/.well-known/openid-configuration",
            document as fn(&World, Version, &Call) -> Response,
        ),
        ("/{tenant}/discovery/v2.0/keys", keys),
    ] {
        router = router.route(path, read(what, Version::V2));
    }
    router
}

fn read(
    what: fn(&World, Version, &Call) -> Response,
    version: Version,
) -> axum::routing::MethodRouter<Arc<World>> {
    get(
        move |State(world): TheWorld,
              Path(segment): Path<String>,
              RawQuery(query): RawQuery,
              headers: HeaderMap| async move {
            let call = Call::new(&world, segment, query.unwrap_or_default().as_bytes(), headers);
            what(&world, version, &call)
        },
    )
}

/// The tenant id as the documents spell it: a GUID, or the word that stands for one.
fn tenant_id(world: &World, authority: Authority) -> String {
    match authority {
        Authority::Tenant(house) => world.directory.tenant_id(house).to_string(),
        Authority::Common | Authority::Organizations => "{tenantid}".to_owned(),
    }
}

fn document(world: &World, version: Version, call: &Call) -> Response {
    let login = &world.addresses.login;
    let Some(authority) = world.directory.authority(&call.segment) else {
        return Refusal::tenant_unknown_to_discovery(&call.segment).json(&call.trace, login);
    };
    let id = tenant_id(world, authority);
    let path = match authority {
        Authority::Tenant(house) => world.directory.tenant_id(house).to_string(),
        Authority::Common => "common".to_owned(),
        Authority::Organizations => "organizations".to_owned(),
    };
    let (issuer, oauth, keys) = match version {
        Version::V1 => (format!("{login}/{id}/"), "oauth2", "discovery/keys"),
        Version::V2 => (format!("{login}/{id}/v2.0"), "oauth2/v2.0", "discovery/v2.0/keys"),
    };
    let body: Value = json!({
        "token_endpoint": format!("{login}/{path}/{oauth}/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "jwks_uri": format!("{login}/{path}/{keys}"),
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": issuer,
        "request_uri_parameter_supported": false,
        "authorization_endpoint": format!("{login}/{path}/{oauth}/authorize"),
        "code_challenge_methods_supported": ["plain", "S256"],
        "claims_supported": [
            "sub", "iss", "aud", "exp", "iat", "auth_time", "acr", "nonce", "preferred_username", "name", "tid", "ver", "email",
        ],
        "tenant_region_scope": "EU",
        "cloud_instance_name": "practice",
    });
    (call_headers(), Json(body)).into_response()
}

fn keys(world: &World, version: Version, call: &Call) -> Response {
    let login = &world.addresses.login;
    let Some(authority) = world.directory.authority(&call.segment) else {
        return Refusal::tenant_unknown_to_discovery(&call.segment).json(&call.trace, login);
    };
    let issuer = format!("{login}/{}/v2.0", tenant_id(world, authority));
    let body = world.keys.published((version == Version::V2).then_some(issuer.as_str()));
    (call_headers(), Json(body)).into_response()
}

/// Entra lets pages of any origin read these documents.
fn call_headers() -> [(&'static str, &'static str); 2] {
    [("cache-control", "max-age=86400, private"), ("access-control-allow-origin", "*")]
}

fn instance(world: &World) -> Value {
    let login = &world.addresses.login;
    let host = login.rsplit('/').next().unwrap_or_default();
    json!({
        "tenant_discovery_endpoint": format!("{login}/common/.well-known/openid-configuration"),
        "api-version": "1.1",
        "metadata": [{ "preferred_network": host, "preferred_cache": host, "aliases": [host] }],
    })
}
