//! The one home of the operating system's keyring.
//!
//! It keeps the 32 bytes of a vault's key, under the app's identifier and the vault's id, and nothing else. Every call
//! runs in a thread of its own with a time limit: a locked keyring on a desktop shows a dialog and waits for ever. The
//! connection is made anew each time, so that a person can unlock the keyring and try again.
//!
//! Errors of the keyring crates can carry secret bytes in their `Debug` text: none of them leaves this file.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use keyring_core::{CredentialStore, Entry, Error};
use zeroize::Zeroizing;

use crate::key::{KEY_BYTES, Key};

/// The app's identifier, under which the keyring files its keys.
pub const APP_IDENTIFIER: &str = "org.mssp-onboard.app";

const TIME_LIMIT: Duration = Duration::from_secs(5);

/// Why the keyring did not help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyringReason {
    /// This session has none.
    Absent,
    /// It is there, and locked. A person can unlock it and try again.
    Locked,
    /// It is open, and does not hold this vault's key.
    KeyMissing,
    /// It did not answer in time; perhaps it asks a person something.
    NoAnswer,
    /// It refused, or lost what it was given.
    Refused,
}

impl KeyringReason {
    /// Kebab-case name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Locked => "locked",
            Self::KeyMissing => "key-missing",
            Self::NoAnswer => "no-answer",
            Self::Refused => "refused",
        }
    }
}

impl std::fmt::Display for KeyringReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

type Connect = dyn Fn() -> Result<Arc<CredentialStore>, KeyringReason> + Send + Sync;
/// Whether the keyring is locked, found out without asking anybody. `None`: it cannot be told.
type Probe = dyn Fn() -> Option<bool> + Send + Sync;

/// What a store wants to know beyond service and user.
type Modifiers = HashMap<&'static str, &'static str>;

/// A keyring: the operating system's, or one that a test provides.
#[derive(Clone)]
pub struct Keyring {
    connect: Arc<Connect>,
    is_locked: Arc<Probe>,
    modifiers: fn() -> Modifiers,
    limit: Duration,
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keyring").field("limit", &self.limit).finish_non_exhaustive()
    }
}

impl Keyring {
    /// The operating system's.
    pub fn of_this_computer() -> Self {
        Self {
            connect: Arc::new(platform::connect),
            is_locked: Arc::new(platform::is_locked),
            modifiers: platform::modifiers,
            limit: TIME_LIMIT,
        }
    }

    /// Any store, such as the one in memory that `keyring_core` has for tests.
    pub fn of_store(store: Arc<CredentialStore>) -> Self {
        Self::of_connection(move || Ok(store.clone()))
    }

    /// None at all, as in a session without one.
    pub fn none() -> Self {
        Self::of_connection(|| Err(KeyringReason::Absent))
    }

    fn of_connection(
        connect: impl Fn() -> Result<Arc<CredentialStore>, KeyringReason> + Send + Sync + 'static,
    ) -> Self {
        Self {
            connect: Arc::new(connect),
            is_locked: Arc::new(|| None),
            modifiers: Modifiers::new,
            limit: TIME_LIMIT,
        }
    }

    /// With another time limit than five seconds for each call.
    #[must_use]
    pub fn with_time_limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// The key of a vault.
    pub(crate) fn get(&self, vault: &str) -> Result<Key, KeyringReason> {
        let kept = self.call(vault, |entry| entry.get_secret().map(Zeroizing::new))?;
        // Something of another length was not put there by this product.
        Key::from_bytes(&kept).ok_or(KeyringReason::KeyMissing)
    }

    /// Keeps the key of a vault, and makes sure that it is kept.
    pub(crate) fn set(&self, vault: &str, key: &Key) -> Result<(), KeyringReason> {
        let bytes: Zeroizing<[u8; KEY_BYTES]> = Zeroizing::new(*key.expose());
        self.call(vault, move |entry| entry.set_secret(bytes.as_slice()))?;
        match self.get(vault) {
            Ok(kept) if kept.expose() == key.expose() => Ok(()),
            Ok(_) | Err(KeyringReason::KeyMissing) => Err(KeyringReason::Refused),
            Err(reason) => Err(reason),
        }
    }

    /// Forgets the key of a vault; that it was not there is no failure.
    pub(crate) fn remove(&self, vault: &str) -> Result<(), KeyringReason> {
        match self.call(vault, Entry::delete_credential) {
            Ok(()) | Err(KeyringReason::KeyMissing) => Ok(()),
            Err(reason) => Err(reason),
        }
    }

