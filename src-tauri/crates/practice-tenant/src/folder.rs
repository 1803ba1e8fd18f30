//! The practice tenant's temporary folder: owner-only, fresh, gone when the server goes. What processes that were killed
//! left behind goes at the next start.
//!
//! Invariants: every file in it is created new and readable by its owner only (on Windows through the rights that a
//! person's own temporary folder passes on). While it is in use its claim is locked; a folder is only ever cleared away
//! when it belongs to the same person and has a claim that nobody holds, so that no other program's folder is touched and
//! none that is in use, or that is just being made.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

const PREFIX: &str = "mssp-practice-";
/// The file whose lock says that the folder is in use. The system lets go of it however a process ends.
const CLAIM: &str = "in-use";
/// Its name until it is locked.
const CLAIM_TO_BE: &str = "in-use.new";

/// A folder for this run.
pub(crate) struct Folder {
    // Before the folder: Windows removes no file that is open.
    _claim: File,
    folder: TempDir,
}

impl Folder {
    pub(crate) fn new() -> io::Result<Self> {
        Self::new_in(&std::env::temp_dir())
    }

    fn new_in(base: &Path) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            builder.permissions(fs::Permissions::from_mode(0o700));
        }
        let folder = builder.tempdir_in(base)?;
        let claim = create(&folder.path().join(CLAIM_TO_BE))?;
        // Where a file system knows no locks, the folder is nobody's to clear away, either.
        if claim.try_lock().is_ok() {
            fs::rename(folder.path().join(CLAIM_TO_BE), folder.path().join(CLAIM))?;
        }
        clear_left_behind(base, folder.path());
        Ok(Self { _claim: claim, folder })
    }

    /// Writes a new file, exactly these bytes.
    pub(crate) fn write(&self, name: &str, content: &[u8]) -> io::Result<PathBuf> {
        let path = self.folder.path().join(name);
        create(&path)?.write_all(content)?;
        Ok(path)
    }
}

fn create(path: &Path) -> io::Result<File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)
}

/// Removes folders of practice tenants whose process is gone. What cannot be looked at or removed stays.
fn clear_left_behind(base: &Path, own: &Path) {
    for entry in fs::read_dir(base).into_iter().flatten().flatten() {
        let folder = entry.path();
        let named = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        // The type of the entry itself: a link is no folder.
        if !named || folder == own || !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        if !same_owner(&folder, own) {
            continue;
        }
        let Ok(claim) = File::options().write(true).open(folder.join(CLAIM)) else { continue };
        if claim.try_lock().is_ok() {
            drop(claim);
            match fs::remove_dir_all(&folder) {
                Ok(()) => tracing::debug!(folder = %folder.display(), "a practice folder was left behind"),
                Err(error) => tracing::debug!(folder = %folder.display(), %error, "it stays behind"),
            }
        }
    }
}

#[cfg(unix)]
fn same_owner(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let owner = |path| fs::symlink_metadata(path).map(|found| found.uid()).ok();
    owner(one).is_some_and(|owner_of_one| owner(other) == Some(owner_of_one))
}

/// On Windows a person's temporary folder is theirs alone.
#[cfg(not(unix))]
fn same_owner(_one: &Path, _other: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::{CLAIM, Folder, PREFIX, create};

    #[test]
    fn what_a_killed_process_left_behind_goes_and_nothing_else() {
        let base = tempfile::tempdir().unwrap();
        let in_use = Folder::new_in(base.path()).unwrap();
        in_use.write("password.txt", b"x").unwrap();

        // A process that is killed lets go of its lock, and of nothing else.
        let killed = Folder::new_in(base.path()).unwrap();
        killed.write("password.txt", b"x").unwrap();
        let Folder { _claim: claim, folder } = killed;
        let left_behind = folder.keep();
        drop(claim);

        // Folders that only look alike: without a claim, and with another name.
        let just_made = base.path().join(format!("{PREFIX}123456"));
        let another = base.path().join("another-123456");
        for folder in [&just_made, &another] {
            std::fs::create_dir(folder).unwrap();
        }
        drop(create(&another.join(CLAIM)).unwrap());
        #[cfg(unix)]
        std::os::unix::fs::symlink(&another, base.path().join(format!("{PREFIX}link"))).unwrap();

        let next = Folder::new_in(base.path()).unwrap();
        assert!(!left_behind.exists(), "its process is gone");
        assert!(in_use.folder.path().join("password.txt").exists(), "it is in use");
        assert!(just_made.exists() && another.join(CLAIM).exists(), "these are somebody else's");
        let own = next.folder.path().to_owned();
        drop(next);
        assert!(!own.exists(), "an ordinary end leaves nothing");
    }
}
