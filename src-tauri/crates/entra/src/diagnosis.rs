//! What Entra says when it refuses, as data: from the body of an answer, or from the parameters of a redirect.
//!
//! Decisions follow the OAuth `error`; AADSTS codes only choose the words for a person (Microsoft changes them). The
//! invariant: nothing in here is longer than a line, or holds a control character, whoever wrote it.

use std::time::Duration;

use serde::Deserialize;

/// Longest text that is kept of anything that Entra says, in characters.
const LONGEST: usize = 500;

/// The step of the protocol at which Entra refused; the same words mean different things there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leg {
    /// A person's sign-in, told by redirect.
    SignIn,
    /// Redemption of an authorization code.
    Code,
    /// Use of a refresh token.
    Refresh,
    /// Client credentials.
    App,
    /// A question about a tenant.
    Discovery,
}

/// A refusal, as Entra told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Where.
    pub leg: Leg,
    /// The OAuth error.
    pub error: String,
    /// AADSTS codes, as far as there are any, in the order in which they were told.
    pub codes: Vec<u32>,
    /// First line of Entra's text, English, for the details.
    pub description: Option<String>,
    /// `basic_action`, `consent_required`, …
    pub suberror: Option<String>,
    /// Conditional Access challenge, to be sent back in a new sign-in.
    pub claims: Option<String>,
    /// Microsoft's support asks for it.
    pub trace_id: Option<String>,
    /// The customer's admin finds the sign-in log entry by it.
    pub correlation_id: Option<String>,
    /// When, as Microsoft wrote it.
    pub timestamp: Option<String>,
    /// HTTP status, where it was an HTTP answer.
    pub status: Option<u16>,
    /// How long Entra asks to wait.
    pub retry_after: Option<Duration>,
}

impl Refusal {
    /// The code to show: the first one that is known, else the first one.
    pub fn code(&self) -> Option<u32> {
        let known = self.codes.iter().copied().find(|code| catalog::aadsts(*code).is_some());
        known.or_else(|| self.codes.first().copied())
    }

