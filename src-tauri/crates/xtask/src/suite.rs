//! A list of checks, run one after the other, with a table at the end.
//!
//! It does not know what the checks do. The invariant: every check of the list ends up in the table as passed, failed or
//! skipped with a reason; none hides another; the exit status is 0 only if none failed.

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::console::{begin, say};
use crate::process::{Log, Stop};
use crate::workspace::Workspace;

/// How much of a failed check's log is shown, of its end and of its beginning.
const TAIL_LINES: usize = 40;
const HEAD_LINES: usize = 6;

/// One check: its name in the table, its time limit, and what it does. On success it says in a few words what it saw.
pub(crate) struct Check {
    /// Short, kebab-case.
    pub(crate) name: &'static str,
    /// After so many minutes its command is ended and it has failed.
    pub(crate) minutes: u64,
    /// The check itself.
    pub(crate) body: fn(&Workspace, &mut Log) -> Result<String, Stop>,
}

/// The checks of one run.
pub(crate) struct Suite {
    checks: Vec<Check>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Pass,
    Fail,
    Skip,
}

struct Row {
    name: &'static str,
    verdict: Verdict,
    seconds: f64,
    detail: String,
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "FAIL",
            Self::Skip => "skip",
        }
    }
}

impl Suite {
    /// These checks in this order.
    pub(crate) fn new(checks: Vec<Check>) -> Self {
        Self { checks }
    }

    /// Runs them (or only those named), prints a line for each and the table, and gives the exit status.
    pub(crate) fn and_run(mut self, workspace: &Workspace, only: &[String], list: bool) -> ExitCode {
        if list {
            self.checks.iter().for_each(|check| say(check.name));
            return ExitCode::SUCCESS;
        }
        if let Some(unknown) = only.iter().find(|name| !self.checks.iter().any(|check| check.name == **name))
        {
            say(&format!("There is no check named {unknown}; `cargo xtask test --list` names them."));
            return ExitCode::from(2);
        }
        if !only.is_empty() {
            self.checks.retain(|check| only.iter().any(|name| name == check.name));
        }
        let logs = workspace.path("artifacts/checks");
        if only.is_empty() {
            // Logs of an earlier run would pass for this one's. None is fine; one that cannot go shows when it is written.
            let _ = fs::remove_dir_all(&logs);
        }

        let began = Instant::now();
        let mut rows = Vec::new();
        for (index, check) in self.checks.iter().enumerate() {
            begin(&format!("{:>2}/{} {:<18} ", index + 1, self.checks.len(), check.name));
            let path = logs.join(format!("{}.log", check.name));
            let row = run_one(check, workspace, &path);
            say(&format!("{} {:>7.1} s  {}", row.verdict.word(), row.seconds, row.detail));
            if row.verdict == Verdict::Fail {
                show_tail(workspace, &path);
            }
            rows.push(row);
        }
        for line in table(&rows, began.elapsed()) {
            say(&line);
        }
        if rows.iter().any(|row| row.verdict == Verdict::Fail) {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        }
    }
}

fn run_one(check: &Check, workspace: &Workspace, log: &Path) -> Row {
    let began = Instant::now();
    let log = Log::new(log.to_path_buf(), Duration::from_mins(check.minutes)).map_err(Stop::from);
    let result = log.and_then(|mut log| (check.body)(workspace, &mut log));
    let (verdict, detail) = match result {
        Ok(detail) => (Verdict::Pass, detail),
        Err(Stop::Failed(why)) => (Verdict::Fail, why),
        Err(Stop::Skipped(why)) => (Verdict::Skip, why),
    };
    Row { name: check.name, verdict, seconds: began.elapsed().as_secs_f64(), detail }
}

fn show_tail(workspace: &Workspace, log: &Path) {
    let text = fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    // npm says first what went wrong, everybody else last.
    let tail = lines.len().saturating_sub(TAIL_LINES);
    let head = HEAD_LINES.min(tail);
    let left_out = (tail > head).then_some("…");
    for line in lines[..head].iter().copied().chain(left_out).chain(lines[tail..].iter().copied()) {
        say(&format!("      | {line}"));
    }
    say(&format!("      the whole log: {}", workspace.shown(log)));
}

fn table(rows: &[Row], took: Duration) -> Vec<String> {
    let width = rows.iter().map(|row| row.name.len()).max().unwrap_or(0).max("check".len());
    let mut lines = vec![String::new(), format!("{:<width$}  result  seconds  what", "check")];
    lines.push("-".repeat(width + 40));
    lines.extend(rows.iter().map(|row| {
        format!("{:<width$}  {:<6}  {:>7.1}  {}", row.name, row.verdict.word(), row.seconds, row.detail)
    }));
    lines.push("-".repeat(width + 40));
    lines.push(format!("{:.0} seconds in all", took.as_secs_f64()));
    let count = |verdict| rows.iter().filter(|row| row.verdict == verdict).count();
    lines.push(format!(
        "{} passed, {} failed, {} skipped",
        count(Verdict::Pass),
        count(Verdict::Fail),
        count(Verdict::Skip)
    ));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_every_check_and_ends_with_the_plain_count() {
        let row = |name, verdict, detail: &str| Row { name, verdict, seconds: 1.25, detail: detail.into() };
        let rows = [
            row("format", Verdict::Pass, "clean"),
            row("lint", Verdict::Fail, "exit status: 101"),
            row("window", Verdict::Skip, "no screen"),
        ];
        let lines = table(&rows, Duration::from_secs(4));
        assert!(lines.iter().any(|line| line.starts_with("lint") && line.contains("FAIL")), "{lines:?}");
        assert!(
            lines.iter().any(|line| line.starts_with("window") && line.ends_with("no screen")),
            "{lines:?}"
        );
        assert_eq!(lines.last().unwrap(), "1 passed, 1 failed, 1 skipped");
    }
}
