//! What a pull saw, and what whoever reads its alerts should know about it.
//!
//! Plain data for the end of a pull; nothing here decides how a pull goes on.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a pull saw.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PullSummary {
    /// Alerts handed on.
    pub alerts: u64,
    /// Alerts that came again and were left out.
    pub repeats: u64,
    /// Bytes of JSON handed on.
    pub bytes: u64,
    /// Requests sent.
    pub requests: u32,
    /// Start of the window, as far as it is known here.
    pub since: Option<Timestamp>,
    /// End of the window; without one it is the present.
    pub until: Option<Timestamp>,
    /// What to know about this pull, each once.
    pub notes: Vec<Note>,
    /// Providers behind Graph whose alerts are missing, each once.
    pub providers: Vec<ProviderTrouble>,
}

/// A provider behind Graph that did not deliver: one `Warning` of a 206.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[ts(export)]
pub struct ProviderTrouble {
    /// `Vendor/Provider`, as Graph names it.
    pub provider: String,
    /// Its HTTP status: 403 is not licensed, 504 did not answer in time.
    pub status: Option<u16>,
    /// How long Graph waited for it.
    #[ts(type = "number | null")]
    pub milliseconds: Option<u64>,
}

impl ProviderTrouble {
    /// The kind of trouble.
    pub const fn note(&self) -> Note {
        match self.status {
            Some(403) => Note::ProviderNotLicensed,
            Some(504) => Note::ProviderTimedOut,
            Some(_) | None => Note::PartialAnswer,
        }
    }
}

/// Something to know about a pull that succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Note {
    /// No window was asked for, and the exporter gives the last two hours.
    LastTwoHours,
    /// More alerts share one instant than the API can give.
    InstantTooLarge,
    /// Alerts came in another order than was asked for; with a limit they may not be the newest.
    OrderIgnored,
    /// The API asked to slow down, and was obeyed.
    Throttled,
    /// The API had trouble, and a question was put again.
    AskedAgain,
    /// Microsoft's published rate was reached, and the pull waited.
    Paced,
    /// Large pages failed, smaller ones did not.
    SmallerPages,
    /// Incidents would not come with their alerts: those were asked for incident by incident.
    AlertsByIncident,
    /// The alerts of some incidents were not to be had.
    IncidentsWithoutAlerts,
    /// A filter that the API does not know was applied here, to all that it gave.
    FilteredHere,
    /// A provider behind Graph is not licensed: its alerts are missing.
    ProviderNotLicensed,
    /// A provider behind Graph did not answer in time: its alerts are missing.
    ProviderTimedOut,
    /// Graph answered in part.
    PartialAnswer,
}

impl Note {
    /// All, for tests that prove that each has its words.
    pub const ALL: &[Self] = &[
        Self::LastTwoHours,
        Self::InstantTooLarge,
        Self::OrderIgnored,
        Self::Throttled,
        Self::AskedAgain,
        Self::Paced,
        Self::SmallerPages,
        Self::AlertsByIncident,
        Self::IncidentsWithoutAlerts,
        Self::FilteredHere,
        Self::ProviderNotLicensed,
        Self::ProviderTimedOut,
        Self::PartialAnswer,
    ];

    /// The name in contracts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LastTwoHours => "last-two-hours",
            Self::InstantTooLarge => "instant-too-large",
            Self::OrderIgnored => "order-ignored",
            Self::Throttled => "throttled",
            Self::AskedAgain => "asked-again",
            Self::Paced => "paced",
            Self::SmallerPages => "smaller-pages",
            Self::AlertsByIncident => "alerts-by-incident",
            Self::IncidentsWithoutAlerts => "incidents-without-alerts",
            Self::FilteredHere => "filtered-here",
            Self::ProviderNotLicensed => "provider-not-licensed",
            Self::ProviderTimedOut => "provider-timed-out",
            Self::PartialAnswer => "partial-answer",
        }
    }
}