    /// The problem that it is: the contract's kebab-case code.
    pub fn problem(&self) -> &'static str {
        let known = self.codes.iter().find_map(|code| catalog::aadsts(*code));
        let problem = known.map_or_else(|| self.problem_of_error(), |entry| entry.problem.as_str());
        match (problem, self.leg) {
            // Only a refresh token can be dead; a dead code is a sign-in to be done again.
            ("refresh-token-dead", Leg::SignIn | Leg::Code | Leg::App | Leg::Discovery) => "sign-in-refused",
            (problem, _) => problem,
        }
    }

    /// Who can put it right, where the code says so better than the problem does.
    pub fn who(&self) -> Option<&'static str> {
        self.codes.iter().find_map(|code| catalog::aadsts(*code)).map(|entry| entry.who.as_str())
    }

    /// Names of what may lie behind it, the likeliest first; the catalogue knows them. Empty where no code is known.
    pub fn causes(&self) -> &'static [String] {
        let known = self.codes.iter().find_map(|code| catalog::aadsts(*code));
        known.map_or(&[], |entry| entry.causes.as_slice())
    }

    /// A page of Microsoft's about the code that is shown, known here or not.
    pub fn link(&self) -> Option<String> {
        let code = self.code()?;
        Some(catalog::aadsts(code).map_or_else(|| catalog::look_up(code), catalog::ErrorEntry::link))
    }

    /// Microsoft's clock at the refusal, as the body tells it (`2026-11-20 10:00:00Z`).
    pub fn told_at(&self) -> Option<jiff::Timestamp> {
        self.timestamp.as_deref()?.trim().replacen(' ', "T", 1).parse().ok()
    }

    /// Worth asking again later without anybody doing anything.
    pub fn is_transient(&self) -> bool {
        matches!(self.problem(), "microsoft-unavailable" | "throttled")
    }

    fn problem_of_error(&self) -> &'static str {
        match self.error.as_str() {
            "access_denied" | "permission_denied" => "consent-declined",
            "consent_required" => "admin-consent-needed",
            "invalid_client" => "secret-wrong",
            "unauthorized_client" => "app-not-in-tenant",
            "interaction_required" | "login_required" if self.leg != Leg::SignIn => "conditional-access",
            "invalid_grant" => match self.suberror.as_deref() {
                Some("consent_required") => "admin-consent-needed",
                Some(
                    "basic_action" | "additional_action" | "message_only" | "protection_policy_required",
                ) => "conditional-access",
                _ if self.leg == Leg::Refresh => "refresh-token-dead",
                _ => "sign-in-refused",
            },
            "invalid_resource" => "resource-unavailable",
            "invalid_tenant" => "tenant-not-found",
            "server_error" | "temporarily_unavailable" => "microsoft-unavailable",
            "slow_down" => "throttled",
            _ => match self.status {
                Some(429) => "throttled",
                Some(500..=599) => "microsoft-unavailable",
                _ => "sign-in-refused",
            },
        }
    }

    /// Reads the body of an HTTP answer; `None` when Entra did not write it.
    pub(crate) fn from_body(
        leg: Leg,
        status: u16,
        retry_after: Option<Duration>,
        body: &[u8],
    ) -> Option<Self> {
        let body: Body = serde_json::from_slice(body).ok()?;
        let description = body.error_description.unwrap_or_default();
        let mut codes = body.error_codes;
        codes.extend(codes_in(&description));
        Some(Self {
            status: Some(status),
            retry_after,
            suberror: body.suberror.as_deref().map(line),
            claims: body.claims,
            trace_id: body.trace_id.as_deref().map(line).or_else(|| labelled(&description, "Trace ID:")),
            correlation_id: body
                .correlation_id
                .as_deref()
                .map(line)
                .or_else(|| labelled(&description, "Correlation ID:")),
            timestamp: body.timestamp.as_deref().map(line).or_else(|| labelled(&description, "Timestamp:")),
            ..Self::new(leg, &body.error, Some(&description), codes)
        })
    }

    /// Reads the parameters of a redirect.
    pub(crate) fn from_redirect(error: &str, description: Option<&str>, suberror: Option<&str>) -> Self {
        let text = description.unwrap_or_default();
        Self {
            suberror: suberror.map(line),
            trace_id: labelled(text, "Trace ID:"),
            correlation_id: labelled(text, "Correlation ID:"),
            timestamp: labelled(text, "Timestamp:"),
            ..Self::new(Leg::SignIn, error, description, codes_in(text))
        }
    }

    /// Reads what somebody has of a refusal: a body, or a text with a code in it, as a sign-in page or a log shows it.
    /// A bare number is taken for a code.
    pub fn from_text(leg: Leg, text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(refusal) = Self::from_body(leg, 400, None, text.as_bytes()) {
            return Some(refusal);
        }
        let codes = text.parse().map_or_else(|_| codes_in(text), |code| vec![code]);
        if codes.is_empty() {
            return None;
        }
        let sentence = text.find("AADSTS").and_then(|at| text.get(at..));
        Some(Self {
            trace_id: labelled(text, "Trace ID:"),
            correlation_id: labelled(text, "Correlation ID:"),
            timestamp: labelled(text, "Timestamp:"),
            ..Self::new(leg, "", sentence, codes)
        })
    }

    fn new(leg: Leg, error: &str, description: Option<&str>, mut codes: Vec<u32>) -> Self {
        let mut seen = std::collections::BTreeSet::new();
        codes.retain(|code| seen.insert(*code));
        Self {
            leg,
            error: line(error),
            codes,
            description: description.map(line).filter(|text| !text.is_empty()),
            suberror: None,
            claims: None,
            trace_id: None,
            correlation_id: None,
            timestamp: None,
            status: None,
            retry_after: None,
        }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.error)?;
        if let Some(code) = self.code() {
            write!(f, " (AADSTS{code})")?;
        }
        if let Some(description) = &self.description {
            write!(f, ": {description}")?;
        }
        Ok(())
    }
}

/// Entra's error body. Codes arrive as numbers or as text.
#[derive(Deserialize)]
struct Body {
    error: String,
    #[serde(default)]
    error_description: Option<String>,
    #[serde(default, deserialize_with = "lenient_codes")]
    error_codes: Vec<u32>,
    #[serde(default)]
    suberror: Option<String>,
    #[serde(default)]
    claims: Option<String>,
    #[serde(default)]
    trace_id: Option<String>,
    #[serde(default)]
    correlation_id: Option<String>,
    #[serde(default)]
    timestamp: Option<String>,
}

fn lenient_codes<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<u32>, D::Error> {
    let values = Option::<Vec<serde_json::Value>>::deserialize(from)?.unwrap_or_default();
    Ok(values
        .iter()
        .filter_map(|value| value.as_u64().or_else(|| value.as_str()?.trim().parse().ok()))
        .filter_map(|code| u32::try_from(code).ok())
        .collect())
}

