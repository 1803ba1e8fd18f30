//! Developer tasks, called as `cargo xtask …`: everything that must be set up, built or checked, in one place.
//!
//! It is no part of the product and nothing depends on it. Its invariant: a task does its own set-up, and a check that
//! could not run is reported with its reason, never left out in silence.

mod checks;
mod console;
mod desktop;
mod packages;
mod process;
mod python;
mod start;
mod suite;
mod windows;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use suite::Suite;
use workspace::Workspace;

/// Developer tasks of MSSP Onboard.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Install what is lacking, build, and open the wizard; without a display, run the practice onboarding instead
    Run {
        /// Where the practice onboarding writes its files [default: a new folder under target/practice]
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Install what is lacking and run every check; the table at the end says what passed, failed or was skipped
    Test {
        /// Only this check, by its name in the table; can be given several times
        #[arg(long, value_name = "NAME")]
        only: Vec<String>,
        /// Name the checks and end
        #[arg(long)]
        list: bool,
    },
    /// The Windows part of `test` alone: toolchain, lints, crate tests and the practice onboarding under Wine
    Windows,
    /// Take a picture of every screen and state of the real window, in every size, theme and language, with a page that shows
    /// them; ten minutes
    Gallery {
        /// Where the pictures go
        #[arg(long, value_name = "DIR", default_value = "artifacts/gallery")]
        out: PathBuf,
        /// Only states whose name contains this, such as `consent` or `12-`
        #[arg(long, value_name = "TEXT")]
        only: Option<String>,
    },
    /// Run a command as the end-to-end tests are run: own screen, session bus, unlocked keyring, MSSP_… variables
    Within {
        /// The command and its arguments, after `--`
        #[arg(last = true, required = true)]
        command: Vec<String>,
    },
}

fn main() -> ExitCode {
    let workspace = Workspace::of_this_run();
    match Arguments::parse().task {
        Task::Run { out } => start::run(&workspace, out),
        Task::Test { only, list } => Suite::new(checks::all()).and_run(&workspace, &only, list),
        Task::Windows => Suite::new(checks::windows()).and_run(&workspace, &[], false),
        Task::Gallery { out, only } => desktop::gallery(&workspace, &out, only),
        Task::Within { command } => desktop::within(&workspace, &command),
    }
}
