//! Files and folders that a person pointed at, read into memory: only plain files, only of a sensible size, and nothing
//! behind a link that lies in a folder. A path that was named leads where its owner wanted, link or not.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use connectors::Files;
use zeroize::Zeroizing;

use crate::contract::{LeftOut, Problem, ProblemCode};

/// Old configurations have a few kilobytes.
const LARGEST: u64 = 1024 * 1024;
/// All together.
const LARGEST_OF_ALL: u64 = 32 * 1024 * 1024;
/// Deeper than any SIEM's folder of settings.
const DEEPEST: usize = 12;
/// Entries of folders, whatever they are.
const MOST_ENTRIES: usize = 50_000;
/// Files that look like configuration.
const MOST_FILES: usize = 2_000;
/// More of them say no more.
const MOST_LEFT_OUT: usize = 50;

const ENDINGS: &[&str] = &[".properties", ".conf", "values-to-type.txt"];
const BESIDES: &[&str] = &[".bak", ".old", ".orig", ".save", ".txt"];

/// What was read, and what was not.
#[derive(Default)]
pub(crate) struct Gathered {
    pub(crate) files: Files,
    pub(crate) left_out: Vec<LeftOut>,
    entries: usize,
    count: usize,
    bytes: u64,
}

/// Reads what the paths lead to.
///
/// # Errors
///
/// `file-trouble` when a named path cannot be read. What lies in folders may be unreadable.
pub(crate) fn gather(paths: &[PathBuf]) -> Result<Gathered, Problem> {
    let mut gathered = Gathered::default();
    for path in paths {
        let trouble = |error: &io::Error| {
            Problem::new(ProblemCode::FileTrouble)
                .with("path", path.display().to_string())
                .with("reason", error.to_string())
        };
        let found = fs::metadata(path).map_err(|error| trouble(&error))?;
        if found.is_dir() {
            let inside = fs::read_dir(path).map_err(|error| trouble(&error))?;
            gathered.folder(inside, 1);
        } else if found.is_file() {
            gathered.file(path, found.len()).map_err(|error| trouble(&error))?;
        } else {
            gathered.leave_out(path, "file-is-not-plain");
        }
    }
    Ok(gathered)
}

impl Gathered {
    fn folder(&mut self, inside: fs::ReadDir, depth: usize) {
        let mut entries: Vec<_> = inside.filter_map(Result::ok).take(MOST_ENTRIES).collect();
        // The same answer on every system.
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            self.entries += 1;
            let path = entry.path();
            if self.entries > MOST_ENTRIES || self.count >= MOST_FILES {
                self.leave_out(&path, "old-files-too-many");
                return;
            }
            let Ok(kind) = entry.file_type() else { continue };
            let wanted = is_wanted(&entry.file_name().to_string_lossy());
            if kind.is_symlink() {
                if wanted || path.is_dir() {
                    self.leave_out(&path, "file-is-a-link");
                }
            } else if kind.is_dir() {
                match fs::read_dir(&path) {
                    Ok(inside) if depth < DEEPEST => self.folder(inside, depth + 1),
                    Ok(_) => self.leave_out(&path, "old-files-too-deep"),
                    Err(_) => self.leave_out(&path, "old-file-unreadable"),
                }
            } else if wanted && !kind.is_file() {
                self.leave_out(&path, "file-is-not-plain");
            } else if wanted {
                let length = entry.metadata().map_or(0, |found| found.len());
                if self.file(&path, length).is_err() {
                    self.leave_out(&path, "old-file-unreadable");
                }
            }
        }
    }

    fn file(&mut self, path: &Path, length: u64) -> io::Result<()> {
        if length > LARGEST || self.bytes + length > LARGEST_OF_ALL {
            self.leave_out(path, "old-file-too-large");
            return Ok(());
        }
        let file = File::open(path)?;
        // Room for all of it from the start: a buffer that grows leaves copies behind.
        let room = usize::try_from(length).unwrap_or_default() + 1;
        let mut contents = Zeroizing::new(Vec::with_capacity(room));
        file.take(LARGEST + 1).read_to_end(&mut contents)?;
        if contents.len() as u64 > LARGEST {
            self.leave_out(path, "old-file-too-large");
            return Ok(());
        }
        self.bytes += contents.len() as u64;
        self.count += 1;
        self.files.insert(name(path), std::mem::take(&mut contents));
        Ok(())
    }

    fn leave_out(&mut self, path: &Path, reason: &str) {
        if self.left_out.len() < MOST_LEFT_OUT {
            self.left_out.push(LeftOut { path: path.display().to_string(), reason: reason.to_owned() });
        }
    }
}

/// A path as the readers take it: with slashes.
fn name(path: &Path) -> String {
    let shown = path.display().to_string();
    if cfg!(windows) { shown.replace('\\', "/") } else { shown }
}

/// Whether a file of a folder is worth reading: it is called as connector files are, or as a copy of one.
fn is_wanted(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let stem = BESIDES.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(&name);
    ENDINGS.iter().any(|ending| name.ends_with(ending) || stem.ends_with(ending))
        || stem.contains("wdatp")
        || stem.contains("splunk")
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "files of a test, which are no secrets")]
mod tests {
    use super::*;

    fn names(gathered: &Gathered) -> Vec<String> {
        let last = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
        gathered.files.names().map(last).collect()
    }

    #[test]
    fn a_folder_gives_what_looks_like_configuration_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("etc/apps/TA/local");
        fs::create_dir_all(&deep).unwrap();
        for file in
            ["etc/apps/TA/local/inputs.conf", "WDATP-connector.properties", "a.conf.bak", "picture.png"]
        {
            fs::write(folder.path().join(file), "x").unwrap();
        }
        let gathered = gather(&[folder.path().to_owned()]).unwrap();
        assert_eq!(names(&gathered).len(), 3, "{:?}", names(&gathered));
        assert!(gathered.left_out.is_empty());
    }

    #[test]
    fn a_named_file_is_read_whatever_its_name_and_a_missing_one_is_trouble() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("from the old server");
        fs::write(&file, "x").unwrap();
        assert_eq!(names(&gather(&[file]).unwrap()), ["from the old server"]);
        let problem = gather(&[folder.path().join("nothing")]).map(|_| ()).unwrap_err();
        assert_eq!(problem.code, ProblemCode::FileTrouble);
    }

    #[test]
    fn what_is_too_large_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let length = usize::try_from(LARGEST).unwrap();
        fs::write(folder.path().join("large.conf"), vec![b'#'; length + 1]).unwrap();
        fs::write(folder.path().join("largest.conf"), vec![b'#'; length]).unwrap();
        let gathered = gather(&[folder.path().to_owned()]).unwrap();
        assert_eq!(names(&gathered), ["largest.conf"]);
        assert_eq!(gathered.left_out[0].reason, "old-file-too-large");
    }

    #[cfg(unix)]
    #[test]
    fn links_in_a_folder_are_not_followed_and_a_named_one_is() {
        use std::os::unix::fs::symlink;
        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let secret = elsewhere.path().join("inputs.conf");
        fs::write(&secret, "x").unwrap();
        symlink(&secret, folder.path().join("inputs.conf")).unwrap();
        symlink(elsewhere.path(), folder.path().join("away")).unwrap();
        symlink(folder.path(), folder.path().join("round")).unwrap();
        let gathered = gather(&[folder.path().to_owned()]).unwrap();
        assert!(names(&gathered).is_empty());
        assert_eq!(gathered.left_out.len(), 3, "{:?}", gathered.left_out);
        assert_eq!(names(&gather(&[folder.path().join("away")]).unwrap()), ["inputs.conf"]);
    }
}
