//! Opening and making a vault, and the connection that all its parts share.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};
use uuid::Uuid;

use crate::error::{Damage, LockKind, VaultError};
use crate::files;
use crate::header::{Header, Unlock};
use crate::journal;
use crate::key::Key;
use crate::keyring::Keyring;
use crate::lock::FolderLock;
use crate::{customers, store};

/// An open vault. While it lives, no other process opens the same data folder.
///
/// Its methods block, briefly, and can be called from any thread.
pub struct Vault {
    // Closed before the lock is given up.
    connection: Mutex<Connection>,
    pub(crate) key: Key,
    pub(crate) id: String,
    how: LockKind,
    folder: PathBuf,
    _lock: FolderLock,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault")
            .field("id", &self.id)
            .field("how", &self.how)
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

impl Vault {
    /// Opens the vault of a data folder, and makes both when they are missing. Waits at most so long for another
    /// process that holds the folder.
    ///
    /// A vault opens in the way in which it was made. One that was made for a session only keeps its customers and its
    /// journal, loses its secrets, and is from then on locked in the way in which it was opened.
    ///
    /// # Errors
    ///
    /// [`VaultError::Locked`] when another way is needed, [`VaultError::KeyWrong`], [`VaultError::KeyringUnavailable`],
    /// [`VaultError::Busy`], [`VaultError::Damaged`], [`VaultError::Newer`], or [`VaultError::File`].
    pub fn open(folder: &Path, unlock: Unlock, wait: Duration) -> Result<Self, VaultError> {
        Self::open_with(folder, unlock, wait, &Keyring::of_this_computer())
    }

    /// As [`open`](Self::open), with a keyring of the caller's choice.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    #[expect(clippy::needless_pass_by_value, reason = "the passphrase is wiped as soon as it has served")]
    pub fn open_with(
        folder: &Path,
        unlock: Unlock,
        wait: Duration,
        keyring: &Keyring,
    ) -> Result<Self, VaultError> {
        files::own_folder(folder)?;
        let lock = FolderLock::acquire(folder, wait)?;
        let (mut connection, filled) = store::open(folder)?;
        let (header, key) = if filled {
            let header = Header::read(&connection)?;
            match header.lock {
                LockKind::Keyring | LockKind::Passphrase => {
                    let key = header.unlock(&unlock, keyring)?;
                    (header, key)
                }
                LockKind::SessionOnly => adopt(&mut connection, header, &unlock, keyring)?,
            }
        } else {
            create(&mut connection, &unlock, keyring)?
        };
        store::mark(folder, &header.id)?;
        tracing::debug!(vault = header.id, lock = header.lock.as_str(), new = !filled, "vault opened");
        Ok(Self {
            connection: Mutex::new(connection),
            key,
            id: header.id,
            how: header.lock,
            folder: folder.to_owned(),
            _lock: lock,
        })
    }

    /// How the vault of a folder is locked; `None` when there is none yet. Needs no key and waits for nobody.
    ///
    /// # Errors
    ///
    /// [`VaultError::Damaged`] or [`VaultError::Newer`].
    pub fn how_locked(folder: &Path) -> Result<Option<LockKind>, VaultError> {
        match store::look(folder)? {
            Some(connection) => Ok(Some(Header::read(&connection)?.lock)),
            None => Ok(None),
        }
    }

    /// The vault's id: the user name under which the keyring files its key.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// How this vault is locked.
    pub fn lock_kind(&self) -> LockKind {
        self.how
    }

    /// The data folder, as it was given.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn connection(&self) -> MutexGuard<'_, Connection> {
        // A thread that panicked has rolled its transaction back: the connection is as good as before.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs several calls as one: all of them happen, or none, whatever ends the process in between.
    ///
    /// # Errors
    ///
    /// The first error of the calls; nothing of them is kept then.
    pub fn all_or_nothing<T, E: From<VaultError>>(
        &mut self,
        work: impl FnOnce(&Self) -> Result<T, E>,
    ) -> Result<T, E> {
        self.connection().execute_batch("BEGIN IMMEDIATE").map_err(VaultError::from)?;
        let undo = Undo(self);
        let done = work(undo.0)?;
        undo.0.connection().execute_batch("COMMIT").map_err(VaultError::from)?;
        Ok(done)
    }

    /// Runs some changes in one transaction: all of them happen, or none.
    pub(crate) fn change<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        change(&mut self.connection(), work)
    }
}

/// Takes back what [`Vault::all_or_nothing`] did not commit, in a panic too.
struct Undo<'a>(&'a Vault);

impl Drop for Undo<'_> {
    fn drop(&mut self) {
        let connection = self.0.connection();
        if !connection.is_autocommit() {
            // When even this fails, closing the connection takes it back.
            let _ = connection.execute_batch("ROLLBACK");
        }
    }
}

fn change<T>(
    connection: &mut Connection,
    work: impl FnOnce(&Connection) -> Result<T, VaultError>,
) -> Result<T, VaultError> {
    if !connection.is_autocommit() {
        // Part of something larger, which commits all or nothing.
        return work(connection);
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done = work(&transaction)?;
    transaction.commit()?;
    Ok(done)
}

fn create(
    connection: &mut Connection,
    unlock: &Unlock,
    keyring: &Keyring,
) -> Result<(Header, Key), VaultError> {
    let key = Key::random().map_err(|_| VaultError::Randomness)?;
    let header = Header::of_new_key(Uuid::new_v4().to_string(), &key, unlock, keyring)?;
    let written = change(connection, |transaction| {
        store::create_tables(transaction)?;
        let head = journal::Head::beginning(&header.id).seal(&key, &header.id)?;
        header.write(transaction, &head)
    });
    if let Err(error) = written {
        give_back(&header, keyring);
        return Err(error);
    }
    Ok((header, key))
}

/// Gives a new key to a vault whose old one went with the process that had it.
fn adopt(
    connection: &mut Connection,
    old: Header,
    unlock: &Unlock,
    keyring: &Keyring,
) -> Result<(Header, Key), VaultError> {
    let key = Key::random().map_err(|_| VaultError::Randomness)?;
    let header = Header::of_new_key(old.id, &key, unlock, keyring)?;
    let written = change(connection, |transaction| {
        let lost = transaction.execute("DELETE FROM secret", [])?;
        tracing::info!(lost, "the secrets of an earlier session cannot be opened any more");
        customers::mark_all(transaction, &key, &header.id)?;
        let head = journal::Head::as_found(transaction, &header.id)?.seal(&key, &header.id)?;
        header.write(transaction, &head)
    });
    if let Err(error) = written {
        give_back(&header, keyring);
        return Err(error);
    }
    store::empty_log(connection)?;
    Ok((header, key))
}

/// A vault that did not come to be leaves no key behind.
fn give_back(header: &Header, keyring: &Keyring) {
    if header.lock == LockKind::Keyring
        && let Err(reason) = keyring.remove(&header.id)
    {
        tracing::warn!(reason = reason.as_str(), "the key of a vault that was not made stays in the keyring");
    }
}

impl VaultError {
    /// A value that has another type than it was written with is damage of a certain part.
    pub(crate) fn or_damaged(self, what: Damage) -> Self {
        use rusqlite::Error::{
            FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType, Utf8Error,
        };
        let unreadable = matches!(
            &self,
            Self::Database {
                source: FromSqlConversionFailure(..)
                    | IntegralValueOutOfRange(..)
                    | InvalidColumnType(..)
                    | Utf8Error(..)
            }
        );
        if unreadable { Self::damaged(what) } else { self }
    }
}
