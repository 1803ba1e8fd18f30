//! The clocks of the practice tenant: the machine's, and Microsoft's, which a scenario sets an hour ahead.
//!
//! Alert times and alert windows use the machine's clock, so that `clock-skew` changes what a client sees of Microsoft's
//! time and nothing else.

use jiff::{SignedDuration, Timestamp};

/// How far Microsoft's clock is ahead under `clock-skew`.
pub(crate) const SKEW: SignedDuration = SignedDuration::from_hours(1);

/// The machine's clock.
#[expect(
    clippy::disallowed_methods,
    reason = "the practice tenant stands alone: this is its one reading of the clock"
)]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

/// Reads a time as the Defender services do: an offset is honoured, a time without one is UTC, a date is its midnight.
pub(crate) fn read(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    // An unescaped `+` of an offset reaches a server as a blank.
    let candidates = [text.to_owned(), text.replace(' ', "+")];
    candidates.iter().find_map(|text| {
        text.parse::<Timestamp>().ok().or_else(|| {
            let civil = text.parse::<jiff::civil::DateTime>().ok()?;
            civil.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_every_spelling_that_clients_send() {
        let expected: Timestamp = "2016-09-12T00:00:00Z".parse().unwrap();
        for text in [
            "2016-09-12T00:00:00.000",
            "2016-09-12T00:00:00Z",
            "2016-09-12T00:00:00.0000000Z",
            "2016-09-12 00:00:00",
            "2016-09-12",
            "2016-09-12T02:00:00+02:00",
            "2016-09-12T02:00:00 02:00",
        ] {
            assert_eq!(read(text), Some(expected), "{text}");
        }
        assert_eq!(read("yesterday"), None);
    }
}
