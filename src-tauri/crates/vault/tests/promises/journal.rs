//! The journal: whatever is done to it afterwards is noticed.

use std::path::Path;

use proptest::prelude::*;
use vault::{Damage, Keyring, VaultError};

use crate::support::{behind_its_back, keyring, moment, open_with, session};

const UNGUARDED: &str = "DROP TRIGGER journal_is_not_edited; DROP TRIGGER journal_is_not_shortened;";

#[test]
fn entries_come_back_in_order_and_verify() {
    let folder = tempfile::tempdir().unwrap();
    let vault = session(folder.path());
    vault.verify().unwrap();
    vault.record(moment(1), "customer-add", Some("some-id"), "done").unwrap();
    vault.record(moment(2), "journal-read", None, "vault-busy").unwrap();
    let entries = vault.entries().unwrap();
    assert_eq!(entries.iter().map(|entry| entry.number).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(entries[0].at, moment(1));
    assert_eq!(entries[0].customer.as_deref(), Some("some-id"));
    assert_eq!((entries[1].action.as_str(), entries[1].outcome.as_str()), ("journal-read", "vault-busy"));
    assert_eq!(entries[1].customer, None);
    assert_eq!(entries[0].hash.len(), 64);
    assert_ne!(entries[0].hash, entries[1].hash);
    vault.verify().unwrap();
}

#[test]
fn whatever_is_done_to_the_table_is_noticed_at_its_first_place() {
    for (change, expected) in [
        ("UPDATE journal SET outcome = 'done' WHERE number = 3", 3),
        ("UPDATE journal SET at = '2026-01-01T00:00:00Z' WHERE number = 1", 1),
        ("UPDATE journal SET at = 'never' WHERE number = 2", 2),
        ("UPDATE journal SET customer = NULL WHERE number = 2", 2),
        ("UPDATE journal SET hash = x'00' WHERE number = 4", 4),
        ("UPDATE journal SET outcome = 'x' WHERE number = 5", 5),
        ("DELETE FROM journal WHERE number = 2", 2),
        ("DELETE FROM journal WHERE number = 1; UPDATE journal SET number = number - 1", 1),
        ("DELETE FROM journal WHERE number >= 5", 5),
        ("DELETE FROM journal", 1),
        (
            "UPDATE journal SET number = 9 WHERE number = 2; UPDATE journal SET number = 2 WHERE number = 3;
             UPDATE journal SET number = 3 WHERE number = 9",
            2,
        ),
        (
            "INSERT INTO journal SELECT 6, at, action, customer, outcome, hash FROM journal WHERE number = 5",
            6,
        ),
    ] {
        let (folder, keyring) = (tempfile::tempdir().unwrap(), keyring());
        five_entries(folder.path(), &keyring);
        behind_its_back(folder.path(), &format!("{UNGUARDED}{change}"));
        let vault = open_with(folder.path(), &keyring).unwrap();
        let verdict = vault.verify();
        assert!(
            matches!(verdict, Err(VaultError::JournalBroken { at }) if at == expected),
            "{change}: {verdict:?}"
        );
    }
}

#[test]
fn recording_something_new_does_not_cover_a_change_up() {
    for (change, expected) in [
        ("DELETE FROM journal WHERE number >= 4", 4),
        ("UPDATE journal SET outcome = 'x' WHERE number = 5", 5),
        (
            "INSERT INTO journal SELECT 6, at, action, customer, outcome, hash FROM journal WHERE number = 5",
            6,
        ),
    ] {
        let (folder, keyring) = (tempfile::tempdir().unwrap(), keyring());
        five_entries(folder.path(), &keyring);
        behind_its_back(folder.path(), &format!("{UNGUARDED}{change}"));
        let vault = open_with(folder.path(), &keyring).unwrap();
        vault.record(moment(9), "more", None, "done").unwrap();
        vault.record(moment(10), "more", None, "done").unwrap();
        let verdict = vault.verify();
        assert!(
            matches!(verdict, Err(VaultError::JournalBroken { at }) if at == expected),
            "{change}: {verdict:?}"
        );
    }
}

#[test]
fn an_end_that_was_changed_is_noticed_and_not_built_upon() {
    let (folder, keyring) = (tempfile::tempdir().unwrap(), keyring());
    five_entries(folder.path(), &keyring);
    behind_its_back(folder.path(), "UPDATE vault SET journal_head = x'00'");
    let vault = open_with(folder.path(), &keyring).unwrap();
    assert!(matches!(vault.verify(), Err(VaultError::JournalBroken { at: 1 })));
    let refused = vault.record(moment(9), "more", None, "done");
    assert!(matches!(refused, Err(VaultError::Damaged { what: Damage::Journal })), "{refused:?}");
}

#[test]
fn the_database_itself_refuses_to_edit_or_shorten_it() {
    let (folder, keyring) = (tempfile::tempdir().unwrap(), keyring());
    five_entries(folder.path(), &keyring);
    let connection = rusqlite::Connection::open(folder.path().join("vault.sqlite")).unwrap();
    connection.execute("DELETE FROM journal", []).unwrap_err();
    connection.execute("UPDATE journal SET outcome = 'x'", []).unwrap_err();
}

#[test]
fn a_chain_that_was_broken_before_a_session_vault_got_a_new_key_stays_broken() {
    let folder = tempfile::tempdir().unwrap();
    let vault = session(folder.path());
    for second in 1..=3 {
        vault.record(moment(second), "step", None, "done").unwrap();
    }
    drop(vault);
    behind_its_back(folder.path(), &format!("{UNGUARDED} UPDATE journal SET outcome = 'x' WHERE number = 2"));
    let vault = session(folder.path());
    assert!(matches!(vault.verify(), Err(VaultError::JournalBroken { at: 2 })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn any_text_can_be_recorded_and_read(
        texts in proptest::collection::vec(("\\PC{0,30}", proptest::option::of(".{0,30}"), ".{0,30}"), 0..8)
    ) {
        let folder = tempfile::tempdir().unwrap();
        let vault = session(folder.path());
        for (action, customer, outcome) in &texts {
            vault.record(moment(1), action, customer.as_deref(), outcome).unwrap();
        }
        let read: Vec<_> =
            vault.entries().unwrap().into_iter().map(|e| (e.action, e.customer, e.outcome)).collect();
        prop_assert_eq!(read, texts);
        vault.verify().unwrap();
    }
}

fn five_entries(folder: &Path, keyring: &Keyring) {
    let vault = open_with(folder, keyring).unwrap();
    for second in 1..=5 {
        vault.record(moment(second), "step", Some("some-id"), &format!("outcome {second}")).unwrap();
    }
}
