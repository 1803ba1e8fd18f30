//! Files that belong together: a folder comes to hold all of the new ones, or keeps all of the old ones.
//!
//! No system renames several files at once. So all are made complete on disk under temporary names first, and then a plan
//! of what is left to do is written beside them. Until the plan is on disk the old set counts; from then on the new one
//! does, and whoever comes next ([`recover`](super::recover), and every write into the folder) finishes what a killed
//! process began. Nothing but renames and removals is left to do by then.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::plan::{Claim, Plan, Planned};
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

/// What a folder is to hold.
#[derive(Debug, Clone, Copy)]
pub struct NewSet<'a> {
    /// The files.
    pub files: &'a [NewFile<'a>],
    /// Names of files of an older set that go in the same moment. Those that are not there are no matter.
    pub gone: &'a [&'a str],
    /// Replace files of the same names.
    pub overwrite: bool,
}

/// What [`write_set_watched`] and [`recover`](super::recover) are about to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteStep<'a> {
    /// Making the folder where it is missing.
    Folder,
    /// Taking the folder for this write.
    Claim,
    /// Making a file under a temporary name.
    Create(&'a str),
    /// Filling it.
    Fill(&'a str),
    /// Flushing it to disk.
    Flush(&'a str),
    /// Writing and flushing the plan. Before this the old set counts, afterwards the new one.
    Decide,
    /// Flushing the folder.
    FlushFolder,
    /// Giving a file its name.
    Rename(&'a str),
    /// Removing a file of the older set, or what a killed process left.
    Remove(&'a str),
    /// Letting go of the folder.
    Release,
}

/// Writes files that belong together into a folder, which is made when missing. See [`write_set_watched`].
///
/// # Errors
///
/// [`FileError::Exists`] with every file that is there, when `overwrite` is false; nothing is written then.
pub fn write_set(folder: &Path, files: &[NewFile<'_>], overwrite: bool) -> Result<(), FileError> {
    write_set_watched(folder, &NewSet { files, gone: &[], overwrite }, &mut |_| ())
}

/// Writes a set, and says before each step which it is. A process that ends at any of them leaves the old set or the
/// new one, at worst with a plan that the next write or [`recover`](super::recover) carries out.
///
/// # Errors
///
/// [`FileError::Exists`] with every file that is there, when the set may not replace any; nothing is written then.
/// [`FileError::SetIncomplete`] when the system refused a rename after others had been done.
pub fn write_set_watched(
    folder: &Path,
    set: &NewSet<'_>,
    watch: &mut dyn FnMut(WriteStep<'_>),
) -> Result<(), FileError> {
    let named = set.files.iter().map(|file| file.name).chain(set.gone.iter().copied());
    for name in named {
        check_name(name).map_err(|problem| FileError::Name { name: name.to_owned(), problem })?;
    }
    watch(WriteStep::Folder);
    create_folder(folder)?;
    let folder = &fs::canonicalize(folder).map_err(FileOperation::Look.on(folder))?;
    // Before the folder is claimed, so that a refusal leaves no trace in it; and before the old set is judged, since a
    // plan that is still to be carried out decides which files that is.
    if Plan::stands_in(folder) {
        super::recover_watched(folder, watch)?;
    }
    let names: Vec<&str> = set.files.iter().map(|file| file.name).collect();
    refuse_taken(folder, &names, set.overwrite)?;
    for name in set.gone {
        plain_or_missing(&folder.join(name))?;
    }
    watch(WriteStep::Claim);
    let claim = Claim::take(folder)?;
    match stage(folder, set.files, watch) {
        Ok(staged) => staged.place(claim, set, watch),
        Err(error) => {
            // The temporary files are gone already: their guards removed them.
            claim.release();
            Err(error)
        }
    }
}

/// Writes one file at a path of the caller's choice, whose folder exists.
///
/// # Errors
///
/// [`FileError::Exists`] when `overwrite` is false and the file is there.
pub fn write(path: &Path, content: &[u8], overwrite: bool) -> Result<(), FileError> {
    let (folder, name) = split(path)?;
    refuse_taken(&folder, &[&name], overwrite)?;
    let mut temporary = Temporary::new_in(&folder)?;
    temporary.file.write_all(content).map_err(FileOperation::Write.on(path))?;
    let target = folder.join(name);
    match temporary.complete()?.rename(&target, overwrite) {
        Ok(()) => sync_folder(&folder).map_err(FileOperation::Rename.on(&folder)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(FileError::Exists { paths: vec![target] })
        }
        Err(error) => Err(FileOperation::Rename.on(&target)(error)),
    }
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
    files: Vec<(NewFile<'a>, Complete)>,
}

fn stage<'a>(
    folder: &'a Path,
    files: &[NewFile<'a>],
    watch: &mut dyn FnMut(WriteStep<'_>),
) -> Result<Staged<'a>, FileError> {
    let mut staged = Vec::with_capacity(files.len());
    for file in files {
        watch(WriteStep::Create(file.name));
        let mut temporary = Temporary::of_set(folder)?;
        watch(WriteStep::Fill(file.name));
        temporary.file.write_all(file.content).map_err(FileOperation::Write.on(&folder.join(file.name)))?;
        watch(WriteStep::Flush(file.name));
        staged.push((*file, temporary.complete()?));
    }
    Ok(Staged { folder, files: staged })
}

impl Staged<'_> {
    fn place(
        self,
        mut claim: Claim,
        set: &NewSet<'_>,
        watch: &mut dyn FnMut(WriteStep<'_>),
    ) -> Result<(), FileError> {
        let plan = Plan {
            overwrite: set.overwrite,
            files: self
                .files
                .iter()
                .map(|(file, staged)| Planned {
                    name: file.name.to_owned(),
                    from: staged.name(),
                    sha256: format!("{:x}", Sha256::digest(file.content)),
                })
                .collect(),
            gone: set.gone.iter().map(|&name| name.to_owned()).collect(),
        };
        watch(WriteStep::Decide);
        if let Err(error) = claim.decide(&plan) {
            // Nothing but this plan knows of the temporary files: without it they are removed by their guards.
            claim.release();
            return Err(error);
        }
        // From here on the plan has to be carried out, by us or by whoever finds it: the guards let go.
        for (_, staged) in self.files {
            staged.keep().map_err(FileOperation::Rename.on(self.folder))?;
        }
        watch(WriteStep::FlushFolder);
        sync_folder(self.folder).map_err(FileOperation::Rename.on(self.folder))?;
        plan.carry_out(self.folder, claim, watch)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Recovered, recover};
    use super::*;

    fn names_in(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// Does something at a step of the write.
    fn write_and_at(
        folder: &Path,
        set: &NewSet<'_>,
        at: WriteStep<'_>,
        mut then: impl FnMut(),
    ) -> Result<(), FileError> {
        write_set_watched(folder, set, &mut |step| {
            if step == at {
                then();
            }
        })
    }

    const FILES: [NewFile<'static>; 2] =
        [NewFile { name: "a", content: b"1" }, NewFile { name: "b", content: b"2" }];

    #[test]
    fn a_name_that_is_taken_while_the_set_is_written_is_not_replaced_and_the_set_is_undone() {
        let folder = tempfile::tempdir().unwrap();
        let set = NewSet { files: &FILES, gone: &[], overwrite: false };
        let refused = write_and_at(folder.path(), &set, WriteStep::Rename("b"), || {
            write(&folder.path().join("b"), b"theirs", false).unwrap();
        });
        assert!(matches!(refused, Err(FileError::Exists { .. })), "{refused:?}");
        assert_eq!(names_in(folder.path()), ["b"]);
        assert_eq!(fs::read(folder.path().join("b")).unwrap(), b"theirs");
    }

    #[test]
    fn a_replacing_set_that_is_cut_short_says_which_names_are_new_and_is_finished_later() {
        let folder = tempfile::tempdir().unwrap();
        let set = NewSet { files: &FILES, gone: &[], overwrite: true };
        let in_the_way = folder.path().join("b");
        let cut = write_and_at(folder.path(), &set, WriteStep::Rename("b"), || {
            fs::create_dir(&in_the_way).unwrap();
        });
        match cut {
            Err(FileError::SetIncomplete { written, .. }) => assert_eq!(written, ["a"]),
            other => panic!("{other:?}"),
        }
        fs::remove_dir(&in_the_way).unwrap();
        assert_eq!(recover(folder.path()).unwrap(), Recovered::Finished);
        assert_eq!(names_in(folder.path()), ["a", "b"]);
        assert_eq!(recover(folder.path()).unwrap(), Recovered::Nothing);
    }

    #[test]
    fn what_the_older_set_had_more_goes_with_it() {
        let folder = tempfile::tempdir().unwrap();
        write_set(folder.path(), &FILES, false).unwrap();
        let files = [NewFile { name: "a", content: b"new" }];
        let set = NewSet { files: &files, gone: &["b", "never-there"], overwrite: true };
        write_set_watched(folder.path(), &set, &mut |_| ()).unwrap();
        assert_eq!(names_in(folder.path()), ["a"]);
    }

    #[test]
    fn a_folder_into_which_another_process_writes_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let set = NewSet { files: &FILES, gone: &[], overwrite: true };
        let mut seen = None;
        write_and_at(folder.path(), &set, WriteStep::Decide, || {
            seen = Some(recover(folder.path()).unwrap());
            assert!(write_set(folder.path(), &FILES, true).is_err());
        })
        .unwrap();
        assert_eq!(seen, Some(Recovered::Busy));
        assert_eq!(names_in(folder.path()), ["a", "b"]);
    }

    #[test]
    fn a_plan_that_leads_elsewhere_is_no_plan() {
        let base = tempfile::tempdir().unwrap();
        let folder = base.path().join("set");
        write_set(&folder, &FILES, false).unwrap();
        write(&base.path().join("victim"), b"v", false).unwrap();
        let plan = br#"{"overwrite":true,"files":[{"name":"a","from":"../victim","sha256":""}],"gone":["../victim"]}"#;
        write(&folder.join(".mssp-onboard-set.plan"), plan, false).unwrap();
        assert_eq!(recover(&folder).unwrap(), Recovered::Cleared);
        assert_eq!(fs::read(base.path().join("victim")).unwrap(), b"v");
        assert_eq!(names_in(&folder), ["a", "b"]);
    }
}
