//! Which alerts a pull has handed on already.
//!
//! Keeps eight bytes an alert, not its id: a million alerts cost some 20 MB. The hash is keyed by chance, so nobody
//! can construct ids that collide; by accident two of a million collide once in forty million pulls.

use std::collections::HashSet;
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher, RandomState};

/// See the module.
#[derive(Default)]
pub(crate) struct Seen {
    keyed: RandomState,
    hashes: HashSet<u64, BuildHasherDefault<AsIs>>,
}

impl Seen {
    /// What a key is remembered by.
    pub(crate) fn hash(&self, key: &impl Hash) -> u64 {
        self.keyed.hash_one(key)
    }

    /// Remembers a key by its hash; false when it was known.
    pub(crate) fn insert(&mut self, hash: u64) -> bool {
        self.hashes.insert(hash)
    }

    /// Whether a hash is known.
    pub(crate) fn contains(&self, hash: u64) -> bool {
        self.hashes.contains(&hash)
    }
}

/// The hashes are hashes already.
#[derive(Default)]
struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}
