//! The surroundings of the end-to-end tests: their programs, their desktop, and the variables that name both.
//!
//! It runs no test by itself. The invariant: what `cargo xtask test end-to-end` gives the tests and what
//! `cargo xtask within -- …` gives a developer is the same.
//!
//! # What the tests in `tests/` find
//!
//! | variable | what |
//! |---|---|
//! | `MSSP_E2E` | `1`: everything below is there, and a test that misses something fails. Not set (a plain `cargo nextest run`): a test that misses something prints a line `skipped: why` and returns; the table names it |
//! | `MSSPCTL` | the command line's binary |
//! | `MSSP_APP` | the desktop app's binary, with the built window inside |
//! | `MSSP_PYTHON` | a Python with the packages of `tests/python/requirements.txt` |
//! | `MSSP_NODE` | a Node that is new enough for the window's tools |
//! | `MSSP_WEBDRIVER` | `WebKitWebDriver`: start it with `--port=N` and `TAURI_WEBVIEW_AUTOMATION=true`, then ask for `webkitgtk:browserOptions: {binary: $MSSP_APP}` |
//! | `CHROMIUM` | a Chromium; as root it wants `--no-sandbox`. `chromedriver` is on the search path |
//! | `MSSP_TEST_KEYRING` | `1`: the keyring on the session bus is the tests' own |
//! | `MSSP_ARTIFACTS` | a folder for pictures and logs; it outlives the run |
//! | `DISPLAY`, `DBUS_SESSION_BUS_ADDRESS` | of a fresh Xvfb (1280 x 900) and session bus, with the keyring unlocked (`desktop-session.sh`) |
//! | `XDG_DATA_HOME`, `…CONFIG…`, `…CACHE…`, `XDG_RUNTIME_DIR` | empty folders, gone afterwards |
//!
//! All paths are absolute. Tests in the module `window` run one at a time, since they share a screen (`.config/nextest.toml`).

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use crate::console::say;
use crate::process::{Log, Stop};
use crate::python;
use crate::workspace::{APP_FEATURES, Workspace, program};

/// Builds the two programs that the tests start.
///
/// # Errors
/// When they do not build.
pub(crate) fn build_programs(workspace: &Workspace, log: &mut Log) -> Result<(), Stop> {
    // The whole workspace, so that features are the same as in every other check; xtask itself is running.
    let mut build = workspace.cargo(&["build", "--workspace", "--exclude", "xtask", "--bins"]);
    build.args(APP_FEATURES);
    log.run(build)
}

/// A command on a desktop of its own, with the variables of the table above.
///
/// # Errors
/// [`Stop::Skipped`] where there is no Xvfb and no `WebKitWebDriver` by nature; [`Stop::Failed`] where a tool is missing.
pub(crate) fn command(workspace: &Workspace, arguments: &[&str]) -> Result<Command, Stop> {
    if !cfg!(target_os = "linux") {
        return Err(Stop::Skipped("Xvfb, a session bus and WebKitWebDriver are Linux's".into()));
    }
    let tool = |names: &[&str]| {
        program(names).ok_or_else(|| {
            Stop::Failed(format!("{} is not installed: see the check system-packages", names[0]))
        })
    };
    let artifacts = workspace.path("artifacts/end-to-end");
    fs::create_dir_all(&artifacts)?;
    let mut command = workspace.command(workspace.own("desktop-session.sh"));
    command
        .args(arguments)
        .env("MSSP_E2E", "1")
        .env("MSSP_TEST_KEYRING", "1")
        .env("MSSPCTL", workspace.path("target/debug/msspctl"))
        .env("MSSP_APP", workspace.path("target/debug/mssp-onboard"))
        .env("MSSP_PYTHON", python::interpreter(workspace))
        .env(
            "MSSP_NODE",
            python::node_program(workspace)
                .ok_or_else(|| Stop::Failed("no Node: see the check node".into()))?,
        )
        .env("MSSP_WEBDRIVER", tool(&["WebKitWebDriver"])?)
        .env("CHROMIUM", tool(&["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"])?)
        .env("MSSP_ARTIFACTS", artifacts);
    Ok(command)
}

/// `cargo xtask gallery`: builds the window and the programs, then goes through every state and takes its pictures.
pub(crate) fn gallery(workspace: &Workspace, out: &Path, only: Option<String>) -> ExitCode {
    // Given relative to where the person stands, while the command starts in the checkout.
    let out = std::path::absolute(out).unwrap_or_else(|_| out.to_owned());
    let built = (|| {
        let mut log = Log::new(workspace.path("artifacts/gallery.log"), Duration::from_hours(1))?;
        log.run(workspace.npm(&["run", "build"]))
    })();
    if let Err(Stop::Failed(why) | Stop::Skipped(why)) = built {
        say(&format!("{why} (log: artifacts/gallery.log)"));
        return ExitCode::FAILURE;
    }
    let program = workspace.path("target/debug/gallery").display().to_string();
    within(workspace, &[program, out.display().to_string()].into_iter().chain(only).collect::<Vec<_>>())
}

/// `cargo xtask within -- …`: builds the programs, then runs the command; what it says goes to the screen.
pub(crate) fn within(workspace: &Workspace, arguments: &[String]) -> ExitCode {
    let prepared = (|| {
        let mut log = Log::new(workspace.path("artifacts/within.log"), Duration::from_hours(1))?;
        python::environment(workspace, &mut log)?;
        build_programs(workspace, &mut log)?;
        command(workspace, &arguments.iter().map(String::as_str).collect::<Vec<_>>())
    })();
    match prepared {
        Ok(mut command) => match command.status() {
            Ok(status) => status
                .code()
                .and_then(|code| u8::try_from(code).ok())
                .map_or(ExitCode::FAILURE, ExitCode::from),
            Err(error) => {
                say(&format!("does not start: {error}"));
                ExitCode::FAILURE
            }
        },
        Err(Stop::Failed(why) | Stop::Skipped(why)) => {
            say(&format!("{why} (log: artifacts/within.log)"));
            ExitCode::FAILURE
        }
    }
}
