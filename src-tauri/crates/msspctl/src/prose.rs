//! What people read, in the language they read: the window's texts for problems and reasons, and the command line's own.
//!
//! All are compiled in. A test proves that every problem and every text has its words in every language.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use onboarding::contract::{Problem, ProblemCode, Who};
use serde::Serialize;

use crate::texts::Text;

#[cfg(test)]
mod complete;
mod fill;
mod language;

use fill::fill;
pub(crate) use language::Language;

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

#[cfg(test)]
mod tests {
    use super::*;

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
}
