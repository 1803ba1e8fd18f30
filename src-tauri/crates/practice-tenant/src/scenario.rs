//! The scenarios: things that really go wrong between a provider, a customer and Microsoft, each with a name.
//!
//! It holds names and meanings only; the place where a scenario takes effect asks [`InForce`]. Invariant: everything in
//! [`Scenario::ALL`] changes what the server answers, and nothing that does not work is listed.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

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
    /// The newest alert carries a description of a hundred mebibytes.
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
    /// `alerts_v2`, and Defender and XDR under `$top` too, link to the next page.
    NextLinks,
    /// No list links to the next page, though there is one.
    NoNextLinks,
    /// Up to 2,500 alerts in a row were last updated at the same moment.
    SameTimestamp,
    /// An incident has five hundred alerts.
    LargeIncidents,
    /// Graph answers 206 with a warning for each provider of alerts that failed.
    PartialContent,
    /// More than ten incidents at once cannot be expanded to their alerts: 500.
    LargeExpand,
    /// Incidents cannot be listed with their alerts at all: 500.
    ExpandFails,
    /// The published limits of requests are enforced: 429 with the seconds to wait.
    PublishedRates,
    /// An access token is good for five seconds, to the second.
    ShortTokens,
    /// An access token opens three alert answers; then it counts as expired.
    TokensWearOut,
    /// Of alert requests one in twenty is throttled, one in fifteen fails, one in five is cut.
    RoughWeather,
    /// Every alert answer is cut in the middle of its body.
    CutAlways,
    /// The first two alert requests get 502 and a page for people.
    GatewayErrors,
    /// A network asks people to sign in: a page under a 200 in place of alerts.
    HtmlPage,
    /// A web filter refuses alert requests: 403 and a page for people.
    ProxyRefuses,
    /// Alert answers are no JSON after the third alert.
    GarbledJson,
    /// The newest alert holds ten thousand arrays within each other.
    DeepNesting,
    /// The newest alert carries a description of eight mebibytes.
    LargeAlert,
    /// The next page is on another host.
    ForeignNextLink,
    /// Alert requests are redirected to another host.
    ForeignRedirect,
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
        Self::NextLinks,
        Self::NoNextLinks,
        Self::SameTimestamp,
        Self::LargeIncidents,
        Self::PartialContent,
        Self::LargeExpand,
        Self::ExpandFails,
        Self::PublishedRates,
        Self::ShortTokens,
        Self::TokensWearOut,
        Self::RoughWeather,
        Self::CutAlways,
        Self::GatewayErrors,
        Self::HtmlPage,
        Self::ProxyRefuses,
        Self::GarbledJson,
        Self::DeepNesting,
        Self::LargeAlert,
        Self::ForeignNextLink,
        Self::ForeignRedirect,
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
            Self::NextLinks => "next-links",
            Self::NoNextLinks => "no-next-links",
            Self::SameTimestamp => "same-timestamp",
            Self::LargeIncidents => "large-incidents",
            Self::PartialContent => "partial-content",
            Self::LargeExpand => "large-expand",
            Self::ExpandFails => "expand-fails",
            Self::PublishedRates => "published-rates",
            Self::ShortTokens => "short-tokens",
            Self::TokensWearOut => "tokens-wear-out",
            Self::RoughWeather => "rough-weather",
            Self::CutAlways => "cut-always",
            Self::GatewayErrors => "gateway-errors",
            Self::HtmlPage => "html-page",
            Self::ProxyRefuses => "proxy-refuses",
            Self::GarbledJson => "garbled-json",
            Self::DeepNesting => "deep-nesting",
            Self::LargeAlert => "large-alert",
            Self::ForeignNextLink => "foreign-next-link",
            Self::ForeignRedirect => "foreign-redirect",
        }
    }

    /// What happens, in one sentence for people.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::WrongAccount => "Whoever signs in, the tokens belong to another tenant.",
            Self::ConsentDeclined => "Whichever button is pressed on the consent page, consent is declined.",
            Self::AdminConsentNeeded => {
                "Nobody can consent while signing in; an administrator can beforehand."
            }
            Self::ConditionalAccess => "Sign-in and refresh end with a Conditional Access policy.",
            Self::SecretExpired => "The app's secret has expired.",
            Self::SecretIdPasted => "The app's secret is refused, as if its id had been pasted.",
            Self::SingleTenantApp => "The app is registered for its own tenant only.",
            Self::RedirectMismatch => "No redirect address is registered that fits.",
            Self::NotLicensed => "The customer has no licence: alert requests get 403.",
            Self::NotAuthorised => "Alert requests get 403 even after the portal authorised the app.",
            Self::AuthorisationDelay => {
                "The legacy exporter opens three seconds after the portal authorised the app."
            }
            Self::Throttled => "The first two alert requests get 429.",
            Self::ServerErrors => "Two alert requests get 503.",
            Self::Slow => "A token takes 200 ms, an alert answer two seconds.",
            Self::CutConnection => "The first alert answer is cut in the middle of its body.",
            Self::BadJson => "Alert answers are JSON that stops half-way.",
            Self::HugeAlert => "The newest alert carries a description of a hundred mebibytes.",
            Self::ClockSkew => "Microsoft's clock is an hour ahead.",
            Self::RefreshTokenDead => "Refresh tokens are refused for inactivity.",
            Self::RotationStrict => "A refresh token works once.",
            Self::ApiRetired => "The alert APIs are gone.",
            Self::NoAlerts => "There are no alerts.",
            Self::NextLinks => "alerts_v2, and Defender and XDR under $top too, link to the next page.",
            Self::NoNextLinks => "No list links to the next page, though there is one.",
            Self::SameTimestamp => "Up to 2,500 alerts in a row were last updated at the same moment.",
            Self::LargeIncidents => "An incident has five hundred alerts.",
            Self::PartialContent => {
                "Graph answers 206 with a warning for each provider of alerts that failed."
            }
            Self::LargeExpand => "More than ten incidents at once cannot be expanded to their alerts: 500.",
            Self::ExpandFails => "Incidents cannot be listed with their alerts at all: 500.",
            Self::PublishedRates => {
                "The published limits of requests are enforced: 429 with the seconds to wait."
            }
            Self::ShortTokens => "An access token is good for five seconds, to the second.",
            Self::TokensWearOut => "An access token opens three alert answers; then it counts as expired.",
            Self::RoughWeather => {
                "Of alert requests one in twenty is throttled, one in fifteen fails, one in five is cut."
            }
            Self::CutAlways => "Every alert answer is cut in the middle of its body.",
            Self::GatewayErrors => "The first two alert requests get 502 and a page for people.",
            Self::HtmlPage => "A network asks people to sign in: a page under a 200 in place of alerts.",
            Self::ProxyRefuses => "A web filter refuses alert requests: 403 and a page for people.",
            Self::GarbledJson => "Alert answers are no JSON after the third alert.",
            Self::DeepNesting => "The newest alert holds ten thousand arrays within each other.",
            Self::LargeAlert => "The newest alert carries a description of eight mebibytes.",
            Self::ForeignNextLink => "The next page is on another host.",
            Self::ForeignRedirect => "Alert requests are redirected to another host.",
        }
    }

    const fn bit(self) -> u64 {
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
    bits: AtomicU64,
    throttled: AtomicU64,
    failed: AtomicU64,
    cut: AtomicU64,
    gateway: AtomicU64,
    /// By service, so that each meets the same weather.
    weathered: [AtomicU64; 4],
}

