//! Opening: what opens a vault, and how each thing that does not is told apart.

use std::fs;
use std::path::Path;

use vault::{Damage, Keyring, KeyringReason, LockKind, SecretKind, Unlock, Vault, VaultError, files};

use crate::support::{
    PASSPHRASE, behind_its_back, contoso, keyring, moment, open, open_with, passphrase, secret_of, session,
};

#[test]
fn a_vault_with_a_passphrase_needs_no_keyring_and_opens_again() {
    let base = tempfile::tempdir().unwrap();
    let folder = base.path().join("data");
    assert_eq!(Vault::how_locked(&folder).unwrap(), None);
    let vault = open(&folder, passphrase()).unwrap();
    let customer = vault.add(contoso("Contoso")).unwrap();
    vault.put_secret(&customer.id, SecretKind::ClientSecret, &"value".into()).unwrap();
    assert_eq!(Vault::how_locked(&folder).unwrap(), Some(LockKind::Passphrase));
    drop(vault);
    assert_eq!(Vault::how_locked(&folder).unwrap(), Some(LockKind::Passphrase));
    let vault = open(&folder, passphrase()).unwrap();
    assert_eq!(vault.list().unwrap(), std::slice::from_ref(&customer));
    assert_eq!(secret_of(&vault, &customer, SecretKind::ClientSecret).as_deref(), Some("value"));
}

#[test]
fn a_wrong_passphrase_is_told_apart_from_damage() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path(), passphrase()).unwrap());
    for wrong in ["four plain words", "Four plain words here", " "] {
        let refused = open(folder.path(), Unlock::Passphrase(wrong.into()));
        assert!(matches!(refused, Err(VaultError::KeyWrong)), "{refused:?}");
    }
}

#[test]
fn an_empty_passphrase_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let refused = open(folder.path(), Unlock::Passphrase("".into()));
    assert!(matches!(refused, Err(VaultError::Locked { how: LockKind::Passphrase })), "{refused:?}");
    assert_eq!(Vault::how_locked(folder.path()).unwrap(), None);
}

#[test]
fn a_vault_opens_only_in_the_way_in_which_it_was_made() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path(), passphrase()).unwrap());
    for other in [Unlock::Keyring, Unlock::SessionOnly] {
        let refused = Vault::open_with(folder.path(), other, std::time::Duration::ZERO, &keyring());
        assert!(matches!(refused, Err(VaultError::Locked { how: LockKind::Passphrase })), "{refused:?}");
    }

    let folder = tempfile::tempdir().unwrap();
    drop(open_with(folder.path(), &keyring()).unwrap());
    for other in [passphrase(), Unlock::SessionOnly] {
        let refused = open(folder.path(), other);
        assert!(matches!(refused, Err(VaultError::Locked { how: LockKind::Keyring })), "{refused:?}");
    }
}

#[test]
fn the_keyring_opens_what_it_has_the_key_of() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let keyring = keyring();
    let (first, second) =
        (open_with(one.path(), &keyring).unwrap(), open_with(two.path(), &keyring).unwrap());
    assert_ne!(first.id(), second.id());
    let customer = first.add(contoso("Contoso")).unwrap();
    first.put_secret(&customer.id, SecretKind::RefreshToken, &"token".into()).unwrap();
    drop((first, second));
    let first = open_with(one.path(), &keyring).unwrap();
    assert_eq!(secret_of(&first, &customer, SecretKind::RefreshToken).as_deref(), Some("token"));
    open_with(two.path(), &keyring).unwrap();
}

#[test]
fn without_a_keyring_nothing_is_made_and_a_passphrase_still_works() {
    let folder = tempfile::tempdir().unwrap();
    let refused = open(folder.path(), Unlock::Keyring);
    let reason = KeyringReason::Absent;
    assert!(
        matches!(refused, Err(VaultError::KeyringUnavailable { reason: r }) if r == reason),
        "{refused:?}"
    );
    assert_eq!(Vault::how_locked(folder.path()).unwrap(), None);
    open(folder.path(), passphrase()).unwrap();
}

