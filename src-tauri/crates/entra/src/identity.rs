//! Who signed in, and to which tenant: the id token, checked; and the claims of an access token, merely read.
//!
//! The invariant: an [`Identity`] exists only after signature, audience, tenant, issuer, nonce and time were compared.
//! An access token is its API's own business: what is read from it is evidence to show, never a decision.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::Algorithm;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::token::lenient_seconds;
use crate::{EntraError, SigningKeys};

/// By how much two clocks may differ, in seconds.
const LEEWAY: i64 = 300;
/// Real id tokens have about 2 KiB.
const LARGEST: usize = 256 * 1024;

/// What an id token must say.
#[derive(Debug)]
pub struct Expectation<'a> {
    /// The app: the token's audience.
    pub client_id: &'a str,
    /// The customer's tenant (GUID).
    pub tenant_id: &'a str,
    /// The issuers that may speak for that tenant.
    pub issuers: &'a [String],
    /// What was sent with the sign-in. `None`: it was obtained elsewhere, years ago perhaps, and which nonce it had nobody
    /// here knows, so none is compared. All else is.
    pub nonce: Option<&'a SecretString>,
    /// The time, as the caller knows it.
    pub now: Timestamp,
}

/// Who signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Tenant (GUID, lower case).
    pub tenant_id: String,
    /// The account's object id in that tenant.
    pub object_id: Option<String>,
    /// Sign-in name.
    pub user: Option<String>,
    /// Display name.
    pub name: Option<String>,
    /// The identity provider where the account is at home, when that is another one.
    pub home: Option<String>,
    /// Entra says that the account is a guest (`acct`, an optional claim).
    pub guest: Option<bool>,
    /// How the person proved themselves (`pwd`, `mfa`, …); empty when Entra does not say.
    pub methods: Vec<String>,
    /// Issuer.
    pub issuer: String,
}

/// Whether an account is at home in the tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Belonging {
    /// It is the tenant's own.
    Member,
    /// It is at home elsewhere. Its sign-ins are revoked there, not here.
    Guest {
        /// The tenant (GUID) or identity provider where it is at home, where that is told.
        home: Option<String>,
    },
}

impl Identity {
    /// Whether the account is a guest, by the best that the token says: `acct`, the identity provider, the name.
    pub fn belonging(&self) -> Belonging {
        // `https://sts.windows.net/{tenant}/`, or a name such as `live.com`.
        let home = self.home.as_deref().map(|home| {
            home.split('/').find_map(crate::guid).unwrap_or_else(|| home.trim_matches('/').to_owned())
        });
        let elsewhere =
            home.filter(|home| !home.eq_ignore_ascii_case(&self.tenant_id) && *home != self.issuer);
        let invited = self.user.as_deref().is_some_and(|user| user.to_ascii_uppercase().contains("#EXT#"));
        match self.guest {
            Some(false) => Belonging::Member,
            Some(true) => Belonging::Guest { home: elsewhere },
            None if elsewhere.is_some() || invited => Belonging::Guest { home: elsewhere },
            None => Belonging::Member,
        }
    }

    /// Whether a second factor was used; `None` when the token does not say, as those of version 2 seldom do.
    pub fn second_factor(&self) -> Option<bool> {
        second_factor(&self.methods)
    }
}

fn second_factor(methods: &[String]) -> Option<bool> {
    let second = |method: &String| matches!(method.as_str(), "mfa" | "ngcmfa");
    (!methods.is_empty()).then(|| methods.iter().any(second))
}

/// Why an id token does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdentityFault {
    /// There is none.
    #[error("there is no id token")]
    Missing,
    /// It is not a signed token.
    #[error("it is not a signed token")]
    Malformed,
    /// Its algorithm is `none`: version 1 endpoints wrote such tokens, and forgers do.
    #[error("it is not signed")]
    Unsigned,
    /// Another algorithm than RS256.
    #[error("its algorithm is not RS256")]
    Algorithm,
    /// It names none of the tenant's keys.
    #[error("its key is unknown")]
    UnknownKey,
    /// The signature is wrong.
    #[error("its signature is wrong")]
    Signature,
    /// It is for another app.
    #[error("it is for another app")]
    Audience,
    /// It names no tenant.
    #[error("it names no tenant")]
    NoTenant,
    /// Somebody else issued it.
    #[error("somebody else issued it")]
    Issuer,
    /// It answers another sign-in.
    #[error("it answers another sign-in")]
    Nonce,
    /// It has ended.
    #[error("it has ended")]
    Expired,
    /// It does not hold yet: one of the clocks is wrong.
    #[error("it does not hold yet")]
    NotYetValid,
}

