//! Alerts of every source under the legacy names, Microsoft's own samples first.

use catalog::SourceId;
use serde_json::{Value, json};

use super::{LEGACY_FIELDS, LegacyDetection};

fn legacy(source: SourceId, alert: &Value) -> Value {
    let written = serde_json::to_string(&LegacyDetection::read(source, &alert.to_string())).unwrap();
    let value: Value = serde_json::from_str(&written).unwrap();
    assert_eq!(value.as_object().unwrap().len(), LEGACY_FIELDS.len());
    value
}

/// The sample of Microsoft's page on pulling detections, every member of it.
const SAMPLE: &str = r#"{"AlertTime":"2020-09-30T14:09:20.35743Z","ComputerDnsName":"mymachine1.domain.com",
    "AlertTitle":"Suspicious File Activity","Category":"Malware","Severity":"High",
    "AlertId":"da637370718981685665_16349121","Actor":"",
    "LinkToWDATP":"https://securitycenter.windows.com/alert/da637370718981685665_16349121",
    "IocName":"","IocValue":"","CreatorIocName":"","CreatorIocValue":"",
    "Sha1":"aabbccddee1122334455aabbccddee1122334455","FileName":"cmdParent.exe",
    "FilePath":"C:\\WINDOWS\\SysWOW64\\boo3\\qwerty","IpAddress":"","Url":"",
    "IoaDefinitionId":"b20af1d2-5990-4672-87f1-acc2a8ff7725","UserName":"","AlertPart":0,
    "FullId":"da637370718981685665_16349121:x=","LastProcessedTimeUtc":"2020-09-30T14:11:44.0779765Z",
    "ThreatCategory":"","ThreatFamily":"","ThreatName":"","RemediationAction":"",
    "RemediationIsSuccess":null,"Source":"EDR","Md5":"854b85cbff2752fcb88606bca76f83c6",
    "Sha256":"","WasExecutingWhileDetected":null,"UserDomain":"","LogOnUsers":"",
    "MachineDomain":"domain.com","MachineName":"mymachine1","InternalIPv4List":"",
    "InternalIPv6List":"","FileHash":"aabbccddee1122334455aabbccddee1122334455",
    "DeviceID":"deadbeef000040830ee54503926f556dcaf82bb0","MachineGroup":"",
    "Description":"Test Alert","DeviceCreatedMachineTags":"","CloudCreatedMachineTags":"",
    "CommandLine":"","IncidentLinkToWDATP":"https://securitycenter.windows.com/incidents/x",
    "ReportID":1053729833,"LinkToMTP":"https://security.microsoft.com/alert/x",
    "IncidentLinkToMTP":"https://security.microsoft.com/incidents/x",
    "ExternalId":"31DD0A845DDA4059FDEDE031014645350AECABD3","IocUniqueId":"x="}"#;

fn sample() -> Value {
    serde_json::from_str(SAMPLE).unwrap()
}

#[test]
fn a_detection_is_itself_whatever_its_page_calls_its_members() {
    assert_eq!(legacy(SourceId::SiemDetections, &sample()), sample());
    let shouted: serde_json::Map<_, _> = sample()
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| {
            let name = if name == "ThreatFamily" { "threatFamilyName" } else { name };
            (name.to_ascii_uppercase(), value.clone())
        })
        .collect();
    assert_eq!(legacy(SourceId::SiemDetections, &Value::Object(shouted)), sample());
}

