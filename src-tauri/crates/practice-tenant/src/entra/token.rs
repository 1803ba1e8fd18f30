//! The token address: three grants, client authentication in the body or by Basic, v1's strings and v2's numbers.
//!
//! Invariant: a code is looked at before it is used up, so that a wrong verifier or secret costs nothing; a code that was
//! redeemed before also ends the refresh tokens that it yielded.

use axum::Json;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::directory::{Authority, House};
use crate::ledger::{Challenge, Identity, Redemption};
use crate::parameters::Parameters;
use crate::permission::{Api, ApiAsk, Ask, OpenId};
use crate::scenario::Scenario;
use crate::world::World;

use super::flow::Version;
use super::refusal::Refusal;
use super::{Call, authorize, claims, consent};

/// Answers a token request.
pub(super) fn answer(world: &World, version: Version, call: &Call) -> Response {
    match grant(world, version, call) {
        Ok(body) => {
            let mut response = Json(body).into_response();
            call.trace.mark(&mut response);
            response
        }
        Err(refusal) => refusal.json(&call.trace, &world.addresses.login),
    }
}

fn grant(world: &World, version: Version, call: &Call) -> Result<Value, Refusal> {
    let parameters = &call.parameters;
    let basic = Basic::read(call);
    let grant_type = parameters.get("grant_type").ok_or_else(|| Refusal::parameter_missing("grant_type"))?;
    let client_id = parameters.get("client_id").or(basic.as_ref().map(|basic| basic.id.as_str()));
    let authority = authorize::tenant_and_app(world, call, client_id)?;
    let known = ["authorization_code", "refresh_token", "client_credentials"];
    if !known.contains(&grant_type) {
        return Err(Refusal::grant_type_unknown(grant_type));
    }
    authenticate(world, parameters, basic.as_ref())?;
    match grant_type {
        "authorization_code" => redeem_code(world, version, authority, parameters),
        "refresh_token" => refresh(world, version, authority, parameters),
        _ => client_credentials(world, version, authority, parameters),
    }
}

/// HTTP Basic: both halves form-encoded (RFC 6749, 2.3.1).
struct Basic {
    id: String,
    secret: SecretString,
}

impl Basic {
    fn read(call: &Call) -> Option<Self> {
        let value = call.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let (scheme, encoded) = value.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
        let (id, secret) = decoded.split_once(':')?;
        Some(Self { id: form_decoded(id), secret: SecretString::from(form_decoded(secret)) })
    }
}

