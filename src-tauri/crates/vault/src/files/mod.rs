//! The one home for writing files.
//!
//! What is written here belongs to its owner alone from the moment it exists (mode 0600 in folders of mode 0700; on
//! Windows a protected access list with the user and SYSTEM and nobody else), and appears under its name complete or
//! not at all: temporary name, fsync, rename. It does not decide what is written, and it never follows a link that
//! stands where a file or folder is to be.
//!
//! Files are replaced only when the caller says so. A process that is killed leaves the old file or the new one, and at
//! worst owner-only temporary files, which the next write into the same folder clears away. Files that belong together
//! are replaced together: see [`write_set_watched`] and [`recover`].

mod disk;
mod name;
#[cfg_attr(unix, path = "owner_unix.rs")]
#[cfg_attr(windows, path = "owner_windows.rs")]
mod owner;
mod pieces;
mod plan;
mod set;
mod stream;
mod temporary;
mod write_behind;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

pub use name::{NameProblem, check_name};
pub use plan::{Recovered, recover, recover_watched};
pub use set::{NewFile, NewSet, WriteStep, write, write_set, write_set_watched};
pub use stream::OwnerOnlyWriter;

/// Why a file could not be written. Holds names and paths, never content.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Files are there already, and were not to be replaced. Nothing was written.
    #[error("{} file(s) are there already", .paths.len())]
    Exists {
        /// All of them.
        paths: Vec<PathBuf>,
    },
    /// A symbolic link or junction stands where a file or folder is to be.
    #[error("{} is a link", .path.display())]
    Link {
        /// The link.
        path: PathBuf,
    },
    /// Something that is not a plain file has this name.
    #[error("{} is not a plain file", .path.display())]
    NotAFile {
        /// It.
        path: PathBuf,
    },
    /// Something that is not a folder has this name.
    #[error("{} is not a folder", .path.display())]
    NotAFolder {
        /// It.
        path: PathBuf,
    },
    /// A file of a set cannot have this name on every system.
    #[error("the file name {name:?} cannot be used: {problem}")]
    Name {
        /// The name.
        name: String,
        /// What is wrong with it.
        problem: NameProblem,
    },
    /// Some files of a set were replaced before one could not be. What is left to do is planned in the folder: the next
    /// write or [`recover`] does it.
    #[error("only {} file(s) of the set were replaced", .written.len())]
    SetIncomplete {
        /// Names that hold their new content.
        written: Vec<String>,
        /// Why the next one does not.
        source: io::Error,
    },
    /// The system refused.
    #[error("{operation} failed for {}", .path.display())]
    Io {
        /// What was attempted.
        operation: FileOperation,
        /// On what.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

/// What was attempted when the system refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileOperation {
    /// Looking at what is there.
    Look,
    /// Making a folder.
    CreateFolder,
    /// Making or opening a file.
    Open,
    /// Writing and flushing to disk.
    Write,
    /// Giving the file its name.
    Rename,
    /// Restricting access.
    Protect,
}

impl FileOperation {
    /// Kebab-case name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Look => "look",
            Self::CreateFolder => "create-folder",
            Self::Open => "open",
            Self::Write => "write",
            Self::Rename => "rename",
            Self::Protect => "protect",
        }
    }

    pub(super) fn on(self, path: &Path) -> impl FnOnce(io::Error) -> FileError {
        let path = path.to_owned();
        move |source| FileError::Io { operation: self, path, source }
    }
}

impl std::fmt::Display for FileOperation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What stands at a path, without following a link there.
enum Standing {
    Nothing,
    Plain,
    Folder,
    Link,
    Other,
}

fn look(path: &Path) -> Result<Standing, FileError> {
    match fs::symlink_metadata(path) {
        // On Windows this is true for junctions as well, and false for the placeholders of cloud folders.
        Ok(found) if found.file_type().is_symlink() => Ok(Standing::Link),
        Ok(found) if found.is_file() => Ok(Standing::Plain),
        Ok(found) if found.is_dir() => Ok(Standing::Folder),
        Ok(_) => Ok(Standing::Other),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Standing::Nothing),
        Err(error) => Err(FileOperation::Look.on(path)(error)),
    }
}

