//! Sealed secrets of customers.
//!
//! A secret goes into the database sealed and comes out as a type that cannot be printed. Replacing one keeps the new one
//! before it removes the old one, in one transaction: at no moment is there none.

use std::collections::BTreeSet;

use rusqlite::{Connection, ErrorCode, OptionalExtension, params};
use secrecy::{ExposeSecret, SecretString};

use crate::error::{Damage, VaultError};
use crate::seal::{self, Label};
use crate::vault::Vault;

/// What a secret is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SecretKind {
    /// The app's client secret.
    ClientSecret,
    /// The lasting sign-in: Entra's refresh token.
    RefreshToken,
}

impl SecretKind {
    /// All kinds.
    pub const ALL: &[Self] = &[Self::ClientSecret, Self::RefreshToken];

    /// Kebab-case name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientSecret => "client-secret",
            Self::RefreshToken => "refresh-token",
        }
    }
}

impl std::fmt::Display for SecretKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Vault {
    /// Seals a secret of a customer, in place of the one of the same kind.
    ///
    /// # Errors
    ///
    /// [`VaultError::NoSuchCustomer`]; whenever this fails, the old secret is there still.
    pub fn put_secret(
        &self,
        customer: &str,
        kind: SecretKind,
        secret: &SecretString,
    ) -> Result<(), VaultError> {
        self.change(|connection| {
            let newest: i64 = connection
                .prepare_cached(
                    "SELECT coalesce(max(generation), 0) FROM secret WHERE customer = ?1 AND kind = ?2",
                )?
                .query_row(params![customer, kind.as_str()], |row| row.get(0))?;
            let generation = newest.checked_add(1).ok_or(VaultError::damaged(Damage::Secret))?;
            let sealed = seal::seal(
                &self.key,
                self.label(customer, kind, generation)?,
                secret.expose_secret().as_bytes(),
            )?;
            connection
                .prepare_cached(
                    "INSERT INTO secret (customer, kind, generation, sealed) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![customer, kind.as_str(), generation, sealed])
                .map_err(|error| unknown(error, customer))?;
            connection
                .prepare_cached("DELETE FROM secret WHERE customer = ?1 AND kind = ?2 AND generation < ?3")?
                .execute(params![customer, kind.as_str(), generation])?;
            Ok(())
        })
    }

    /// Opens a secret of a customer; `None` when there is none.
    ///
    /// # Errors
    ///
    /// [`VaultError::Damaged`] when it was changed, or moved here from elsewhere.
    pub fn get_secret(&self, customer: &str, kind: SecretKind) -> Result<Option<SecretString>, VaultError> {
        let found: Option<(i64, Vec<u8>)> = self
            .connection()
            .prepare_cached(
                "SELECT generation, sealed FROM secret WHERE customer = ?1 AND kind = ?2
                 ORDER BY generation DESC LIMIT 1",
            )?
            .query_row(params![customer, kind.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((generation, sealed)) = found else { return Ok(None) };
        let damaged = || VaultError::damaged(Damage::Secret);
        let plain = seal::open(&self.key, self.label(customer, kind, generation)?, &sealed)
            .map_err(|seal::Broken| damaged())?;
        let text = std::str::from_utf8(&plain).map_err(|_| damaged())?;
        // A box of exactly this length: growing or shrinking would leave a copy behind.
        Ok(Some(SecretString::from(Box::<str>::from(text))))
    }

    /// Removes a secret of a customer. Says whether there was one.
    ///
    /// # Errors
    ///
    /// When the database refuses.
    pub fn delete_secret(&self, customer: &str, kind: SecretKind) -> Result<bool, VaultError> {
        self.change(|connection| {
            let removed = connection.execute(
                "DELETE FROM secret WHERE customer = ?1 AND kind = ?2",
                params![customer, kind.as_str()],
            )?;
            Ok(removed > 0)
        })
    }

    /// Which secrets a customer has, without opening them.
    ///
    /// # Errors
    ///
    /// When the database refuses.
    pub fn secrets_of(&self, customer: &str) -> Result<Vec<SecretKind>, VaultError> {
        kinds_of(&self.connection(), customer)
    }

    /// Which secrets all customers have, as pairs of customer id and kind, without opening them.
    ///
    /// # Errors
    ///
    /// When the database refuses.
    pub fn all_secrets(&self) -> Result<BTreeSet<(String, SecretKind)>, VaultError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached("SELECT customer, kind FROM secret")?;
        let mut rows = statement.query([])?;
        let mut found = BTreeSet::new();
        while let Some(row) = rows.next()? {
            found.insert((row.get(0)?, kind(&row.get::<_, String>(1)?)?));
        }
        Ok(found)
    }

    fn label<'a>(
        &'a self,
        customer: &'a str,
        kind: SecretKind,
        generation: i64,
    ) -> Result<Label<'a>, VaultError> {
        let generation = u64::try_from(generation).map_err(|_| VaultError::damaged(Damage::Secret))?;
        Ok(Label { vault: &self.id, customer, kind: kind.as_str(), generation })
    }
}

pub(crate) fn kinds_of(connection: &Connection, customer: &str) -> Result<Vec<SecretKind>, VaultError> {
    let mut statement =
        connection.prepare_cached("SELECT DISTINCT kind FROM secret WHERE customer = ?1 ORDER BY kind")?;
    let mut rows = statement.query([customer])?;
    let mut kinds = Vec::new();
    while let Some(row) = rows.next()? {
        kinds.push(kind(&row.get::<_, String>(0)?)?);
    }
    Ok(kinds)
}

fn kind(text: &str) -> Result<SecretKind, VaultError> {
    SecretKind::ALL
        .iter()
        .copied()
        .find(|kind| kind.as_str() == text)
        .ok_or(VaultError::damaged(Damage::Secret))
}

fn unknown(error: rusqlite::Error, customer: &str) -> VaultError {
    if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) {
        VaultError::NoSuchCustomer { id: customer.to_owned() }
    } else {
        error.into()
    }
}
