//! One alert in Defender for Endpoint's form, with the members and the order of Microsoft's sample answer.

use super::pen::Pen;
use super::prepared::DOMAIN;
use super::texts::{CONTROL_ADDRESS, CONTROL_URL, FILE_PATH, Source};
use super::{Alert, Feed};

/// What a piece of evidence is about.
enum Evidence {
    User,
    Process,
    File,
    Ip,
    Url,
    Registry,
}

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
        for (place, evidence) in evidence_of(alert).enumerate() {
            pen.raw(if place == 0 { "" } else { "," });
            piece(&mut pen, feed, alert, &evidence);
        }
    }
    pen.raw("]}");
    described
}

fn evidence_of(alert: &Alert) -> impl Iterator<Item = Evidence> {
    let network = alert.category.source == Source::SmartScreen;
    let registry = alert.index % 9 == 4;
    [Evidence::User, Evidence::Process, Evidence::File]
        .into_iter()
        .chain([Evidence::Ip, Evidence::Url].into_iter().filter(move |_| network))
        .chain([Evidence::Registry].into_iter().filter(move |_| registry))
}

/// Every piece has every member; those that do not concern it are null.
fn piece(pen: &mut Pen<'_>, feed: &Feed, alert: &Alert, evidence: &Evidence) {
    let phrases = feed.phrases(alert);
    let (kind, user, process, file) = match evidence {
        Evidence::User => ("User", true, false, false),
        Evidence::Process => ("Process", false, true, true),
        Evidence::File => ("File", false, false, true),
        Evidence::Ip => ("Ip", false, false, false),
        Evidence::Url => ("Url", false, false, false),
        Evidence::Registry => ("Registry", false, false, false),
    };
    pen.raw(r#"{"entityType":""#).raw(kind).raw(r#"","evidenceCreationTime":""#).time(alert.created());
    if file {
        pen.raw(r#"","sha1":""#).digest(alert, 10, 40);
        if alert.category.source == Source::Antivirus {
            pen.raw(r#"","sha256":""#).digest(alert, 16, 64).raw(r#"","fileName":""#);
        } else {
            pen.raw(r#"","sha256":null,"fileName":""#);
        }
        pen.raw(&phrases.file).raw(r#"","filePath":""#).raw(FILE_PATH).raw("\"");
    } else {
        pen.raw(r#"","sha1":null,"sha256":null,"fileName":null,"filePath":null"#);
    }
    if process {
        pen.raw(r#","processId":"#).number(1000 + alert.lane(30) % 60_000);
        pen.raw(r#","processCommandLine":""#).raw(&phrases.command);
        pen.raw(r#"","processCreationTime":""#).time(alert.first_activity());
        pen.raw(r#"","parentProcessId":"#).number(500 + alert.lane(31) % 400);
        pen.raw(r#","parentProcessCreationTime":""#).time(alert.first_activity());
        pen.raw(r#"","parentProcessFileName":"explorer.exe","parentProcessFilePath":"C:\\Windows""#);
    } else {
        pen.raw(r#","processId":null,"processCommandLine":null,"processCreationTime":null,"parentProcessId":null,"parentProcessCreationTime":null,"parentProcessFileName":null,"parentProcessFilePath":null"#);
    }
    pen.raw(r#","ipAddress":"#);
    pen.quoted_or_null(matches!(evidence, Evidence::Ip).then_some(CONTROL_ADDRESS));
    pen.raw(r#","url":"#).quoted_or_null(matches!(evidence, Evidence::Url).then_some(CONTROL_URL));
    pen.raw(if matches!(evidence, Evidence::Registry) {
        r#","registryKey":"SOFTWARE\\Practice\\Run","registryHive":"HKEY_LOCAL_MACHINE","registryValueType":"String","registryValue":"31-00-00-00""#
    } else {
        r#","registryKey":null,"registryHive":null,"registryValueType":null,"registryValue":null"#
    });
    if user {
        pen.raw(r#","accountName":""#).raw(alert.user());
        pen.raw(r#"","domainName":"PRACTICE","userSid":"S-1-5-21-1004336348-1177238915-682003330-"#);
        pen.number(1000 + alert.lane(5) % 500);
        pen.raw(r#"","aadUserId":null,"userPrincipalName":""#).raw(alert.user()).raw("@").raw(DOMAIN);
        pen.raw(r#"","detectionStatus":null}"#);
    } else {
        pen.raw(r#","accountName":null,"domainName":null,"userSid":null,"aadUserId":null,"userPrincipalName":null,"detectionStatus":"#);
        pen.quoted_or_null(file.then_some("Detected")).raw("}");
    }
}
