//! The file formats, each with its writer and its reader: Java properties, Splunk conf, `.env`, curl config and the
//! value sheet. They know syntax and escaping, and nothing about alerts or connectors.

pub(crate) mod curl_config;
pub(crate) mod dotenv;
pub(crate) mod properties;
pub(crate) mod sheet;
pub(crate) mod splunk_conf;

use zeroize::Zeroizing;

/// A key and its value as a reader of the format sees them. Any value may be a secret.
pub(crate) struct Entry {
    /// Where it begins, from 1.
    pub(crate) line: usize,
    pub(crate) key: String,
    pub(crate) value: Zeroizing<String>,
}

/// A line that the format does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed {
    pub(crate) line: usize,
}

/// UTF-8 text without the byte-order mark that some editors put first.
pub(crate) fn utf8(bytes: &[u8]) -> Result<&str, Malformed> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| Malformed {
        line: 1 + bytes.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count(),
    })
}
