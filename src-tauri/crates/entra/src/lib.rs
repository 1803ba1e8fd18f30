//! Consent, catchers, tokens and diagnosis against Microsoft Entra.
//!
//! It speaks the protocol and nothing else: it builds no HTTP client (it takes one whose redirects are off), reads no
//! wall clock (the time is passed in), opens no browser and stores nothing. The invariants: `state`, PKCE `S256` and
//! `nonce` on every sign-in; nothing counts as an answer before its `state` was compared; no error, event or `Debug`
//! text holds a secret.

mod attempt;
mod authority;
mod authorize;
mod callback;
mod catcher;
mod desk;
mod diagnosis;
mod discovery;
mod error;
mod exclusive;
mod identity;
mod keys;
mod mismatch;
mod names;
mod pages;
#[cfg(any(test, feature = "fuzzing"))]
pub mod parsers;
mod redirect;
mod secret_lint;
mod token;
pub mod transport;

pub use attempt::{Attempt, Issuers, RandomUnavailable, StateFault};
pub use authority::Authority;
pub use authorize::{SignIn, admin_consent_address, sign_in_address};
pub use callback::{Answer, CallbackFault, answer_from_address, leads_back};
pub use catcher::{Catcher, CatcherError, CatcherEvent, Unreached};
pub use diagnosis::{Leg, Refusal};
pub use discovery::{Discovery, discover};
pub use error::EntraError;
pub use exclusive::Family;
pub use identity::{AccessClaims, Belonging, Expectation, Identity, IdentityFault, verify, verify_renewed};
pub use keys::{SigningKeys, fetch_keys};
pub use mismatch::{Comparison, Mismatch, OddCharacter, Run, Side, compare_redirects};
pub use names::{TenantName, TenantNameFault, guid};
pub use redirect::{RedirectFault, RedirectUri};
pub use secret_lint::{CheckedSecret, SecretFault, SecretNotice, check_secret};
pub use token::{Registration, TokenSet, client_credentials, redeem_code, refresh};
pub use transport::{Http, TransportError, host_of};
