//! Looks at a client secret offline, before Entra does: most refusals (AADSTS7000215) are pasting mistakes.
//!
//! It cannot tell whether a secret is right. The invariant: what it says about a secret never holds any of it.

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

/// Shorter than any secret that Entra ever made, or let be made.
const SHORTEST: usize = 8;
/// Entra's own are 16 to 64 characters long (microsoft-graph-docs `application-addpassword.md`).
const USUAL: std::ops::RangeInclusive<usize> = 16..=64;
/// Longer than any secret that Entra ever made.
const LONGEST: usize = 512;

/// A secret that may be one.
#[derive(Debug)]
pub struct CheckedSecret {
    /// Without what does not belong to it.
    pub secret: SecretString,
    /// What was taken off, or is unusual.
    pub notices: Vec<SecretNotice>,
}

/// What is to be known about a secret that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretNotice {
    /// Blanks or line ends around it were taken off.
    Trimmed,
    /// Quotation marks around it were taken off.
    Unquoted,
    /// Invisible characters (zero width, byte order mark) were taken out.
    InvisibleRemoved,
    /// Entra's own secrets have 16 to 64 characters; this one has not.
    UnusualLength,
}

impl SecretNotice {
    /// Stable kebab-case name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trimmed => "trimmed",
            Self::Unquoted => "unquoted",
            Self::InvisibleRemoved => "invisible-removed",
            Self::UnusualLength => "unusual-length",
        }
    }
}

/// Why a text cannot be a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretFault {
    /// A GUID: the portal shows the secret's id beside its value.
    #[error("it is the secret's id, not its value")]
    IsId,
    /// Nothing there.
    #[error("it is empty")]
    Empty,
    /// Fewer than 8 characters.
    #[error("it is too short")]
    TooShort,
    /// More than 512 characters.
    #[error("it is too long")]
    TooLong,
    /// A blank or line end inside.
    #[error("there is a blank inside")]
    BlankInside,
    /// A control character inside.
    #[error("there is a control character inside")]
    ControlCharacter,
    /// A character outside ASCII.
    #[error("there is a character outside ASCII")]
    NonAscii,
}

impl SecretFault {
    /// Stable kebab-case name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::IsId => "is-id",
            Self::Empty => "empty",
            Self::TooShort => "too-short",
            Self::TooLong => "too-long",
            Self::BlankInside => "blank-inside",
            Self::ControlCharacter => "control-character",
            Self::NonAscii => "non-ascii",
        }
    }
}

/// Looks at a secret as it was pasted.
///
/// # Errors
/// It cannot be a client secret's value.
pub fn check_secret(given: &SecretString) -> Result<CheckedSecret, SecretFault> {
    let mut notices = Vec::new();
    let given = given.expose_secret();
    let visible: Zeroizing<String> =
        Zeroizing::new(given.chars().filter(|character| !is_invisible(*character)).collect());
    if visible.len() != given.len() {
        notices.push(SecretNotice::InvisibleRemoved);
    }
    let trimmed = visible.trim();
    if trimmed.len() != visible.len() {
        notices.push(SecretNotice::Trimmed);
    }
    let unquoted = unquote(trimmed);
    if unquoted.len() != trimmed.len() {
        notices.push(SecretNotice::Unquoted);
    }
    let secret = unquoted.trim();

    if crate::guid(secret).is_some() {
        return Err(SecretFault::IsId);
    }
    for character in secret.chars() {
        if character.is_whitespace() {
            return Err(SecretFault::BlankInside);
        }
        if character.is_control() {
            return Err(SecretFault::ControlCharacter);
        }
        if !character.is_ascii() {
            return Err(SecretFault::NonAscii);
        }
    }
    match secret.len() {
        0 => return Err(SecretFault::Empty),
        length if length < SHORTEST => return Err(SecretFault::TooShort),
        length if length > LONGEST => return Err(SecretFault::TooLong),
        length if !USUAL.contains(&length) => notices.push(SecretNotice::UnusualLength),
        _ => {}
    }
    Ok(CheckedSecret { secret: secret.to_owned().into(), notices })
}

/// Zero-width characters, joiners, direction marks, soft hyphen and byte order mark.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}'
    )
}

fn unquote(text: &str) -> &str {
    const PAIRS: [(char, char); 5] =
        [('"', '"'), ('\'', '\''), ('`', '`'), ('\u{201c}', '\u{201d}'), ('\u{2018}', '\u{2019}')];
    PAIRS
        .iter()
        .find_map(|(open, close)| text.strip_prefix(*open).and_then(|inner| inner.strip_suffix(*close)))
        .unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIKELY: &str = "aBc8Q~exampleexampleexampleexample.~-_12";

    fn check(text: &str) -> Result<(String, Vec<SecretNotice>), SecretFault> {
        check_secret(&text.to_owned().into())
            .map(|checked| (checked.secret.expose_secret().to_owned(), checked.notices))
    }

    #[test]
    fn a_likely_secret_is_left_alone() {
        assert_eq!(check(LIKELY), Ok((LIKELY.to_owned(), vec![])));
        let old_style = "aBcDeF0123456789+/aBcDeF0123456789+/aBcDeF0=";
        assert_eq!(check(old_style), Ok((old_style.to_owned(), vec![])));
    }

    #[test]
    fn the_secrets_id_is_recognised() {
        for id in [
            "11111111-2222-3333-4444-555555555555",
            " {11111111-2222-3333-4444-5555555555AB}\n",
            "\"11111111-2222-3333-4444-555555555555\"",
        ] {
            assert_eq!(check(id), Err(SecretFault::IsId));
        }
    }

    #[test]
    fn what_pasting_adds_is_taken_off_and_said() {
        for (given, notice) in [
            (format!("  {LIKELY}\r\n"), SecretNotice::Trimmed),
            (format!("\"{LIKELY}\""), SecretNotice::Unquoted),
            (format!("\u{201c}{LIKELY}\u{201d}"), SecretNotice::Unquoted),
            (format!("\u{feff}{LIKELY}\u{200b}"), SecretNotice::InvisibleRemoved),
        ] {
            assert_eq!(check(&given), Ok((LIKELY.to_owned(), vec![notice])));
        }
    }

    #[test]
    fn what_cannot_be_a_secret_is_refused_with_its_reason() {
        for (given, fault) in [
            ("", SecretFault::Empty),
            (" \n", SecretFault::Empty),
            ("\"\"", SecretFault::Empty),
            ("short", SecretFault::TooShort),
            (&"x".repeat(513), SecretFault::TooLong),
            ("two words together", SecretFault::BlankInside),
            ("two\nlines-of-secret", SecretFault::BlankInside),
            ("a-bell\u{7}-inside-it", SecretFault::ControlCharacter),
            ("not-\u{e4}scii-at-all", SecretFault::NonAscii),
        ] {
            assert_eq!(check(given), Err(fault), "{given}");
        }
    }

    #[test]
    fn an_unusual_length_is_taken_and_said() {
        assert_eq!(check("twelve-chars"), Ok(("twelve-chars".to_owned(), vec![SecretNotice::UnusualLength])));
    }
}
