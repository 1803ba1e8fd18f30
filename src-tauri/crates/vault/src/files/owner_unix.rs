//! Owner-only access on Unix: the mode, from the call that makes the file.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use rustix::fs::OFlags;

const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;
const OTHERS: u32 = 0o077;

/// What a file is opened for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Opening {
    /// It must not exist.
    New,
    /// Made when missing, closed to others when not.
    ReadWrite,
    /// Made when missing, closed to others when not.
    Append,
}

pub(super) fn open(path: &Path, opening: Opening) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.mode(FILE_MODE).custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
    match opening {
        Opening::New => options.read(true).write(true).create_new(true),
        Opening::ReadWrite => options.read(true).write(true).create(true).truncate(false),
        Opening::Append => options.append(true).create(true),
    };
    let file = options.open(path)?;
    if opening != Opening::New && file.metadata()?.mode() & OTHERS != 0 {
        file.set_permissions(Permissions::from_mode(FILE_MODE))?;
    }
    Ok(file)
}

pub(super) fn create_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(FOLDER_MODE).create(path)
}

pub(super) fn protect_folder(path: &Path) -> io::Result<()> {
    if is_owner_only(path)? { Ok(()) } else { fs::set_permissions(path, Permissions::from_mode(FOLDER_MODE)) }
}

/// Whether two files belong to the same person.
pub(super) fn is_same_owner(one: &Metadata, other: &Metadata) -> bool {
    one.uid() == other.uid()
}

pub(super) fn is_owner_only(path: &Path) -> io::Result<bool> {
    Ok(fs::symlink_metadata(path)?.mode() & OTHERS == 0)
}
