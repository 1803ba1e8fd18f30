//! The SIEM connectors by name: what they are called, which files they consist of, which grants they hold.

use catalog::GrantKind;
use serde::{Deserialize, Serialize};

use crate::{arcsight, generic, manifest, splunk_rest};

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

    /// The product's own name, for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Arcsight => "ArcSight FlexConnector REST",
            Self::SplunkRest => "Splunk REST API Modular Input",
            Self::Generic => "Generic API (JSON, .env, curl)",
        }
    }

    /// Names of all files of a set, in the order in which they are rendered, the manifest last.
    pub const fn file_names(self) -> &'static [&'static str] {
        match self {
            Self::Arcsight => {
                &[arcsight::CLIENT_PROPERTIES, arcsight::PARSER, arcsight::VALUES_TO_TYPE, manifest::NAME]
            }
            Self::SplunkRest => &[splunk_rest::INPUTS_CONF, manifest::NAME],
            Self::Generic => &[generic::JSON, generic::ENV, generic::CURL, manifest::NAME],
        }
    }

    /// Grants that the connector's software can use.
    pub const fn grants(self) -> &'static [GrantKind] {
        match self {
            Self::Arcsight | Self::SplunkRest => &[GrantKind::RefreshToken],
            Self::Generic => &[GrantKind::RefreshToken, GrantKind::AppOnly],
        }
    }
}

impl std::fmt::Display for ConnectorId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for ConnectorId {
    type Err = catalog::UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|id| id.as_str() == text).ok_or_else(|| catalog::UnknownName {
            given: text.to_owned(),
            known: Self::ALL.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(", "),
        })
    }
}
