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

/// An alert in Graph.
pub(super) struct GraphAlert(pub(super) Alert);
/// An alert in Defender for Endpoint.
pub(super) struct DefenderAlert(pub(super) Alert);
/// An incident in Graph.
pub(super) struct GraphIncident(pub(super) Incident);
/// An incident in Defender XDR.
pub(super) struct XdrIncident(pub(super) Incident);

fn number(number: u64) -> Option<i64> {
    i64::try_from(number).ok()
}

fn time_of(alert: &Alert, of: TimeOf) -> Timestamp {
    match of {
        TimeOf::Update => alert.updated,
        TimeOf::Creation | TimeOf::LastEvent => alert.created(),
    }
}

fn number_of(alert: &Alert, of: NumberOf) -> Option<i64> {
    match of {
        NumberOf::Incident => number(alert.incident),
        NumberOf::Investigation => alert.investigation().and_then(number),
    }
}

impl Subject for GraphAlert {
    fn time(&self, of: TimeOf) -> Timestamp {
        time_of(&self.0, of)
    }

    fn number(&self, of: NumberOf) -> Option<i64> {
        number_of(&self.0, of)
    }

    fn text(&self, of: TextOf) -> Option<Cow<'_, str>> {
        let alert = &self.0;
        let resolved = alert.status.is_resolved();
        match of {
            TextOf::AssignedTo => alert.status.assigned_to(),
            TextOf::Category => Some(alert.category.name),
            TextOf::Classification => resolved.then_some("truePositive"),
            TextOf::DetectionSource => Some(alert.category.source.graph()),
            TextOf::Determination => resolved.then_some("malware"),
            TextOf::Id => return Some(alert.id().into()),
            TextOf::Incident => return Some(alert.incident.to_string().into()),
            TextOf::ServiceSource => Some(SERVICE_SOURCE),
            TextOf::Severity => Some(alert.severity.graph()),
            TextOf::Status => Some(alert.status.graph()),
        }
        .map(Cow::Borrowed)
    }
}

impl Subject for DefenderAlert {
    fn time(&self, of: TimeOf) -> Timestamp {
        time_of(&self.0, of)
    }

    fn number(&self, of: NumberOf) -> Option<i64> {
        number_of(&self.0, of)
    }

    fn text(&self, of: TextOf) -> Option<Cow<'_, str>> {
        let alert = &self.0;
        let resolved = alert.status.is_resolved();
        match of {
            TextOf::AssignedTo => alert.status.assigned_to(),
            TextOf::Category => Some(alert.category.name),
            TextOf::Classification => resolved.then_some("TruePositive"),
            TextOf::DetectionSource => Some(alert.category.source.defender()),
            TextOf::Determination => resolved.then_some("Malware"),
            TextOf::Id => return Some(alert.id().into()),
            TextOf::Incident => return Some(alert.incident.to_string().into()),
            TextOf::ServiceSource => Some("MicrosoftDefenderATP"),
            TextOf::Severity => Some(alert.severity.defender()),
            TextOf::Status => Some(alert.status.defender()),
        }
        .map(Cow::Borrowed)
    }
}

impl Subject for GraphIncident {
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
        let resolved = self.0.status.is_resolved();
        match of {
            TextOf::AssignedTo => self.0.assigned_to(),
            TextOf::Category | TextOf::DetectionSource | TextOf::ServiceSource => None,
            TextOf::Classification => Some(if resolved { "truePositive" } else { "unknown" }),
            TextOf::Determination => Some(if resolved { "malware" } else { "unknown" }),
            TextOf::Id | TextOf::Incident => return Some(self.0.id.to_string().into()),
            TextOf::Severity => Some(self.0.severity.graph()),
            TextOf::Status if self.0.awaits_action => Some("awaitingAction"),
            TextOf::Status => Some(self.0.status_in_graph()),
        }
        .map(Cow::Borrowed)
    }
}

impl Subject for XdrIncident {
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
        match of {
            TextOf::AssignedTo => self.0.assigned_to(),
            TextOf::Id | TextOf::Incident => return Some(self.0.id.to_string().into()),
            TextOf::Status => Some(self.0.status_in_xdr()),
            TextOf::Severity => Some(self.0.severity.defender()),
            TextOf::Category
            | TextOf::Classification
            | TextOf::DetectionSource
            | TextOf::Determination
            | TextOf::ServiceSource => None,
        }
        .map(Cow::Borrowed)
    }
}
