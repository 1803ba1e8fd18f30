//! Why something usually fails: causes by name, and who can put each right. Their words are not here: cause, check and
//! fix of each lie in the message files, in every language, under the same name.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use crate::catalog;

/// One cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// Kebab-case name, also the key of its words.
    pub name: String,
    /// Who can put it right: `you`, `provider-admin`, `customer-admin`, `microsoft` or `developers`.
    pub who: String,
}

/// A cause by name.
pub fn cause(name: &str) -> Option<&'static Cause> {
    catalog().causes.named.get(name)
}

/// All causes, by name.
pub fn causes() -> impl Iterator<Item = &'static Cause> {
    catalog().causes.named.values()
}

/// What usually lies behind a problem of which nothing more is known, the likeliest first.
pub fn causes_of(problem: &str) -> &'static [String] {
    catalog().causes.of_problem.get(problem).map_or(&[], Vec::as_slice)
}

/// The file, read.
#[derive(Debug, Default)]
pub struct Causes {
    named: BTreeMap<String, Cause>,
    of_problem: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    checked: toml::value::Datetime,
    who: BTreeMap<String, Vec<String>>,
    problem: BTreeMap<String, Vec<String>>,
}

pub(crate) fn parse(text: &str) -> Result<(Causes, Date), toml::de::Error> {
    let file: File = toml::from_str(text)?;
    let mut named = BTreeMap::new();
    for (who, names) in file.who {
        for name in names {
            let cause = Cause { name: name.clone(), who: who.clone() };
            if named.insert(name.clone(), cause).is_some() {
                return Err(serde::de::Error::custom(format!("cause {name} is there twice")));
            }
        }
    }
    Ok((Causes { named, of_problem: file.problem }, crate::date(file.checked)?))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_cause_that_is_named_anywhere_is_known_and_none_is_idle() {
        let catalog = catalog();
        let mut used: BTreeSet<&str> = BTreeSet::new();
        used.extend(catalog.errors.iter().flat_map(|entry| &entry.causes).map(String::as_str));
        used.extend(catalog.api_errors.iter().flat_map(|entry| &entry.causes).map(String::as_str));
        used.extend(catalog.causes.of_problem.values().flatten().map(String::as_str));
        let known: BTreeSet<&str> = causes().map(|cause| cause.name.as_str()).collect();
        assert_eq!(used, known);
    }

    #[test]
    fn who_helps_and_every_problem_are_of_the_contract() {
        let contract = concat!(env!("CARGO_MANIFEST_DIR"), "/../onboarding/src/contract/problem.rs");
        let contract = std::fs::read_to_string(contract).unwrap();
        for problem in catalog().causes.of_problem.keys() {
            assert!(contract.contains(&format!("= \"{problem}\",")), "{problem}");
        }
        for cause in causes() {
            let known = ["you", "provider-admin", "customer-admin", "microsoft", "developers"];
            assert!(known.contains(&cause.who.as_str()), "{cause:?}");
        }
    }
}
