//! The keyring: refusals are told apart, silence ends, and the real one is asked when there is one.

use std::any::Any;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use keyring_core::api::{CredentialApi, CredentialStoreApi};
use keyring_core::{Credential, Entry, Error, mock};
use vault::{APP_IDENTIFIER, Keyring, KeyringReason, LockKind, SecretKind, Unlock, Vault, VaultError};

use crate::support::{contoso, open_with, secret_of};

const CANARY: &[u8] = b"secret bytes inside an error";

#[test]
fn refusals_of_the_keyring_are_told_apart_and_carry_nothing_secret() {
    let other = || std::io::Error::other("dismissed").into();
    for (error, expected) in [
        (Error::NoEntry, KeyringReason::KeyMissing),
        (Error::NoDefaultStore, KeyringReason::Absent),
        (Error::PlatformFailure(other()), KeyringReason::Refused),
        (Error::BadEncoding(CANARY.to_vec()), KeyringReason::Refused),
        (Error::BadDataFormat(CANARY.to_vec(), other()), KeyringReason::Refused),
        (Error::TooLong("secret".to_owned(), 2_560), KeyringReason::Refused),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let store = mock::Store::new().unwrap();
        let keyring = Keyring::of_store(store.clone());
        let id = open_with(folder.path(), &keyring).unwrap().id().to_owned();
        let entry = store.build(APP_IDENTIFIER, &id, None).unwrap();
        entry.as_any().downcast_ref::<mock::Cred>().unwrap().set_error(error);
        let refused = open_with(folder.path(), &keyring).unwrap_err();
        assert!(
            matches!(refused, VaultError::KeyringUnavailable { reason } if reason == expected),
            "{refused:?}"
        );
        let printed = format!("{refused:?} {refused}");
        assert!(!printed.contains("115, 101, 99") && !printed.contains("secret bytes"), "{printed}");
        open_with(folder.path(), &keyring).unwrap();
    }
}

#[test]
fn a_key_of_another_vault_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let store = mock::Store::new().unwrap();
    let keyring = Keyring::of_store(store.clone());
    let id = open_with(folder.path(), &keyring).unwrap().id().to_owned();
    let entry = store.build(APP_IDENTIFIER, &id, None).unwrap();
    entry.set_secret(&[7; 32]).unwrap();
    assert!(matches!(open_with(folder.path(), &keyring), Err(VaultError::KeyWrong)));
    entry.set_secret(b"something else").unwrap();
    let refused = open_with(folder.path(), &keyring);
    let reason = KeyringReason::KeyMissing;
    assert!(matches!(refused, Err(VaultError::KeyringUnavailable { reason: r }) if r == reason));
}

#[test]
fn a_keyring_that_waits_for_ever_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let silent = Arc::new(Silent::default());
    let keyring = Keyring::of_store(silent.clone()).with_time_limit(Duration::from_millis(50));
    let refused = open_with(folder.path(), &keyring);
    let reason = KeyringReason::NoAnswer;
    assert!(
        matches!(refused, Err(VaultError::KeyringUnavailable { reason: r }) if r == reason),
        "{refused:?}"
    );
    assert_eq!(Vault::how_locked(folder.path()).unwrap(), None);
    silent.let_go();
}

#[test]
fn a_keyring_that_loses_what_it_was_given_makes_no_vault() {
    let folder = tempfile::tempdir().unwrap();
    let keyring = Keyring::of_store(Arc::new(Forgetful));
    let refused = open_with(folder.path(), &keyring);
    let reason = KeyringReason::Refused;
    assert!(
        matches!(refused, Err(VaultError::KeyringUnavailable { reason: r }) if r == reason),
        "{refused:?}"
    );
    assert_eq!(Vault::how_locked(folder.path()).unwrap(), None);
}

#[test]
fn the_real_keyring_keeps_the_key() {
    if std::env::var_os("MSSP_TEST_KEYRING").is_none() {
        println!("skipped: MSSP_TEST_KEYRING is not set, so the keyring of this session is left alone");
        return;
    }
    let base = tempfile::tempdir().unwrap();
    let folder = lasting_folder().unwrap_or_else(|| base.path().to_owned());
    let wait = Duration::ZERO;
    let vault = Vault::open(&folder, Unlock::Keyring, wait).unwrap();
    let customer = vault.add(contoso("Contoso")).unwrap();
    vault.put_secret(&customer.id, SecretKind::RefreshToken, &"token".into()).unwrap();
    assert_eq!(vault.lock_kind(), LockKind::Keyring);
    drop(vault);
    let vault = Vault::open(&folder, Unlock::Keyring, wait).unwrap();
    assert_eq!(secret_of(&vault, &customer, SecretKind::RefreshToken).as_deref(), Some("token"));
}

#[test]
fn the_real_keyring_says_why_it_does_not_help() {
    let Some(expected) = std::env::var_os("MSSP_TEST_KEYRING_REASON") else {
        println!("skipped: MSSP_TEST_KEYRING_REASON does not say in which state the keyring is");
        return;
    };
    let base = tempfile::tempdir().unwrap();
    let folder = lasting_folder().unwrap_or_else(|| base.path().to_owned());
    match Vault::open(&folder, Unlock::Keyring, Duration::ZERO) {
        Err(VaultError::KeyringUnavailable { reason }) => assert_eq!(reason.as_str(), expected),
        other => panic!("{other:?}"),
    }
}

/// A data folder that outlives a run, to open a vault again when the keyring is in another state.
fn lasting_folder() -> Option<PathBuf> {
    std::env::var_os("MSSP_TEST_KEYRING_FOLDER").map(PathBuf::from)
}

/// A store as a locked keyring with a display: every call waits for a person.
#[derive(Default)]
struct Silent {
    released: Mutex<bool>,
    changed: Condvar,
}

impl Silent {
    fn let_go(&self) {
        *self.released.lock().unwrap() = true;
        self.changed.notify_all();
    }

    fn wait(&self) {
        let released = self.released.lock().unwrap();
        drop(self.changed.wait_while(released, |released| !*released).unwrap());
    }
}

impl CredentialStoreApi for Silent {
    fn vendor(&self) -> String {
        "silent".to_owned()
    }

    fn id(&self) -> String {
        "silent".to_owned()
    }

    fn build(&self, _: &str, _: &str, _: Option<&HashMap<&str, &str>>) -> keyring_core::Result<Entry> {
        self.wait();
        Err(Error::NoEntry)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A store that keeps nothing, and does not say so.
struct Forgetful;

impl CredentialStoreApi for Forgetful {
    fn vendor(&self) -> String {
        "forgetful".to_owned()
    }

    fn id(&self) -> String {
        "forgetful".to_owned()
    }

    fn build(&self, _: &str, _: &str, _: Option<&HashMap<&str, &str>>) -> keyring_core::Result<Entry> {
        Ok(Entry::new_with_credential(Arc::new(Self)))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl CredentialApi for Forgetful {
    fn set_secret(&self, _: &[u8]) -> keyring_core::Result<()> {
        Ok(())
    }

    fn get_secret(&self) -> keyring_core::Result<Vec<u8>> {
        Err(Error::NoEntry)
    }

    fn delete_credential(&self) -> keyring_core::Result<()> {
        Err(Error::NoEntry)
    }

    fn get_credential(&self) -> keyring_core::Result<Option<Arc<Credential>>> {
        Ok(None)
    }

    fn get_specifiers(&self) -> Option<(String, String)> {
        None
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
