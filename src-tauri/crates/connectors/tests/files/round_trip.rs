//! Reading back beyond the law: refusals, sets that are incomplete, doubled, edited or damaged.

use crate::example::{TENANT, changed, file, input, text};
use crate::law::{combinations, exposed, holds_or_refuses};
use catalog::{GrantKind, SourceId};
use connectors::{
    ConnectorId, ConnectorInput, Disagreement, Files, ImpossibleReason, ReadReason, RefusalReason,
    RenderedFile, carries, instead, knows_cloud, read_back, render,
};
use secrecy::{ExposeSecret, SecretString};

#[test]
fn a_long_secret_comes_back() {
    for (connector, source, grant) in combinations() {
        let mut input = input(source, grant);
        input.client_secret = SecretString::from("aB3~".repeat(4096));
        input.refresh_token = Some(SecretString::from("0.AX".repeat(4096)));
        holds_or_refuses(connector, &input, "nothing").expect("holds");
    }
}

#[test]
fn refusals_name_field_and_reason() {
    let refused = |connector, set: &dyn Fn(&mut ConnectorInput)| {
        let connector: ConnectorId = connector;
        let mut input = input(SourceId::GraphAlerts, connector.grants()[0]);
        set(&mut input);
        let refusal = render(connector, &input).expect_err("is refused");
        (refusal.field, refusal.reason)
    };
    let secret = |text: &str| {
        let text = text.to_owned();
        move |input: &mut ConnectorInput| input.client_secret = SecretString::from(text.as_str())
    };
    let splunk = ConnectorId::SplunkRest;
    assert_eq!(refused(splunk, &secret("tail\\")), ("client_secret", RefusalReason::TrailingBackslash));
    assert_eq!(refused(splunk, &secret("a ;b")), ("client_secret", RefusalReason::CommentMark));
    assert_eq!(refused(splunk, &secret(" a")), ("client_secret", RefusalReason::SurroundingBlank));
    assert_eq!(refused(splunk, &secret("\"\"")), ("client_secret", RefusalReason::EmptyQuotes));
    assert_eq!(refused(splunk, &secret("{encrypted:k}")), ("client_secret", RefusalReason::Placeholder));
    for connector in ConnectorId::ALL {
        assert_eq!(refused(*connector, &secret("a\nb")), ("client_secret", RefusalReason::ControlCharacter));
        assert_eq!(refused(*connector, &secret("")), ("client_secret", RefusalReason::Missing));
        if connector.grants().contains(&GrantKind::RefreshToken) {
            assert_eq!(
                refused(*connector, &|input| input.refresh_token = None),
                ("refresh_token", RefusalReason::Missing)
            );
        }
        assert_eq!(refused(*connector, &|input| input.scope = None), ("scope", RefusalReason::Missing));
        assert_eq!(
            refused(*connector, &|input| input.resource = Some("https://graph.windows.net".to_owned())),
            ("resource", RefusalReason::TwoAudiences)
        );
        assert_eq!(
            refused(*connector, &|input| input.customer_tenant = "contoso.example".to_owned()),
            ("customer_tenant", RefusalReason::NotATenantId)
        );
        assert_eq!(
            refused(*connector, &|input| input.alerts_url = "graph.example/alerts_v2".to_owned()),
            ("alerts_url", RefusalReason::NotAnAddress)
        );
    }
    assert_eq!(
        refused(splunk, &|input| input.alerts_url.push_str("?a=$word$")),
        ("alerts_url", RefusalReason::Placeholder)
    );
}

#[test]
fn app_only_needs_a_connector_that_can_use_it() {
    for source in SourceId::ALL {
        for connector in [ConnectorId::Arcsight, ConnectorId::SplunkRest] {
            let impossible =
                carries(connector, *source, GrantKind::AppOnly).expect_err("needs a refresh token");
            assert_eq!(impossible.reason, ImpossibleReason::NeedsRefreshToken);
            let refusal = render(connector, &input(*source, GrantKind::AppOnly)).expect_err("is refused");
            assert_eq!((refusal.field, refusal.reason), ("grant", RefusalReason::GrantNotCarried));
        }
        assert!(carries(ConnectorId::Generic, *source, GrantKind::AppOnly).is_ok());
    }
}

#[test]
fn the_manifest_is_not_needed() {
    for (connector, source, grant) in combinations() {
        let set = render(connector, &input(source, grant)).expect("renders");
        let mut files = Files::new();
        for file in set.files.iter().filter(|file| file.name != "manifest.json") {
            files.insert(file.name.clone(), file.bytes().to_vec());
        }
        let (found, read) = read_back(&files).expect("reads");
        assert_eq!((found, read.source, read.grant), (connector, source, grant));
    }
}

