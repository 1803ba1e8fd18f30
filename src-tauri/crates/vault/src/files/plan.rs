//! What is left to do for a set whose files are complete: a plan in the folder itself, under one fixed name.
//!
//! While a process works on it the plan is locked, so that nobody takes a living process for a dead one. A plan that
//! cannot be read was not finished, and so nothing was decided: then the old set counts, and what was prepared goes.
//! A plan never replaces a file that the set was not allowed to replace: there the set is undone instead.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::set::WriteStep;
use super::temporary::{clear_set, is_of_set};
use super::{FileError, FileOperation, Standing, check_name, look, owner, sync_folder};

/// Its name in the folder.
const NAME: &str = ".mssp-onboard-set.plan";
/// No plan of ours is larger, in bytes.
const LARGEST: u64 = 256 * 1024;

/// What [`recover`] found in a folder and did about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovered {
    /// No write was interrupted here.
    Nothing,
    /// A write had not come far enough: what it had prepared is gone, the old files are as they were.
    Cleared,
    /// A write had come far enough: the folder holds its files now.
    Finished,
    /// Somebody else had taken a name meanwhile: what the write had placed is gone.
    Undone,
    /// Another process is writing into this folder at this moment.
    Busy,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Plan {
    pub(super) overwrite: bool,
    pub(super) files: Vec<Planned>,
    pub(super) gone: Vec<String>,
}

/// A file on its way from its temporary name to its own.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Planned {
    pub(super) name: String,
    pub(super) from: String,
    pub(super) sha256: String,
}

/// A folder that is taken for one write: the plan's file, made and locked by us.
pub(super) struct Claim {
    file: File,
    path: std::path::PathBuf,
}

/// Finishes or clears away what a killed process began in a folder. Call it before a folder is read whose files must
/// belong together, and when the product starts. A folder that is not there needs nothing.
///
/// # Errors
///
/// When the system refuses.
pub fn recover(folder: &Path) -> Result<Recovered, FileError> {
    recover_watched(folder, &mut |_| ())
}

