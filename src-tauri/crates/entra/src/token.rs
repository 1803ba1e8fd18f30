//! The token endpoint, in both generations: a code, a refresh token or the app's own secret against tokens.
//!
//! The requests are written here rather than with the `oauth2` crate: its token types must be serialisable, its parse
//! errors carry the body, tokens and all, and it takes no numbers as text, which is how version 1 writes them.

use std::time::Duration;

use catalog::Audience;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};
use url::form_urlencoded::Serializer;

use crate::authorize::OPENID_SCOPES;
use crate::transport::{Http, exchange};
use crate::{Attempt, Authority, EntraError, Leg, Refusal};

/// Real answers have about 8 KiB.
const LARGEST: usize = 1024 * 1024;
/// For how long a token is believed whose answer does not say.
const UNKNOWN_LIFETIME: Duration = Duration::from_mins(5);

/// How long to wait before asking a busy endpoint again, where it does not say.
const PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];
/// Whoever asks for more patience than this is reported instead.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// The app, as it proves itself.
#[derive(Debug, Clone, Copy)]
pub struct Registration<'a> {
    /// Application (client) id.
    pub client_id: &'a str,
    /// The secret's value.
    pub secret: &'a SecretString,
}

/// Tokens, as they were issued.
#[derive(Debug, Clone)]
pub struct TokenSet {
    /// For the API.
    pub access_token: SecretString,
    /// For more of them.
    pub refresh_token: Option<SecretString>,
    /// About the person who signed in.
    pub id_token: Option<SecretString>,
    /// How long the access token lives from now on.
    pub expires_in: Duration,
    /// How long the refresh token lives, where Entra says so: it does for single-page apps, whose end after 24 hours.
    pub refresh_expires_in: Option<Duration>,
    /// What was granted, as Entra tells it.
    pub scope: Option<String>,
}

impl TokenSet {
    /// The refresh token, which a delegated grant lives on.
    ///
    /// # Errors
    /// There is none.
    pub fn lasting(&self) -> Result<&SecretString, EntraError> {
        self.refresh_token.as_ref().ok_or(EntraError::NoRefreshToken)
    }
}

/// Redeems an authorization code.
///
/// # Errors
/// Entra refused, or no usable answer came. A code is spent by the attempt, whatever comes of it.
#[tracing::instrument(skip_all)]
pub async fn redeem_code(
    http: &Http,
    authority: &Authority,
    registration: Registration<'_>,
    audience: &Audience,
    code: &SecretString,
    redirect_uri: &str,
    attempt: &Attempt,
) -> Result<TokenSet, EntraError> {
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.expose_secret()),
        ("redirect_uri", redirect_uri),
        ("code_verifier", attempt.verifier().expose_secret()),
    ];
    ask(http, authority, registration, audience, Leg::Code, &fields).await
}

/// Uses a refresh token. The old one stays valid, and is to be forgotten once the new one is safe.
///
/// # Errors
/// Entra refused, or no usable answer came.
#[tracing::instrument(skip_all)]
pub async fn refresh(
    http: &Http,
    authority: &Authority,
    registration: Registration<'_>,
    audience: &Audience,
    refresh_token: &SecretString,
) -> Result<TokenSet, EntraError> {
    let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose_secret())];
    ask(http, authority, registration, audience, Leg::Refresh, &fields).await
}

/// Asks in the app's own name.
///
/// # Errors
/// Entra refused, or no usable answer came.
#[tracing::instrument(skip_all)]
pub async fn client_credentials(
    http: &Http,
    authority: &Authority,
    registration: Registration<'_>,
    audience: &Audience,
) -> Result<TokenSet, EntraError> {
    ask(http, authority, registration, audience, Leg::App, &[("grant_type", "client_credentials")]).await
}

async fn ask(
    http: &Http,
    authority: &Authority,
    registration: Registration<'_>,
    audience: &Audience,
    leg: Leg,
    fields: &[(&str, &str)],
) -> Result<TokenSet, EntraError> {
    let url = authority.token(audience);
    let mut pauses = PAUSES.into_iter();
    let reply = loop {
        let request = http
            .client()
            .post(url.clone())
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form(registration, audience, leg, fields));
        let reply = exchange(http, &url, request, LARGEST).await?;
        match pauses.next() {
            Some(pause) if is_busy(leg, reply.status) => {
                let pause = reply.retry_after.unwrap_or(pause);
                if pause > LONGEST_PAUSE {
                    break reply;
                }
                tokio::time::sleep(pause).await;
            }
            Some(_) | None => break reply,
        }
    };
    if !reply.is_success() {
        let refusal = Refusal::from_body(leg, reply.status, reply.retry_after, reply.json());
        return Err(
            refusal.map_or_else(|| reply.failure().into(), |refusal| EntraError::Refused(Box::new(refusal)))
        );
    }
    read_tokens(reply.json()).map_err(|reason| reply.unreadable(reason).into())
}

/// Whether the same question is worth asking again in a moment. What a gateway answered may have reached Entra before, and
/// a code is good for one use: so a code is sent again only where Entra itself says that it did not look at it.
const fn is_busy(leg: Leg, status: u16) -> bool {
    match status {
        429 | 503 => true,
        500 | 502 | 504 => !matches!(leg, Leg::Code),
        _ => false,
    }
}

