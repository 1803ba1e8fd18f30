//! What to do where a test cannot run. Under `cargo xtask test` (`MSSP_E2E=1`) everything is there, so what lacks is a
//! failure; elsewhere the test says why it did not run.

/// Says that a test did not run, and why.
///
/// # Panics
///
/// Where everything should be there.
#[expect(clippy::print_stderr, reason = "where whoever runs the tests looks for it")]
pub fn lacking(what: &str) {
    assert!(std::env::var_os("MSSP_E2E").is_none_or(|value| value != "1"), "not here: {what}");
    eprintln!("skipped: {what}");
}