impl IdentityFault {
    /// Stable kebab-case name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Malformed => "malformed",
            Self::Unsigned => "unsigned",
            Self::Algorithm => "algorithm",
            Self::UnknownKey => "unknown-key",
            Self::Signature => "signature",
            Self::Audience => "audience",
            Self::NoTenant => "no-tenant",
            Self::Issuer => "issuer",
            Self::Nonce => "nonce",
            Self::Expired => "expired",
            Self::NotYetValid => "not-yet-valid",
        }
    }
}

impl From<IdentityFault> for EntraError {
    fn from(reason: IdentityFault) -> Self {
        Self::IdentityRefused { reason }
    }
}

/// Checks an id token and says who signed in.
///
/// # Errors
/// It does not hold ([`EntraError::IdentityRefused`]), or it is of another tenant ([`EntraError::WrongTenant`]).
pub fn verify(
    id_token: Option<&SecretString>,
    keys: &SigningKeys,
    expected: &Expectation<'_>,
) -> Result<Identity, EntraError> {
    let claims = signed_claims(id_token, keys)?;
    if expected.nonce.is_some() && claims.nonce.is_none() {
        return Err(IdentityFault::Nonce.into());
    }
    compare(claims, expected)
}

/// Checks an id token that came with a refresh: it need not repeat the nonce (OpenID Connect Core, 12.2), but may
/// name no other one.
///
/// Version 1 endpoints can answer a code with an unsigned token, which is refused. The refresh token that came along,
/// used at the version 2 endpoint for no resource at all, brings a signed one about the same sign-in.
///
/// # Errors
/// As [`verify`].
pub fn verify_renewed(
    id_token: Option<&SecretString>,
    keys: &SigningKeys,
    expected: &Expectation<'_>,
) -> Result<Identity, EntraError> {
    compare(signed_claims(id_token, keys)?, expected)
}

fn compare(claims: IdClaims, expected: &Expectation<'_>) -> Result<Identity, EntraError> {
    let audience_right = matches!(claims.aud.as_slice(), [only] if only == expected.client_id);
    if !audience_right {
        return Err(IdentityFault::Audience.into());
    }
    let tenant_id = claims.tid.as_deref().and_then(crate::guid).ok_or(IdentityFault::NoTenant)?;
    if !tenant_id.eq_ignore_ascii_case(expected.tenant_id) {
        return Err(EntraError::WrongTenant { expected: expected.tenant_id.to_owned(), actual: tenant_id });
    }
    let issuer = claims.iss.ok_or(IdentityFault::Issuer)?;
    if !expected.issuers.contains(&issuer) {
        return Err(IdentityFault::Issuer.into());
    }
    if let (Some(nonce), Some(sent)) = (&claims.nonce, expected.nonce) {
        if !bool::from(nonce.as_bytes().ct_eq(sent.expose_secret().as_bytes())) {
            return Err(IdentityFault::Nonce.into());
        }
    }
    let now = expected.now.as_second();
    let second = |value: Option<u64>| value.and_then(|value| i64::try_from(value).ok());
    let ends = second(claims.exp).ok_or(IdentityFault::Expired)?;
    if now >= ends.saturating_add(LEEWAY) {
        return Err(IdentityFault::Expired.into());
    }
    if second(claims.nbf).is_some_and(|begins| now < begins.saturating_sub(LEEWAY)) {
        return Err(IdentityFault::NotYetValid.into());
    }
    Ok(Identity {
        tenant_id,
        object_id: claims.oid,
        user: claims.upn.or(claims.preferred_username).or(claims.unique_name).or(claims.email),
        name: claims.name,
        home: claims.idp,
        guest: claims.acct.map(|kind| kind == 1),
        methods: claims.amr,
        issuer,
    })
}

/// The claims of a token whose signature holds.
fn signed_claims(id_token: Option<&SecretString>, keys: &SigningKeys) -> Result<IdClaims, IdentityFault> {
    let token = id_token.ok_or(IdentityFault::Missing)?.expose_secret();
    let (message, header, payload, signature) = parts(token).ok_or(IdentityFault::Malformed)?;
    let header: Header = json_of(header).ok_or(IdentityFault::Malformed)?;
    // The list of algorithms is ours, never the token's: `none`, and HS256 with the public key, end here.
    match header.alg.as_str() {
        "RS256" => {}
        none if none.eq_ignore_ascii_case("none") => return Err(IdentityFault::Unsigned),
        _ => return Err(IdentityFault::Algorithm),
    }
    if header.crit.is_some() {
        return Err(IdentityFault::Malformed);
    }
    let key = header.kid.as_deref().and_then(|kid| keys.find(kid)).ok_or(IdentityFault::UnknownKey)?;
    let holds = jsonwebtoken::crypto::verify(signature, message.as_bytes(), key, Algorithm::RS256);
    if !matches!(holds, Ok(true)) {
        return Err(IdentityFault::Signature);
    }
    json_of(payload).ok_or(IdentityFault::Malformed)
}

