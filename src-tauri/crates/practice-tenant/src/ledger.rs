//! What has happened so far: sign-ins under way, codes, refresh tokens, consents, the portal's authorisations.
//!
//! Invariants: a code yields tokens once, and a second try also ends what the first one yielded; what a sign-in under way
//! has proven (who, in which tenant) is kept here and never in the page.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use crate::directory::{House, Role};
use crate::entra::flow::Flow;
use crate::permission::{Api, ApiAsk, Ask, Permission};
use crate::random;

/// How long an authorization code can be redeemed.
const CODE_LIFE: Duration = Duration::from_mins(10);
/// How long a sign-in page can be answered.
const FLOW_LIFE: Duration = Duration::from_hours(1);
/// Sign-ins under way that are kept; beyond it the stale ones go first, then new ones are still served.
const FLOWS_KEPT: usize = 10_000;

/// Who signed in where.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Identity {
    pub(crate) role: Role,
    pub(crate) house: House,
}

/// How the code's verifier is compared.
#[derive(Clone, Debug)]
pub(crate) enum Challenge {
    Plain(String),
    S256(String),
}

/// What an authorization code stands for.
#[derive(Clone, Debug)]
pub(crate) struct CodeGrant {
    pub(crate) identity: Identity,
    pub(crate) ask: Ask,
    /// The redirect address as the authorize request spelled it, if it did.
    pub(crate) redirect_uri: Option<String>,
    pub(crate) challenge: Option<Challenge>,
    pub(crate) nonce: Option<String>,
    /// The tenant whose authorize address was used, if it named one.
    pub(crate) asked_at: Option<House>,
}

struct Code {
    grant: CodeGrant,
    issued: Instant,
    redeemed: bool,
    family: u64,
}

/// What a refresh token stands for.
#[derive(Clone, Debug)]
pub(crate) struct RefreshGrant {
    pub(crate) identity: Identity,
    pub(crate) ask: Ask,
    family: u64,
    pub(crate) spent: bool,
}

/// What became of a code.
pub(crate) enum Redemption {
    /// First use. The number ties the tokens to the code.
    Good(Box<CodeGrant>, u64),
    /// Used before; its tokens are dead now.
    Used,
    /// Too old.
    Expired,
    /// Never issued.
    Unknown,
}

