//! `.env` files: assignments that a POSIX shell can source, and that common readers of such files understand alike
//! wherever there is a spelling for it.

use zeroize::Zeroizing;

use super::{Entry, Malformed, utf8_unmarked};
use crate::ReadReason;
use crate::files::Draft;

/// Writes `KEY='value'`. Control characters have been refused before.
///
/// Returns whether readers other than shells may see another value.
pub(crate) fn write(draft: &mut Draft, key: &str, value: &str) -> bool {
    draft.push(key);
    draft.push("=");
    // Readers that resolve backslashes inside single quotes do so for these three only.
    let plain = !(value.contains('\'') || value.contains("\\\\") || value.ends_with('\\'));
    let in_double_quotes = !value.contains(['$', '`']);
    if plain {
        draft.push("'");
        draft.push(value);
        draft.push("'\n");
        return value.contains("${");
    }
    if in_double_quotes {
        draft.push("\"");
        for character in value.chars() {
            if matches!(character, '"' | '\\') {
                draft.push("\\");
            }
            draft.push_char(character);
        }
        draft.push("\"\n");
        return false;
    }
    draft.push("'");
    for character in value.chars() {
        if character == '\'' { draft.push("'\\''") } else { draft.push_char(character) }
    }
    draft.push("'\n");
    true
}

/// Reads assignments as a shell would, without expansions: `$` stands for itself, since nothing here writes any other.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Entry>, Malformed> {
    let mut entries = Vec::new();
    for (number, text) in utf8_unmarked(bytes)?.split('\n').enumerate() {
        let line = number + 1;
        if text.ends_with('\r') {
            // A shell takes it for the last character of the value.
            return Err(Malformed { line, reason: ReadReason::CarriageReturn });
        }
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let text = text.strip_prefix("export ").unwrap_or(text).trim_start();
        let (key, written) = text.split_once('=').ok_or_else(|| Malformed::at(line))?;
        let value = word(written).ok_or_else(|| Malformed::at(line))?;
        entries.push(Entry { line, key: key.trim_end().to_owned(), value });
    }
    Ok(entries)
}

/// One shell word: any mixture of quoted and bare parts, up to the first bare blank.
fn word(written: &str) -> Option<Zeroizing<String>> {
    let mut value = Zeroizing::new(String::with_capacity(written.len()));
    let mut characters = written.chars();
    while let Some(character) = characters.next() {
        match character {
            '\'' => loop {
                match characters.next()? {
                    '\'' => break,
                    other => value.push(other),
                }
            },
            '"' => loop {
                match characters.next()? {
                    '"' => break,
                    '\\' => match characters.next()? {
                        special @ ('"' | '\\' | '$' | '`') => value.push(special),
                        other => value.extend(['\\', other]),
                    },
                    other => value.push(other),
                }
            },
            '\\' => value.push(characters.next()?),
            blank if blank.is_whitespace() => break,
            bare => value.push(bare),
        }
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: &str) -> (String, bool) {
        let mut draft = Draft::default();
        let disagree = write(&mut draft, "KEY", value);
        (String::from_utf8(draft.finish("", true).bytes().to_vec()).expect("UTF-8"), disagree)
    }

    #[test]
    fn single_quotes_are_the_rule() {
        assert_eq!(written("a b#c\"d"), ("KEY='a b#c\"d'\n".to_owned(), false));
        assert_eq!(written("it's"), ("KEY=\"it's\"\n".to_owned(), false));
        assert_eq!(written("\\\\host\\x"), ("KEY=\"\\\\\\\\host\\\\x\"\n".to_owned(), false));
        assert_eq!(written("it's $5"), ("KEY='it'\\''s $5'\n".to_owned(), true));
        assert_eq!(written("${x}"), ("KEY='${x}'\n".to_owned(), true));
    }

    #[test]
    fn words_are_read_as_a_shell_reads_them() {
        let entries = read(b"# c\nexport A='x'\\''y'\nB=\"a\\\\b\\\"c\\d\" # end\nC=bare\\ word rest\nD=\n")
            .expect("reads");
        let values: Vec<_> = entries.iter().map(|entry| entry.value.as_str()).collect();
        assert_eq!(values, ["x'y", "a\\b\"c\\d", "bare word", ""]);
        assert_eq!(read(b"A='open").err(), Some(Malformed::at(1)));
    }
}
