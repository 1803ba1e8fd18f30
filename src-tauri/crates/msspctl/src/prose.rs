//! What people read, in the language they read: the window's texts for problems and reasons, and the command line's own.
//!
//! All are compiled in. A test proves that every problem and every text has its words in every language.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use onboarding::contract::{Problem, ProblemCode, Who};
use serde::Serialize;

use crate::texts::Text;

/// The languages of the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    Korean,
    TraditionalChinese,
}

impl Language {
    pub(crate) const ALL: &[Self] = &[Self::English, Self::Korean, Self::TraditionalChinese];

    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Korean => "ko",
            Self::TraditionalChinese => "zh-TW",
        }
    }

    /// Accepts the tags.
    pub(crate) fn parser() -> impl TypedValueParser<Value = Self> {
        PossibleValuesParser::new(Self::ALL.iter().map(|language| language.tag())).try_map(|given| {
            Self::ALL
                .iter()
                .copied()
                .find(|language| language.tag() == given)
                .ok_or("not one of the languages")
        })
    }

    /// The language of a tag.
    pub(crate) fn of_tag(tag: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|language| language.tag() == tag)
    }

    /// What the locale variables ask for; English otherwise.
    pub(crate) fn of_the_system() -> Self {
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
            .unwrap_or_default();
        Self::of_locale(&locale)
    }

    fn of_locale(locale: &str) -> Self {
        let locale = locale.replace('-', "_").to_ascii_lowercase();
        if locale.starts_with("ko") {
            Self::Korean
        } else if ["zh_tw", "zh_hk", "zh_mo", "zh_hant"].iter().any(|start| locale.starts_with(start)) {
            Self::TraditionalChinese
        } else {
            Self::English
        }
    }

    const fn problems(self) -> &'static str {
        match self {
            Self::English => include_str!("../../../../ui/messages/en/problems.json"),
            Self::Korean => include_str!("../../../../ui/messages/ko/problems.json"),
            Self::TraditionalChinese => include_str!("../../../../ui/messages/zh-TW/problems.json"),
        }
    }

    const fn causes(self) -> &'static str {
        match self {
            Self::English => include_str!("../../../../ui/messages/en/causes.json"),
            Self::Korean => include_str!("../../../../ui/messages/ko/causes.json"),
            Self::TraditionalChinese => include_str!("../../../../ui/messages/zh-TW/causes.json"),
        }
    }

    /// The window's words for the engine's reasons are in here, among others.
    const fn common(self) -> &'static str {
        match self {
            Self::English => include_str!("../../../../ui/messages/en/common.json"),
            Self::Korean => include_str!("../../../../ui/messages/ko/common.json"),
            Self::TraditionalChinese => include_str!("../../../../ui/messages/zh-TW/common.json"),
        }
    }

    /// The window's words for step 2 and what can be noticed there; the mail to the customer's admin among them.
    const fn sign_in(self) -> &'static str {
        match self {
            Self::English => include_str!("../../../../ui/messages/en/sign_in.json"),
            Self::Korean => include_str!("../../../../ui/messages/ko/sign_in.json"),
            Self::TraditionalChinese => include_str!("../../../../ui/messages/zh-TW/sign_in.json"),
        }
    }

    /// The window's words for old connector files.
    const fn import(self) -> &'static str {
        match self {
            Self::English => include_str!("../../../../ui/messages/en/import.json"),
            Self::Korean => include_str!("../../../../ui/messages/ko/import.json"),
            Self::TraditionalChinese => include_str!("../../../../ui/messages/zh-TW/import.json"),
        }
    }

    /// The window's words for permissions are in here, among others.
    const fn consent(self) -> &'static str {
        match self {
            Self::English => include_str!("../../../../ui/messages/en/consent.json"),
            Self::Korean => include_str!("../../../../ui/messages/ko/consent.json"),
            Self::TraditionalChinese => include_str!("../../../../ui/messages/zh-TW/consent.json"),
        }
    }

    const fn texts(self) -> &'static str {
        match self {
            Self::English => include_str!("../messages/en.json"),
            Self::Korean => include_str!("../messages/ko.json"),
            Self::TraditionalChinese => include_str!("../messages/zh-TW.json"),
        }
    }
}

type Words = BTreeMap<String, String>;

/// The words of one language.
pub(crate) struct Prose {
    language: Language,
    sign_in: OnceLock<Words>,
    import: OnceLock<Words>,
    problems: Words,
    causes: Words,
    common: Words,
    texts: Words,
}

/// A problem in words.
pub(crate) struct Explained {
    pub(crate) title: String,
    pub(crate) cause: String,
    pub(crate) fix: String,
    pub(crate) who: String,
    /// What may lie behind it, the likeliest first.
    pub(crate) causes: Vec<Likely>,
}

/// One cause in words.
#[derive(Debug, Serialize)]
pub(crate) struct Likely {
    pub(crate) name: String,
    pub(crate) cause: String,
    /// How to find out whether this is the one.
    pub(crate) check: String,
    pub(crate) fix: String,
    pub(crate) who: Who,
    /// The same in words.
    #[serde(skip)]
    pub(crate) whose: String,
}

