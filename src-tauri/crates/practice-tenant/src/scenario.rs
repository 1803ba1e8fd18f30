//! The scenarios: things that really go wrong between a provider, a customer and Microsoft, each with a name.
//!
//! It holds names and meanings only; the place where a scenario takes effect asks [`InForce`]. Invariant: everything in
//! [`Scenario::ALL`] changes what the server answers, and nothing that does not work is listed.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

/// One thing that really happens. Scenarios combine; the names are those of the design, in kebab-case.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Scenario {
    /// Whoever signs in, the code (or the admin consent) belongs to another tenant.
    WrongAccount,
    /// The consent page is always shown, and both of its buttons lead to "declined" (AADSTS65004).
    ConsentDeclined,
    /// The tenant lets nobody consent while signing in (AADSTS90094). The admin-consent address still works, and after
    /// it signing in works too.
    AdminConsentNeeded,
    /// Sign-in and refresh end with AADSTS53003.
    ConditionalAccess,
    /// The secret has expired (AADSTS7000222).
    SecretExpired,
    /// What was stored as the secret is the secret's id: every secret is refused with AADSTS7000215.
    SecretIdPasted,
    /// The app is single-tenant: unknown in the customer's tenant (AADSTS700016), refused at `common` (AADSTS50194).
    SingleTenantApp,
    /// No redirect address is registered that fits (AADSTS50011, a page, no redirect).
    RedirectMismatch,
    /// The customer has no licence: the alert APIs answer 403 and say so. Signing in still works.
    NotLicensed,
    /// The alert APIs answer 403, even after the portal authorised the app.
    NotAuthorised,
    /// The legacy exporter keeps answering 403 for three seconds after the portal authorised the app.
    AuthorisationDelay,
    /// The first two alert requests get 429 with `Retry-After: 1`.
    Throttled,
    /// Two alert requests get 503, then it works.
    ServerErrors,
    /// A token takes 200 ms, an alert answer starts after two seconds.
    Slow,
    /// The first alert answer is cut in the middle of its body.
    CutConnection,
    /// Alert answers are JSON that stops half-way, under a 200.
    BadJson,
    /// The newest alert carries a description of eight mebibytes.
    HugeAlert,
    /// Microsoft's clock is an hour ahead: `Date` header, token times and error times.
    ClockSkew,
    /// Refresh tokens are refused for inactivity (AADSTS700082).
    RefreshTokenDead,
    /// A refresh token works once.
    RotationStrict,
    /// The alert APIs are gone: 410, and 404 from Graph.
    ApiRetired,
    /// There are no alerts.
    NoAlerts,
}

impl Scenario {
    /// Every scenario, in the order in which they are listed to people.
    pub const ALL: &'static [Self] = &[
        Self::WrongAccount,
        Self::ConsentDeclined,
        Self::AdminConsentNeeded,
        Self::ConditionalAccess,
        Self::SecretExpired,
        Self::SecretIdPasted,
        Self::SingleTenantApp,
        Self::RedirectMismatch,
        Self::NotLicensed,
        Self::NotAuthorised,
        Self::AuthorisationDelay,
        Self::Throttled,
        Self::ServerErrors,
        Self::Slow,
        Self::CutConnection,
        Self::BadJson,
        Self::HugeAlert,
        Self::ClockSkew,
        Self::RefreshTokenDead,
        Self::RotationStrict,
        Self::ApiRetired,
        Self::NoAlerts,
    ];

    /// The name, as on the command line and in the announcement.
    pub const fn name(self) -> &'static str {
        match self {
            Self::WrongAccount => "wrong-account",
            Self::ConsentDeclined => "consent-declined",
            Self::AdminConsentNeeded => "admin-consent-needed",
            Self::ConditionalAccess => "conditional-access",
            Self::SecretExpired => "secret-expired",
            Self::SecretIdPasted => "secret-id-pasted",
            Self::SingleTenantApp => "single-tenant-app",
            Self::RedirectMismatch => "redirect-mismatch",
            Self::NotLicensed => "not-licensed",
            Self::NotAuthorised => "not-authorised",
            Self::AuthorisationDelay => "authorisation-delay",
            Self::Throttled => "throttled",
            Self::ServerErrors => "server-errors",
            Self::Slow => "slow",
            Self::CutConnection => "cut-connection",
            Self::BadJson => "bad-json",
            Self::HugeAlert => "huge-alert",
            Self::ClockSkew => "clock-skew",
            Self::RefreshTokenDead => "refresh-token-dead",
            Self::RotationStrict => "rotation-strict",
            Self::ApiRetired => "api-retired",
            Self::NoAlerts => "no-alerts",
        }
    }

    const fn bit(self) -> u32 {
        1 << (self as u8)
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A scenario name that this build does not know.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("unknown scenario {name:?}; known are: {}", known())]
pub struct UnknownScenario {
    /// What was asked for.
    pub name: String,
}

