//! The law of this crate: what is rendered reads back to the same values, or rendering refused and said why.

use crate::example::{TENANT, changed, file, input, text};
use catalog::{GrantKind, SourceId};
use connectors::{
    ConnectorId, ConnectorInput, Disagreement, Files, ImpossibleReason, ReadReason, RefusalReason, carries,
    read_back, render,
};
use proptest::prelude::*;
use secrecy::{ExposeSecret, SecretString};

/// Values on which one reader or another stumbles.
const VECTORS: &[&str] = &[
    "a~b.c_d-e",
    "IKX+/aa==",
    "#lead",
    "!lead",
    "=lead",
    ":lead",
    ";lead",
    "@lead",
    " lead",
    "trail ",
    "  both  ",
    "mid=eq:co#ha!ba",
    "C:\\new\\u0041",
    "\\\\server\\share",
    "tail\\",
    "tail\\\\",
    "a ;b",
    "a;b",
    "a,b|c",
    "%41%",
    "${x}",
    "$word$",
    "$(id)",
    "`id`",
    "\"q\"",
    "\"\"",
    "''",
    "it's",
    "it's \\ $",
    "a'b\"c",
    "~",
    "null",
    "012",
    "1e3",
    "비밀",
    "é",
    "😀",
    "tab\there",
    "line\nfeed",
    "line\r\nfeed",
    "nul\u{0}",
    "\u{2028}",
    "\u{a0}nbsp",
    "{encrypted:x}",
    "a\u{85}b",
    "\u{feff}bom",
    "x=y&z=1",
    "[x]",
    "*",
    "%24",
];

/// Fields that take any text, with the way to set them.
type Setter = fn(&mut ConnectorInput, String);
const FIELDS: &[(&str, Setter)] = &[
    ("customer_name", |input, text| input.customer_name = text),
    ("home_tenant", |input, text| input.home_tenant = Some(text)),
    ("cloud", |input, text| input.cloud = text),
    ("client_id", |input, text| input.client_id = text),
    ("client_secret", |input, text| input.client_secret = SecretString::from(text)),
    ("redirect_uri", |input, text| input.redirect_uri = text),
    ("refresh_token", |input, text| input.refresh_token = Some(SecretString::from(text))),
    ("access_token", |input, text| input.access_token = Some(SecretString::from(text))),
    ("ca_file", |input, text| input.ca_file = Some(text)),
    ("scope", |input, text| {
        if input.scope.is_some() {
            input.scope = Some(text);
        }
    }),
    ("resource", |input, text| {
        if input.resource.is_some() {
            input.resource = Some(text);
        }
    }),
    ("authorize_url", |input, text| input.authorize_url.push_str(&text)),
    ("token_url", |input, text| input.token_url.push_str(&text)),
    ("alerts_url", |input, text| input.alerts_url.extend(["?x=", &text])),
    ("customer_tenant", |input, text| input.customer_tenant = text),
];

fn exposed(secret: Option<&SecretString>) -> Option<&str> {
    secret.map(ExposeSecret::expose_secret)
}

