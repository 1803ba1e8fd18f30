//! Files: for their owner only, complete or not at all, never through a link.

use std::fs;
use std::io::Write;
use std::path::Path;

use proptest::prelude::*;
use vault::files::{self, FileError, NewFile, OwnerOnlyWriter};

#[test]
fn a_set_is_for_its_owner_only_and_its_folder_too() {
    let base = tempfile::tempdir().unwrap();
    let folder = base.path().join("new").join("deeper");
    files::write_set(&folder, &[NewFile { name: "inputs.conf", content: b"a" }], false).unwrap();
    assert_eq!(fs::read(folder.join("inputs.conf")).unwrap(), b"a");
    for path in [base.path().join("new"), folder.clone(), folder.join("inputs.conf")] {
        assert_owner_only(&path);
    }
    assert_eq!(names_in(&folder), ["inputs.conf"]);
}

#[test]
fn nothing_is_written_when_one_file_of_the_set_is_there_already() {
    let folder = tempfile::tempdir().unwrap();
    fs::OpenOptions::new()
        .create_new(true)
        .write(true)
        .open(folder.path().join("b"))
        .unwrap()
        .write_all(b"theirs")
        .unwrap();
    let set = [NewFile { name: "a", content: b"1" }, NewFile { name: "b", content: b"2" }];
    match files::write_set(folder.path(), &set, false) {
        Err(FileError::Exists { paths }) => {
            assert_eq!(paths.len(), 1);
            assert!(paths[0].ends_with("b"));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(names_in(folder.path()), ["b"]);
    files::write_set(folder.path(), &set, true).unwrap();
    assert_eq!(fs::read(folder.path().join("b")).unwrap(), b"2");
    assert_owner_only(&folder.path().join("b"));
}

#[test]
fn a_replaced_file_that_others_could_read_is_closed_to_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    fs::OpenOptions::new().create_new(true).write(true).open(&path).unwrap();
    files::write(&path, b"new", true).unwrap();
    assert_owner_only(&path);
}

#[test]
fn names_that_lead_out_of_the_folder_are_refused_before_anything_is_made() {
    let base = tempfile::tempdir().unwrap();
    let folder = base.path().join("out");
    let refused = files::write_set(&folder, &[NewFile { name: "../x", content: b"" }], true);
    assert!(matches!(refused, Err(FileError::Name { .. })), "{refused:?}");
    assert!(!folder.exists());
}

#[test]
fn a_stream_that_is_not_finished_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("alerts.ndjson");
    let mut writer = OwnerOnlyWriter::create(&path, false).unwrap();
    writer.write_all(&vec![b'x'; 1_000_000]).unwrap();
    drop(writer);
    assert!(names_in(folder.path()).is_empty());
}

#[test]
fn a_finished_stream_is_there_with_all_its_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("alerts.ndjson");
    let mut writer = OwnerOnlyWriter::create(&path, false).unwrap();
    for _ in 0..1_000 {
        writer.write_all(b"0123456789").unwrap();
    }
    assert_eq!(writer.finish().unwrap(), 10_000);
    assert_eq!(fs::metadata(&path).unwrap().len(), 10_000);
    assert_owner_only(&path);
    assert!(matches!(OwnerOnlyWriter::create(&path, false), Err(FileError::Exists { .. })));
    assert_eq!(names_in(folder.path()), ["alerts.ndjson"]);
}

#[test]
fn a_long_stream_is_complete_and_a_broken_off_one_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("alerts.ndjson");
    for finishes in [false, true] {
        let mut writer = OwnerOnlyWriter::create(&path, false).unwrap();
        for number in 0..36_u8 {
            writer.write_all(&vec![number; 1 << 20]).unwrap();
        }
        if finishes {
            assert_eq!(writer.finish().unwrap(), 36 << 20);
        } else {
            drop(writer);
            assert!(names_in(folder.path()).is_empty());
        }
    }
    let written = fs::read(&path).unwrap();
    assert!(written.chunks(1 << 20).zip(0..36).all(|(part, number)| part.iter().all(|byte| *byte == number)));
}

#[test]
fn appending_keeps_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    files::append(&path).unwrap().write_all(b"1").unwrap();
    files::append(&path).unwrap().write_all(b"2").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"12");
    assert_owner_only(&path);
}

