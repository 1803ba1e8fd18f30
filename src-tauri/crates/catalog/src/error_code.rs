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
    /// Names of its causes, the likeliest first; at least one. [`crate::cause`] knows them.
    pub causes: Vec<String>,
    link: Option<String>,
}

impl ErrorEntry {
    /// A page of Microsoft's about it.
    pub fn link(&self) -> String {
        self.link.clone().unwrap_or_else(|| look_up(self.code))
    }
}

/// What a code means, where it is known.
pub fn aadsts(code: u32) -> Option<&'static ErrorEntry> {
    let errors = &catalog().errors;
    errors.binary_search_by_key(&code, |entry| entry.code).ok().and_then(|index| errors.get(index))
}

/// Microsoft's own look-up page of a code, known here or not (entra-docs, reference-error-codes.md).
pub fn look_up(code: u32) -> String {
    format!("https://login.microsoftonline.com/error?code={code}")
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
    causes: Vec<String>,
    link: Option<String>,
}

pub(crate) fn parse(text: &str) -> Result<(Vec<ErrorEntry>, Date), toml::de::Error> {
    let file: File = toml::from_str(text)?;
    let mut entries = BTreeMap::new();
    for row in file.entry {
        for code in row.codes {
            let entry = ErrorEntry {
                code,
                problem: row.problem.clone(),
                who: row.who.clone(),
                causes: row.causes.clone(),
                link: row.link.clone(),
            };
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

    /// The codes of this flow, as Microsoft's reference lists them. A code that leaves the data must leave here too.
    const EXPECTED: &[u32] = &[
        16000, 16003, 50001, 50011, 50014, 50020, 50034, 50053, 50055, 50056, 50057, 50058, 50059, 50072,
        50074, 50076, 50078, 50079, 50089, 50097, 50105, 50126, 50131, 50132, 50133, 50140, 50147, 50158,
        50173, 50194, 50196, 50199, 51004, 53000, 53001, 53002, 53003, 53004, 53011, 54005, 65001, 65002,
        65004, 65005, 70000, 70001, 70002, 70003, 70005, 70007, 70008, 70011, 70016, 70018, 70019, 70043,
        28002, 28003, 90002, 90006, 90012, 90014, 90015, 90019, 90024, 90033, 90038, 90055, 90072, 90090,
        90094, 90095, 90099, 90124, 90130, 500_011, 500_021, 500_022, 500_113, 500_119, 500_212, 500_213,
        501_481, 501_491, 530_032, 530_034, 530_035, 650_051, 650_052, 650_054, 650_056, 650_057, 700_005,
        700_011, 700_016, 700_022, 700_023, 700_025, 700_082, 700_084, 900_144, 900_382, 900_432, 900_971,
        901_002, 7_000_112, 7_000_215, 7_000_218, 7_000_222, 9_001_023,
    ];

    #[test]
    fn every_code_of_this_flow_is_known() {
        for code in EXPECTED {
            assert!(aadsts(*code).is_some(), "{code}");
        }
        assert!(catalog().errors.len() >= EXPECTED.len());
    }

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
    fn a_code_without_a_page_of_its_own_has_the_look_up_page() {
        assert_eq!(aadsts(50126).unwrap().link(), "https://login.microsoftonline.com/error?code=50126");
        assert!(aadsts(50011).unwrap().link().starts_with("https://aka.ms/"));
    }

    #[test]
    fn every_problem_named_is_one_of_the_contract() {
        let contract = concat!(env!("CARGO_MANIFEST_DIR"), "/../onboarding/src/contract/problem.rs");
        let contract = std::fs::read_to_string(contract).unwrap();
        for entry in &catalog().errors {
            assert!(contract.contains(&format!("= \"{}\",", entry.problem)), "{}", entry.problem);
            let known = ["you", "provider-admin", "customer-admin", "microsoft", "developers"];
            assert!(known.contains(&entry.who.as_str()), "{}", entry.who);
            assert!(!entry.causes.is_empty(), "{}", entry.code);
            assert!(entry.link().starts_with("https://"), "{}", entry.code);
        }
    }
}
