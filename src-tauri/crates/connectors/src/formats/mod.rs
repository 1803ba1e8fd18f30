//! The file formats, each with its writer and its reader: Java properties, Splunk conf, JSON, YAML, XML, `.env`, curl
//! config and the value sheet. They know syntax and escaping, and nothing about alerts or connectors.

pub(crate) mod curl_config;
pub(crate) mod dotenv;
pub(crate) mod form;
pub(crate) mod javascript;
pub(crate) mod json;
pub(crate) mod properties;
pub(crate) mod sheet;
pub(crate) mod splunk_conf;
pub(crate) mod xml;
pub(crate) mod yaml;

use std::collections::BTreeSet;

use zeroize::Zeroizing;

use crate::ReadReason;

/// A key and its value as a reader of the format sees them. Any value may be a secret.
pub(crate) struct Entry {
    /// Where it begins, from 1.
    pub(crate) line: usize,
    pub(crate) key: String,
    pub(crate) value: Zeroizing<String>,
}

/// A line that the format does not allow, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed {
    pub(crate) line: usize,
    pub(crate) reason: ReadReason,
}

impl Malformed {
    /// A line that breaks the rules of the format.
    pub(crate) const fn at(line: usize) -> Self {
        Self { line, reason: ReadReason::Malformed }
    }
}

const MARK: &[u8] = b"\xef\xbb\xbf";

/// UTF-8 text without the byte-order mark that some editors put first.
pub(crate) fn utf8(bytes: &[u8]) -> Result<&str, Malformed> {
    let bytes = bytes.strip_prefix(MARK).unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        Malformed::at(1 + bytes.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count())
    })
}

/// UTF-8 text for a reader that stumbles over a byte-order mark.
pub(crate) fn utf8_unmarked(bytes: &[u8]) -> Result<&str, Malformed> {
    unmarked(bytes)?;
    utf8(bytes)
}

/// Refuses a byte-order mark, which the format's reader takes for part of the first line.
pub(crate) fn unmarked(bytes: &[u8]) -> Result<(), Malformed> {
    if bytes.starts_with(MARK) {
        return Err(Malformed { line: 1, reason: ReadReason::ByteOrderMark });
    }
    Ok(())
}

/// Refuses a key that stands twice: whose value counts would be a guess, and readers guess differently.
pub(crate) fn once(entries: &[Entry]) -> Result<(), Malformed> {
    let mut seen = BTreeSet::new();
    match entries.iter().find(|entry| !seen.insert(entry.key.as_str())) {
        Some(second) => Err(Malformed { line: second.line, reason: ReadReason::DuplicateKey }),
        None => Ok(()),
    }
}