#[test]
fn a_graph_alert_reads_as_microsofts_table_says() {
    let alert = json!({
        "id": "da1", "createdDateTime": "2026-11-20T10:00:00.1234567Z",
        "lastActivityDateTime": "2026-11-20T10:01:00Z", "lastUpdateDateTime": "2026-11-20T10:02:00Z",
        "title": "t", "category": "Malware", "severity": "high", "description": "d",
        "actorDisplayName": "BORON", "alertWebUrl": "https://portal.example/a",
        "incidentWebUrl": "https://portal.example/i", "detectorId": "det", "detectionSource": "antivirus",
        "serviceSource": "microsoftDefenderForEndpoint", "threatFamilyName": "fam",
        "threatDisplayName": "thr", "mitreTechniques": ["T1059", "T1105"],
        "evidence": [
            {"@odata.type": "#microsoft.graph.security.deviceEvidence", "mdeDeviceId": "m1",
             "deviceDnsName": "pc1.contoso.example", "rbacGroupName": "UK", "tags": ["vip", "lab"],
             "remediationStatus": "none", "ipInterfaces": ["10.0.0.1", "fe80::1"],
             "loggedOnUsers": [{"accountName": "liz", "domainName": "contoso"}]},
            {"@odata.type": "#microsoft.graph.security.fileEvidence", "mdeDeviceId": "m1",
             "remediationStatus": "remediated",
             "fileDetails": {"sha1": "s1", "sha256": "s2", "fileName": "f.exe", "filePath": "C:\\f"}},
            {"@odata.type": "#microsoft.graph.security.processEvidence", "processCommandLine": "f.exe /x",
             "detectionStatus": "prevented", "imageFile": {"sha1": "other"}},
            {"@odata.type": "#microsoft.graph.security.userEvidence",
             "userAccount": {"accountName": "kim", "domainName": "contoso"}},
            {"@odata.type": "#microsoft.graph.security.ipEvidence", "ipAddress": "203.0.113.9"},
            {"@odata.type": "#microsoft.graph.security.urlEvidence", "url": "http://bad.example"}
        ]
    });
    for source in [SourceId::GraphAlerts, SourceId::GraphIncidents] {
        let got = legacy(source, &alert);
        let expected = [
            ("AlertTime", json!("2026-11-20T10:00:00.1234567Z")),
            ("ComputerDnsName", json!("pc1.contoso.example")),
            ("AlertTitle", json!("t")),
            ("Category", json!("Malware")),
            ("Severity", json!("High")),
            ("AlertId", json!("da1")),
            ("Actor", json!("BORON")),
            ("LinkToWDATP", json!("https://portal.example/a")),
            ("LinkToMTP", json!("https://portal.example/a")),
            ("IncidentLinkToWDATP", json!("https://portal.example/i")),
            ("IncidentLinkToMTP", json!("https://portal.example/i")),
            ("Sha1", json!("s1")),
            ("Sha256", json!("s2")),
            ("FileHash", json!("s1")),
            ("FileName", json!("f.exe")),
            ("FilePath", json!("C:\\f")),
            ("IpAddress", json!("203.0.113.9")),
            ("Url", json!("http://bad.example")),
            ("IoaDefinitionId", json!("det")),
            ("UserName", json!("kim")),
            ("UserDomain", json!("contoso")),
            ("LastProcessedTimeUtc", json!("2026-11-20T10:01:00Z")),
            ("ThreatCategory", json!("T1059, T1105")),
            ("ThreatFamily", json!("fam")),
            ("ThreatName", json!("thr")),
            ("RemediationAction", json!("remediated")),
            ("RemediationIsSuccess", json!(true)),
            ("WasExecutingWhileDetected", json!(false)),
            ("Source", json!("antivirus")),
            ("LogOnUsers", json!("contoso\\liz")),
            ("MachineDomain", json!("contoso.example")),
            ("MachineName", json!("pc1")),
            ("InternalIPv4List", json!("10.0.0.1")),
            ("InternalIPv6List", json!("fe80::1")),
            ("DeviceID", json!("m1")),
            ("MachineGroup", json!("UK")),
            ("Description", json!("d")),
            ("DeviceCreatedMachineTags", json!("vip, lab")),
            ("CloudCreatedMachineTags", json!("vip, lab")),
            ("CommandLine", json!("f.exe /x")),
            ("IocName", json!("")),
            ("Md5", json!("")),
            ("AlertPart", json!(0)),
        ];
        for (name, value) in expected {
            assert_eq!(got[name], value, "{name}");
        }
    }
}

#[test]
fn the_two_defender_apis_read_alike() {
    let entity = json!({"entityType": "Process", "sha1": "s1", "sha256": "s2", "fileName": "f", "filePath": "p",
        "ipAddress": "203.0.113.9", "url": "u", "accountName": "kim", "domainName": "contoso",
        "processCommandLine": "c", "remediationStatus": "Blocked"});
    let alert = json!({"id": "1", "title": "t", "severity": "Medium", "category": "c", "detectionSource": "EDR",
        "firstEventTime": "2026-11-20T10:00:00Z", "lastUpdateTime": "2026-11-20T11:00:00Z", "machineId": "m",
        "computerDnsName": "pc2", "rbacGroupName": "g", "threatFamilyName": "fam", "threatName": "thr",
        "mitreTechniques": [], "detectorId": "det", "evidence": [entity], "relatedUser": null});
    let defender = legacy(SourceId::DefenderAlerts, &alert);
    let alert = json!({"alertId": "1", "title": "t", "severity": "Medium", "category": "c",
        "detectionSource": "EDR", "firstActivity": "2026-11-20T10:00:00Z",
        "lastUpdatedTime": "2026-11-20T11:00:00Z", "threatFamilyName": "fam", "detectorId": "det",
        "actorName": "BORON",
        "devices": [{"deviceId": "m", "deviceDnsName": "pc2", "rbacGroupName": "g", "tags": ["vip"]}],
        "entities": [entity]});
    let xdr = legacy(SourceId::XdrIncidents, &alert);
    let own = ["ThreatName", "Actor", "DeviceCreatedMachineTags", "CloudCreatedMachineTags"];
    for name in LEGACY_FIELDS.into_iter().filter(|name| !own.contains(name)) {
        assert_eq!(defender[name], xdr[name], "{name}");
    }
    assert_eq!((&defender["UserName"], &defender["CommandLine"]), (&json!("kim"), &json!("c")));
    assert_eq!((&xdr["Actor"], &xdr["CloudCreatedMachineTags"]), (&json!("BORON"), &json!("vip")));
}

#[test]
fn a_strange_alert_still_has_fifty_members() {
    for strange in [json!({}), json!({"severity": "é", "evidence": [1, null, {"tags": {}}]}), json!([1])] {
        for source in SourceId::ALL {
            legacy(*source, &strange);
        }
    }
}
