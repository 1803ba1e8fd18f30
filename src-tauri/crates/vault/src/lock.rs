//! One process at a time on a data folder.
//!
//! The lock is the system's, on the file `lock`, and ends with the process however that ends. Who holds it stands in
//! the file beside it, because Windows lets nobody read a file that another process has locked; that text is only shown
//! to people and decides nothing.

use std::fs::{self, File, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::error::VaultError;
use crate::files::{self, FileError, FileOperation};

const LOCK: &str = "lock";
const HOLDER: &str = "lock-holder";
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(20);
/// More than any name of a program, and little enough to show.
const LONGEST_HOLDER: usize = 200;

/// The process that holds a data folder, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Process id.
    pub pid: Option<u32>,
    /// Name of its program.
    pub program: Option<String>,
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.program, self.pid) {
            (Some(program), Some(pid)) => write!(f, "{program} ({pid})"),
            (Some(program), None) => f.write_str(program),
            (None, Some(pid)) => write!(f, "{pid}"),
            (None, None) => f.write_str("?"),
        }
    }
}

/// The data folder is ours while this lives.
#[derive(Debug)]
pub(crate) struct FolderLock {
    // Closing the file ends the lock.
    _file: File,
    holder: PathBuf,
}

impl FolderLock {
    /// Takes the lock, and waits for it at most so long.
    pub(crate) fn acquire(folder: &Path, wait: Duration) -> Result<Self, VaultError> {
        let path = folder.join(LOCK);
        let holder = folder.join(HOLDER);
        let file = files::open_or_create(&path)?;
        let started = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(source)) => {
                    return Err(FileError::Io { operation: FileOperation::Open, path, source }.into());
                }
            }
            let left = wait.saturating_sub(started.elapsed());
            if left.is_zero() {
                return Err(VaultError::Busy { holder: read_holder(&holder) });
            }
            std::thread::sleep(LOOK_AGAIN_AFTER.min(left));
        }
        if let Err(error) = note_holder(&holder) {
            tracing::warn!(reason = %error, "who holds the data folder could not be noted");
        }
        Ok(Self { _file: file, holder })
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        // Still ours here: the lock ends when the fields are dropped, after this.
        if let Err(error) = fs::remove_file(&self.holder) {
            tracing::debug!(reason = %error, "the note of who holds the data folder stays behind");
        }
    }
}

/// Not flushed to the disk, which would hold up every start: after a crash nobody holds the folder.
fn note_holder(path: &Path) -> Result<(), FileError> {
    let mut file = files::open_or_create(path)?;
    let text = format!("{} {}", std::process::id(), own_program());
    file.set_len(0).and_then(|()| file.write_all(text.as_bytes())).map_err(FileOperation::Write.on(path))
}

fn own_program() -> String {
    std::env::current_exe()
        .ok()
        .and_then(|path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned()))
        .unwrap_or_default()
}

fn read_holder(path: &Path) -> Holder {
    let text = fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&text[..text.len().min(LONGEST_HOLDER)]).into_owned();
    let (pid, program) = text.split_once(' ').unwrap_or((&text, ""));
    let program: String = program.chars().filter(|c| !c.is_control()).collect();
    Holder { pid: pid.parse().ok(), program: Some(program).filter(|program| !program.is_empty()) }
}
