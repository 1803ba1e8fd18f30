//! What describes the vault itself: its id, how it is locked, and what proves that a key is the right one.

use rusqlite::{Connection, OptionalExtension, params};
use secrecy::{ExposeSecret, SecretString};

use crate::error::{Damage, LockKind, VaultError};
use crate::key::Key;
use crate::keyring::Keyring;
use crate::passphrase::{self, Effort, SALT_BYTES};
use crate::seal::{self, Label};

const CHECKED: &[u8] = b"this key opens this vault";

/// How to get at the vault's key.
pub enum Unlock {
    /// From the keyring of the operating system.
    Keyring,
    /// With a passphrase.
    Passphrase(SecretString),
    /// Not at all: a new key, kept in memory only. What is sealed with it can never be opened by another process.
    SessionOnly,
}

impl Unlock {
    /// The lock of a vault that is made in this way.
    pub const fn kind(&self) -> LockKind {
        match self {
            Self::Keyring => LockKind::Keyring,
            Self::Passphrase(_) => LockKind::Passphrase,
            Self::SessionOnly => LockKind::SessionOnly,
        }
    }
}

impl std::fmt::Debug for Unlock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.kind().as_str())
    }
}

/// The single row of the table `vault`, without the end of the journal.
pub(crate) struct Header {
    pub(crate) id: String,
    pub(crate) lock: LockKind,
    wrapping: Option<Wrapping>,
    key_check: Vec<u8>,
}

/// The vault's key, sealed with a passphrase.
struct Wrapping {
    effort: Effort,
    salt: Vec<u8>,
    sealed: Vec<u8>,
}

impl Header {
    /// A header for a new key, which is put where `unlock` wants it before anything is written to the database.
    pub(crate) fn of_new_key(
        id: String,
        key: &Key,
        unlock: &Unlock,
        keyring: &Keyring,
    ) -> Result<Self, VaultError> {
        let key_check = seal::seal(key, key_label(&id, "key-check"), CHECKED)?;
        let wrapping = match unlock {
            Unlock::Keyring => {
                keyring.set(&id, key).map_err(|reason| VaultError::KeyringUnavailable { reason })?;
                None
            }
            Unlock::Passphrase(passphrase) => Some(Wrapping::new(&id, key, passphrase)?),
            Unlock::SessionOnly => None,
        };
        Ok(Self { id, lock: unlock.kind(), wrapping, key_check })
    }

    /// The key of this vault.
    pub(crate) fn unlock(&self, unlock: &Unlock, keyring: &Keyring) -> Result<Key, VaultError> {
        let key = match (self.lock, unlock) {
            (LockKind::Keyring, Unlock::Keyring) => {
                keyring.get(&self.id).map_err(|reason| VaultError::KeyringUnavailable { reason })?
            }
            (LockKind::Passphrase, Unlock::Passphrase(passphrase)) => {
                let wrapping = self.wrapping.as_ref().ok_or(VaultError::damaged(Damage::Header))?;
                wrapping.open(&self.id, passphrase)?
            }
            (how, Unlock::Keyring | Unlock::Passphrase(_) | Unlock::SessionOnly) => {
                return Err(VaultError::Locked { how });
            }
        };
        let checked = seal::open(&key, key_label(&self.id, "key-check"), &self.key_check)
            .map_err(|seal::Broken| VaultError::KeyWrong)?;
        if checked.as_slice() == CHECKED { Ok(key) } else { Err(VaultError::KeyWrong) }
    }

    pub(crate) fn read(connection: &Connection) -> Result<Self, VaultError> {
        let row = connection
            .query_row(
                "SELECT id, lock, memory_kib, passes, lanes, salt, wrapped_key, key_check FROM vault",
                [],
                |row| {
                    let effort = (row.get(2)?, row.get(3)?, row.get(4)?);
                    let sealed = (row.get(5)?, row.get(6)?);
                    Ok((row.get(0)?, row.get::<_, String>(1)?, effort, sealed, row.get(7)?))
                },
            )
            .optional()
            .map_err(|error| VaultError::from(error).or_damaged(Damage::Header))?;
        let (id, lock, effort, sealed, key_check) = row.ok_or(VaultError::damaged(Damage::Header))?;
        let lock = [LockKind::Keyring, LockKind::Passphrase, LockKind::SessionOnly]
            .into_iter()
            .find(|kind| kind.as_str() == lock)
            .ok_or(VaultError::damaged(Damage::Header))?;
        let wrapping = match (effort, sealed) {
            ((Some(memory_kib), Some(passes), Some(lanes)), (Some(salt), Some(sealed))) => {
                Some(Wrapping { effort: Effort { memory_kib, passes, lanes }, salt, sealed })
            }
            _ => None,
        };
        Ok(Self { id, lock, wrapping, key_check })
    }

    /// Writes it, together with the sealed end of the journal.
    pub(crate) fn write(&self, connection: &Connection, journal_head: &[u8]) -> Result<(), VaultError> {
        let effort = self.wrapping.as_ref().map(|wrapping| wrapping.effort);
        connection.execute(
            "INSERT OR REPLACE INTO vault
                 (one, id, lock, memory_kib, passes, lanes, salt, wrapped_key, key_check, journal_head)
             VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                self.id,
                self.lock.as_str(),
                effort.map(|effort| effort.memory_kib),
                effort.map(|effort| effort.passes),
                effort.map(|effort| effort.lanes),
                self.wrapping.as_ref().map(|wrapping| &wrapping.salt),
                self.wrapping.as_ref().map(|wrapping| &wrapping.sealed),
                self.key_check,
                journal_head,
            ],
        )?;
        Ok(())
    }
}

impl Wrapping {
    fn new(id: &str, key: &Key, passphrase: &SecretString) -> Result<Self, VaultError> {
        let mut salt = vec![0; SALT_BYTES];
        getrandom::fill(&mut salt).map_err(|_| VaultError::Randomness)?;
        let effort = Effort::NEW;
        let outer = derive(passphrase, &salt, effort)?;
        let sealed = seal::seal(&outer, key_label(id, "wrapped-key"), key.expose())?;
        Ok(Self { effort, salt, sealed })
    }

    fn open(&self, id: &str, passphrase: &SecretString) -> Result<Key, VaultError> {
        let outer = derive(passphrase, &self.salt, self.effort)?;
        let key = seal::open(&outer, key_label(id, "wrapped-key"), &self.sealed)
            .map_err(|seal::Broken| VaultError::KeyWrong)?;
        Key::from_bytes(&key).ok_or(VaultError::damaged(Damage::Header))
    }
}

fn derive(passphrase: &SecretString, salt: &[u8], effort: Effort) -> Result<Key, VaultError> {
    // An empty passphrase is none, and must not look like a lock.
    if passphrase.expose_secret().is_empty() {
        return Err(VaultError::Locked { how: LockKind::Passphrase });
    }
    passphrase::derive(passphrase, salt, effort)
        .map_err(|passphrase::Unusable| VaultError::damaged(Damage::Header))
}

fn key_label<'a>(vault: &'a str, kind: &'a str) -> Label<'a> {
    Label { vault, customer: "", kind, generation: 0 }
}
