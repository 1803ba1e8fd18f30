//! What the shell holds while it runs: the open vault, the practice tenant while it is on, and the work that can be
//! cancelled.
//!
//! While practice is on every request goes to the practice engine, whose folder and key die with it: nothing done in
//! practice can reach a real customer, and the other way round.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex as StdMutex, PoisonError};

use onboarding::contract::{EditSettings, Problem, ProblemCode};
use onboarding::{Engine, Gathered, OpenOptions, PasteSlot, Unlock};
use serde::Serialize;
use tempfile::TempDir;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use vault::{LockKind, Vault};

use crate::place;
use crate::practice::{Practice, PracticeView};
use crate::window;

/// The shell's state, one for the process.
pub(crate) struct Desk {
    folder: PathBuf,
    cloud_file: Option<PathBuf>,
    home: Mutex<Home>,
    /// The vault was opened, or not, before the window asked for it.
    prepared: AtomicBool,
    practice: Mutex<Option<Practice>>,
    running: StdMutex<Running>,
    alerts: StdMutex<Alerts>,
}

/// The real vault.
enum Home {
    /// Nobody has asked yet.
    Untouched,
    /// It could not be opened.
    Closed(Problem),
    /// Open; with a folder of its own when it lasts for this session only.
    Open { engine: Engine, _session: Option<TempDir> },
}

/// The work that `cancel` stops. The window does one thing at a time.
#[derive(Default)]
struct Running {
    number: u64,
    stop: CancellationToken,
    paste: Option<PasteSlot>,
}

/// The alerts of the last test pull, and the file that they were saved in last.
#[derive(Default)]
struct Alerts {
    gathered: Option<Arc<Gathered>>,
    saved: Option<PathBuf>,
}

/// What the window learns first.
#[derive(Serialize)]
pub(crate) struct Bootstrap {
    version: &'static str,
    vault: VaultState,
    problem: Option<Problem>,
    practice: Option<PracticeView>,
    data_folder: String,
    /// The web engine that draws the window, with its version.
    webview: String,
    /// The vault lasts for this session only.
    session: bool,
    /// The customer that was open when the window was last used.
    left_at: Option<String>,
    /// As the settings have it; `None`: the system's.
    language: Option<String>,
}

/// Whether the vault is open, and what would open it.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "kebab-case")]
enum VaultState {
    Open,
    /// Made with a passphrase.
    LockedPassphrase,
    /// Made with a keyring that is not here now.
    LockedKeyring,
    /// There is no vault yet, and no keyring for the key of a new one.
    NoKeyring,
    /// Something else than its lock stands in the way: another process, a damaged file, the folder.
    Unavailable,
}

impl Desk {
    /// A desk on a data folder; new customers are in the cloud of the file, where there is one.
    pub(crate) fn new(folder: PathBuf, cloud_file: Option<PathBuf>) -> Self {
        Self {
            folder,
            cloud_file,
            home: Mutex::new(Home::Untouched),
            prepared: AtomicBool::new(false),
            practice: Mutex::new(None),
            running: StdMutex::default(),
            alerts: StdMutex::default(),
        }
    }

    /// Opens the vault with the keyring while the web engine is still starting. What comes of it is the answer to the
    /// first [`Self::bootstrap`].
    pub(crate) async fn prepare(&self) {
        let mut home = self.home.lock().await;
        if matches!(*home, Home::Untouched) {
            *home = self.by_keyring().await;
            self.prepared.store(true, Ordering::Relaxed);
        }
    }

    /// Opens the vault with the keyring unless it is open, and says how things stand. A keyring that was unlocked
    /// meanwhile, or a process that let go of the folder, is found when this is asked again.
    pub(crate) async fn bootstrap(&self) -> Bootstrap {
        let mut home = self.home.lock().await;
        // Asked twice in a row, a locked keyring would ask the person twice.
        let prepared = self.prepared.swap(false, Ordering::Relaxed);
        if !prepared && !matches!(*home, Home::Open { .. }) {
            *home = self.by_keyring().await;
        }
        let (vault, problem, folder) = match &*home {
            Home::Open { engine, .. } => (VaultState::Open, None, engine.folder()),
            Home::Untouched => (VaultState::NoKeyring, None, self.folder.as_path()),
            Home::Closed(problem) => {
                (self.what_would_open(problem), Some(problem.clone()), self.folder.as_path())
            }
        };
        let left_at = match &*home {
            Home::Open { _session: None, .. } => place::recall(folder),
            Home::Open { .. } | Home::Untouched | Home::Closed(_) => None,
        };
        Bootstrap {
            session: matches!(&*home, Home::Open { _session: Some(_), .. }),
            left_at,
            language: onboarding::language_in(&self.folder),
            version: env!("CARGO_PKG_VERSION"),
            vault,
            problem,
            practice: self.practice.lock().await.as_ref().map(Practice::view),
            data_folder: folder.display().to_string(),
            webview: web_engine(),
        }
    }

