//! One sign-in attempt: the `state`, PKCE verifier and nonce that tie an answer to the question.
//!
//! The invariants: each value has 256 bits from the operating system; an attempt is answered once, within its
//! lifetime, and only by its own `state`, compared in constant time. Its lifetime runs on the monotonic clock, so a
//! wall clock that is wrong or is being set does not matter.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;
use tokio::time::Instant;
use zeroize::Zeroizing;

use crate::CallbackFault;

/// One sign-in attempt.
pub struct Attempt {
    state: SecretString,
    verifier: SecretString,
    nonce: SecretString,
    issuers: Option<Issuers>,
    deadline: Instant,
    spent: bool,
}

/// Who may answer an attempt (RFC 9207).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuers {
    /// Their names, letter by letter as they would stand in an answer.
    pub names: Vec<String>,
    /// They always say who they are, so that an answer without a name is none.
    pub always_told: bool,
}

/// The operating system gave no random bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gives no random bytes")]
pub struct RandomUnavailable;

/// Why a `state` does not answer an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StateFault {
    /// It is another one.
    #[error("the state is another one")]
    Wrong,
    /// The attempt was answered before.
    #[error("the attempt was answered before")]
    Spent,
    /// The attempt is too old.
    #[error("the attempt is too old")]
    Expired,
}

impl Attempt {
    /// How long an answer is awaited unless the engineer asks for more: what an authorization code lives, too.
    pub const LIFETIME: Duration = Duration::from_mins(10);

    /// Begins an attempt that can be answered for so long.
    ///
    /// # Errors
    /// The operating system gave no random bytes.
    pub fn begin(lifetime: Duration) -> Result<Self, RandomUnavailable> {
        Ok(Self {
            state: random_text()?,
            verifier: random_text()?,
            nonce: random_text()?,
            issuers: None,
            deadline: Instant::now() + lifetime,
            spent: false,
        })
    }

    /// Goes on with an attempt of an earlier process, of which only the `state` was kept: its answer can be an
    /// administrator's consent or a refusal. A code cannot be redeemed with it, for its verifier is another one.
    ///
    /// # Errors
    /// The operating system gave no random bytes.
    pub fn resume(state: SecretString, lifetime: Duration) -> Result<Self, RandomUnavailable> {
        Ok(Self { state, ..Self::begin(lifetime)? })
    }

    /// The same attempt, of which it is known who may answer. Otherwise anybody may who has the `state`.
    #[must_use]
    pub fn asked_of(self, issuers: Issuers) -> Self {
        Self { issuers: Some(issuers), ..self }
    }

    /// Goes into the sign-in address, and comes back with the answer.
    pub fn state(&self) -> &SecretString {
        &self.state
    }

    /// Goes into the sign-in address as its SHA-256 only, and into the redemption of the code.
    pub fn verifier(&self) -> &SecretString {
        &self.verifier
    }

    /// Goes into the sign-in address, and comes back inside the id token.
    pub fn nonce(&self) -> &SecretString {
        &self.nonce
    }

    /// Time left for an answer.
    pub fn remaining(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    pub(crate) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Compares a `state` that came back, without spending the attempt.
    ///
    /// # Errors
    /// It is not this attempt's, or the attempt is over.
    pub(crate) fn compare(&self, state: &str) -> Result<(), StateFault> {
        // Everything is looked at before anything is decided.
        let right = bool::from(self.state.expose_secret().as_bytes().ct_eq(state.as_bytes()));
        match (right, self.spent, self.remaining().is_zero()) {
            (false, _, _) => Err(StateFault::Wrong),
            (true, true, _) => Err(StateFault::Spent),
            (true, false, true) => Err(StateFault::Expired),
            (true, false, false) => Ok(()),
        }
    }

    /// Compares the issuer that an answer names, if it names one.
    ///
    /// # Errors
    /// It is somebody else's, or missing where it is always told.
    pub(crate) fn compare_issuer(&self, named: Option<&str>) -> Result<(), CallbackFault> {
        match (&self.issuers, named) {
            (Some(issuers), Some(named)) if !issuers.names.iter().any(|issuer| issuer == named) => {
                Err(CallbackFault::ForeignIssuer)
            }
            (Some(issuers), None) if issuers.always_told => Err(CallbackFault::NoIssuer),
            (Some(_) | None, _) => Ok(()),
        }
    }

    pub(crate) fn is_spent(&self) -> bool {
        self.spent
    }

    /// Ends the attempt: from now on no answer is accepted.
    pub(crate) fn spend(&mut self) {
        self.spent = true;
    }
}

impl std::fmt::Debug for Attempt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attempt").field("spent", &self.spent).finish_non_exhaustive()
    }
}

/// 256 bits as 43 characters, which is also the shortest verifier that RFC 7636 allows.
fn random_text() -> Result<SecretString, RandomUnavailable> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    getrandom::fill(bytes.as_mut_slice()).map_err(|_| RandomUnavailable)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes.as_slice()).into())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_values_are_alike() {
        let mut seen = HashSet::new();
        for _ in 0..10_000 {
            let attempt = Attempt::begin(Attempt::LIFETIME).unwrap();
            for value in [&attempt.state, &attempt.verifier, &attempt.nonce] {
                assert_eq!(value.expose_secret().len(), 43);
                assert!(seen.insert(value.expose_secret().to_owned()));
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_attempt_is_answered_once_and_in_time() {
        let mut attempt = Attempt::begin(Attempt::LIFETIME).unwrap();
        let state = attempt.state.expose_secret().to_owned();
        assert_eq!(attempt.compare(""), Err(StateFault::Wrong));
        assert_eq!(attempt.compare(&state[1..]), Err(StateFault::Wrong));
        assert_eq!(attempt.compare(&state), Ok(()));

        tokio::time::advance(Attempt::LIFETIME).await;
        assert_eq!(attempt.compare(&state), Err(StateFault::Expired));

        attempt.spend();
        assert_eq!(attempt.compare(&state), Err(StateFault::Spent));
    }

    #[test]
    fn a_resumed_attempt_is_answered_by_the_state_of_the_first_and_by_nothing_else_of_it() {
        let first = Attempt::begin(Attempt::LIFETIME).unwrap();
        let resumed = Attempt::resume(first.state.clone(), Attempt::LIFETIME).unwrap();
        assert_eq!(resumed.compare(first.state.expose_secret()), Ok(()));
        assert_ne!(resumed.verifier.expose_secret(), first.verifier.expose_secret());
        assert_ne!(resumed.nonce.expose_secret(), first.nonce.expose_secret());
    }

    #[test]
    fn nothing_of_it_can_be_printed() {
        let attempt = Attempt::begin(Attempt::LIFETIME).unwrap();
        let printed = format!("{attempt:?}");
        for value in [&attempt.state, &attempt.verifier, &attempt.nonce] {
            assert!(!printed.contains(value.expose_secret()));
        }
    }
}
