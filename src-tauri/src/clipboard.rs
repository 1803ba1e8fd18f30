//! The one way by which a secret leaves for the clipboard: at a person's word, past the window, and not for long.
//!
//! The window never sees the value. Where the system can be asked to, it keeps it out of its clipboard history and off
//! other devices. After half a minute, and when the app ends, it is taken away again, unless something else lies there by
//! then.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};

/// How long a secret stays.
pub(crate) const STAYS: Duration = Duration::from_secs(30);

/// A clipboard, as far as it is needed here.
trait Board: Send {
    /// Puts a secret there. Whether that worked.
    fn put(&mut self, secret: &str) -> bool;
    /// Whether just this text lies there.
    fn holds(&mut self, secret: &str) -> bool;
    /// Empties it.
    fn clear(&mut self);
}

/// The clipboard for secrets, one for the process.
#[derive(Clone)]
pub(crate) struct SecretClipboard(Arc<Inner>);

struct Inner {
    /// Opened when first needed: without a desktop there is none.
    board: Mutex<Option<Box<dyn Board>>>,
    open: fn() -> Option<Box<dyn Board>>,
    /// What lies there from us.
    ours: Mutex<Option<SecretString>>,
    turn: AtomicU64,
}

impl SecretClipboard {
    /// The system's own.
    pub(crate) fn of_the_system() -> Self {
        Self::over(|| arboard::Clipboard::new().ok().map(|board| Box::new(System(board)) as Box<dyn Board>))
    }

    fn over(open: fn() -> Option<Box<dyn Board>>) -> Self {
        Self(Arc::new(Inner {
            board: Mutex::new(None),
            open,
            ours: Mutex::new(None),
            turn: AtomicU64::new(0),
        }))
    }

    /// Puts a secret on the clipboard and takes it away again after [`STAYS`]. Whether it could be put there.
    pub(crate) fn put(&self, secret: SecretString) -> bool {
        let worked = self.with_board(|board| board.put(secret.expose_secret())).unwrap_or(false);
        if !worked {
            return false;
        }
        let turn = self.0.turn.fetch_add(1, Ordering::SeqCst) + 1;
        *self.0.ours.lock().unwrap_or_else(PoisonError::into_inner) = Some(secret);
        let this = self.clone();
        tauri::async_runtime::spawn(async move {
            tokio::time::sleep(STAYS).await;
            // A later secret has its own half minute.
            if this.0.turn.load(Ordering::SeqCst) == turn {
                this.take_away();
            }
        });
        true
    }

    /// Empties the clipboard if what lies there is ours.
    pub(crate) fn take_away(&self) {
        let ours = self.0.ours.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(secret) = ours else { return };
        self.with_board(|board| {
            if board.holds(secret.expose_secret()) {
                board.clear();
            }
        });
    }

    fn with_board<T>(&self, work: impl FnOnce(&mut dyn Board) -> T) -> Option<T> {
        let mut board = self.0.board.lock().unwrap_or_else(PoisonError::into_inner);
        if board.is_none() {
            *board = (self.0.open)();
        }
        board.as_mut().map(|board| work(board.as_mut()))
    }
}

struct System(arboard::Clipboard);

impl Board for System {
    fn put(&mut self, secret: &str) -> bool {
        let set = self.0.set();
        #[cfg(target_os = "linux")]
        let set = arboard::SetExtLinux::exclude_from_history(set);
        #[cfg(target_os = "macos")]
        let set = arboard::SetExtApple::exclude_from_history(set);
        #[cfg(windows)]
        let set = {
            use arboard::SetExtWindows as _;
            set.exclude_from_history().exclude_from_cloud().exclude_from_monitoring()
        };
        set.text(secret.to_owned()).inspect_err(|error| tracing::warn!(%error, "nothing was copied")).is_ok()
    }

    fn holds(&mut self, secret: &str) -> bool {
        self.0.get_text().map(SecretString::from).is_ok_and(|text| text.expose_secret() == secret)
    }

    fn clear(&mut self) {
        if let Err(error) = self.0.clear() {
            tracing::warn!(%error, "the clipboard could not be emptied");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static TEXT: Mutex<Option<String>> = Mutex::new(None);

    /// What a desktop has, of which there is one as well.
    struct Fake;

    impl Board for Fake {
        fn put(&mut self, secret: &str) -> bool {
            *TEXT.lock().unwrap() = Some(secret.to_owned());
            true
        }

        fn holds(&mut self, secret: &str) -> bool {
            TEXT.lock().unwrap().as_deref() == Some(secret)
        }

        fn clear(&mut self) {
            *TEXT.lock().unwrap() = None;
        }
    }

    #[test]
    fn a_secret_is_taken_away_unless_something_else_lies_there() {
        let clipboard = SecretClipboard::over(|| Some(Box::new(Fake)));
        assert!(clipboard.put(SecretString::from("token")));
        assert_eq!(TEXT.lock().unwrap().as_deref(), Some("token"));
        clipboard.take_away();
        assert_eq!(*TEXT.lock().unwrap(), None);

        assert!(clipboard.put(SecretString::from("token")));
        *TEXT.lock().unwrap() = Some("what the person copied since".to_owned());
        clipboard.take_away();
        assert_eq!(TEXT.lock().unwrap().as_deref(), Some("what the person copied since"));
    }

    #[test]
    fn without_a_desktop_nothing_is_copied() {
        let clipboard = SecretClipboard::over(|| None);
        assert!(!clipboard.put(SecretString::from("token")));
        clipboard.take_away();
    }
}
