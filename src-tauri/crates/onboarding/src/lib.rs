//! The workflow over catalog, entra, defender, connectors and vault, and the contract that its callers speak.
//!
//! The window and `msspctl` both call [`Engine`] with the types of [`contract`]; what only a host can do, they give by
//! [`Host`]. A customer's data travels one way: registration, consent, authorisation, connector files, proof; each
//! step is kept in the vault before the next can begin, so a stop at any moment loses at most the step in hand.

pub mod browser;
pub mod clock;
pub mod contract;
pub mod logging;

mod access;
mod alert_writer;
mod authorisation;
mod consent;
mod course;
mod customer_list;
mod customers;
mod destination;
mod engine;
mod explain;
mod export;
mod gathered;
mod handoff;
mod host;
mod journal;
mod manners;
mod network;
mod old_files;
mod one_run;
mod paste;
mod preview;
mod problems;
mod proof;
mod pull;
mod qr;
mod reasons;
mod redirect;
mod redirect_doctor;
mod registration;
mod settings;
mod sign_in_window;
mod steps;
mod tenant;
mod unfinished;
mod verdict;

pub use alert_writer::{AlertFields, AlertForm, AlertWriter, alert_time};
pub use customer_list::LIST_COLUMNS;
pub use defender::{AlertRow, LEGACY_FIELDS, RawAlert, Severity, Status};
pub use engine::{Engine, OpenOptions, Unlock};
pub use explain::explain;
pub use export::possible_connectors;
pub use gathered::Gathered;
pub use host::Host;
pub use one_run::OneRun;
pub use paste::{PasteSlot, Pastes, paste_slot};
pub use qr::draw as qr_code;
pub use reasons::REASONS;
pub use settings::{keep_language, language_in};
pub use sign_in_window::{Leads, PageRules, SignInPage, WindowEvent, WindowProxy, WindowVoice, WindowWay};
