//! The command line as the engine's host: a spinner on a terminal, JSON lines for a script, and silence in a pipe.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};
use onboarding::Host;
use onboarding::browser::Opened;
use onboarding::contract::{
    BrowserChoice, EvidenceState, Notice, Problem, Progress, PullProgress, WaitingFor,
};
use serde::Serialize;

use crate::output::{Output, check_name, moment, wire_name};
use crate::prose::Prose;
use crate::texts::Text;

/// Tells how it goes, and opens the person's browser.
pub(crate) struct Voice<'a> {
    prose: &'a Prose,
    json: bool,
    /// Hidden unless standard error is a terminal.
    spinner: ProgressBar,
    address_on_stdout: bool,
    address_as_picture: bool,
    /// When the first alerts were told of.
    pulling: OnceLock<Instant>,
}

impl<'a> Voice<'a> {
    pub(crate) fn new(output: &'a Output) -> Self {
        let spinner = if output.json() || !io::stderr().is_terminal() {
            ProgressBar::hidden()
        } else {
            let spinner = ProgressBar::new_spinner();
            // The template is constant; a wrong one would be seen by whoever changes it.
            if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
                spinner.set_style(style);
            }
            spinner.enable_steady_tick(Duration::from_millis(120));
            spinner
        };
        Self {
            prose: output.prose(),
            json: output.json(),
            spinner,
            address_on_stdout: false,
            address_as_picture: false,
            pulling: OnceLock::new(),
        }
    }

    /// Makes the sign-in address a result: alone on a line of standard output.
    #[must_use]
    pub(crate) fn with_address_on_stdout(mut self) -> Self {
        self.address_on_stdout = true;
        self
    }

    /// Shows the sign-in address as a QR code, too: a result that was asked for.
    #[must_use]
    pub(crate) fn with_address_as_picture(mut self) -> Self {
        self.address_as_picture = true;
        self
    }

    /// Says something beside the result, to a person who watches.
    pub(crate) fn say(&self, line: &str) {
        if !self.spinner.is_hidden() {
            self.spinner.println(line);
        }
    }

    /// A line that must not be missed, where standard error goes to a file too. Scripts read JSON alone.
    pub(crate) fn remark(&self, line: &str) {
        if !self.spinner.is_hidden() {
            self.spinner.println(line);
        } else if !self.json {
            let _ = writeln!(io::stderr().lock(), "{line}");
        }
    }

    fn sign_in(&self, address: &str) {
        if self.address_as_picture
            && let Ok(code) = onboarding::qr_code(address)
        {
            let print = || {
                let mut stderr = io::stderr().lock();
                writeln!(stderr, "{}", code.text).and_then(|()| stderr.flush())
            };
            // Without a terminal there is nobody to hold a camera to it.
            let _ = self.spinner.suspend(print);
        }
        if self.address_on_stdout {
            // Whoever waits for the address reads it now: standard output is flushed at once.
            let print = || {
                let mut stdout = io::stdout().lock();
                writeln!(stdout, "{address}").and_then(|()| stdout.flush())
            };
            if let Err(error) = self.spinner.suspend(print) {
                tracing::warn!(%error, "the sign-in address could not be printed");
            }
        } else {
            self.say(&format!("{}: {address}", self.prose.text(Text::SignInHere)));
        }
    }

    /// Alerts a second since the pull began to bring some.
    fn rate(&self, alerts: u64) -> u64 {
        let since = self.pulling.get_or_init(Instant::now);
        let milliseconds = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
        alerts.saturating_mul(1000) / milliseconds.max(1000)
    }

    /// What was noticed while waiting, in words; that a browser came back needs none, for the result follows.
    fn notice(&self, notice: Notice, reason: Option<&str>) {
        if notice == Notice::Contact {
            return;
        }
        let reason = reason.map(|reason| format!("callback-{reason}"));
        let reason = self.prose.reason(reason.as_deref().unwrap_or_default());
        let words = self.prose.sign_in(&format!("notice_{}", wire_name(&notice)), &[("reason", reason)]);
        self.say(&format!("! {words}"));
    }

    fn message(&self, progress: &Progress) -> Option<String> {
        match progress {
            Progress::SignIn { .. } | Progress::BrowserOpened | Progress::Noticed { .. } => None,
            Progress::Waiting { waiting_for, until, attempts: _ } => {
                let text = match waiting_for {
                    WaitingFor::SignIn => Text::WaitingSignIn,
                    WaitingFor::Authorisation => Text::WaitingAuthorisation,
                    WaitingFor::AdminConsent => Text::WaitingAdminConsent,
                };
                Some(format!(
                    "{} ({} {})",
                    self.prose.text(text),
                    self.prose.text(Text::Until),
                    moment(*until)
                ))
            }
            Progress::Evidence(evidence) => {
                (evidence.state == EvidenceState::Checking).then(|| check_name(self.prose, evidence))
            }
            Progress::File { name } => Some(name.clone()),
            Progress::ProvenFile(file) => Some(file.name.clone()),
            Progress::Pulled(PullProgress { alerts, bytes, .. }) => Some(format!(
                "{} {}, {}/{}, {}",
                HumanCount(*alerts),
                self.prose.text(Text::Alerts),
                HumanCount(self.rate(*alerts)),
                self.prose.text(Text::EachSecond),
                HumanBytes(*bytes)
            )),
        }
    }
}

/// Writes one JSON line for a script.
pub(crate) fn json_line<T: Serialize>(line: &T) {
    if let Ok(line) = serde_json::to_string(line) {
        // A script that closed standard error does not want to know.
        let _ = writeln!(io::stderr().lock(), "{line}");
    }
}

/// Whether standard error takes a line at once: a pipe that nobody reads is full after some hundred of them.
#[cfg(unix)]
fn has_room() -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    let stderr = io::stderr();
    let mut asked = [PollFd::new(&stderr, PollFlags::OUT)];
    // What cannot be asked is written to, and says what is wrong with it.
    !matches!(poll(&mut asked, Some(&Timespec::default())), Ok(0))
}

/// Windows does not tell.
#[cfg(not(unix))]
fn has_room() -> bool {
    true
}

impl Host for Voice<'_> {
    fn open_browser(&self, address: &str, browser: &BrowserChoice) -> Result<Opened, Problem> {
        let opened = onboarding::browser::open_with(address, browser)?;
        if opened.has_the_terminal() {
            self.spinner.set_draw_target(ProgressDrawTarget::hidden());
        }
        Ok(opened)
    }

    fn progress(&self, progress: Progress) {
        if self.json {
            // The next one says all that this one says. Whoever reads standard error only at the end waits for us.
            if !matches!(progress, Progress::Pulled(_)) || has_room() {
                json_line(&progress);
            }
            return;
        }
        if let Progress::SignIn { url, .. } = &progress {
            self.sign_in(url);
        }
        if let Progress::Noticed { notice, reason, times: _ } = &progress {
            self.notice(*notice, reason.as_deref());
        }
        if let Some(message) = self.message(&progress) {
            self.spinner.set_message(message);
        }
    }
}

impl Drop for Voice<'_> {
    fn drop(&mut self) {
        self.spinner.finish_and_clear();
    }
}