impl Prose {
    pub(crate) fn new(language: Language) -> Self {
        // Whether these are right is proven by a test, once, and not by every run.
        let words = |json| serde_json::from_str(json).unwrap_or_default();
        Self {
            language,
            sign_in: OnceLock::new(),
            import: OnceLock::new(),
            problems: words(language.problems()),
            causes: words(language.causes()),
            common: words(language.common()),
            texts: words(language.texts()),
        }
    }

    /// The language.
    pub(crate) fn language(&self) -> Language {
        self.language
    }

    /// A text of the command line.
    pub(crate) fn text(&self, text: Text) -> &str {
        self.word(text.key()).unwrap_or_else(|| text.key())
    }

    /// The words for a key that the engine made up, such as a note's; the key itself where there are none.
    pub(crate) fn words_for<'a>(&'a self, family: &str, key: &'a str) -> &'a str {
        self.word(&format!("{family}_{}", key.replace('-', "_"))).unwrap_or(key)
    }

    fn word(&self, key: &str) -> Option<&str> {
        self.texts.get(key).map(String::as_str)
    }

    /// The tag of its language.
    pub(crate) const fn tag(&self) -> &'static str {
        self.language.tag()
    }

    /// Words of step 2, with values put in. They are read for the few commands that need them.
    pub(crate) fn sign_in(&self, key: &str, values: &[(&str, &str)]) -> String {
        let words = self.sign_in.get_or_init(|| {
            let mut words: Words = serde_json::from_str(self.language.consent()).unwrap_or_default();
            words.extend(serde_json::from_str::<Words>(self.language.sign_in()).unwrap_or_default());
            words
        });
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        words
            .get(&key.replace(['-', '.'], "_").to_ascii_lowercase())
            .map_or_else(|| key.to_owned(), |text| fill(text, &values))
    }

    /// Words about old connector files, with values put in; the key where there are none.
    pub(crate) fn import(&self, key: &str, values: &[(&str, &str)]) -> String {
        let words =
            self.import.get_or_init(|| serde_json::from_str(self.language.import()).unwrap_or_default());
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        words.get(&key.replace('-', "_")).map_or_else(|| key.to_owned(), |text| fill(text, &values))
    }

    /// The words for a reason that the engine gives; the reason itself where there are none.
    pub(crate) fn reason<'a>(&'a self, reason: &'a str) -> &'a str {
        self.common.get(&format!("reason_{}", reason.replace('-', "_"))).map_or(reason, String::as_str)
    }

    /// Cause and fix of a problem.
    pub(crate) fn explain(&self, problem: &Problem) -> Explained {
        let mut params = problem.params.clone();
        for (name, value) in &mut params {
            match name.as_str() {
                "reason" => {
                    if let Some(words) = self.common.get(&format!("reason_{}", value.replace('-', "_"))) {
                        *value = fill(words, &problem.params);
                    }
                }
                "step" => *value = self.words_for("step", value).to_owned(),
                _ => {}
            }
        }
        let part = |part| {
            let template = self.problems.get(&problem_key(problem.code, part)).map_or("", String::as_str);
            fill(template, &params)
        };
        let causes = self.likely(problem, &params);
        let (mut cause, mut fix) = (part("cause"), part("fix"));
        // That problem has no words of its own: it stands for all that Entra can refuse.
        if let (ProblemCode::SignInRefused, Some(likeliest)) = (problem.code, causes.first()) {
            (cause, fix) = (likeliest.cause.clone(), likeliest.fix.clone());
        }
        Explained { title: part("title"), cause, fix, who: self.who(problem.who), causes }
    }

    fn likely(&self, problem: &Problem, params: &BTreeMap<String, String>) -> Vec<Likely> {
        let words = |name: &str, part: &str| {
            let key = format!("cause_{}{part}", name.replace('-', "_"));
            self.causes.get(&key).map(|template| fill(template, params))
        };
        problem
            .causes
            .iter()
            .filter_map(|one| {
                Some(Likely {
                    cause: words(&one.name, "")?,
                    check: words(&one.name, "_check")?,
                    fix: words(&one.name, "_fix")?,
                    name: one.name.clone(),
                    who: one.who,
                    whose: self.who(one.who),
                })
            })
            .collect()
    }

    fn who(&self, who: Who) -> String {
        self.problems.get(&format!("who_{}", who_key(who))).cloned().unwrap_or_default()
    }
}

fn problem_key(code: ProblemCode, part: &str) -> String {
    format!("problem_{}_{part}", code.as_str().replace('-', "_"))
}

fn who_key(who: Who) -> &'static str {
    match who {
        Who::You => "you",
        Who::CustomerAdmin => "customer_admin",
        Who::ProviderAdmin => "provider_admin",
        Who::Microsoft => "microsoft",
        Who::Developers => "developers",
    }
}

