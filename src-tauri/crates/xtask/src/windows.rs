//! The Windows part of the checks: built on Linux with mingw, run under Wine.
//!
//! Wine shows neither the web view nor ACLs nor the real credential store's limits; those need a real Windows. The invariant:
//! where there is no toolchain the checks behind it say so, and the missing toolchain itself is a failure.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::process::{self, Log, Stop, output_of};
use crate::workspace::{APP_FEATURES, Workspace};

/// Gets a Windows standard library, a Wine prefix, and `cargo-windows`, and proves the three with a small program.
///
/// # Errors
/// Skipped on other systems than Debian's family on x86-64; failed where the toolchain cannot be had.
pub(crate) fn toolchain(workspace: &Workspace, log: &mut Log) -> Result<String, Stop> {
    can_cross()?;
    log.run(workspace.command(workspace.own("windows-toolchain.sh")))?;
    let text = log.text();
    Ok(text.lines().last().unwrap_or_default().to_owned())
}

/// Clippy for Windows, every crate and target, the app included.
///
/// # Errors
/// When it has a warning.
pub(crate) fn lint(workspace: &Workspace, log: &mut Log) -> Result<String, Stop> {
    let mut lint = cargo(workspace, &["clippy", "--workspace", "--all-targets", "--keep-going"])?;
    lint.args(APP_FEATURES).args(["--", "-D", "warnings"]);
    log.run(lint)?;
    Ok("clippy, every target, no warning".into())
}

/// Links the programs, the app included.
///
/// # Errors
/// When they do not link.
pub(crate) fn build(workspace: &Workspace, log: &mut Log) -> Result<String, Stop> {
    let mut build =
        cargo(workspace, &["build", "--package", "mssp-onboard", "--package", "msspctl", "--bins"])?;
    build.args(APP_FEATURES);
    log.run(build)?;
    let folder = programs(workspace)?;
    for name in ["msspctl.exe", "mssp-onboard.exe"] {
        if !folder.join(name).is_file() {
            return Err(Stop::Failed(format!("there is no {name} in {}", workspace.shown(&folder))));
        }
    }
    Ok("msspctl.exe, mssp-onboard.exe".into())
}

/// The crates' own tests under Wine. Not the app's: a program that links the web view does not start there.
///
/// # Errors
/// When one fails.
pub(crate) fn tests(workspace: &Workspace, log: &mut Log) -> Result<String, Stop> {
    // In one process for each crate: a process of its own for each test costs half a second under Wine.
    let mut test =
        cargo(workspace, &["test", "--workspace", "--exclude", "mssp-onboard", "--exclude", "tests"])?;
    test.args(["--lib", "--bins", "--tests", "--no-fail-fast", "--", "--show-output"]);
    // The credentials of the Wine prefix are nobody's, and never locked: the check keyring has the other states.
    test.args(["--skip", "the_real_keyring_says_why"]).env("MSSP_TEST_KEYRING", "1");
    test.env("TS_RS_EXPORT_DIR", workspace.path("target/contract-windows")).env("INSTA_UPDATE", "no");
    // insta would ask cargo where the workspace is, and under Wine there is none.
    test.env("INSTA_WORKSPACE_ROOT", workspace.path(""));
    let result = log.run(test);
    let text = log.text();
    let counted = |word| counted(&text, word);
    let (passed, failed, ignored) = (counted("passed"), counted("failed"), counted("ignored"));
    // The names are far apart in the log; at its end they are seen.
    text.lines().filter(|line| line.trim_end().ends_with("... FAILED")).for_each(|line| log.note(line));
    match result {
        Ok(()) if ignored > 0 => Err(Stop::Skipped(format!(
            "{passed} passed under Wine, but {ignored} are marked #[ignore] there"
        ))),
        Ok(()) => process::passed_but_for_skips(&text, format!("{passed} passed under Wine")),
        Err(Stop::Failed(_)) if failed > 0 => {
            Err(Stop::Failed(format!("{passed} passed, {failed} failed under Wine")))
        }
        Err(stop) => Err(stop),
    }
}