    /// Opens the vault with a passphrase, or, without one, a vault that lasts for this session only.
    ///
    /// # Errors
    ///
    /// `vault-key-wrong` and whatever else opening says. An open vault stays open.
    pub(crate) async fn unlock(&self, unlock: Unlock) -> Result<(), Problem> {
        let mut home = self.home.lock().await;
        if matches!(*home, Home::Open { .. }) {
            return Ok(());
        }
        // A vault of an earlier day may lie in the data folder, sealed. It stays as it is; the session gets its own.
        let session = if matches!(unlock, Unlock::SessionOnly) { Some(session_folder()?) } else { None };
        let folder = session.as_ref().map_or(self.folder.as_path(), TempDir::path);
        *home = Home::Open { engine: self.open(folder, unlock).await?, _session: session };
        Ok(())
    }

    /// The engine that requests go to: practice while that is on, else the real one.
    ///
    /// # Errors
    ///
    /// The problem with which the vault did not open.
    pub(crate) async fn engine(&self) -> Result<Engine, Problem> {
        if let Some(practice) = self.practice.lock().await.as_ref() {
            return Ok(practice.engine());
        }
        match &*self.home.lock().await {
            Home::Open { engine, .. } => Ok(engine.clone()),
            Home::Closed(problem) => Err(problem.clone()),
            Home::Untouched => Err(Problem::new(ProblemCode::VaultLocked)),
        }
    }

    /// Notes which customer is open in the window. What is done in practice, or in a vault of this session, is not
    /// there the next time.
    pub(crate) async fn remember(&self, customer: Option<String>) {
        if self.practice.lock().await.is_some() {
            return;
        }
        if let Home::Open { engine, _session: None } = &*self.home.lock().await {
            place::remember(engine.folder(), customer);
        }
    }

    /// Keeps the language in the settings of the data folder: those of the real vault, in practice and in a session too.
    ///
    /// # Errors
    ///
    /// `invalid-input` for a language that is none of ours, `file-trouble`.
    pub(crate) async fn speak(&self, language: String) -> Result<(), Problem> {
        if let Home::Open { engine, _session: None } = &*self.home.lock().await {
            let change = EditSettings { language: Some(language), ..EditSettings::default() };
            return engine.edit_settings(change).await.map(drop);
        }
        onboarding::keep_language(&self.folder, &language)
    }

    /// The folder of what the web engine keeps of the app's own window.
    pub(crate) fn web_data(&self) -> PathBuf {
        window::web_data(&self.folder)
    }

    /// The practice tenant, on or off.
    pub(crate) fn practice(&self) -> &Mutex<Option<Practice>> {
        &self.practice
    }

    /// Runs work that a person may cancel. What was running before is cancelled: the window has left it.
    ///
    /// # Errors
    ///
    /// `cancelled`, and what the work says.
    pub(crate) async fn run<T>(
        &self,
        paste: Option<PasteSlot>,
        work: impl Future<Output = Result<T, Problem>>,
    ) -> Result<T, Problem> {
        let stop = CancellationToken::new();
        let number = {
            let mut running = self.running();
            running.stop.cancel();
            *running = Running { number: running.number + 1, stop: stop.clone(), paste };
            running.number
        };
        let result = tokio::select! {
            result = work => result,
            () = stop.cancelled() => Err(Problem::new(ProblemCode::Cancelled)),
        };
        let mut running = self.running();
        if running.number == number {
            running.paste = None;
        }
        result
    }

    /// Stops the running work, if any.
    pub(crate) fn cancel(&self) {
        self.running().stop.cancel();
    }

    /// Keeps the alerts of the pull that begins; those of the one before go.
    pub(crate) fn gather(&self, gathered: Arc<Gathered>) {
        self.alerts().gathered = Some(gathered);
    }

    /// The alerts of the last test pull.
    ///
    /// # Errors
    ///
    /// `step-missing` when there was none, or nobody looks at it any more.
    pub(crate) fn gathered(&self) -> Result<Arc<Gathered>, Problem> {
        let missing = || Problem::new(ProblemCode::StepMissing).with("step", "test-pull");
        self.alerts().gathered.clone().ok_or_else(missing)
    }

    /// Lets go of the alerts of one customer, or of whomever.
    pub(crate) fn forget_gathered(&self, customer: Option<&str>) {
        let mut alerts = self.alerts();
        let whose = alerts.gathered.as_ref().map(|gathered| gathered.customer());
        if customer.is_none() || whose == customer {
            *alerts = Alerts::default();
        }
    }

    /// Remembers where alerts were saved.
    pub(crate) fn saved(&self, path: PathBuf) {
        self.alerts().saved = Some(path);
    }

