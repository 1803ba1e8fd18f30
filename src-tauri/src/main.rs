//! The desktop app's entry. All of it is in the library, so that tests reach it.

// Without this, Windows opens a console beside the window.
#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

use std::process::ExitCode;

fn main() -> ExitCode {
    mssp_onboard::run()
}
