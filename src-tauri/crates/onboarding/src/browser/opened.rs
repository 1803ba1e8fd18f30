//! A browser that was started, or is about to be.
//!
//! Starting one may take as long as it likes: nobody waits for it here. The invariant: a browser that lives in the
//! terminal is part of the sign-in and ends with it; every other one is the person's own, and stays.

use std::io::{IsTerminal as _, stdin, stdout};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::sync::oneshot;

use super::stem;
use crate::contract::{Problem, ProblemCode};

/// Programs that show a page where they were called, and keep the terminal for as long.
const IN_TERMINAL: &[&str] = &[
    "browsh",
    "curl",
    "elinks",
    "eww",
    "links",
    "links2",
    "lynx",
    "netrik",
    "retawq",
    "w3m",
    "wget",
    "www-browser",
];
/// How long one of them may take to tidy the terminal up.
const TIDYING: Duration = Duration::from_millis(500);

/// What came of opening a browser. Dropping it ends a browser that lives in the terminal.
#[derive(Debug, Default)]
pub struct Opened {
    /// Where that is not known yet.
    outcome: Option<oneshot::Receiver<Result<(), Problem>>>,
    in_terminal: Option<InTerminal>,
}

#[derive(Debug)]
struct InTerminal {
    process: Child,
    /// It was given the terminal.
    shown: bool,
}

impl Opened {
    /// Starts a program.
    pub(super) fn program(program: &Path, arguments: &[String]) -> Result<Self, Problem> {
        let in_terminal = IN_TERMINAL.contains(&stem(program).as_str());
        let shown = in_terminal && stdin().is_terminal() && stdout().is_terminal();
        let stream = || if shown { Stdio::inherit() } else { Stdio::null() };
        let mut process = Command::new(program)
            .args(arguments)
            .stdin(stream())
            .stdout(stream())
            .stderr(stream())
            .spawn()
            .map_err(|error| Problem::new(ProblemCode::NoBrowser).caused_by(&error))?;
        if in_terminal {
            return Ok(Self { outcome: None, in_terminal: Some(InTerminal { process, shown }) });
        }
        // Most browsers hand the address to the one that runs already and end; somebody has to take note of their end.
        std::thread::spawn(move || {
            let _ = process.wait();
        });
        Ok(Self::default())
    }

    /// Lets somebody else start it, who may take their time.
    pub(super) fn by(start: impl FnOnce() -> Result<(), Problem> + Send + 'static) -> Self {
        let (sender, outcome) = oneshot::channel();
        std::thread::spawn(move || {
            // Whoever asked may be gone by now.
            let _ = sender.send(start());
        });
        Self { outcome: Some(outcome), in_terminal: None }
    }

    /// Whether a browser could be started, as soon as that is known.
    ///
    /// # Errors
    ///
    /// `no-browser`.
    pub async fn started(&mut self) -> Result<(), Problem> {
        match self.outcome.as_mut() {
            None => Ok(()),
            Some(outcome) => {
                let told = outcome.await;
                self.outcome = None;
                told.unwrap_or_else(|_| Err(Problem::new(ProblemCode::NoBrowser)))
            }
        }
    }

    /// Whether it draws on the terminal, so that nobody else should.
    pub fn has_the_terminal(&self) -> bool {
        self.in_terminal.as_ref().is_some_and(|browser| browser.shown)
    }
}

impl InTerminal {
    fn has_ended(&mut self) -> bool {
        !matches!(self.process.try_wait(), Ok(None))
    }

    #[cfg(unix)]
    fn ask_to_end(&mut self) {
        let process = rustix::process::Pid::from_child(&self.process);
        let _ = rustix::process::kill_process(process, rustix::process::Signal::TERM);
    }

    #[cfg(not(unix))]
    fn ask_to_end(&mut self) {
        let _ = self.process.kill();
    }
}

impl Drop for InTerminal {
    fn drop(&mut self) {
        const PAUSE: Duration = Duration::from_millis(10);
        if self.has_ended() {
            return;
        }
        self.ask_to_end();
        // The terminal is ours again before anybody writes to it.
        let mut waited = Duration::ZERO;
        while waited < TIDYING {
            if self.has_ended() {
                return;
            }
            std::thread::sleep(PAUSE);
            waited += PAUSE;
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::PathBuf;
    use std::time::Instant;

    use super::*;

    /// A program that writes its number into a file and stays.
    #[expect(clippy::disallowed_methods, reason = "a browser of a test")]
    fn staying(folder: &Path, name: &str, on_term: &str) -> PathBuf {
        let program = folder.join(name);
        let ready = folder.join("ready");
        let text = format!(
            "#!/bin/sh\ntrap '{on_term}' TERM\necho $$ > {0}.new\nmv {0}.new {0}\nwhile :; do sleep 0.05; done\n",
            ready.display()
        );
        fs::write(&program, text).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
        program
    }

    fn number_in(folder: &Path) -> rustix::process::Pid {
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            if let Ok(text) = fs::read_to_string(folder.join("ready")) {
                return rustix::process::Pid::from_raw(text.trim().parse().unwrap()).unwrap();
            }
            assert!(Instant::now() < until, "the program did not start");
            std::thread::yield_now();
        }
    }

    fn lives(process: rustix::process::Pid) -> bool {
        rustix::process::test_kill_process(process).is_ok()
    }

    #[test]
    fn a_browser_in_the_terminal_ends_with_the_sign_in_even_when_it_does_not_want_to() {
        for on_term in ["exit", ""] {
            let folder = tempfile::tempdir().unwrap();
            let started = Instant::now();
            let opened = Opened::program(&staying(folder.path(), "w3m", on_term), &[]).unwrap();
            assert!(started.elapsed() < Duration::from_secs(5), "nobody waits for it");
            let process = number_in(folder.path());
            assert!(lives(process));
            drop(opened);
            assert!(!lives(process), "{on_term:?}");
        }
    }

    #[test]
    fn a_browser_of_the_persons_own_stays() {
        let folder = tempfile::tempdir().unwrap();
        drop(Opened::program(&staying(folder.path(), "firefox", "exit"), &[]).unwrap());
        let process = number_in(folder.path());
        assert!(lives(process));
        rustix::process::kill_process(process, rustix::process::Signal::KILL).unwrap();
    }

    #[tokio::test]
    async fn whoever_takes_long_to_start_a_browser_keeps_nobody_waiting() {
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let mut opened = Opened::by(move || {
            let _ = wait.recv();
            Err(Problem::new(ProblemCode::NoBrowser))
        });
        let early = tokio::time::timeout(Duration::from_millis(1), opened.started()).await;
        assert!(early.is_err(), "it is not known yet");
        go.send(()).unwrap();
        assert_eq!(opened.started().await.unwrap_err().code, ProblemCode::NoBrowser);
    }
}
