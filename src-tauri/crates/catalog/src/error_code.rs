//! What an AADSTS code means for this job. The codes are for explanation only: Microsoft changes them, so nothing
//! depends on one but the words that a person reads.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use crate::catalog;

/// What one AADSTS code means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorEntry {
    /// Without the letters.
    pub code: u32,
    /// Kebab-case code of the problem that it is.
    pub problem: String,
    /// Who can put it right: `you`, `provider-admin`, `customer-admin`, `microsoft` or `developers`.
    pub who: String,
}

/// What a code means, where it is known.
pub fn aadsts(code: u32) -> Option<&'static ErrorEntry> {
    let errors = &catalog().errors;
    errors.binary_search_by_key(&code, |entry| entry.code).ok().and_then(|index| errors.get(index))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    checked: toml::value::Datetime,
    entry: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    problem: String,
    who: String,
    codes: Vec<u32>,
}

pub(crate) fn parse(text: &str) -> Result<(Vec<ErrorEntry>, Date), toml::de::Error> {
    let file: File = toml::from_str(text)?;
    let mut entries = BTreeMap::new();
    for row in file.entry {
        for code in row.codes {
            let entry = ErrorEntry { code, problem: row.problem.clone(), who: row.who.clone() };
            if entries.insert(code, entry).is_some() {
                return Err(serde::de::Error::custom(format!("code {code} is there twice")));
            }
        }
    }
    Ok((entries.into_values().collect(), crate::date(file.checked)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_of_every_day_are_known() {
        for (code, problem) in [
            (50020, "account-not-in-tenant"),
            (50011, "redirect-not-registered"),
            (65004, "consent-declined"),
            (7_000_215, "secret-wrong"),
            (7_000_222, "secret-expired"),
            (700_082, "refresh-token-dead"),
            (90002, "tenant-not-found"),
        ] {
            assert_eq!(aadsts(code).unwrap().problem, problem, "{code}");
        }
        assert_eq!(aadsts(1), None);
    }

    #[test]
    fn every_problem_named_is_one_of_the_contract() {
        let contract = concat!(env!("CARGO_MANIFEST_DIR"), "/../onboarding/src/contract/problem.rs");
        let contract = std::fs::read_to_string(contract).unwrap();
        for entry in &catalog().errors {
            assert!(contract.contains(&format!("= \"{}\",", entry.problem)), "{}", entry.problem);
            let known = ["you", "provider-admin", "customer-admin", "microsoft", "developers"];
            assert!(known.contains(&entry.who.as_str()), "{}", entry.who);
        }
    }
}
