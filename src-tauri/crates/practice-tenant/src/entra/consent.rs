//! What the sign-in and consent forms do: who signed in, what they may grant, and the way back to the app.

use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::ExposeSecret as _;
use serde_json::json;
use uuid::Uuid;

use crate::directory::{House, Person, Role};
use crate::ledger::{CodeGrant, Identity};
use crate::permission::ApiAsk;
use crate::scenario::Scenario;
use crate::world::World;

use super::flow::{Flow, Purpose, Stage, Version};
use super::refusal::Refusal;
use super::{Call, authorize, pages};

/// The sign-in form was posted.
pub(super) fn signed_in(world: &World, call: &Call) -> Response {
    let Some((id, mut flow)) = find_flow(world, call) else {
        return Refusal::flow_expired().page(&call.trace);
    };
    let person = match who(world, call, &flow) {
        Ok(person) => person,
        Err(refusal) => return pages::sign_in(world, call, &flow, &id, Some(&refusal)),
    };
    let house = flow.named_house().unwrap_or(person.role.home());
    if !person.role.enters(house) {
        return pages::wrong_account(world, call, &flow, &id, person, house.name());
    }
    if world.has(Scenario::ConditionalAccess) {
        // The real page stays; sent back to the app so that rehearsals see the code where the app sees it.
        world.ledger().close_flow(&id);
        return flow.destination.refuse(
            &Refusal::conditional_access_at_sign_in(),
            &call.trace,
            &world.addresses.login,
        );
    }
    let who = Identity { role: person.role, house };
    match decide(world, &flow, who) {
        Decision::Issue => {
            world.ledger().close_flow(&id);
            issue(world, &flow, who)
        }
        Decision::Ask => {
            flow.stage = Stage::Consenting(who);
            world.ledger().advance_flow(&id, flow.clone());
            pages::consent(world, &flow, &id, who)
        }
        Decision::NeedsAdmin => {
            flow.stage = Stage::NeedsAdmin;
            world.ledger().advance_flow(&id, flow.clone());
            pages::needs_admin(&flow, &id, person.name)
        }
    }
}

/// The consent form was posted.
pub(super) fn answered(world: &World, call: &Call) -> Response {
    let Some((id, flow)) = find_flow(world, call) else { return Refusal::flow_expired().page(&call.trace) };
    let login = &world.addresses.login;
    let who = match &flow.stage {
        Stage::SigningIn => return Refusal::flow_expired().page(&call.trace),
        Stage::NeedsAdmin => {
            world.ledger().close_flow(&id);
            return flow.destination.refuse(&Refusal::admin_needed(), &call.trace, login);
        }
        Stage::Consenting(who) => *who,
    };
    world.ledger().close_flow(&id);
    let accepted = call.parameters.get("action") == Some("accept") && !world.has(Scenario::ConsentDeclined);
    match &flow.purpose {
        Purpose::SignIn { .. } if !accepted => {
            flow.destination.refuse(&Refusal::declined(), &call.trace, login)
        }
        Purpose::SignIn { for_everybody, .. } => {
            let everybody = who.role.administers(who.house)
                && (*for_everybody || call.parameters.get("orgconsent").is_some());
            world.ledger().consent(actual(world, who), everybody, &flow.ask.apis);
            issue(world, &flow, who)
        }
        Purpose::AdminConsent { scope } => admin_answer(world, call, &flow, who, scope.as_deref(), accepted),
    }
}

fn find_flow(world: &World, call: &Call) -> Option<(String, Flow)> {
    let id = call.parameters.get("flowToken")?;
    let flow = world.ledger().flow(id)?;
    Some((id.to_owned(), flow))
}

fn who<'a>(world: &'a World, call: &Call, flow: &Flow) -> Result<&'a Person, Refusal> {
    if let Some(picked) = call.parameters.get("practice_user") {
        let tenant = authorize::tenant_name(flow.authority, &flow.segment);
        return world.directory.person_by_name(picked).ok_or_else(|| Refusal::user_unknown(picked, &tenant));
    }
    let name = call.parameters.get("loginfmt").ok_or_else(|| Refusal::parameter_missing("loginfmt"))?;
    let person = world
        .directory
        .person_by_name(name)
        .ok_or_else(|| Refusal::user_unknown(name, &authorize::tenant_name(flow.authority, &flow.segment)))?;
    match call.parameters.get("passwd") {
        Some(password) if password == person.password.expose_secret() => Ok(person),
        _ => Err(Refusal::wrong_password()),
    }
}

