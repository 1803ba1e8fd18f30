//! Alerts and incidents in Microsoft Graph's form (`microsoft.graph.security.alert` and `.incident`), with evidence.
//!
//! Members stand in the order of Microsoft's reference pages.

use super::incident::Incident;
use super::pen::Pen;
use super::prepared::{DOMAIN, Machine};
use super::texts::{CONTROL_ADDRESS, CONTROL_URL, FILE_PATH, Source};
use super::{Alert, Feed};

/// The service behind every practice alert.
pub(crate) const SERVICE_SOURCE: &str = "microsoftDefenderForEndpoint";
/// What a client reads in place of a member of an enumeration that it did not ask for.
pub(crate) const UNKNOWN_MEMBER: &str = "unknownFutureValue";

/// Writes one alert as JSON. Returns the place where its description ends.
pub(crate) fn write(feed: &Feed, alert: &Alert, out: &mut Vec<u8>) -> usize {
    let category = alert.category;
    let phrases = feed.phrases(alert);
    let resolved = alert.status.is_resolved();
    let mut pen = Pen::new(out);
    pen.raw(r#"{"id":""#).id(alert).raw(r#"","providerAlertId":""#).id(alert);
    pen.raw(r#"","incidentId":""#).number(alert.incident);
    pen.raw(r#"","status":""#).raw(alert.status.graph());
    pen.raw(r#"","severity":""#).raw(alert.severity.graph());
    pen.raw(r#"","classification":"#).quoted_or_null(resolved.then_some("truePositive"));
    pen.raw(r#","determination":"#).quoted_or_null(resolved.then_some("malware"));
    pen.raw(r#","serviceSource":""#).raw(SERVICE_SOURCE);
    pen.raw(r#"","detectionSource":""#).raw(category.source.graph());
    pen.raw(r#"","productName":"Microsoft Defender for Endpoint","detectorId":""#).guid(alert, 20);
    pen.raw(r#"","tenantId":""#).raw(feed.tenant());
    pen.raw(r#"","title":""#).raw(feed.title(alert));
    pen.raw(r#"","description":""#).raw(&phrases.description);
    let described = pen.place();
    pen.raw(
        r#"","recommendedActions":"Collect the files named below, look for them on other devices, and reset the accounts involved.","category":""#,
    );
    pen.raw(category.name);
    pen.raw(r#"","assignedTo":"#).quoted_or_null(alert.status.assigned_to());
    pen.raw(r#","alertWebUrl":""#).alert_link(feed, alert);
    pen.raw(r#"","incidentWebUrl":""#).incident_link(feed, alert.incident);
    pen.raw(r#"","actorDisplayName":"#).quoted_or_null(alert.actor());
    pen.raw(r#","threatDisplayName":"#).quoted_or_null(Some(category.threat));
    pen.raw(r#","threatFamilyName":"#).quoted_or_null(Some(category.family));
    pen.raw(r#","mitreTechniques":"#).raw(&phrases.techniques);
    pen.raw(r#","createdDateTime":""#).time(alert.created());
    pen.raw(r#"","lastUpdateDateTime":""#).time(alert.updated);
    pen.raw(r#"","resolvedDateTime":"#);
    if resolved {
        pen.quoted_time(alert.updated)
    } else {
        pen.raw("null")
    };
    pen.raw(r#","firstActivityDateTime":""#).time(alert.first_activity());
    pen.raw(r#"","lastActivityDateTime":""#).time(alert.created());
    pen.raw(
        r#"","alertPolicyId":null,"additionalData":null,"comments":[],"customDetails":{},"systemTags":[],"evidence":["#,
    );
    evidence(&mut pen, feed, alert);
    pen.raw("]}");
    described
}

/// Writes one incident as JSON, with its alerts if they are asked for; `newer` shows the newer members of enumerations.
/// Returns the place where the last description ends.
pub(crate) fn write_incident(
    feed: &Feed,
    incident: &Incident,
    with_alerts: bool,
    newer: bool,
    out: &mut Vec<u8>,
) -> usize {
    let resolved = incident.status.is_resolved();
    let status = match (incident.awaits_action, newer) {
        (true, true) => "awaitingAction",
        (true, false) => UNKNOWN_MEMBER,
        (false, _) => incident.status_in_graph(),
    };
    let mut pen = Pen::new(out);
    pen.raw(r#"{"id":""#).number(incident.id);
    pen.raw(r#"","incidentWebUrl":""#).incident_link(feed, incident.id);
    pen.raw(r#"","redirectIncidentId":null,"tenantId":""#).raw(feed.tenant());
    pen.raw(r#"","displayName":""#).raw(feed.title(&incident.first));
    pen.raw(r#"","createdDateTime":""#).time(incident.created);
    pen.raw(r#"","lastUpdateDateTime":""#).time(incident.updated);
    pen.raw(r#"","assignedTo":"#).quoted_or_null(incident.assigned_to());
    pen.raw(r#","classification":"#).quoted(if resolved { "truePositive" } else { "unknown" });
    pen.raw(r#","determination":"#).quoted(if resolved { "malware" } else { "unknown" });
    pen.raw(r#","status":""#).raw(status);
    pen.raw(r#"","severity":""#).raw(incident.severity.graph());
    pen.raw(r#"","customTags":[],"comments":[],"systemTags":[],"description":""#);
    pen.raw(&feed.phrases(&incident.first).description);
    let mut described = pen.place();
    pen.raw(r#"","lastModifiedBy":null,"resolvingComment":null,"summary":null"#);
    if with_alerts {
        out.extend_from_slice(br#","alerts":["#);
        for index in incident.alerts.clone() {
            if index != incident.alerts.start {
                out.push(b',');
            }
            described = write(feed, &feed.alert(index), out);
        }
        out.push(b']');
    }
    out.push(b'}');
    described
}

/// Opens a piece of evidence: what all evidence has.
fn open(pen: &mut Pen<'_>, kind: &str, alert: &Alert, role: &str, tags: &str) {
    let blocked = alert.category.source == Source::Antivirus;
    pen.raw(r##"{"@odata.type":"#microsoft.graph.security."##).raw(kind);
    pen.raw(r#"","createdDateTime":""#).time(alert.created());
    pen.raw(r#"","verdict":""#).raw(if blocked { "malicious" } else { "suspicious" });
    pen.raw(r#"","remediationStatus":""#).raw(if blocked { "remediated" } else { "none" });
    pen.raw(r#"","remediationStatusDetails":null,"roles":"#).raw(role);
    pen.raw(r#","detailedRoles":[],"tags":"#).raw(tags);
}

fn evidence(pen: &mut Pen<'_>, feed: &Feed, alert: &Alert) {
    let machine = feed.machine(alert);
    device(pen, alert, machine);
    pen.raw(",");
    open(pen, "fileEvidence", alert, "[]", "[]");
    pen.raw(r#","detectionStatus":"detected","mdeDeviceId":""#).raw(&machine.id);
    pen.raw(r#"","fileDetails":"#);
    file(pen, feed, alert);
    pen.raw("},");
    open(pen, "processEvidence", alert, "[]", "[]");
    pen.raw(r#","processId":"#).number(1000 + alert.lane(30) % 60_000);
    pen.raw(r#","parentProcessId":"#).number(500 + alert.lane(31) % 400);
    pen.raw(r#","processCommandLine":""#).raw(&feed.phrases(alert).command);
    pen.raw(r#"","processCreationDateTime":""#).time(alert.first_activity());
    pen.raw(r#"","parentProcessCreationDateTime":""#).time(alert.first_activity());
    pen.raw(r#"","detectionStatus":"detected","mdeDeviceId":""#).raw(&machine.id);
    pen.raw(r#"","imageFile":"#);
    file(pen, feed, alert);
    pen.raw(
        r#","parentProcessImageFile":{"sha1":null,"sha256":null,"fileName":"explorer.exe","filePath":"C:\\Windows","fileSize":null,"filePublisher":"Microsoft Corporation","signer":null,"issuer":null},"userAccount":"#,
    );
    account(pen, alert);
    pen.raw("},");
    open(pen, "userEvidence", alert, "[]", "[]");
    pen.raw(r#","userAccount":"#);
    account(pen, alert);
    pen.raw(r#","stream":null}"#);
    if alert.category.source == Source::SmartScreen {
        pen.raw(",");
        open(pen, "ipEvidence", alert, "[]", "[]");
        pen.raw(r#","ipAddress":""#).raw(CONTROL_ADDRESS);
        pen.raw(r#"","countryLetterCode":null,"location":null,"stream":null},"#);
        open(pen, "urlEvidence", alert, "[]", "[]");
        pen.raw(r#","url":""#).raw(CONTROL_URL).raw(r#""}"#);
    }
    if alert.index % 9 == 4 {
        pen.raw(",");
        open(pen, "registryKeyEvidence", alert, "[]", "[]");
        pen.raw(r#","registryHive":"HKEY_LOCAL_MACHINE","registryKey":"SOFTWARE\\Practice\\Run"},"#);
        open(pen, "registryValueEvidence", alert, "[]", "[]");
        pen.raw(
            r#","registryHive":"HKEY_LOCAL_MACHINE","registryKey":"SOFTWARE\\Practice\\Run","registryValue":"31-00-00-00","registryValueName":"Updater","registryValueType":"String","mdeDeviceId":""#,
        );
        pen.raw(&machine.id).raw(r#""}"#);
    }
}

fn device(pen: &mut Pen<'_>, alert: &Alert, machine: &Machine) {
    open(pen, "deviceEvidence", alert, r#"["compromised"]"#, &machine.tags);
    pen.raw(r#","firstSeenDateTime":"2026-01-15T08:00:00Z","mdeDeviceId":""#).raw(&machine.id);
    pen.raw(r#"","azureAdDeviceId":""#).raw(&machine.directory_id);
    pen.raw(r#"","deviceDnsName":""#).raw(&machine.dns_name);
    pen.raw(r#"","hostName":""#).raw(&machine.name);
    pen.raw(r#"","ntDomain":null,"dnsDomain":""#).raw(DOMAIN);
    pen.raw(
        r#"","osPlatform":"Windows11","osBuild":26100,"version":"24H2","healthStatus":"active","riskScore":""#,
    );
    pen.raw(alert.severity.graph());
    pen.raw(r#"","rbacGroupId":"#).number(machine.number % 4);
    pen.raw(r#","rbacGroupName":""#).raw(machine.group);
    pen.raw(r#"","onboardingStatus":"onboarded","defenderAvStatus":"updated","ipInterfaces":[""#);
    pen.raw(&machine.address);
    pen.raw(r#"","fe80::1","127.0.0.1"],"vmMetadata":null,"loggedOnUsers":[{"accountName":""#);
    pen.raw(alert.user()).raw(r#"","domainName":"PRACTICE"}]}"#);
}

fn file(pen: &mut Pen<'_>, feed: &Feed, alert: &Alert) {
    pen.raw(r#"{"sha1":""#).digest(alert, 10, 40);
    if alert.category.source == Source::Antivirus {
        pen.raw(r#"","sha256":""#).digest(alert, 16, 64).raw(r#"","fileName":""#);
    } else {
        pen.raw(r#"","sha256":null,"fileName":""#);
    }
    pen.raw(&feed.phrases(alert).file).raw(r#"","filePath":""#).raw(FILE_PATH);
    pen.raw(r#"","fileSize":"#).number(4096 + alert.lane(32) % 1_000_000);
    pen.raw(r#","filePublisher":null,"signer":null,"issuer":null}"#);
}

fn account(pen: &mut Pen<'_>, alert: &Alert) {
    pen.raw(r#"{"accountName":""#).raw(alert.user());
    pen.raw(r#"","domainName":"PRACTICE","userSid":"S-1-5-21-1004336348-1177238915-682003330-"#);
    pen.number(1000 + alert.lane(5) % 500);
    pen.raw(r#"","azureAdUserId":null,"userPrincipalName":""#).raw(alert.user()).raw("@").raw(DOMAIN);
    pen.raw(r#"","displayName":null}"#);
}
