//! The system packages: which, what for, how to tell that they are there, and their installation on Debian and Ubuntu.
//!
//! Not for Rust, Node or Python packages. The invariant: nothing is installed before it was listed with its reason, and
//! what is there already, from whatever source, is left alone.

use std::path::Path;
use std::process::Command;

use crate::console::say;
use crate::process::{Log, Stop, output_of, succeeds};
use crate::workspace::{Workspace, program};

/// A job that needs packages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Purpose {
    /// Compile `msspctl`.
    CommandLine,
    /// Compile and open the window.
    Window,
    /// Run the checks.
    Checks,
    /// Build for Windows and run the result under Wine.
    Windows,
}

/// How to tell that a package is not needed.
#[derive(Clone, Copy)]
enum Proof {
    /// One of these programs is on the search path.
    Program(&'static [&'static str]),
    /// pkg-config knows this library.
    Library(&'static str),
    /// This file is there.
    File(&'static str),
    /// Python can import these modules.
    Python(&'static str),
    /// fontconfig has a font for this language.
    Font(&'static str),
}

struct Package {
    name: &'static str,
    why: &'static str,
    purpose: Purpose,
    proof: Proof,
}

const fn package(name: &'static str, why: &'static str, purpose: Purpose, proof: Proof) -> Package {
    Package { name, why, purpose, proof }
}

const PACKAGES: &[Package] = &[
    package(
        "build-essential",
        "C compiler, for SQLite and cryptography",
        Purpose::CommandLine,
        Proof::Program(&["cc"]),
    ),
    // Also what the proofs of libraries below ask.
    package("pkg-config", "finds the libraries to link", Purpose::Window, Proof::Program(&["pkg-config"])),
    package(
        "libwebkit2gtk-4.1-dev",
        "the web view of the window",
        Purpose::Window,
        Proof::Library("webkit2gtk-4.1"),
    ),
    package(
        "python3-venv",
        "Microsoft's own client library as a judge; Node where the system's is too old",
        Purpose::Window,
        Proof::Python("ensurepip, venv"),
    ),
    package("git", "compares generated files with committed ones", Purpose::Checks, Proof::Program(&["git"])),
    package("xvfb", "a screen in memory", Purpose::Checks, Proof::Program(&["xvfb-run"])),
    package("xauth", "the screen's key", Purpose::Checks, Proof::Program(&["xauth"])),
    package("dbus", "a session bus", Purpose::Checks, Proof::Program(&["dbus-run-session"])),
    package(
        "gnome-keyring",
        "a keyring on that bus",
        Purpose::Checks,
        Proof::Program(&["gnome-keyring-daemon"]),
    ),
    package(
        "libsecret-tools",
        "looks into the keyring from outside",
        Purpose::Checks,
        Proof::Program(&["secret-tool"]),
    ),
    package(
        "webkit2gtk-driver",
        "drives the real window",
        Purpose::Checks,
        Proof::Program(&["WebKitWebDriver"]),
    ),
    package(
        "chromium",
        "the browser in which consent is given",
        Purpose::Checks,
        Proof::Program(&["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]),
    ),
    package("chromium-driver", "drives that browser", Purpose::Checks, Proof::Program(&["chromedriver"])),
    package("fontconfig", "says which fonts there are", Purpose::Checks, Proof::Program(&["fc-list"])),
    package("fonts-dejavu-core", "text on pictures of the window", Purpose::Checks, Proof::Font("en")),
    package(
        "fonts-noto-cjk",
        "Korean and Chinese text on pictures of the window",
        Purpose::Checks,
        Proof::Font("ko"),
    ),
    package("imagemagick", "pictures of the whole screen", Purpose::Checks, Proof::Program(&["import"])),
    package("curl", "reads the exported curl files", Purpose::Checks, Proof::Program(&["curl"])),
    package("jq", "reads the exported JSON files", Purpose::Checks, Proof::Program(&["jq"])),
    package("libxml2-utils", "reads the exported XML files", Purpose::Checks, Proof::Program(&["xmllint"])),
    package("openssl", "judges certificates", Purpose::Checks, Proof::Program(&["openssl"])),
    package(
        "gcc-mingw-w64-x86-64-win32",
        "C compiler and linker for Windows",
        Purpose::Windows,
        Proof::Program(&["x86_64-w64-mingw32-gcc"]),
    ),
    package(
        "g++-mingw-w64-x86-64-win32",
        "C++ compiler for Windows",
        Purpose::Windows,
        Proof::Program(&["x86_64-w64-mingw32-g++"]),
    ),
    package("wine64", "runs the Windows programs", Purpose::Windows, Proof::File("/usr/lib/wine/wine64")),
];

impl Package {
    fn is_there(&self, workspace: &Workspace) -> bool {
        match self.proof {
            Proof::Program(names) => program(names).is_some(),
            Proof::Library(name) => succeeds(with(workspace, "pkg-config", &["--exists", name])),
            Proof::File(path) => Path::new(path).exists(),
            Proof::Python(modules) => {
                succeeds(with(workspace, "python3", &["-c", &format!("import {modules}")]))
            }
            Proof::Font(language) => {
                output_of(with(workspace, "fc-list", &[&format!(":lang={language}"), "family"]))
                    .is_some_and(|fonts| !fonts.is_empty())
            }
        }
    }
}

fn with(workspace: &Workspace, name: &str, arguments: &[&str]) -> Command {
    let mut command = workspace.command(name);
    command.args(arguments);
    command
}

/// Installs what these purposes need and the system lacks.
///
/// # Errors
/// Failed when a package cannot be had or its installation fails; skipped where there is no apt-get and something lacks.
pub(crate) fn install(workspace: &Workspace, log: &mut Log, purposes: &[Purpose]) -> Result<String, Stop> {
    let wanted: Vec<&Package> =
        PACKAGES.iter().filter(|package| purposes.contains(&package.purpose)).collect();
    let lacking = lacking_of(workspace, &wanted);
    if lacking.is_empty() {
        return Ok(format!("all {} there", wanted.len()));
    }
    say("");
    say("  The system lacks, by the names of Debian's packages:");
    for package in &lacking {
        say(&format!("    {:<28} {}", package.name, package.why));
    }
    let names: Vec<&str> = lacking.iter().map(|package| package.name).collect();
    if program(&["apt-get"]).is_none() {
        return Err(Stop::Skipped(format!("no apt-get here; install by hand: {}", names.join(" "))));
    }
    say("  Installing them with apt-get …");
    // An outdated list of one archive is no reason to stop: the installation itself decides.
    if let Err(Stop::Failed(why) | Stop::Skipped(why)) = log.run(apt_get(workspace, &["update"])) {
        log.note(&why);
    }
    let mut install = apt_get(workspace, &["install", "--yes", "--no-install-recommends"]);
    install.args(&names);
    log.run(install)?;
    let still = lacking_of(workspace, &lacking);
    if still.is_empty() {
        return Ok(format!("{} installed, {} there before", names.len(), wanted.len() - names.len()));
    }
    let names: Vec<&str> = still.iter().map(|package| package.name).collect();
    Err(Stop::Failed(format!("installed, yet not found: {}", names.join(" "))))
}

fn lacking_of<'a>(workspace: &Workspace, wanted: &[&'a Package]) -> Vec<&'a Package> {
    wanted.iter().filter(|package| !package.is_there(workspace)).copied().collect()
}

/// `apt-get` as root, without questions, patient with another one that holds the lock.
fn apt_get(workspace: &Workspace, arguments: &[&str]) -> Command {
    let root = output_of(with(workspace, "id", &["-u"])).is_some_and(|id| id == "0");
    let mut command = if root { workspace.command("env") } else { with(workspace, "sudo", &["env"]) };
    command.args([
        "DEBIAN_FRONTEND=noninteractive",
        "apt-get",
        "-o",
        "DPkg::Lock::Timeout=600",
        "-o",
        "Acquire::Retries=3",
    ]);
    command.args(arguments);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_says_why_it_is_wanted_and_stands_once() {
        for package in PACKAGES {
            assert!(!package.why.is_empty(), "{}", package.name);
            assert_eq!(
                PACKAGES.iter().filter(|other| other.name == package.name).count(),
                1,
                "{}",
                package.name
            );
        }
    }

    #[test]
    fn the_command_line_needs_neither_web_view_nor_test_tools() {
        let names: Vec<_> = PACKAGES
            .iter()
            .filter(|package| package.purpose == Purpose::CommandLine)
            .map(|package| package.name)
            .collect();
        assert_eq!(names, ["build-essential"]);
    }
}
