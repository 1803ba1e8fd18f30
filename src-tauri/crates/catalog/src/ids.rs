//! The names by which everybody calls sources, grants and regions.

use serde::{Deserialize, Serialize};

macro_rules! names {
    ($(#[$doc:meta])+ $type:ident { $($(#[$vdoc:meta])+ $name:ident = $text:literal,)+ }) => {
        $(#[$doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ts_rs::TS)]
        #[ts(export)]
        pub enum $type {
            $($(#[$vdoc])+ #[serde(rename = $text)] $name,)+
        }

        impl $type {
            /// All of them, in the order in which they are offered.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The name in contracts, files and on the command line.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $type {
            type Err = UnknownName;

            fn from_str(text: &str) -> Result<Self, UnknownName> {
                Self::ALL.iter().copied().find(|id| id.as_str() == text).ok_or_else(|| UnknownName {
                    given: text.to_owned(),
                    known: Self::ALL.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(", "),
                })
            }
        }
    };
}

/// A name that is none of the known ones.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is none of: {known}")]
pub struct UnknownName {
    /// What was given.
    pub given: String,
    /// What would have done, comma-separated.
    pub known: String,
}

names! {
    /// One API from which alerts are read.
    SourceId {
        /// Microsoft Graph `/v1.0/security/alerts_v2`.
        GraphAlerts = "graph-alerts",
        /// Microsoft Graph `/v1.0/security/incidents?$expand=alerts`.
        GraphIncidents = "graph-incidents",
        /// Defender for Endpoint `/api/alerts`.
        DefenderAlerts = "defender-alerts",
        /// Defender XDR `/api/incidents`.
        XdrIncidents = "xdr-incidents",
        /// The legacy SIEM exporter `/api/alerts`.
        SiemDetections = "siem-detections",
    }
}

names! {
    /// How access is had.
    GrantKind {
        /// Delegated: authorization code, then a refresh token.
        RefreshToken = "refresh-token",
        /// Client credentials after admin consent.
        AppOnly = "app-only",
    }
}

names! {
    /// Region of the legacy SIEM exporter.
    Region {
        /// Europe.
        Eu = "eu",
        /// United States.
        Us = "us",
        /// United Kingdom.
        Uk = "uk",
    }
}
