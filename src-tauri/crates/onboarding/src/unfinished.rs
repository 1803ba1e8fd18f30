//! Writes that a stop may have cut short: which folders they were in, so that the next start looks there.
//!
//! A set of files is written with a plan in its own folder, and whoever comes next carries it out
//! ([`vault::files::recover`]). This note, beside the vault, is how the next start knows where to come. It holds folders,
//! no names of files and no secret; without it a cut write waits for the next export or proof in that folder.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const FILE: &str = "unfinished.json";

/// Folders into which this process writes, or into which an earlier one did to no end.
#[derive(Debug)]
pub(crate) struct Unfinished {
    note: PathBuf,
    folders: BTreeSet<PathBuf>,
}

impl Unfinished {
    /// Reads the note of a data folder, and carries out or clears away what was left.
    pub(crate) fn settle(data: &Path) -> Self {
        let note = data.join(FILE);
        let folders = std::fs::read(&note)
            .ok()
            .and_then(|text| serde_json::from_slice::<BTreeSet<PathBuf>>(&text).ok())
            .unwrap_or_default();
        let mut this = Self { note, folders };
        let left: Vec<PathBuf> = this.folders.iter().cloned().collect();
        for folder in left {
            match vault::files::recover(&folder) {
                Ok(found) => {
                    tracing::info!(?found, "looked after a write that was cut short");
                    this.end(&folder);
                }
                // A disk that is not there today may be there tomorrow.
                Err(error) => tracing::warn!(%error, "a write that was cut short cannot be looked after now"),
            }
        }
        this
    }

    /// Notes a folder before anything is written there.
    pub(crate) fn begin(&mut self, folder: &Path) {
        self.folders.insert(folder.to_owned());
        self.keep();
    }

    /// Forgets a folder in which nothing is left to do.
    pub(crate) fn end(&mut self, folder: &Path) {
        self.folders.remove(folder);
        self.keep();
    }

    fn keep(&self) {
        let kept = if self.folders.is_empty() {
            match std::fs::remove_file(&self.note) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.to_string()),
                _ => Ok(()),
            }
        } else {
            let text = serde_json::to_vec(&self.folders).unwrap_or_default();
            vault::files::write(&self.note, &text, true).map_err(|error| error.to_string())
        };
        if let Err(reason) = kept {
            tracing::warn!(reason, "unfinished writes are not noted");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_that_was_cut_short_is_looked_after_at_the_next_start() {
        let base = tempfile::tempdir().unwrap();
        let (data, folder) = (base.path().join("data"), base.path().join("files"));
        for folder in [&data, &folder] {
            vault::files::create_folder(folder).unwrap();
        }
        let mut before = Unfinished::settle(&data);
        before.begin(&folder);
        // A process that died while it prepared: its plan is empty, its file lies about.
        let leftover = folder.join(".mssp-onboard-set-0123456789abcdef0123456789abcdef.tmp");
        vault::files::write(&leftover, b"secret", false).unwrap();
        vault::files::write(&folder.join(".mssp-onboard-set.plan"), b"", false).unwrap();
        let after = Unfinished::settle(&data);
        assert!(after.folders.is_empty());
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
        assert!(!data.join(FILE).exists());
    }

    #[test]
    fn a_folder_that_is_gone_is_no_trouble() {
        let base = tempfile::tempdir().unwrap();
        let mut before = Unfinished::settle(base.path());
        before.begin(&base.path().join("gone"));
        assert!(Unfinished::settle(base.path()).folders.is_empty());
    }
}
