//! What the engine needs of whatever runs it: a browser, a window for a sign-in where it has one, and somebody to tell
//! how it goes. Nothing more.

use crate::browser::Opened;
use crate::contract::{BrowserChoice, Evidence, EvidenceKey, EvidenceState, Problem, Progress};
use crate::sign_in_window::{self, SignInPage};

/// The window or the command line, as the engine sees it.
pub trait Host: Send + Sync {
    /// Opens an address for the person to act at, in the browser of their choice. Must return at once; dropping the result
    /// ends a browser that lives in the terminal.
    ///
    /// # Errors
    ///
    /// `no-browser` when none could be started.
    fn open_browser(&self, address: &str, browser: &BrowserChoice) -> Result<Opened, Problem>;

    /// Shows the sign-in in a window of the host's own, with a profile that nothing was in before and nothing is left of.
    /// Dropping the result closes the window.
    ///
    /// # Errors
    ///
    /// `invalid-input` where the host has no windows, which is what this says unless it is told otherwise.
    fn open_window(&self, page: SignInPage) -> Result<Box<dyn Send + Sync>, Problem> {
        drop(page);
        Err(sign_in_window::no_window())
    }

    /// Is told what happens. Must return at once.
    fn progress(&self, progress: Progress);
}

/// Collects the evidence of one step while telling the host of each change.
pub(crate) struct Witness<'a> {
    host: &'a dyn Host,
    seen: Vec<Evidence>,
}

impl<'a> Witness<'a> {
    pub(crate) fn new(host: &'a dyn Host) -> Self {
        Self { host, seen: Vec::new() }
    }

    /// Says that a check has begun.
    pub(crate) fn checking(&mut self, key: EvidenceKey) {
        self.note(Evidence::new(key, EvidenceState::Checking));
    }

    /// Says that a check held.
    pub(crate) fn proven(&mut self, key: EvidenceKey, facts: &[(&str, &str)]) {
        self.note(with_facts(Evidence::new(key, EvidenceState::Proven), facts));
    }

    /// Says that a check failed.
    pub(crate) fn failed(&mut self, key: EvidenceKey, facts: &[(&str, &str)]) {
        self.note(with_facts(Evidence::new(key, EvidenceState::Failed), facts));
    }

    /// Says that a check failed, and by which problem; hands the problem back.
    pub(crate) fn failed_by(&mut self, key: EvidenceKey, problem: Problem) -> Problem {
        // Titles of the network's problems name the host.
        let host = problem.params.get("host").map(|host| ("host", host.as_str()));
        let facts: Vec<_> = [("problem", problem.code.as_str())].into_iter().chain(host).collect();
        self.failed(key, &facts);
        problem
    }

    /// Records a change of one check; a later state of the same check replaces the earlier one.
    pub(crate) fn note(&mut self, evidence: Evidence) {
        self.host.progress(Progress::Evidence(evidence.clone()));
        match self.seen.iter_mut().find(|seen| seen.key == evidence.key) {
            Some(seen) => *seen = evidence,
            None => self.seen.push(evidence),
        }
    }

    pub(crate) fn into_evidence(self) -> Vec<Evidence> {
        self.seen
    }
}

fn with_facts(evidence: Evidence, facts: &[(&str, &str)]) -> Evidence {
    facts.iter().fold(evidence, |evidence, (name, value)| evidence.fact(name, *value))
}
