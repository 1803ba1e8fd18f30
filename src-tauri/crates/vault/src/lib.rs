//! What lasts: customers, sealed secrets, journal, in one `SQLite` file of the data folder.
//!
//! Secrets are in that file only sealed (XChaCha20-Poly1305). The 32-byte key that opens them is in the keyring of the
//! operating system, or sealed with a passphrase, or in the memory of this process alone; never in the clear on disk.
//! This crate also is the one home of writing files ([`files`]). It talks to no network and reads no clock: the time is
//! passed in. All calls block; an asynchronous caller makes them on a blocking thread.

mod customers;
mod error;
pub mod files;
mod header;
mod journal;
mod key;
mod keyring;
mod lock;
mod own_secrets;
mod passphrase;
mod seal;
mod secrets;
mod store;
mod vault;

pub use customers::{ConsentRecord, Customer, ForgetReport, HandoffRecord, NewCustomer};
pub use error::{CustomerNameProblem, Damage, LockKind, VaultError};
pub use header::Unlock;
pub use journal::JournalEntry;
pub use keyring::{APP_IDENTIFIER, Keyring, KeyringReason};
pub use lock::Holder;
pub use own_secrets::OwnSecret;
pub use secrets::SecretKind;
pub use vault::Vault;
