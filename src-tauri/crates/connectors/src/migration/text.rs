//! Old files in whatever encoding an editor left them: what their readers here take instead. Line numbers stay.
//!
//! It guesses as little as it can: a mark at the beginning is believed, UTF-8 that holds is UTF-8, and anything else is
//! taken byte for byte, for keys, ids and addresses are ASCII in all of these encodings.

use zeroize::Zeroizing;

/// The text, without its mark; `None` for what is no text.
pub(super) fn text(bytes: &[u8]) -> Option<Zeroizing<String>> {
    let text = match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => utf8_or_bytes(rest),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes)?,
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes)?,
        _ => utf8_or_bytes(bytes),
    };
    // What still holds a null is a program, a picture or a database.
    (!text.contains('\0')).then_some(text)
}

fn utf8_or_bytes(bytes: &[u8]) -> Zeroizing<String> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Zeroizing::new(text.to_owned());
    }
    // Room for all of it, so that no half-written copy is left behind.
    let mut text = Zeroizing::new(String::with_capacity(bytes.len() * 2));
    text.extend(bytes.iter().copied().map(char::from));
    text
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<Zeroizing<String>> {
    let (pairs, []) = bytes.as_chunks::<2>() else { return None };
    let mut text = Zeroizing::new(String::with_capacity(bytes.len() * 2));
    for character in char::decode_utf16(pairs.iter().copied().map(unit)) {
        text.push(character.ok()?);
    }
    Some(text)
}

/// The same for a reader of Java properties, whose bytes are Latin-1: other letters become escapes.
pub(super) fn properties(text: &str) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len() * 6));
    for character in text.chars() {
        if character.is_ascii() {
            bytes.extend(u8::try_from(character));
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                bytes.extend_from_slice(format!("\\u{unit:04X}").as_bytes());
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Option<String> {
        text(bytes).map(|text| text.to_string())
    }

    #[test]
    fn every_encoding_gives_the_same_text() {
        let wide = |unit: fn(u16) -> [u8; 2], mark: [u8; 2]| -> Vec<u8> {
            mark.into_iter().chain("a=é\r\n".encode_utf16().flat_map(unit)).collect()
        };
        for bytes in [
            "a=é\r\n".as_bytes().to_vec(),
            "\u{feff}a=é\r\n".as_bytes().to_vec(),
            b"a=\xe9\r\n".to_vec(),
            wide(u16::to_le_bytes, [0xff, 0xfe]),
            wide(u16::to_be_bytes, [0xfe, 0xff]),
        ] {
            assert_eq!(read(&bytes).as_deref(), Some("a=é\r\n"), "{bytes:?}");
        }
    }

    #[test]
    fn what_is_no_text_is_none() {
        for bytes in [&b"\x7fELF\0\0"[..], b"\xff\xfea", b"\xff\xfe\x00\xd8a\0"] {
            assert_eq!(read(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn letters_beyond_ascii_are_escaped_for_properties() {
        assert_eq!(properties("a=é비😀").as_slice(), b"a=\\u00E9\\uBE44\\uD83D\\uDE00");
    }
}
