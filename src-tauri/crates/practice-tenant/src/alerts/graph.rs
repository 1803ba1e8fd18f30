//! One alert in Microsoft Graph's form (`microsoft.graph.security.alert`), with its evidence.

use serde_json::{Value, json};

use crate::clock::seven_digits;

use super::texts::Source;
use super::{Alert, Feed, Machine, Status};

/// The service behind every practice alert.
pub(crate) const SERVICE_SOURCE: &str = "microsoftDefenderForEndpoint";

/// Writes one alert as JSON.
pub(crate) fn write(
    feed: &Feed,
    alert: &Alert,
    huge: bool,
    out: &mut Vec<u8>,
) -> Result<(), serde_json::Error> {
    let category = alert.category;
    let id = alert.id();
    let incident = alert.incident().to_string();
    let resolved = alert.status == Status::Resolved;
    let assigned = (alert.status != Status::New).then_some("analyst@practice-provider.example");
    let body = json!({
        "id": id,
        "providerAlertId": id,
        "incidentId": incident,
        "status": alert.status.graph(),
        "severity": alert.severity.graph(),
        "classification": resolved.then_some("truePositive"),
        "determination": resolved.then_some("malware"),
        "serviceSource": SERVICE_SOURCE,
        "detectionSource": category.source.graph(),
        "productName": "Microsoft Defender for Endpoint",
        "detectorId": alert.guid(20),
        "tenantId": feed.tenant,
        "title": alert.title(),
        "description": alert.description(huge),
        "recommendedActions": "Collect the files named below, look for them on other devices, and reset the accounts involved.",
        "category": category.name,
        "assignedTo": assigned,
        "alertWebUrl": feed.link("alerts", &id),
        "incidentWebUrl": feed.link("incidents", &incident),
        "actorDisplayName": alert.index.is_multiple_of(11).then_some("BORON"),
        "threatDisplayName": (!category.threat.is_empty()).then_some(category.threat),
        "threatFamilyName": (!category.family.is_empty()).then_some(category.family),
        "mitreTechniques": category.techniques,
        "createdDateTime": seven_digits(alert.created()),
        "lastUpdateDateTime": seven_digits(alert.updated),
        "resolvedDateTime": resolved.then(|| seven_digits(alert.updated)),
        "firstActivityDateTime": seven_digits(alert.first_activity()),
        "lastActivityDateTime": seven_digits(alert.created()),
        "alertPolicyId": null,
        "additionalData": null,
        "comments": [],
        "customDetails": {},
        "systemTags": [],
        "evidence": evidence(alert),
    });
    serde_json::to_writer(out, &body)
}

fn evidence(alert: &Alert) -> Vec<Value> {
    let machine = alert.machine();
    let created = seven_digits(alert.created());
    let mut evidence = vec![
        device(alert, &machine, &created),
        common(
            "fileEvidence",
            alert,
            &created,
            &json!({
                "detectionStatus": "detected",
                "mdeDeviceId": machine.id(alert.seed),
                "fileDetails": file(alert),
            }),
        ),
        common(
            "processEvidence",
            alert,
            &created,
            &json!({
                "processId": 1000 + alert.lane(30) % 60_000,
                "parentProcessId": 500 + alert.lane(31) % 400,
                "processCommandLine": alert.category.command,
                "processCreationDateTime": seven_digits(alert.first_activity()),
                "parentProcessCreationDateTime": seven_digits(alert.first_activity()),
                "detectionStatus": "detected",
                "mdeDeviceId": machine.id(alert.seed),
                "imageFile": file(alert),
                "parentProcessImageFile": {
                    "sha1": null, "sha256": null, "fileName": "explorer.exe", "filePath": "C:\\Windows", "fileSize": null,
                    "filePublisher": "Microsoft Corporation", "signer": null, "issuer": null,
                },
                "userAccount": account(alert),
            }),
        ),
        common("userEvidence", alert, &created, &json!({ "userAccount": account(alert), "stream": null })),
    ];
    if alert.category.source == Source::SmartScreen {
        evidence.push(common(
            "ipEvidence",
            alert,
            &created,
            &json!({
                "ipAddress": "203.0.113.77", "countryLetterCode": null, "location": null, "stream": null,
            }),
        ));
        evidence.push(common(
            "urlEvidence",
            alert,
            &created,
            &json!({ "url": "https://control.contoso.example/beat" }),
        ));
    }
    evidence
}

/// What all evidence has, and then its own.
fn common(kind: &str, alert: &Alert, created: &str, own: &Value) -> Value {
    let blocked = alert.category.source == Source::Antivirus;
    let mut all = json!({
        "@odata.type": format!("#microsoft.graph.security.{kind}"),
        "createdDateTime": created,
        "verdict": if blocked { "malicious" } else { "suspicious" },
        "remediationStatus": if blocked { "remediated" } else { "none" },
        "remediationStatusDetails": null,
        "roles": [],
        "detailedRoles": [],
        "tags": [],
    });
    if let (Some(all), Some(own)) = (all.as_object_mut(), own.as_object()) {
        all.extend(own.clone());
    }
    all
}

fn device(alert: &Alert, machine: &Machine, created: &str) -> Value {
    let tags: Vec<&str> =
        [machine.device_tag, machine.cloud_tag].into_iter().filter(|tag| !tag.is_empty()).collect();
    common(
        "deviceEvidence",
        alert,
        created,
        &json!({
            "firstSeenDateTime": "2026-01-15T08:00:00Z",
            "mdeDeviceId": machine.id(alert.seed),
            "azureAdDeviceId": alert.guid(40),
            "deviceDnsName": machine.dns_name(),
            "hostName": machine.name,
            "ntDomain": null,
            "dnsDomain": Machine::DOMAIN,
            "osPlatform": "Windows11",
            "osBuild": 26100,
            "version": "24H2",
            "healthStatus": "active",
            "riskScore": alert.severity.graph(),
            "rbacGroupId": machine.number % 4,
            "rbacGroupName": machine.group,
            "onboardingStatus": "onboarded",
            "defenderAvStatus": "updated",
            "ipInterfaces": [machine.address(), "fe80::1", "127.0.0.1"],
            "vmMetadata": null,
            "loggedOnUsers": [{ "accountName": alert.user(), "domainName": "PRACTICE" }],
            "roles": ["compromised"],
            "tags": tags,
        }),
    )
}

fn file(alert: &Alert) -> Value {
    let antivirus = alert.category.source == Source::Antivirus;
    json!({
        "sha1": alert.digest(10, 40),
        "sha256": antivirus.then(|| alert.digest(16, 64)),
        "fileName": alert.category.file,
        "filePath": "C:\\Users\\Public\\Downloads",
        "fileSize": 4096 + alert.lane(32) % 1_000_000,
        "filePublisher": null,
        "signer": null,
        "issuer": null,
    })
}

fn account(alert: &Alert) -> Value {
    json!({
        "accountName": alert.user(),
        "domainName": "PRACTICE",
        "userSid": format!("S-1-5-21-1004336348-1177238915-682003330-{}", 1000 + alert.lane(5) % 500),
        "azureAdUserId": null,
        "userPrincipalName": format!("{}@{}", alert.user(), Machine::DOMAIN),
        "displayName": null,
    })
}
