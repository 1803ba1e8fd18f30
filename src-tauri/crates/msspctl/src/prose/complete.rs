//! The proof that nothing which can be told lacks its words in any language.

use std::collections::BTreeSet;

use onboarding::contract::{EvidenceKey, ProblemCode, Who};

use super::fill::placeholders;
use super::{Language, Prose, Words, problem_key, who_key};
use crate::texts::Text;

const PARTS: [&str; 3] = ["title", "cause", "fix"];

#[test]
fn every_problem_has_its_prose_in_every_language() {
    for language in Language::ALL {
        let words: Words = serde_json::from_str(language.problems()).unwrap();
        let mut expected: BTreeSet<String> =
            ProblemCode::ALL.iter().flat_map(|code| PARTS.map(|part| problem_key(*code, part))).collect();
        let everybody = [Who::You, Who::CustomerAdmin, Who::ProviderAdmin, Who::Microsoft, Who::Developers];
        expected.extend(everybody.map(|who| format!("who_{}", who_key(who))));
        let given: BTreeSet<String> = words.keys().cloned().collect();
        assert_eq!(given, expected, "{language:?}");
        assert!(words.values().all(|text| !text.trim().is_empty()), "{language:?}");
    }
}

#[test]
fn every_cause_of_the_dictionary_has_its_words_in_every_language_and_there_are_no_others() {
    for language in Language::ALL {
        let words: Words = serde_json::from_str(language.causes()).unwrap();
        let expected: BTreeSet<String> = catalog::causes()
            .flat_map(|cause| {
                let key = format!("cause_{}", cause.name.replace('-', "_"));
                [key.clone(), format!("{key}_check"), format!("{key}_fix")]
            })
            .collect();
        assert_eq!(words.keys().cloned().collect::<BTreeSet<_>>(), expected, "{language:?}");
        assert!(words.values().all(|text| !text.trim().is_empty()), "{language:?}");
        let english: Words = serde_json::from_str(Language::English.causes()).unwrap();
        for (key, text) in &words {
            let mentioned: BTreeSet<_> = placeholders(text).collect();
            assert_eq!(mentioned, placeholders(&english[key]).collect(), "{language:?} {key}");
        }
    }
}

/// The dictionary, from Microsoft's bytes to the sentence: every code in every language.
#[test]
fn every_code_is_told_in_words_in_every_language() {
    let entra = include_str!("../../../catalog/fixtures/aadsts.ndjson").lines();
    let apis = include_str!("../../../catalog/fixtures/api.ndjson").lines();
    let mut codes = BTreeSet::new();
    for fixture in entra.chain(apis) {
        let problem = onboarding::explain(fixture).unwrap_or_else(|| panic!("{fixture}"));
        if let Some(code) = problem.microsoft.as_ref().and_then(|microsoft| microsoft.code.clone()) {
            codes.insert(code);
        }
        assert!(!problem.causes.is_empty(), "{fixture}");
        let mut seen = BTreeSet::new();
        for language in Language::ALL {
            let told = Prose::new(*language).explain(&problem);
            assert_eq!(told.causes.len(), problem.causes.len(), "{language:?} {fixture}");
            let mut all = vec![&told.title, &told.cause, &told.fix, &told.who];
            all.extend(told.causes.iter().flat_map(|one| [&one.cause, &one.check, &one.fix, &one.whose]));
            for text in all {
                assert!(!text.is_empty() && !text.contains(['{', '}']), "{language:?} {text} {fixture}");
            }
            assert!(seen.insert(told.causes[0].cause.clone()), "{language:?} is not translated: {fixture}");
        }
    }
    let known: BTreeSet<String> =
        catalog::catalog().errors.iter().map(|entry| format!("AADSTS{}", entry.code)).collect();
    assert_eq!(codes, known, "every code has a fixture, and every fixture its code");
}

#[test]
fn every_reason_of_the_engine_has_its_words_in_every_language() {
    for language in Language::ALL {
        let words: Words = serde_json::from_str(language.common()).unwrap();
        for reason in onboarding::REASONS {
            let key = format!("reason_{}", reason.replace('-', "_"));
            assert!(words.get(&key).is_some_and(|text| !text.is_empty()), "{language:?} {key}");
        }
    }
}

