//! A file under a temporary name, on its way to its real one.
//!
//! It is removed when it is dropped before it has its name. What a killed process left behind is removed by the next
//! write into the same folder, once it is old enough to be nobody's work; files of a set have names of their own, and
//! only whoever holds the set's plan removes them.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tempfile::TempPath;

use super::{FileError, FileOperation, owner};

const PREFIX: &str = ".mssp-onboard-";
/// Of files that belong to a set.
const SET_PREFIX: &str = ".mssp-onboard-set-";
const SUFFIX: &str = ".tmp";
/// No write takes so long without touching its file.
const ABANDONED: Duration = Duration::from_hours(1);

pub(super) struct Temporary {
    // The order matters on Windows: the handle is closed before the file is removed.
    pub(super) file: File,
    path: TempPath,
}

impl Temporary {
    /// Makes one in an existing folder, given by its canonical path.
    pub(super) fn new_in(folder: &Path) -> Result<Self, FileError> {
        let this = Self::named(folder, PREFIX)?;
        if let Ok(now) = this.file.metadata().and_then(|metadata| metadata.modified()) {
            clear_abandoned(folder, now);
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
        Ok(Complete { path: self.path })
    }
}

/// A file that is on disk entirely, and lacks only its name.
pub(super) struct Complete {
    path: TempPath,
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

/// Time comes from the file system itself, which may be another computer's.
fn clear_abandoned(folder: &Path, now: SystemTime) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        if name.to_str().is_some_and(|name| {
            name.starts_with(PREFIX) && !name.starts_with(SET_PREFIX) && name.ends_with(SUFFIX)
        }) && is_abandoned(&entry.path(), now)
        {
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

fn is_abandoned(path: &PathBuf, now: SystemTime) -> bool {
    fs::symlink_metadata(path)
        .and_then(|metadata| metadata.modified())
        .is_ok_and(|modified| now.duration_since(modified).is_ok_and(|age| age > ABANDONED))
}
