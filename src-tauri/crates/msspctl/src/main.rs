//! The command line of MSSP Onboard: the same engine as the window, for scripts, servers and people who prefer it.
//!
//! What is printed on standard output is a result and nothing else; progress and problems go to standard error. No
//! secret is taken as an argument or printed.

mod args;
mod commands;
mod durations;
mod failure;
mod interrupt;
mod output;
mod passphrase;
mod practice;
mod progress;
mod prose;
mod secret_input;
mod session;
mod texts;

use std::process::ExitCode;

use clap::Parser as _;
use onboarding::contract::{Problem, ProblemCode};
use tokio::runtime::Runtime;

use args::{Cli, Command};
use failure::Failure;
use interrupt::until_interrupted;
use output::Output;
use practice::PracticeCommand;
use prose::Prose;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return failure::usage(&error),
    };
    let output = Output::new(cli.global.json, Prose::new(cli.global.language()));
    match run(&cli, &output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(&output),
    }
}

fn run(cli: &Cli, output: &Output) -> Result<(), Failure> {
    let mut builder = if runs_on_one_thread(&cli.command) {
        tokio::runtime::Builder::new_current_thread()
    } else {
        tokio::runtime::Builder::new_multi_thread()
    };
    let runtime = builder.enable_all().build().map_err(|error| {
        Problem::new(ProblemCode::Internal).with("reason", "no runtime").caused_by(&error)
    })?;
    let outcome = dispatch(cli, output, &runtime);
    // A read of standard input may still hang in a thread of its own; nobody waits for it any more.
    runtime.shutdown_background();
    outcome
}

/// A pull is one stream from one connection into one file: threads would only hand its bytes to each other.
fn runs_on_one_thread(command: &Command) -> bool {
    matches!(command, Command::Work(work) if work.stops_by_itself())
}

fn dispatch(cli: &Cli, output: &Output, runtime: &Runtime) -> Result<(), Failure> {
    match &cli.command {
        Command::Practice(PracticeCommand::Run(args)) => {
            runtime.block_on(until_interrupted(practice::run(args, output)))
        }
        // Being told to stop is how serving ends, not a job cut short.
        Command::Practice(PracticeCommand::Start(args)) => runtime.block_on(practice::start(args)),
        Command::Explain(args) => commands::explain::run(args, output),
        Command::Work(work) => {
            work.check(&cli.global)?;
            // Not yet interruptible in an orderly way: a prompt for the passphrase must end at once with Ctrl-C.
            let engine = runtime.block_on(session::open(&cli.global, work.goes_another_way(), output))?;
            let done = commands::run(work, &engine, output);
            // A pull that is told to stop keeps what has arrived.
            if work.stops_by_itself() {
                runtime.block_on(done)
            } else {
                runtime.block_on(until_interrupted(done))
            }
        }
    }
}
