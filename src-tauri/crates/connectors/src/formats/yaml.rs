//! YAML as Elastic's programs read it: every value that is not ours is written in single quotes, and read into flat
//! entries with their lines.
//!
//! Plain scalars are never written for values: `null`, `012`, `1e3` and `~` would become something else. `${…}` is
//! replaced inside quotes too, hence [`refused`].

use saphyr_parser::{Event, Parser};
use zeroize::Zeroizing;

use super::{Entry, Malformed, utf8};
use crate::files::Draft;
use crate::{ReadReason, RefusalReason};

/// Deeper than any file of ours.
const DEEPEST: usize = 64;

/// Why a value cannot be written so that Beats and Elastic Agent read it as it is.
pub(crate) fn refused(value: &str) -> Option<RefusalReason> {
    if value.contains("${") {
        Some(RefusalReason::Placeholder)
    } else if value.chars().any(is_unprintable) {
        Some(RefusalReason::ControlCharacter)
    } else {
        None
    }
}

/// Characters outside YAML's printable set (YAML 1.2, production 1) that no common check has refused.
fn is_unprintable(character: char) -> bool {
    matches!(character, '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// The value as a single-quoted scalar.
pub(crate) fn quoted(value: &str) -> Zeroizing<String> {
    let mut quoted = Zeroizing::new(String::with_capacity(2 * value.len() + 2));
    quoted.push('\'');
    for character in value.chars() {
        quoted.push(character);
        if character == '\'' {
            quoted.push('\'');
        }
    }
    quoted.push('\'');
    quoted
}

/// Writes `key: 'value'` at an indentation.
pub(crate) fn write(draft: &mut Draft, indentation: usize, key: &str, value: &str) {
    draft.push(&" ".repeat(indentation));
    draft.push(key);
    draft.push(": ");
    draft.line(&quoted(value));
}

/// Writes a comment. Characters that a comment may not hold become `?`.
pub(crate) fn comment(draft: &mut Draft, text: &str) {
    draft.push("# ");
    for character in text.chars() {
        draft.push_char(if is_unprintable(character) { '?' } else { character });
    }
    draft.push("\n");
}

/// What the parser is inside of.
enum Place {
    /// A mapping; the key whose value comes next, if it was read.
    Mapping { path: String, key: Option<String>, seen: Vec<String> },
    /// A list and the index that comes next.
    List { path: String, next: usize },
}

/// Reads all scalars of the first document: `a.b[0].c` and the value. Dotted keys and nested ones are one.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Entry>, Malformed> {
    let text = utf8(bytes)?;
    let mut entries: Vec<Entry> = Vec::new();
    let mut places: Vec<Place> = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| Malformed::at(error.marker().line().max(1)))?;
        let line = span.start.line().max(1);
        match event {
            Event::Scalar(value, ..) => {
                if let Some(Place::Mapping { key: key @ None, seen, .. }) = places.last_mut() {
                    if seen.iter().any(|name| *name == value) {
                        return Err(Malformed { line, reason: ReadReason::DuplicateKey });
                    }
                    seen.push(value.to_string());
                    *key = Some(value.into_owned());
                    continue;
                }
                let key = path_of_value(&mut places);
                entries.push(Entry { line, key, value: Zeroizing::new(value.into_owned()) });
            }
            Event::MappingStart(..) | Event::SequenceStart(..) => {
                if places.len() >= DEEPEST {
                    return Err(Malformed::at(line));
                }
                if let Some(Place::Mapping { key: None, .. }) = places.last() {
                    // A mapping as a key: nothing that is read here has one.
                    return Err(Malformed::at(line));
                }
                let path = path_of_value(&mut places);
                places.push(if matches!(event, Event::SequenceStart(..)) {
                    Place::List { path, next: 0 }
                } else {
                    Place::Mapping { path, key: None, seen: Vec::new() }
                });
            }
            Event::MappingEnd | Event::SequenceEnd => {
                places.pop();
            }
            // What an alias stands for is not followed: no file of ours has one.
            Event::Alias(_) => return Err(Malformed::at(line)),
            Event::DocumentEnd => break,
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) => {}
        }
    }
    Ok(entries)
}

/// The path of the value that comes now, and the place made ready for the next.
fn path_of_value(places: &mut [Place]) -> String {
    match places.last_mut() {
        Some(Place::Mapping { path, key, .. }) => {
            let key = key.take().unwrap_or_default();
            if path.is_empty() { key } else { format!("{path}.{key}") }
        }
        Some(Place::List { path, next }) => {
            *next += 1;
            format!("{path}[{}]", *next - 1)
        }
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_a_path_and_a_line() {
        let entries = read(
            b"\xef\xbb\xbf# c\r\ninputs:\r\n- id: 'it''s'\r\n  auth.oauth2:\r\n    client: {id: \"a\"}\r\n  tags: [x, '~']\r\n",
        )
        .expect("YAML");
        let found: Vec<_> =
            entries.iter().map(|entry| (entry.line, entry.key.as_str(), entry.value.as_str())).collect();
        assert_eq!(
            found,
            [
                (3, "inputs[0].id", "it's"),
                (5, "inputs[0].auth.oauth2.client.id", "a"),
                (6, "inputs[0].tags[0]", "x"),
                (6, "inputs[0].tags[1]", "~"),
            ]
        );
    }

    #[test]
    fn what_cannot_be_meant_names_its_line() {
        let fault = |text: &str| read(text.as_bytes()).err().map(|fault| (fault.line, fault.reason));
        assert_eq!(fault("a: 1\nb: 2\na: 3\n"), Some((3, ReadReason::DuplicateKey)));
        assert_eq!(fault("a: &x 1\nb: *x\n"), Some((2, ReadReason::Malformed)));
        assert!(fault("a: 'open\nb: 2\n").is_some());
        assert_eq!(
            fault(&format!("{}{}", "[".repeat(100), "]".repeat(100))),
            Some((1, ReadReason::Malformed))
        );
    }
}