/// Rendered and read back, every value is the one that was put in; or `field` was refused.
fn holds_or_refuses(
    connector: ConnectorId,
    input: &ConnectorInput,
    field: &str,
) -> Result<(), TestCaseError> {
    let set = match render(connector, input) {
        Ok(set) => set,
        Err(refusal) => {
            prop_assert_eq!(refusal.field, field);
            return Ok(());
        }
    };
    let (found, read) =
        read_back(&Files::from(&set)).map_err(|problem| TestCaseError::fail(format!("{problem:?}")))?;
    prop_assert_eq!(found, connector);
    prop_assert_eq!(read.source, input.source);
    prop_assert_eq!(read.grant, input.grant);
    prop_assert_eq!(&read.client_id, &input.client_id);
    prop_assert_eq!(read.client_secret.expose_secret(), input.client_secret.expose_secret());
    prop_assert_eq!(&read.token_url, &input.token_url);
    prop_assert_eq!(&read.resource, &input.resource);
    prop_assert_eq!(&read.scope, &input.scope);
    let used = input.refresh_token.as_ref().filter(|_| input.grant == GrantKind::RefreshToken);
    prop_assert_eq!(exposed(read.refresh_token.as_ref()), exposed(used));
    prop_assert_eq!(read.customer_tenant.as_deref(), Some(input.customer_tenant.as_str()));
    prop_assert!(read.disagreements.is_empty(), "{:?}", read.disagreements);
    prop_assert!(read.changed_since_export.is_empty());
    let base = input.alerts_url.split('?').next().unwrap_or_default();
    prop_assert_eq!(read.alerts_base(), base);
    match connector {
        ConnectorId::Arcsight => {
            prop_assert_eq!(read.redirect_uri.as_ref(), Some(&input.redirect_uri));
        }
        ConnectorId::SplunkRest => {
            prop_assert_eq!(&read.alerts_url, &input.alerts_url);
            prop_assert_eq!(exposed(read.access_token.as_ref()), exposed(input.access_token.as_ref()));
            prop_assert_eq!(&read.ca_file, &input.ca_file);
        }
        ConnectorId::Generic => {
            prop_assert_eq!(&read.alerts_url, &input.alerts_url);
            prop_assert_eq!(read.redirect_uri.as_ref(), Some(&input.redirect_uri));
            prop_assert_eq!(read.authorize_url.as_ref(), Some(&input.authorize_url));
            prop_assert_eq!(exposed(read.access_token.as_ref()), exposed(input.access_token.as_ref()));
            prop_assert_eq!(&read.ca_file, &input.ca_file);
            // The `.env` file alone carries as much.
            let mut alone = Files::new();
            alone.insert("defender-api.env", file(&set.files, "defender-api.env").bytes().to_vec());
            let (_, from_env) =
                read_back(&alone).map_err(|problem| TestCaseError::fail(format!("{problem:?}")))?;
            prop_assert_eq!(from_env.client_secret.expose_secret(), input.client_secret.expose_secret());
            prop_assert_eq!(&from_env.client_id, &input.client_id);
            prop_assert_eq!(&from_env.scope, &input.scope);
            prop_assert_eq!(&from_env.alerts_url, &input.alerts_url);
            prop_assert_eq!(exposed(from_env.refresh_token.as_ref()), exposed(used));
        }
    }
    Ok(())
}

fn combinations() -> Vec<(ConnectorId, SourceId, GrantKind)> {
    let mut all = Vec::new();
    for connector in ConnectorId::ALL {
        for source in SourceId::ALL {
            for grant in GrantKind::ALL {
                if carries(*connector, *source, *grant).is_ok() {
                    all.push((*connector, *source, *grant));
                }
            }
        }
    }
    all
}

#[test]
fn every_combination_comes_back() {
    for (connector, source, grant) in combinations() {
        holds_or_refuses(connector, &input(source, grant), "nothing").expect("holds");
    }
}

#[test]
fn every_vector_in_every_field_comes_back_or_is_refused() {
    for (connector, source, grant) in combinations() {
        for (field, set) in FIELDS {
            for vector in VECTORS {
                let mut input = input(source, grant);
                set(&mut input, (*vector).to_owned());
                holds_or_refuses(connector, &input, field)
                    .unwrap_or_else(|error| panic!("{connector} {source} {field} {vector:?}: {error}"));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1_000) })]

    #[test]
    fn any_text_in_any_field_comes_back_or_is_refused(
        combination in proptest::sample::select(combinations()),
        field in proptest::sample::select(FIELDS),
        text in prop_oneof![
            "[ -~]{1,60}",
            "\\PC{1,30}",
            "[\\\\'\"$;=: #]{1,12}",
            proptest::collection::vec(proptest::sample::select(VECTORS), 1..4).prop_map(|parts| parts.concat()),
        ],
    ) {
        let (connector, source, grant) = combination;
        let mut input = input(source, grant);
        (field.1)(&mut input, text);
        holds_or_refuses(connector, &input, field.0)?;
    }

    #[test]
    fn broken_files_are_told_and_never_panic(
        name in proptest::sample::select(vec![
            "WDATP-connector.properties", "WDATP-connector.jsonparser.properties", "VALUES-TO-TYPE.txt", "inputs.conf",
            "defender-api.json", "defender-api.env", "defender-api.curl", "manifest.json",
        ]),
        cut in 0_usize..4_000,
        combination in proptest::sample::select(combinations()),
        garbage in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        let (connector, source, grant) = combination;
        let set = render(connector, &input(source, grant)).expect("renders");
        let mut files = Files::from(&set);
        if let Some(contents) = files.get(name).map(<[u8]>::to_vec) {
            let at = cut.min(contents.len());
            files.insert(name, [&contents[..at], &garbage, &contents[at..]].concat());
            let _ = read_back(&files);
            files.insert(name, [&contents[..at], &garbage].concat());
            let _ = read_back(&files);
        }
    }
}

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
        let mut input = input(SourceId::GraphAlerts, GrantKind::RefreshToken);
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
        assert_eq!(
            refused(*connector, &|input| input.refresh_token = None),
            ("refresh_token", RefusalReason::Missing)
        );
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

