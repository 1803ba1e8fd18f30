//! JSON (RFC 8259), read into flat entries: `a.b[0].c` and its value, each with its line. What is a number, `true` or
//! `null` in the file stands here as that word, `null` as nothing.
//!
//! Own walk over text that `serde_json` has found to be JSON, because a problem must name a line, and a member that
//! stands twice must not pass silently. Writing is [`Draft::json`](crate::files::Draft::json).

use std::collections::BTreeSet;

use zeroize::Zeroizing;

use super::{Entry, Malformed, utf8_unmarked};
use crate::ReadReason;

/// No file of ours goes deeper than eight; the walk must end on hostile ones too.
const DEEPEST: usize = 64;

/// Reads all values that are no objects and no lists.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Entry>, Malformed> {
    let text = utf8_unmarked(bytes)?;
    // The parser's own message may quote a value: only its line goes on.
    serde_json::from_str::<serde::de::IgnoredAny>(text)
        .map_err(|error| Malformed::at(error.line().max(1)))?;
    let mut walk = Walk { text, at: 0, line: 1, entries: Vec::new() };
    walk.value(String::new(), 0)?;
    Ok(walk.entries)
}

struct Walk<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    entries: Vec<Entry>,
}

impl Walk<'_> {
    /// The next byte that is not white space, left in place.
    fn next(&mut self) -> Option<u8> {
        while let Some(byte) = self.text.as_bytes().get(self.at).copied() {
            match byte {
                b'\n' => self.line += 1,
                b' ' | b'\t' | b'\r' => {}
                other => return Some(other),
            }
            self.at += 1;
        }
        None
    }

    /// Steps over one byte if it is this one.
    fn step(&mut self, byte: u8) -> bool {
        let there = self.next() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn value(&mut self, path: String, depth: usize) -> Result<(), Malformed> {
        if depth > DEEPEST {
            return Err(Malformed::at(self.line));
        }
        match self.next() {
            Some(b'{') => self.object(&path, depth),
            Some(b'[') => self.list(&path, depth),
            Some(b'"') => {
                let (line, value) = (self.line, self.string()?);
                self.entries.push(Entry { line, key: path, value });
                Ok(())
            }
            Some(_) => {
                let rest = self.text.get(self.at..).unwrap_or_default();
                let end = rest
                    .find(|c: char| c.is_whitespace() || matches!(c, ',' | ']' | '}'))
                    .unwrap_or(rest.len());
                let word = rest.get(..end).unwrap_or_default();
                let value = Zeroizing::new(if word == "null" { String::new() } else { word.to_owned() });
                self.entries.push(Entry { line: self.line, key: path, value });
                self.at += end;
                Ok(())
            }
            None => Err(Malformed::at(self.line)),
        }
    }

    fn object(&mut self, path: &str, depth: usize) -> Result<(), Malformed> {
        self.at += 1;
        let mut seen = BTreeSet::new();
        while !self.step(b'}') {
            self.step(b',');
            self.next();
            let line = self.line;
            let name = self.string()?.to_string();
            self.step(b':');
            let inner = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            if !seen.insert(name) {
                return Err(Malformed { line, reason: ReadReason::DuplicateKey });
            }
            self.value(inner, depth + 1)?;
        }
        Ok(())
    }

    fn list(&mut self, path: &str, depth: usize) -> Result<(), Malformed> {
        self.at += 1;
        let mut index = 0;
        while !self.step(b']') {
            self.step(b',');
            self.value(format!("{path}[{index}]"), depth + 1)?;
            index += 1;
        }
        Ok(())
    }

    fn string(&mut self) -> Result<Zeroizing<String>, Malformed> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let mut escaped = false;
        let end = rest
            .bytes()
            .skip(1)
            .position(|byte| {
                let ends = byte == b'"' && !escaped;
                escaped = byte == b'\\' && !escaped;
                ends
            })
            .ok_or_else(|| Malformed::at(self.line))?;
        let written = rest.get(..end + 2).unwrap_or_default();
        // Half a surrogate pair is JSON by its grammar, and no text.
        let value = serde_json::from_str(written).map_err(|_| Malformed::at(self.line))?;
        self.at += end + 2;
        Ok(Zeroizing::new(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loaded(text: &str) -> Vec<(usize, String, String)> {
        read(text.as_bytes())
            .expect("JSON")
            .into_iter()
            .map(|entry| (entry.line, entry.key, entry.value.to_string()))
            .collect()
    }

    fn one(line: usize, key: &str, value: &str) -> (usize, String, String) {
        (line, key.to_owned(), value.to_owned())
    }

    #[test]
    fn values_have_a_path_and_a_line() {
        let text = "{ \"a\": {\"b\" : [1, \"x\\\"y\\\\\", {}, []],\n\"c\": null},\n \"d\": true, \"\\u00e9\": \"\\ud83d\\ude00\"}";
        assert_eq!(
            loaded(text),
            [
                one(1, "a.b[0]", "1"),
                one(1, "a.b[1]", "x\"y\\"),
                one(2, "a.c", ""),
                one(3, "d", "true"),
                one(3, "é", "😀"),
            ]
        );
    }

    #[test]
    fn what_cannot_be_meant_names_its_line() {
        let fault = |text: &[u8]| read(text).err().map(|fault| (fault.line, fault.reason));
        assert_eq!(fault(b"{\"a\": 1,\n\"a\": 2}"), Some((2, ReadReason::DuplicateKey)));
        assert_eq!(fault(b"{\"a\": 1,\n\"b\" 2}"), Some((2, ReadReason::Malformed)));
        assert_eq!(fault(b"\xef\xbb\xbf{}"), Some((1, ReadReason::ByteOrderMark)));
        assert_eq!(fault(b"[\n\"\\ud83d\"]"), Some((2, ReadReason::Malformed)));
        assert_eq!(fault("[".repeat(500).as_bytes()), Some((1, ReadReason::Malformed)));
        assert_eq!(
            fault(format!("{}{}", "[".repeat(100), "]".repeat(100)).as_bytes()),
            Some((1, ReadReason::Malformed))
        );
    }
}
