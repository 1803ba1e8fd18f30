//! Where the built programs are. `cargo xtask test` says so by environment variables; without them the debug build of
//! this workspace is taken.

use std::path::{Path, PathBuf};

/// `msspctl`, or what `MSSPCTL` names.
pub fn msspctl() -> PathBuf {
    named("MSSPCTL", "msspctl")
}

/// The desktop app, or what `MSSP_APP` names.
pub fn app() -> PathBuf {
    named("MSSP_APP", "mssp-onboard")
}

/// A browser that signs in by submitting the practice tenant's forms.
pub fn scripted_browser() -> PathBuf {
    named("MSSP_SCRIPTED_BROWSER", "scripted-browser")
}

/// A browser that is a real headless Chromium.
pub fn chromium_browser() -> PathBuf {
    named("MSSP_CHROMIUM_BROWSER", "chromium-browser")
}

/// Python with the packages of `tests/python/requirements.txt`, from `MSSP_PYTHON`.
pub fn python() -> Option<PathBuf> {
    std::env::var_os("MSSP_PYTHON").map(PathBuf::from)
}

/// The root of the checkout.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned).unwrap_or_default()
}

/// A folder for screenshots and the like, kept after the tests.
pub fn artefacts() -> PathBuf {
    std::env::var_os("MSSP_ARTIFACTS").map_or_else(|| root().join("artifacts"), PathBuf::from)
}

fn named(variable: &str, name: &str) -> PathBuf {
    let built = || {
        let here = std::env::current_exe().unwrap_or_default();
        // …/target/debug/deps/flow-… or …/target/debug/scripted-browser
        let folder = here.ancestors().find(|folder| folder.ends_with("debug") || folder.ends_with("release"));
        folder.unwrap_or(&here).join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    };
    std::env::var_os(variable).map_or_else(built, PathBuf::from)
}
