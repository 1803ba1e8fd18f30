//! Opening the engine as the global options say.

use onboarding::contract::{Problem, ProblemCode};
use onboarding::{Engine, OpenOptions, Unlock};

use crate::args::Global;
use crate::output::Output;
use crate::passphrase;
use crate::texts::Text;

/// Opens the data folder: with the passphrase that was given, else with the keyring, else with one that is asked for.
///
/// # Errors
///
/// Whatever [`Engine::open`] says.
pub(crate) async fn open(global: &Global, output: &Output) -> Result<Engine, Problem> {
    let folder = match &global.data {
        Some(folder) => folder.clone(),
        None => Engine::default_folder()?,
    };
    let options =
        |unlock| OpenOptions { folder: folder.clone(), unlock, cloud_file: global.cloud_file.clone() };
    let engine = match &global.passphrase_file {
        Some(path) => Engine::open(options(Unlock::Passphrase(passphrase::from_file(path)?))).await?,
        None => match Engine::open(options(Unlock::Keyring)).await {
            Err(problem) if problem.code == ProblemCode::VaultLocked && passphrase::can_ask() => {
                let question = format!("{}: ", output.prose().text(Text::AskPassphrase));
                Engine::open(options(Unlock::Passphrase(passphrase::ask(&question)?))).await?
            }
            other => other?,
        },
    };
    onboarding::logging::start(engine.folder(), "msspctl")?;
    Ok(engine)
}