enum Decision {
    Issue,
    Ask,
    NeedsAdmin,
}

fn decide(world: &World, flow: &Flow, who: Identity) -> Decision {
    let administers = who.role.administers(who.house);
    let (always_consent, for_everybody) = match &flow.purpose {
        Purpose::AdminConsent { .. } => {
            return if administers { Decision::Ask } else { Decision::NeedsAdmin };
        }
        Purpose::SignIn { always_consent, for_everybody, .. } => (*always_consent, *for_everybody),
    };
    let missing = world.ledger().missing(who, &flow.ask.apis);
    let beyond_the_person =
        |asks: &[ApiAsk]| asks.iter().flat_map(|ask| &ask.permissions).any(|p| p.needs_admin());
    if !missing.is_empty() && world.has(Scenario::AdminConsentNeeded) {
        return Decision::NeedsAdmin;
    }
    if !administers && (for_everybody || beyond_the_person(&missing)) {
        return Decision::NeedsAdmin;
    }
    if !missing.is_empty() || always_consent || for_everybody || world.has(Scenario::ConsentDeclined) {
        return Decision::Ask;
    }
    Decision::Issue
}

/// Who the tokens are about: somebody else under `wrong-account`.
fn actual(world: &World, who: Identity) -> Identity {
    if world.has(Scenario::WrongAccount) {
        Identity { role: Role::Elsewhere, house: House::Elsewhere }
    } else {
        who
    }
}

/// Sends the code.
fn issue(world: &World, flow: &Flow, who: Identity) -> Response {
    let Purpose::SignIn { redirect_uri, challenge, nonce, client_info, .. } = &flow.purpose else {
        return flow.destination.answer(&[]);
    };
    let identity = actual(world, who);
    let mut ledger = world.ledger();
    if identity != who {
        // Consents that the person gave earlier count for the other account too: only the tenant must differ.
        ledger.consent(identity, false, &flow.ask.apis);
    }
    let code = ledger.issue_code(CodeGrant {
        identity,
        ask: flow.ask.clone(),
        redirect_uri: redirect_uri.clone(),
        challenge: challenge.clone(),
        nonce: nonce.clone(),
        asked_at: flow.named_house(),
    });
    drop(ledger);
    let session = Uuid::new_v4().to_string();
    let client_info = client_info.then(|| self::client_info(world, identity));
    let mut pairs = vec![("code", code.as_str())];
    if let Some(info) = &client_info {
        pairs.push(("client_info", info));
    }
    pairs.push(("session_state", &session));
    flow.destination.answer(&pairs)
}

/// What Microsoft's libraries name the account by.
pub(super) fn client_info(world: &World, identity: Identity) -> String {
    let home = identity.role.home();
    let info = json!({
        "uid": world.directory.object_id(identity.role, home),
        "utid": world.directory.tenant_id(home),
    });
    URL_SAFE_NO_PAD.encode(info.to_string())
}

fn admin_answer(
    world: &World,
    call: &Call,
    flow: &Flow,
    who: Identity,
    scope: Option<&str>,
    accepted: bool,
) -> Response {
    if !accepted {
        let error = match flow.version {
            Version::V1 => "permission_denied",
            Version::V2 => "consent_required",
        };
        return flow.destination.refuse(
            &Refusal::declined_by_admin(error),
            &call.trace,
            &world.addresses.login,
        );
    }
    let identity = actual(world, who);
    let mut ledger = world.ledger();
    ledger.consent(identity, true, &flow.ask.apis);
    for ask in flow.ask.apis.iter().filter(|ask| ask.default) {
        ledger.consent_application(identity.house, ask.api);
    }
    drop(ledger);
    let tenant = world.directory.tenant_id(identity.house).to_string();
    let mut pairs = vec![("admin_consent", "True"), ("tenant", tenant.as_str())];
    if let Some(scope) = scope {
        pairs.push(("scope", scope));
    }
    flow.destination.answer(&pairs)
}
