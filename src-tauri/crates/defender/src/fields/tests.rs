//! Rows out of the five sources' alerts, good and strange.

use catalog::SourceId;
use proptest::prelude::*;

use super::{about, mend, parse, pick, raw_text, row, time};
use crate::error::Unreadable;

#[test]
fn a_detection_fills_the_row_whatever_the_case_of_its_names() {
    let json = r#"{"AlertTime":"2020-09-30T14:09:20.35743Z","computerdnsname":"m1.contoso.example","AlertTitle":"Suspicious \"file\"",
        "Category":"Malware","SEVERITY":"High","AlertId":"da1_2","LinkToWDATP":"https://old.example","LinkToMTP":"https://new.example",
        "UserName":"liz.bean","UserDomain":"CONTOSO","Source":"EDR","AlertPart":0}"#;
    let row = row(SourceId::SiemDetections, json);
    assert_eq!(row.time, "2020-09-30T14:09:20.35743Z".parse().ok());
    assert_eq!(
        (row.id.as_str(), row.device.as_str(), row.title.as_str()),
        ("da1_2", "m1.contoso.example", "Suspicious \"file\"")
    );
    assert_eq!(
        (row.severity.as_str(), row.user.as_str(), row.url.as_str()),
        ("high", "CONTOSO\\liz.bean", "https://new.example")
    );
    assert_eq!(
        (row.category.as_str(), row.detection_source.as_str(), row.raw.as_str()),
        ("Malware", "EDR", json)
    );
}

#[test]
fn a_graph_alert_names_device_and_user_in_its_evidence() {
    let json = r##"{"id":"a1","createdDateTime":"2026-11-20T10:00:00.1234567Z","title":"t","severity":"medium","category":"Execution",
        "detectionSource":"antivirus","alertWebUrl":"https://portal.example/alerts/a1","evidence":[
        {"@odata.type":"#microsoft.graph.security.fileEvidence"},
        {"@odata.type":"#microsoft.graph.security.deviceEvidence","deviceDnsName":"pc1","rbacGroupName":"UK Machines","tags":["Vip"]},
        {"@odata.type":"#microsoft.graph.security.userEvidence","userAccount":{"accountName":"kim","domainName":"contoso"}}]}"##;
    let shown = row(SourceId::GraphAlerts, json);
    assert_eq!(
        (shown.device.as_str(), shown.user.as_str(), shown.severity.as_str()),
        ("pc1", "contoso\\kim", "medium")
    );
    assert_eq!(
        (shown.url.as_str(), shown.detection_source.as_str()),
        ("https://portal.example/alerts/a1", "antivirus")
    );
    let list = |text: &str| vec![text.to_owned()];
    assert!(about(SourceId::GraphAlerts, json, &list("uk machines"), &list("VIP")));
    assert!(!about(SourceId::GraphAlerts, json, &list("FR Machines"), &[]));
    assert!(!about(SourceId::GraphAlerts, json, &[], &list("other")));
}

#[test]
fn the_two_defender_apis_fill_the_row() {
    let json = r#"{"id":"d1","alertCreationTime":"2026-11-20T10:00:00Z","severity":"UnSpecified","computerDnsName":"pc2",
        "relatedUser":null,"evidence":[{"entityType":"User","accountName":"kim","domainName":"contoso"}]}"#;
    let shown = row(SourceId::DefenderAlerts, json);
    assert_eq!(
        (shown.id.as_str(), shown.device.as_str(), shown.user.as_str(), shown.severity.as_str()),
        ("d1", "pc2", "contoso\\kim", "unspecified")
    );
    let json = r#"{"alertId":"x1","creationTime":"2026-11-20T10:00:00Z","devices":[{"deviceDnsName":"pc3"}],
        "entities":[{"entityType":"Ip"},{"entityType":"User","userPrincipalName":"kim@contoso.example"}],"serviceSource":"MCAS"}"#;
    let shown = row(SourceId::XdrIncidents, json);
    assert_eq!(
        (shown.id.as_str(), shown.device.as_str(), shown.user.as_str(), shown.detection_source.as_str()),
        ("x1", "pc3", "kim@contoso.example", "MCAS")
    );
}

#[test]
fn a_strange_member_empties_its_column_only() {
    let row = row(
        SourceId::GraphAlerts,
        r#"{"id":7,"title":{"a":1},"createdDateTime":"soon","severity":null,"category":"C:\\\ud800","evidence":"none"}"#,
    );
    assert_eq!((row.id.as_str(), row.title.as_str(), row.time, row.severity.as_str()), ("7", "", None, ""));
    assert_eq!(row.category, "C:\\\u{fffd}");
}

#[test]
fn times_may_lack_their_zone() {
    let expected = "2016-09-12T00:00:00.1234567Z".parse().ok();
    assert_eq!(time("2016-09-12T00:00:00.1234567"), expected);
    assert_eq!(time("2016-09-12T00:00:00.1234567Z"), expected);
    assert_eq!(time("2016-09-12T02:00:00.1234567+02:00"), expected);
    assert_eq!(time(""), None);
}

#[test]
fn what_is_no_alert_is_told_apart_from_what_is_no_json() {
    assert_eq!(pick("[1]", &["id"]).unwrap_err(), Unreadable::NotAnAlert);
    assert_eq!(pick("7", &["id"]).unwrap_err(), Unreadable::NotAnAlert);
    for broken in ["{\"id\":}", "{\"id\":1}}", "{]", "{\"id\":\"\u{1}\"}", "{\"id\":\"a\nb\"}", "{\"a\":tru}"]
    {
        assert_eq!(pick(broken, &["id"]).unwrap_err(), Unreadable::NotJson, "{broken}");
    }
    let [id] = pick("{\"ID\":\"a\\u0041\",\"id\":2}", &["id"]).unwrap();
    assert_eq!(raw_text(id), "aA");
}

proptest! {
    #[test]
    fn mending_leaves_good_json_alone(text: String) {
        let json = serde_json::to_string(&text).unwrap();
        prop_assert_eq!(mend(&json), json);
    }

    #[test]
    fn mending_never_panics(text in "[\\\\u\"dD89aA한]{0,40}") {
        let _ = parse(&mend(&text));
    }
}