/// The codes in a text, in order: `AADSTS65004: User declined …`.
fn codes_in(text: &str) -> Vec<u32> {
    text.split("AADSTS")
        .skip(1)
        .filter_map(|rest| {
            let end = rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len());
            rest.get(..end)?.parse().ok()
        })
        .collect()
}

/// The word behind a label: `Trace ID: 0000… Correlation ID: …`. A timestamp has two words.
fn labelled(text: &str, label: &str) -> Option<String> {
    let rest = text.split_once(label)?.1.trim_start();
    let words = if label == "Timestamp:" { 2 } else { 1 };
    let value: Vec<&str> = rest.split_whitespace().take(words).collect();
    let value = line(&value.join(" "));
    (!value.is_empty()).then_some(value)
}

/// The first line, without what Entra appends for its support, control characters, or more than 500 characters.
fn line(text: &str) -> String {
    let first = text.trim_start().lines().next().unwrap_or_default();
    let first = first.split("Trace ID:").next().unwrap_or_default();
    first
        .chars()
        .filter(|character| !is_unprintable(*character))
        .take(LONGEST)
        .collect::<String>()
        .trim()
        .to_owned()
}

/// Control characters, and those that turn the direction of writing or break a line.
fn is_unprintable(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WRONG_SECRET: &str = r#"{
        "error": "invalid_client",
        "error_description": "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent is the value.\r\nTrace ID: 00000000-0000-0000-0000-000000000001\r\nCorrelation ID: 00000000-0000-0000-0000-000000000002\r\nTimestamp: 2026-11-20 10:00:00Z",
        "error_codes": [7000215],
        "timestamp": "2026-11-20 10:00:00Z",
        "trace_id": "00000000-0000-0000-0000-000000000001",
        "correlation_id": "00000000-0000-0000-0000-000000000002",
        "error_uri": "https://login.example/error?code=7000215"
    }"#;

    fn body(leg: Leg, text: &str) -> Refusal {
        Refusal::from_body(leg, 400, None, text.as_bytes()).unwrap()
    }

    #[test]
    fn entras_own_shape_is_read_whole() {
        let refusal = body(Leg::App, WRONG_SECRET);
        assert_eq!(refusal.problem(), "secret-wrong");
        assert_eq!(refusal.codes, [7_000_215]);
        assert_eq!(refusal.trace_id.as_deref(), Some("00000000-0000-0000-0000-000000000001"));
        assert_eq!(refusal.timestamp.as_deref(), Some("2026-11-20 10:00:00Z"));
        assert_eq!(
            refusal.description.as_deref(),
            Some("AADSTS7000215: Invalid client secret provided. Ensure the secret being sent is the value.")
        );
    }

    #[test]
    fn the_text_serves_where_the_fields_are_missing() {
        let refusal = body(
            Leg::Code,
            r#"{"error":"invalid_grant","error_description":"AADSTS50020: x. Trace ID: t Correlation ID: c Timestamp: 2026-11-20 10:00:00Z and more"}"#,
        );
        assert_eq!(refusal.problem(), "account-not-in-tenant");
        assert_eq!(refusal.description.as_deref(), Some("AADSTS50020: x."));
        assert_eq!((refusal.trace_id.as_deref(), refusal.correlation_id.as_deref()), (Some("t"), Some("c")));
        assert_eq!(refusal.timestamp.as_deref(), Some("2026-11-20 10:00:00Z"));
    }

    #[test]
    fn codes_as_text_and_several_of_them_are_read() {
        let refusal = body(
            Leg::Refresh,
            r#"{"error":"invalid_grant","error_codes":["1","700082",null,-3],"error_description":"AADSTS1: a AADSTS50173: b"}"#,
        );
        assert_eq!(refusal.codes, [1, 700_082, 50173]);
        assert_eq!((refusal.code(), refusal.problem()), (Some(700_082), "refresh-token-dead"));
    }

    #[test]
    fn only_a_refresh_token_can_be_dead() {
        let told = r#"{"error":"invalid_grant","error_codes":[70008]}"#;
        assert_eq!(body(Leg::Refresh, told).problem(), "refresh-token-dead");
        assert_eq!(body(Leg::Code, told).problem(), "sign-in-refused");
    }

    #[test]
    fn what_somebody_copied_is_read_too() {
        let page = "Sorry, but we're having trouble signing you in. AADSTS50011: The redirect URI does not match. \
                    Trace ID: t Correlation ID: c Timestamp: 2026-11-20 10:00:00Z";
        let refusal = Refusal::from_text(Leg::SignIn, page).unwrap();
        assert_eq!((refusal.problem(), refusal.trace_id.as_deref()), ("redirect-not-registered", Some("t")));
        for text in ["50011", " AADSTS50011 ", r#"{"error":"invalid_request","error_codes":[50011]}"#] {
            assert_eq!(Refusal::from_text(Leg::SignIn, text).unwrap().code(), Some(50011), "{text}");
        }
        assert_eq!(Refusal::from_text(Leg::SignIn, "no code in here"), None);
    }

    #[test]
    fn a_code_brings_its_causes_and_every_code_its_page() {
        let known = body(Leg::App, WRONG_SECRET);
        assert_eq!(known.causes().first().map(String::as_str), Some("secret-id-pasted"));
        assert_eq!(known.link().as_deref(), Some("https://login.microsoftonline.com/error?code=7000215"));
        assert_eq!(known.told_at(), Some("2026-11-20T10:00:00Z".parse().unwrap()));
        let unknown =
            body(Leg::Code, r#"{"error":"invalid_grant","error_codes":[123456],"timestamp":"soon"}"#);
        assert!(unknown.causes().is_empty());
        assert_eq!(unknown.link().as_deref(), Some("https://login.microsoftonline.com/error?code=123456"));
        assert_eq!(unknown.told_at(), None);
        assert_eq!(body(Leg::Code, r#"{"error":"x"}"#).link(), None);
    }

    #[test]
    fn without_a_known_code_the_oauth_error_decides() {
        let problem = |leg, error: &str| body(leg, &format!(r#"{{"error":"{error}"}}"#)).problem();
        assert_eq!(problem(Leg::Refresh, "invalid_grant"), "refresh-token-dead");
        assert_eq!(problem(Leg::Code, "invalid_grant"), "sign-in-refused");
        assert_eq!(problem(Leg::App, "invalid_client"), "secret-wrong");
        assert_eq!(problem(Leg::App, "unheard_of"), "sign-in-refused");
        assert_eq!(Refusal::from_redirect("access_denied", None, None).problem(), "consent-declined");
        assert_eq!(
            Refusal::from_body(Leg::App, 503, None, br#"{"error":"x"}"#).unwrap().problem(),
            "microsoft-unavailable"
        );
    }

    #[test]
    fn a_redirect_tells_the_same_in_one_line() {
        let refusal = Refusal::from_redirect(
            "access_denied",
            Some(
                "AADSTS65004: User declined to consent.\u{202e}\r\nTrace ID: t\r\nCorrelation ID: c\r\nTimestamp: 2026-11-20 10:00:00Z",
            ),
            Some("cancel"),
        );
        assert_eq!((refusal.problem(), refusal.suberror.as_deref()), ("consent-declined", Some("cancel")));
        assert_eq!(refusal.description.as_deref(), Some("AADSTS65004: User declined to consent."));
        assert_eq!(refusal.trace_id.as_deref(), Some("t"));
    }

    #[test]
    fn every_problem_is_one_of_the_contract() {
        let contract = concat!(env!("CARGO_MANIFEST_DIR"), "/../onboarding/src/contract/problem.rs");
        let contract = std::fs::read_to_string(contract).unwrap();
        let errors = [
            "access_denied",
            "consent_required",
            "invalid_client",
            "unauthorized_client",
            "interaction_required",
            "invalid_grant",
            "invalid_resource",
            "invalid_tenant",
            "server_error",
            "slow_down",
            "else",
        ];
        for error in errors {
            for leg in [Leg::SignIn, Leg::Code, Leg::Refresh, Leg::App, Leg::Discovery] {
                let problem = body(leg, &format!(r#"{{"error":"{error}"}}"#)).problem();
                assert!(contract.contains(&format!("= \"{problem}\",")), "{problem}");
            }
        }
    }

    proptest! {
        #[test]
        fn whatever_is_told_becomes_one_printable_line(text in "(?s).{0,2000}") {
            let refusal = Refusal::from_redirect(&text, Some(&text), Some(&text));
            let shown = refusal.to_string();
            prop_assert!(!shown.chars().any(is_unprintable));
            prop_assert!(shown.chars().count() <= 2 * LONGEST + 30);
        }
    }
}
