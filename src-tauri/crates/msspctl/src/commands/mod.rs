//! One room for each command: its options, the call of the engine, the result in words.

pub(crate) mod authorize;
pub(crate) mod consent;
pub(crate) mod customer;
pub(crate) mod explain;
pub(crate) mod export;
pub(crate) mod journal;
pub(crate) mod pull;
pub(crate) mod register;
pub(crate) mod settings;
pub(crate) mod status;
pub(crate) mod verify;

mod alert_file;
mod alert_format;
mod handoff;
mod import;
mod view;

pub(crate) use export::folder_text;

use onboarding::Engine;

use crate::args::Work;
use crate::failure::Failure;
use crate::output::Output;

/// Does what the command line says.
///
/// # Errors
///
/// Whatever the command says.
pub(crate) async fn run(work: &Work, engine: &Engine, output: &Output) -> Result<(), Failure> {
    match work {
        Work::Customer(command) => customer::run(command, engine, output).await,
        Work::Register(args) => register::run(args, engine, output).await,
        Work::Consent(args) => consent::run(args, engine, output).await,
        Work::Authorize(args) => authorize::run(args, engine, output).await,
        Work::Export(args) => export::run(args, engine, output).await,
        Work::Verify(args) => verify::run(args, engine, output).await,
        Work::Pull(args) => pull::run(args, engine, output).await,
        Work::Status(args) => status::run(args, engine, output).await,
        Work::Settings(command) => settings::run(command, engine, output).await,
        Work::Journal(args) => journal::run(args, engine, output).await,
    }
}
