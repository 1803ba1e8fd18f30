//! The signing key: RS256 tokens and their public half. One key per process: making one takes a while unoptimised.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use rsa::pkcs1::EncodeRsaPrivateKey as _;
use rsa::traits::PublicKeyParts as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

const BITS: usize = 2048;

/// Why there is no signing key.
#[derive(Clone, Debug, thiserror::Error)]
pub enum KeyError {
    /// The key could not be made.
    #[error("making the signing key: {0}")]
    Making(String),
    /// The key could not be written in the form that signing wants.
    #[error("encoding the signing key: {0}")]
    Encoding(String),
    /// The public half could not be read back.
    #[error("reading the public key: {0}")]
    Public(String),
}

/// Signs and checks the practice tenant's tokens.
pub(crate) struct Keys {
    signing: EncodingKey,
    checking: DecodingKey,
    id: String,
    modulus: String,
    exponent: String,
}

static KEYS: OnceLock<Result<Keys, KeyError>> = OnceLock::new();

impl Keys {
    /// The process's key, made at the first call.
    pub(crate) fn get() -> Result<&'static Self, KeyError> {
        KEYS.get_or_init(Self::new).as_ref().map_err(Clone::clone)
    }

    fn new() -> Result<Self, KeyError> {
        let key = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, BITS)
            .map_err(|error| KeyError::Making(error.to_string()))?;
        let der = key.to_pkcs1_der().map_err(|error| KeyError::Encoding(error.to_string()))?;
        let modulus = URL_SAFE_NO_PAD.encode(key.n().to_bytes_be());
        let exponent = URL_SAFE_NO_PAD.encode(key.e().to_bytes_be());
        let checking = DecodingKey::from_rsa_components(&modulus, &exponent)
            .map_err(|error| KeyError::Public(error.to_string()))?;
        let id = URL_SAFE_NO_PAD.encode(&Sha256::digest(&modulus)[..20]);
        Ok(Self { signing: EncodingKey::from_rsa_der(der.as_bytes()), checking, id, modulus, exponent })
    }

    /// A signed token.
    pub(crate) fn sign(&self, claims: &Value) -> Result<String, jsonwebtoken::errors::Error> {
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(self.id.clone());
        header.x5t = Some(self.id.clone());
        jsonwebtoken::encode(&header, claims, &self.signing)
    }

    /// The claims of a token that this key signed. Times and audience are the caller's to judge.
    pub(crate) fn check(&self, token: &str) -> Option<Value> {
        let mut validation = Validation::new(Algorithm::RS256);
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        jsonwebtoken::decode::<Value>(token, &self.checking, &validation).ok().map(|data| data.claims)
    }

    /// The public key as Entra publishes it; v2 adds the issuer.
    pub(crate) fn published(&self, issuer: Option<&str>) -> Value {
        let mut key = json!({
            "kty": "RSA", "use": "sig", "alg": "RS256",
            "kid": self.id, "x5t": self.id, "n": self.modulus, "e": self.exponent,
        });
        if let (Some(issuer), Some(fields)) = (issuer, key.as_object_mut()) {
            fields.insert("issuer".to_owned(), issuer.into());
        }
        json!({ "keys": [key] })
    }
}