/// The main job, start to proof, by the Windows program.
///
/// # Errors
/// When it fails or leaves no files.
pub(crate) fn practice(workspace: &Workspace, log: &mut Log) -> Result<String, Stop> {
    let out = workspace.path("target/practice/windows");
    if out.exists() {
        fs::remove_dir_all(&out)?;
    }
    let program = programs(workspace)?.join("msspctl.exe");
    if !program.is_file() {
        return Err(Stop::Skipped("there is no msspctl.exe: see windows-build".into()));
    }
    // The wrapper knows Wine and its prefix.
    let mut run = workspace.command(wrapper("wine-windows")?);
    run.arg(program).args(["practice", "run", "--out", "target/practice/windows"]);
    log.run(run)?;
    match fs::read_dir(&out).map(Iterator::count) {
        Ok(count) if count > 0 => Ok(format!("msspctl.exe under Wine wrote {}", workspace.shown(&out))),
        Ok(_) | Err(_) => Err(Stop::Failed("it ended well, but wrote nothing".into())),
    }
}

fn can_cross() -> Result<(), Stop> {
    if cfg!(windows) {
        return Err(Stop::Skipped("this is Windows: the checks above ran natively".into()));
    }
    if !cfg!(all(target_os = "linux", target_arch = "x86_64"))
        || !std::path::Path::new("/etc/debian_version").exists()
    {
        return Err(Stop::Skipped("building for Windows is set up for Debian and Ubuntu on x86-64".into()));
    }
    Ok(())
}

/// A program that `windows-toolchain.sh` made.
fn wrapper(name: &str) -> Result<PathBuf, Stop> {
    can_cross()?;
    let home = std::env::var_os("RUST_WINDOWS").map(PathBuf::from);
    let home =
        home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".local/share/rust-windows")));
    let path = home.unwrap_or_default().join("bin").join(name);
    if path.is_file() {
        Ok(path)
    } else {
        Err(Stop::Skipped("there is no toolchain: see windows-toolchain".into()))
    }
}

fn cargo(workspace: &Workspace, arguments: &[&str]) -> Result<Command, Stop> {
    let mut command = workspace.command(wrapper("cargo-windows")?);
    command.args(arguments);
    Ok(command)
}

/// Where `cargo-windows` puts programs: which target directory it takes depends on where its compiler comes from.
fn programs(workspace: &Workspace) -> Result<PathBuf, Stop> {
    let metadata = output_of(cargo(workspace, &["metadata", "--no-deps", "--format-version", "1"])?);
    let metadata: Option<serde_json::Value> = metadata.and_then(|text| serde_json::from_str(&text).ok());
    let target = metadata.as_ref().and_then(|metadata| metadata.get("target_directory")?.as_str());
    let target =
        target.ok_or_else(|| Stop::Failed("cargo-windows does not name its target directory".into()))?;
    Ok(PathBuf::from(target).join("x86_64-pc-windows-gnu/debug"))
}

/// How many tests passed, failed or were ignored, over all `test result:` lines.
fn counted(text: &str, word: &str) -> usize {
    let results = text.lines().filter_map(|line| line.trim().strip_prefix("test result:"));
    let counts = results.flat_map(|result| result.split(['.', ';'])).map(str::trim);
    counts.filter_map(|count| count.strip_suffix(word)?.trim().parse::<usize>().ok()).sum()
}

#[cfg(test)]
mod own_tests {
    use super::*;

    #[test]
    fn results_of_all_test_programs_are_added() {
        let text = "test result: FAILED. 12 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.10s\r\n\
                    other\n\
                    test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n";
        assert_eq!((counted(text, "passed"), counted(text, "failed"), counted(text, "ignored")), (15, 2, 1));
    }
}
