//! The value sheet: one `Label: value` a line, for a person with a wizard in front of them. UTF-8.

use zeroize::Zeroizing;

use super::{Entry, Malformed, utf8};
use crate::RefusalReason;
use crate::files::Draft;

/// Why a value cannot be typed from a sheet.
pub(crate) fn refused(value: &str) -> Option<RefusalReason> {
    (value.trim() != value).then_some(RefusalReason::SurroundingBlank)
}

/// Writes `Label: value`.
pub(crate) fn write(draft: &mut Draft, label: &str, value: &str) {
    draft.push(label);
    draft.push(": ");
    draft.line(value);
}

/// Reads all labels. A line without a colon is prose, or what a cut left of a label: it has no value.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Entry>, Malformed> {
    Ok(utf8(bytes)?
        .lines()
        .enumerate()
        .filter(|(_, text)| !text.trim_start().starts_with('#'))
        .filter(|(_, text)| !text.trim().is_empty())
        .map(|(number, text)| {
            let (label, value) = text.split_once(':').unwrap_or((text, ""));
            let value = Zeroizing::new(value.trim().to_owned());
            Entry { line: number + 1, key: label.trim().to_owned(), value }
        })
        .collect())
}
