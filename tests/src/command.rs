//! One run of `msspctl` in its own process, as a person or script would start it.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::binaries;

/// No run of these tests takes longer unless something hangs.
const LONGEST: Duration = Duration::from_mins(2);

/// `msspctl` with a data folder of its own.
#[derive(Clone)]
pub struct Msspctl {
    data: PathBuf,
    arguments: Vec<String>,
    variables: Vec<(String, String)>,
}

/// What a run said and how it ended.
#[derive(Debug)]
pub struct Run {
    /// Exit status; -1 for a signal.
    pub status: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Msspctl {
    /// Takes a data folder. The vault is opened with a passphrase file that lies beside it.
    ///
    /// # Panics
    ///
    /// When the passphrase file cannot be written.
    #[expect(
        clippy::expect_used,
        clippy::disallowed_methods,
        reason = "test harness: a failure here is a failed test"
    )]
    pub fn with_passphrase(data: &Path) -> Self {
        let file = data.with_extension("passphrase");
        std::fs::write(&file, "correct horse battery staple").expect("the passphrase file is written");
        let mut this = Self::with_keyring(data);
        this.arguments.extend(["--passphrase-file".to_owned(), file.display().to_string()]);
        this
    }

    /// Takes a data folder; the vault is opened with the keyring of the session.
    pub fn with_keyring(data: &Path) -> Self {
        let arguments = vec!["--data".to_owned(), data.display().to_string()];
        Self { data: data.to_owned(), arguments, variables: Vec::new() }
    }

    /// Adds a global option.
    #[must_use]
    pub fn option(mut self, name: &str, value: &str) -> Self {
        self.arguments.extend([name.to_owned(), value.to_owned()]);
        self
    }

    /// Adds `--json`.
    #[must_use]
    pub fn json(mut self) -> Self {
        self.arguments.push("--json".to_owned());
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn variable(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    /// The data folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The command, ready to be started.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binaries::msspctl());
        command
            .args(&self.arguments)
            .args(arguments)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Runs to the end.
    pub async fn run(&self, arguments: &[&str]) -> Run {
        self.run_with_input(arguments, "").await
    }

    /// Runs to the end with something on standard input.
    ///
    /// # Panics
    ///
    /// When the program cannot be started or does not end.
    #[expect(clippy::expect_used, reason = "test harness: a failure here is a failed test")]
    pub async fn run_with_input(&self, arguments: &[&str], input: &str) -> Run {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped());
        let mut child = command.spawn().expect("msspctl is built; `cargo build -p msspctl` builds it");
        if let Some(mut stdin) = child.stdin.take() {
            // The program may end without reading; that is its right.
            let _ = stdin.write_all(input.as_bytes()).await;
        }
        let output = tokio::time::timeout(LONGEST, child.wait_with_output())
            .await
            .unwrap_or_else(|_| panic!("msspctl {arguments:?} did not end within {LONGEST:?}"))
            .expect("msspctl ends");
        Run {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Runs to the end and insists on success.
    ///
    /// # Panics
    ///
    /// When the exit status is not 0.
    pub async fn succeed(&self, arguments: &[&str]) -> Run {
        let run = self.run(arguments).await;
        assert_eq!(run.status, 0, "msspctl {arguments:?}\nstdout: {}\nstderr: {}", run.stdout, run.stderr);
        run
    }
}

impl Run {
    /// Standard output as one JSON document.
    ///
    /// # Panics
    ///
    /// When it is not exactly one.
    pub fn document(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| {
            panic!("not one JSON document ({error}): {}\n{}", self.stdout, self.stderr)
        })
    }

    /// The problem: the last JSON line of standard error.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub fn problem(&self) -> Value {
        let line = self.stderr.lines().rev().find(|line| line.starts_with('{')).unwrap_or_default();
        serde_json::from_str(line).unwrap_or_else(|error| panic!("no problem ({error}) in: {}", self.stderr))
    }
}