#[test]
fn a_manifest_tells_which_of_two_sets_is_meant() {
    let splunk = render(ConnectorId::SplunkRest, &input(SourceId::GraphAlerts, GrantKind::RefreshToken))
        .expect("renders");
    let generic = render(ConnectorId::Generic, &input(SourceId::GraphAlerts, GrantKind::RefreshToken))
        .expect("renders");
    let mut files = Files::from(&splunk);
    for file in &generic.files {
        files.insert(file.name.clone(), file.bytes().to_vec());
    }
    assert_eq!(read_back(&files).expect("reads").0, ConnectorId::Generic);
    files.insert("manifest.json", b"{".to_vec());
    assert_eq!(read_back(&files).expect_err("ambiguous").reason, ReadReason::SeveralConnectors);
    assert_eq!(read_back(&Files::new()).expect_err("empty").reason, ReadReason::NoConnectorFiles);
}

#[test]
fn what_was_edited_counts_and_is_told() {
    let set = render(ConnectorId::SplunkRest, &input(SourceId::GraphAlerts, GrantKind::RefreshToken))
        .expect("renders");
    // Splunk itself does this after each refresh.
    let files = changed(&set.files, "inputs.conf", "0.AXoA-example_refresh.token", "0.rotated");
    let (_, read) = read_back(&files).expect("reads");
    assert_eq!(exposed(read.refresh_token.as_ref()), Some("0.rotated"));
    assert_eq!(read.changed_since_export, ["inputs.conf"]);
}

fn line_of(files: &[RenderedFile], name: &str, what: &str) -> usize {
    1 + text(file(files, name)).lines().position(|line| line.contains(what)).expect("the line is there")
}

#[test]
fn the_json_counts_where_the_generic_files_disagree() {
    let set =
        render(ConnectorId::Generic, &input(SourceId::GraphAlerts, GrantKind::AppOnly)).expect("renders");
    let (_, read) = read_back(&changed(&set.files, "defender-api.json", "abc~8Q", "new~8Q")).expect("reads");
    assert_eq!(read.client_secret.expose_secret(), "new~8Q.d_e-f==");
    // The one that was edited is told, though it is the one that counts.
    let told = |file: &str, line, field| Disagreement { file: file.to_owned(), line: Some(line), field };
    let line = line_of(&set.files, "defender-api.json", "client_secret");
    assert_eq!(read.disagreements, [told("defender-api.json", line, "client_secret")]);
    let (_, read) = read_back(&changed(&set.files, "defender-api.curl", TENANT, "common")).expect("reads");
    let line = line_of(&set.files, "defender-api.curl", "url =");
    assert_eq!(read.disagreements, [told("defender-api.curl", line, "token_url")]);
}

#[test]
fn problems_name_file_line_and_key() {
    // Reason, key, and whether the line, where one is told, is that of the change.
    let told = |connector, name: &str, from: &str, to: &str| {
        let set =
            render(connector, &input(SourceId::SiemDetections, GrantKind::RefreshToken)).expect("renders");
        let line =
            text(file(&set.files, name)).lines().position(|line| line.contains(from)).map(|line| line + 1);
        let problem = read_back(&changed(&set.files, name, from, to)).expect_err("cannot be read");
        assert_eq!(problem.file, name);
        let key = problem.key.map(std::borrow::Cow::into_owned);
        (problem.reason, key, problem.line.is_none_or(|at| Some(at) == line))
    };
    let arcsight = ConnectorId::Arcsight;
    // As Microsoft's portal hands it to an MSSP: the secret is to be filled in by hand.
    assert_eq!(
        told(arcsight, "WDATP-connector.properties", "client_secret=abc~8Q.d_e-f==", "client_secret="),
        (ReadReason::ValueMissing, Some("client_secret".to_owned()), true)
    );
    assert_eq!(
        told(arcsight, "WDATP-connector.properties", "token_url=", "tokenurl="),
        (ReadReason::KeyMissing, Some("token_url".to_owned()), true)
    );
    assert_eq!(
        told(arcsight, "WDATP-connector.properties", "abc~8Q", "\\uabc~"),
        (ReadReason::Malformed, None, true)
    );
    assert_eq!(
        told(arcsight, "VALUES-TO-TYPE.txt", "https://wdatp-alert", "wdatp-alert"),
        (ReadReason::NotAnAddress, Some("Events URL".to_owned()), true)
    );
    assert_eq!(
        told(arcsight, "WDATP-connector.jsonparser.properties", "node.location=/", "node.location=/value"),
        (ReadReason::MappingMismatch, Some("trigger.node.location".to_owned()), true)
    );
    let splunk = ConnectorId::SplunkRest;
    assert_eq!(told(splunk, "inputs.conf", "[rest://", "[http://"), (ReadReason::NoInput, None, true));
    assert_eq!(
        told(splunk, "inputs.conf", "/api/alerts", "/api/machines"),
        (ReadReason::UnknownSource, Some("endpoint".to_owned()), true)
    );
    assert_eq!(
        told(splunk, "inputs.conf", "/api/alerts", "/v1.0/security/alerts_v2"),
        // The address may be meant: it is the handler that does not suit it.
        (ReadReason::MappingMismatch, Some("response_handler".to_owned()), false)
    );
    let generic = ConnectorId::Generic;
    assert_eq!(
        told(generic, "defender-api.json", "\"cloud\":", "\"cloud\""),
        (ReadReason::Malformed, None, true)
    );
    assert_eq!(
        told(generic, "defender-api.json", "\"siem-detections\"", "\"detections\""),
        (ReadReason::UnknownWord, Some("source".to_owned()), true)
    );
    assert_eq!(
        told(
            generic,
            "defender-api.json",
            "\"client_secret\": \"abc~8Q.d_e-f==\"",
            "\"client_secret\": null"
        ),
        (ReadReason::ValueMissing, Some("client_secret".to_owned()), true)
    );
}

