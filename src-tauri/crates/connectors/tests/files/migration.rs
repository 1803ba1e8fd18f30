//! Files that somebody set up years ago.

use connectors::{Files, Finding, FoundKind, StaleKind, found_in};
use proptest::prelude::*;
use secrecy::ExposeSecret;

/// As Microsoft's pages of 2016 and 2017 had it, with example values.
const CLIENT: &str = "client_id=99999999-8888-4777-8666-555555555555\r\n\
client_secret=IKX+/aa==\r\n\
# secret expires 2018-02-03\r\n\
auth_url=https://login.microsoftonline.com/11111111-2222-4333-8444-555555555555?resource=https%3A%2F%2FWDATPAlertExport.Seville.onmicrosoft.com\r\n\
token_url=https://login.microsoftonline.com/11111111-2222-4333-8444-555555555555/oauth2/token\r\n\
redirect_uri=https://localhost:44300/sevilleconnector\r\n\
scope=\r\n\
reauthenticate=true\r\n";

const MAPPING: &str = "trigger.node.location=/\n\
token.count=1\n\
token[0].name=AlertTime\n\
token[0].type=String\n\
token[0].location=AlertTime\n\
event.deviceVersion=__stringConstant(\"1.0\")\n\
event.deviceReceiptTime=__createOptionalTimeStampFromString(AlertTime,\"yyyy-MM-dd'T'hh\\:mm\\:ss\")\n";

const REST: &str = "[rest://windows atp alerts]\n\
endpoint = https://wdatp-alertexporter-us.windows.com/api/alerts\n\
auth_type = oauth2\n\
oauth2_access_token = eyJhbGciOiJub25lIn0.eyJleHAiOjE1MDAwMDAwMDB9.x\n\
oauth2_refresh_token = 0.old\n\
oauth2_refresh_url = https://login.windows.net/11111111-2222-4333-8444-555555555555/oauth2/token\n\
oauth2_refresh_props = resource=https://graph.windows.net\n\
oauth2_client_id = 99999999-8888-4777-8666-555555555555\n\
oauth2_client_secret = {encrypted:defender}\n\
response_handler = JSONArrayHandler\n\
streaming_request = false\n\
[rest://weather]\n\
endpoint = https://weather.example/api/now\n";

const ACCOUNT: &str = "[contoso]\nusername = 99999999-8888-4777-8666-555555555555\npassword = $7$abcdef==\ntenant_id = contoso.example\n";

const INPUTS: &str = "[microsoft_defender_endpoint_atp_alerts://contoso]\nazure_app_account = contoso\nlocation = api.securitycenter.windows.com\n\
tenant_id = 11111111-2222-4333-8444-555555555555\n";

fn read(files: &[(&str, &str)]) -> Vec<Finding> {
    let mut all = Files::new();
    for (name, contents) in files {
        all.insert(*name, contents.as_bytes().to_vec());
    }
    let findings = found_in(&all, "2026-11-21".parse().expect("a day"));
    assert_eq!(findings.problems, []);
    findings.found
}

fn stale(finding: &Finding) -> Vec<(StaleKind, Option<usize>)> {
    let mut stale: Vec<_> = finding.stale.iter().map(|one| (one.kind, one.line)).collect();
    stale.sort();
    stale
}

#[test]
fn an_arcsight_client_file_gives_its_values_and_what_is_stale() {
    let found = read(&[
        ("WDATP-connector.properties", CLIENT),
        ("WDATP-Connector.jsonparser.properties", MAPPING),
        ("agent.properties", "agents.maxAgents=1\n"),
    ]);
    let [finding] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(finding.kind, FoundKind::Arcsight);
    assert_eq!(finding.tenant.as_deref(), Some("11111111-2222-4333-8444-555555555555"));
    assert_eq!(finding.cloud.as_deref(), Some("commercial"));
    assert_eq!(finding.client_secret.as_ref().expect("readable").expose_secret(), "IKX+/aa==");
    assert_eq!(
        stale(finding),
        [
            (StaleKind::RetiredAudience, Some(4)),
            (StaleKind::IncompleteAddress, Some(4)),
            (StaleKind::WrongRedirect, Some(6)),
            (StaleKind::TwelveHourPattern, Some(7)),
            (StaleKind::PatternWithoutZone, Some(7)),
            (StaleKind::OldMapping, Some(6)),
            (StaleKind::SecretExpired, Some(3)),
            (StaleKind::ReauthenticateLeft, Some(8)),
        ]
    );
    assert!(!format!("{finding:?}").contains("IKX"), "a secret is not printed");
}

