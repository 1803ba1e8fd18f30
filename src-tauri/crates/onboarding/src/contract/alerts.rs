//! The alerts of a test pull, looked at piece by piece: numbers and plots, a window of rows, one alert, a file.
//!
//! The alerts themselves stay with the engine; what is asked for here is bounded, however many there are.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Numbers and plots of everything that has arrived.
#[derive(Debug, Clone, PartialEq, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct AlertsOverview {
    /// Alerts.
    #[ts(type = "number")]
    pub alerts: u64,
    /// Bytes of alert data.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Devices that are named.
    pub devices: u32,
    /// Accounts that are named.
    pub people: u32,
    /// When the newest was raised.
    #[ts(type = "string | null")]
    pub newest: Option<Timestamp>,
    /// How many of each severity: the four that are known, the worst first, then what else was said.
    pub severities: Vec<SeverityCount>,
    /// How many at which time.
    pub histogram: Histogram,
}

/// How many alerts have a severity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct SeverityCount {
    /// As in a row; empty where none is said.
    pub severity: String,
    /// Alerts.
    #[ts(type = "number")]
    pub alerts: u64,
}

/// How many alerts were raised when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct Histogram {
    /// How long a bar is.
    pub unit: BarUnit,
    /// The bars from the oldest to the newest, without gaps. Empty when no alert names its time.
    pub bars: Vec<HistogramBar>,
    /// Alerts that were raised before the first bar, and changed since.
    #[ts(type = "number")]
    pub earlier: u64,
    /// Alerts that do not say when.
    #[ts(type = "number")]
    pub untimed: u64,
}

/// How long a bar is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum BarUnit {
    /// Five minutes.
    FiveMinutes,
    /// An hour.
    Hour,
    /// A day of this computer's time zone.
    Day,
}

/// A bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct HistogramBar {
    /// From here on.
    #[ts(type = "string")]
    pub since: Timestamp,
    /// Up to here, and not at it.
    #[ts(type = "string")]
    pub until: Timestamp,
    /// Alerts.
    #[ts(type = "number")]
    pub alerts: u64,
    /// Those of high severity among them.
    #[ts(type = "number")]
    pub high: u64,
}

/// By what rows are put in order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum AlertColumn {
    /// When it was raised.
    #[default]
    Time,
    /// How bad it is.
    Severity,
    /// Title.
    Title,
    /// Device, or account where no device is named.
    Device,
    /// What found it.
    DetectionSource,
}

/// Which rows, in which order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, ts_rs::TS)]
#[ts(export)]
pub struct AlertsQuery {
    /// By this column; what is equal there by time, the newest first.
    #[serde(default)]
    pub sort: AlertColumn,
    /// The other way round: not the newest, the worst or the first of the alphabet on top.
    #[serde(default)]
    pub reversed: bool,
    /// Only these severities; all when empty.
    #[serde(default)]
    pub severities: Vec<String>,
    /// Only alerts raised from here on.
    #[serde(default)]
    #[ts(optional, type = "string")]
    pub since: Option<Timestamp>,
    /// Only alerts raised before.
    #[serde(default)]
    #[ts(optional, type = "string")]
    pub until: Option<Timestamp>,
    /// Only rows in which this text stands, without regard to case; all when empty.
    #[serde(default)]
    pub text: String,
}

/// Some of the rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct AlertsPage {
    /// How many rows there are for the query.
    #[ts(type = "number")]
    pub matching: u64,
    /// Position of the first of these, from 0.
    #[ts(type = "number")]
    pub start: u64,
    /// The rows.
    pub rows: Vec<AlertLine>,
}

/// An alert in the table. Long texts are cut; the alert itself has them whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct AlertLine {
    /// In which order it arrived, from 0; it is asked for by this.
    #[ts(type = "number")]
    pub number: u64,
    /// When it was raised.
    #[ts(type = "string | null")]
    pub time: Option<Timestamp>,
    /// `high`, `medium`, `low`, `informational`, or what the source says, in lower case.
    pub severity: String,
    /// Title.
    pub title: String,
    /// Device, or account where no device is named.
    pub device: String,
    /// What found it.
    pub detection_source: String,
}

/// One alert, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct AlertView {
    /// In which order it arrived.
    #[ts(type = "number")]
    pub number: u64,
    /// The columns, and the alert exactly as the API sent it.
    pub row: defender::AlertRow,
    /// What it says besides.
    pub detail: defender::AlertDetail,
    /// Where it can be opened: the kinds of its links whose address lies in the customer's portal.
    pub opens: Vec<String>,
}

/// In which form alerts are saved; the same forms as those of `msspctl pull`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum AlertFileForm {
    /// One alert a line, each exactly as the API sent it.
    Ndjson,
    /// One JSON array of the alerts, each exactly as the API sent it.
    Json,
    /// The columns of the table, for spreadsheets.
    Csv,
}

impl AlertFileForm {
    /// The usual ending of a file's name.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Ndjson => "ndjson",
            Self::Json => "json",
            Self::Csv => "csv",
        }
    }
}

/// A file of alerts that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct SavedAlerts {
    /// Where.
    pub path: String,
    /// How many alerts.
    #[ts(type = "number")]
    pub alerts: u64,
    /// Bytes.
    #[ts(type = "number")]
    pub bytes: u64,
}
