//! The authorize and admin-consent addresses: what an app asks is checked before anybody is asked to sign in.
//!
//! Invariant: nothing is sent to a redirect address that has not been matched against the registration; until then, and
//! for an unknown app or tenant, the answer is a page.

use axum::response::Response;

use crate::directory::{Authority, House, REDIRECT_URIS};
use crate::ledger::Challenge;
use crate::parameters::Parameters;
use crate::permission::{Api, ApiAsk, Ask, BadAsk};
use crate::redirect;
use crate::scenario::Scenario;
use crate::world::World;

use super::flow::{Destination, Flow, Purpose, ResponseMode, Stage, Version};
use super::refusal::Refusal;
use super::{Call, pages};

/// Where a refusal goes.
enum Stop {
    Page(Box<Refusal>),
    Back(Box<(Destination, Refusal)>),
}

impl Stop {
    fn page(refusal: Refusal) -> Self {
        Self::Page(Box::new(refusal))
    }

    fn back(destination: Destination, refusal: Refusal) -> Self {
        Self::Back(Box::new((destination, refusal)))
    }
}

/// The authorize address.
pub(super) fn open(world: &World, version: Version, call: &Call) -> Response {
    finish(world, call, sign_in(world, version, call))
}

/// The admin-consent address.
pub(super) fn open_admin_consent(world: &World, version: Version, call: &Call) -> Response {
    finish(world, call, admin_consent(world, version, call))
}

fn finish(world: &World, call: &Call, outcome: Result<Flow, Stop>) -> Response {
    match outcome {
        Ok(flow) => {
            let id = world.ledger().open_flow(flow.clone());
            pages::sign_in(world, call, &flow, &id, None)
        }
        Err(Stop::Page(refusal)) => refusal.page(&call.trace),
        Err(Stop::Back(back)) => back.0.refuse(&back.1, &call.trace, &world.addresses.login),
    }
}

/// The tenant, as shown in messages.
pub(super) fn tenant_name(authority: Authority, segment: &str) -> String {
    match authority {
        Authority::Tenant(house) => house.name().to_owned(),
        Authority::Common | Authority::Organizations => segment.to_owned(),
    }
}

/// Tenant and app, which every request of Entra names. Also used by the token address.
pub(super) fn tenant_and_app(
    world: &World,
    call: &Call,
    client_id: Option<&str>,
) -> Result<Authority, Refusal> {
    let authority =
        world.directory.authority(&call.segment).ok_or_else(|| Refusal::tenant_unknown(&call.segment))?;
    let client_id = client_id.ok_or_else(|| Refusal::parameter_missing("client_id"))?;
    if !world.directory.is_client(client_id) {
        return Err(Refusal::app_unknown(client_id, &tenant_name(authority, &call.segment)));
    }
    if world.has(Scenario::SingleTenantApp) {
        match authority {
            Authority::Tenant(House::Provider) => {}
            Authority::Tenant(House::Customer | House::Elsewhere) => {
                return Err(Refusal::app_unknown(client_id, &tenant_name(authority, &call.segment)));
            }
            Authority::Common | Authority::Organizations => {
                return Err(Refusal::single_tenant_at_common(client_id));
            }
        }
    }
    Ok(authority)
}

fn destination(world: &World, call: &Call, mode: ResponseMode) -> Result<Destination, Refusal> {
    let client_id = world.directory.client_id.to_string();
    let address = match call.parameters.get("redirect_uri") {
        // Without one Entra takes the registration's first.
        None if !world.has(Scenario::RedirectMismatch) => REDIRECT_URIS[0],
        None => return Err(Refusal::redirect_mismatch("", &client_id)),
        Some(asked) => {
            let known = REDIRECT_URIS.iter().any(|registered| redirect::matches(registered, asked));
            if !known || world.has(Scenario::RedirectMismatch) {
                return Err(Refusal::redirect_mismatch(asked, &client_id));
            }
            asked
        }
    };
    let state = call.parameters.get("state").map(str::to_owned);
    Ok(Destination { address: address.to_owned(), mode, state })
}

fn sign_in(world: &World, version: Version, call: &Call) -> Result<Flow, Stop> {
    let parameters = &call.parameters;
    let authority = tenant_and_app(world, call, parameters.get("client_id")).map_err(Stop::page)?;
    let mode = ResponseMode::read(parameters);
    let destination = destination(world, call, mode.unwrap_or(ResponseMode::Query)).map_err(Stop::page)?;
    let back = |refusal| Stop::back(destination.clone(), refusal);

    if mode.is_none() {
        return Err(back(Refusal::response_mode(parameters.get("response_mode").unwrap_or_default())));
    }
    match parameters.get("response_type") {
        Some("code") => {}
        Some(other) => return Err(back(Refusal::response_type(other))),
        None => return Err(back(Refusal::parameter_missing("response_type"))),
    }
    let ask = read_ask(world, version, parameters).map_err(back)?;
    let challenge = read_challenge(parameters).map_err(back)?;
    let prompt = Prompt::read(parameters).map_err(back)?;
    if prompt == Prompt::None {
        return Err(back(Refusal::no_session()));
    }
    Ok(Flow {
        version,
        authority,
        segment: call.segment.clone(),
        destination,
        ask,
        purpose: Purpose::SignIn {
            redirect_uri: parameters.get("redirect_uri").map(str::to_owned),
            challenge,
            nonce: parameters.get("nonce").map(str::to_owned),
            always_consent: prompt == Prompt::Consent,
            for_everybody: prompt == Prompt::AdminConsent,
            client_info: parameters.get("client_info") == Some("1"),
        },
        login_hint: parameters.get("login_hint").map(str::to_owned),
        stage: Stage::SigningIn,
    })
}