fn form_decoded(text: &str) -> String {
    // As the value of a nameless field; a bare `&` or `=` of a client that did not encode survives.
    let guarded = text.replace('&', "%26").replace('=', "%3D");
    url::form_urlencoded::parse(format!("v={guarded}").as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

fn authenticate(world: &World, parameters: &Parameters, basic: Option<&Basic>) -> Result<(), Refusal> {
    let client_id = world.directory.client_id.to_string();
    let secret = match (parameters.get("client_secret"), basic) {
        (Some(secret), _) => secret,
        (None, Some(basic)) if !basic.secret.expose_secret().is_empty() => basic.secret.expose_secret(),
        (None, _) if parameters.get("client_assertion").is_some() => {
            return Err(Refusal::assertion_unsupported());
        }
        (None, _) => return Err(Refusal::secret_missing()),
    };
    if secret != world.directory.secret.expose_secret() || world.has(Scenario::SecretIdPasted) {
        return Err(Refusal::secret_wrong(&client_id));
    }
    if world.has(Scenario::SecretExpired) {
        return Err(Refusal::secret_expired(&client_id));
    }
    Ok(())
}

fn redeem_code(
    world: &World,
    version: Version,
    authority: Authority,
    parameters: &Parameters,
) -> Result<Value, Refusal> {
    let code = parameters.get("code").ok_or_else(|| Refusal::parameter_missing("code"))?;
    let (grant, family) = match world.ledger().look_at_code(code) {
        Redemption::Good(grant, family) => (grant, family),
        Redemption::Used => return Err(Refusal::code_used()),
        Redemption::Expired => return Err(Refusal::code_expired()),
        Redemption::Unknown => return Err(Refusal::grant_malformed("code")),
    };
    if let Authority::Tenant(here) = authority {
        // `common` has no tenant of its own: its codes belong to the tenant of whoever signed in.
        if here != grant.asked_at.unwrap_or(grant.identity.house) {
            return Err(Refusal::code_of_other_tenant());
        }
    }
    match (&grant.redirect_uri, parameters.get("redirect_uri")) {
        (Some(asked), Some(sent)) if asked == sent => {}
        (None, _) => {}
        (Some(_), None) => return Err(Refusal::parameter_missing("redirect_uri")),
        (Some(asked), Some(sent)) => return Err(Refusal::redirect_differs(sent, asked)),
    }
    check_verifier(grant.challenge.as_ref(), parameters.get("code_verifier"))?;
    if world.has(Scenario::ConditionalAccess) {
        return Err(Refusal::conditional_access());
    }
    let wanted = wanted(world, version, &grant.ask, parameters)?;
    require_consent(world, grant.identity, &wanted)?;
    if !world.ledger().redeem_code(code) {
        return Err(Refusal::code_used());
    }
    let refresh = (version == Version::V1 || grant.ask.openid.offline_access)
        .then(|| world.ledger().issue_refresh_token(grant.identity, grant.ask.clone(), family));
    let issue = Issue {
        identity: grant.identity,
        openid: grant.ask.openid,
        wanted,
        nonce: grant.nonce.as_deref(),
        refresh,
        client_info: parameters.get("client_info") == Some("1"),
    };
    issue.body(world, version)
}

fn check_verifier(challenge: Option<&Challenge>, verifier: Option<&str>) -> Result<(), Refusal> {
    match (challenge, verifier) {
        (None, None) => Ok(()),
        (Some(_), None) => Err(Refusal::verifier_missing()),
        // A verifier without a challenge means that the authorize request lost its challenge on the way.
        (None, Some(_)) => Err(Refusal::verifier_differs()),
        (Some(Challenge::Plain(challenge)), Some(verifier)) if challenge == verifier => Ok(()),
        (Some(Challenge::S256(challenge)), Some(verifier))
            if *challenge == URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) =>
        {
            Ok(())
        }
        (Some(_), Some(_)) => Err(Refusal::verifier_differs()),
    }
}

fn refresh(
    world: &World,
    version: Version,
    authority: Authority,
    parameters: &Parameters,
) -> Result<Value, Refusal> {
    let token = parameters.get("refresh_token").ok_or_else(|| Refusal::parameter_missing("refresh_token"))?;
    let Some(mut grant) = world.ledger().refresh_grant(token) else {
        return Err(Refusal::grant_malformed("refresh_token"));
    };
    if world.has(Scenario::RefreshTokenDead) {
        return Err(Refusal::refresh_token_dead());
    }
    if world.ledger().is_revoked(&grant) {
        return Err(Refusal::refresh_token_revoked());
    }
    if world.has(Scenario::ConditionalAccess) {
        return Err(Refusal::conditional_access());
    }
    if grant.spent && world.has(Scenario::RotationStrict) {
        return Err(Refusal::refresh_token_used());
    }
    if let Authority::Tenant(here) = authority {
        // A refresh token is bound to the person, not to the tenant: a guest may redeem it where they are a guest. Under
        // `wrong-account` the token stays the other tenant's wherever it is sent.
        if grant.identity.role.enters(here) {
            grant.identity.house = here;
        } else if !world.has(Scenario::WrongAccount) {
            let person = world.directory.person(grant.identity.role);
            let home = world.issuer_v1(grant.identity.role.home());
            return Err(Refusal::account_not_in_tenant(person.name, &home, here.name()));
        }
    }
    let wanted = wanted(world, version, &grant.ask, parameters)?;
    require_consent(world, grant.identity, &wanted)?;
    let (fresh, successor) = world.ledger().rotate(token, &grant);
    if !fresh && world.has(Scenario::RotationStrict) {
        return Err(Refusal::refresh_token_used());
    }
    let mut openid = grant.ask.openid;
    if let (Version::V2, Some(scope)) = (version, parameters.get("scope")) {
        openid.openid = openid.openid && scope.split_whitespace().any(|word| word == "openid");
    }
    let issue = Issue {
        identity: grant.identity,
        openid,
        wanted,
        nonce: None,
        refresh: Some(successor),
        client_info: parameters.get("client_info") == Some("1"),
    };
    issue.body(world, version)
}

/// The one API that this token is for: what the request names, or else the first that was asked at sign-in.
fn wanted(world: &World, version: Version, asked: &Ask, parameters: &Parameters) -> Result<ApiAsk, Refusal> {
    let named = match version {
        Version::V1 => parameters
            .get("resource")
            .map(|resource| Ask::from_resource(Some(resource), None, &world.addresses)),
        Version::V2 if parameters.get("resource").is_some() => return Err(Refusal::resource_on_v2()),
        Version::V2 => parameters.get("scope").map(|scope| Ask::from_scope(scope, &world.addresses)),
    };
    let named = named.transpose().map_err(|bad| authorize::explain(world, "this tenant", bad))?;
    let apis = match &named {
        Some(named) if named.apis.len() > 1 => {
            return Err(Refusal::several_resources(parameters.get("scope").unwrap_or_default()));
        }
        Some(named) if !named.apis.is_empty() => &named.apis,
        Some(_) | None => &asked.apis,
    };
    Ok(apis.first().cloned().unwrap_or_else(ApiAsk::sign_in_only))
}

/// Named permissions must all be consented; `.default` and `resource` settle for what is.
fn require_consent(world: &World, identity: Identity, wanted: &ApiAsk) -> Result<(), Refusal> {
    let missing = world.ledger().missing(identity, std::slice::from_ref(wanted));
    let lacking = missing.first().map_or(0, |ask| ask.permissions.len());
    if lacking == 0 || (wanted.default && lacking < wanted.permissions.len()) {
        Ok(())
    } else {
        Err(Refusal::not_consented(&world.directory.client_id.to_string()))
    }
}

fn client_credentials(
    world: &World,
    version: Version,
    authority: Authority,
    parameters: &Parameters,
) -> Result<Value, Refusal> {
    let house = match authority {
        Authority::Tenant(house) => house,
        Authority::Common => return Err(Refusal::grant_not_at_common()),
        Authority::Organizations => return Err(Refusal::no_tenant()),
    };
    if house == House::Elsewhere && Api::ALL.iter().all(|api| world.ledger().roles(house, *api).is_empty()) {
        return Err(Refusal::service_principal_missing(
            &world.directory.client_id.to_string(),
            &world.directory.tenant_id(house).to_string(),
        ));
    }
    let (api, resource) = match version {
        Version::V1 => {
            let ask = Ask::from_resource(parameters.get("resource"), None, &world.addresses)
                .map_err(|bad| authorize::explain(world, house.name(), bad))?;
            ask.apis.first().map(|ask| (ask.api, ask.resource.clone())).ok_or_else(Refusal::malformed)?
        }
        Version::V2 => {
            let scope = parameters.get("scope").ok_or_else(|| Refusal::parameter_missing("scope"))?;
            let words: Vec<_> = scope.split_whitespace().filter(|word| word.ends_with("/.default")).collect();
            let [word] = words.as_slice() else {
                return Err(match words.len() {
                    0 => Refusal::scope_not_default(scope),
                    _ => Refusal::several_resources(scope),
                });
            };
            let resource = word.strip_suffix("/.default").unwrap_or(word);
            let api = Api::find(resource, &world.addresses)
                .ok_or_else(|| Refusal::resource_unknown(resource, house.name()))?;
            (api, resource.to_owned())
        }
    };
    let now = world.now();
    let roles = world.ledger().roles(house, api);
    let token = sign(world, &claims::for_app(world, house, &resource, &roles, now))?;
    let mut body = Map::new();
    body.insert("token_type".into(), "Bearer".into());
    times(world, &mut body, version, now.as_second());
    if version == Version::V1 {
        body.insert("resource".into(), resource.into());
    }
    body.insert("access_token".into(), token.into());
    Ok(Value::Object(body))
}

fn sign(world: &World, claims: &Value) -> Result<String, Refusal> {
    world.keys.sign(claims).map_err(|_| Refusal::malformed())
}

fn times(world: &World, body: &mut Map<String, Value>, version: Version, now: i64) {
    let life = claims::life(world);
    match version {
        Version::V1 => {
            for (name, value) in [
                ("expires_in", life),
                ("ext_expires_in", life),
                ("expires_on", now + life),
                ("not_before", now - 300),
            ] {
                body.insert(name.to_owned(), value.to_string().into());
            }
        }
        Version::V2 => {
            body.insert("expires_in".to_owned(), life.into());
            body.insert("ext_expires_in".to_owned(), life.into());
        }
    }
}

/// Tokens for a signed-in person.
struct Issue<'a> {
    identity: Identity,
    openid: OpenId,
    wanted: ApiAsk,
    nonce: Option<&'a str>,
    refresh: Option<String>,
    client_info: bool,
}

