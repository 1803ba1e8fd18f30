//! The SIEM connectors by name: what they are called, which files they consist of, which sources, grants and clouds they
//! hold.

use catalog::{GrantKind, SourceId};
use serde::{Deserialize, Serialize};

use crate::{
    Files, arcsight, cribl, elastic, generic, manifest, qradar, secops, splunk_ms_security, splunk_rest,
    sumo, wazuh,
};

/// A SIEM's configuration files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum ConnectorId {
    /// `ArcSight` `FlexConnector` REST.
    Arcsight,
    /// Splunk REST API Modular Input.
    SplunkRest,
    /// Splunk Add-on for Microsoft Security.
    SplunkMsSecurity,
    /// IBM `QRadar`: parameter sheet, REST API body, Ansible play.
    Qradar,
    /// Elastic Agent, Filebeat and the integrations' variables.
    Elastic,
    /// Wazuh's `ms-graph` module.
    Wazuh,
    /// Cribl Stream's REST collector.
    Cribl,
    /// Google `SecOps` feed.
    Secops,
    /// Sumo Logic's Microsoft Graph Security API source.
    Sumo,
    /// JSON, `.env` and `curl` files for everything else.
    Generic,
}

const REFRESH_TOKEN: &[GrantKind] = &[GrantKind::RefreshToken];
const APP_ONLY: &[GrantKind] = &[GrantKind::AppOnly];

impl ConnectorId {
    /// All connectors that can be written.
    pub const ALL: &[Self] = &[
        Self::Arcsight,
        Self::SplunkRest,
        Self::SplunkMsSecurity,
        Self::Qradar,
        Self::Elastic,
        Self::Wazuh,
        Self::Cribl,
        Self::Secops,
        Self::Sumo,
        Self::Generic,
    ];

    /// The name in contracts, files and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Arcsight => "arcsight",
            Self::SplunkRest => "splunk-rest",
            Self::SplunkMsSecurity => "splunk-ms-security",
            Self::Qradar => "qradar",
            Self::Elastic => "elastic",
            Self::Wazuh => "wazuh",
            Self::Cribl => "cribl",
            Self::Secops => "secops",
            Self::Sumo => "sumo",
            Self::Generic => "generic",
        }
    }

    /// The product's own name, for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Arcsight => "ArcSight FlexConnector REST",
            Self::SplunkRest => "Splunk REST API Modular Input",
            Self::SplunkMsSecurity => "Splunk Add-on for Microsoft Security",
            Self::Qradar => "IBM QRadar",
            Self::Elastic => "Elastic Agent and Filebeat",
            Self::Wazuh => "Wazuh",
            Self::Cribl => "Cribl Stream",
            Self::Secops => "Google Security Operations",
            Self::Sumo => "Sumo Logic",
            Self::Generic => "Generic API (JSON, .env, curl)",
        }
    }

    /// Names of the files of a set for a source, in the order in which they are rendered, the manifest last.
    pub fn file_names(self, source: SourceId) -> Vec<&'static str> {
        let mut names: Vec<&'static str> = match self {
            Self::Arcsight => arcsight::file_names(source).to_vec(),
            Self::Elastic => elastic::file_names(source).to_vec(),
            Self::SplunkRest
            | Self::SplunkMsSecurity
            | Self::Qradar
            | Self::Wazuh
            | Self::Cribl
            | Self::Secops
            | Self::Sumo
            | Self::Generic => self.own_file_names().to_vec(),
        };
        names.push(manifest::NAME);
        names
    }

    /// Names of all files that a set can have, but for the manifest; the one that counts first.
    pub(crate) const fn own_file_names(self) -> &'static [&'static str] {
        match self {
            Self::Arcsight => arcsight::FILE_NAMES,
            Self::SplunkRest => &[splunk_rest::INPUTS_CONF, splunk_rest::AUTHENTICATION],
            Self::SplunkMsSecurity => &[splunk_ms_security::ACCOUNT_CONF, splunk_rest::INPUTS_CONF],
            Self::Qradar => &[arcsight::VALUES_TO_TYPE, qradar::JSON, qradar::PLAY],
            Self::Elastic => elastic::FILE_NAMES,
            Self::Wazuh => &[wazuh::XML],
            Self::Cribl => &[cribl::COLLECTOR, cribl::BREAKER],
            Self::Secops => &[secops::FEED],
            Self::Sumo => &[sumo::SOURCE],
            Self::Generic => &[generic::JSON, generic::ENV, generic::CURL],
        }
    }

    /// Whether files are there that only this connector has. Names that several share do not tell.
    pub(crate) fn known_by(self, files: &Files) -> bool {
        let has = |names: &[&str]| names.iter().any(|name| files.get(name).is_some());
        match self {
            Self::Arcsight => has(&[arcsight::CLIENT_PROPERTIES, arcsight::PARSER, arcsight::PARSER_1]),
            // Both Splunk connectors have an `inputs.conf`: its stanzas tell, or the file beside it.
            Self::SplunkRest => {
                has(&[splunk_rest::AUTHENTICATION])
                    || (has(&[splunk_rest::INPUTS_CONF]) && !Self::SplunkMsSecurity.known_by(files))
            }
            Self::SplunkMsSecurity => {
                has(&[splunk_ms_security::ACCOUNT_CONF])
                    || files.get(splunk_rest::INPUTS_CONF).is_some_and(splunk_ms_security::is_inputs)
            }
            Self::Qradar => has(&[qradar::JSON, qradar::PLAY]),
            Self::Elastic | Self::Wazuh | Self::Cribl | Self::Secops | Self::Sumo | Self::Generic => {
                has(self.own_file_names())
            }
        }
    }

    /// Alert sources that the connector's software can read.
    pub const fn sources(self) -> &'static [SourceId] {
        match self {
            Self::Arcsight | Self::SplunkRest | Self::Cribl | Self::Generic => SourceId::ALL,
            Self::SplunkMsSecurity | Self::Elastic => &[
                SourceId::GraphAlerts,
                SourceId::GraphIncidents,
                SourceId::DefenderAlerts,
                SourceId::XdrIncidents,
            ],
            Self::Qradar => &[SourceId::GraphAlerts, SourceId::DefenderAlerts, SourceId::SiemDetections],
            Self::Wazuh => &[SourceId::GraphAlerts, SourceId::GraphIncidents],
            Self::Secops | Self::Sumo => &[SourceId::GraphAlerts],
        }
    }

    /// Grants that the connector's software can use.
    pub const fn grants(self) -> &'static [GrantKind] {
        match self {
            Self::Arcsight | Self::SplunkRest => REFRESH_TOKEN,
            Self::SplunkMsSecurity | Self::Qradar | Self::Wazuh | Self::Secops | Self::Sumo => APP_ONLY,
            Self::Elastic | Self::Cribl | Self::Generic => GrantKind::ALL,
        }
    }

    /// Ids of Microsoft's clouds for which the software has a word, or `None` where any address can be given.
    pub const fn clouds(self) -> Option<&'static [&'static str]> {
        match self {
            Self::SplunkMsSecurity => Some(&["commercial", "gcc", "gcc-high"]),
            Self::Wazuh => Some(&["commercial", "gcc", "gcc-high", "dod"]),
            Self::Qradar | Self::Sumo => Some(&["commercial", "gcc"]),
            Self::Arcsight
            | Self::SplunkRest
            | Self::Elastic
            | Self::Cribl
            | Self::Secops
            | Self::Generic => None,
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
