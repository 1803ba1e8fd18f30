//! Which alerts are wanted: a window of time, a number, device groups, tags, severities and states.
//!
//! Nothing here knows how a source spells any of it, and nothing reads a clock. The invariant: a [`Window`] never ends
//! before it begins.

use std::fmt;
use std::str::FromStr;

use catalog::SourceId;
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};
use serde::{Deserialize, Serialize};

/// Which alerts to pull. Everything left out means "all that the source gives by itself".
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// From here on, by the time of the last change as the source knows it.
    pub since: Option<Timestamp>,
    /// Up to here.
    pub until: Option<Timestamp>,
    /// So far back from now; not together with `since` or `until`.
    pub ago: Option<Ago>,
    /// At most so many, the newest first. Without it every alert of the window comes, in the source's own order.
    pub limit: Option<u64>,
    /// Only alerts of devices in one of these groups.
    pub machine_groups: Vec<String>,
    /// Only alerts of devices with one of these tags.
    pub tags: Vec<String>,
    /// Only alerts of one of these severities.
    pub severities: Vec<Severity>,
    /// Only alerts in one of these states.
    pub statuses: Vec<Status>,
}

/// How bad an alert is, in the words that all sources share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum Severity {
    /// `informational`.
    Informational,
    /// `low`.
    Low,
    /// `medium`.
    Medium,
    /// `high`.
    High,
}

impl Severity {
    /// All, the mildest first.
    pub const ALL: &[Self] = &[Self::Informational, Self::Low, Self::Medium, Self::High];

    /// The name in contracts; also Graph's on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Informational => "informational",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }

    /// Whether a source's word means this.
    pub(crate) fn is(self, said: &str) -> bool {
        said.trim().eq_ignore_ascii_case(self.as_str())
    }
}

/// What has become of an alert, in the words that the four modern sources share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export, rename = "AlertStatus")]
pub enum Status {
    /// Nobody has looked at it.
    New,
    /// Somebody is at work.
    InProgress,
    /// Done with.
    Resolved,
}

impl Status {
    /// All, in the order of an alert's life.
    pub const ALL: &[Self] = &[Self::New, Self::InProgress, Self::Resolved];

    /// The name in contracts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::InProgress => "in-progress",
            Self::Resolved => "resolved",
        }
    }

    /// Whether a source's word means this. `Active`, which Defender XDR says of what is open, means both of the first.
    pub(crate) fn is(self, said: &str) -> bool {
        let said: String = said
            .chars()
            .filter(|letter| !matches!(letter, ' ' | '-' | '_'))
            .collect::<String>()
            .to_lowercase();
        match self {
            Self::New => ["new", "active"].contains(&said.as_str()),
            Self::InProgress => ["inprogress", "active"].contains(&said.as_str()),
            Self::Resolved => said == "resolved",
        }
    }
}

/// A length of time back from now: ISO 8601, such as `PT2H` or `P30D`.
///
/// Years and months are refused, because their length depends on where in the calendar they lie; a day has 24 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ago(SignedDuration);

impl Ago {
    /// The length.
    pub const fn length(self) -> SignedDuration {
        self.0
    }
}

impl TryFrom<SignedDuration> for Ago {
    type Error = UnusableQuery;

    fn try_from(length: SignedDuration) -> Result<Self, UnusableQuery> {
        if length.is_positive() {
            Ok(Self(length))
        } else {
            Err(UnusableQuery::Ago { given: length.to_string() })
        }
    }
}

impl FromStr for Ago {
    type Err = UnusableQuery;

    fn from_str(text: &str) -> Result<Self, UnusableQuery> {
        let refused = || UnusableQuery::Ago { given: text.to_owned() };
        // jiff also reads "2 hours ago"; only ISO 8601 goes over the wire.
        if !text.starts_with(['P', 'p']) {
            return Err(refused());
        }
        let span: Span = text.parse().map_err(|_| refused())?;
        if span.get_years() != 0 || span.get_months() != 0 {
            return Err(refused());
        }
        let length = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| refused())?;
        Self::try_from(length).map_err(|_| refused())
    }
}

impl fmt::Display for Ago {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // jiff writes `PT48H`, never `P2D`: hours, minutes and seconds mean the same to every reader.
        write!(f, "{}", self.0)
    }
}