impl Issue<'_> {
    fn body(self, world: &World, version: Version) -> Result<Value, Refusal> {
        let now = world.now();
        let mut scopes = world.ledger().scopes(self.identity, self.wanted.api);
        if self.wanted.permissions.is_empty() {
            scopes.clear();
        }
        let words: Vec<&str> = match self.wanted.api {
            // Only Graph's tokens list the sign-in scopes.
            Api::Graph => scopes.iter().copied().chain(self.openid.words()).collect(),
            Api::Defender | Api::Xdr | Api::DirectoryGraph => scopes.clone(),
        };
        let token = sign(world, &claims::for_person(world, self.identity, &self.wanted, &words, now))?;
        let mut body =
            json!({ "token_type": "Bearer", "access_token": token }).as_object().cloned().unwrap_or_default();
        times(world, &mut body, version, now.as_second());
        match version {
            Version::V1 => {
                body.insert("scope".into(), scopes.join(" ").into());
                body.insert("resource".into(), self.wanted.resource.as_str().into());
            }
            Version::V2 => {
                body.insert("scope".into(), self.echoed(&scopes).into());
            }
        }
        if let Some(refresh) = self.refresh {
            body.insert("refresh_token".into(), refresh.into());
        }
        if self.openid.openid {
            let claims = claims::id_token(world, version, self.identity, self.nonce, self.openid.email, now);
            body.insert("id_token".into(), sign(world, &claims)?.into());
        }
        if self.client_info {
            body.insert("client_info".into(), consent::client_info(world, self.identity).into());
        }
        Ok(Value::Object(body))
    }

    /// The granted scopes, spelled as the client spelled them: libraries look tokens up by that.
    fn echoed(&self, scopes: &[&str]) -> String {
        let mut words: Vec<String> = self.openid.words().map(str::to_owned).collect();
        let bare = self.wanted.spelled.iter().any(|spelled| !spelled.contains('/'));
        for scope in scopes {
            words.push(if bare { (*scope).to_owned() } else { format!("{}/{scope}", self.wanted.resource) });
        }
        for spelled in &self.wanted.spelled {
            if spelled.ends_with("/.default") || !words.iter().any(|word| word.eq_ignore_ascii_case(spelled))
            {
                words.push(spelled.clone());
            }
        }
        words.join(" ")
    }
}
