//! Customers: kept as given, found by name or id, and forgotten entirely.

use jiff::civil::Date;
use proptest::prelude::*;
use vault::{ConsentRecord, Customer, CustomerNameProblem, Damage, HandoffRecord, SecretKind, VaultError};

use crate::support::{behind_its_back, contoso, keyring, moment, open_with, session};

#[test]
fn everything_that_is_known_of_a_customer_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let keyring = keyring();
    let vault = open_with(folder.path(), &keyring).unwrap();
    let added = vault.add(contoso("Contoso")).unwrap();
    let full = Customer {
        home_tenant: Some("provider.example".to_owned()),
        client_id: Some("99999999-8888-7777-6666-555555555555".to_owned()),
        redirect_uri: Some("http://localhost/cb".to_owned()),
        secret_expires: Some(Date::constant(2028, 2, 29)),
        consent: Some(ConsentRecord {
            at: moment(5),
            account: Some("admin@contoso.example".to_owned()),
            granted: vec!["SecurityAlert.Read.All".to_owned()],
            unused_until: Some(moment(6)),
        }),
        handoff: Some(HandoffRecord {
            made: moment(8),
            until: moment(9),
            link: "https://login.example/adminconsent?state=x".to_owned(),
            redirect_uri: "http://localhost/cb".to_owned(),
            agreed_at: Some(moment(9)),
        }),
        authorised_at: Some(moment(7)),
        export: Some(serde_json::json!({ "files": [1, 2, { "deep": null }] })),
        proof: Some(serde_json::json!({ "alerts": 18_446_744_073_709_551_615_u64, "ratio": 0.1 })),
        ..added
    };
    vault.update(&full).unwrap();
    drop(vault);
    let vault = open_with(folder.path(), &keyring).unwrap();
    assert_eq!(vault.get(&full.id).unwrap(), full);
    assert_eq!(vault.list().unwrap(), [full]);
}

#[test]
fn names_are_unique_whatever_their_case() {
    let folder = tempfile::tempdir().unwrap();
    let vault = session(folder.path());
    let ours = vault.add(contoso("Čontoso GmbH")).unwrap();
    for same in ["čONTOSO gmbh", "  Čontoso GmbH "] {
        assert!(matches!(vault.add(contoso(same)), Err(VaultError::NameTaken { .. })), "{same}");
    }
    let other = vault.add(contoso("Fabrikam")).unwrap();
    let renamed = Customer { name: "čontoso gmbh".to_owned(), ..other };
    assert!(matches!(vault.update(&renamed), Err(VaultError::NameTaken { .. })));
    vault.update(&Customer { name: "ČONTOSO GMBH".to_owned(), ..ours }).unwrap();
    assert_eq!(vault.list().unwrap().len(), 2);
}

#[test]
fn several_calls_can_be_one_that_happens_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let mut vault = session(folder.path());
    let secret = secrecy::SecretString::from("of the app");
    let failed: Result<(), VaultError> = vault.all_or_nothing(|vault| {
        let customer = vault.add(contoso("Contoso"))?;
        vault.put_secret(&customer.id, SecretKind::ClientSecret, &secret)?;
        vault.record(moment(1), "customer-added", Some(&customer.id), "done")?;
        vault.add(contoso("Contoso")).map(drop)
    });
    assert!(matches!(failed, Err(VaultError::NameTaken { .. })));
    assert!(vault.list().unwrap().is_empty() && vault.all_secrets().unwrap().is_empty());
    assert!(vault.entries().unwrap().is_empty());
    vault.verify().unwrap();

    let panics = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        vault.all_or_nothing(|vault| -> Result<(), VaultError> {
            vault.add(contoso("Contoso"))?;
            panic!("in the middle")
        })
    }));
    assert!(panics.is_err() && vault.list().unwrap().is_empty());

    let customer = vault.all_or_nothing(|vault| {
        let customer = vault.add(contoso("Contoso"))?;
        vault.put_secret(&customer.id, SecretKind::ClientSecret, &secret)?;
        Ok::<_, VaultError>(customer)
    });
    assert_eq!(vault.list().unwrap(), [customer.unwrap()]);
    assert_eq!(vault.all_secrets().unwrap().len(), 1);
}

#[test]
fn a_customer_is_found_by_id_and_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let vault = session(folder.path());
    let customer = vault.add(contoso("Contoso Korea 한국")).unwrap();
    for way in [customer.id.clone(), customer.id.to_uppercase(), " contoso KOREA 한국 ".to_owned()] {
        assert_eq!(vault.find(&way).unwrap().as_ref(), Some(&customer), "{way}");
    }
    assert_eq!(vault.find("Contoso").unwrap(), None);
    assert!(matches!(vault.get("nobody"), Err(VaultError::NoSuchCustomer { .. })));
    let nobody = Customer { id: "nobody".to_owned(), name: "Nobody".to_owned(), ..customer };
    assert!(matches!(vault.update(&nobody), Err(VaultError::NoSuchCustomer { .. })));
}

#[test]
fn names_that_cannot_be_shown_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let vault = session(folder.path());
    for (name, expected) in [
        ("", CustomerNameProblem::Empty),
        (" \t ", CustomerNameProblem::Empty),
        ("a\nb", CustomerNameProblem::Control),
        ("a\u{1b}[31m", CustomerNameProblem::Control),
        (&"x".repeat(201), CustomerNameProblem::TooLong),
    ] {
        let refused = vault.add(contoso(name));
        assert!(matches!(refused, Err(VaultError::Name { problem }) if problem == expected), "{refused:?}");
    }
}