#[test]
fn a_missing_file_of_a_set_is_named() {
    let set = render(ConnectorId::Arcsight, &input(SourceId::GraphAlerts, GrantKind::RefreshToken))
        .expect("renders");
    for missing in
        ["WDATP-connector.properties", "WDATP-connector.jsonparser.properties", "VALUES-TO-TYPE.txt"]
    {
        let mut files = Files::new();
        for file in set.files.iter().filter(|file| file.name != missing) {
            files.insert(file.name.clone(), file.bytes().to_vec());
        }
        let problem = read_back(&files).expect_err("incomplete");
        assert_eq!((problem.file.as_str(), problem.reason), (missing, ReadReason::FileMissing));
    }
}

#[test]
fn two_inputs_in_one_file_are_not_guessed_between() {
    let set = render(ConnectorId::SplunkRest, &input(SourceId::GraphAlerts, GrantKind::RefreshToken))
        .expect("renders");
    let contents = text(file(&set.files, "inputs.conf"));
    let mut files = Files::new();
    files.insert("inputs.conf", format!("{contents}{contents}").into_bytes());
    assert_eq!(read_back(&files).expect_err("two").reason, ReadReason::SeveralInputs);
}

#[test]
fn files_are_found_whatever_the_case_of_their_names() {
    for (connector, source, grant) in combinations() {
        let set = render(connector, &input(source, grant)).expect("renders");
        let mut files = Files::new();
        for file in &set.files {
            files.insert(file.name.to_uppercase(), file.bytes().to_vec());
        }
        let (found, read) = read_back(&files).expect("reads");
        assert_eq!(found, connector);
        assert!(read.disagreements.is_empty());
    }
}

#[test]
fn what_goes_with_what_is_said_with_what_would() {
    let reason = |connector, source, grant| carries(connector, source, grant).expect_err("impossible").reason;
    assert_eq!(
        reason(ConnectorId::Wazuh, SourceId::DefenderAlerts, GrantKind::AppOnly),
        ImpossibleReason::SourceNotRead
    );
    assert_eq!(
        reason(ConnectorId::Wazuh, SourceId::GraphAlerts, GrantKind::RefreshToken),
        ImpossibleReason::NeedsAppOnly
    );
    assert_eq!(
        knows_cloud(ConnectorId::Sumo, "gcc-high").expect_err("impossible").reason,
        ImpossibleReason::CloudNotKnown
    );
    assert!(knows_cloud(ConnectorId::Sumo, "lab").is_ok(), "a lab stands in for Microsoft's hosts");
    assert_eq!(
        instead(ConnectorId::Wazuh, SourceId::GraphIncidents, GrantKind::RefreshToken),
        Some((SourceId::GraphIncidents, GrantKind::AppOnly))
    );
    assert_eq!(
        instead(ConnectorId::Qradar, SourceId::XdrIncidents, GrantKind::AppOnly),
        Some((SourceId::GraphAlerts, GrantKind::AppOnly))
    );
    for connector in ConnectorId::ALL {
        for source in SourceId::ALL {
            for grant in GrantKind::ALL {
                let (source, grant) = instead(*connector, *source, *grant).expect("something works");
                assert!(carries(*connector, source, grant).is_ok(), "{connector}");
            }
        }
    }
}
