//! The `$filter` of `OData` as the alert APIs understand it: comparisons joined with `and`, `or`, `not` and brackets.
//!
//! Which properties there are is the API's own: its [`Schema`], from Microsoft's page on listing. Anything else is refused,
//! as the APIs do, and nothing is quietly ignored.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::clock;

/// The properties that one API's filter knows, spelled as on its page.
pub(crate) type Schema = &'static [(&'static str, Property)];

/// What a property is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Property {
    Time(TimeOf),
    Number(NumberOf),
    Text(TextOf),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum TimeOf {
    /// The last change: what bounds a search.
    Update,
    Creation,
    LastEvent,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum NumberOf {
    Incident,
    Investigation,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum TextOf {
    AssignedTo,
    Category,
    Classification,
    DetectionSource,
    Determination,
    Id,
    Incident,
    ServiceSource,
    Severity,
    Status,
}

/// Something that a filter selects, in one API's spelling.
pub(crate) trait Subject {
    fn time(&self, of: TimeOf) -> Timestamp;
    fn number(&self, of: NumberOf) -> Option<i64>;
    fn text(&self, of: TextOf) -> Option<Cow<'_, str>>;
}

/// A condition.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Filter {
    Time(TimeOf, Comparison, Timestamp),
    Number(NumberOf, Comparison, Option<i64>),
    /// A property that is one text or null.
    Text(TextOf, Equality, Option<String>),
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

/// Why a filter is refused, in the APIs' manner.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct BadFilter(pub(crate) String);

/// The times that bound what a filter can select.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Bounds {
    pub(crate) since: Option<Timestamp>,
    pub(crate) until: Option<Timestamp>,
}

impl Filter {
    pub(crate) fn read(text: &str, schema: Schema) -> Result<Self, BadFilter> {
        let mut reader = Reader { words: words(text)?, at: 0, depth: 0, schema };
        let filter = reader.or()?;
        match reader.next() {
            None => Ok(filter),
            Some(word) => Err(BadFilter(format!("Syntax error at '{}' in '{text}'.", word.text()))),
        }
    }

    pub(crate) fn selects(&self, subject: &impl Subject) -> bool {
        match self {
            Self::Time(of, comparison, time) => comparison.holds(&subject.time(*of), time),
            Self::Number(of, comparison, number) => match (subject.number(*of), number) {
                (Some(one), Some(other)) => comparison.holds(&one, other),
                // Null is equal to null alone, and neither above nor below anything.
                (one, other) => match comparison {
                    Comparison::Equal => one == *other,
                    Comparison::NotEqual => one != *other,
                    Comparison::Greater
                    | Comparison::GreaterOrEqual
                    | Comparison::Less
                    | Comparison::LessOrEqual => false,
                },
            },
            Self::Text(of, equality, value) => {
                let same = subject.text(*of).as_deref() == value.as_deref();
                same == (*equality == Equality::Equal)
            }
            Self::And(one, other) => one.selects(subject) && other.selects(subject),
            Self::Or(one, other) => one.selects(subject) || other.selects(subject),
            Self::Not(inner) => !inner.selects(subject),
        }
    }

    /// Bounds of the last change that follow from conditions that must all hold.
    pub(crate) fn bounds(&self) -> Bounds {
        match self {
            Self::Time(TimeOf::Update, Comparison::Equal, time) => {
                Bounds { since: Some(*time), until: Some(*time) }
            }
            Self::Time(TimeOf::Update, Comparison::Greater | Comparison::GreaterOrEqual, time) => {
                Bounds { since: Some(*time), until: None }
            }
            Self::Time(TimeOf::Update, Comparison::Less | Comparison::LessOrEqual, time) => {
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
            Self::Time(TimeOf::Update, Comparison::NotEqual, _)
            | Self::Time(TimeOf::Creation | TimeOf::LastEvent, ..)
            | Self::Number(..)
            | Self::Text(..)
            | Self::Or(..)
            | Self::Not(_) => Bounds::default(),
        }
    }

    /// The one incident whose alerts can be selected, if conditions that must all hold name one.
    pub(crate) fn incident(&self) -> Option<&str> {
        match self {
            Self::Text(TextOf::Incident, Equality::Equal, id) => id.as_deref(),
            Self::And(one, other) => one.incident().or_else(|| other.incident()),
            Self::Time(..) | Self::Number(..) | Self::Text(..) | Self::Or(..) | Self::Not(_) => None,
        }
    }

    /// Whether the bounds, their ends included, say all that this filter says.
    pub(crate) fn is_its_bounds(&self) -> bool {
        match self {
            Self::Time(TimeOf::Update, comparison, _) => match comparison {
                Comparison::Equal | Comparison::GreaterOrEqual | Comparison::LessOrEqual => true,
                Comparison::NotEqual | Comparison::Greater | Comparison::Less => false,
            },
            Self::And(one, other) => one.is_its_bounds() && other.is_its_bounds(),
            Self::Time(TimeOf::Creation | TimeOf::LastEvent, ..)
            | Self::Number(..)
            | Self::Text(..)
            | Self::Or(..)
            | Self::Not(_) => false,
        }
    }
}

impl Comparison {
    fn holds<T: PartialOrd>(self, one: &T, other: &T) -> bool {
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
    schema: Schema,
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
        let known = self.schema.iter().find(|(name, _)| *name == property);
        match known.map(|(_, known)| *known) {
            None => Err(BadFilter(format!("Property '{property}' is not supported in a filter."))),
            Some(Property::Time(of)) => Ok(Filter::Time(of, comparison, time(property, &value)?)),
            Some(Property::Number(of)) => Ok(Filter::Number(of, comparison, number(property, &value)?)),
            Some(Property::Text(of)) => {
                Ok(Filter::Text(of, equality(comparison, property)?, text(property, value)?))
            }
        }
    }
}

fn number(property: &str, value: &Word) -> Result<Option<i64>, BadFilter> {
    match value {
        Word::Bare(text) if text == "null" => Ok(None),
        Word::Bare(text) => text
            .parse()
            .map(Some)
            .map_err(|_| BadFilter(format!("'{text}' is not a number for '{property}'."))),
        Word::Open | Word::Close | Word::Quoted(_) => Err(BadFilter(format!(
            "A binary operator with incompatible types was detected: '{property}' is a number, '{}' is not.",
            value.text()
        ))),
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
mod tests;