#[test]
fn a_keyring_that_lost_the_key_is_told_apart_from_none() {
    let folder = tempfile::tempdir().unwrap();
    drop(open_with(folder.path(), &keyring()).unwrap());
    let refused = open_with(folder.path(), &keyring());
    let reason = KeyringReason::KeyMissing;
    assert!(
        matches!(refused, Err(VaultError::KeyringUnavailable { reason: r }) if r == reason),
        "{refused:?}"
    );
    let refused = open_with(folder.path(), &Keyring::none());
    let reason = KeyringReason::Absent;
    assert!(
        matches!(refused, Err(VaultError::KeyringUnavailable { reason: r }) if r == reason),
        "{refused:?}"
    );
}

#[test]
fn the_secrets_of_a_session_end_with_it_and_customers_and_journal_stay() {
    let folder = tempfile::tempdir().unwrap();
    let vault = session(folder.path());
    assert_eq!(vault.lock_kind(), LockKind::SessionOnly);
    let customer = vault.add(contoso("Contoso")).unwrap();
    vault.put_secret(&customer.id, SecretKind::RefreshToken, &"token".into()).unwrap();
    assert_eq!(secret_of(&vault, &customer, SecretKind::RefreshToken).as_deref(), Some("token"));
    vault.record(moment(1), "customer-add", Some(&customer.id), "done").unwrap();
    drop(vault);
    let vault = session(folder.path());
    assert_eq!(vault.list().unwrap(), std::slice::from_ref(&customer));
    assert_eq!(secret_of(&vault, &customer, SecretKind::RefreshToken), None);
    assert_eq!(vault.entries().unwrap().len(), 1);
    vault.verify().unwrap();
}

#[test]
fn the_next_lock_of_a_session_vault_is_the_one_it_is_opened_with() {
    let folder = tempfile::tempdir().unwrap();
    let customer = session(folder.path()).add(contoso("Contoso")).unwrap();
    assert_eq!(Vault::how_locked(folder.path()).unwrap(), Some(LockKind::SessionOnly));
    let vault = open(folder.path(), passphrase()).unwrap();
    vault.put_secret(&customer.id, SecretKind::RefreshToken, &"token".into()).unwrap();
    drop(vault);
    assert_eq!(Vault::how_locked(folder.path()).unwrap(), Some(LockKind::Passphrase));
    let vault = open(folder.path(), passphrase()).unwrap();
    assert_eq!(secret_of(&vault, &customer, SecretKind::RefreshToken).as_deref(), Some("token"));
}

#[test]
fn a_file_that_is_no_database_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    files::write(&folder.path().join("vault.sqlite"), &[b'x'; 5_000], false).unwrap();
    assert_damaged(&open(folder.path(), passphrase()), Damage::Database);
    assert_damaged(&Vault::how_locked(folder.path()), Damage::Database);
}

#[test]
fn a_database_of_another_program_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    behind_its_back(folder.path(), "CREATE TABLE theirs (x)");
    let before = fs::read(folder.path().join("vault.sqlite")).unwrap();
    assert_damaged(&open(folder.path(), passphrase()), Damage::Foreign);
    assert_eq!(fs::read(folder.path().join("vault.sqlite")).unwrap(), before);
}

#[test]
fn pages_that_were_overwritten_are_damage() {
    let folder = tempfile::tempdir().unwrap();
    let keyring = keyring();
    let vault = open_with(folder.path(), &keyring).unwrap();
    vault.add_all((0..200).map(|n| contoso(&format!("Contoso {n}"))).collect()).unwrap();
    drop(vault);
    let path = folder.path().join("vault.sqlite");
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 4096].fill(0xa5);
    files::write(&path, &bytes, true).unwrap();
    assert_damaged(&open_with(folder.path(), &keyring), Damage::Database);
}

#[test]
fn a_missing_header_is_damage() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path(), passphrase()).unwrap());
    behind_its_back(folder.path(), "DELETE FROM vault");
    assert_damaged(&open(folder.path(), passphrase()), Damage::Header);
}

#[test]
fn parameters_that_would_exhaust_the_computer_are_damage() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path(), passphrase()).unwrap());
    behind_its_back(folder.path(), "UPDATE vault SET memory_kib = 2000000000");
    assert_damaged(&open(folder.path(), passphrase()), Damage::Header);
}

#[test]
fn a_vault_of_a_newer_version_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path(), passphrase()).unwrap());
    behind_its_back(folder.path(), "PRAGMA user_version = 7");
    let refused = open(folder.path(), passphrase());
    assert!(matches!(refused, Err(VaultError::Newer { found: 7, known: 1 })), "{refused:?}");
    let refused = Vault::how_locked(folder.path());
    assert!(matches!(refused, Err(VaultError::Newer { found: 7, known: 1 })), "{refused:?}");
}