    fn call<T: Send + 'static>(
        &self,
        vault: &str,
        job: impl FnOnce(&Entry) -> keyring_core::Result<T> + Send + 'static,
    ) -> Result<T, KeyringReason> {
        let (answer, answered) = mpsc::sync_channel(1);
        let (connect, is_locked) = (self.connect.clone(), self.is_locked.clone());
        let modifiers = self.modifiers;
        let vault = vault.to_owned();
        let started = std::thread::Builder::new().name("keyring".to_owned()).spawn(move || {
            let outcome = connect().and_then(|store| {
                let entry = store
                    .build(APP_IDENTIFIER, &vault, Some(&modifiers()))
                    .map_err(|error| reason(&error))?;
                job(&entry).map_err(|error| {
                    // A locked keyring may look like an empty one (gnome-keyring without a display).
                    if matches!(error, Error::NoEntry) && is_locked() == Some(true) {
                        KeyringReason::Locked
                    } else {
                        reason(&error)
                    }
                })
            });
            // Nobody listens any more when the limit has passed.
            let _ = answer.send(outcome);
        });
        if started.is_err() {
            return Err(KeyringReason::Refused);
        }
        let outcome = match answered.recv_timeout(self.limit) {
            Ok(outcome) => outcome,
            Err(mpsc::RecvTimeoutError::Timeout) => Err(self.why_so_long()),
            // The thread panicked.
            Err(mpsc::RecvTimeoutError::Disconnected) => Err(KeyringReason::Refused),
        };
        if let Err(reason) = &outcome {
            tracing::debug!(reason = reason.as_str(), "the keyring did not help");
        }
        outcome
    }

    /// A second question on a connection of its own, which needs no person, tells a dialog from a service that hangs.
    fn why_so_long(&self) -> KeyringReason {
        let (answer, answered) = mpsc::sync_channel(1);
        let is_locked = self.is_locked.clone();
        let started = std::thread::Builder::new().name("keyring".to_owned()).spawn(move || {
            let _ = answer.send(is_locked());
        });
        let locked = started.is_ok() && matches!(answered.recv_timeout(self.limit / 5), Ok(Some(true)));
        if locked { KeyringReason::Locked } else { KeyringReason::NoAnswer }
    }
}

fn reason(error: &Error) -> KeyringReason {
    match error {
        Error::NoEntry => KeyringReason::KeyMissing,
        Error::NoStorageAccess(source) => platform::no_access(source.as_ref()),
        Error::NoDefaultStore => KeyringReason::Absent,
        // The enum can grow; whatever is added means the same to a person.
        Error::PlatformFailure(_)
        | Error::BadEncoding(_)
        | Error::BadDataFormat(..)
        | Error::BadStoreFormat(_)
        | Error::TooLong(..)
        | Error::Invalid(..)
        | Error::Ambiguous(_)
        | Error::NotSupportedByStore(_)
        | _ => KeyringReason::Refused,
    }
}

#[cfg(all(unix, not(target_vendor = "apple"), not(target_os = "android")))]
mod platform {
    //! The Secret Service, over D-Bus.

    use std::error::Error;
    use std::sync::Arc;

    use keyring_core::CredentialStore;
    use secret_service::EncryptionType;
    use secret_service::blocking::SecretService;

    use super::{KeyringReason, Modifiers};

    pub(super) fn connect() -> Result<Arc<CredentialStore>, KeyringReason> {
        // Neither a bus nor a service behind it: the same to a person.
        let store = zbus_secret_service_keyring_store::Store::new().map_err(|_| KeyringReason::Absent)?;
        Ok(store)
    }

    pub(super) fn is_locked() -> Option<bool> {
        // Nothing secret travels here.
        let service = SecretService::connect(EncryptionType::Plain).ok()?;
        let collection = service.get_default_collection().ok()?;
        collection.is_locked().ok()
    }

    pub(super) fn modifiers() -> Modifiers {
        Modifiers::new()
    }

    pub(super) fn no_access(source: &(dyn Error + Send + Sync + 'static)) -> KeyringReason {
        match source.downcast_ref::<secret_service::Error>() {
            // There is a service, but it keeps nothing: no collection was ever made.
            Some(secret_service::Error::NoResult) => KeyringReason::Absent,
            _ => KeyringReason::Locked,
        }
    }
}

#[cfg(windows)]
mod platform {
    //! Windows Credential Manager.

    use std::error::Error;
    use std::sync::Arc;

    use keyring_core::CredentialStore;

    use super::{KeyringReason, Modifiers};

    pub(super) fn connect() -> Result<Arc<CredentialStore>, KeyringReason> {
        let store = windows_native_keyring_store::Store::new().map_err(|_| KeyringReason::Absent)?;
        Ok(store)
    }

    /// It is open whenever the user is signed in.
    pub(super) fn is_locked() -> Option<bool> {
        None
    }

    pub(super) fn modifiers() -> Modifiers {
        // The default roams with the profile to other computers; the vault's file does not.
        Modifiers::from([("persistence", "Local")])
    }

    /// `ERROR_NO_SUCH_LOGON_SESSION`: a network logon has no credential manager.
    pub(super) fn no_access(_: &(dyn Error + Send + Sync + 'static)) -> KeyringReason {
        KeyringReason::Absent
    }
}

#[cfg(not(any(windows, all(unix, not(target_vendor = "apple"), not(target_os = "android")))))]
mod platform {
    //! A system whose keyring this product does not know: a passphrase does instead.

    use std::error::Error;
    use std::sync::Arc;

    use keyring_core::CredentialStore;

    use super::{KeyringReason, Modifiers};

    pub(super) fn connect() -> Result<Arc<CredentialStore>, KeyringReason> {
        Err(KeyringReason::Absent)
    }

    pub(super) fn is_locked() -> Option<bool> {
        None
    }

    pub(super) fn modifiers() -> Modifiers {
        Modifiers::new()
    }

    pub(super) fn no_access(_: &(dyn Error + Send + Sync + 'static)) -> KeyringReason {
        KeyringReason::Absent
    }
}
