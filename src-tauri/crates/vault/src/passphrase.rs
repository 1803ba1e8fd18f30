//! From a passphrase to a key: Argon2id (RFC 9106), with the parameters kept beside the vault so that they can be raised.
//!
//! The passphrase does not seal the secrets itself; it seals the vault's key.

use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::{ExposeSecret, SecretString};

use crate::key::{KEY_BYTES, Key};

pub(crate) const SALT_BYTES: usize = 16;

/// How much work a guess costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Effort {
    /// Memory in KiB.
    pub(crate) memory_kib: u32,
    /// Passes over it.
    pub(crate) passes: u32,
    /// Lanes.
    pub(crate) lanes: u32,
}

impl Effort {
    /// For new vaults: of the choices that OWASP's password storage cheat sheet holds to be equally strong the one that
    /// the crate takes by itself. 46 MiB in one pass cost half as much again in time, and most of the memory of a pull.
    pub(crate) const NEW: Self = Self { memory_kib: 19_456, passes: 2, lanes: 1 };

    /// A vault file that asks for more was not written by this product, and would only exhaust the computer.
    const MOST: Self = Self { memory_kib: 4 * 1_024 * 1_024, passes: 64, lanes: 64 };

    fn is_bearable(self) -> bool {
        self.memory_kib <= Self::MOST.memory_kib
            && self.passes <= Self::MOST.passes
            && self.lanes <= Self::MOST.lanes
    }
}

/// These parameters cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the parameters of the passphrase cannot be used")]
pub(crate) struct Unusable;

/// Derives the key that seals the vault's key.
pub(crate) fn derive(passphrase: &SecretString, salt: &[u8], effort: Effort) -> Result<Key, Unusable> {
    if !effort.is_bearable() {
        return Err(Unusable);
    }
    let params =
        Params::new(effort.memory_kib, effort.passes, effort.lanes, Some(KEY_BYTES)).map_err(|_| Unusable)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    Key::fill(|bytes| argon2.hash_password_into(passphrase.expose_secret().as_bytes(), salt, bytes))
        .map_err(|_| Unusable)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIGHT: Effort = Effort { memory_kib: 64, passes: 1, lanes: 1 };

    #[test]
    fn the_same_passphrase_gives_the_same_key_and_another_gives_another() {
        let derive = |text: &str, salt: &[u8]| *derive(&text.into(), salt, LIGHT).unwrap().expose();
        assert_eq!(derive("correct horse", &[1; 16]), derive("correct horse", &[1; 16]));
        assert_ne!(derive("correct horse", &[1; 16]), derive("correct horsf", &[1; 16]));
        assert_ne!(derive("correct horse", &[1; 16]), derive("correct horse", &[2; 16]));
    }

    #[test]
    fn parameters_that_would_exhaust_the_computer_are_refused() {
        for effort in [
            Effort { memory_kib: u32::MAX, ..LIGHT },
            Effort { passes: u32::MAX, ..LIGHT },
            Effort { lanes: u32::MAX, ..LIGHT },
            Effort { memory_kib: 0, ..LIGHT },
        ] {
            assert!(derive(&"x".into(), &[0; 16], effort).is_err(), "{effort:?}");
        }
    }
}