#[test]
fn of_many_customers_all_are_added_or_none() {
    let folder = tempfile::tempdir().unwrap();
    let vault = session(folder.path());
    let refused = vault.add_all(vec![contoso("One"), contoso("Two"), contoso("one")]);
    assert!(matches!(refused, Err(VaultError::NameTaken { name }) if name == "one"));
    assert!(vault.list().unwrap().is_empty());
    vault.add_all(vec![contoso("Two"), contoso("One")]).unwrap();
    let names: Vec<_> = vault.list().unwrap().into_iter().map(|customer| customer.name).collect();
    assert_eq!(names, ["One", "Two"]);
}

#[test]
fn thousands_come_back_by_name_whatever_the_order_of_their_arrival() {
    let folder = tempfile::tempdir().unwrap();
    let vault = session(folder.path());
    vault.add_all((0..3_000).rev().map(|number| contoso(&format!("Contoso {number:04}"))).collect()).unwrap();
    let listed = vault.list().unwrap();
    assert_eq!(listed.len(), 3_000);
    assert!(listed.iter().enumerate().all(|(number, c)| c.name == format!("Contoso {number:04}")));
}

#[test]
fn a_forgotten_customer_leaves_nothing_but_its_entries_in_the_journal() {
    let folder = tempfile::tempdir().unwrap();
    let vault = session(folder.path());
    let customer = vault.add(contoso("Contoso-that-goes")).unwrap();
    let stays = vault.add(contoso("Fabrikam-that-stays")).unwrap();
    vault.put_secret(&customer.id, SecretKind::ClientSecret, &"a".into()).unwrap();
    vault.put_secret(&customer.id, SecretKind::RefreshToken, &"b".into()).unwrap();
    vault.put_secret(&stays.id, SecretKind::RefreshToken, &"c".into()).unwrap();
    vault.record(moment(1), "customer-add", Some(&customer.id), "done").unwrap();
    let report = vault.forget(&customer.id).unwrap();
    assert_eq!(report.customer, customer);
    assert_eq!(report.secrets, [SecretKind::ClientSecret, SecretKind::RefreshToken]);
    assert_eq!((report.remaining, report.journal_entries, report.compacted), (0, 1, true));
    assert_eq!(vault.list().unwrap(), std::slice::from_ref(&stays));
    assert_eq!(vault.secrets_of(&stays.id).unwrap(), [SecretKind::RefreshToken]);
    assert!(matches!(vault.forget(&customer.id), Err(VaultError::NoSuchCustomer { .. })));
    for file in ["vault.sqlite", "vault.sqlite-wal"] {
        let bytes = std::fs::read(folder.path().join(file)).unwrap();
        let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(!holds("that-goes"), "{file}");
    }
    vault.verify().unwrap();
}

#[test]
fn a_record_that_somebody_else_changed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let keyring = keyring();
    let vault = open_with(folder.path(), &keyring).unwrap();
    let customer = vault.add(contoso("Contoso")).unwrap();
    drop(vault);
    behind_its_back(
        folder.path(),
        "UPDATE customer SET record = replace(record, 'https://login.example', 'https://login.evil.example')",
    );
    let vault = open_with(folder.path(), &keyring).unwrap();
    for refused in
        [vault.get(&customer.id).map(drop), vault.list().map(drop), vault.find("contoso").map(drop)]
    {
        let what = Damage::Customer;
        assert!(matches!(refused, Err(VaultError::Damaged { what: w }) if w == what), "{refused:?}");
    }
}

#[test]
fn one_customers_record_does_not_pass_for_anothers() {
    let folder = tempfile::tempdir().unwrap();
    let keyring = keyring();
    let vault = open_with(folder.path(), &keyring).unwrap();
    let one = vault.add(contoso("One")).unwrap();
    let two = vault.add(contoso("Two")).unwrap();
    drop(vault);
    behind_its_back(
        folder.path(),
        &format!(
            "UPDATE customer SET (record, mark) = (SELECT record, mark FROM customer WHERE id = '{}') WHERE id = '{}'",
            one.id, two.id
        ),
    );
    let vault = open_with(folder.path(), &keyring).unwrap();
    assert_eq!(vault.get(&one.id).unwrap(), one);
    assert!(matches!(vault.get(&two.id), Err(VaultError::Damaged { what: Damage::Customer })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_name_that_is_taken_up_is_found_again(names in proptest::collection::vec("\\PC{1,40}", 1..6)) {
        let folder = tempfile::tempdir().unwrap();
        let vault = session(folder.path());
        for name in names {
            match vault.add(contoso(&name)) {
                Ok(customer) => prop_assert_eq!(vault.find(&name).unwrap(), Some(customer)),
                Err(VaultError::NameTaken { .. }) => prop_assert!(vault.find(&name).unwrap().is_some()),
                Err(VaultError::Name { .. }) => {}
                Err(other) => prop_assert!(false, "{:?}", other),
            }
        }
    }
}

#[test]
fn no_customer_can_be_named_like_anothers_id() {
    let folder = tempfile::tempdir().unwrap();
    let vault = session(folder.path());
    let first = vault.add(contoso("Contoso")).unwrap();
    for name in [first.id.clone(), first.id.to_uppercase(), format!(" {} ", first.id)] {
        let refused = vault.add(contoso(&name));
        assert!(matches!(refused, Err(VaultError::NameTaken { .. })), "{refused:?}");
    }
    let second = vault.add(contoso("Fabrikam")).unwrap();
    let renamed = Customer { name: first.id.clone(), ..second.clone() };
    assert!(matches!(vault.update(&renamed), Err(VaultError::NameTaken { .. })));
    assert_eq!(vault.find(&first.id).unwrap().map(|found| found.id), Some(first.id));
    let own = Customer { name: second.id.clone(), ..second.clone() };
    vault.update(&own).unwrap();
    assert_eq!(vault.find(&second.id).unwrap().map(|found| found.id), Some(second.id));
}
