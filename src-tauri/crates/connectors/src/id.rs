//! The SIEM connectors by name.

use serde::{Deserialize, Serialize};

/// A SIEM's configuration files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum ConnectorId {
    /// `ArcSight` `FlexConnector` REST.
    Arcsight,
    /// Splunk REST API Modular Input.
    SplunkRest,
    /// JSON, `.env` and `curl` files for everything else.
    Generic,
}

impl ConnectorId {
    /// All connectors that can be written.
    pub const ALL: &[Self] = &[Self::Arcsight, Self::SplunkRest, Self::Generic];

    /// The name in contracts, files and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Arcsight => "arcsight",
            Self::SplunkRest => "splunk-rest",
            Self::Generic => "generic",
        }
    }
}
