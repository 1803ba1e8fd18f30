//! Why something was refused, as the message files name it: kebab-case, matched by kind, never a sentence. What a parser
//! or the operating system says in its own words stays among a problem's details.

use catalog::{AddressFault, CloudFileFault};
use defender::Unreadable;
use entra::{IdentityFault, SecretFault, TenantNameFault};
use vault::files::FileError;
use vault::{CustomerNameProblem, Damage, VaultError};

/// Every reason that the engine itself gives, for the test that proves that each has its words in every language.
pub const REASONS: &[&str] = &[
    NAME_EMPTY,
    NAME_TOO_LONG,
    NAME_CONTROL_CHARACTER,
    "tenant-empty",
    "tenant-any-tenant",
    "tenant-neither-guid-nor-domain",
    "client-id-not-a-guid",
    "secret-empty",
    "secret-too-short",
    "secret-too-long",
    "secret-blank-inside",
    "secret-control-character",
    "secret-non-ascii",
    "identity-missing",
    "identity-malformed",
    "identity-unsigned",
    "identity-algorithm",
    "identity-unknown-key",
    "identity-signature",
    "identity-audience",
    "identity-no-tenant",
    "identity-issuer",
    "identity-nonce",
    "identity-expired",
    "identity-not-yet-valid",
    "callback-not-an-address",
    "callback-other-address",
    "callback-duplicate-parameter",
    "callback-malformed-parameter",
    "callback-no-state",
    "callback-wrong-state",
    "callback-already-answered",
    "callback-expired",
    "callback-no-answer",
    "callback-no-issuer",
    "callback-foreign-issuer",
    "region-not-in-this-cloud",
    "folder-missing",
    "span-of-time",
    "query-impossible",
    "token-malformed",
    "files-disagree",
    "files-without-refresh-token",
    "files-resource-or-scope",
    "files-token-address",
    "files-generations-differ",
    "files-other-tenant",
    "files-alert-address",
    "file-is-a-link",
    "file-is-not-plain",
    "folder-is-not-a-folder",
    "file-name-unusable",
    "no-home-folder",
    "standard-input-taken",
    "nothing-was-given",
    "nothing-to-explain",
    "vault-damaged-database",
    "vault-damaged-emptied",
    "vault-damaged-foreign",
    "vault-damaged-header",
    "vault-damaged-customer",
    "vault-damaged-secret",
    "vault-damaged-journal",
    "vault-newer",
    "vault-database-refused",
    "answer-is-a-page",
    "answer-empty",
    "answer-not-json",
    "answer-without-alerts",
    "answer-next-page-broken",
    "answer-not-explained",
    "answer-not-as-agreed",
    "cloud-file-unreadable",
    "cloud-file-too-large",
    "cloud-file-not-toml",
    "cloud-file-unknown-field",
    "cloud-file-field-missing",
    "cloud-file-field-of-another-kind",
    "cloud-file-name-unusable",
    "cloud-file-address-unusable",
    "cloud-file-plain-http",
    "ca-file-holds-no-certificate",
    "ca-file-too-large",
    "fingerprint-differs",
    "authority-unknown",
    "proxy-not-an-address",
    "proxy-scheme-unknown",
    "proxy-address-with-password",
    "proxy-address-with-path",
    "proxy-user-malformed",
    "proxy-did-not-get-through",
    "host-name-unknown",
    WAIT_TOO_LONG,
    "proxy-password-as-argument",
    "files-authorize-address",
    "language-unknown",
    "settings-malformed",
    "old-files-not-named",
    "old-files-no-such-entry",
    "old-files-lack-value",
    "old-files-nothing",
    "old-files-several",
    "old-files-pick-one",
    "old-files-too-many",
    "old-files-too-deep",
    "old-file-too-large",
    "old-file-unreadable",
    "list-column-missing",
    "list-column-secret",
    "list-column-twice",
    "list-column-unknown",
    "list-empty",
    "list-line-too-long",
    "list-name-twice",
    "list-not-a-day",
    "list-not-csv",
    "list-not-utf-8",
    "list-too-large",
    "list-value-unknown",
    "certificate-issuer-unknown",
    "certificate-expired",
    "certificate-not-yet-valid",
    "certificate-for-another-host",
    "certificate-revoked",
    "certificate-malformed",
    "tls-failed",
    WINDOW_TRUSTS_SYSTEM_ONLY,
    NO_SIGN_IN_WINDOW,
];

