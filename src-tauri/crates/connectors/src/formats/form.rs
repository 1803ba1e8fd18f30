//! Form encoding (`application/x-www-form-urlencoded`) for software that pastes a value into a request body as it is.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use zeroize::Zeroizing;

/// Everything but RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The value as it must stand in a body.
pub(crate) fn encoded(value: &str) -> Zeroizing<String> {
    let mut encoded = Zeroizing::new(String::with_capacity(3 * value.len()));
    encoded.extend(utf8_percent_encode(value, RESERVED));
    encoded
}

/// The value that a server sees. `None` where it is no UTF-8.
pub(crate) fn decoded(written: &str) -> Option<Zeroizing<String>> {
    // A plus is a blank in a form, which is what happens to an old secret that was pasted as it is.
    let blanks = Zeroizing::new(written.replace('+', " "));
    let bytes = Zeroizing::new(percent_decode_str(&blanks).collect::<Vec<u8>>());
    std::str::from_utf8(&bytes).ok().map(|text| Zeroizing::new(text.to_owned()))
}

/// The value of a field of a form body.
pub(crate) fn field(body: &str, name: &str) -> Option<Zeroizing<String>> {
    body.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        (key.trim() == name).then(|| decoded(value.trim()))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_secrets_are_encoded_and_new_ones_stay() {
        assert_eq!(encoded("IKX+/aa==").as_str(), "IKX%2B%2Faa%3D%3D");
        assert_eq!(encoded("abc~8Q.d_e-f").as_str(), "abc~8Q.d_e-f");
        assert_eq!(decoded("IKX+/aa%3D%3D").expect("text").as_str(), "IKX /aa==");
        assert_eq!(field("a=1&b=%EB%B9%84", "b").expect("text").as_str(), "비");
        assert!(decoded("%ff").is_none());
    }
}
