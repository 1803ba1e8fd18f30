//! The scenarios: things that really go wrong between a provider, a customer and Microsoft, each with a name.
//!
//! It holds names and meanings only; the place where a scenario takes effect asks `in_force`. Invariant: everything in
//! [`Scenario::ALL`] changes what the server answers, and nothing that does not work is listed.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One thing that really happens. Scenarios combine; their names are in kebab-case, those of the design first.
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

    pub(crate) const fn bit(self) -> u64 {
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
    fn an_unknown_name_is_refused_with_the_known_ones() {
        let refused = "no-coffee".parse::<Scenario>().unwrap_err().to_string();
        assert!(
            refused.contains("no-coffee")
                && refused.contains("wrong-account")
                && refused.contains("no-alerts")
        );
    }
}
