//! Alerts and incidents as each API's `$filter` sees them: property names from Microsoft's pages, values in the API's spelling.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::alerts::Alert;
use crate::alerts::graph::SERVICE_SOURCE;
use crate::alerts::incident::Incident;

use super::filter::{NumberOf, Property, Schema, Subject, TextOf, TimeOf};

/// Microsoft Graph's page on listing alerts, and `incidentId`, which is not on it but which public programs rely on.
pub(super) const GRAPH_ALERTS: Schema = &[
    ("assignedTo", Property::Text(TextOf::AssignedTo)),
    ("classification", Property::Text(TextOf::Classification)),
    ("createdDateTime", Property::Time(TimeOf::Creation)),
    ("determination", Property::Text(TextOf::Determination)),
    ("incidentId", Property::Text(TextOf::Incident)),
    ("lastUpdateDateTime", Property::Time(TimeOf::Update)),
    ("serviceSource", Property::Text(TextOf::ServiceSource)),
    ("severity", Property::Text(TextOf::Severity)),
    ("status", Property::Text(TextOf::Status)),
];

/// Microsoft Graph's page on listing incidents.
pub(super) const GRAPH_INCIDENTS: Schema = &[
    ("assignedTo", Property::Text(TextOf::AssignedTo)),
    ("classification", Property::Text(TextOf::Classification)),
    ("createdDateTime", Property::Time(TimeOf::Creation)),
    ("determination", Property::Text(TextOf::Determination)),
    ("lastUpdateDateTime", Property::Time(TimeOf::Update)),
    ("severity", Property::Text(TextOf::Severity)),
    ("status", Property::Text(TextOf::Status)),
];

/// Defender for Endpoint's page on listing alerts, which spells one name with a capital.
pub(super) const DEFENDER_ALERTS: Schema = &[
    ("alertCreationTime", Property::Time(TimeOf::Creation)),
    ("lastUpdateTime", Property::Time(TimeOf::Update)),
    ("lastEventTime", Property::Time(TimeOf::LastEvent)),
    ("incidentId", Property::Number(NumberOf::Incident)),
    ("investigationId", Property::Number(NumberOf::Investigation)),
    ("InvestigationId", Property::Number(NumberOf::Investigation)),
    ("id", Property::Text(TextOf::Id)),
    ("assignedTo", Property::Text(TextOf::AssignedTo)),
    ("detectionSource", Property::Text(TextOf::DetectionSource)),
    ("status", Property::Text(TextOf::Status)),
    ("severity", Property::Text(TextOf::Severity)),
    ("category", Property::Text(TextOf::Category)),
];

/// Defender XDR's page on listing incidents; severity is not among them.
pub(super) const XDR_INCIDENTS: Schema = &[
    ("lastUpdateTime", Property::Time(TimeOf::Update)),
    ("createdTime", Property::Time(TimeOf::Creation)),
    ("status", Property::Text(TextOf::Status)),
    ("assignedTo", Property::Text(TextOf::AssignedTo)),
];

/// Whose words a list is in.
#[derive(Clone, Copy)]
pub(super) enum Words {
    Graph,
    Defender,
}

impl Words {
    /// The one of two words that is this API's.
    const fn of(self, graph: &'static str, defender: &'static str) -> &'static str {
        match self {
            Self::Graph => graph,
            Self::Defender => defender,
        }
    }
}

/// An alert of a list.
pub(super) struct ListedAlert(pub(super) Alert, pub(super) Words);
/// An incident of a list.
pub(super) struct ListedIncident(pub(super) Incident, pub(super) Words);

fn number(number: u64) -> Option<i64> {
    i64::try_from(number).ok()
}

impl Subject for ListedAlert {
    fn time(&self, of: TimeOf) -> Timestamp {
        match of {
            TimeOf::Update => self.0.updated,
            TimeOf::Creation | TimeOf::LastEvent => self.0.created(),
        }
    }

    fn number(&self, of: NumberOf) -> Option<i64> {
        match of {
            NumberOf::Incident => number(self.0.incident),
            NumberOf::Investigation => self.0.investigation().and_then(number),
        }
    }

    fn text(&self, of: TextOf) -> Option<Cow<'_, str>> {
        let Self(alert, words) = self;
        let Alert { category, severity, status, .. } = alert;
        let resolved = status.is_resolved();
        match of {
            TextOf::AssignedTo => status.assigned_to(),
            TextOf::Category => Some(category.name),
            TextOf::Classification => resolved.then_some(words.of("truePositive", "TruePositive")),
            TextOf::DetectionSource => Some(words.of(category.source.graph(), category.source.defender())),
            TextOf::Determination => resolved.then_some(words.of("malware", "Malware")),
            TextOf::Id => return Some(alert.id().into()),
            TextOf::Incident => return Some(alert.incident.to_string().into()),
            TextOf::ServiceSource => Some(words.of(SERVICE_SOURCE, "MicrosoftDefenderATP")),
            TextOf::Severity => Some(words.of(severity.graph(), severity.defender())),
            TextOf::Status => Some(words.of(status.graph(), status.defender())),
        }
        .map(Cow::Borrowed)
    }
}

impl Subject for ListedIncident {
    fn time(&self, of: TimeOf) -> Timestamp {
        match of {
            TimeOf::Update => self.0.updated,
            TimeOf::Creation | TimeOf::LastEvent => self.0.created,
        }
    }

    fn number(&self, of: NumberOf) -> Option<i64> {
        match of {
            NumberOf::Incident => number(self.0.id),
            NumberOf::Investigation => None,
        }
    }

    fn text(&self, of: TextOf) -> Option<Cow<'_, str>> {
        let Self(incident, words) = self;
        // What Graph alone filters incidents by.
        let known = |resolved, unknown| match words {
            Words::Graph if incident.status.is_resolved() => Some(resolved),
            Words::Graph => Some(unknown),
            Words::Defender => None,
        };
        match of {
            TextOf::AssignedTo => incident.assigned_to(),
            TextOf::Category | TextOf::DetectionSource | TextOf::ServiceSource => None,
            TextOf::Classification => known("truePositive", "unknown"),
            TextOf::Determination => known("malware", "unknown"),
            TextOf::Id | TextOf::Incident => return Some(incident.id.to_string().into()),
            TextOf::Severity => Some(words.of(incident.severity.graph(), incident.severity.defender())),
            TextOf::Status => Some(match words {
                Words::Graph if incident.awaits_action => "awaitingAction",
                Words::Graph => incident.status_in_graph(),
                Words::Defender => incident.status_in_xdr(),
            }),
        }
        .map(Cow::Borrowed)
    }
}
