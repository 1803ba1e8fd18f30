//! What can go wrong with the vault, as data. No variant holds a secret.

use crate::files::FileError;
use crate::keyring::KeyringReason;
use crate::lock::Holder;

/// How a vault is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LockKind {
    /// Its key is in the keyring of the operating system.
    Keyring,
    /// Its key is sealed with a passphrase.
    Passphrase,
    /// Its key was in the memory of the process that made it, and is gone with that. Customers and journal are there
    /// still; whatever opens the vault next becomes its lock.
    SessionOnly,
}

impl LockKind {
    /// Kebab-case name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Keyring => "keyring",
            Self::Passphrase => "passphrase",
            Self::SessionOnly => "session-only",
        }
    }
}

impl std::fmt::Display for LockKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// The file is no database, or its structure is broken.
    Database,
    /// Nothing is in the file, or it is gone, while the folder had a vault.
    Emptied,
    /// The database is none of ours.
    Foreign,
    /// What describes the vault itself is missing or makes no sense.
    Header,
    /// A customer's record.
    Customer,
    /// A sealed secret was changed, or belongs elsewhere.
    Secret,
    /// The sealed end of the journal.
    Journal,
}

impl Damage {
    /// Kebab-case name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Emptied => "emptied",
            Self::Foreign => "foreign",
            Self::Header => "header",
            Self::Customer => "customer",
            Self::Secret => "secret",
            Self::Journal => "journal",
        }
    }
}

impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is wrong with a customer's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CustomerNameProblem {
    /// Nothing but white space.
    #[error("it is empty")]
    Empty,
    /// More than 200 characters.
    #[error("it is too long")]
    TooLong,
    /// Line breaks and other control characters.
    #[error("it holds control characters")]
    Control,
}

/// Why the vault did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// Another way to open it is needed.
    #[error("the vault is locked: {how}")]
    Locked {
        /// What opens it.
        how: LockKind,
    },
    /// The passphrase, or the key from the keyring, is not this vault's.
    #[error("the key does not open this vault")]
    KeyWrong,
    /// The keyring does not give or take the key.
    #[error("the keyring cannot be used: {reason}")]
    KeyringUnavailable {
        /// Why.
        reason: KeyringReason,
    },
    /// Another process holds the data folder.
    #[error("the data folder is held by {holder}")]
    Busy {
        /// Which one.
        holder: Holder,
    },
    /// It cannot be read.
    #[error("the vault is damaged: {what}")]
    Damaged {
        /// What of it.
        what: Damage,
    },
    /// A newer version of the product made it.
    #[error("the vault has format {found}, this program knows formats up to {known}")]
    Newer {
        /// Its format.
        found: i64,
        /// The newest that is known here.
        known: i64,
    },
    /// The journal was changed behind the product's back.
    #[error("the journal is broken at entry {at}")]
    JournalBroken {
        /// The first entry that is not what was recorded, counted from 1.
        at: u64,
    },
    /// Another customer has this name; case makes no difference.
    #[error("a customer of this name is there already")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// A customer cannot have this name.
    #[error("a customer cannot have this name: {problem}")]
    Name {
        /// What is wrong with it.
        problem: CustomerNameProblem,
    },
    /// There is no such customer.
    #[error("there is no such customer")]
    NoSuchCustomer {
        /// The id that was asked for.
        id: String,
    },
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    Randomness,
    /// A file or folder could not be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// The database refused: disk full, read-only, and the like.
    #[error("the vault's database refused")]
    Database {
        /// Its reason.
        source: rusqlite::Error,
    },
}

impl VaultError {
    pub(crate) const fn damaged(what: Damage) -> Self {
        Self::Damaged { what }
    }
}

impl From<rusqlite::Error> for VaultError {
    fn from(source: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
        if matches!(source.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase)) {
            Self::damaged(Damage::Database)
        } else {
            Self::Database { source }
        }
    }
}

impl From<crate::seal::SealError> for VaultError {
    fn from(error: crate::seal::SealError) -> Self {
        match error {
            crate::seal::SealError::Randomness => Self::Randomness,
            // Nothing that is sealed here comes near it; the database would refuse it too.
            crate::seal::SealError::TooLong => Self::Database {
                source: rusqlite::Error::SqliteFailure(
                    rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_TOOBIG),
                    None,
                ),
            },
        }
    }
}
