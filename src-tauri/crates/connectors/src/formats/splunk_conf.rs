//! Splunk's `.conf`: stanzas, `key = value`, UTF-8. There is no quoting and no escaping, hence [`refused`].

use zeroize::Zeroizing;

use super::{Entry, Malformed, once, utf8_unmarked};
use crate::RefusalReason;
use crate::files::Draft;

/// Why a value cannot be written so that all readers agree about it.
pub(crate) fn refused(value: &str) -> Option<RefusalReason> {
    if value.starts_with(char::is_whitespace) || value.ends_with(char::is_whitespace) {
        Some(RefusalReason::SurroundingBlank)
    } else if value.ends_with('\\') {
        Some(RefusalReason::TrailingBackslash)
    } else if has_comment_mark(value) {
        Some(RefusalReason::CommentMark)
    } else if value == "\"\"" {
        Some(RefusalReason::EmptyQuotes)
    } else {
        None
    }
}

/// A semicolon after white space; the blank after `=` counts.
fn has_comment_mark(value: &str) -> bool {
    let before = std::iter::once(' ').chain(value.chars());
    before.zip(value.chars()).any(|(before, character)| character == ';' && before.is_whitespace())
}

/// Writes `key = value`; the value has been found not to be [`refused`].
pub(crate) fn write(draft: &mut Draft, key: &str, value: &str) {
    draft.push(key);
    draft.push(" = ");
    draft.line(value);
}

/// A stanza and its entries.
pub(crate) struct Stanza {
    pub(crate) line: usize,
    pub(crate) name: String,
    pub(crate) entries: Vec<Entry>,
}

impl Stanza {
    /// Refuses a key that stands twice in this stanza.
    pub(crate) fn once(&self) -> Result<(), Malformed> {
        once(&self.entries)
    }
}

/// Reads all stanzas; entries before the first one are left out, as they belong to no input.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Stanza>, Malformed> {
    let mut stanzas: Vec<Stanza> = Vec::new();
    let mut lines = utf8_unmarked(bytes)?.lines().enumerate();
    while let Some((number, text)) = lines.next() {
        let text = text.trim();
        let line = number + 1;
        if text.is_empty() || text.starts_with(['#', ';', '*']) {
            continue;
        }
        if let Some(name) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            stanzas.push(Stanza { line, name: name.to_owned(), entries: Vec::new() });
            continue;
        }
        let (key, first) = text.split_once('=').ok_or_else(|| Malformed::at(line))?;
        let mut value = Zeroizing::new(first.trim().to_owned());
        while value.ends_with('\\') {
            value.pop();
            let Some((_, next)) = lines.next() else { break };
            // A new buffer each time, so that the old one is wiped.
            value = Zeroizing::new([value.as_str(), "\n", next.trim()].concat());
        }
        if let Some(stanza) = stanzas.last_mut() {
            stanza.entries.push(Entry { line, key: key.trim().to_owned(), value });
        }
    }
    Ok(stanzas)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_on_which_readers_disagree_are_refused() {
        for (value, reason) in [
            ("tail\\", RefusalReason::TrailingBackslash),
            ("a ;b", RefusalReason::CommentMark),
            ("a;b ;c", RefusalReason::CommentMark),
            (";b", RefusalReason::CommentMark),
            (" lead", RefusalReason::SurroundingBlank),
            ("trail ", RefusalReason::SurroundingBlank),
            ("\"\"", RefusalReason::EmptyQuotes),
        ] {
            assert_eq!(refused(value), Some(reason), "{value}");
        }
        for value in ["a;b", "#lead", "C:\\new\\u0041", "\"q\"", "mid=eq:co#ha!ba", "비밀"] {
            assert_eq!(refused(value), None, "{value}");
        }
    }

    #[test]
    fn stanzas_keep_their_own_entries() {
        let stanzas =
            read(b"stray = 1\n[a]\nx = 1\n# c\n[rest://b]\r\nx = y = z\r\nlong = 1\\\n2\n").expect("reads");
        assert_eq!(stanzas.iter().map(|stanza| stanza.name.as_str()).collect::<Vec<_>>(), ["a", "rest://b"]);
        assert_eq!(stanzas[1].entries[0].value.as_str(), "y = z");
        assert_eq!(stanzas[1].entries[1].value.as_str(), "1\n2");
        assert_eq!(stanzas[1].entries[1].line, 7);
    }
}
