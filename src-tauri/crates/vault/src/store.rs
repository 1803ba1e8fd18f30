//! The database file: made for its owner only, opened with the settings that the vault's promises rest on.
//!
//! It knows nothing of keys. What is deleted is overwritten, nothing goes to temporary files, and a commit is on disk when
//! it returns. The format's number and the application's id stand in the file's own header.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::error::{Damage, VaultError};
use crate::files;

/// Stands beside the database once there is a vault, with its id. Without it nobody could tell a vault that was emptied
/// from one that was never made, and would seal the next secrets with another key.
const MARK: &str = "vault-id";

/// The database's name in the data folder.
pub(crate) const FILE: &str = "vault.sqlite";
/// `SQLite`'s write-ahead log beside it.
const LOG: &str = "vault.sqlite-wal";

/// Written into the file so that it is known as ours: `MSSP`.
const APPLICATION_ID: i64 = 0x4d53_5350;
/// The format that this program writes.
const FORMAT: i64 = 1;
/// Somebody may look into the file with another tool.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

const SCHEMA: &str = "
    CREATE TABLE vault (
        one          INTEGER PRIMARY KEY CHECK (one = 1),
        id           TEXT NOT NULL,
        lock         TEXT NOT NULL,
        memory_kib   INTEGER,
        passes       INTEGER,
        lanes        INTEGER,
        salt         BLOB,
        wrapped_key  BLOB,
        key_check    BLOB NOT NULL,
        journal_head BLOB NOT NULL
    ) STRICT;
    CREATE TABLE customer (
        id       TEXT PRIMARY KEY NOT NULL,
        name_key TEXT NOT NULL UNIQUE,
        record   TEXT NOT NULL,
        mark     BLOB NOT NULL
    ) STRICT;
    CREATE TABLE secret (
        customer   TEXT NOT NULL REFERENCES customer (id),
        kind       TEXT NOT NULL,
        generation INTEGER NOT NULL,
        sealed     BLOB NOT NULL,
        PRIMARY KEY (customer, kind, generation)
    ) STRICT;
    CREATE TABLE journal (
        number   INTEGER PRIMARY KEY,
        at       TEXT NOT NULL,
        action   TEXT NOT NULL,
        customer TEXT,
        outcome  TEXT NOT NULL,
        hash     BLOB NOT NULL
    ) STRICT;
    CREATE TRIGGER journal_is_not_edited BEFORE UPDATE ON journal
        BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
    CREATE TRIGGER journal_is_not_shortened BEFORE DELETE ON journal
        BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
";

/// Opens the database of a folder that is locked by the caller, and makes an empty one when it is missing.
/// Says whether it holds a vault already.
pub(crate) fn open(folder: &Path) -> Result<(Connection, bool), VaultError> {
    let path = folder.join(FILE);
    refuse_emptied(folder, is_empty(&path))?;
    drop(files::open_or_create(&path)?);
    let connection = connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let filled = is_vault(&connection)?;
    refuse_emptied(folder, !filled)?;
    connection.execute_batch(
        "PRAGMA secure_delete = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA foreign_keys = ON;
         PRAGMA synchronous = FULL;
         PRAGMA cache_size = -16384;
         PRAGMA journal_mode = WAL;",
    )?;
    if filled {
        check_integrity(&connection)?;
    }
    Ok((connection, filled))
}

/// Opens the database for a look at what kind of vault it is; `None` when there is none.
pub(crate) fn look(folder: &Path) -> Result<Option<Connection>, VaultError> {
    let path = folder.join(FILE);
    refuse_emptied(folder, is_empty(&path))?;
    if !path.exists() {
        return Ok(None);
    }
    let connection = connect(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let filled = is_vault(&connection)?;
    refuse_emptied(folder, !filled)?;
    Ok(filled.then_some(connection))
}

/// Notes that the folder has a vault. The id is for people and for the keyring; nothing is decided by it.
pub(crate) fn mark(folder: &Path, id: &str) -> Result<(), VaultError> {
    let path = folder.join(MARK);
    if fs::read(&path).is_ok_and(|noted| noted == id.as_bytes()) {
        return Ok(());
    }
    Ok(files::write(&path, id.as_bytes(), true)?)
}

/// A database that is empty is a new one only where none was before. What the write-ahead log still holds could be
/// rescued, and would be lost by opening it.
fn refuse_emptied(folder: &Path, empty: bool) -> Result<(), VaultError> {
    let had_one = || folder.join(MARK).exists() || !is_empty(&folder.join(LOG));
    if empty && had_one() { Err(VaultError::damaged(Damage::Emptied)) } else { Ok(()) }
}

fn is_empty(path: &Path) -> bool {
    fs::metadata(path).map_or(true, |found| found.len() == 0)
}

/// Makes the tables, inside the caller's transaction.
pub(crate) fn create_tables(connection: &Connection) -> Result<(), VaultError> {
    connection.execute_batch(SCHEMA)?;
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    connection.pragma_update(None, "user_version", FORMAT)?;
    Ok(())
}

/// Rewrites the file without what was deleted, and empties the write-ahead log.
pub(crate) fn compact(connection: &Connection) -> Result<(), VaultError> {
    connection.execute_batch("VACUUM")?;
    empty_log(connection)
}

/// Moves everything into the file itself. What the log held is gone with that.
pub(crate) fn empty_log(connection: &Connection) -> Result<(), VaultError> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(())
}

fn connect(path: &Path, mode: OpenFlags) -> Result<Connection, VaultError> {
    let path = without_links_above(path);
    let connection = Connection::open_with_flags(
        &path,
        mode | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW,
    )?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.execute_batch("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;")?;
    Ok(connection)
}

/// `SQLite` refuses links anywhere in the path; those above the data folder are the user's own arrangement.
fn without_links_above(path: &Path) -> PathBuf {
    if cfg!(unix)
        && let (Some(folder), Some(name)) = (path.parent(), path.file_name())
        && let Ok(folder) = folder.canonicalize()
    {
        return folder.join(name);
    }
    path.to_owned()
}

fn is_vault(connection: &Connection) -> Result<bool, VaultError> {
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables == 0 {
        return Ok(false);
    }
    let application: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if application != APPLICATION_ID {
        return Err(VaultError::damaged(Damage::Foreign));
    }
    let format: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    match format {
        FORMAT => Ok(true),
        newer if newer > FORMAT => Err(VaultError::Newer { found: newer, known: FORMAT }),
        _ => Err(VaultError::damaged(Damage::Header)),
    }
}

fn check_integrity(connection: &Connection) -> Result<(), VaultError> {
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" { Ok(()) } else { Err(VaultError::damaged(Damage::Database)) }
}
