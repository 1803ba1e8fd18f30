//! The checks of `cargo xtask test`, in their order.
//!
//! What runs a check is in `suite`, what the Windows ones do in `windows`. The invariant: the window is built before
//! anything that compiles the app, and every cargo command selects the same packages and features, so that each dependency
//! is compiled once for checking and once for running.

use std::fs;

use crate::desktop;
use crate::packages::{self, Purpose};
use crate::process::{self, Log, Stop, output_of, succeeds};
use crate::python;
use crate::suite::Check;
use crate::windows;
use crate::workspace::{APP_FEATURES, Workspace};

/// The version that is installed where there is none; any that is there will do.
const NEXTEST_VERSION: &str = "0.9.143";

/// All of them.
pub(crate) fn all() -> Vec<Check> {
    let mut checks = vec![
        Check { name: "system-packages", minutes: 15, body: system_packages },
        Check { name: "rust-tools", minutes: 20, body: rust_tools },
        Check { name: "python", minutes: 5, body: python::environment },
        Check { name: "node", minutes: 5, body: python::node },
        Check { name: "window-packages", minutes: 5, body: window_packages },
        Check { name: "window-types", minutes: 5, body: window_types },
        Check { name: "window-tests", minutes: 5, body: window_tests },
        Check { name: "window-build", minutes: 5, body: window_build },
        Check { name: "format", minutes: 2, body: format },
        Check { name: "lint", minutes: 20, body: lint },
        Check { name: "docs", minutes: 10, body: docs },
        Check { name: "crate-tests", minutes: 25, body: crate_tests },
        Check { name: "keyring", minutes: 5, body: keyring },
        Check { name: "contract", minutes: 5, body: contract },
        Check { name: "end-to-end", minutes: 25, body: end_to_end },
        Check { name: "ignored-tests", minutes: 5, body: ignored_tests },
    ];
    checks.extend(windows_checks());
    checks
}

/// The Windows part, with what it needs.
pub(crate) fn windows() -> Vec<Check> {
    let mut checks = vec![Check { name: "system-packages", minutes: 15, body: windows_packages }];
    checks.extend(windows_checks());
    checks
}

fn windows_checks() -> Vec<Check> {
    vec![
        Check { name: "windows-toolchain", minutes: 15, body: windows::toolchain },
        Check { name: "windows-lint", minutes: 20, body: windows::lint },
        Check { name: "windows-build", minutes: 20, body: windows::build },
        Check { name: "windows-tests", minutes: 20, body: windows::tests },
        Check { name: "windows-practice", minutes: 3, body: windows::practice },
    ]
}

fn system_packages(workspace: &Workspace, log: &mut Log) -> Result<String, Stop> {
    packages::install(
        workspace,
        log,
        &[Purpose::CommandLine, Purpose::Window, Purpose::Checks, Purpose::Windows],
    )
}

fn windows_packages(workspace: &Workspace, log: &mut Log) -> Result<String, Stop> {
    packages::install(workspace, log, &[Purpose::CommandLine, Purpose::Windows])
}

fn rust_tools(workspace: &Workspace, log: &mut Log) -> Result<String, Stop> {
    for (tool, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        if !succeeds(workspace.cargo(&[tool, "--version"])) {
            let mut add = workspace.command("rustup");
            add.args(["component", "add", component]);
            log.run(add)?;
        }
    }
    if !succeeds(workspace.cargo(&["nextest", "--version"])) {
        // Without its self-update; unoptimised, because it spends its time waiting for tests.
        let mut install = workspace.cargo(&[
            "install",
            "cargo-nextest",
            "--version",
            NEXTEST_VERSION,
            "--locked",
            "--debug",
        ]);
        install.args(["--no-default-features", "--features", "default-no-update"]);
        log.run(install)?;
    }
    log.run(workspace.cargo(&["nextest", "--version"]))?;
    Ok("rustfmt, clippy, nextest".into())
}

fn window_packages(workspace: &Workspace, log: &mut Log) -> Result<String, Stop> {
    log.run(workspace.npm(&["ci", "--no-audit", "--no-fund"]))?;
    Ok("npm ci".into())
}

fn window_types(workspace: &Workspace, log: &mut Log) -> Result<String, Stop> {
    log.run(workspace.npm(&["run", "check"]))?;
    Ok("npm run check".into())
}

