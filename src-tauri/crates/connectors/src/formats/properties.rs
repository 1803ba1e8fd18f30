//! Java properties as `java.util.Properties.load(InputStream)` reads them: ISO-8859-1 with `\uXXXX`, logical lines,
//! `=`, `:` or a blank after the key.
//!
//! Own code, because values are secrets that are wiped, every entry keeps its line, and letters outside the basic
//! plane must come and go as two escapes. Keys and values are written in ASCII; comments are nobody's but a person's.

use zeroize::Zeroizing;

use super::{Entry, Malformed, unmarked};
use crate::files::Draft;

/// Writes `key=value`. Keys are ours and need no escaping.
///
/// Of the characters that `store()` would escape only the backslash, the first blank and what is not ASCII must be:
/// `=`, `:`, `#` and `!` are plain inside a value, as in Microsoft's own file.
pub(crate) fn write(draft: &mut Draft, key: &str, value: &str) {
    draft.push(key);
    draft.push("=");
    let last = value.chars().count().saturating_sub(1);
    for (index, character) in value.chars().enumerate() {
        match character {
            '\\' => draft.push("\\\\"),
            ' ' if index == 0 => draft.push("\\ "),
            // Java would keep it; editors that trim line ends would not.
            ' ' if index == last => draft.push("\\u0020"),
            ' '..='~' => draft.push_char(character),
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    draft.push(&format!("\\u{unit:04X}"));
                }
            }
        }
    }
    draft.push("\n");
}

/// Writes a comment, in UTF-8: no reader looks at more of it than its line end. Line breaks have been refused before.
pub(crate) fn comment(draft: &mut Draft, text: &str) {
    draft.push("# ");
    draft.line(text);
}

/// Reads all entries, in order. A key may occur again: Java lets the last one win. A byte-order mark would become part
/// of the first key.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Entry>, Malformed> {
    unmarked(bytes)?;
    logical_lines(bytes).into_iter().map(|(line, text)| entry(line, &text)).collect()
}

/// Lines without comments, joined where a line ends with an odd number of backslashes.
fn logical_lines(bytes: &[u8]) -> Vec<(usize, Zeroizing<Vec<u8>>)> {
    let mut lines: Vec<(usize, Zeroizing<Vec<u8>>)> = Vec::new();
    let mut goes_on = false;
    for (number, natural) in natural_lines(bytes).enumerate() {
        let text = natural.trim_ascii_start_of_properties();
        let backslashes = text.iter().rev().take_while(|byte| **byte == b'\\').count();
        let continued = backslashes % 2 == 1;
        let kept = if continued { text.get(..text.len() - 1).unwrap_or_default() } else { text };
        if goes_on {
            if let Some((_, logical)) = lines.last_mut() {
                // A new buffer each time, so that the old one is wiped.
                *logical = Zeroizing::new([logical.as_slice(), kept].concat());
            }
        } else if matches!(text.first(), None | Some(b'#' | b'!')) {
            continue;
        } else {
            lines.push((number + 1, Zeroizing::new(kept.to_vec())));
        }
        goes_on = continued;
    }
    lines
}

/// Lines as ended by `\n`, `\r` or `\r\n`.
fn natural_lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(bytes);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(end) = text.iter().position(|byte| matches!(byte, b'\n' | b'\r')) else {
            rest = None;
            return Some(text);
        };
        let (line, after) = text.split_at(end);
        rest = after.strip_prefix(b"\r\n").or_else(|| after.get(1..));
        Some(line)
    })
}

trait TrimStart {
    fn trim_ascii_start_of_properties(&self) -> &[u8];
}