/// Makes a folder, and those above it that are missing, for the owner only. A folder that is there stays as it is.
///
/// # Errors
///
/// When something else has the name, or the system refuses.
pub fn create_folder(folder: &Path) -> Result<(), FileError> {
    match look(folder)? {
        Standing::Folder => return Ok(()),
        Standing::Link => return Err(FileError::Link { path: folder.to_owned() }),
        Standing::Plain | Standing::Other => return Err(FileError::NotAFolder { path: folder.to_owned() }),
        Standing::Nothing => {}
    }
    if let Some(above) = folder.parent().filter(|above| !above.as_os_str().is_empty()) {
        // Links above are the user's own arrangement (a home folder on another disk); only the last one is ours.
        if !above.is_dir() {
            create_folder(above)?;
        }
    }
    match owner::create_folder(folder) {
        // Somebody was faster: then it has to be a folder.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => create_folder(folder),
        other => other.map_err(FileOperation::CreateFolder.on(folder)),
    }
}

/// Makes a fresh temporary folder for the owner only. It goes when the answer is dropped.
///
/// # Errors
///
/// When the system refuses.
pub fn temporary_folder(prefix: &str) -> std::io::Result<tempfile::TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(std::fs::Permissions::from_mode(0o700));
    }
    // On Windows it is in the person's own temporary folder, whose rights it inherits.
    builder.tempdir()
}

/// Makes a file without a lasting name, for the owner only, in a folder that exists. It goes when it is closed, however
/// the process ends.
///
/// # Errors
///
/// When the system refuses.
pub fn scratch_file(folder: &Path) -> io::Result<File> {
    // On Unix it never has a name; on Windows it goes with its last handle, and its folder says who may read it.
    tempfile::tempfile_in(folder)
}

/// Makes a folder that is the product's own. One that is there and still empty is closed to others as well.
///
/// # Errors
///
/// As [`create_folder`].
pub fn own_folder(folder: &Path) -> Result<(), FileError> {
    create_folder(folder)?;
    let empty = fs::read_dir(folder).map_err(FileOperation::Look.on(folder))?.next().is_none();
    if empty {
        owner::protect_folder(folder).map_err(FileOperation::Protect.on(folder))?;
    }
    Ok(())
}

/// Opens a file for reading, writing and locking, and makes it when it is missing. Content stays.
///
/// # Errors
///
/// When a link or something else has the name, or the system refuses.
pub fn open_or_create(path: &Path) -> Result<File, FileError> {
    plain_or_missing(path)?;
    owner::open(path, owner::Opening::ReadWrite).map_err(FileOperation::Open.on(path))
}

/// Opens a file for appending, such as a log, and makes it when it is missing.
///
/// # Errors
///
/// When a link or something else has the name, or the system refuses.
pub fn append(path: &Path) -> Result<File, FileError> {
    plain_or_missing(path)?;
    owner::open(path, owner::Opening::Append).map_err(FileOperation::Open.on(path))
}

/// Whether nobody but the owner (on Windows: and SYSTEM) may touch what is at this path.
///
/// # Errors
///
/// When the system does not tell.
pub fn is_owner_only(path: &Path) -> Result<bool, FileError> {
    owner::is_owner_only(path).map_err(FileOperation::Look.on(path))
}

fn plain_or_missing(path: &Path) -> Result<bool, FileError> {
    match look(path)? {
        Standing::Nothing => Ok(false),
        Standing::Plain => Ok(true),
        Standing::Link => Err(FileError::Link { path: path.to_owned() }),
        Standing::Folder | Standing::Other => Err(FileError::NotAFile { path: path.to_owned() }),
    }
}

/// Makes renames in a folder last through a power failure. Windows has no such call and needs none.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}
