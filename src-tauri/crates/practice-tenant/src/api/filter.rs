//! The `$filter` of `OData` as `alerts_v2` understands it: comparisons joined with `and`, `or`, `not` and brackets.
//!
//! Source for the properties: Microsoft Graph's page on listing alerts. Anything else is refused, as Graph does, and
//! nothing is quietly ignored.

use jiff::Timestamp;

use crate::alerts::Alert;
use crate::alerts::graph::SERVICE_SOURCE;
use crate::clock;

/// A condition on alerts.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Filter {
    /// `lastUpdateDateTime`.
    Updated(Comparison, Timestamp),
    /// `createdDateTime`.
    Created(Comparison, Timestamp),
    /// A property that is one text or null.
    Text(Property, Equality, Option<String>),
    And(Box<Filter>, Box<Filter>),
    Or(Box<Filter>, Box<Filter>),
    Not(Box<Filter>),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Equality {
    Equal,
    NotEqual,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Property {
    AssignedTo,
    Classification,
    Determination,
    Severity,
    ServiceSource,
    Status,
}

/// Why a filter is refused, in Graph's manner.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct BadFilter(pub(crate) String);

/// The times that bound what a filter can select.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Bounds {
    pub(crate) since: Option<Timestamp>,
    pub(crate) until: Option<Timestamp>,
}

impl Filter {
    pub(crate) fn read(text: &str) -> Result<Self, BadFilter> {
        let mut reader = Reader { words: words(text)?, at: 0, depth: 0 };
        let filter = reader.or()?;
        match reader.next() {
            None => Ok(filter),
            Some(word) => Err(BadFilter(format!("Syntax error at '{}' in '{text}'.", word.text()))),
        }
    }

    pub(crate) fn selects(&self, alert: &Alert) -> bool {
        match self {
            Self::Updated(comparison, time) => comparison.holds(alert.updated, *time),
            Self::Created(comparison, time) => comparison.holds(alert.created(), *time),
            Self::Text(property, equality, value) => {
                let same = property.of(alert) == value.as_deref();
                same == (*equality == Equality::Equal)
            }
            Self::And(one, other) => one.selects(alert) && other.selects(alert),
            Self::Or(one, other) => one.selects(alert) || other.selects(alert),
            Self::Not(inner) => !inner.selects(alert),
        }
    }

    /// Bounds of `lastUpdateDateTime` that follow from conditions that must all hold.
    pub(crate) fn bounds(&self) -> Bounds {
        match self {
            Self::Updated(Comparison::Equal, time) => Bounds { since: Some(*time), until: Some(*time) },
            Self::Updated(Comparison::Greater | Comparison::GreaterOrEqual, time) => {
                Bounds { since: Some(*time), until: None }
            }
            Self::Updated(Comparison::Less | Comparison::LessOrEqual, time) => {
                Bounds { since: None, until: Some(*time) }
            }
            Self::And(one, other) => {
                let (one, other) = (one.bounds(), other.bounds());
                Bounds {
                    since: one.since.max(other.since),
                    until: match (one.until, other.until) {
                        (Some(one), Some(other)) => Some(one.min(other)),
                        (one, other) => one.or(other),
                    },
                }
            }
            Self::Updated(Comparison::NotEqual, _)
            | Self::Created(..)
            | Self::Text(..)
            | Self::Or(..)
            | Self::Not(_) => Bounds::default(),
        }
    }
}

impl Comparison {
    fn holds(self, one: Timestamp, other: Timestamp) -> bool {
        match self {
            Self::Equal => one == other,
            Self::NotEqual => one != other,
            Self::Greater => one > other,
            Self::GreaterOrEqual => one >= other,
            Self::Less => one < other,
            Self::LessOrEqual => one <= other,
        }
    }
}

