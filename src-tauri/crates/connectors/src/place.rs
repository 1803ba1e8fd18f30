//! What each file of a set is for, and where it belongs on the SIEM's side, as that product's own pages write it.
//!
//! Data only: folders, menus and addresses are the products' own words and are never translated; what is to be done with
//! a file is a word for which the caller has a text.

use crate::words::words;
use crate::{
    ConnectorId, arcsight, cribl, elastic, generic, manifest, qradar, secops, splunk_rest, sumo, wazuh,
};

words! {
    /// What a person does with a file.
    PlaceKind {
        /// Copies it into a folder.
        CopyTo = "copy-to",
        /// Adds what it says to a file that is there.
        AddTo = "add-to",
        /// Imports it at a place of the product's console.
        Import = "import",
        /// Sends it to the product's own API.
        Send = "send",
        /// Gives it to a program.
        Run = "run",
        /// Types its values into a form.
        Type = "type",
        /// Leaves it where it is, for programs of one's own.
        Keep = "keep",
    }
}

words! {
    /// What a file is for.
    FileRole {
        /// Id, secret and token address of the sign-in.
        SignIn = "sign-in",
        /// Which member of an alert goes into which field.
        FieldMapping = "field-mapping",
        /// Values for a person with a form in front of them.
        ValuesToType = "values-to-type",
        /// A whole input: sign-in, address and interval.
        Input = "input",
        /// Which alerts are read, with an account of another file.
        AlertsOnly = "alerts-only",
        /// The same values once more, in another form.
        SameValues = "same-values",
        /// How a page is split into alerts.
        EventBreaker = "event-breaker",
        /// Names, sizes and hashes of the other files.
        Checksums = "checksums",
    }
}

/// Where a file belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// What is done with it.
    pub kind: PlaceKind,
    /// Where, in the product's own words; empty for files that stay.
    pub at: &'static str,
}

const fn place(kind: PlaceKind, at: &'static str) -> Place {
    Place { kind, at }
}

const KEPT: Place = place(PlaceKind::Keep, "");

impl ConnectorId {
    /// Where a file of a set belongs on the SIEM's side.
    pub fn place_of(self, file: &str) -> Place {
        match self {
            Self::Arcsight => match file {
                arcsight::CLIENT_PROPERTIES | arcsight::PARSER | arcsight::PARSER_1 => {
                    place(PlaceKind::CopyTo, "<connector folder>/current/user/agent/flexagent/")
                }
                arcsight::VALUES_TO_TYPE => {
                    place(PlaceKind::Type, "<connector folder>/current/bin/runagentsetup")
                }
                _ => KEPT,
            },
            Self::SplunkRest => match file {
                splunk_rest::INPUTS_CONF => place(PlaceKind::CopyTo, "$SPLUNK_HOME/etc/apps/rest_ta/local/"),
                splunk_rest::AUTHENTICATION => {
                    place(PlaceKind::Type, "Splunk Web: Settings > Data inputs > REST")
                }
                _ => KEPT,
            },
            Self::SplunkMsSecurity => match file.strip_suffix(".conf") {
                Some(_) => place(PlaceKind::CopyTo, "$SPLUNK_HOME/etc/apps/Splunk_TA_MS_Security/local/"),
                None => KEPT,
            },
            Self::Qradar => match file {
                arcsight::VALUES_TO_TYPE => {
                    place(PlaceKind::Type, "QRadar: Admin > QRadar Log Source Management > New Log Source")
                }
                qradar::JSON => place(
                    PlaceKind::Send,
                    "POST https://<console>/api/config/event_sources/log_source_management/log_sources",
                ),
                qradar::PLAY => {
                    place(PlaceKind::Run, "ansible-playbook -i <inventory> qradar-log-source.yml")
                }
                _ => KEPT,
            },
            Self::Elastic => match file {
                elastic::AGENT => place(PlaceKind::AddTo, "<Elastic Agent folder>/elastic-agent.yml"),
                elastic::FILEBEAT => place(PlaceKind::AddTo, "<Filebeat folder>/filebeat.yml"),
                elastic::VARIABLES => place(PlaceKind::Type, "Kibana: Integrations"),
                _ => KEPT,
            },
            Self::Wazuh => match file {
                wazuh::XML => place(PlaceKind::AddTo, "/var/ossec/etc/ossec.conf"),
                _ => KEPT,
            },
            Self::Cribl => match file {
                cribl::COLLECTOR => place(
                    PlaceKind::Import,
                    "Cribl Stream: Data > Sources > Collectors > REST > Manage as JSON",
                ),
                cribl::BREAKER => {
                    place(PlaceKind::Import, "Cribl Stream: Processing > Knowledge > Event Breakers")
                }
                _ => KEPT,
            },
            Self::Secops => match file {
                secops::FEED => place(
                    PlaceKind::Send,
                    "POST https://<region>-chronicle.googleapis.com/v1alpha/projects/<project>/locations/<region>/instances/<instance>/feeds",
                ),
                _ => KEPT,
            },
            Self::Sumo => match file {
                sumo::SOURCE => place(
                    PlaceKind::Send,
                    "POST https://api.<deployment>.sumologic.com/api/v1/collectors/<collector>/sources",
                ),
                _ => KEPT,
            },
            Self::Generic => match file {
                generic::CURL => place(PlaceKind::Run, "curl -K defender-api.curl"),
                generic::ENV => place(PlaceKind::Run, "set -a; . ./defender-api.env; set +a"),
                _ => KEPT,
            },
        }
    }

    /// What a file of a set is for; files that no set has are as good as the manifest.
    pub fn role_of(self, file: &str) -> FileRole {
        if file == manifest::NAME {
            return FileRole::Checksums;
        }
        match (self, file) {
            (Self::Arcsight | Self::Qradar, arcsight::VALUES_TO_TYPE) => FileRole::ValuesToType,
            (Self::Arcsight, arcsight::CLIENT_PROPERTIES) => FileRole::SignIn,
            (Self::Arcsight, _) => FileRole::FieldMapping,
            (Self::SplunkMsSecurity, splunk_rest::INPUTS_CONF) => FileRole::AlertsOnly,
            (Self::SplunkMsSecurity, _) => FileRole::SignIn,
            (Self::Cribl, cribl::BREAKER) => FileRole::EventBreaker,
            (Self::SplunkRest, splunk_rest::AUTHENTICATION)
            | (Self::Qradar, qradar::JSON | qradar::PLAY)
            | (Self::Elastic, elastic::FILEBEAT | elastic::VARIABLES)
            | (Self::Generic, generic::ENV | generic::CURL) => FileRole::SameValues,
            (
                Self::SplunkRest
                | Self::Qradar
                | Self::Elastic
                | Self::Wazuh
                | Self::Cribl
                | Self::Secops
                | Self::Sumo
                | Self::Generic,
                _,
            ) => FileRole::Input,
        }
    }
}
