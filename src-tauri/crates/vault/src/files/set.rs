//! Files that belong together: all are complete on disk before the first gets its name.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::temporary::{Complete, Temporary};
use super::{FileError, FileOperation, check_name, create_folder, plain_or_missing, sync_folder};

/// A file of a set.
#[derive(Clone, Copy)]
pub struct NewFile<'a> {
    /// Its name in the folder, see [`check_name`].
    pub name: &'a str,
    /// All of it.
    pub content: &'a [u8],
}

impl std::fmt::Debug for NewFile<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewFile").field("name", &self.name).field("bytes", &self.content.len()).finish()
    }
}

/// Writes files that belong together into a folder, which is made when missing.
///
/// As far as a folder allows, all of them appear or none: a set that may not replace anything leaves nothing behind when
/// it fails; one that replaces can be cut short only between two renames, and then says which names are new.
///
/// # Errors
///
/// [`FileError::Exists`] with every file that is there, when `overwrite` is false; nothing is written then.
pub fn write_set(folder: &Path, files: &[NewFile<'_>], overwrite: bool) -> Result<(), FileError> {
    for file in files {
        check_name(file.name).map_err(|problem| FileError::Name { name: file.name.to_owned(), problem })?;
    }
    create_folder(folder)?;
    let folder = &fs::canonicalize(folder).map_err(FileOperation::Look.on(folder))?;
    let names: Vec<&str> = files.iter().map(|file| file.name).collect();
    refuse_taken(folder, &names, overwrite)?;
    stage(folder, files)?.place(overwrite)
}

/// Writes one file at a path of the caller's choice, whose folder exists.
///
/// # Errors
///
/// [`FileError::Exists`] when `overwrite` is false and the file is there.
pub fn write(path: &Path, content: &[u8], overwrite: bool) -> Result<(), FileError> {
    let (folder, name) = split(path)?;
    refuse_taken(&folder, &[&name], overwrite)?;
    stage(&folder, &[NewFile { name: &name, content }])?.place(overwrite)
}

/// The canonical folder of a path, and the name in it.
pub(super) fn split(path: &Path) -> Result<(PathBuf, String), FileError> {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .ok_or_else(|| FileError::NotAFile { path: path.to_owned() })?;
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let folder = fs::canonicalize(folder).map_err(FileOperation::Look.on(folder))?;
    Ok((folder, name.to_owned()))
}

pub(super) fn refuse_taken(folder: &Path, names: &[&str], overwrite: bool) -> Result<(), FileError> {
    let mut taken = Vec::new();
    for name in names {
        let path = folder.join(name);
        if plain_or_missing(&path)? {
            taken.push(path);
        }
    }
    if taken.is_empty() || overwrite { Ok(()) } else { Err(FileError::Exists { paths: taken }) }
}

/// Files that are complete on disk under temporary names; dropping it removes them.
struct Staged<'a> {
    folder: &'a Path,
    files: Vec<(&'a str, Complete)>,
}

fn stage<'a>(folder: &'a Path, files: &[NewFile<'a>]) -> Result<Staged<'a>, FileError> {
    let files = files
        .iter()
        .map(|file| {
            let mut temporary = Temporary::new_in(folder)?;
            temporary
                .file
                .write_all(file.content)
                .map_err(FileOperation::Write.on(&folder.join(file.name)))?;
            Ok((file.name, temporary.complete()?))
        })
        .collect::<Result<_, FileError>>()?;
    Ok(Staged { folder, files })
}

impl Staged<'_> {
    fn place(self, overwrite: bool) -> Result<(), FileError> {
        let mut placed: Vec<&str> = Vec::new();
        for (name, file) in self.files {
            let target = self.folder.join(name);
            match file.rename(&target, overwrite) {
                Ok(()) => placed.push(name),
                Err(error) => return Err(undo(self.folder, &placed, &target, error, overwrite)),
            }
        }
        sync_folder(self.folder).map_err(FileOperation::Rename.on(self.folder))
    }
}

fn undo(folder: &Path, placed: &[&str], target: &Path, error: io::Error, overwrite: bool) -> FileError {
    if overwrite {
        if placed.is_empty() {
            return FileOperation::Rename.on(target)(error);
        }
        let written = placed.iter().map(|&name| name.to_owned()).collect();
        return FileError::SetIncomplete { written, source: error };
    }
    for name in placed {
        // All of these are ours and new: nothing had these names.
        if let Err(error) = fs::remove_file(folder.join(name)) {
            tracing::warn!(name, reason = %error, "a file of an unfinished set stays behind");
        }
    }
    if error.kind() == io::ErrorKind::AlreadyExists {
        FileError::Exists { paths: vec![target.to_owned()] }
    } else {
        FileOperation::Rename.on(target)(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names_in(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_process_that_dies_before_the_first_rename_leaves_the_old_files() {
        let folder = tempfile::tempdir().unwrap();
        write_set(folder.path(), &[NewFile { name: "a", content: b"old" }], false).unwrap();
        let staged = stage(folder.path(), &[NewFile { name: "a", content: b"new" }]).unwrap();
        // No destructor runs in a killed process.
        std::mem::forget(staged);
        assert_eq!(fs::read(folder.path().join("a")).unwrap(), b"old");
        write_set(folder.path(), &[NewFile { name: "a", content: b"new" }], true).unwrap();
        assert_eq!(fs::read(folder.path().join("a")).unwrap(), b"new");
    }

    #[test]
    fn a_name_that_is_taken_while_the_set_is_written_is_not_replaced_and_the_set_is_undone() {
        let folder = tempfile::tempdir().unwrap();
        let files = [NewFile { name: "a", content: b"1" }, NewFile { name: "b", content: b"2" }];
        let staged = stage(folder.path(), &files).unwrap();
        write(&folder.path().join("b"), b"theirs", false).unwrap();
        assert!(matches!(staged.place(false), Err(FileError::Exists { .. })));
        assert_eq!(names_in(folder.path()), ["b"]);
        assert_eq!(fs::read(folder.path().join("b")).unwrap(), b"theirs");
    }

    #[test]
    fn a_replacing_set_that_is_cut_short_says_which_names_are_new() {
        let folder = tempfile::tempdir().unwrap();
        let files = [NewFile { name: "a", content: b"1" }, NewFile { name: "b", content: b"2" }];
        let staged = stage(folder.path(), &files).unwrap();
        fs::create_dir(folder.path().join("b")).unwrap();
        match staged.place(true) {
            Err(FileError::SetIncomplete { written, .. }) => assert_eq!(written, ["a"]),
            other => panic!("{other:?}"),
        }
        assert_eq!(names_in(folder.path()), ["a", "b"]);
    }
}
