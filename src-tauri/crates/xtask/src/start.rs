//! `cargo xtask run`: from a fresh checkout to the open wizard, or, without a display, to a practice onboarding.
//!
//! It checks nothing. The invariant: whoever starts it gets something that works, or is told what to install.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Duration;

use crate::console::say;
use crate::packages::{self, Purpose};
use crate::process::{Log, Stop, shown};
use crate::python;
use crate::workspace::{APP_FEATURES, Workspace};

/// Does it all.
pub(crate) fn run(workspace: &Workspace, out: Option<PathBuf>) -> ExitCode {
    let result = if has_display() { open_the_wizard(workspace) } else { practise(workspace, out) };
    match result {
        Ok(code) => code,
        Err(Stop::Failed(why) | Stop::Skipped(why)) => {
            say(&why);
            ExitCode::FAILURE
        }
    }
}

fn has_display() -> bool {
    let named = |variable| std::env::var_os(variable).is_some_and(|value| !value.is_empty());
    cfg!(any(windows, target_os = "macos")) || named("DISPLAY") || named("WAYLAND_DISPLAY")
}

fn open_the_wizard(workspace: &Workspace) -> Result<ExitCode, Stop> {
    prepare_system(workspace, &[Purpose::CommandLine, Purpose::Window])?;
    if !packages_of_the_window_are_current(workspace) {
        step(workspace.npm(&["ci", "--no-audit", "--no-fund"]))?;
    }
    step(workspace.npm(&["run", "build"]))?;
    let mut run = workspace.cargo(&["run", "--package", "mssp-onboard"]);
    run.args(APP_FEATURES);
    last(run)
}

fn practise(workspace: &Workspace, out: Option<PathBuf>) -> Result<ExitCode, Stop> {
    say("There is no display here (neither DISPLAY nor WAYLAND_DISPLAY), so the wizard cannot open.");
    say("Instead, msspctl does the same job, start to proof, against the practice tenant.");
    prepare_system(workspace, &[Purpose::CommandLine])?;
    // Given relative to where the person stands, while the command starts in the checkout.
    let out = out.map_or_else(|| unused_folder(workspace), |out| std::path::absolute(&out).unwrap_or(out));
    let mut run = workspace.cargo(&["run", "--package", "msspctl", "--", "practice", "run", "--out"]);
    run.arg(&out);
    last(run)
}

/// System packages and, for the window, Node.
fn prepare_system(workspace: &Workspace, purposes: &[Purpose]) -> Result<(), Stop> {
    let mut log = Log::new(workspace.path("artifacts/set-up.log"), Duration::from_mins(30))?;
    if cfg!(target_os = "linux") {
        match packages::install(workspace, &mut log, purposes) {
            Ok(what) => say(&format!("System packages: {what}")),
            // Without apt-get, the person may have them under other names: the build decides.
            Err(Stop::Skipped(why)) => say(&why),
            Err(Stop::Failed(why)) => return Err(Stop::Failed(format!("{why} (log: artifacts/set-up.log)"))),
        }
    } else if cfg!(windows) {
        say(
            "Needed on Windows: the WebView2 runtime (Windows 11 has it; for Windows 10: https://developer.microsoft.com/microsoft-edge/webview2)",
        );
        say("and Node.js 20.19 or newer (https://nodejs.org).");
    } else {
        say("Needed here: Xcode's command line tools and Node.js 20.19 or newer (https://nodejs.org).");
    }
    if purposes.contains(&Purpose::Window) {
        say(&python::node(workspace, &mut log)?);
    }
    Ok(())
}

/// Whether `npm ci` was run since the lock file changed.
fn packages_of_the_window_are_current(workspace: &Workspace) -> bool {
    let changed = |path| fs::metadata(workspace.path(path)).and_then(|file| file.modified());
    match (changed("ui/node_modules/.package-lock.json"), changed("ui/package-lock.json")) {
        (Ok(installed), Ok(locked)) => installed >= locked,
        _ => false,
    }
}

fn unused_folder(workspace: &Workspace) -> PathBuf {
    let folder = workspace.path("target/practice");
    (1..10_000)
        .map(|number| folder.join(format!("run-{number}")))
        .find(|path| !path.exists())
        .unwrap_or(folder)
}

fn step(mut command: Command) -> Result<(), Stop> {
    say(&format!("$ {}", shown(&command)));
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(Stop::Failed(format!("{}: {status}", shown(&command)))) }
}

fn last(mut command: Command) -> Result<ExitCode, Stop> {
    say(&format!("$ {}", shown(&command)));
    let status = command.status()?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}
