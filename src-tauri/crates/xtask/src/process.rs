//! Running the commands of one check: everything they say goes to the check's log, and none outlives its time limit.
//!
//! Not a shell. The invariant: after [`Log::run`] returns, the command has ended (on Linux with all that it started).

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Why a check did not pass.
#[derive(Debug)]
pub(crate) enum Stop {
    /// It ran and found something.
    Failed(String),
    /// It cannot run here; the reason.
    Skipped(String),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

/// The log of one check, and the clock that limits it.
pub(crate) struct Log {
    path: PathBuf,
    file: File,
    ends: Instant,
    limit: Duration,
}

impl Log {
    /// A new, empty log; the time limit begins now.
    ///
    /// # Errors
    /// When the file cannot be made.
    #[expect(
        clippy::disallowed_methods,
        reason = "a log of build output: no secret, no need of an atomic replacement"
    )]
    pub(crate) fn new(path: PathBuf, limit: Duration) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let file = File::create(&path)?;
        Ok(Self { path, file, ends: Instant::now() + limit, limit })
    }

    /// What was logged so far.
    pub(crate) fn text(&self) -> String {
        fs::read(&self.path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// Adds a line.
    pub(crate) fn note(&mut self, line: &str) {
        // A full disk shows in the command that follows; the note itself is not worth a failure.
        let _ = writeln!(self.file, "{line}");
    }

    /// Runs a command to its end, its output into the log.
    ///
    /// # Errors
    /// [`Stop::Failed`] when it cannot start, ends with another status than 0, or exceeds the check's time.
    pub(crate) fn run(&mut self, mut command: Command) -> Result<(), Stop> {
        self.note(&format!("$ {}", shown(&command)));
        // Colours and progress bars are for screens. rustfmt asks TERM alone.
        command.env("TERM", "dumb").env("NO_COLOR", "1");
        command.env("CARGO_TERM_COLOR", "never").env("CARGO_TERM_PROGRESS_WHEN", "never");
        command.stdin(Stdio::null()).stdout(self.file.try_clone()?).stderr(self.file.try_clone()?);
        let name = command.get_program().to_string_lossy().into_owned();
        let mut child =
            command.spawn().map_err(|error| Stop::Failed(format!("{name} does not start: {error}")))?;
        loop {
            if let Some(status) = child.try_wait()? {
                return if status.success() {
                    Ok(())
                } else {
                    Err(Stop::Failed(format!("{}: {status}", short(&command))))
                };
            }
            if Instant::now() >= self.ends {
                end_with_descendants(&mut child);
                let seconds = self.limit.as_secs();
                return Err(Stop::Failed(format!(
                    "{}: ended after the limit of {seconds} s",
                    short(&command)
                )));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// The command line, for people: no quoting.
pub(crate) fn shown(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|part| part.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

/// What the table has room for: the program and what is asked of it. The whole line is in the log.
fn short(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy();
    let asked = command.get_args().next().map(|argument| format!(" {}", argument.to_string_lossy()));
    format!("{program}{}", asked.unwrap_or_default())
}

/// What to say of tests that all passed: a test that cannot run where it is prints a line that begins with `skipped:` and
/// returns, and for the test runner it has passed. Such lines make the check a skipped one, with their reasons.
///
/// # Errors
/// [`Stop::Skipped`] when there are such lines.
pub(crate) fn passed_but_for_skips(text: &str, counts: String) -> Result<String, Stop> {
    let mut reasons: Vec<&str> =
        text.lines().filter_map(|line| line.trim().strip_prefix("skipped:")).map(str::trim).collect();
    if reasons.is_empty() {
        return Ok(counts);
    }
    let count = reasons.len();
    reasons.sort_unstable();
    reasons.dedup();
    Err(Stop::Skipped(format!("{counts}, but {count} of them skipped themselves: {}", reasons.join("; "))))
}

/// Whether a command ends with status 0; its output is dropped.
pub(crate) fn succeeds(mut command: Command) -> bool {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// The standard output of a command that ends with status 0.
pub(crate) fn output_of(mut command: Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn end_with_descendants(child: &mut Child) {
    // Asked for before the parent dies: orphans change their parent.
    let descendants = descendants_of(child.id());
    let _ = child.kill();
    let _ = child.wait();
    if !descendants.is_empty() {
        let mut kill = Command::new("sh");
        // `kill` is built into every shell, while the program is not on every system.
        kill.args(["-c", "kill -KILL \"$@\"", "kill"]).args(descendants.iter().map(u32::to_string));
        succeeds(kill);
        // The signal is delivered in the kernel's own time: a second is plenty, and a process that withstands it is stuck there.
        for _ in 0..100 {
            if !descendants.iter().any(|id| is_alive(*id)) {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Neither gone nor dead and waiting to be collected by whoever adopted it.
fn is_alive(id: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with(['Z', 'X']))
}

/// Read from `/proc`; elsewhere nothing is found and only the child itself is ended.
fn descendants_of(root: u32) -> Vec<u32> {
    let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
    let parents: Vec<(u32, u32)> = processes
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(|id: u32| Some((id, parent_in(&fs::read_to_string(format!("/proc/{id}/stat")).ok()?)?)))
        .collect();
    let mut found = vec![root];
    let mut next = 0;
    while let Some(&parent) = found.get(next) {
        found.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(id, _)| *id));
        next += 1;
    }
    found.split_off(1)
}

/// The parent in a `/proc/…/stat` line: `id (name) state parent …`; the name may hold blanks and parentheses.
fn parent_in(stat: &str) -> Option<u32> {
    stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    fn log(name: &str, limit: Duration) -> Log {
        let folder = std::env::temp_dir().join(format!("xtask-{}", std::process::id()));
        Log::new(folder.join(name), limit).unwrap()
    }

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn both_outputs_and_the_command_itself_are_in_the_log() {
        let mut log = log("outputs.log", Duration::from_mins(1));
        log.run(shell("echo to-output; echo to-error >&2")).unwrap();
        let text = log.text();
        assert!(text.starts_with("$ sh -c"), "{text}");
        assert!(text.contains("\nto-output\n") && text.contains("\nto-error\n"), "{text}");
    }

    #[test]
    fn a_status_other_than_zero_is_a_failure() {
        let Err(Stop::Failed(why)) = log("status.log", Duration::from_mins(1)).run(shell("exit 3")) else {
            panic!("passed");
        };
        assert!(why.contains("exit status: 3"), "{why}");
    }

    #[test]
    fn past_the_limit_a_command_ends_together_with_what_it_started() {
        let mut log = log("limit.log", Duration::from_millis(300));
        let Err(Stop::Failed(why)) = log.run(shell("sleep 1000 & echo $!; wait")) else { panic!("passed") };
        assert!(why.contains("limit"), "{why}");
        let text = log.text();
        let grandchild = text.lines().nth(1).unwrap();
        assert!(!is_alive(grandchild.parse().unwrap()), "{text}");
    }

    #[test]
    fn a_test_that_skips_itself_makes_its_check_a_skipped_one() {
        let text = "    skipped: no screen\n    skipped: no screen\n test x ... ok\n";
        let Err(Stop::Skipped(why)) = passed_but_for_skips(text, "9 passed".into()) else { panic!("passed") };
        assert_eq!(why, "9 passed, but 2 of them skipped themselves: no screen");
        let text = "     Summary [ 1 s] 9 tests run: 9 passed, 4 skipped\n";
        assert_eq!(passed_but_for_skips(text, "9 passed".into()).unwrap(), "9 passed");
    }

    #[test]
    fn the_parent_is_found_behind_a_name_with_blanks_and_parentheses() {
        assert_eq!(parent_in("42 (tmux: server) (x)) S 7 42 42 0"), Some(7));
    }
}
