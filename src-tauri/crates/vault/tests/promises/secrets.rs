//! Secrets: sealed for one customer and one purpose, and replaced without a gap.

use secrecy::ExposeSecret as _;
use vault::{Damage, OwnSecret, SecretKind, VaultError};

use crate::support::{behind_its_back, contoso, keyring, open_with, secret_of, session};

#[test]
fn a_new_secret_takes_the_place_of_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let vault = session(folder.path());
    let customer = vault.add(contoso("Contoso")).unwrap();
    assert_eq!(secret_of(&vault, &customer, SecretKind::RefreshToken), None);
    for value in ["first", "second", ""] {
        vault.put_secret(&customer.id, SecretKind::RefreshToken, &value.into()).unwrap();
        assert_eq!(secret_of(&vault, &customer, SecretKind::RefreshToken).as_deref(), Some(value));
    }
    assert_eq!(vault.secrets_of(&customer.id).unwrap(), [SecretKind::RefreshToken]);
    assert_eq!(secret_of(&vault, &customer, SecretKind::ClientSecret), None);
    assert!(vault.delete_secret(&customer.id, SecretKind::RefreshToken).unwrap());
    assert!(!vault.delete_secret(&customer.id, SecretKind::RefreshToken).unwrap());
    assert_eq!(secret_of(&vault, &customer, SecretKind::RefreshToken), None);
    assert!(vault.all_secrets().unwrap().is_empty());
}

#[test]
fn tokens_of_any_length_that_occurs_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let vault = session(folder.path());
    let customer = vault.add(contoso("Contoso")).unwrap();
    for length in [1, 2_560, 2_561, 16 * 1_024, 1_024 * 1_024] {
        let token = "0.AXé".repeat(length / 5 + 1);
        vault.put_secret(&customer.id, SecretKind::RefreshToken, &token.as_str().into()).unwrap();
        assert_eq!(secret_of(&vault, &customer, SecretKind::RefreshToken), Some(token));
    }
}

#[test]
fn a_customer_that_is_not_there_has_no_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let vault = session(folder.path());
    let refused = vault.put_secret("nobody", SecretKind::ClientSecret, &"x".into());
    assert!(matches!(refused, Err(VaultError::NoSuchCustomer { id }) if id == "nobody"));
    assert!(vault.get_secret("nobody", SecretKind::ClientSecret).unwrap().is_none());
}

#[test]
fn which_secrets_there_are_is_known_without_opening_them() {
    let folder = tempfile::tempdir().unwrap();
    let vault = session(folder.path());
    let one = vault.add(contoso("One")).unwrap();
    let two = vault.add(contoso("Two")).unwrap();
    vault.put_secret(&one.id, SecretKind::ClientSecret, &"x".into()).unwrap();
    vault.put_secret(&two.id, SecretKind::RefreshToken, &"y".into()).unwrap();
    let all = vault.all_secrets().unwrap();
    assert!(all.contains(&(one.id, SecretKind::ClientSecret)));
    assert!(all.contains(&(two.id, SecretKind::RefreshToken)));
    assert_eq!(all.len(), 2);
}

#[test]
fn a_sealed_secret_that_was_changed_or_moved_is_refused() {
    for change in [
        "UPDATE secret SET sealed = CAST(sealed || x'00' AS BLOB)",
        "UPDATE secret SET sealed = x'01'",
        "UPDATE secret SET sealed = x''",
        "UPDATE secret SET generation = generation + 1",
        "UPDATE secret SET generation = -1",
        "UPDATE secret SET kind = 'client-secret'",
        "UPDATE secret SET customer = (SELECT max(id) FROM customer WHERE id <> secret.customer)",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let keyring = keyring();
        let vault = open_with(folder.path(), &keyring).unwrap();
        let owner = vault.add(contoso("Owner")).unwrap();
        vault.add(contoso("Other")).unwrap();
        vault.put_secret(&owner.id, SecretKind::RefreshToken, &"token".into()).unwrap();
        drop(vault);
        behind_its_back(folder.path(), change);
        let vault = open_with(folder.path(), &keyring).unwrap();
        for (customer, kind) in vault.all_secrets().unwrap() {
            let refused = vault.get_secret(&customer, kind);
            assert!(
                matches!(refused, Err(VaultError::Damaged { what: Damage::Secret })),
                "{change}: {refused:?}"
            );
        }
    }
}

#[test]
fn a_secret_of_another_vault_does_not_open_here() {
    let (mine, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let keyring = keyring();
    let vault = open_with(theirs.path(), &keyring).unwrap();
    let customer = vault.add(contoso("Contoso")).unwrap();
    vault.put_secret(&customer.id, SecretKind::RefreshToken, &"theirs".into()).unwrap();
    drop(vault);
    drop(open_with(mine.path(), &keyring).unwrap());
    let other = theirs.path().join("vault.sqlite");
    behind_its_back(
        mine.path(),
        &format!(
            "ATTACH '{}' AS other;
             INSERT INTO customer SELECT * FROM other.customer;
             INSERT INTO secret SELECT * FROM other.secret;",
            other.display()
        ),
    );
    let vault = open_with(mine.path(), &keyring).unwrap();
    let refused = vault.get_secret(&customer.id, SecretKind::RefreshToken);
    assert!(matches!(refused, Err(VaultError::Damaged { what: Damage::Secret })), "{refused:?}");
    assert!(matches!(vault.get(&customer.id), Err(VaultError::Damaged { what: Damage::Customer })));
}

#[test]
fn a_secret_of_the_installation_is_sealed_replaced_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let vault = session(folder.path());
    let kept = || {
        let kept = vault.own_secret(OwnSecret::ProxyPassword).unwrap();
        kept.map(|secret| secret.expose_secret().to_owned())
    };
    assert_eq!(kept(), None);
    for password in ["first", "canary-second"] {
        vault.put_own_secret(OwnSecret::ProxyPassword, Some(&password.into())).unwrap();
        assert_eq!(kept().as_deref(), Some(password));
    }
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap_or_default();
        assert!(!bytes.windows(6).any(|bytes| bytes == b"canary"));
    }
    vault.put_own_secret(OwnSecret::ProxyPassword, None).unwrap();
    assert_eq!(kept(), None);
    assert!(vault.all_secrets().unwrap().is_empty(), "it is no customer's");
}

#[test]
fn a_secret_of_an_earlier_session_is_as_good_as_none() {
    let folder = tempfile::tempdir().unwrap();
    session(folder.path()).put_own_secret(OwnSecret::ProxyPassword, Some(&"x".into())).unwrap();
    assert!(session(folder.path()).own_secret(OwnSecret::ProxyPassword).unwrap().is_none());
}