#[test]
fn a_rest_stanza_gives_its_values_and_what_is_stale() {
    let found = read(&[("inputs.conf", REST)]);
    let [finding] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(finding.name.as_deref(), Some("windows atp alerts"));
    assert_eq!(finding.source, Some(catalog::SourceId::SiemDetections));
    assert_eq!(finding.region, Some(catalog::Region::Us));
    assert_eq!(finding.refresh_token.as_ref().expect("readable").expose_secret(), "0.old");
    assert!(finding.client_secret.is_none());
    assert_eq!(
        stale(finding),
        [
            (StaleKind::LegacyEndpoint, Some(2)),
            (StaleKind::RenamedHost, Some(6)),
            (StaleKind::SecretEncrypted, Some(9)),
            (StaleKind::AccessTokenEnded, Some(4)),
            (StaleKind::FlagAsWord, Some(11)),
        ]
    );
}

#[test]
fn the_array_handler_on_a_newer_api_is_told() {
    let newer = REST.replace(
        "wdatp-alertexporter-us.windows.com/api/alerts",
        "graph.microsoft.com/v1.0/security/alerts_v2",
    );
    let found = read(&[("inputs.conf", &newer)]);
    assert!(stale(&found[0]).iter().any(|(kind, _)| *kind == StaleKind::WrongHandler));
}

#[test]
fn an_account_is_joined_with_its_input() {
    let found = read(&[("splunk_ta_ms_security_account.conf", ACCOUNT), ("inputs.conf", INPUTS)]);
    let [finding] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(finding.kind, FoundKind::SplunkMsSecurity);
    assert_eq!(
        finding.tenant.as_deref(),
        Some("11111111-2222-4333-8444-555555555555"),
        "the input's tenant wins"
    );
    assert_eq!(finding.source, Some(catalog::SourceId::DefenderAlerts));
    assert_eq!(
        stale(finding),
        [
            (StaleKind::EndingEndpoint, Some(3)),
            (StaleKind::RenamedHost, Some(3)),
            (StaleKind::SecretEncrypted, Some(3)),
        ]
    );
}

#[test]
fn what_stands_there_and_what_it_becomes_are_told() {
    let found = read(&[("WDATP-connector.properties", CLIENT), ("x.jsonparser.properties", MAPPING)]);
    let told = |kind| {
        let one = found[0].stale.iter().find(|one| one.kind == kind).expect("noted");
        (one.was.as_deref(), one.becomes.as_deref())
    };
    assert_eq!(
        told(StaleKind::TwelveHourPattern),
        (Some("yyyy-MM-dd'T'hh:mm:ss"), Some("yyyy-MM-dd'T'HH:mm:ss"))
    );
    assert_eq!(told(StaleKind::OldMapping), (Some("1.0"), Some("2.0")));
    assert_eq!(told(StaleKind::WrongRedirect), (Some("https://localhost:44300/sevilleconnector"), None));
    assert_eq!(told(StaleKind::SecretExpired), (Some("2018-02-03"), None));
    assert_eq!(found[0].secret_expires, Some("2018-02-03".parse().expect("a day")));
    let splunk = read(&[("inputs.conf", REST)]);
    let flag = splunk[0].stale.iter().find(|one| one.kind == StaleKind::FlagAsWord).expect("noted");
    assert_eq!((flag.was.as_deref(), flag.becomes.as_deref()), (Some("false"), Some("0")));
}

#[test]
fn nothing_that_is_told_holds_a_secret() {
    let nasty = REST
        .replace(
            "/api/alerts\n",
            "/api/alerts?clientSecret=canary\nhttp_proxy = http://u:canary@proxy.example:80\n",
        )
        .replace("{encrypted:defender}", "canary");
    let found = read(&[("inputs.conf", &nasty)]);
    let told = format!("{:?} {:?}", found[0].stale, found[0].settings);
    assert!(!told.contains("canary") && told.contains("proxy.example"), "{told}");
}

#[test]
fn a_hand_damaged_client_file_is_told_line_by_line() {
    let damaged = CLIENT
        .replace("client_secret=IKX+/aa==", "client_secr")
        .replace(
            "token_url=https://login.microsoftonline.com/1111",
            "token_url=https://login.microsoftonline.com/9999",
        )
        .replace("scope=", "client_id=77777777-8888-4777-8666-555555555555");
    let stale = stale(&read(&[("WDATP-connector.properties", &damaged)])[0]);
    for expected in [
        (StaleKind::CutLine, Some(2)),
        (StaleKind::SecretMissing, None),
        (StaleKind::TenantsDiffer, Some(4)),
        (StaleKind::DuplicateKey, Some(7)),
    ] {
        assert!(stale.contains(&expected), "{expected:?} in {stale:?}");
    }
}

#[test]
fn every_encoding_of_an_editor_gives_the_same_finding() {
    let wide = |unit: fn(u16) -> [u8; 2], mark: [u8; 2]| -> Vec<u8> {
        mark.into_iter().chain(CLIENT.encode_utf16().flat_map(unit)).collect()
    };
    let expected = read(&[("WDATP-connector.properties", CLIENT)]);
    for bytes in [
        format!("\u{feff}{CLIENT}").into_bytes(),
        wide(u16::to_le_bytes, [0xff, 0xfe]),
        wide(u16::to_be_bytes, [0xfe, 0xff]),
        [b"# caf\xe9 \xbf\xa9\r\n", CLIENT.as_bytes()].concat(),
        CLIENT.replace("\r\n", "\n").into_bytes(),
    ] {
        let mut files = Files::new();
        files.insert("WDATP-connector.properties", bytes);
        let found = found_in(&files, "2026-11-21".parse().expect("a day")).found;
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].client_id, expected[0].client_id);
        assert_eq!(found[0].stale.len(), expected[0].stale.len());
        assert_eq!(found[0].client_secret.as_ref().expect("readable").expose_secret(), "IKX+/aa==");
    }
}

