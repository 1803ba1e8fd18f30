//! Opening the engine as the global options say.

use onboarding::contract::{Problem, ProblemCode};
use onboarding::{Engine, OneRun, OpenOptions, Unlock};
use secrecy::SecretString;

use crate::args::Global;
use crate::output::Output;
use crate::passphrase;
use crate::texts::Text;

/// Opens the data folder: with the passphrase that was given, else with the keyring, else with one that is asked for. Goes
/// `another_way` to the hosts where the options name one.
///
/// # Errors
///
/// Whatever [`Engine::open`] says.
pub(crate) async fn open(global: &Global, another_way: bool, output: &Output) -> Result<Engine, Problem> {
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
    if another_way && (global.proxy.is_some() || global.ca_file.is_some()) {
        let way = OneRun {
            proxy: global.proxy.clone(),
            ca_file: global.ca_file.as_ref().map(|file| file.display().to_string()),
        };
        engine.go_by(way, |user, proxy| proxy_password(user, proxy, output)).await?;
    }
    Ok(engine)
}

/// Asks a person for the password of a proxy's user; where nobody can be asked, the proxy itself will say what it thinks.
fn proxy_password(user: &str, proxy: &str, output: &Output) -> Option<SecretString> {
    if !passphrase::can_ask() {
        return None;
    }
    let question =
        output.prose().text(Text::AskProxyPassword).replace("{user}", user).replace("{proxy}", proxy);
    passphrase::ask(&format!("{question}: ")).ok()
}
