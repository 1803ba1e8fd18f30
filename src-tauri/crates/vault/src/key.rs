//! Keys in memory: 32 bytes that are wiped when they go, and never printed.

use zeroize::Zeroizing;

/// Length of the vault key, in bytes.
pub(crate) const KEY_BYTES: usize = 32;

/// A key that seals: the vault's own, or one that was derived from a passphrase.
pub(crate) struct Key(Zeroizing<[u8; KEY_BYTES]>);

impl Key {
    /// A new key from the system's random numbers.
    pub(crate) fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        getrandom::fill(bytes.as_mut())?;
        Ok(Self(bytes))
    }

    /// A key whose bytes are filled in place.
    pub(crate) fn fill<E>(fill: impl FnOnce(&mut [u8; KEY_BYTES]) -> Result<(), E>) -> Result<Self, E> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// A key that was kept somewhere; `None` when it has another length.
    pub(crate) fn from_bytes(kept: &[u8]) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        if kept.len() != KEY_BYTES {
            return None;
        }
        bytes.copy_from_slice(kept);
        Some(Self(bytes))
    }

    pub(crate) fn expose(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key([redacted])")
    }
}