/// A query that cannot be put to the source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnusableQuery {
    /// Not a positive ISO 8601 duration of weeks, days, hours, minutes and seconds.
    #[error("`{given}` is no length of time")]
    Ago {
        /// What was given.
        given: String,
    },
    /// `ago` together with `since` or `until`.
    #[error("`ago` does not go together with `since` or `until`")]
    TwoWindows,
    /// The window ends before it begins.
    #[error("the window ends ({until}) before it begins ({since})")]
    Backwards {
        /// Its start.
        since: Timestamp,
        /// Its end.
        until: Timestamp,
    },
    /// `ago` reaches beyond the calendar.
    #[error("`ago` reaches too far back")]
    TooFarBack,
    /// A limit of nothing.
    #[error("a limit of 0 asks for nothing")]
    NothingWanted,
    /// The source's alerts do not say what this would have to be compared with.
    #[error("{source_id} does not say {filter}")]
    NotSaid {
        /// The source.
        source_id: SourceId,
        /// `tags`, `status`.
        filter: &'static str,
    },
    /// The address is none of `http` or `https`, has no host, or carries a user name.
    #[error("the address cannot be asked")]
    Address,
    /// Plain `http` to another computer: the token would travel readable for all.
    #[error("{host} would be asked without TLS")]
    Plain {
        /// The host.
        host: String,
    },
}

/// A window of time, both ends inclusive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) since: Option<Timestamp>,
    pub(crate) until: Option<Timestamp>,
}

impl Query {
    /// From when to when is asked, for whoever shows how far a pull is; nothing where no beginning was named.
    pub fn span(&self, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
        let window = self.window(now).ok()?;
        Some((window.since?, window.until.unwrap_or(now)))
    }

    /// The window as instants.
    pub(crate) fn window(&self, now: Timestamp) -> Result<Window, UnusableQuery> {
        if self.limit == Some(0) {
            return Err(UnusableQuery::NothingWanted);
        }
        if let Some(ago) = self.ago {
            if self.since.is_some() || self.until.is_some() {
                return Err(UnusableQuery::TwoWindows);
            }
            let since = now.checked_sub(ago.length()).map_err(|_| UnusableQuery::TooFarBack)?;
            return Ok(Window { since: Some(since), until: None });
        }
        if let (Some(since), Some(until)) = (self.since, self.until) {
            if until < since {
                return Err(UnusableQuery::Backwards { since, until });
            }
        }
        Ok(Window { since: self.since, until: self.until })
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::{Ago, Query, UnusableQuery};

    #[test]
    fn a_length_of_time_is_read_and_written_as_iso_8601() {
        for (text, hours, wire) in
            [("PT2H", 2, "PT2H"), ("P30D", 720, "PT720H"), ("P1W", 168, "PT168H"), ("PT120M", 2, "PT2H")]
        {
            let ago: Ago = text.parse().unwrap();
            assert_eq!(ago.length(), SignedDuration::from_hours(hours), "{text}");
            assert_eq!(ago.to_string(), wire);
        }
        let ago: Ago = "PT1H30M5S".parse().unwrap();
        assert_eq!(ago.to_string(), "PT1H30M5S");
    }

    #[test]
    fn what_is_no_length_of_time_is_refused() {
        for text in ["", "2 hours ago", "PT0S", "-PT2H", "P-2D", "P1M", "P1Y", "PT", "2h", "P999999999999D"] {
            assert_eq!(text.parse::<Ago>(), Err(UnusableQuery::Ago { given: text.to_owned() }));
        }
    }

    #[test]
    fn a_window_cannot_end_before_it_begins() {
        let [early, late]: [Timestamp; 2] =
            ["2026-11-20T10:00:00Z", "2026-11-20T11:00:00Z"].map(|it| it.parse().unwrap());
        let query = Query { since: Some(late), until: Some(early), ..Query::default() };
        assert_eq!(query.window(late), Err(UnusableQuery::Backwards { since: late, until: early }));
        let query = Query { since: Some(early), ago: Some("PT1H".parse().unwrap()), ..Query::default() };
        assert_eq!(query.window(late), Err(UnusableQuery::TwoWindows));
        let query = Query { ago: Some("PT1H".parse().unwrap()), ..Query::default() };
        assert_eq!(query.window(late).unwrap().since, Some(early));
    }
}
