//! A file under a temporary name, on its way to its real one.
//!
//! It is removed when it is dropped before it has its name. It is locked while somebody works on it, so that the next
//! write into the same folder knows what a killed process left behind, and removes it: only plain files of the same
//! owner, with a name of ours, that nobody holds. Files of a set have names of their own, and only whoever holds the
//! set's plan removes them.

use std::fs::{self, File, Metadata, TryLockError};
use std::io;
use std::path::Path;
use std::time::Duration;

use tempfile::TempPath;

use super::{FileError, FileOperation, owner};

const PREFIX: &str = ".mssp-onboard-";
/// Of files that belong to a set.
const SET_PREFIX: &str = ".mssp-onboard-set-";
const SUFFIX: &str = ".tmp";
/// A file is locked sooner than this after it was made.
const UNLOCKED: Duration = Duration::from_mins(1);
/// Where a file system has no locks: no write takes so long without touching its file.
const UNTOUCHED: Duration = Duration::from_hours(1);

pub(super) struct Temporary {
    // The order matters on Windows: the handle is closed before the file is removed.
    pub(super) file: File,
    path: TempPath,
}

impl Temporary {
    /// Makes one in an existing folder, given by its canonical path.
    pub(super) fn new_in(folder: &Path) -> Result<Self, FileError> {
        let this = Self::named(folder, PREFIX)?;
        // Without locks, age alone decides.
        let _ = this.file.try_lock();
        if let Ok(own) = this.file.metadata() {
            clear_abandoned(folder, &own);
        }
        Ok(this)
    }

    /// Makes one for a file of a set, in a folder that is claimed for it.
    pub(super) fn of_set(folder: &Path) -> Result<Self, FileError> {
        Self::named(folder, SET_PREFIX)
    }

    fn named(folder: &Path, prefix: &str) -> Result<Self, FileError> {
        let path = folder.join(format!("{prefix}{}{SUFFIX}", uuid::Uuid::new_v4().simple()));
        let file = owner::open(&path, owner::Opening::New).map_err(FileOperation::Open.on(&path))?;
        let guard = TempPath::try_from_path(&path).map_err(FileOperation::Open.on(&path))?;
        Ok(Self { file, path: guard })
    }

    /// Flushes to disk and closes: what remains is to give it its name.
    pub(super) fn complete(self) -> Result<Complete, FileError> {
        self.file.sync_all().map_err(FileOperation::Write.on(&self.path))?;
        // Windows gives no new name to an open file. Elsewhere it stays locked until it has its name.
        Ok(Complete { path: self.path, _locked: cfg!(unix).then_some(self.file) })
    }
}

/// A file that is on disk entirely, and lacks only its name.
pub(super) struct Complete {
    path: TempPath,
    _locked: Option<File>,
}

impl Complete {
    /// Its temporary name.
    pub(super) fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Gives it up to a plan: it stays when this is dropped.
    pub(super) fn keep(self) -> io::Result<()> {
        self.path.keep().map(drop).map_err(|refused| refused.error)
    }

    /// Gives it its name; `overwrite` false refuses, without a race, when the name is taken.
    pub(super) fn rename(self, target: &Path, overwrite: bool) -> io::Result<()> {
        if overwrite {
            self.path.persist(target).map_err(|refused| refused.error)
        } else {
            self.path.persist_noclobber(target).map_err(|refused| refused.error)
        }
    }
}

/// Time and owner come from the file system itself, which may be another computer's.
fn clear_abandoned(folder: &Path, own: &Metadata) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        if entry.file_name().to_str().is_some_and(is_ours) && is_abandoned(&entry.path(), own) {
            let removed = fs::remove_file(entry.path()).is_ok();
            tracing::info!(removed, "cleared away what an interrupted write had left");
        }
    }
}

/// Whether this is the temporary name of a file of a set, and nothing that leads elsewhere.
pub(super) fn is_of_set(name: &str) -> bool {
    name.strip_prefix(SET_PREFIX)
        .and_then(|rest| rest.strip_suffix(SUFFIX))
        .is_some_and(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Removes the temporary files of sets. Only for whoever holds the folder's plan.
pub(super) fn clear_set(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        if entry.file_name().to_str().is_some_and(is_of_set) && fs::remove_file(entry.path()).is_err() {
            tracing::warn!("a temporary file of an interrupted write stays behind");
        }
    }
}

fn is_ours(name: &str) -> bool {
    let middle = name.strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix(SUFFIX));
    middle.is_some_and(|middle| middle.len() == 32 && middle.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn is_abandoned(path: &Path, own: &Metadata) -> bool {
    let Ok(found) = fs::symlink_metadata(path) else { return false };
    let age = own.modified().and_then(|now| Ok(now.duration_since(found.modified()?).unwrap_or_default()));
    let Ok(age) = age else { return false };
    if !found.is_file() || !owner::is_same_owner(&found, own) || age <= UNLOCKED {
        return false;
    }
    let Ok(file) = File::options().read(true).write(true).open(path) else { return false };
    match file.try_lock() {
        Ok(()) => true,
        Err(TryLockError::WouldBlock) => false,
        Err(TryLockError::Error(_)) => age > UNTOUCHED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn age(file: &File, by: Duration) {
        let modified = file.metadata().unwrap().modified().unwrap();
        file.set_modified(modified - by).unwrap();
    }

    /// What a process leaves that is killed: its handles are closed, its guards do not run.
    fn killed(folder: &Path, age_by: Duration) -> std::path::PathBuf {
        let Temporary { file, path } = Temporary::new_in(folder).unwrap();
        age(&file, age_by);
        path.keep().unwrap()
    }

    #[test]
    fn the_next_write_clears_away_what_a_killed_process_left() {
        let folder = tempfile::tempdir().unwrap();
        let left = killed(folder.path(), UNLOCKED * 2);
        drop(Temporary::new_in(folder.path()).unwrap());
        assert!(!left.exists());
    }

    #[test]
    fn what_somebody_works_on_or_has_just_made_stays() {
        let folder = tempfile::tempdir().unwrap();
        let held = Temporary::new_in(folder.path()).unwrap();
        age(&held.file, UNTOUCHED * 2);
        let young = killed(folder.path(), Duration::ZERO);
        drop(Temporary::new_in(folder.path()).unwrap());
        assert!(held.path.exists() && young.exists());
        let complete = held.complete().unwrap();
        if cfg!(unix) {
            drop(Temporary::new_in(folder.path()).unwrap());
            assert!(complete.path.exists(), "it lacks only its name");
        }
    }

    #[test]
    fn other_names_stay_and_so_do_links_and_folders_with_ours() {
        let folder = tempfile::tempdir().unwrap();
        let left = killed(folder.path(), UNTOUCHED * 2);
        let alike = folder.path().join(".mssp-onboard-notes.tmp");
        fs::rename(&left, &alike).unwrap();
        let directory = folder.path().join(format!("{PREFIX}{}{SUFFIX}", "0".repeat(32)));
        fs::create_dir(&directory).unwrap();
        #[cfg(unix)]
        let link = {
            let link = folder.path().join(format!("{PREFIX}{}{SUFFIX}", "1".repeat(32)));
            std::os::unix::fs::symlink(&alike, &link).unwrap();
            link
        };
        drop(Temporary::new_in(folder.path()).unwrap());
        assert!(alike.exists() && directory.exists());
        #[cfg(unix)]
        assert!(fs::symlink_metadata(link).is_ok());
    }
}
