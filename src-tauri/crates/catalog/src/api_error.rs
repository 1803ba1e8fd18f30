//! What the refusal of an API (Graph, Defender, the legacy exporter) means for this job. Like the AADSTS codes it is for
//! explanation: an answer that nothing here knows is judged by its status.

use jiff::civil::Date;
use serde::Deserialize;

use crate::catalog;

/// One row of the dictionary.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiErrorEntry {
    /// Kebab-case code of the problem that it is.
    pub problem: String,
    /// Who can put it right.
    pub who: String,
    /// Values of `error.code`, any case; empty: any.
    #[serde(default)]
    pub names: Vec<String>,
    /// HTTP statuses; empty: any.
    #[serde(default)]
    pub statuses: Vec<u16>,
    /// Pieces of code or message, lower case; empty: any.
    #[serde(default)]
    pub says: Vec<String>,
    /// Names of its causes, the likeliest first; at least one.
    pub causes: Vec<String>,
    /// A page of Microsoft's about it.
    pub link: Option<String>,
}

impl ApiErrorEntry {
    fn fits(&self, status: u16, name: Option<&str>, text: &str) -> bool {
        let named = || name.is_some_and(|name| self.names.iter().any(|one| one.eq_ignore_ascii_case(name)));
        (self.names.is_empty() || named())
            && (self.statuses.is_empty() || self.statuses.contains(&status))
            && (self.says.is_empty() || self.says.iter().any(|piece| text.contains(piece)))
    }
}

/// What an API's answer means: its status, its `error.code` and `error.message`. `None` where nothing is known.
pub fn api_error(status: u16, name: Option<&str>, message: Option<&str>) -> Option<&'static ApiErrorEntry> {
    let text = format!("{} {}", name.unwrap_or_default(), message.unwrap_or_default()).to_lowercase();
    catalog().api_errors.iter().find(|entry| entry.fits(status, name, &text))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    checked: toml::value::Datetime,
    entry: Vec<ApiErrorEntry>,
}

pub(crate) fn parse(text: &str) -> Result<(Vec<ApiErrorEntry>, Date), toml::de::Error> {
    let file: File = toml::from_str(text)?;
    Ok((file.entry, crate::date(file.checked)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_403_has_three_kinds_of_causes_and_says_which_where_it_can() {
        let first = |name, message| &api_error(403, name, message).unwrap().causes[0];
        assert_eq!(
            first(Some("Forbidden"), Some("Missing application roles. API required roles: x")),
            "permission-not-granted"
        );
        assert_eq!(first(Some("Forbidden"), Some("Tenant is not licensed for this")), "licence-missing");
        assert_eq!(first(Some("DisabledFeature"), None), "feature-off");
        assert_eq!(api_error(403, None, None).unwrap().problem, "api-denied");
    }

    #[test]
    fn names_are_matched_without_regard_to_case_and_unknown_answers_are_not_guessed() {
        assert_eq!(api_error(429, Some("toomanyrequests"), None).unwrap().problem, "throttled");
        assert_eq!(api_error(418, Some("teapot"), Some("short and stout")), None);
    }

    #[test]
    fn every_row_can_be_reached() {
        for (at, entry) in catalog().api_errors.iter().enumerate() {
            let status = entry.statuses.first().copied().unwrap_or(400);
            let found = api_error(
                status,
                entry.names.first().map(String::as_str),
                entry.says.first().map(String::as_str),
            );
            assert_eq!(found, Some(entry), "row {at}");
            assert!(!entry.causes.is_empty(), "row {at}");
        }
    }

    #[test]
    fn every_problem_named_is_one_of_the_contract() {
        let contract = concat!(env!("CARGO_MANIFEST_DIR"), "/../onboarding/src/contract/problem.rs");
        let contract = std::fs::read_to_string(contract).unwrap();
        for entry in &catalog().api_errors {
            assert!(contract.contains(&format!("= \"{}\",", entry.problem)), "{}", entry.problem);
            let known = ["you", "provider-admin", "customer-admin", "microsoft", "developers"];
            assert!(known.contains(&entry.who.as_str()), "{}", entry.who);
        }
    }
}