impl TrimStart for [u8] {
    /// Blank, tab and form feed are white space to the format; nothing else is.
    fn trim_ascii_start_of_properties(&self) -> &[u8] {
        let start = self.iter().position(|byte| !is_blank(*byte)).unwrap_or(self.len());
        self.get(start..).unwrap_or_default()
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\x0c')
}

fn entry(line: usize, text: &[u8]) -> Result<Entry, Malformed> {
    let mut escaped = false;
    let key_end = text
        .iter()
        .position(|byte| {
            let ends = !escaped && (matches!(byte, b'=' | b':') || is_blank(*byte));
            escaped = *byte == b'\\' && !escaped;
            ends
        })
        .unwrap_or(text.len());
    let (key, rest) = text.split_at(key_end);
    let mut value = rest.trim_ascii_start_of_properties();
    if let Some(b'=' | b':') = value.first() {
        value = value.get(1..).unwrap_or_default().trim_ascii_start_of_properties();
    }
    let key = unescaped(key).ok_or_else(|| Malformed::at(line))?.to_string();
    Ok(Entry { line, key, value: unescaped(value).ok_or_else(|| Malformed::at(line))? })
}

/// Resolves escapes. `None` for `\u` without four hex digits, and for half a surrogate pair.
fn unescaped(text: &[u8]) -> Option<Zeroizing<String>> {
    let mut units: Zeroizing<Vec<u16>> = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut bytes = text.iter().copied();
    while let Some(byte) = bytes.next() {
        let unit = if byte == b'\\' {
            match bytes.next()? {
                b'u' => {
                    let mut unit = 0;
                    for _ in 0..4 {
                        unit = unit << 4 | char::from(bytes.next()?).to_digit(16)?;
                    }
                    u16::try_from(unit).ok()?
                }
                b't' => u16::from(b'\t'),
                b'n' => u16::from(b'\n'),
                b'r' => u16::from(b'\r'),
                b'f' => 0x0c,
                other => u16::from(other),
            }
        } else {
            u16::from(byte)
        };
        units.push(unit);
    }
    let mut value = Zeroizing::new(String::with_capacity(units.len() * 3));
    for character in char::decode_utf16(units.iter().copied()) {
        value.push(character.ok()?);
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loaded(text: &str) -> Vec<(usize, String, String)> {
        read(text.as_bytes())
            .expect("loads")
            .into_iter()
            .map(|entry| (entry.line, entry.key, entry.value.to_string()))
            .collect()
    }

    fn one(line: usize, key: &str, value: &str) -> (usize, String, String) {
        (line, key.to_owned(), value.to_owned())
    }

    #[test]
    fn a_trailing_backslash_joins_the_next_line() {
        assert_eq!(loaded("a=tail\\\nafter=1\nb=2"), [one(1, "a", "tailafter=1"), one(3, "b", "2")]);
        assert_eq!(loaded("a=tail\\\\\nafter=1"), [one(1, "a", "tail\\"), one(2, "after", "1")]);
    }

    #[test]
    fn keys_end_at_the_first_separator() {
        assert_eq!(loaded("a b=c"), [one(1, "a", "b=c")]);
        assert_eq!(loaded("  a : b "), [one(1, "a", "b ")]);
        assert_eq!(loaded("a\\=b=c=d"), [one(1, "a=b", "c=d")]);
        assert_eq!(loaded("token[0].name=x"), [one(1, "token[0].name", "x")]);
    }

    #[test]
    fn comments_are_not_continued_but_swallowed_by_values() {
        assert_eq!(loaded("# c\\\r\na=1\\\r\n# c\r\nb=2"), [one(2, "a", "1# c"), one(4, "b", "2")]);
    }

    #[test]
    fn bytes_are_latin_1() {
        let entries = read(b"a=\xe9\nb=\\uD83D\\uDE00").expect("loads");
        assert_eq!(entries[0].value.as_str(), "é");
        assert_eq!(entries[1].value.as_str(), "😀");
    }

    #[test]
    fn broken_escapes_name_their_line() {
        assert_eq!(read(b"a=1\nb=\\u12x4").err(), Some(Malformed::at(2)));
        assert_eq!(read(b"a=\\uD83D").err(), Some(Malformed::at(1)));
    }
}