#[test]
fn files_are_known_by_what_stands_in_them() {
    for (name, contents, kind) in [
        ("old connector.txt", CLIENT, FoundKind::Arcsight),
        ("inputs.conf.bak", REST, FoundKind::SplunkRest),
        ("account", ACCOUNT, FoundKind::SplunkMsSecurity),
    ] {
        assert_eq!(read(&[(name, contents)])[0].kind, kind, "{name}");
    }
    assert_eq!(read(&[("notes.txt", "username and tenant_id are in the vault"), ("a.json", "{}")]).len(), 0);
}

#[test]
fn files_of_one_folder_belong_together() {
    let other = MAPPING.replace("hh", "HH");
    let found = read(&[
        ("a/WDATP-connector.properties", CLIENT),
        ("a/x.jsonparser.properties", MAPPING),
        ("b/WDATP-connector.properties", CLIENT),
        ("b/x.jsonparser.properties", &other),
        (
            "b/VALUES-TO-TYPE.txt",
            "Events URL: https://wdatp-alertexporter-uk.windows.com/api/alerts/?sinceTimeUtc=$START_AT_TIME&machinegroups=HQ\nRefresh Token: 0.old\n",
        ),
    ]);
    let [a, b] = found.as_slice() else { panic!("{found:?}") };
    let twelve = |found: &Finding| found.stale.iter().any(|one| one.kind == StaleKind::TwelveHourPattern);
    assert!(twelve(a) && !twelve(b));
    assert!(a.refresh_token.is_none() && b.refresh_token.is_some());
    assert_eq!((a.region, b.region), (None, Some(catalog::Region::Uk)));
    assert_eq!(a.source, Some(catalog::SourceId::SiemDetections), "the fields of the mapping tell");
    assert_eq!(b.machine_groups, ["HQ"]);
}

#[test]
fn the_address_of_2016_is_retired() {
    let old = REST.replace("wdatp-alertexporter-us.windows.com", "DataAccess-PRD.trafficmanager.net:444");
    assert!(stale(&read(&[("inputs.conf", &old)])[0]).contains(&(StaleKind::RetiredEndpoint, Some(2))));
}

#[test]
fn a_file_that_breaks_off_is_a_problem_with_its_line() {
    let mut files = Files::new();
    files.insert("WDATP-connector.properties", b"client_id=1\ntoken_url=\\u12".to_vec());
    files.insert("inputs.conf", b"[rest://a]\nendpoint".to_vec());
    let findings = found_in(&files, "2026-11-21".parse().expect("a day"));
    assert!(findings.found.is_empty());
    let lines: Vec<_> = findings.problems.iter().map(|one| (one.file.as_str(), one.line)).collect();
    assert_eq!(lines, [("WDATP-connector.properties", Some(2)), ("inputs.conf", Some(2))]);
}

#[test]
fn what_this_product_writes_today_has_nothing_stale_but_the_source() {
    use catalog::{GrantKind, SourceId};
    use connectors::{ConnectorId, render};
    for (connector, expected) in [(ConnectorId::SplunkRest, 2), (ConnectorId::Arcsight, 1)] {
        let set = render(connector, &crate::example::input(SourceId::GraphAlerts, GrantKind::RefreshToken))
            .expect("renders");
        let findings = found_in(&Files::from(&set), "2026-11-21".parse().expect("a day"));
        assert_eq!(findings.found.len(), expected, "{connector}");
        for finding in findings.found {
            assert_eq!(finding.stale, [], "{connector}");
            assert_eq!(finding.client_secret.expect("readable").expose_secret(), "abc~8Q.d_e-f==");
            assert!(finding.refresh_token.is_some(), "{connector}: the sheet has what is typed");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn damage_never_panics(
        at in 0_usize..900,
        garbage in proptest::collection::vec(any::<u8>(), 0..30),
        which in 0_usize..5,
    ) {
        let sources = [
            ("WDATP-connector.properties", CLIENT), ("a.jsonparser.properties", MAPPING), ("inputs.conf", REST),
            ("accounts.conf", ACCOUNT), ("inputs.conf", INPUTS),
        ];
        let (name, contents) = sources[which];
        let at = at.min(contents.len());
        let mut files = Files::new();
        files.insert(name, [&contents.as_bytes()[..at], &garbage, &contents.as_bytes()[at..]].concat());
        let _ = found_in(&files, "2026-11-21".parse().expect("a day"));
    }
}
