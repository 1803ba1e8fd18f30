//! How each source is asked: names on the wire, page sizes, and what it can do by itself.
//!
//! Facts of the five APIs, nothing that was chosen. Sources: Microsoft Graph `security-list-alerts_v2`,
//! `security-list-incidents` and `security-error-codes` (Constraints); Defender `get-alerts` and
//! `api-list-incidents`; the SIEM exporter's `pull-alerts-using-rest-api`.

use catalog::SourceId;

/// How one `OData` source is asked.
#[derive(Debug)]
pub(crate) struct Rules {
    /// Member with the time of the last change, also the name in `$filter`.
    pub(crate) changed: &'static str,
    /// Largest `$top`; Graph clamps a larger one, Defender refuses it.
    pub(crate) most_top: u64,
    /// Largest `$skip`; Graph answers 400 beyond it.
    pub(crate) most_skip: Option<u64>,
    /// `$orderby` is understood. Defender gives its own order, newest first.
    pub(crate) orders: bool,
    /// What `$expand` must name for the answer to hold what is read from it.
    pub(crate) expand: Option<&'static str>,
    /// The list holds incidents, and each has its alerts in `alerts`.
    pub(crate) incidents: bool,
    /// An alert names the tags of its devices. (All name the device groups. `$filter` knows neither: both are looked
    /// for in what arrives.)
    pub(crate) says_tags: bool,
    /// Newer members of enumerations come only on request.
    pub(crate) prefers_unknown_members: bool,
}

const GRAPH_ALERTS: Rules = Rules {
    changed: "lastUpdateDateTime",
    most_top: 1000,
    most_skip: Some(500),
    orders: true,
    expand: None,
    incidents: false,
    says_tags: true,
    prefers_unknown_members: true,
};

const GRAPH_INCIDENTS: Rules = Rules {
    changed: "lastUpdateDateTime",
    // With `$expand=alerts` more than this brings lasting 500s in large tenants.
    most_top: 50,
    most_skip: Some(500),
    orders: true,
    expand: Some("alerts"),
    incidents: true,
    says_tags: true,
    prefers_unknown_members: true,
};

const DEFENDER_ALERTS: Rules = Rules {
    changed: "lastUpdateTime",
    most_top: 10_000,
    most_skip: None,
    orders: false,
    expand: Some("evidence"),
    incidents: false,
    says_tags: false,
    prefers_unknown_members: false,
};

const XDR_INCIDENTS: Rules = Rules {
    changed: "lastUpdateTime",
    most_top: 100,
    most_skip: None,
    orders: false,
    expand: None,
    incidents: true,
    says_tags: true,
    prefers_unknown_members: false,
};

/// The rules of an `OData` source; the legacy exporter has none, it answers everything in one list.
pub(crate) const fn odata(source: SourceId) -> Option<&'static Rules> {
    match source {
        SourceId::GraphAlerts => Some(&GRAPH_ALERTS),
        SourceId::GraphIncidents => Some(&GRAPH_INCIDENTS),
        SourceId::DefenderAlerts => Some(&DEFENDER_ALERTS),
        SourceId::XdrIncidents => Some(&XDR_INCIDENTS),
        SourceId::SiemDetections => None,
    }
}