#[test]
fn everything_that_is_told_of_old_files_has_its_words_in_every_language() {
    use connectors::{FoundKind, StaleKind};
    use onboarding::contract::{CarriedAccess, IMPORT_NOTES, OldSecret};
    let secrets = [
        OldSecret::Present,
        OldSecret::Absent,
        OldSecret::Encrypted,
        OldSecret::LooksLikeId,
        OldSecret::Malformed,
    ];
    let access = [CarriedAccess::Proven, CarriedAccess::Refused, CarriedAccess::NothingToTry];
    let mut keys: Vec<String> = StaleKind::ALL
        .iter()
        .flat_map(|kind| [format!("stale_{kind}"), format!("stale_{kind}_fix")])
        .chain(FoundKind::ALL.iter().map(|kind| format!("found_kind_{kind}")))
        .chain(secrets.iter().map(|state| format!("old_secret_{}", state.as_str())))
        .chain(access.iter().map(|access| format!("carried_access_{}", access.as_str())))
        .chain(IMPORT_NOTES.iter().map(|note| format!("import_note_{note}")))
        .chain(["tenant", "client-id", "secret", "sign-in"].map(|what| format!("missing_{what}")))
        .collect();
    // What the command line itself asks for.
    let room = include_str!("../commands/import.rs");
    keys.extend(
        room.split('"').filter(|word| word.starts_with("import_") && !word.contains('{')).map(str::to_owned),
    );
    let mut seen = BTreeSet::new();
    for language in Language::ALL {
        let prose = Prose::new(*language);
        for key in &keys {
            let text = prose.import(key, &[]);
            assert_ne!(text, *key, "{language:?} {key}");
            assert!(!key.starts_with("stale_") || seen.insert(text), "{language:?} {key} is not translated");
        }
    }
}

#[test]
fn all_languages_mention_the_same_values() {
    let english: Words = serde_json::from_str(Language::English.problems()).unwrap();
    for language in Language::ALL {
        let words: Words = serde_json::from_str(language.problems()).unwrap();
        for (key, text) in &words {
            let mentioned: BTreeSet<_> = placeholders(text).collect();
            let expected: BTreeSet<_> = placeholders(&english[key]).collect();
            assert_eq!(mentioned, expected, "{language:?} {key}");
        }
    }
}

#[test]
fn every_text_has_its_words_in_every_language() {
    for language in Language::ALL {
        let words: Words = serde_json::from_str(language.texts()).unwrap();
        for text in Text::ALL {
            assert!(
                words.get(text.key()).is_some_and(|text| !text.is_empty()),
                "{language:?} {}",
                text.key()
            );
        }
    }
}

#[test]
fn all_languages_have_the_same_texts() {
    let keys = |language: Language| {
        serde_json::from_str::<Words>(language.texts()).unwrap().into_keys().collect::<Vec<_>>()
    };
    for language in Language::ALL {
        assert_eq!(keys(*language), keys(Language::English), "{language:?}");
    }
}

#[test]
fn every_check_has_its_words() {
    let keys = [
        EvidenceKey::TenantExists,
        EvidenceKey::CombinationFits,
        EvidenceKey::ClockRight,
        EvidenceKey::RegistrationShape,
        EvidenceKey::SecretAccepted,
        EvidenceKey::CatcherReady,
        EvidenceKey::SignInReturned,
        EvidenceKey::AdminAgreed,
        EvidenceKey::TenantMatches,
        EvidenceKey::AccountKnown,
        EvidenceKey::SecondFactor,
        EvidenceKey::PermissionsGranted,
        EvidenceKey::SignInSealed,
        EvidenceKey::ApiAnswers,
        EvidenceKey::FilesWritten,
        EvidenceKey::FilesReadBack,
        EvidenceKey::TokenFromFiles,
        EvidenceKey::AlertsPulled,
    ];
    for language in Language::ALL {
        let prose = Prose::new(*language);
        for key in keys {
            let name = serde_json::to_value(key).unwrap();
            let name = name.as_str().unwrap();
            assert_ne!(prose.words_for("evidence", name), name, "{language:?}");
        }
    }
}