    /// Where alerts were saved last.
    pub(crate) fn last_saved(&self) -> Option<PathBuf> {
        self.alerts().saved.clone()
    }

    fn alerts(&self) -> std::sync::MutexGuard<'_, Alerts> {
        self.alerts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands a pasted address to the running sign-in.
    ///
    /// # Errors
    ///
    /// `callback-refused` when it is not the answer, or nothing waits for one.
    pub(crate) async fn paste(&self, address: String) -> Result<(), Problem> {
        let slot = self.running().paste.clone();
        match slot {
            Some(slot) => slot.paste(address).await,
            None => Err(Problem::new(ProblemCode::CallbackRefused).with("reason", "no-sign-in-is-waiting")),
        }
    }

    /// Lets go of everything that lies outside the data folder. For the end of the process.
    pub(crate) fn close(&self) {
        self.cancel();
        self.forget_gathered(None);
        // A request that still holds a lock at the very end loses nothing but a temporary folder.
        if let Ok(mut practice) = self.practice.try_lock() {
            *practice = None;
        }
        if let Ok(mut home) = self.home.try_lock() {
            *home = Home::Untouched;
        }
    }

    fn what_would_open(&self, problem: &Problem) -> VaultState {
        if problem.code != ProblemCode::VaultLocked {
            return VaultState::Unavailable;
        }
        match Vault::how_locked(&self.folder) {
            Ok(Some(LockKind::Passphrase)) => VaultState::LockedPassphrase,
            Ok(Some(LockKind::Keyring)) => VaultState::LockedKeyring,
            Ok(Some(LockKind::SessionOnly) | None) => VaultState::NoKeyring,
            Err(_) => VaultState::Unavailable,
        }
    }

    fn running(&self) -> std::sync::MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn by_keyring(&self) -> Home {
        match self.open(&self.folder, Unlock::Keyring).await {
            Ok(engine) => Home::Open { engine, _session: None },
            Err(problem) => Home::Closed(problem),
        }
    }

    async fn open(&self, folder: &Path, unlock: Unlock) -> Result<Engine, Problem> {
        Engine::open(OpenOptions { folder: folder.to_owned(), unlock, cloud_file: self.cloud_file.clone() })
            .await
    }
}

/// Name and version of the web engine, as far as it says.
fn web_engine() -> String {
    let name = if cfg!(windows) {
        "WebView2"
    } else if cfg!(target_os = "macos") {
        "WebKit"
    } else {
        "WebKitGTK"
    };
    tauri::webview_version().map_or_else(|_unknown| name.to_owned(), |version| format!("{name} {version}"))
}

fn session_folder() -> Result<TempDir, Problem> {
    vault::files::temporary_folder("mssp-onboard-").map_err(|error| {
        Problem::new(ProblemCode::FileTrouble)
            .with("path", std::env::temp_dir().display().to_string())
            .with("reason", error.to_string())
    })
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use onboarding::contract::{Problem, ProblemCode};
    use tokio::sync::oneshot;

    use super::Desk;

    fn desk() -> Desk {
        Desk::new(std::env::temp_dir().join("never-opened"), None)
    }

    /// Work that says when it has begun, and never ends by itself.
    async fn endless(begun: oneshot::Sender<()>) -> Result<(), Problem> {
        begun.send(()).unwrap();
        pending().await
    }

    #[tokio::test]
    async fn cancelling_ends_the_running_work() {
        let desk = desk();
        let (begun, has_begun) = oneshot::channel();
        let (outcome, ()) = tokio::join!(desk.run(None, endless(begun)), async {
            has_begun.await.unwrap();
            desk.cancel();
        });
        assert_eq!(outcome.unwrap_err().code, ProblemCode::Cancelled);
    }

    #[tokio::test]
    async fn new_work_ends_what_the_window_has_left() {
        let desk = desk();
        let (begun, has_begun) = oneshot::channel();
        let (first, second) = tokio::join!(desk.run(None, endless(begun)), async {
            has_begun.await.unwrap();
            desk.run(None, async { Ok(7) }).await
        });
        assert_eq!(first.unwrap_err().code, ProblemCode::Cancelled);
        assert_eq!(second.unwrap(), 7);
    }

    #[tokio::test]
    async fn a_cancel_does_not_reach_work_that_starts_later() {
        let desk = desk();
        desk.cancel();
        assert_eq!(desk.run(None, async { Ok(7) }).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn an_address_that_nobody_waits_for_is_refused() {
        let problem = desk().paste("http://localhost/?code=x".to_owned()).await.unwrap_err();
        assert_eq!(problem.code, ProblemCode::CallbackRefused);
    }

    #[tokio::test]
    async fn nothing_is_answered_before_the_vault_is_open() {
        assert_eq!(desk().engine().await.err().map(|problem| problem.code), Some(ProblemCode::VaultLocked));
    }
}
