//! Times and spans as people write them on a command line.

use std::time::Duration;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};

/// Reads `10m`, `90s`, `1h 30m`, `30d` or `PT10M`. Days have 24 hours.
///
/// # Errors
///
/// What was expected, for a person.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let span: Span = match text.trim().parse::<u32>() {
        // A bare number is what `timeout(1)` and many others take for seconds.
        Ok(seconds) => Span::new().seconds(seconds),
        Err(_) => text.trim().parse().map_err(|_| expected())?,
    };
    let duration: SignedDuration =
        span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| expected())?;
    Duration::try_from(duration).map_err(|_| expected())
}

/// Reads a moment: RFC 3339, or a date with or without a time, then in UTC.
///
/// # Errors
///
/// What was expected, for a person.
pub(crate) fn moment(text: &str) -> Result<Timestamp, String> {
    let text = text.trim();
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(moment);
    }
    let local: DateTime =
        text.parse().map_err(|_| "write a time such as 2026-11-20T08:00:00Z, or a date".to_owned())?;
    local.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp()).map_err(|error| error.to_string())
}

fn expected() -> String {
    "write a span of time such as 90s, 10m, 2h or 30d".to_owned()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{duration, moment};

    #[test]
    fn spans_are_read_as_people_write_them() {
        for (text, seconds) in [
            ("10m", 600),
            ("90s", 90),
            ("90", 90),
            ("0", 0),
            ("1h 30m", 5400),
            ("30d", 2_592_000),
            ("PT10M", 600),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for wrong in ["", "soon", "-10m", "10 parsecs", "1mo"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_time_without_a_zone_is_utc() {
        assert_eq!(moment("2026-11-20").unwrap(), moment("2026-11-20T00:00:00Z").unwrap());
        assert_eq!(moment("2026-11-20T09:00:00+01:00").unwrap(), moment("2026-11-20 08:00:00").unwrap());
        assert!(moment("yesterday").is_err());
    }
}
