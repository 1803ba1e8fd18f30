//! The keys with which a tenant signs its tokens. Only RSA signing keys of a sound size are taken; others are ignored.

use jsonwebtoken::DecodingKey;
use serde::Deserialize;

use crate::transport::{Http, exchange};
use crate::{Discovery, EntraError};

/// Real key sets have about 20 KiB.
const LARGEST: usize = 1024 * 1024;
/// Bytes of the modulus of a 2048-bit key.
const SMALLEST_MODULUS: usize = 256;

/// A tenant's signing keys.
pub struct SigningKeys(Vec<(String, DecodingKey)>);

impl std::fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.iter().map(|(kid, _)| kid)).finish()
    }
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct RsaKey {
    kty: String,
    #[serde(rename = "use")]
    purpose: Option<String>,
    kid: String,
    n: String,
    e: String,
}

/// Fetches a tenant's signing keys.
///
/// # Errors
/// No usable answer came, or there is no usable key in it.
#[tracing::instrument(skip_all)]
pub async fn fetch_keys(http: &Http, discovery: &Discovery) -> Result<SigningKeys, EntraError> {
    let url = &discovery.keys;
    let reply = exchange(http, url, http.client().get(url.clone()), LARGEST).await?;
    if !reply.is_success() {
        return Err(reply.failure().into());
    }
    let keys = SigningKeys::parse(reply.json()).ok_or_else(|| reply.unreadable("key set"))?;
    if keys.0.is_empty() {
        return Err(reply.unreadable("no usable signing key").into());
    }
    Ok(keys)
}

impl SigningKeys {
    /// Reads a JSON Web Key Set (RFC 7517); keys of other kinds are left out. `None` when it is no key set.
    pub fn parse(json: &[u8]) -> Option<Self> {
        let set: KeySet = serde_json::from_slice(json).ok()?;
        let keys = set.keys.into_iter().filter_map(|key| serde_json::from_value::<RsaKey>(key).ok());
        let usable =
            keys.filter(|key| key.kty == "RSA" && key.purpose.as_deref().is_none_or(|use_| use_ == "sig"));
        let decoded = usable.filter_map(|key| {
            let modulus = decode(&key.n)?;
            let exponent = decode(&key.e)?;
            let leading_zeros = modulus.iter().take_while(|byte| **byte == 0).count();
            (modulus.len() - leading_zeros >= SMALLEST_MODULUS)
                .then(|| (key.kid, DecodingKey::from_rsa_raw_components(&modulus, &exponent)))
        });
        Some(Self(decoded.collect()))
    }

    pub(crate) fn find(&self, kid: &str) -> Option<&DecodingKey> {
        self.0.iter().find(|(known, _)| known == kid).map(|(_, key)| key)
    }
}

/// base64url, with or without the padding that the standard forbids and some servers write.
fn decode(text: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()
}