impl Property {
    fn of(self, alert: &Alert) -> Option<&'static str> {
        use crate::alerts::Status;
        let resolved = alert.status == Status::Resolved;
        match self {
            Self::AssignedTo => (alert.status != Status::New).then_some("analyst@practice-provider.example"),
            Self::Classification => resolved.then_some("truePositive"),
            Self::Determination => resolved.then_some("malware"),
            Self::Severity => Some(alert.severity.graph()),
            Self::ServiceSource => Some(SERVICE_SOURCE),
            Self::Status => Some(alert.status.graph()),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Word {
    Open,
    Close,
    Bare(String),
    Quoted(String),
}

impl Word {
    fn text(&self) -> &str {
        match self {
            Self::Open => "(",
            Self::Close => ")",
            Self::Bare(text) | Self::Quoted(text) => text,
        }
    }
}

fn words(text: &str) -> Result<Vec<Word>, BadFilter> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        match first {
            '(' | ')' => {
                words.push(if first == '(' { Word::Open } else { Word::Close });
                rest = &rest[1..];
            }
            '\'' => {
                // A quote inside is doubled.
                let mut value = String::new();
                let mut tail = &rest[1..];
                loop {
                    let Some(end) = tail.find('\'') else {
                        return Err(BadFilter(format!(
                            "There is an unterminated string literal in '{text}'."
                        )));
                    };
                    value.push_str(&tail[..end]);
                    tail = &tail[end + 1..];
                    match tail.strip_prefix('\'') {
                        Some(more) => {
                            value.push('\'');
                            tail = more;
                        }
                        None => break,
                    }
                }
                words.push(Word::Quoted(value));
                rest = tail;
            }
            _ => {
                let end = rest.find([' ', '(', ')', '\'', '\t']).unwrap_or(rest.len());
                words.push(Word::Bare(rest[..end].to_owned()));
                rest = &rest[end..];
            }
        }
        rest = rest.trim_start();
    }
    Ok(words)
}

/// Brackets and `not` nest no deeper, so that a request cannot exhaust the stack.
const DEPTH: usize = 32;

struct Reader {
    words: Vec<Word>,
    at: usize,
    depth: usize,
}

impl Reader {
    fn next(&mut self) -> Option<Word> {
        let word = self.words.get(self.at).cloned();
        self.at += 1;
        word
    }

    fn take(&mut self, keyword: &str) -> bool {
        let found = matches!(self.words.get(self.at), Some(Word::Bare(word)) if word == keyword);
        self.at += usize::from(found);
        found
    }

    fn or(&mut self) -> Result<Filter, BadFilter> {
        let mut filter = self.and()?;
        while self.take("or") {
            filter = Filter::Or(Box::new(filter), Box::new(self.and()?));
        }
        Ok(filter)
    }

    fn and(&mut self) -> Result<Filter, BadFilter> {
        let mut filter = self.one()?;
        while self.take("and") {
            filter = Filter::And(Box::new(filter), Box::new(self.one()?));
        }
        Ok(filter)
    }

    fn one(&mut self) -> Result<Filter, BadFilter> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(BadFilter("The filter is nested too deeply.".to_owned()));
        }
        let filter = if self.take("not") {
            Ok(Filter::Not(Box::new(self.one()?)))
        } else {
            self.bracket_or_comparison()
        };
        self.depth -= 1;
        filter
    }

    fn bracket_or_comparison(&mut self) -> Result<Filter, BadFilter> {
        match self.next() {
            Some(Word::Open) => {
                let filter = self.or()?;
                match self.next() {
                    Some(Word::Close) => Ok(filter),
                    _ => Err(BadFilter("Syntax error: ')' expected.".to_owned())),
                }
            }
            Some(Word::Bare(property)) => self.comparison(&property),
            Some(word) => Err(BadFilter(format!("Syntax error at '{}'.", word.text()))),
            None => Err(BadFilter("Expression expected.".to_owned())),
        }
    }

    fn comparison(&mut self, property: &str) -> Result<Filter, BadFilter> {
        let Some(Word::Bare(operator)) = self.next() else {
            return Err(BadFilter(format!("An operator is expected after '{property}'.")));
        };
        let comparison = match operator.as_str() {
            "eq" => Comparison::Equal,
            "ne" => Comparison::NotEqual,
            "gt" => Comparison::Greater,
            "ge" => Comparison::GreaterOrEqual,
            "lt" => Comparison::Less,
            "le" => Comparison::LessOrEqual,
            other => return Err(BadFilter(format!("Syntax error: '{other}' is not an operator."))),
        };
        let value = self
            .next()
            .ok_or_else(|| BadFilter(format!("A value is expected after '{property} {operator}'.")))?;
        match property {
            "lastUpdateDateTime" => Ok(Filter::Updated(comparison, time(property, &value)?)),
            "createdDateTime" => Ok(Filter::Created(comparison, time(property, &value)?)),
            _ => Ok(Filter::Text(
                text_property(property)?,
                equality(comparison, property)?,
                text(property, value)?,
            )),
        }
    }
}