/// Puts values into a text. A sentence whose value is not known is left out, if others remain.
fn fill(template: &str, values: &BTreeMap<String, String>) -> String {
    let known = |name: &str| values.get(name).filter(|value| !value.is_empty());
    let sentences: Vec<&str> = sentences(template);
    let whole: Vec<&str> = sentences
        .iter()
        .copied()
        .filter(|sentence| placeholders(sentence).all(|name| known(name).is_some()))
        .collect();
    let kept = if whole.is_empty() { sentences } else { whole };
    let template = kept.concat();
    let mut pieces = template.trim_end().split('{');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_once('}').unwrap_or((piece, ""));
        text.push_str(known(name).map_or("?", String::as_str));
        text.push_str(rest);
    }
    text
}

/// A text in pieces that end where a sentence does, the space behind it included.
fn sentences(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    for (end, stop) in text.match_indices(". ").chain(text.match_indices('。')).collect::<BTreeMap<_, _>>() {
        pieces.push(&text[start..end + stop.len()]);
        start = end + stop.len();
    }
    if !text[start..].trim().is_empty() {
        pieces.push(&text[start..]);
    }
    pieces
}

fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use onboarding::contract::{EvidenceKey, Problem, ProblemCode, Who};

    use super::{Language, Prose, Words, fill, placeholders, problem_key, who_key};
    use crate::texts::Text;

    const PARTS: [&str; 3] = ["title", "cause", "fix"];

    #[test]
    fn every_problem_has_its_prose_in_every_language() {
        for language in Language::ALL {
            let words: Words = serde_json::from_str(language.problems()).unwrap();
            let mut expected: BTreeSet<String> =
                ProblemCode::ALL.iter().flat_map(|code| PARTS.map(|part| problem_key(*code, part))).collect();
            let everybody =
                [Who::You, Who::CustomerAdmin, Who::ProviderAdmin, Who::Microsoft, Who::Developers];
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
        let entra = include_str!("../../catalog/fixtures/aadsts.ndjson").lines();
        let apis = include_str!("../../catalog/fixtures/api.ndjson").lines();
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
                assert!(
                    seen.insert(told.causes[0].cause.clone()),
                    "{language:?} is not translated: {fixture}"
                );
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
        let room = include_str!("commands/import.rs");
        keys.extend(
            room.split('"')
                .filter(|word| word.starts_with("import_") && !word.contains('{'))
                .map(str::to_owned),
        );
        let mut seen = BTreeSet::new();
        for language in Language::ALL {
            let prose = Prose::new(*language);
            for key in &keys {
                let text = prose.import(key, &[]);
                assert_ne!(text, *key, "{language:?} {key}");
                assert!(
                    !key.starts_with("stale_") || seen.insert(text),
                    "{language:?} {key} is not translated"
                );
            }
        }
    }

    #[test]
    fn a_reason_names_its_place() {
        let problem = Problem::new(ProblemCode::CloudFileInvalid)
            .with("file", "lab.toml")
            .with("reason", "cloud-file-unknown-field")
            .with("place", "grpah");
        let cause = Prose::new(Language::English).explain(&problem).cause;
        assert!(cause.ends_with("nobody reads: grpah"), "{cause}");
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

    #[test]
    fn a_sentence_without_its_value_is_left_out() {
        let values = BTreeMap::from([
            ("host".to_owned(), "a.example".to_owned()),
            ("reason".to_owned(), String::new()),
        ]);
        assert_eq!(
            fill("From {host}. Reason: {reason}. Nothing stored.", &values),
            "From a.example. Nothing stored."
        );
        assert_eq!(fill("無法讀取 {host}。原因：{reason}", &values), "無法讀取 a.example。");
        assert_eq!(fill("Only {other}", &values), "Only ?");
        assert_eq!(fill("只有 {other}。", &values), "只有 ?。");
    }

    #[test]
    fn a_reason_is_told_in_words_where_there_are_words() {
        let because = |reason: &str| {
            let problem = Problem::new(ProblemCode::CombinationImpossible).with("reason", reason);
            Prose::new(Language::English).explain(&problem).cause
        };
        assert!(!because("source-not-in-this-version").contains("source-not"));
        assert!(because("something new").ends_with("Reason: something new"));
    }

    #[test]
    fn a_problem_is_told_with_its_values() {
        let problem =
            Problem::new(ProblemCode::TenantNotFound).with("tenant", "contoso.example").with("cloud", "lab");
        let explained = Prose::new(Language::English).explain(&problem);
        assert_eq!(explained.title, "No tenant “contoso.example” in this cloud");
        assert!(explained.cause.contains("“lab”"));
        assert_eq!(explained.who, "You");
    }

    #[test]
    fn the_system_language_is_recognised() {
        for (locale, language) in [
            ("ko_KR.UTF-8", Language::Korean),
            ("zh_TW.UTF-8", Language::TraditionalChinese),
            ("zh-Hant-TW", Language::TraditionalChinese),
            ("zh_CN.UTF-8", Language::English),
            ("C", Language::English),
            ("", Language::English),
        ] {
            assert_eq!(Language::of_locale(locale), language, "{locale}");
        }
    }
}
