//! A file under a temporary name, on its way to its real one.
//!
//! It is removed when it is dropped before it has its name. What a killed process left behind is removed by the next
//! write into the same folder, once it is old enough to be nobody's work.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tempfile::TempPath;

use super::{FileError, FileOperation, owner};

const PREFIX: &str = ".mssp-onboard-";
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
        let path = folder.join(format!("{PREFIX}{}{SUFFIX}", uuid::Uuid::new_v4().simple()));
        let file = owner::open(&path, owner::Opening::New).map_err(FileOperation::Open.on(&path))?;
        let guard = TempPath::try_from_path(&path).map_err(FileOperation::Open.on(&path))?;
        let this = Self { file, path: guard };
        if let Ok(now) = this.file.metadata().and_then(|metadata| metadata.modified()) {
            clear_abandoned(folder, now);
        }
        Ok(this)
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
        if name.to_str().is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(SUFFIX))
            && is_abandoned(&entry.path(), now)
        {
            let removed = fs::remove_file(entry.path()).is_ok();
            tracing::info!(removed, "cleared away what an interrupted write had left");
        }
    }
}

fn is_abandoned(path: &PathBuf, now: SystemTime) -> bool {
    fs::symlink_metadata(path)
        .and_then(|metadata| metadata.modified())
        .is_ok_and(|modified| now.duration_since(modified).is_ok_and(|age| age > ABANDONED))
}