/// The web engine of the sign-in window refused a certificate.
pub(crate) const WINDOW_TRUSTS_SYSTEM_ONLY: &str = "window-trusts-system-only";
/// Whoever asks has no windows.
pub(crate) const NO_SIGN_IN_WINDOW: &str = "no-sign-in-window-here";
/// A customer without a name.
pub(crate) const NAME_EMPTY: &str = "name-empty";
/// A wait beyond the life of an attempt.
pub(crate) const WAIT_TOO_LONG: &str = "wait-too-long";
/// A name beyond what lists and reports can show.
pub(crate) const NAME_TOO_LONG: &str = "name-too-long";
/// A name that breaks lines.
pub(crate) const NAME_CONTROL_CHARACTER: &str = "name-control-character";

pub(crate) const fn of_name(problem: CustomerNameProblem) -> &'static str {
    match problem {
        CustomerNameProblem::Empty => NAME_EMPTY,
        CustomerNameProblem::TooLong => NAME_TOO_LONG,
        CustomerNameProblem::Control => NAME_CONTROL_CHARACTER,
    }
}

pub(crate) fn of_tenant_name(fault: TenantNameFault) -> String {
    format!("tenant-{}", fault.as_str())
}

pub(crate) fn of_secret(fault: SecretFault) -> String {
    format!("secret-{}", fault.as_str())
}

pub(crate) fn of_identity(fault: IdentityFault) -> String {
    format!("identity-{}", fault.as_str())
}

/// What cannot be read of the vault.
pub(crate) const fn of_damage(damage: Damage) -> &'static str {
    match damage {
        Damage::Database => "vault-damaged-database",
        Damage::Emptied => "vault-damaged-emptied",
        Damage::Foreign => "vault-damaged-foreign",
        Damage::Header => "vault-damaged-header",
        Damage::Customer => "vault-damaged-customer",
        Damage::Secret => "vault-damaged-secret",
        Damage::Journal => "vault-damaged-journal",
    }
}

pub(crate) const fn of_vault(error: &VaultError) -> &'static str {
    match error {
        VaultError::Damaged { what } => of_damage(*what),
        VaultError::Newer { .. } => "vault-newer",
        VaultError::Locked { .. }
        | VaultError::KeyWrong
        | VaultError::KeyringUnavailable { .. }
        | VaultError::Busy { .. }
        | VaultError::JournalBroken { .. }
        | VaultError::NameTaken { .. }
        | VaultError::Name { .. }
        | VaultError::NoSuchCustomer { .. }
        | VaultError::Randomness
        | VaultError::Database { .. }
        | VaultError::File(_) => "vault-database-refused",
    }
}

/// What is wrong with a path. What the operating system says has words of its own.
pub(crate) fn of_file(error: &FileError) -> String {
    match error {
        FileError::Link { .. } => "file-is-a-link".to_owned(),
        FileError::NotAFile { .. } => "file-is-not-plain".to_owned(),
        FileError::NotAFolder { .. } => "folder-is-not-a-folder".to_owned(),
        FileError::Name { .. } => "file-name-unusable".to_owned(),
        FileError::Exists { .. } | FileError::SetIncomplete { .. } | FileError::Io { .. } => {
            error.to_string()
        }
    }
}

pub(crate) const fn of_unreadable(reason: Unreadable) -> &'static str {
    match reason {
        Unreadable::Html => "answer-is-a-page",
        Unreadable::Empty => "answer-empty",
        Unreadable::NotJson | Unreadable::NotUtf8 | Unreadable::TooDeep => "answer-not-json",
        Unreadable::NoList | Unreadable::NotAnAlert => "answer-without-alerts",
        Unreadable::BadLink | Unreadable::Endless => "answer-next-page-broken",
    }
}

