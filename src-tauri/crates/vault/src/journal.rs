//! The journal: an append-only record of what was done, in which every entry is chained to the one before.
//!
//! Anybody can compute the chain; its end (how many entries, and the last hash) is sealed with the vault's key. So an
//! entry that was edited, deleted, moved, added or cut off is noticed, also when the chain was computed anew behind it. A new
//! entry continues the sealed end and not what the table says: recording something never covers a change up.
//! What it cannot notice: the whole file put back to an earlier state.

use std::fmt::Write;

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};
use sha2::{Digest, Sha256};

use crate::error::{Damage, VaultError};
use crate::key::Key;
use crate::seal::{self, Label};
use crate::vault::Vault;

const HASH_BYTES: usize = 32;
const COUNT_BYTES: usize = 8;

type Hash = [u8; HASH_BYTES];

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEntry {
    /// Position, from 1.
    pub number: u64,
    /// When, in UTC.
    pub at: Timestamp,
    /// What was done.
    pub action: String,
    /// To which customer: its id.
    pub customer: Option<String>,
    /// How it ended.
    pub outcome: String,
    /// SHA-256 over this entry and the one before, lower-case hex.
    pub hash: String,
}

impl Vault {
    /// Adds an entry.
    ///
    /// Give a customer's id, not its name: an entry outlives the customer.
    ///
    /// # Errors
    ///
    /// [`VaultError::Damaged`] when the sealed end of the journal was changed.
    pub fn record(
        &self,
        at: Timestamp,
        action: &str,
        customer: Option<&str>,
        outcome: &str,
    ) -> Result<(), VaultError> {
        self.change(|connection| {
            let head = self.head(connection)?.ok_or(VaultError::damaged(Damage::Journal))?;
            // An entry that somebody slipped in behind the end must not keep new ones out.
            let last: u64 = connection
                .prepare_cached("SELECT coalesce(max(number), 0) FROM journal")?
                .query_row([], |row| row.get(0))
                .map_err(|error| VaultError::from(error).or_damaged(Damage::Journal))?;
            let number = head.count.max(last).checked_add(1).ok_or(VaultError::damaged(Damage::Journal))?;
            let at = at.to_string();
            let hash = chain(&head.hash, number, &at, action, customer, outcome);
            connection
                .prepare_cached(
                    "INSERT INTO journal (number, at, action, customer, outcome, hash)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute(params![number, at, action, customer, outcome, hash])?;
            let sealed = Head { count: number, hash }.seal(&self.key, &self.id)?;
            connection.prepare_cached("UPDATE vault SET journal_head = ?1")?.execute([sealed])?;
            Ok(())
        })
    }

    /// All entries, oldest first, as they stand there: see [`verify`](Self::verify).
    ///
    /// # Errors
    ///
    /// [`VaultError::JournalBroken`] when one is no entry any more.
    pub fn entries(&self) -> Result<Vec<JournalEntry>, VaultError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(ALL)?;
        let mut rows = statement.query([])?;
        let mut entries = Vec::new();
        while let Some(row) = rows.next()? {
            let at = entries.len() as u64 + 1;
            let stored = Stored::read(row).ok_or(VaultError::JournalBroken { at })?;
            entries.push(stored.entry().ok_or(VaultError::JournalBroken { at })?);
        }
        Ok(entries)
    }

    /// Computes the whole chain again and compares it with the sealed end.
    ///
    /// # Errors
    ///
    /// [`VaultError::JournalBroken`] with the first entry that is not what was recorded. When the chain was computed anew
    /// over changed entries, that is the last one.
    pub fn verify(&self) -> Result<(), VaultError> {
        let connection = self.connection();
        let Some(head) = self.head(&connection)? else {
            return Err(VaultError::JournalBroken { at: 1 });
        };
        let mut statement = connection.prepare_cached(ALL)?;
        let mut rows = statement.query([])?;
        let mut reached = Head::beginning(&self.id);
        while let Some(row) = rows.next()? {
            let at = reached.count + 1;
            let broken = || VaultError::JournalBroken { at };
            let stored = Stored::read(row).ok_or_else(broken)?;
            let hash = stored.chained_to(&reached.hash);
            if stored.number != at || stored.hash != hash || at > head.count {
                return Err(broken());
            }
            reached = Head { count: at, hash };
        }
        if reached.count < head.count {
            return Err(VaultError::JournalBroken { at: reached.count + 1 });
        }
        if reached.hash == head.hash {
            Ok(())
        } else {
            Err(VaultError::JournalBroken { at: head.count.max(1) })
        }
    }