#[test]
fn the_json_counts_where_the_generic_files_disagree() {
    let set =
        render(ConnectorId::Generic, &input(SourceId::GraphAlerts, GrantKind::AppOnly)).expect("renders");
    let (_, read) = read_back(&changed(&set.files, "defender-api.json", "abc~8Q", "new~8Q")).expect("reads");
    assert_eq!(read.client_secret.expose_secret(), "new~8Q.d_e-f==");
    let told = |file: &str| Disagreement { file: file.to_owned(), field: "client_secret" };
    assert_eq!(read.disagreements, [told("defender-api.env"), told("defender-api.curl")]);
    let (_, read) = read_back(&changed(&set.files, "defender-api.curl", TENANT, "common")).expect("reads");
    assert_eq!(
        read.disagreements,
        [Disagreement { file: "defender-api.curl".to_owned(), field: "token_url" }]
    );
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
        (problem.reason, problem.key, problem.line.is_none_or(|at| Some(at) == line))
    };
    let arcsight = ConnectorId::Arcsight;
    // As Microsoft's portal hands it to an MSSP: the secret is to be filled in by hand.
    assert_eq!(
        told(arcsight, "WDATP-connector.properties", "client_secret=abc~8Q.d_e-f==", "client_secret="),
        (ReadReason::ValueMissing, Some("client_secret"), true)
    );
    assert_eq!(
        told(arcsight, "WDATP-connector.properties", "token_url=", "tokenurl="),
        (ReadReason::KeyMissing, Some("token_url"), true)
    );
    assert_eq!(
        told(arcsight, "WDATP-connector.properties", "abc~8Q", "\\uabc~"),
        (ReadReason::Malformed, None, true)
    );
    assert_eq!(
        told(arcsight, "VALUES-TO-TYPE.txt", "https://siem-eu.example", "siem-eu.example"),
        (ReadReason::NotAnAddress, Some("Events URL"), true)
    );
    assert_eq!(
        told(arcsight, "WDATP-connector.jsonparser.properties", "location=/\n", "location=/value\n"),
        (ReadReason::MappingMismatch, Some("trigger.node.location"), true)
    );
    let splunk = ConnectorId::SplunkRest;
    assert_eq!(told(splunk, "inputs.conf", "[rest://", "[http://"), (ReadReason::NoInput, None, true));
    assert_eq!(
        told(splunk, "inputs.conf", "/api/alerts", "/api/machines"),
        (ReadReason::UnknownSource, Some("endpoint"), true)
    );
    assert_eq!(
        told(splunk, "inputs.conf", "/api/alerts", "/v1.0/security/alerts_v2"),
        // The address may be meant: it is the handler that does not suit it.
        (ReadReason::MappingMismatch, Some("response_handler"), false)
    );
    let generic = ConnectorId::Generic;
    assert_eq!(
        told(generic, "defender-api.json", "\"cloud\":", "\"cloud\""),
        (ReadReason::Malformed, None, true)
    );
    assert_eq!(
        told(generic, "defender-api.json", "\"siem-detections\"", "\"detections\""),
        (ReadReason::UnknownWord, Some("source"), true)
    );
    assert_eq!(
        told(
            generic,
            "defender-api.json",
            "\"client_secret\": \"abc~8Q.d_e-f==\"",
            "\"client_secret\": null"
        ),
        (ReadReason::ValueMissing, Some("client_secret"), true)
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
fn windows_line_ends_and_a_byte_order_mark_do_no_harm() {
    for (connector, source, grant) in combinations() {
        let set = render(connector, &input(source, grant)).expect("renders");
        let mut files = Files::new();
        for file in &set.files {
            let mark = if file.name.ends_with(".properties") { "" } else { "\u{feff}" };
            files.insert(
                file.name.to_uppercase(),
                format!("{mark}{}", text(file).replace('\n', "\r\n")).into_bytes(),
            );
        }
        let (found, read) = read_back(&files).expect("reads");
        assert_eq!(found, connector);
        assert_eq!(read.client_secret.expose_secret(), "abc~8Q.d_e-f==");
        assert!(read.disagreements.is_empty());
    }
}