/// The changing part of the world.
#[derive(Default)]
pub(crate) struct Ledger {
    flows: HashMap<String, (Flow, Instant)>,
    codes: HashMap<String, Code>,
    refresh_tokens: HashMap<String, RefreshGrant>,
    dead_families: HashSet<u64>,
    families: u64,
    delegated: HashSet<(House, Option<Role>, Api, &'static str)>,
    application: HashSet<(House, Api, &'static str)>,
    authorised: Option<Instant>,
    worn: HashMap<String, u32>,
}

impl Ledger {
    /// Keeps a sign-in and names it.
    pub(crate) fn open_flow(&mut self, flow: Flow) -> String {
        if self.flows.len() >= FLOWS_KEPT {
            self.flows.retain(|_, (_, opened)| opened.elapsed() < FLOW_LIFE / 12);
        }
        let id = random::text(43);
        self.flows.insert(id.clone(), (flow, Instant::now()));
        id
    }

    pub(crate) fn flow(&self, id: &str) -> Option<Flow> {
        self.flows.get(id).filter(|(_, opened)| opened.elapsed() < FLOW_LIFE).map(|(flow, _)| flow.clone())
    }

    /// Replaces a sign-in by its next stage.
    pub(crate) fn advance_flow(&mut self, id: &str, flow: Flow) {
        if let Some((kept, _)) = self.flows.get_mut(id) {
            *kept = flow;
        }
    }

    pub(crate) fn close_flow(&mut self, id: &str) {
        self.flows.remove(id);
    }

    pub(crate) fn issue_code(&mut self, grant: CodeGrant) -> String {
        self.codes.retain(|_, code| code.issued.elapsed() < CODE_LIFE * 6);
        self.families += 1;
        let code = random::grant();
        self.codes.insert(
            code.clone(),
            Code { grant, issued: Instant::now(), redeemed: false, family: self.families },
        );
        code
    }

    /// Looks at a code without using it up, so that a wrong verifier can be told from a wrong code.
    pub(crate) fn look_at_code(&mut self, code: &str) -> Redemption {
        let Some(entry) = self.codes.get(code) else { return Redemption::Unknown };
        if entry.redeemed {
            self.dead_families.insert(entry.family);
            return Redemption::Used;
        }
        if entry.issued.elapsed() >= CODE_LIFE {
            return Redemption::Expired;
        }
        Redemption::Good(Box::new(entry.grant.clone()), entry.family)
    }

    /// Uses a code up; false if somebody else just did.
    pub(crate) fn redeem_code(&mut self, code: &str) -> bool {
        self.codes.get_mut(code).is_some_and(|entry| !std::mem::replace(&mut entry.redeemed, true))
    }

    pub(crate) fn issue_refresh_token(&mut self, identity: Identity, ask: Ask, family: u64) -> String {
        let token = random::grant();
        self.refresh_tokens.insert(token.clone(), RefreshGrant { identity, ask, family, spent: false });
        token
    }

    pub(crate) fn refresh_grant(&self, token: &str) -> Option<RefreshGrant> {
        self.refresh_tokens.get(token).cloned()
    }

    pub(crate) fn is_revoked(&self, grant: &RefreshGrant) -> bool {
        self.dead_families.contains(&grant.family)
    }

    /// Marks a refresh token as used and issues its successor. False in the first place: it was used before.
    pub(crate) fn rotate(&mut self, token: &str, grant: &RefreshGrant) -> (bool, String) {
        let fresh =
            self.refresh_tokens.get_mut(token).is_some_and(|kept| !std::mem::replace(&mut kept.spent, true));
        (fresh, self.issue_refresh_token(grant.identity, grant.ask.clone(), grant.family))
    }

    /// Records what one person, or with `everybody` the whole tenant, lets the app do for signed-in people.
    pub(crate) fn consent(&mut self, who: Identity, everybody: bool, asks: &[ApiAsk]) {
        let role = (!everybody).then_some(who.role);
        for ask in asks {
            for permission in &ask.permissions {
                self.delegated.insert((who.house, role, ask.api, permission.name));
            }
        }
    }

    /// Records what an administrator lets the app do by itself.
    pub(crate) fn consent_application(&mut self, house: House, api: Api) {
        self.application.extend(api.registered_application().map(|permission| (house, api, permission.name)));
    }

    pub(crate) fn has_consented(&self, who: Identity, api: Api, permission: &Permission) -> bool {
        [None, Some(who.role)]
            .into_iter()
            .any(|role| self.delegated.contains(&(who.house, role, api, permission.name)))
    }

    /// What of this ask nobody has consented to yet.
    pub(crate) fn missing(&self, who: Identity, asks: &[ApiAsk]) -> Vec<ApiAsk> {
        asks.iter()
            .filter_map(|ask| {
                let mut ask = ask.clone();
                ask.permissions.retain(|permission| !self.has_consented(who, ask.api, permission));
                (!ask.permissions.is_empty()).then_some(ask)
            })
            .collect()
    }

    /// The delegated permissions that a token for this API carries: everything consented, asked now or before.
    pub(crate) fn scopes(&self, who: Identity, api: Api) -> Vec<&'static str> {
        api.permissions()
            .iter()
            .filter(|permission| self.has_consented(who, api, permission))
            .map(|permission| permission.name)
            .collect()
    }

    /// The application permissions that an administrator has granted.
    pub(crate) fn roles(&self, house: House, api: Api) -> Vec<&'static str> {
        api.permissions()
            .iter()
            .filter(|permission| self.application.contains(&(house, api, permission.name)))
            .map(|permission| permission.name)
            .collect()
    }

    /// Counts a use of an access token: the how manieth it is.
    pub(crate) fn wear(&mut self, token: &str) -> u32 {
        let uses = self.worn.entry(token.to_owned()).or_default();
        *uses += 1;
        *uses
    }

    /// The portal's button.
    pub(crate) fn authorise(&mut self) {
        self.authorised.get_or_insert_with(Instant::now);
    }

    /// How long ago the portal authorised the app, if it did.
    pub(crate) fn authorised_for(&self) -> Option<Duration> {
        self.authorised.map(|at| at.elapsed())
    }
}