/// What `rough-weather` does to a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Weather {
    Fine,
    Throttle,
    /// A status of the 500s.
    Failure(u16),
    /// The answer is cut after so many chunks of its body and a half.
    Cut(usize),
}

impl InForce {
    pub(crate) fn set(&self, scenarios: &[Scenario]) {
        let single = [&self.throttled, &self.failed, &self.cut, &self.gateway];
        for dealt in single.into_iter().chain(&self.weathered) {
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

    /// Whether this request is one of the first two under `gateway-errors`.
    pub(crate) fn deal_gateway_error(&self) -> bool {
        self.has(Scenario::GatewayErrors) && self.gateway.fetch_add(1, Ordering::SeqCst) < 2
    }

    /// What `rough-weather` does to this request of one of the four services. It follows from how many came before; no two
    /// neighbours are hit, so that every request gets through at its second try.
    pub(crate) fn weather(&self, service: usize) -> Weather {
        if !self.has(Scenario::RoughWeather) {
            return Weather::Fine;
        }
        let number = self.weathered[service % 4].fetch_add(1, Ordering::SeqCst);
        let turn = |period: u64, of: usize| usize::try_from(number / period).unwrap_or(0) % of;
        match number {
            _ if number % 20 == 8 => Weather::Throttle,
            _ if number % 15 == 3 => Weather::Failure([500, 502, 504][turn(15, 3)]),
            _ if number.is_multiple_of(5) => Weather::Cut([150, 0, 17, 1000][turn(5, 4)]),
            _ => Weather::Fine,
        }
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
    fn every_scenario_has_its_own_bit_and_sentence() {
        let bits = Scenario::ALL.iter().fold(0, |bits, scenario| bits | scenario.bit());
        assert_eq!(bits.count_ones() as usize, Scenario::ALL.len());
        assert!(Scenario::ALL.iter().all(|scenario| scenario.sentence().ends_with('.')));
    }

    #[test]
    fn the_weather_never_hits_two_requests_in_a_row() {
        let in_force = InForce::default();
        assert_eq!(in_force.weather(0), Weather::Fine);
        in_force.set(&[Scenario::RoughWeather]);
        let weather: Vec<_> = (0..300).map(|_| in_force.weather(0)).collect();
        assert!(weather.windows(2).all(|pair| pair.contains(&Weather::Fine)), "{weather:?}");
        for wanted in [Weather::Throttle, Weather::Failure(504), Weather::Cut(0), Weather::Cut(1000)] {
            assert!(weather.contains(&wanted), "{wanted:?}");
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
