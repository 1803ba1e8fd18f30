//! Form fields and query parameters, decoded once. An empty value counts as absent, as it does with Entra.

use url::form_urlencoded;

/// Decoded name and value pairs in the order in which they came.
#[derive(Clone, Default)]
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads a query string or a form body.
    pub(crate) fn read(encoded: &[u8]) -> Self {
        Self(form_urlencoded::parse(encoded).into_owned().collect())
    }

    /// Every pair that has a value.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The names, in the order in which they came.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// The same with a `$` before these names where it was left out.
    pub(crate) fn with_dollars(mut self, names: &[&str]) -> Self {
        for (key, _) in &mut self.0 {
            if let Some(name) =
                names.iter().find(|name| name.trim_start_matches('$').eq_ignore_ascii_case(key))
            {
                (*name).clone_into(key);
            }
        }
        self
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// Names without regard to case, as the alert APIs read them; every value of a repeated one.
    pub(crate) fn all_loosely<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(key, value)| key.eq_ignore_ascii_case(name) && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn get_loosely<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.all_loosely(name).next()
    }
}

/// Pairs as a query string, blanks as `+`.
pub(crate) fn encode(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}