/// Message, header, payload and signature of a compact token.
fn parts(token: &str) -> Option<(&str, &str, &str, &str)> {
    if token.len() > LARGEST {
        return None;
    }
    let (message, signature) = token.rsplit_once('.')?;
    let (header, payload) = message.split_once('.')?;
    (!payload.contains('.')).then_some((message, header, payload, signature))
}

fn json_of<T: serde::de::DeserializeOwned>(part: &str) -> Option<T> {
    let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(part).ok()?);
    serde_json::from_slice(&bytes).ok()
}

/// Reads and compares the claims of a token as if its signature held. For the fuzzer, which cannot sign.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn compare_unsigned(payload: &[u8], expected: &Expectation<'_>) -> Result<Identity, EntraError> {
    compare(serde_json::from_slice(payload).map_err(|_| IdentityFault::Malformed)?, expected)
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    kid: Option<String>,
    /// Extensions that must be understood (RFC 7515, 4.1.11); none is.
    #[serde(default)]
    crit: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct IdClaims {
    #[serde(default)]
    iss: Option<String>,
    #[serde(default, deserialize_with = "one_or_many")]
    aud: Vec<String>,
    #[serde(default)]
    tid: Option<String>,
    #[serde(default)]
    nonce: Option<String>,
    #[serde(default, deserialize_with = "lenient_seconds")]
    exp: Option<u64>,
    #[serde(default, deserialize_with = "lenient_seconds")]
    nbf: Option<u64>,
    #[serde(default)]
    oid: Option<String>,
    #[serde(default)]
    upn: Option<String>,
    #[serde(default)]
    preferred_username: Option<String>,
    #[serde(default)]
    unique_name: Option<String>,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    idp: Option<String>,
    #[serde(default, deserialize_with = "lenient_seconds")]
    acct: Option<u64>,
    #[serde(default, deserialize_with = "one_or_many")]
    amr: Vec<String>,
}

/// A claim that is a text or a list of texts.
fn one_or_many<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        One(String),
        Many(Vec<String>),
    }
    Ok(match Option::<OneOrMany>::deserialize(from)? {
        None => Vec::new(),
        Some(OneOrMany::One(one)) => vec![one],
        Some(OneOrMany::Many(many)) => many,
    })
}

/// What an access token says of itself. It was not checked: evidence for a person, and for comparing what was asked
/// for with what was granted, after Entra sent it over its own connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessClaims {
    /// Tenant.
    pub tenant_id: Option<String>,
    /// API.
    pub audience: Option<String>,
    /// App.
    pub app_id: Option<String>,
    /// Delegated permissions (`scp`).
    pub scopes: Vec<String>,
    /// Application permissions (`roles`).
    pub roles: Vec<String>,
    /// Sign-in name of the person, where there is one.
    pub user: Option<String>,
    /// How the person proved themselves; empty when it does not say.
    pub methods: Vec<String>,
    /// End.
    pub expires: Option<Timestamp>,
}

impl AccessClaims {
    /// Reads a token; `None` when it is opaque, as it may be.
    pub fn read(access_token: &SecretString) -> Option<Self> {
        let (_, _, payload, _) = parts(access_token.expose_secret())?;
        let claims: HashMap<String, serde_json::Value> = json_of(payload)?;
        let text = |name: &str| claims.get(name).and_then(|value| value.as_str()).map(str::to_owned);
        let words = |name: &str| match claims.get(name) {
            Some(serde_json::Value::String(text)) => text.split_whitespace().map(str::to_owned).collect(),
            Some(serde_json::Value::Array(items)) => {
                items.iter().filter_map(|item| item.as_str()).map(str::to_owned).collect()
            }
            _ => Vec::new(),
        };
        Some(Self {
            tenant_id: text("tid"),
            audience: text("aud"),
            app_id: text("appid").or_else(|| text("azp")),
            scopes: words("scp"),
            roles: words("roles"),
            user: text("upn").or_else(|| text("preferred_username")).or_else(|| text("unique_name")),
            methods: words("amr"),
            expires: claims
                .get("exp")
                .and_then(|value| value.as_i64().or_else(|| value.as_str()?.parse().ok()))
                .and_then(|second| Timestamp::from_second(second).ok()),
        })
    }

    /// Whether a second factor was used; `None` when it does not say.
    pub fn second_factor(&self) -> Option<bool> {
        second_factor(&self.methods)
    }

    /// Whether a permission is in it, delegated or not.
    pub fn has(&self, permission: &str) -> bool {
        self.scopes.iter().chain(&self.roles).any(|granted| granted.eq_ignore_ascii_case(permission))
    }
}

#[cfg(test)]
#[path = "identity_tests.rs"]
mod tests;
