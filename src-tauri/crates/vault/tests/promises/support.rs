//! What the other tests start from.

use std::path::Path;
use std::time::Duration;

use catalog::{GrantKind, SourceId};
use jiff::Timestamp;
use keyring_core::mock;
use rusqlite::Connection;
use secrecy::{ExposeSecret, SecretString};
use vault::{Customer, Keyring, NewCustomer, SecretKind, Unlock, Vault, VaultError};

pub(crate) const PASSPHRASE: &str = "four plain words here";

pub(crate) fn moment(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + second).unwrap()
}

pub(crate) fn contoso(name: &str) -> NewCustomer {
    NewCustomer {
        name: name.to_owned(),
        tenant_id: "11111111-2222-3333-4444-555555555555".to_owned(),
        tenant_domain: Some("contoso.example".to_owned()),
        cloud: serde_json::json!({ "name": "commercial", "login": "https://login.example", "siem": null }),
        region: None,
        connector: Some("arcsight".to_owned()),
        source: SourceId::GraphAlerts,
        grant: GrantKind::RefreshToken,
        home_tenant: None,
        client_id: None,
        redirect_uri: None,
        secret_expires: Some("2027-11-20".parse().unwrap()),
        added: moment(0),
    }
}

pub(crate) fn passphrase() -> Unlock {
    Unlock::Passphrase(PASSPHRASE.into())
}

/// Opens without waiting, and without any keyring.
pub(crate) fn open(folder: &Path, unlock: Unlock) -> Result<Vault, VaultError> {
    Vault::open_with(folder, unlock, Duration::ZERO, &Keyring::none())
}

/// A vault that costs no key derivation.
pub(crate) fn session(folder: &Path) -> Vault {
    open(folder, Unlock::SessionOnly).unwrap()
}

/// A keyring in memory.
pub(crate) fn keyring() -> Keyring {
    Keyring::of_store(mock::Store::new().unwrap())
}

/// With a keyring, a vault can be closed and opened again at no cost.
pub(crate) fn open_with(folder: &Path, keyring: &Keyring) -> Result<Vault, VaultError> {
    Vault::open_with(folder, Unlock::Keyring, Duration::ZERO, keyring)
}

/// The database, for somebody who goes behind the vault's back.
pub(crate) fn behind_its_back(folder: &Path, statements: &str) {
    let connection = Connection::open(folder.join("vault.sqlite")).unwrap();
    connection.execute_batch(statements).unwrap();
}

pub(crate) fn secret_of(vault: &Vault, customer: &Customer, kind: SecretKind) -> Option<String> {
    vault
        .get_secret(&customer.id, kind)
        .unwrap()
        .map(|secret: SecretString| secret.expose_secret().to_owned())
}
