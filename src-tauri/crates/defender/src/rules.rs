//! How each source is asked: names on the wire, page sizes, and what it can do by itself.
//!
//! Facts of the five APIs, nothing that was chosen; how far one question reaches is data of the catalogue. Sources:
//! Microsoft Graph `security-list-alerts_v2`, `security-list-incidents` and `security-error-codes` (Constraints);
//! Defender `get-alerts` and `api-list-incidents`; the SIEM exporter's `pull-alerts-using-rest-api`.

use std::sync::LazyLock;

use catalog::{Source, SourceId};

use crate::query::{Query, Severity, Status};

/// How one `OData` source is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    /// Member with the time of the last change, also the name in `$filter`.
    pub(crate) changed: &'static str,
    /// Largest `$top` that is asked for: Graph and Defender for Endpoint clamp a larger one, Defender XDR refuses it.
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
    /// How `$filter` spells severity and state of an alert, where it knows them. Of incidents it knows the incident's
    /// own, which are not those of its alerts.
    pub(crate) spelling: Option<Spelling>,
    /// What divides the elements of one instant, where `$skip` cannot reach them all.
    pub(crate) parts: &'static [Part],
}

/// A member that divides what is too much for one question, and the values by which it does.
pub(crate) type Part = (&'static str, &'static [&'static str]);

/// How an API spells the members of its enumerations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spelling {
    /// `inProgress`.
    Camel,
    /// `InProgress`.
    Pascal,
}

impl Spelling {
    const fn severity(self, severity: Severity) -> &'static str {
        match (self, severity) {
            (Self::Camel, severity) => severity.as_str(),
            (Self::Pascal, Severity::Informational) => "Informational",
            (Self::Pascal, Severity::Low) => "Low",
            (Self::Pascal, Severity::Medium) => "Medium",
            (Self::Pascal, Severity::High) => "High",
        }
    }

    const fn status(self, status: Status) -> &'static str {
        match (self, status) {
            (Self::Camel, Status::New) => "new",
            (Self::Camel, Status::InProgress) => "inProgress",
            (Self::Camel, Status::Resolved) => "resolved",
            (Self::Pascal, Status::New) => "New",
            (Self::Pascal, Status::InProgress) => "InProgress",
            (Self::Pascal, Status::Resolved) => "Resolved",
        }
    }
}

impl Rules {
    /// The same list along the time of creation instead of that of the last change, where `$skip` has an end.
    pub(crate) fn by_creation(&self) -> Option<&'static Rules> {
        let by_creation = if self.incidents { &INCIDENTS_BY_CREATION } else { &ALERTS_BY_CREATION };
        self.most_skip.map(|_| &**by_creation)
    }

    /// What of a query `$filter` can say besides the window of time.
    pub(crate) fn clauses(&self, query: &Query) -> Vec<String> {
        let Some(spelling) = self.spelling else { return Vec::new() };
        let severities = query.severities.iter().map(|severity| ("severity", spelling.severity(*severity)));
        let statuses = query.statuses.iter().map(|status| ("status", spelling.status(*status)));
        [severities.collect::<Vec<_>>(), statuses.collect()]
            .into_iter()
            .filter(|choices| !choices.is_empty())
            .map(|choices| {
                let either: Vec<_> =
                    choices.iter().map(|(member, value)| format!("{member} eq '{value}'")).collect();
                if either.len() > 1 { format!("({})", either.join(" or ")) } else { either.concat() }
            })
            .collect()
    }
}

const SEVERITIES: Part = ("severity", &["informational", "low", "medium", "high"]);

/// Where no published figure says how large a page may be.
const USUAL_TOP: u64 = 100;

/// How far one question reaches, from the catalogue.
fn reach(source: SourceId, mut rules: Rules) -> Rules {
    let pages = Source::get(source).pages;
    let most_top = if rules.incidents { pages.top_with_alerts.or(pages.most_top) } else { pages.most_top };
    rules.most_top = most_top.unwrap_or(USUAL_TOP);
    rules.most_skip = pages.most_skip;
    rules
}

static ALERTS_BY_CREATION: LazyLock<Rules> =
    LazyLock::new(|| Rules { changed: "createdDateTime", ..*GRAPH_ALERTS });
static INCIDENTS_BY_CREATION: LazyLock<Rules> =
    LazyLock::new(|| Rules { changed: "createdDateTime", ..*GRAPH_INCIDENTS });

/// An API that can do nothing by itself: each names what it can.
const PLAIN: Rules = Rules {
    changed: "lastUpdateTime",
    most_top: USUAL_TOP,
    most_skip: None,
    orders: false,
    expand: None,
    incidents: false,
    says_tags: false,
    prefers_unknown_members: false,
    spelling: None,
    parts: &[],
};

const GRAPH: Rules = Rules {
    changed: "lastUpdateDateTime",
    orders: true,
    says_tags: true,
    prefers_unknown_members: true,
    ..PLAIN
};

static GRAPH_ALERTS: LazyLock<Rules> = LazyLock::new(|| {
    let parts = &[SEVERITIES, ("status", &["new", "inProgress", "resolved"] as &[_])];
    reach(SourceId::GraphAlerts, Rules { spelling: Some(Spelling::Camel), parts, ..GRAPH })
});

static GRAPH_INCIDENTS: LazyLock<Rules> = LazyLock::new(|| {
    let parts = &[SEVERITIES, ("status", &["active", "inProgress", "resolved"] as &[_])];
    reach(SourceId::GraphIncidents, Rules { expand: Some("alerts"), incidents: true, parts, ..GRAPH })
});

static DEFENDER_ALERTS: LazyLock<Rules> = LazyLock::new(|| {
    let spelling = Some(Spelling::Pascal);
    reach(SourceId::DefenderAlerts, Rules { expand: Some("evidence"), spelling, ..PLAIN })
});

static XDR_INCIDENTS: LazyLock<Rules> =
    LazyLock::new(|| reach(SourceId::XdrIncidents, Rules { incidents: true, says_tags: true, ..PLAIN }));

/// The rules of an `OData` source; the legacy exporter has none, it answers everything in one list.
pub(crate) fn odata(source: SourceId) -> Option<&'static Rules> {
    match source {
        SourceId::GraphAlerts => Some(&GRAPH_ALERTS),
        SourceId::GraphIncidents => Some(&GRAPH_INCIDENTS),
        SourceId::DefenderAlerts => Some(&DEFENDER_ALERTS),
        SourceId::XdrIncidents => Some(&XDR_INCIDENTS),
        SourceId::SiemDetections => None,
    }
}
