//! The claims of id and access tokens.
//!
//! Access tokens for Microsoft's APIs are version 1.0 whichever endpoint issued them, as with Entra; only id tokens follow
//! the endpoint. Times: valid from five minutes ago for 3599 seconds from now, as Entra does.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::directory::{APP_NAME, House};
use crate::ledger::Identity;
use crate::permission::ApiAsk;
use crate::scenario::Scenario;
use crate::world::World;

use super::flow::Version;

/// Seconds that an access token is good for.
pub(super) fn life(world: &World) -> i64 {
    if world.has(Scenario::ShortTokens) { 5 } else { 3599 }
}

const BACKDATED: i64 = 300;

fn base(world: &World, house: House, now: Timestamp) -> Map<String, Value> {
    let mut claims = Map::new();
    let now = now.as_second();
    claims.insert("iat".into(), (now - BACKDATED).into());
    claims.insert("nbf".into(), (now - BACKDATED).into());
    claims.insert("exp".into(), (now + life(world)).into());
    claims.insert("tid".into(), world.directory.tenant_id(house).to_string().into());
    claims.insert("uti".into(), Uuid::new_v4().simple().to_string().into());
    claims
}

fn subject(world: &World, identity: Identity) -> String {
    crate::directory::id(
        0,
        &format!(
            "{} {}",
            world.directory.client_id,
            world.directory.object_id(identity.role, identity.house)
        ),
    )
    .simple()
    .to_string()
}

/// The id token.
pub(super) fn id_token(
    world: &World,
    version: Version,
    identity: Identity,
    nonce: Option<&str>,
    email: bool,
    now: Timestamp,
) -> Value {
    let person = world.directory.person(identity.role);
    let mut claims = base(world, identity.house, now);
    claims.insert("aud".into(), world.directory.client_id.to_string().into());
    claims.insert("name".into(), person.display_name.into());
    claims.insert("oid".into(), world.directory.object_id(identity.role, identity.house).to_string().into());
    claims.insert("sub".into(), subject(world, identity).into());
    let guest = identity.role.home() != identity.house;
    match version {
        Version::V1 => {
            claims.insert("iss".into(), world.issuer_v1(identity.house).into());
            claims.insert("ver".into(), "1.0".into());
            claims.insert("amr".into(), json!(["pwd", "mfa"]));
            claims.insert("unique_name".into(), person.name.into());
            if !guest {
                claims.insert("upn".into(), person.name.into());
            }
        }
        Version::V2 => {
            claims.insert("iss".into(), world.issuer_v2(identity.house).into());
            claims.insert("ver".into(), "2.0".into());
            claims.insert("preferred_username".into(), person.name.into());
        }
    }
    if guest {
        claims.insert("idp".into(), world.issuer_v1(identity.role.home()).into());
    }
    if email {
        claims.insert("email".into(), person.name.into());
    }
    if let Some(nonce) = nonce {
        claims.insert("nonce".into(), nonce.into());
    }
    Value::Object(claims)
}

/// An access token for a signed-in person.
pub(super) fn for_person(
    world: &World,
    identity: Identity,
    ask: &ApiAsk,
    scopes: &[&str],
    now: Timestamp,
) -> Value {
    let person = world.directory.person(identity.role);
    let mut claims = access(world, identity.house, &ask.resource, now);
    claims.insert("acr".into(), "1".into());
    claims.insert("amr".into(), json!(["pwd", "mfa"]));
    claims.insert("idtyp".into(), "user".into());
    claims.insert("ipaddr".into(), "127.0.0.1".into());
    claims.insert("name".into(), person.display_name.into());
    claims.insert("oid".into(), world.directory.object_id(identity.role, identity.house).to_string().into());
    claims.insert("sub".into(), subject(world, identity).into());
    claims.insert("scp".into(), scopes.join(" ").into());
    claims.insert("unique_name".into(), person.name.into());
    claims.insert("preferred_username".into(), person.name.into());
    if identity.role.home() == identity.house {
        claims.insert("upn".into(), person.name.into());
    } else {
        claims.insert("idp".into(), world.issuer_v1(identity.role.home()).into());
    }
    Value::Object(claims)
}

/// An access token for the app itself.
pub(super) fn for_app(world: &World, house: House, resource: &str, roles: &[&str], now: Timestamp) -> Value {
    let mut claims = access(world, house, resource, now);
    let service_principal = world.directory.service_principal_id(house).to_string();
    claims.insert("idp".into(), world.issuer_v1(house).into());
    claims.insert("idtyp".into(), "app".into());
    claims.insert("oid".into(), service_principal.clone().into());
    claims.insert("sub".into(), service_principal.into());
    if !roles.is_empty() {
        claims.insert("roles".into(), json!(roles));
    }
    Value::Object(claims)
}

fn access(world: &World, house: House, resource: &str, now: Timestamp) -> Map<String, Value> {
    let mut claims = base(world, house, now);
    claims.insert("aud".into(), resource.into());
    claims.insert("iss".into(), world.issuer_v1(house).into());
    claims.insert("ver".into(), "1.0".into());
    claims.insert("appid".into(), world.directory.client_id.to_string().into());
    claims.insert("appidacr".into(), "1".into());
    claims.insert("app_displayname".into(), APP_NAME.into());
    claims
}
