//! The one place that prints.
//!
//! Not a log: what a command says goes to its log file (see `process`). The invariant: every line is on the screen when
//! the call returns, so that a line cut in two by a long check shows its first half at once.

use std::io::Write as _;

/// Prints a line.
#[expect(clippy::print_stdout, reason = "a developer task speaks to the person who started it")]
pub(crate) fn say(line: &str) {
    println!("{line}");
}

/// Prints the beginning of a line that a later [`say`] ends.
#[expect(clippy::print_stdout, reason = "a developer task speaks to the person who started it")]
pub(crate) fn begin(part: &str) {
    print!("{part}");
    // A closed standard output (a reader that went away) is no reason to stop a check.
    let _ = std::io::stdout().flush();
}
