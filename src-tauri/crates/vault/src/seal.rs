//! Sealing: XChaCha20-Poly1305 over a secret, bound to what it is and whose it is.
//!
//! A sealed value opens only under the key, the vault, the customer, the kind and the generation for which it was made.
//! Whatever was changed, it does not open; there is no second way.
//!
//! Layout: one byte of format (1), 24 bytes of nonce, the ciphertext, 16 bytes of tag. 192 random bits make a repeated
//! nonce impossible in practice (`XChaCha`, draft-irtf-cfrg-xchacha-03).

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{KeyInit, Tag, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::key::Key;

const FORMAT: u8 = 1;
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;

/// What a sealed value is. Part of its authentication, stored nowhere in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Label<'a> {
    pub(crate) vault: &'a str,
    /// Empty for what belongs to the vault itself.
    pub(crate) customer: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) generation: u64,
}

impl Label<'_> {
    /// Every part with its length, so that no two labels have the same bytes.
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = b"mssp-onboard vault seal 1".to_vec();
        for part in [self.vault, self.customer, self.kind] {
            bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        bytes.extend_from_slice(&self.generation.to_le_bytes());
        bytes
    }
}

/// Why nothing could be sealed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SealError {
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    Randomness,
    /// Beyond 256 GiB.
    #[error("too long to be sealed")]
    TooLong,
}

/// The value is not what was sealed under this key and label.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the seal is broken, or belongs to another key or place")]
pub(crate) struct Broken;

/// Seals.
pub(crate) fn seal(key: &Key, label: Label<'_>, plain: &[u8]) -> Result<Vec<u8>, SealError> {
    let mut nonce = XNonce::default();
    getrandom::fill(&mut nonce).map_err(|_| SealError::Randomness)?;
    // Encrypted where it is returned from, and never grown: no second copy of the plaintext stays behind.
    let mut sealed = Vec::with_capacity(1 + NONCE_BYTES + plain.len() + TAG_BYTES);
    sealed.push(FORMAT);
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(plain);
    let tag = XChaCha20Poly1305::new(key.expose().into())
        .encrypt_inout_detached(&nonce, &label.bytes(), (&mut sealed[1 + NONCE_BYTES..]).into())
        .map_err(|_| SealError::TooLong)?;
    sealed.extend_from_slice(&tag);
    Ok(sealed)
}

/// Makes a mark that proves later that `content`, which is not secret, was written by a holder of the key.
pub(crate) fn mark(key: &Key, label: Label<'_>, content: &[u8]) -> Result<Vec<u8>, SealError> {
    let mut nonce = XNonce::default();
    getrandom::fill(&mut nonce).map_err(|_| SealError::Randomness)?;
    let tag = XChaCha20Poly1305::new(key.expose().into())
        .encrypt_inout_detached(&nonce, &marked(label, content), (&mut [][..]).into())
        .map_err(|_| SealError::TooLong)?;
    Ok([nonce.as_slice(), tag.as_slice()].concat())
}

/// Compares content with the mark that [`mark`] made.
pub(crate) fn check_mark(key: &Key, label: Label<'_>, content: &[u8], mark: &[u8]) -> Result<(), Broken> {
    let (nonce, tag) = mark.split_first_chunk::<NONCE_BYTES>().ok_or(Broken)?;
    let tag = <[u8; TAG_BYTES]>::try_from(tag).map_err(|_| Broken)?;
    XChaCha20Poly1305::new(key.expose().into())
        .decrypt_inout_detached(
            &XNonce::from(*nonce),
            &marked(label, content),
            (&mut [][..]).into(),
            &Tag::from(tag),
        )
        .map_err(|_| Broken)
}

/// A label ends at a known place, so that what follows cannot be taken for a part of it.
fn marked(label: Label<'_>, content: &[u8]) -> Vec<u8> {
    let mut bytes = label.bytes();
    bytes.extend_from_slice(content);
    bytes
}

/// Opens what [`seal`] made. The result is wiped when dropped.
pub(crate) fn open(key: &Key, label: Label<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Broken> {
    let (&[FORMAT], rest) = sealed.split_first_chunk::<1>().ok_or(Broken)? else { return Err(Broken) };
    let (nonce, rest) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(Broken)?;
    let (ciphertext, tag) = rest.split_last_chunk::<TAG_BYTES>().ok_or(Broken)?;
    let mut plain = Zeroizing::new(ciphertext.to_vec());
    XChaCha20Poly1305::new(key.expose().into())
        .decrypt_inout_detached(
            &XNonce::from(*nonce),
            &label.bytes(),
            plain.as_mut_slice().into(),
            &Tag::from(*tag),
        )
        .map_err(|_| Broken)?;
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LABEL: Label<'_> = Label { vault: "v", customer: "c", kind: "refresh-token", generation: 3 };

    #[test]
    fn another_label_does_not_open_it() {
        let key = Key::random().unwrap();
        let sealed = seal(&key, LABEL, b"secret").unwrap();
        assert_eq!(open(&key, LABEL, &sealed).unwrap().as_slice(), b"secret");
        for other in [
            Label { vault: "w", ..LABEL },
            Label { customer: "d", ..LABEL },
            Label { kind: "client-secret", ..LABEL },
            Label { generation: 4, ..LABEL },
            Label { vault: "vc", customer: "", ..LABEL },
            Label { vault: "", customer: "vc", ..LABEL },
        ] {
            assert_eq!(open(&key, other, &sealed), Err(Broken), "{other:?}");
        }
    }

    #[test]
    fn a_mark_fits_only_its_content_key_and_label() {
        let key = Key::random().unwrap();
        let made = mark(&key, LABEL, b"record").unwrap();
        assert_eq!(check_mark(&key, LABEL, b"record", &made), Ok(()));
        assert_eq!(check_mark(&key, LABEL, b"recorD", &made), Err(Broken));
        assert_eq!(check_mark(&key, Label { customer: "d", ..LABEL }, b"record", &made), Err(Broken));
        assert_eq!(check_mark(&Key::random().unwrap(), LABEL, b"record", &made), Err(Broken));
        assert_eq!(check_mark(&key, LABEL, b"record", &made[1..]), Err(Broken));
        assert_eq!(check_mark(&key, LABEL, b"record", b""), Err(Broken));
    }

    #[test]
    fn another_key_does_not_open_it() {
        let sealed = seal(&Key::random().unwrap(), LABEL, b"secret").unwrap();
        assert_eq!(open(&Key::random().unwrap(), LABEL, &sealed), Err(Broken));
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_unchanged(plain in proptest::collection::vec(any::<u8>(), 0..20_000)) {
            let key = Key::random().unwrap();
            let sealed = seal(&key, LABEL, &plain).unwrap();
            let opened = open(&key, LABEL, &sealed).unwrap();
            prop_assert_eq!(opened.as_slice(), plain.as_slice());
        }

        #[test]
        fn no_changed_byte_goes_unnoticed(at in any::<prop::sample::Index>(), bit in 0_u8..8) {
            let key = Key::random().unwrap();
            let mut sealed = seal(&key, LABEL, b"a token of some length").unwrap();
            let at = at.index(sealed.len());
            sealed[at] ^= 1 << bit;
            prop_assert_eq!(open(&key, LABEL, &sealed), Err(Broken));
        }

        #[test]
        fn arbitrary_bytes_never_open_and_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            prop_assert_eq!(open(&Key::random().unwrap(), LABEL, &bytes), Err(Broken));
        }
    }
}
