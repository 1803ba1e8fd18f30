//! A secret on its way in: it can be deserialised and used, and nothing else.

use secrecy::SecretString;
use serde::Deserialize;

/// A secret given by a person. It never travels back: there is no `Serialize`.
#[derive(Deserialize, ts_rs::TS)]
#[ts(export, type = "string")]
pub struct SecretInput(SecretString);

impl SecretInput {
    /// Wraps what was read from a file, standard input or a prompt.
    pub fn new(secret: SecretString) -> Self {
        Self(secret)
    }

    /// Hands the secret to the engine.
    pub fn into_secret(self) -> SecretString {
        self.0
    }
}

impl std::fmt::Debug for SecretInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretInput([redacted])")
    }
}
