//! Bearer tokens as the alert APIs judge them: signature, audience, time, tenant, permissions.

use axum::http::{HeaderMap, header};
use serde_json::Value;

use crate::announcement::Addresses;
use crate::directory::House;
use crate::permission::Api;
use crate::scenario::Scenario;
use crate::world::World;

/// Seconds of clock difference that Microsoft's APIs forgive.
const LEEWAY: i64 = 300;

/// Answers that a token opens under `tokens-wear-out`.
const WEAR: u32 = 3;

/// Who calls.
pub(crate) struct Caller {
    /// The tenant of the token.
    pub(crate) house: Option<House>,
    pub(crate) app_id: String,
    delegated: bool,
    permissions: Vec<String>,
}

/// Why a token is no good.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum BadToken {
    Missing,
    Malformed,
    Expired,
    NotYet,
    Audience,
}

impl Caller {
    /// Whether the token carries one of these permissions: `scp` for a person's token, `roles` for the app's own.
    pub(crate) fn may(&self, any_of: &[&str]) -> bool {
        self.permissions.iter().any(|permission| any_of.contains(&permission.as_str()))
    }

    /// Whether a person is signed in behind the app.
    pub(crate) fn is_delegated(&self) -> bool {
        self.delegated
    }

    pub(crate) fn permissions(&self) -> String {
        self.permissions.join(",")
    }
}

/// Judges the request's token for one API.
pub(crate) fn check(world: &World, headers: &HeaderMap, api: Api) -> Result<Caller, BadToken> {
    let value = headers.get(header::AUTHORIZATION).ok_or(BadToken::Missing)?;
    let value = value.to_str().map_err(|_| BadToken::Malformed)?;
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(BadToken::Missing);
    }
    let token = token.trim();
    if token.is_empty() {
        return Err(BadToken::Missing);
    }
    let claims = world.keys.check(token).ok_or(BadToken::Malformed)?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    let time = |name: &str| claims.get(name).and_then(Value::as_i64).unwrap_or_default();
    if !is_audience(text("aud"), api, &world.addresses) {
        return Err(BadToken::Audience);
    }
    let now = world.now().as_second();
    let leeway = if world.has(Scenario::ShortTokens) { 0 } else { LEEWAY };
    if now >= time("exp") + leeway {
        return Err(BadToken::Expired);
    }
    if world.has(Scenario::TokensWearOut) && world.ledger().wear(text("uti")) > WEAR {
        return Err(BadToken::Expired);
    }
    if now + LEEWAY < time("nbf") {
        return Err(BadToken::NotYet);
    }
    let delegated = claims.get("scp").is_some();
    let permissions = if delegated {
        text("scp").split_whitespace().map(str::to_owned).collect()
    } else {
        let roles = claims.get("roles").and_then(Value::as_array);
        roles.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    Ok(Caller {
        house: world.directory.house(text("tid")),
        app_id: text("appid").to_owned(),
        delegated,
        permissions,
    })
}

/// An id token, whose audience is the app, never passes.
fn is_audience(audience: &str, api: Api, own: &Addresses) -> bool {
    Api::find(audience, own) == Some(api)
}