/// The same, and says before each step which it is.
///
/// # Errors
///
/// As [`recover`].
pub fn recover_watched(folder: &Path, watch: &mut dyn FnMut(WriteStep<'_>)) -> Result<Recovered, FileError> {
    if !Plan::stands_in(folder) {
        return Ok(Recovered::Nothing);
    }
    let path = folder.join(NAME);
    let mut file = owner::open(&path, owner::Opening::ReadWrite).map_err(FileOperation::Open.on(&path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(Recovered::Busy),
        Err(TryLockError::Error(error)) => return Err(FileOperation::Open.on(&path)(error)),
    }
    let plan = Plan::read(&mut file);
    let claim = Claim { file, path };
    let Some(plan) = plan else {
        watch(WriteStep::Remove(""));
        clear_set(folder);
        watch(WriteStep::Release);
        claim.release();
        tracing::info!("an interrupted write was cleared away");
        return Ok(Recovered::Cleared);
    };
    let finished = match plan.carry_out(folder, claim, watch) {
        Ok(()) => Recovered::Finished,
        Err(FileError::Exists { .. }) => Recovered::Undone,
        Err(error) => return Err(error),
    };
    tracing::info!("an interrupted write was carried out");
    Ok(finished)
}

impl Claim {
    /// Takes a folder. A plan that a dead process left there is carried out first.
    pub(super) fn take(folder: &Path) -> Result<Self, FileError> {
        let path = folder.join(NAME);
        // Once for us, once after what was left is recovered, once for whoever was faster at that.
        for _ in 0..3 {
            match owner::open(&path, owner::Opening::New) {
                Ok(file) => match file.try_lock() {
                    Ok(()) => return Ok(Self { file, path }),
                    // Somebody took our new file for an abandoned one, and is about to remove it.
                    Err(TryLockError::WouldBlock) => {}
                    Err(TryLockError::Error(error)) => return Err(FileOperation::Open.on(&path)(error)),
                },
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    if recover(folder)? == Recovered::Busy {
                        break;
                    }
                }
                Err(error) => return Err(FileOperation::Open.on(&path)(error)),
            }
        }
        Err(FileOperation::Open.on(&path)(io::ErrorKind::ResourceBusy.into()))
    }

    /// Writes the plan. Once this is done the new set counts.
    pub(super) fn decide(&mut self, plan: &Plan) -> Result<(), FileError> {
        let refused = FileOperation::Write.on(&self.path);
        let text = serde_json::to_vec(plan).map_err(io::Error::other);
        let written = text.and_then(|text| {
            self.file.write_all(&text)?;
            self.file.sync_all()
        });
        written.map_err(refused)
    }

    /// Lets go: the folder is whole.
    pub(super) fn release(self) {
        // Removed while it is locked, so that nobody finds it free and still there.
        let removed = fs::remove_file(&self.path);
        drop(self.file);
        if removed.is_err() {
            // Where a locked file cannot be removed it can be now.
            if let Err(error) = fs::remove_file(&self.path) {
                tracing::warn!(reason = %error, "the plan of a finished write stays behind");
            }
        }
    }
}

impl Plan {
    /// Whether an interrupted write, or one of this moment, left its plan in a folder.
    pub(super) fn stands_in(folder: &Path) -> bool {
        matches!(look(&folder.join(NAME)), Ok(Standing::Plain))
    }

    /// A plan that is whole and leads nowhere else.
    fn read(file: &mut File) -> Option<Self> {
        file.rewind().ok()?;
        let mut text = Vec::new();
        file.take(LARGEST).read_to_end(&mut text).ok()?;
        let plan: Self = serde_json::from_slice(&text).ok()?;
        let names = plan.files.iter().map(|file| &file.name).chain(&plan.gone);
        let ours = plan.files.iter().all(|file| is_of_set(&file.from));
        (ours && names.into_iter().all(|name| check_name(name).is_ok())).then_some(plan)
    }

    /// Does what is left to do. It can be interrupted and begun again at any point.
    pub(super) fn carry_out(
        &self,
        folder: &Path,
        claim: Claim,
        watch: &mut dyn FnMut(WriteStep<'_>),
    ) -> Result<(), FileError> {
        let mut written = Vec::new();
        for file in &self.files {
            watch(WriteStep::Rename(&file.name));
            match self.place(folder, file) {
                Ok(()) => written.push(file.name.clone()),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    return Err(self.undo(folder, file, claim, watch));
                }
                // The plan stays: the next write, or the next start, goes on with it.
                Err(source) => return Err(FileError::SetIncomplete { written, source }),
            }
        }
        for name in &self.gone {
            watch(WriteStep::Remove(name));
            remove(&folder.join(name))
                .map_err(|source| FileError::SetIncomplete { written: written.clone(), source })?;
        }
        watch(WriteStep::FlushFolder);
        sync_folder(folder).map_err(FileOperation::Rename.on(folder))?;
        // What an earlier process had prepared and never planned goes now; nobody else is at work here.
        clear_set(folder);
        watch(WriteStep::Release);
        claim.release();
        Ok(())
    }

    fn place(&self, folder: &Path, file: &Planned) -> io::Result<()> {
        let (from, to) = (folder.join(&file.from), folder.join(&file.name));
        let moved = if self.overwrite {
            fs::rename(&from, &to)
        } else {
            // Without a race, as the guard of a temporary file does it.
            tempfile::TempPath::try_from_path(&from)?.persist_noclobber(&to).map_err(|refused| {
                // Its guard would remove what the plan still needs.
                let _ = refused.path.keep();
                refused.error
            })
        };
        match moved {
            // Done by whoever began with this plan. What happened to the file since is its owner's doing.
            Err(_) if !from.exists() => Ok(()),
            other => other,
        }
    }

    /// Somebody took one of the names after it had been looked at: what was placed before it goes again.
    fn undo(
        &self,
        folder: &Path,
        taken: &Planned,
        claim: Claim,
        watch: &mut dyn FnMut(WriteStep<'_>),
    ) -> FileError {
        for file in self.files.iter().take_while(|file| file.name != taken.name) {
            watch(WriteStep::Remove(&file.name));
            let path = folder.join(&file.name);
            // Ours only as long as it holds what we wrote.
            if has_hash(&path, &file.sha256) && remove(&path).is_err() {
                tracing::warn!(name = file.name, "a file of an unfinished set stays behind");
            }
        }
        clear_set(folder);
        watch(WriteStep::Release);
        claim.release();
        FileError::Exists { paths: vec![folder.join(&taken.name)] }
    }
}

/// Removes a file, which may be gone already.
fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn has_hash(path: &Path, sha256: &str) -> bool {
    let Ok(content) = fs::read(path).map(zeroize::Zeroizing::new) else { return false };
    format!("{:x}", Sha256::digest(&*content)) == sha256
}
