//! One alert in Defender for Endpoint's form, with the members and the order of Microsoft's sample answer.

use super::evidence::Evidence;
use super::pen::Pen;
use super::{Alert, Feed};

/// Writes one alert as JSON; without `$expand` its evidence is empty. Returns the place where its description ends.
pub(crate) fn write(feed: &Feed, alert: &Alert, expanded: bool, out: &mut Vec<u8>) -> usize {
    let category = alert.category;
    let phrases = feed.phrases(alert);
    let machine = feed.machine(alert);
    let resolved = alert.status.is_resolved();
    let mut pen = Pen::new(out);
    pen.raw(r#"{"id":""#).id(alert).raw(r#"","incidentId":"#).number(alert.incident);
    pen.raw(r#","investigationId":"#);
    match alert.investigation() {
        Some(id) => pen.number(id),
        None => pen.raw("null"),
    };
    pen.raw(r#","assignedTo":"#).quoted_or_null(alert.status.assigned_to());
    pen.raw(r#","severity":""#).raw(alert.severity.defender());
    pen.raw(r#"","status":""#).raw(alert.status.defender());
    pen.raw(r#"","classification":"#).quoted_or_null(resolved.then_some("TruePositive"));
    pen.raw(r#","determination":"#).quoted_or_null(resolved.then_some("Malware"));
    pen.raw(r#","investigationState":""#);
    pen.raw(if alert.investigation().is_some() { "SuccessfullyRemediated" } else { "UnsupportedAlertType" });
    pen.raw(r#"","detectionSource":""#).raw(category.source.defender());
    pen.raw(r#"","detectorId":""#).guid(alert, 20);
    pen.raw(r#"","category":""#).raw(category.name);
    pen.raw(r#"","threatFamilyName":"#).quoted_or_null(Some(category.family));
    pen.raw(r#","title":""#).raw(feed.title(alert));
    pen.raw(r#"","description":""#).raw(&phrases.description);
    let described = pen.place();
    pen.raw(r#"","alertCreationTime":""#).time(alert.created());
    pen.raw(r#"","firstEventTime":""#).time(alert.first_activity());
    pen.raw(r#"","lastEventTime":""#).time(alert.created());
    pen.raw(r#"","lastUpdateTime":""#).time(alert.updated);
    pen.raw(r#"","resolvedTime":"#);
    if resolved {
        pen.quoted_time(alert.updated)
    } else {
        pen.raw("null")
    };
    pen.raw(r#","machineId":""#).raw(&machine.id);
    pen.raw(r#"","computerDnsName":""#).raw(&machine.dns_name);
    pen.raw(r#"","rbacGroupName":"#).quoted_or_null(Some(machine.group));
    pen.raw(r#","aadTenantId":""#).raw(feed.tenant());
    pen.raw(r#"","threatName":"#).quoted_or_null(Some(category.threat));
    pen.raw(r#","mitreTechniques":"#).raw(&phrases.techniques);
    pen.raw(r#","relatedUser":{"userName":""#).raw(alert.user());
    pen.raw(r#"","domainName":"PRACTICE"},"loggedOnUsers":[{"accountName":""#).raw(alert.user());
    pen.raw(r#"","domainName":"PRACTICE"}],"comments":[],"evidence":["#);
    if expanded {
        for (place, evidence) in Evidence::of(alert).enumerate() {
            pen.raw(if place == 0 { "" } else { "," });
            piece(&mut pen, feed, alert, evidence);
        }
    }
    pen.raw("]}");
    described
}

/// Every piece has every member; those that do not concern it are null.
fn piece(pen: &mut Pen<'_>, feed: &Feed, alert: &Alert, evidence: Evidence) {
    let phrases = feed.phrases(alert);
    evidence.begin(pen, alert);
    evidence.file(pen, alert, phrases);
    evidence.process(pen, alert, phrases);
    pen.raw(if evidence == Evidence::Process {
        r#","parentProcessFileName":"explorer.exe","parentProcessFilePath":"C:\\Windows""#
    } else {
        r#","parentProcessFileName":null,"parentProcessFilePath":null"#
    });
    evidence.network(pen);
    pen.raw(if evidence == Evidence::Registry {
        r#","registryKey":"SOFTWARE\\Practice\\Run","registryHive":"HKEY_LOCAL_MACHINE","registryValueType":"String","registryValue":"31-00-00-00""#
    } else {
        r#","registryKey":null,"registryHive":null,"registryValueType":null,"registryValue":null"#
    });
    evidence.account(pen, alert);
    pen.raw(r#","detectionStatus":"#).quoted_or_null(evidence.has_file().then_some("Detected")).raw("}");
}