fn known() -> String {
    Scenario::ALL.iter().map(|scenario| scenario.name()).collect::<Vec<_>>().join(", ")
}

impl FromStr for Scenario {
    type Err = UnknownScenario;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|scenario| scenario.name() == name)
            .ok_or_else(|| UnknownScenario { name: name.to_owned() })
    }
}

/// The scenarios in force, switchable while the server answers, and the faults already dealt out.
#[derive(Debug, Default)]
pub(crate) struct InForce {
    bits: AtomicU32,
    throttled: AtomicU64,
    failed: AtomicU64,
    cut: AtomicU64,
}

impl InForce {
    pub(crate) fn set(&self, scenarios: &[Scenario]) {
        for dealt in [&self.throttled, &self.failed, &self.cut] {
            dealt.store(0, Ordering::SeqCst);
        }
        let bits = scenarios.iter().fold(0, |bits, scenario| bits | scenario.bit());
        self.bits.store(bits, Ordering::SeqCst);
    }

    pub(crate) fn has(&self, scenario: Scenario) -> bool {
        self.bits.load(Ordering::SeqCst) & scenario.bit() != 0
    }

    pub(crate) fn list(&self) -> Vec<Scenario> {
        Scenario::ALL.iter().copied().filter(|scenario| self.has(*scenario)).collect()
    }

    /// Whether this request is one of the first two under `throttled`.
    pub(crate) fn deal_throttle(&self) -> bool {
        self.has(Scenario::Throttled) && self.throttled.fetch_add(1, Ordering::SeqCst) < 2
    }

    /// Whether this request is one of the first two under `server-errors`.
    pub(crate) fn deal_failure(&self) -> bool {
        self.has(Scenario::ServerErrors) && self.failed.fetch_add(1, Ordering::SeqCst) < 2
    }

    /// Whether this answer is the one that `cut-connection` cuts.
    pub(crate) fn deal_cut(&self) -> bool {
        self.has(Scenario::CutConnection) && self.cut.fetch_add(1, Ordering::SeqCst) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_is_found_by_the_name_it_shows() {
        for scenario in Scenario::ALL {
            assert_eq!(scenario.to_string().parse::<Scenario>(), Ok(*scenario));
            let json = serde_json::to_string(scenario).unwrap();
            assert_eq!(json, format!("\"{scenario}\""));
        }
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_known_ones() {
        let refused = "no-coffee".parse::<Scenario>().unwrap_err().to_string();
        assert!(
            refused.contains("no-coffee")
                && refused.contains("wrong-account")
                && refused.contains("no-alerts")
        );
    }

    #[test]
    fn switching_scenarios_deals_the_faults_anew() {
        let in_force = InForce::default();
        in_force.set(&[Scenario::Throttled]);
        assert_eq!(
            [in_force.deal_throttle(), in_force.deal_throttle(), in_force.deal_throttle()],
            [true, true, false]
        );
        in_force.set(&[Scenario::Throttled, Scenario::Slow]);
        assert!(in_force.deal_throttle());
        assert_eq!(in_force.list(), [Scenario::Throttled, Scenario::Slow]);
    }
}
