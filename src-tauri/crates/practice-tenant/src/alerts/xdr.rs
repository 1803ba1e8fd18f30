//! One incident in Defender XDR's form: its alerts with their devices and entities inside.
//!
//! Members and order are those of Microsoft's sample answer, and `deviceId` beside `mdatpDeviceId`, because the page's
//! table and its sample do not agree.

use super::evidence::Evidence;
use super::incident::Incident;
use super::pen::Pen;
use super::prepared::Machine;
use super::texts::Source;
use super::{Alert, Feed};

/// Writes one incident as JSON. Returns the place where its last description ends.
pub(crate) fn write(feed: &Feed, incident: &Incident, out: &mut Vec<u8>) -> usize {
    let resolved = incident.status.is_resolved();
    let mut pen = Pen::new(out);
    pen.raw(r#"{"incidentId":"#).number(incident.id);
    pen.raw(r#","incidentUri":""#).incident_link(feed, incident.id);
    pen.raw(r#"","redirectIncidentId":null,"incidentName":""#).raw(feed.title(&incident.first));
    pen.raw(r#"","createdTime":""#).time(incident.created);
    pen.raw(r#"","lastUpdateTime":""#).time(incident.updated);
    pen.raw(r#"","assignedTo":"#).quoted_or_null(incident.assigned_to());
    pen.raw(r#","classification":"#).quoted(if resolved { "TruePositive" } else { "Unknown" });
    pen.raw(r#","determination":"#).quoted(if resolved { "Malware" } else { "NotAvailable" });
    pen.raw(r#","detectionSource":""#).raw(incident.first.category.source.defender());
    pen.raw(r#"","status":""#).raw(incident.status_in_xdr());
    pen.raw(r#"","severity":""#).raw(incident.severity.defender());
    pen.raw(r#"","tags":[],"comments":[],"alerts":["#);
    let mut described = pen.place();
    for index in incident.alerts.clone() {
        if index != incident.alerts.start {
            pen.raw(",");
        }
        described = write_alert(&mut pen, feed, &feed.alert(index));
    }
    pen.raw("]}");
    described
}

fn write_alert(pen: &mut Pen<'_>, feed: &Feed, alert: &Alert) -> usize {
    let category = alert.category;
    let phrases = feed.phrases(alert);
    let machine = feed.machine(alert);
    let resolved = alert.status.is_resolved();
    pen.raw(r#"{"alertId":""#).id(alert).raw(r#"","providerAlertId":""#).id(alert);
    pen.raw(r#"","incidentId":"#).number(alert.incident);
    pen.raw(r#","serviceSource":"MicrosoftDefenderATP","creationTime":""#).time(alert.created());
    pen.raw(r#"","lastUpdatedTime":""#).time(alert.updated);
    pen.raw(r#"","resolvedTime":"#);
    if resolved {
        pen.quoted_time(alert.updated)
    } else {
        pen.raw("null")
    };
    pen.raw(r#","firstActivity":""#).time(alert.first_activity());
    pen.raw(r#"","lastActivity":""#).time(alert.created());
    pen.raw(r#"","title":""#).raw(feed.title(alert));
    pen.raw(r#"","description":""#).raw(&phrases.description);
    let described = pen.place();
    pen.raw(r#"","category":""#).raw(category.name);
    pen.raw(r#"","status":""#).raw(alert.status.defender());
    pen.raw(r#"","severity":""#).raw(alert.severity.defender());
    pen.raw(r#"","investigationId":"#);
    match alert.investigation() {
        Some(id) => pen.number(id),
        None => pen.raw("null"),
    };
    pen.raw(r#","investigationState":""#);
    pen.raw(if alert.investigation().is_some() { "SuccessfullyRemediated" } else { "UnsupportedAlertType" });
    pen.raw(r#"","classification":"#).quoted_or_null(resolved.then_some("TruePositive"));
    pen.raw(r#","determination":"#).quoted_or_null(resolved.then_some("Malware"));
    pen.raw(r#","detectionSource":""#).raw(category.source.defender());
    pen.raw(r#"","detectorId":""#).guid(alert, 20);
    pen.raw(r#"","assignedTo":"#).quoted_or_null(alert.status.assigned_to());
    pen.raw(r#","actorName":"#).quoted_or_null(alert.actor());
    pen.raw(r#","threatFamilyName":"#).quoted_or_null(Some(category.family));
    pen.raw(r#","mitreTechniques":"#).raw(&phrases.techniques);
    pen.raw(r#","devices":["#);
    device(pen, alert, machine);
    pen.raw(r#"],"entities":["#);
    for (place, entity) in Evidence::of(alert).enumerate() {
        pen.raw(if place == 0 { "" } else { "," });
        write_entity(pen, feed, alert, machine, entity);
    }
    pen.raw("]}");
    described
}

fn device(pen: &mut Pen<'_>, alert: &Alert, machine: &Machine) {
    pen.raw(r#"{"mdatpDeviceId":""#).raw(&machine.id).raw(r#"","deviceId":""#).raw(&machine.id);
    pen.raw(r#"","aadDeviceId":""#).raw(&machine.directory_id);
    pen.raw(r#"","deviceDnsName":""#).raw(&machine.dns_name);
    pen.raw(
        r#"","osPlatform":"Windows11","version":"24H2","osProcessor":"x64","osBuild":26100,"healthStatus":"Active","riskScore":""#,
    );
    pen.raw(alert.severity.defender());
    pen.raw(r#"","rbacGroupName":"#).quoted_or_null(Some(machine.group));
    pen.raw(r#","rbacGroupId":"#).number(machine.number % 4);
    pen.raw(r#","firstSeen":"2026-01-15T08:00:00Z","tags":"#).raw(&machine.tags);
    pen.raw(
        r#","defenderAvStatus":"Updated","onboardingStatus":"Onboarded","vmMetadata":null,"loggedOnUsers":[{"accountName":""#,
    );
    pen.raw(alert.user()).raw(r#"","domainName":"PRACTICE"}]}"#);
}

/// Every entity has every member; those that do not concern it are null.
fn write_entity(pen: &mut Pen<'_>, feed: &Feed, alert: &Alert, machine: &Machine, entity: Evidence) {
    let phrases = feed.phrases(alert);
    entity.begin(pen, alert);
    let blocked = alert.category.source == Source::Antivirus;
    pen.raw(r#"","verdict":""#).raw(if blocked { "Malicious" } else { "Suspicious" });
    pen.raw(r#"","remediationStatus":""#).raw(if blocked { "Remediated" } else { "None" });
    entity.file(pen, alert, phrases);
    entity.process(pen, alert, phrases);
    entity.network(pen);
    entity.account(pen, alert);
    pen.raw(r#","mailboxDisplayName":null,"mailboxAddress":null,"clusterBy":null,"sender":null,"recipient":null,"subject":null,"deliveryAction":null,"securityGroupId":null,"securityGroupName":null"#);
    pen.raw(if entity == Evidence::Registry {
        r#","registryHive":"HKEY_LOCAL_MACHINE","registryKey":"SOFTWARE\\Practice\\Run","registryValueType":"String","registryValue":"31-00-00-00""#
    } else {
        r#","registryHive":null,"registryKey":null,"registryValueType":null,"registryValue":null"#
    });
    pen.raw(r#","deviceId":""#).raw(&machine.id).raw(r#""}"#);
}
