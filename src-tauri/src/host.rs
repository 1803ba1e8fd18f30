//! The window as the engine's host: progress goes down the channel of the running call.

use onboarding::Host;
use onboarding::contract::{BrowserChoice, Problem, Progress};
use tauri::ipc::Channel;

/// Forwards one call's progress to the window.
pub(crate) struct WindowHost(Channel<Progress>);

impl WindowHost {
    pub(crate) fn new(progress: Channel<Progress>) -> Self {
        Self(progress)
    }
}

impl Host for WindowHost {
    fn open_browser(&self, address: &str, browser: &BrowserChoice) -> Result<(), Problem> {
        onboarding::browser::open_with(address, browser)
    }

    fn progress(&self, progress: Progress) {
        if let Err(error) = self.0.send(progress) {
            // The page was reloaded. The work goes on; its result is in the vault.
            tracing::debug!(%error, "progress did not reach the window");
        }
    }
}
