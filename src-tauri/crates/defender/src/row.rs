//! One view of an alert: columns that mean the same for every source.

use catalog::SourceId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// An alert in the columns of the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[ts(export)]
pub struct AlertRow {
    /// The source's own key.
    pub id: String,
    /// When it was raised.
    #[ts(type = "string | null")]
    pub time: Option<Timestamp>,
    /// Title.
    pub title: String,
    /// `high`, `medium`, `low`, `informational`, or what the source says, in lower case.
    pub severity: String,
    /// Category.
    pub category: String,
    /// Device name.
    pub device: String,
    /// Account.
    pub user: String,
    /// Which detector or product raised it.
    pub detection_source: String,
    /// Link into the portal.
    pub url: String,
    /// The alert exactly as the API sent it.
    pub raw: String,
}

impl AlertRow {
    /// Reads the columns out of an alert as its source sent it. What the alert does not say, or says strangely, stays
    /// empty.
    pub fn read(source: SourceId, json: &str) -> Self {
        crate::fields::row(source, json)
    }
}