/// What is wrong with an answer of Entra's; its own words say more, among the details.
pub(crate) fn of_answer(text: &str) -> &'static str {
    if text.contains("without an explanation") { "answer-not-explained" } else { "answer-not-as-agreed" }
}

/// What is wrong with a cloud file, and in which field or line.
pub(crate) fn of_cloud_file(fault: &CloudFileFault) -> (&'static str, Option<String>) {
    match fault {
        CloudFileFault::Unreadable { .. } => ("cloud-file-unreadable", None),
        CloudFileFault::TooLarge { .. } => ("cloud-file-too-large", None),
        CloudFileFault::NotToml { line, .. } => ("cloud-file-not-toml", Some(line.to_string())),
        CloudFileFault::UnknownField { field } => ("cloud-file-unknown-field", Some(field.clone())),
        CloudFileFault::Missing { field } => ("cloud-file-field-missing", Some((*field).to_owned())),
        CloudFileFault::WrongKind { field, .. } => ("cloud-file-field-of-another-kind", Some(field.clone())),
        CloudFileFault::BadName { field } => ("cloud-file-name-unusable", Some((*field).to_owned())),
        CloudFileFault::BadAddress { field, fault: AddressFault::PlainHttp } => {
            ("cloud-file-plain-http", Some(field.clone()))
        }
        CloudFileFault::BadAddress { field, .. } => ("cloud-file-address-unusable", Some(field.clone())),
        CloudFileFault::NoCertificate { .. } => ("ca-file-holds-no-certificate", None),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use entra::{CallbackFault, StateFault};

    use super::*;

    fn sources(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(std::fs::read_to_string(path).unwrap());
            }
        }
    }

    #[test]
    fn no_sentence_is_given_as_a_reason() {
        let mut found = Vec::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
        let needle = [".with(\"reason\", ", "\""].concat();
        let mut given = 0;
        for text in &found {
            for (at, _) in text.match_indices(&needle) {
                let reason = text[at + needle.len()..].split('"').next().unwrap();
                let kebab = reason
                    .chars()
                    .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-');
                assert!(kebab, "{reason}");
                given += 1;
            }
        }
        assert!(given > 5);
    }

    #[test]
    fn what_has_a_name_of_its_own_is_in_the_list() {
        for fault in
            [TenantNameFault::Empty, TenantNameFault::AnyTenant, TenantNameFault::NeitherGuidNorDomain]
        {
            assert!(REASONS.contains(&of_tenant_name(fault).as_str()));
        }
        for fault in [
            SecretFault::Empty,
            SecretFault::TooShort,
            SecretFault::TooLong,
            SecretFault::BlankInside,
            SecretFault::ControlCharacter,
            SecretFault::NonAscii,
        ] {
            assert!(REASONS.contains(&of_secret(fault).as_str()), "{fault:?}");
        }
        for fault in [
            IdentityFault::Missing,
            IdentityFault::Malformed,
            IdentityFault::Unsigned,
            IdentityFault::Algorithm,
            IdentityFault::UnknownKey,
            IdentityFault::Signature,
            IdentityFault::Audience,
            IdentityFault::NoTenant,
            IdentityFault::Issuer,
            IdentityFault::Nonce,
            IdentityFault::Expired,
            IdentityFault::NotYetValid,
        ] {
            assert!(REASONS.contains(&of_identity(fault).as_str()), "{fault:?}");
        }
        for fault in [
            CallbackFault::NotAnAddress,
            CallbackFault::OtherAddress,
            CallbackFault::Duplicate("state"),
            CallbackFault::Malformed("state"),
            CallbackFault::NoState,
            CallbackFault::State(StateFault::Wrong),
            CallbackFault::State(StateFault::Spent),
            CallbackFault::State(StateFault::Expired),
            CallbackFault::NoAnswer,
            CallbackFault::NoIssuer,
            CallbackFault::ForeignIssuer,
        ] {
            assert!(REASONS.contains(&crate::problems::of_callback(fault).params["reason"].as_str()));
        }
        for why in crate::network::Why::ALL {
            assert!(REASONS.contains(&why.as_str()));
        }
    }
}
