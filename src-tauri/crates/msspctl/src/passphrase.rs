//! The vault's passphrase where there is no keyring: from a file, a descriptor, or a prompt on a terminal.

use std::io::IsTerminal as _;
use std::path::Path;

use onboarding::contract::{Problem, ProblemCode};
use secrecy::SecretString;

use crate::secret_input;

/// Reads the passphrase from a file or standard input.
///
/// # Errors
///
/// `file-trouble`; `vault-locked` when nothing is in it.
pub(crate) fn from_file(path: &Path) -> Result<SecretString, Problem> {
    secret_input::read_text(path).map_err(|problem| {
        if problem.code == ProblemCode::SecretMalformed {
            Problem::new(ProblemCode::VaultLocked)
        } else {
            problem
        }
    })
}

/// Whether there is somebody to ask.
pub(crate) fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks on the terminal, without showing what is typed.
///
/// # Errors
///
/// `vault-locked` when nothing was typed.
pub(crate) fn ask(question: &str) -> Result<SecretString, Problem> {
    match rpassword::prompt_password(question) {
        Ok(typed) if !typed.is_empty() => Ok(typed.into()),
        Ok(_) => Err(Problem::new(ProblemCode::VaultLocked)),
        Err(error) => Err(Problem::new(ProblemCode::VaultLocked).caused_by(&error)),
    }
}
