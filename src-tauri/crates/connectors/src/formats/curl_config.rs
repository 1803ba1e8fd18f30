//! curl's `-K` files: `option = "value"`, where a backslash and a quote inside the quotes are escaped.

use zeroize::Zeroizing;

use super::{Entry, Malformed, utf8_unmarked};
use crate::files::Draft;

/// Writes `option = "value"`.
pub(crate) fn write(draft: &mut Draft, option: &str, value: &str) {
    draft.push(option);
    draft.push(" = \"");
    push_escaped(draft, value);
    draft.push("\"\n");
}

/// Writes one form field of the request's body. curl encodes what follows the first `=`.
pub(crate) fn write_form_field(draft: &mut Draft, name: &str, value: &str) {
    draft.push("data-urlencode = \"");
    draft.push(name);
    draft.push("=");
    push_escaped(draft, value);
    draft.push("\"\n");
}

fn push_escaped(draft: &mut Draft, value: &str) {
    for character in value.chars() {
        if matches!(character, '"' | '\\') {
            draft.push("\\");
        }
        draft.push_char(character);
    }
}

/// Reads all options, flags with an empty value.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Entry>, Malformed> {
    let mut entries = Vec::new();
    for (number, text) in utf8_unmarked(bytes)?.lines().enumerate() {
        let line = number + 1;
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let end = text.find(|c: char| c.is_whitespace() || matches!(c, '=' | ':')).unwrap_or(text.len());
        let (option, rest) = text.split_at(end);
        let rest = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '=' | ':'));
        let value = parameter(rest).ok_or_else(|| Malformed::at(line))?;
        entries.push(Entry { line, key: option.trim_start_matches('-').to_owned(), value });
    }
    Ok(entries)
}

fn parameter(written: &str) -> Option<Zeroizing<String>> {
    let mut value = Zeroizing::new(String::with_capacity(written.len()));
    let Some(quoted) = written.strip_prefix('"') else {
        value.push_str(written.split_whitespace().next().unwrap_or_default());
        return Some(value);
    };
    let mut characters = quoted.chars();
    loop {
        match characters.next()? {
            '"' => return Some(value),
            '\\' => value.push(match characters.next()? {
                't' => '\t',
                'n' => '\n',
                'r' => '\r',
                'v' => '\u{b}',
                other => other,
            }),
            other => value.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_backslashes_come_back() {
        let mut draft = Draft::default();
        write(&mut draft, "url", "https://login.example/a");
        write_form_field(&mut draft, "client_secret", "a\"b\\c=d@e #f");
        let file = draft.finish("", true);
        assert_eq!(
            std::str::from_utf8(file.bytes()).expect("UTF-8"),
            "url = \"https://login.example/a\"\ndata-urlencode = \"client_secret=a\\\"b\\\\c=d@e #f\"\n"
        );
        let entries = read(file.bytes()).expect("reads");
        assert_eq!(entries[1].value.as_str(), "client_secret=a\"b\\c=d@e #f");
    }

    #[test]
    fn flags_and_bare_values_are_read() {
        let entries = read(b"# c\n--silent\nurl=https://x.example/y\n").expect("reads");
        let pairs: Vec<_> = entries.iter().map(|entry| (entry.key.as_str(), entry.value.as_str())).collect();
        assert_eq!(pairs, [("silent", ""), ("url", "https://x.example/y")]);
    }
}
