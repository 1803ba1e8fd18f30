//! The one place that opens a browser. `$BROWSER` is honoured, with `%s` for the address as the convention has it.
//!
//! That a browser was started does not mean that a page was shown: callers always show the address too.

use crate::contract::{Problem, ProblemCode};

/// Opens an `http` or `https` address in the default browser.
///
/// # Errors
///
/// `no-browser` when none could be started; `internal` for any other kind of address, which is never handed to the
/// operating system.
#[expect(clippy::disallowed_methods, reason = "the one home that opens browsers")]
pub fn open(address: &str) -> Result<(), Problem> {
    let is_web = url::Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if !is_web {
        return Err(Problem::new(ProblemCode::Internal).with("reason", "not a web address"));
    }
    webbrowser::open(address).map_err(|error| Problem::new(ProblemCode::NoBrowser).caused_by(&error))
}
