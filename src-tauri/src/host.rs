//! The window as the engine's host: progress goes down the channel of the running call.

use onboarding::browser::Opened;
use onboarding::contract::{BrowserChoice, Problem, Progress};
use onboarding::{Host, SignInPage};
use tauri::AppHandle;
use tauri::ipc::Channel;

use crate::sign_in_window;

/// Forwards one call's progress to the window, and opens what a sign-in needs.
pub(crate) struct WindowHost {
    progress: Channel<Progress>,
    app: AppHandle,
}

impl WindowHost {
    pub(crate) fn new(app: AppHandle, progress: Channel<Progress>) -> Self {
        Self { progress, app }
    }
}

impl Host for WindowHost {
    fn open_browser(&self, address: &str, browser: &BrowserChoice) -> Result<Opened, Problem> {
        onboarding::browser::open_with(address, browser)
    }

    fn open_window(&self, page: SignInPage) -> Result<Box<dyn Send + Sync>, Problem> {
        sign_in_window::open(&self.app, page)
    }

    fn progress(&self, progress: Progress) {
        if let Err(error) = self.progress.send(progress) {
            // The page was reloaded. The work goes on; its result is in the vault.
            tracing::debug!(%error, "progress did not reach the window");
        }
    }
}
