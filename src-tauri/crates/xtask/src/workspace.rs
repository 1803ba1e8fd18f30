//! Where things are: the checkout, its tools, and commands that start in it with a clean environment.
//!
//! It starts nothing. The invariant: a command made here sees the environment that a person's shell would give it, not
//! the one that `cargo run` made for this program; otherwise build scripts that watch `CARGO_…` variables (ring's does)
//! are rebuilt each time the two alternate.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The app is built the way it ships: with the built window inside. The same for every cargo command, or tauri is built twice.
pub(crate) const APP_FEATURES: [&str; 2] = ["--features", "mssp-onboard/custom-protocol"];

/// The checkout that this program was started from.
pub(crate) struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// The checkout of the manifest that cargo started; falls back to where this program was compiled.
    pub(crate) fn of_this_run() -> Self {
        let manifest = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let manifest = PathBuf::from(manifest);
        let root = manifest.ancestors().nth(3).unwrap_or(&manifest).to_path_buf();
        Self { root }
    }

    /// A path inside the checkout.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// A file of this crate.
    pub(crate) fn own(&self, name: &str) -> PathBuf {
        self.path("src-tauri/crates/xtask").join(name)
    }

    /// A path as a person reads it: relative to the checkout where it lies inside.
    pub(crate) fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }

    /// A command that starts in the checkout, free of what `cargo run` added.
    pub(crate) fn command(&self, program: impl Into<OsString>) -> Command {
        let mut command = Command::new(program.into());
        command.current_dir(&self.root);
        for (name, _) in env::vars_os() {
            if name.to_str().is_some_and(is_added_by_cargo_run) {
                command.env_remove(name);
            }
        }
        if let Some(paths) = env::var_os("LD_LIBRARY_PATH") {
            match self.without_build_folders(&paths) {
                Some(rest) => command.env("LD_LIBRARY_PATH", rest),
                None => command.env_remove("LD_LIBRARY_PATH"),
            };
        }
        command
    }

    /// `cargo` of the pinned toolchain.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = self.command("cargo");
        command.args(arguments);
        command
    }

    /// `npm`, in `ui/`, on the node that [`crate::python::node`] settled on.
    pub(crate) fn npm(&self, arguments: &[&str]) -> Command {
        let (npm, bin) = if cfg!(windows) { ("npm.cmd", "Scripts") } else { ("npm", "bin") };
        let own = self.path("target/python").join(bin);
        let mut command = if own.join(npm).exists() {
            let path = env::var_os("PATH").unwrap_or_default();
            let paths = std::iter::once(own.clone()).chain(env::split_paths(&path));
            let mut command = self.command(own.join(npm));
            if let Ok(path) = env::join_paths(paths) {
                command.env("PATH", path);
            }
            command
        } else {
            self.command(npm)
        };
        command.current_dir(self.path("ui")).args(arguments);
        command
    }

    fn without_build_folders(&self, paths: &OsString) -> Option<OsString> {
        let build = self.path("target");
        let kept: Vec<_> = env::split_paths(paths)
            .filter(|path| {
                !path.starts_with(&build) && !path.components().any(|part| part.as_os_str() == "toolchains")
            })
            .collect();
        if kept.is_empty() { None } else { env::join_paths(kept).ok() }
    }
}

fn is_added_by_cargo_run(name: &str) -> bool {
    matches!(name, "CARGO" | "CARGO_BIN_NAME" | "CARGO_CRATE_NAME" | "CARGO_PRIMARY_PACKAGE" | "OUT_DIR")
        || name.starts_with("CARGO_PKG_")
        || name.starts_with("CARGO_MANIFEST_")
}

/// The first of these programs that is on the search path.
pub(crate) fn program(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let suffix = env::consts::EXE_SUFFIX;
    names.iter().find_map(|name| {
        env::split_paths(&path)
            .map(|folder| folder.join(format!("{name}{suffix}")))
            .find(|candidate| candidate.is_file())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_the_folder_with_the_workspace_manifest() {
        let manifest = std::fs::read_to_string(Workspace::of_this_run().path("Cargo.toml")).unwrap();
        assert!(manifest.contains("[workspace]"));
    }

    #[test]
    fn what_cargo_run_adds_is_not_passed_on_but_settings_are() {
        assert!(is_added_by_cargo_run("CARGO_PKG_VERSION_MAJOR"));
        assert!(is_added_by_cargo_run("CARGO_MANIFEST_DIR"));
        assert!(!is_added_by_cargo_run("CARGO_HOME"));
        assert!(!is_added_by_cargo_run("CARGO_INCREMENTAL"));
        assert!(!is_added_by_cargo_run("CARGO_BUILD_JOBS"));
    }
}