#[test]
fn a_folder_that_is_a_file_is_refused() {
    let base = tempfile::tempdir().unwrap();
    let path = base.path().join("taken");
    files::write(&path, b"", false).unwrap();
    assert!(matches!(files::create_folder(&path), Err(FileError::NotAFolder { .. })));
    assert!(matches!(files::write(base.path(), b"", true), Err(FileError::NotAFile { .. })));
}

#[test]
fn an_empty_folder_that_is_handed_over_is_closed_to_others() {
    let base = tempfile::tempdir().unwrap();
    let folder = base.path().join("data");
    fs::create_dir(&folder).unwrap();
    files::own_folder(&folder).unwrap();
    assert_owner_only(&folder);
}

#[cfg(unix)]
mod links {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_link_in_place_of_a_file_is_refused_and_its_target_stays() {
        let base = tempfile::tempdir().unwrap();
        let target = base.path().join("target");
        files::write(&target, b"theirs", false).unwrap();
        let link = base.path().join("link");
        symlink(&target, &link).unwrap();
        for refused in [
            files::write(&link, b"ours", true).err(),
            files::append(&link).err(),
            files::open_or_create(&link).err(),
            OwnerOnlyWriter::create(&link, true).err(),
            files::write_set(base.path(), &[NewFile { name: "link", content: b"ours" }], true).err(),
        ] {
            assert!(matches!(refused, Some(FileError::Link { .. })), "{refused:?}");
        }
        assert_eq!(fs::read(&target).unwrap(), b"theirs");
    }

    #[test]
    fn a_link_that_leads_nowhere_is_refused_too() {
        let base = tempfile::tempdir().unwrap();
        let link = base.path().join("link");
        symlink(base.path().join("nowhere"), &link).unwrap();
        assert!(matches!(files::write(&link, b"", false), Err(FileError::Link { .. })));
        assert!(!base.path().join("nowhere").exists());
    }

    #[test]
    fn a_link_in_place_of_the_folder_is_refused() {
        let base = tempfile::tempdir().unwrap();
        let real = base.path().join("real");
        fs::create_dir(&real).unwrap();
        let link = base.path().join("link");
        symlink(&real, &link).unwrap();
        let refused = files::write_set(&link, &[NewFile { name: "a", content: b"" }], true);
        assert!(matches!(refused, Err(FileError::Link { .. })), "{refused:?}");
        assert!(names_in(&real).is_empty());
    }

    #[test]
    fn a_folder_in_use_keeps_its_mode() {
        let base = tempfile::tempdir().unwrap();
        let folder = base.path().join("shared");
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        files::write(&folder.join("theirs"), b"", false).unwrap();
        files::own_folder(&folder).unwrap();
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o755);
    }

    #[test]
    fn what_a_killed_write_left_long_ago_is_cleared_away_and_fresh_work_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let old = folder.path().join(".mssp-onboard-00000000000000000000000000000000.tmp");
        let fresh = folder.path().join(".mssp-onboard-11111111111111111111111111111111.tmp");
        files::write(&fresh, b"secret", false).unwrap();
        files::write(&old, b"secret", false).unwrap();
        let file = fs::OpenOptions::new().write(true).open(&old).unwrap();
        let modified = file.metadata().unwrap().modified().unwrap();
        file.set_modified(modified - std::time::Duration::from_hours(2)).unwrap();
        files::write(&folder.path().join("a"), b"", false).unwrap();
        assert_eq!(names_in(folder.path()), [".mssp-onboard-11111111111111111111111111111111.tmp", "a"]);
    }
}

proptest! {
    #[test]
    fn what_is_written_is_what_is_read(content in proptest::collection::vec(any::<u8>(), 0..4096)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        files::write(&path, &content, false).unwrap();
        prop_assert_eq!(fs::read(&path).unwrap(), content);
    }

    #[test]
    fn a_name_that_passes_stays_in_its_folder(name in "\\PC{0,20}") {
        if files::check_name(&name).is_ok() {
            let path = Path::new("folder").join(&name);
            prop_assert_eq!(path.parent(), Some(Path::new("folder")));
            prop_assert_eq!(path.file_name().and_then(|n| n.to_str()), Some(name.as_str()));
        }
    }
}

fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn assert_owner_only(path: &Path) {
    if cfg!(windows) && Path::new(r"C:\windows\system32\winecfg.exe").exists() {
        println!("skipped for {}: Wine shows no access lists", path.display());
        return;
    }
    assert!(files::is_owner_only(path).unwrap(), "{}", path.display());
}
