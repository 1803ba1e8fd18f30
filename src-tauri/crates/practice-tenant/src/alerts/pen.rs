//! Writes JSON by hand, because the feed is also the peer of speed measurements: no value tree, no formatting machinery.
//!
//! It writes pieces, it does not know JSON: what is raw must be JSON already, and texts must be escaped beforehand with
//! [`escape`].

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::tz::Offset;

/// A text as it stands between the quotes of a JSON string.
pub(crate) fn escape(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// The hexadecimal digits of every byte.
const HEX: [[u8; 2]; 256] = {
    let digits = b"0123456789abcdef";
    let mut table = [[0; 2]; 256];
    let mut byte = 0;
    while byte < table.len() {
        table[byte] = [digits[byte >> 4], digits[byte & 15]];
        byte += 1;
    }
    table
};

/// Appends to a buffer.
pub(crate) struct Pen<'a>(&'a mut Vec<u8>);

impl<'a> Pen<'a> {
    pub(crate) fn new(out: &'a mut Vec<u8>) -> Self {
        Self(out)
    }

    /// How much has been written.
    pub(crate) fn place(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn raw(&mut self, json: &str) -> &mut Self {
        self.0.extend_from_slice(json.as_bytes());
        self
    }

    /// What was written from one place to another once more.
    pub(crate) fn again(&mut self, written: Range<usize>) -> &mut Self {
        self.0.extend_from_within(written);
        self
    }

    /// An escaped text in quotes.
    pub(crate) fn quoted(&mut self, escaped: &str) -> &mut Self {
        self.raw("\"").raw(escaped).raw("\"")
    }

    /// An escaped text in quotes, `null` for none and for an empty one.
    pub(crate) fn quoted_or_null(&mut self, escaped: Option<&str>) -> &mut Self {
        match escaped {
            Some(text) if !text.is_empty() => self.quoted(text),
            Some(_) | None => self.raw("null"),
        }
    }

    pub(crate) fn number(&mut self, mut number: u64) -> &mut Self {
        let mut digits = [0; 20];
        let mut at = digits.len();
        loop {
            at -= 1;
            digits[at] = digit(number);
            number /= 10;
            if number == 0 {
                break;
            }
        }
        self.0.extend_from_slice(&digits[at..]);
        self
    }

    /// A number with leading zeros.
    pub(crate) fn padded<const WIDTH: usize>(&mut self, mut number: u64) -> &mut Self {
        let mut digits = [b'0'; WIDTH];
        for place in digits.iter_mut().rev() {
            *place = digit(number);
            number /= 10;
        }
        self.0.extend_from_slice(&digits);
        self
    }

    /// The last hexadecimal digits of a number, at most 16, the high ones first.
    pub(crate) fn hex(&mut self, number: u64, digits: usize) -> &mut Self {
        let mut text = [0; 16];
        for (pair, byte) in text.chunks_exact_mut(2).zip(number.to_be_bytes()) {
            pair.copy_from_slice(&HEX[usize::from(byte)]);
        }
        self.0.extend_from_slice(&text[..digits.min(16)]);
        self
    }

    /// Bytes in Base64.
    pub(crate) fn encoded<const LENGTH: usize>(&mut self, bytes: &[u8; LENGTH]) -> &mut Self {
        self.raw(&STANDARD.encode(bytes))
    }

    /// Capital letters for small ones, from a place on.
    pub(crate) fn capitals(&mut self, from: usize) -> &mut Self {
        if let Some(written) = self.0.get_mut(from..) {
            written.make_ascii_uppercase();
        }
        self
    }

    /// `2026-11-20T08:30:00.1234567Z`: seven digits, as the Defender services write times.
    pub(crate) fn time(&mut self, time: Timestamp) -> &mut Self {
        let civil = Offset::UTC.to_datetime(time);
        let whole = |number: i8| u64::try_from(number).unwrap_or(0);
        self.padded::<4>(u64::try_from(civil.year()).unwrap_or(0)).raw("-");
        self.padded::<2>(whole(civil.month())).raw("-");
        self.padded::<2>(whole(civil.day())).raw("T");
        self.padded::<2>(whole(civil.hour())).raw(":");
        self.padded::<2>(whole(civil.minute())).raw(":");
        self.padded::<2>(whole(civil.second())).raw(".");
        self.padded::<7>(u64::try_from(civil.subsec_nanosecond() / 100).unwrap_or(0)).raw("Z")
    }

    /// A time in quotes.
    pub(crate) fn quoted_time(&mut self, time: Timestamp) -> &mut Self {
        self.raw("\"").time(time).raw("\"")
    }

    pub(crate) fn truth(&mut self, truth: Option<bool>) -> &mut Self {
        self.raw(match truth {
            None => "null",
            Some(true) => "true",
            Some(false) => "false",
        })
    }
}

fn digit(number: u64) -> u8 {
    b'0' + u8::try_from(number % 10).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(write: impl FnOnce(&mut Pen<'_>)) -> String {
        let mut out = Vec::new();
        write(&mut Pen::new(&mut out));
        String::from_utf8(out).unwrap()
    }

    proptest! {
        #[test]
        fn numbers_and_times_are_as_the_standard_formatting_writes_them(number: u64, second in 0..4_000_000_000_i64, tick in 0..10_000_000_i32) {
            prop_assert_eq!(written(|pen| { pen.number(number); }), number.to_string());
            prop_assert_eq!(written(|pen| { pen.hex(number, 16); }), format!("{number:016x}"));
            prop_assert_eq!(written(|pen| { pen.padded::<6>(number % 1_000_000); }), format!("{:06}", number % 1_000_000));
            let time = Timestamp::new(second, tick * 100).unwrap();
            prop_assert_eq!(
                written(|pen| { pen.time(time); }),
                time.strftime("%Y-%m-%dT%H:%M:%S.%7fZ").to_string()
            );
        }

        #[test]
        fn an_escaped_text_reads_back(text: String) {
            let json = format!("\"{}\"", escape(&text));
            prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
    }
}