fn window_tests(workspace: &Workspace, log: &mut Log) -> Result<String, Stop> {
    let mut test = workspace.npm(&["test"]);
    // Elsewhere than in CI, vitest on a terminal stays and watches.
    test.env("CI", "true");
    log.run(test)?;
    let text = log.text();
    let tests = text.lines().map(str::trim).find(|line| line.starts_with("Tests ")).unwrap_or("Tests passed");
    Ok(tests.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn window_build(workspace: &Workspace, log: &mut Log) -> Result<String, Stop> {
    // The tests want one language more than the product has; see `tests/flow/looks.rs`.
    log.run(workspace.npm(&["run", "build:pseudo"]))?;
    Ok("npm run build:pseudo".into())
}

fn format(workspace: &Workspace, log: &mut Log) -> Result<String, Stop> {
    log.run(workspace.cargo(&["fmt", "--all", "--check"]))?;
    Ok("clean".into())
}

fn lint(workspace: &Workspace, log: &mut Log) -> Result<String, Stop> {
    let mut lint = workspace.cargo(&["clippy", "--workspace", "--all-targets", "--keep-going"]);
    lint.args(APP_FEATURES).args(["--", "-D", "warnings"]);
    log.run(lint)?;
    Ok("clippy, every target, no warning".into())
}

fn docs(workspace: &Workspace, log: &mut Log) -> Result<String, Stop> {
    let mut document = workspace.cargo(&["doc", "--workspace", "--no-deps", "--keep-going"]);
    document.args(APP_FEATURES).env("RUSTDOCFLAGS", "-D warnings");
    log.run(document)?;
    Ok("no warning".into())
}

/// `cargo nextest …` for the whole workspace.
fn nextest(workspace: &Workspace, what: &str, filter: &str) -> std::process::Command {
    let mut nextest = workspace.cargo(&["nextest", what, "--workspace"]);
    nextest.args(APP_FEATURES).args(["-E", filter]);
    // Tests write the contract's TypeScript and new snapshots. A check must not change what it checks.
    nextest.env("TS_RS_EXPORT_DIR", workspace.path("target/contract")).env("INSTA_UPDATE", "no");
    nextest
}

fn crate_tests(workspace: &Workspace, log: &mut Log) -> Result<String, Stop> {
    let mut run = nextest(workspace, "run", &format!("not package(tests) and not {REAL_KEYRING}"));
    run.args(["--profile", "ci"]);
    run_counted(log, run)
}

/// The vault's tests of the real keyring, which want it in a certain state.
const REAL_KEYRING: &str = "(package(vault) and test(/real_keyring/))";

fn keyring(workspace: &Workspace, log: &mut Log) -> Result<String, Stop> {
    if !cfg!(target_os = "linux") {
        return Err(Stop::Skipped("the states of a keyring are made with gnome-keyring, on Linux".into()));
    }
    let run = nextest(workspace, "run", REAL_KEYRING);
    let mut states = workspace.command(workspace.own("keyring-states.sh"));
    states.arg("cargo").args(run.get_args());
    log.run(states)?;
    let states = log.text().lines().filter(|line| line.starts_with("--- ")).count();
    Ok(format!("the real keyring in {states} states"))
}

fn contract(workspace: &Workspace, log: &mut Log) -> Result<String, Stop> {
    let fresh = workspace.path("target/contract");
    if fresh.exists() {
        fs::remove_dir_all(&fresh)?;
    }
    log.run(nextest(workspace, "run", "package(onboarding) and test(/export_bindings/)"))?;
    let mut compare = workspace.command("git");
    compare.args(["diff", "--no-index", "--exit-code", "ui/src/lib/contract", "target/contract"]);
    log.run(compare).map_err(|_| {
        Stop::Failed(
            "ui/src/lib/contract is not what the Rust types say; `cargo test -p onboarding` writes it".into(),
        )
    })?;
    let mut untracked = workspace.command("git");
    untracked.args(["ls-files", "--others", "--exclude-standard", "--", "ui/src/lib/contract"]);
    match output_of(untracked) {
        Some(files) if files.is_empty() => Ok("TypeScript equals Rust".into()),
        Some(files) => Err(Stop::Failed(format!("not committed: {}", files.replace('\n', ", ")))),
        None => Err(Stop::Skipped(
            "generated files are equal, but this is no Git checkout: cannot see whether all are committed"
                .into(),
        )),
    }
}

fn end_to_end(workspace: &Workspace, log: &mut Log) -> Result<String, Stop> {
    desktop::build_programs(workspace, log)?;
    let mut run = nextest(workspace, "run", "package(tests)");
    run.args(["--profile", "ci"]);
    let mut arguments = vec!["cargo"];
    arguments.extend(run.get_args().filter_map(|argument| argument.to_str()));
    let mut session = desktop::command(workspace, &arguments)?;
    for (name, value) in run.get_envs() {
        value.map(|value| session.env(name, value));
    }
    run_counted(log, session)
}

fn ignored_tests(workspace: &Workspace, log: &mut Log) -> Result<String, Stop> {
    let mut list = nextest(workspace, "list", "all()");
    list.args(["--run-ignored", "only", "--message-format", "oneline"]);
    let names = output_of(list).ok_or_else(|| Stop::Failed("the tests cannot be listed".into()))?;
    log.note(&names);
    match names.lines().count() {
        0 => Ok("no test is marked #[ignore]".into()),
        count => Err(Stop::Skipped(format!(
            "{count} tests are marked #[ignore] and were not run: {}",
            names.replace('\n', ", ")
        ))),
    }
}

fn run_counted(log: &mut Log, command: std::process::Command) -> Result<String, Stop> {
    let result = log.run(command);
    let counts = counted(&log.text());
    match result {
        Ok(()) => process::passed_but_for_skips(&log.text(), counts),
        Err(Stop::Failed(_)) if !counts.is_empty() => Err(Stop::Failed(counts)),
        Err(stop) => Err(stop),
    }
}

/// How many tests nextest ran. Its own "skipped" counts what the filter left to another check, so it is left out.
fn counted(text: &str) -> String {
    let summary = text.lines().rev().find(|line| line.trim_start().starts_with("Summary"));
    let counts = summary.and_then(|line| line.split_once(']')).map_or("", |(_, counts)| counts);
    let passed = counts.split_once("run:").map_or(counts, |(_, rest)| rest);
    passed.split(',').map(str::trim).filter(|part| !part.ends_with("skipped")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nextest_leaves_to_another_check_is_not_called_skipped() {
        assert_eq!(
            counted("x\n     Summary [   1.234s] 12 tests run: 12 passed (1 slow), 5 skipped\n"),
            "12 passed (1 slow)"
        );
        assert_eq!(counted("     Summary [   0.010s] 3 tests run: 3 passed, 0 skipped"), "3 passed");
    }

    #[test]
    fn every_check_has_a_name_of_its_own_and_a_limit_below_the_whole_budget() {
        let checks = all();
        for check in &checks {
            assert_eq!(checks.iter().filter(|other| other.name == check.name).count(), 1, "{}", check.name);
            assert!((1..=25).contains(&check.minutes), "{}", check.name);
        }
    }
}