    /// The sealed end; `None` when it was changed.
    fn head(&self, connection: &Connection) -> Result<Option<Head>, VaultError> {
        let sealed: Vec<u8> = connection
            .prepare_cached("SELECT journal_head FROM vault")?
            .query_row([], |row| row.get(0))
            .map_err(|error| VaultError::from(error).or_damaged(Damage::Header))?;
        Ok(Head::open(&self.key, &self.id, &sealed))
    }
}

/// Where the journal ends.
pub(crate) struct Head {
    count: u64,
    hash: Hash,
}

impl Head {
    /// Before the first entry. The vault's id keeps the journals of two vaults apart.
    pub(crate) fn beginning(vault: &str) -> Self {
        let hash =
            Sha256::new().chain_update(b"mssp-onboard journal 1").chain_update(vault).finalize().into();
        Self { count: 0, hash }
    }

    /// The end according to the table alone, for a vault whose key is gone.
    pub(crate) fn as_found(connection: &Connection, vault: &str) -> Result<Self, VaultError> {
        let mut statement = connection.prepare(ALL)?;
        let mut rows = statement.query([])?;
        let mut head = Self::beginning(vault);
        while let Some(row) = rows.next()? {
            match Stored::read(row) {
                Some(stored) => head = Self { count: stored.number, hash: stored.hash },
                // Left as it is, so that `verify` finds it.
                None => return Ok(head),
            }
        }
        Ok(head)
    }

    pub(crate) fn seal(&self, key: &Key, vault: &str) -> Result<Vec<u8>, VaultError> {
        let plain = [self.count.to_le_bytes().as_slice(), &self.hash].concat();
        Ok(seal::seal(key, head_label(vault), &plain)?)
    }

    fn open(key: &Key, vault: &str, sealed: &[u8]) -> Option<Self> {
        let plain = seal::open(key, head_label(vault), sealed).ok()?;
        let (count, hash) = plain.split_first_chunk::<COUNT_BYTES>()?;
        Some(Self { count: u64::from_le_bytes(*count), hash: Hash::try_from(hash).ok()? })
    }
}

fn head_label(vault: &str) -> Label<'_> {
    Label { vault, customer: "", kind: "journal-head", generation: 0 }
}

const ALL: &str = "SELECT number, at, action, customer, outcome, hash FROM journal ORDER BY number";

/// An entry as it stands in the table, believed by nobody yet.
struct Stored<'row> {
    number: u64,
    at: &'row str,
    action: &'row str,
    customer: Option<&'row str>,
    outcome: &'row str,
    hash: Hash,
}

impl<'row> Stored<'row> {
    fn read(row: &'row Row<'_>) -> Option<Self> {
        let text = |column| row.get_ref(column).ok()?.as_str().ok();
        let customer = row.get_ref(3).ok()?.as_str_or_null().ok()?;
        Some(Self {
            number: row.get(0).ok()?,
            at: text(1)?,
            action: text(2)?,
            customer,
            outcome: text(4)?,
            hash: row.get_ref(5).ok()?.as_blob().ok()?.try_into().ok()?,
        })
    }

    fn chained_to(&self, before: &Hash) -> Hash {
        chain(before, self.number, self.at, self.action, self.customer, self.outcome)
    }

    fn entry(&self) -> Option<JournalEntry> {
        Some(JournalEntry {
            number: self.number,
            at: self.at.parse().ok()?,
            action: self.action.to_owned(),
            customer: self.customer.map(str::to_owned),
            outcome: self.outcome.to_owned(),
            hash: hex(&self.hash),
        })
    }
}

/// Every field with its length, so that no two entries have the same bytes.
fn chain(before: &Hash, number: u64, at: &str, action: &str, customer: Option<&str>, outcome: &str) -> Hash {
    let mut hash = Sha256::new().chain_update(before).chain_update(number.to_le_bytes());
    for field in [Some(at), Some(action), customer, Some(outcome)] {
        match field {
            Some(text) => {
                hash.update([1]);
                hash.update((text.len() as u64).to_le_bytes());
                hash.update(text);
            }
            None => hash.update([0]),
        }
    }
    hash.finalize().into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing into a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
