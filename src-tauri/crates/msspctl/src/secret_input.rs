//! Secrets on their way in: from a file or standard input, never from an argument.

use std::io::Read as _;
use std::path::Path;

use onboarding::contract::{Problem, ProblemCode, SecretInput};
use secrecy::SecretString;
use zeroize::Zeroizing;

/// No secret or passphrase is longer; a larger file is a mistake.
const LARGEST: u64 = ROOM as u64;
const ROOM: usize = 64 * 1024;

/// Reads a secret from a file, or from standard input for `-`. One line break at the end does not count.
///
/// # Errors
///
/// `file-trouble`; `secret-malformed` when nothing is in it or it is no text.
pub(crate) fn read(path: &Path) -> Result<SecretInput, Problem> {
    read_text(path).map(SecretInput::new)
}

/// As [`read`], for what is not a customer's secret.
pub(crate) fn read_text(path: &Path) -> Result<SecretString, Problem> {
    // Room for all of it from the start: a buffer that grows leaves copies behind.
    let mut text = Zeroizing::new(String::with_capacity(ROOM));
    let read = if is_standard_input(path) {
        std::io::stdin().lock().take(LARGEST).read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(LARGEST).read_to_string(&mut text))
    };
    read.map_err(|error| {
        Problem::new(ProblemCode::FileTrouble)
            .with("path", path.display().to_string())
            .with("reason", error.to_string())
    })?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    // Windows editors put a byte order mark in front.
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    if text.is_empty() {
        return Err(Problem::new(ProblemCode::SecretMalformed).with("reason", "nothing-was-given"));
    }
    Ok(text.as_str().into())
}

/// Whether a path stands for standard input.
pub(crate) fn is_standard_input(path: &Path) -> bool {
    path.as_os_str() == "-"
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use secrecy::ExposeSecret as _;

    use super::read_text;

    fn read(content: &[u8]) -> String {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(content).unwrap();
        match read_text(file.path()) {
            Ok(secret) => secret.expose_secret().to_owned(),
            Err(problem) => problem.code.as_str().to_owned(),
        }
    }

    #[test]
    fn only_the_line_break_at_the_end_is_taken_off() {
        assert_eq!(read(b"abc~1\n"), "abc~1");
        assert_eq!(read(b"abc~1\r\n"), "abc~1");
        assert_eq!(read(b"\xef\xbb\xbfabc~1"), "abc~1");
        assert_eq!(read(b" abc \n\n"), " abc \n");
    }

    #[test]
    fn an_empty_file_holds_no_secret() {
        assert_eq!(read(b"\n"), "secret-malformed");
    }

    #[test]
    fn what_is_no_text_is_refused() {
        assert_eq!(read(&[0xff, 0xfe, 0x41]), "file-trouble");
    }
}
