//! Secrets that belong to no customer but to this installation, such as the password of a proxy.
//!
//! They are sealed like those of customers, under the empty customer's name. The table is made when the first one comes,
//! so that vaults of before are read as they are.

use rusqlite::{Connection, OptionalExtension, params};
use secrecy::{ExposeSecret, SecretString};

use crate::error::{Damage, VaultError};
use crate::seal::{self, Label};
use crate::vault::Vault;

const TABLE: &str = "CREATE TABLE IF NOT EXISTS own_secret (
    kind       TEXT PRIMARY KEY NOT NULL,
    generation INTEGER NOT NULL,
    sealed     BLOB NOT NULL
) STRICT";

/// What a secret of the installation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnSecret {
    /// The password of the proxy that was entered by hand.
    ProxyPassword,
}

impl OwnSecret {
    /// Kebab-case name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ProxyPassword => "proxy-password",
        }
    }
}

impl Vault {
    /// Seals a secret of the installation in place of the one before; `None` removes it.
    ///
    /// # Errors
    ///
    /// Whenever this fails, the old one is there still.
    pub fn put_own_secret(&self, kind: OwnSecret, secret: Option<&SecretString>) -> Result<(), VaultError> {
        self.change(|connection| {
            connection.execute_batch(TABLE)?;
            let before = stored(connection, kind)?.map_or(0, |(generation, _)| generation);
            connection.execute("DELETE FROM own_secret WHERE kind = ?1", [kind.as_str()])?;
            if let Some(secret) = secret {
                let generation = before.checked_add(1).ok_or(VaultError::damaged(Damage::Secret))?;
                let sealed = seal::seal(
                    &self.key,
                    self.own_label(kind, generation)?,
                    secret.expose_secret().as_bytes(),
                )?;
                connection.execute(
                    "INSERT INTO own_secret (kind, generation, sealed) VALUES (?1, ?2, ?3)",
                    params![kind.as_str(), generation, sealed],
                )?;
            }
            Ok(())
        })
    }

    /// Opens a secret of the installation; `None` when there is none, or none that this key opens.
    ///
    /// # Errors
    ///
    /// When the database refuses.
    pub fn own_secret(&self, kind: OwnSecret) -> Result<Option<SecretString>, VaultError> {
        let found = {
            let connection = self.connection();
            let made: bool = connection.query_row(
                "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'own_secret'",
                [],
                |row| row.get(0),
            )?;
            if made { stored(&connection, kind)? } else { None }
        };
        let Some((generation, sealed)) = found else { return Ok(None) };
        // One that was sealed in a session that has ended is as good as none: it is asked for again.
        let Ok(plain) = seal::open(&self.key, self.own_label(kind, generation)?, &sealed) else {
            return Ok(None);
        };
        let text = std::str::from_utf8(&plain).map_err(|_| VaultError::damaged(Damage::Secret))?;
        Ok(Some(SecretString::from(Box::<str>::from(text))))
    }

    fn own_label(&self, kind: OwnSecret, generation: i64) -> Result<Label<'_>, VaultError> {
        let generation = u64::try_from(generation).map_err(|_| VaultError::damaged(Damage::Secret))?;
        Ok(Label { vault: self.id(), customer: "", kind: kind.as_str(), generation })
    }
}

fn stored(connection: &Connection, kind: OwnSecret) -> Result<Option<(i64, Vec<u8>)>, VaultError> {
    Ok(connection
        .query_row("SELECT generation, sealed FROM own_secret WHERE kind = ?1", [kind.as_str()], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?)
}