/// Reads the answer of a token endpoint. The reason quotes nothing of it, as the parser's own message would.
pub(crate) fn read_tokens(json: &[u8]) -> Result<TokenSet, String> {
    let answer: Answer = serde_json::from_slice(json)
        .map_err(|error| format!("token answer, {:?} error", error.classify()))?;
    if answer.token_type.as_deref().is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
        return Err("another type of token than Bearer".to_owned());
    }
    if answer.access_token.expose_secret().is_empty() {
        return Err("an empty token".to_owned());
    }
    Ok(answer.into())
}

/// The request's body. Made apart from the request, because a serializer cannot be held while waiting.
fn form(registration: Registration<'_>, audience: &Audience, leg: Leg, fields: &[(&str, &str)]) -> String {
    let mut form = Serializer::new(String::new());
    form.extend_pairs(fields);
    form.append_pair("client_id", registration.client_id);
    form.append_pair("client_secret", registration.secret.expose_secret());
    match audience {
        Audience::Resource(resource) => {
            form.append_pair("resource", resource);
        }
        Audience::Scopes(scopes) => {
            if let Some(scope) = scope_field(leg, scopes) {
                form.append_pair("scope", &scope);
            }
        }
    }
    form.finish()
}

/// A token is for one resource: where the scopes span several, Entra is left to choose the first (microsoft.com,
/// "scope" of the token request: optional on redemption, and of a single resource).
fn scope_field(leg: Leg, scopes: &[String]) -> Option<String> {
    let resource = |scope: &String| scope.rsplit_once('/').map(|(resource, _)| resource.to_owned());
    let mut resources: Vec<_> = scopes.iter().map(resource).collect();
    resources.dedup();
    if resources.len() > 1 {
        return None;
    }
    let openid: &[&str] = if leg == Leg::App { &[] } else { &OPENID_SCOPES };
    let all: Vec<&str> = scopes.iter().map(String::as_str).chain(openid.iter().copied()).collect();
    Some(all.join(" "))
}

#[derive(Deserialize)]
struct Answer {
    access_token: SecretString,
    #[serde(default)]
    refresh_token: Option<SecretString>,
    #[serde(default)]
    id_token: Option<SecretString>,
    #[serde(default)]
    token_type: Option<String>,
    #[serde(default, deserialize_with = "lenient_seconds")]
    expires_in: Option<u64>,
    #[serde(default, deserialize_with = "lenient_seconds")]
    refresh_token_expires_in: Option<u64>,
    #[serde(default)]
    scope: Option<String>,
}

impl From<Answer> for TokenSet {
    fn from(answer: Answer) -> Self {
        let present = |token: &SecretString| !token.expose_secret().is_empty();
        Self {
            access_token: answer.access_token,
            refresh_token: answer.refresh_token.filter(present),
            id_token: answer.id_token.filter(present),
            expires_in: answer.expires_in.map_or(UNKNOWN_LIFETIME, Duration::from_secs),
            refresh_expires_in: answer.refresh_token_expires_in.map(Duration::from_secs),
            scope: answer.scope.filter(|scope| !scope.is_empty()),
        }
    }
}

/// Version 2 writes numbers, version 1 writes them as text; some proxies make them decimals.
pub(crate) fn lenient_seconds<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    let value = Option::<serde_json::Value>::deserialize(from)?;
    Ok(value.as_ref().and_then(seconds))
}

fn seconds(value: &serde_json::Value) -> Option<u64> {
    let text = match value {
        serde_json::Value::Number(number) => number.to_string(),
        serde_json::Value::String(text) => text.trim().to_owned(),
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Array(_)
        | serde_json::Value::Object(_) => return None,
    };
    let whole = text.split('.').next().unwrap_or_default();
    whole.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_1_writes_its_numbers_as_text() {
        for (written, read) in [
            (r#""3599""#, Some(3599)),
            ("3599", Some(3599)),
            ("3599.0", Some(3599)),
            (r#"" 60 ""#, Some(60)),
            ("null", None),
            (r#""soon""#, None),
            ("-1", None),
            ("1e99", None),
            ("[]", None),
        ] {
            let answer: Answer =
                serde_json::from_str(&format!(r#"{{"access_token":"x","expires_in":{written}}}"#)).unwrap();
            assert_eq!(answer.expires_in, read, "{written}");
        }
    }

    #[test]
    fn the_scope_of_a_token_request_is_of_one_resource() {
        let one = ["https://g.example/A".to_owned(), "https://g.example/B".to_owned()];
        let two = ["https://g.example/A".to_owned(), "https://h.example/B".to_owned()];
        assert_eq!(
            scope_field(Leg::Code, &one).as_deref(),
            Some("https://g.example/A https://g.example/B openid profile offline_access")
        );
        assert_eq!(scope_field(Leg::App, &one[..1]).as_deref(), Some("https://g.example/A"));
        assert_eq!(scope_field(Leg::Code, &two), None);
    }

    #[test]
    fn the_short_life_of_a_single_page_apps_refresh_token_is_read() {
        let tokens =
            read_tokens(br#"{"access_token":"x","refresh_token":"r","refresh_token_expires_in":"86399"}"#);
        assert_eq!(tokens.unwrap().refresh_expires_in, Some(Duration::from_secs(86_399)));
        assert_eq!(read_tokens(br#"{"access_token":"x"}"#).unwrap().refresh_expires_in, None);
    }

    #[test]
    fn no_token_can_be_printed() {
        let answer: Answer = serde_json::from_str(
            r#"{"access_token":"canary-a","refresh_token":"canary-r","id_token":"canary-i"}"#,
        )
        .unwrap();
        assert!(!format!("{:?}", TokenSet::from(answer)).contains("canary"));
    }
}