#[test]
fn the_folder_and_everything_in_it_is_for_the_owner_only() {
    if cfg!(windows) && Path::new(r"C:\windows\system32\winecfg.exe").exists() {
        println!("skipped: Wine shows no access lists");
        return;
    }
    let base = tempfile::tempdir().unwrap();
    let folder = base.path().join("data");
    let vault = session(&folder);
    vault.add(contoso("Contoso")).unwrap();
    assert!(files::is_owner_only(&folder).unwrap());
    let mut seen = Vec::new();
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        assert!(files::is_owner_only(&path).unwrap(), "{}", path.display());
        seen.push(path.file_name().unwrap().to_str().unwrap().to_owned());
    }
    seen.sort();
    assert_eq!(
        seen,
        ["lock", "lock-holder", "vault-id", "vault.sqlite", "vault.sqlite-shm", "vault.sqlite-wal"]
    );
}

#[cfg(unix)]
#[test]
fn links_in_place_of_folder_or_database_are_refused_and_links_above_are_not() {
    use std::os::unix::fs::symlink;
    let base = tempfile::tempdir().unwrap();
    let real = base.path().join("real");
    drop(session(&real));
    symlink(&real, base.path().join("link")).unwrap();
    let refused = open(&base.path().join("link"), Unlock::SessionOnly);
    assert!(matches!(refused, Err(VaultError::File(files::FileError::Link { .. }))), "{refused:?}");

    drop(session(&base.path().join("link").join("data")));

    let other = base.path().join("other");
    files::create_folder(&other).unwrap();
    symlink(real.join("vault.sqlite"), other.join("vault.sqlite")).unwrap();
    let refused = open(&other, Unlock::SessionOnly);
    assert!(matches!(refused, Err(VaultError::File(files::FileError::Link { .. }))), "{refused:?}");
}

#[test]
fn nothing_that_is_printed_shows_the_passphrase() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path(), passphrase()).unwrap();
    let printed = format!("{:?} {vault:?} {:?}", passphrase(), open(folder.path(), passphrase()));
    assert!(!printed.contains(PASSPHRASE), "{printed}");
}

fn assert_damaged<T: std::fmt::Debug>(outcome: &Result<T, VaultError>, expected: Damage) {
    assert!(matches!(outcome, Err(VaultError::Damaged { what }) if *what == expected), "{outcome:?}");
}

#[test]
fn a_vault_that_was_emptied_or_removed_is_not_taken_for_a_new_one() {
    let emptied = |how: &dyn Fn(&Path)| {
        let folder = tempfile::tempdir().unwrap();
        let keyring = keyring();
        drop(open_with(folder.path(), &keyring).unwrap());
        for beside in ["vault.sqlite-wal", "vault.sqlite-shm"] {
            let _ = fs::remove_file(folder.path().join(beside));
        }
        how(&folder.path().join("vault.sqlite"));
        let refused = open_with(folder.path(), &keyring);
        assert!(matches!(refused, Err(VaultError::Damaged { what: Damage::Emptied })), "{refused:?}");
        let looked = Vault::how_locked(folder.path());
        assert!(matches!(looked, Err(VaultError::Damaged { what: Damage::Emptied })), "{looked:?}");
    };
    emptied(&|file| fs::OpenOptions::new().write(true).open(file).unwrap().set_len(0).unwrap());
    emptied(&|file| fs::remove_file(file).unwrap());
}

#[test]
fn a_log_without_its_database_is_left_for_whoever_can_rescue_it() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("vault.sqlite-wal");
    files::write(&log, b"what was not yet in the database", false).unwrap();
    let refused = open_with(folder.path(), &keyring());
    assert!(matches!(refused, Err(VaultError::Damaged { what: Damage::Emptied })), "{refused:?}");
    assert!(fs::read(log).unwrap().starts_with(b"what"));
}

#[test]
fn a_first_opening_that_came_to_nothing_leaves_room_for_the_next() {
    let folder = tempfile::tempdir().unwrap();
    files::write(&folder.path().join("vault.sqlite"), b"", false).unwrap();
    assert!(open(folder.path(), Unlock::Keyring).is_err(), "there is no keyring");
    open(folder.path(), passphrase()).unwrap();
}