fn admin_consent(world: &World, version: Version, call: &Call) -> Result<Flow, Stop> {
    let parameters = &call.parameters;
    let authority = tenant_and_app(world, call, parameters.get("client_id")).map_err(Stop::page)?;
    let destination = destination(world, call, ResponseMode::Query).map_err(Stop::page)?;
    let scope = parameters.get("scope");
    let ask = match (version, scope) {
        // v1 asks for everything that the app registration lists.
        (Version::V1, _) => Ask { apis: everything(), ..Ask::default() },
        (Version::V2, None) => return Err(Stop::back(destination, Refusal::parameter_missing("scope"))),
        (Version::V2, Some(scope)) => match Ask::from_scope(scope, &world.addresses) {
            // `.default` of nothing in particular: again everything.
            Ok(ask) if ask.apis.is_empty() => Ask { apis: everything(), ..ask },
            Ok(ask) => ask,
            Err(bad) => return Err(Stop::back(destination, explain(world, &call.segment, bad))),
        },
    };
    Ok(Flow {
        version,
        authority,
        segment: call.segment.clone(),
        destination,
        ask,
        purpose: Purpose::AdminConsent { scope: scope.map(str::to_owned).filter(|_| version == Version::V2) },
        login_hint: parameters.get("login_hint").map(str::to_owned),
        stage: Stage::SigningIn,
    })
}

fn everything() -> Vec<ApiAsk> {
    Api::ALL.into_iter().map(|api| ApiAsk::whole(api, api.usual_resource())).collect()
}

/// What the app asks for: `resource` at v1, `scope` at v2.
fn read_ask(world: &World, version: Version, parameters: &Parameters) -> Result<Ask, Refusal> {
    let read = match version {
        Version::V1 => {
            Ask::from_resource(parameters.get("resource"), parameters.get("scope"), &world.addresses)
        }
        Version::V2 if parameters.get("resource").is_some() => return Err(Refusal::resource_on_v2()),
        Version::V2 => match parameters.get("scope") {
            None => return Err(Refusal::parameter_missing("scope")),
            Some(scope) => Ask::from_scope(scope, &world.addresses),
        },
    };
    read.map_err(|bad| explain(world, parameters.get("tenant").unwrap_or("this tenant"), bad))
}

/// A bad resource or scope in Entra's words.
pub(super) fn explain(world: &World, tenant: &str, bad: BadAsk) -> Refusal {
    match bad {
        BadAsk::Resource(resource) => Refusal::resource_unknown(&resource, tenant),
        BadAsk::Permission { scope, app_id } => {
            Refusal::permission_unknown(&world.directory.client_id.to_string(), &scope, app_id)
        }
    }
}

/// PKCE (RFC 7636): 43 to 128 unreserved characters; the method is plain unless named.
fn read_challenge(parameters: &Parameters) -> Result<Option<Challenge>, Refusal> {
    let method = parameters.get("code_challenge_method");
    let Some(challenge) = parameters.get("code_challenge") else {
        return if method.is_none() { Ok(None) } else { Err(Refusal::challenge_size()) };
    };
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    if !(43..=128).contains(&challenge.len()) || !challenge.bytes().all(unreserved) {
        return Err(Refusal::challenge_size());
    }
    match method {
        None | Some("plain") => Ok(Some(Challenge::Plain(challenge.to_owned()))),
        Some("S256") => Ok(Some(Challenge::S256(challenge.to_owned()))),
        Some(other) => Err(Refusal::challenge_method(other)),
    }
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Prompt {
    /// Absent, `login`, `select_account`: the page is shown in any case.
    Interactive,
    None,
    Consent,
    AdminConsent,
}

impl Prompt {
    fn read(parameters: &Parameters) -> Result<Self, Refusal> {
        let Some(prompt) = parameters.get("prompt") else { return Ok(Self::Interactive) };
        let mut read = Self::Interactive;
        for word in prompt.split_whitespace() {
            match word {
                "login" | "select_account" | "create" => {}
                "none" => read = Self::None,
                "consent" => read = Self::Consent,
                "admin_consent" => read = Self::AdminConsent,
                other => return Err(Refusal::bad_parameter("prompt", other)),
            }
        }
        Ok(read)
    }
}