fn time(property: &str, value: &Word) -> Result<Timestamp, BadFilter> {
    match value {
        Word::Bare(text) if text.contains('T') => clock::read(text)
            .ok_or_else(|| BadFilter(format!("Unrecognized 'Edm.DateTimeOffset' literal '{text}'."))),
        Word::Open | Word::Close | Word::Bare(_) | Word::Quoted(_) => Err(BadFilter(format!(
            "A binary operator with incompatible types was detected: '{property}' is 'Edm.DateTimeOffset', '{}' is not.",
            value.text()
        ))),
    }
}

fn text_property(property: &str) -> Result<Property, BadFilter> {
    match property {
        "assignedTo" => Ok(Property::AssignedTo),
        "classification" => Ok(Property::Classification),
        "determination" => Ok(Property::Determination),
        "severity" => Ok(Property::Severity),
        "serviceSource" => Ok(Property::ServiceSource),
        "status" => Ok(Property::Status),
        other => Err(BadFilter(format!("Property '{other}' is not supported in a filter."))),
    }
}

fn equality(comparison: Comparison, property: &str) -> Result<Equality, BadFilter> {
    match comparison {
        Comparison::Equal => Ok(Equality::Equal),
        Comparison::NotEqual => Ok(Equality::NotEqual),
        Comparison::Greater | Comparison::GreaterOrEqual | Comparison::Less | Comparison::LessOrEqual => {
            Err(BadFilter(format!("Property '{property}' can be compared with 'eq' and 'ne' only.")))
        }
    }
}

fn text(property: &str, value: Word) -> Result<Option<String>, BadFilter> {
    match value {
        Word::Quoted(text) => Ok(Some(text)),
        Word::Bare(text) if text == "null" => Ok(None),
        Word::Bare(text) => Err(BadFilter(format!("'{text}' after '{property}' must be in single quotes."))),
        Word::Open | Word::Close => Err(BadFilter(format!("A value is expected after '{property}'."))),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_bound_the_search_and_texts_do_not() {
        let filter = Filter::read(
            "lastUpdateDateTime ge 2026-11-20T10:00:00Z and (severity eq 'high') and lastUpdateDateTime lt 2026-11-20T11:00:00.5Z",
        )
        .unwrap();
        assert_eq!(
            filter.bounds(),
            Bounds {
                since: Some("2026-11-20T10:00:00Z".parse().unwrap()),
                until: Some("2026-11-20T11:00:00.5Z".parse().unwrap()),
            }
        );
        assert_eq!(
            Filter::read("severity eq 'high' or status ne 'new'").unwrap().bounds(),
            Bounds::default()
        );
    }

    #[test]
    fn what_graph_refuses_is_refused() {
        for bad in [
            "",
            "investigationState eq 'running'",
            "lastUpdateDateTime ge '2026-11-20T10:00:00Z'",
            "lastUpdateDateTime ge yesterday",
            "severity gt 'low'",
            "severity eq high",
            "severity eq 'high",
            "severity eq 'high' and",
            "(severity eq 'high'",
            "severity eq 'high' status eq 'new'",
        ] {
            assert!(Filter::read(bad).is_err(), "{bad}");
        }
        assert!(Filter::read(&format!("{}severity eq 'high'", "not ".repeat(5000))).is_err());
    }

    #[test]
    fn a_doubled_quote_is_one() {
        let filter = Filter::read("assignedTo eq 'o''neil'").unwrap();
        assert_eq!(filter, Filter::Text(Property::AssignedTo, Equality::Equal, Some("o'neil".to_owned())));
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in "[ -~\u{ac00}-\u{ac20}()']{0,80}") {
            let _ = Filter::read(&text);
        }
    }
}
