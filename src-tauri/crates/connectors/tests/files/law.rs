//! The law of this crate: what is rendered reads back to the same values, or rendering refused and said why.

use crate::example::{file, input};
use catalog::{GrantKind, SourceId};
use connectors::{ConnectorId, ConnectorInput, Files, carries, found_in, read_back, render};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
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

pub(crate) fn exposed(secret: Option<&SecretString>) -> Option<&str> {
    secret.map(ExposeSecret::expose_secret)
}

/// How the connector's software asks for a token. The Splunk add-on asks Defender's own APIs in the old way.
fn asked(connector: ConnectorId, input: &ConnectorInput) -> (String, Option<String>, Option<String>) {
    let old_way = matches!(input.source, SourceId::DefenderAlerts | SourceId::XdrIncidents);
    match &input.scope {
        Some(scope) if connector == ConnectorId::SplunkMsSecurity && old_way => {
            (input.token_url.replace("/v2.0", ""), scope.strip_suffix("/.default").map(str::to_owned), None)
        }
        _ => (input.token_url.clone(), input.resource.clone(), input.scope.clone()),
    }
}

/// Rendered and read back, every value is the one that was put in; or `field` was refused.
pub(crate) fn holds_or_refuses(
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
    let (token_url, resource, scope) = asked(connector, input);
    prop_assert_eq!(&read.token_url, &token_url);
    prop_assert_eq!(&read.resource, &resource);
    prop_assert_eq!(&read.scope, &scope);
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
        ConnectorId::Elastic => {
            prop_assert_eq!(&read.alerts_url, &input.alerts_url);
            prop_assert_eq!(&read.ca_file, &input.ca_file);
        }
        ConnectorId::Cribl => prop_assert_eq!(&read.alerts_url, &input.alerts_url),
        // Their addresses follow from words or hosts; all there is has been compared.
        ConnectorId::SplunkMsSecurity
        | ConnectorId::Qradar
        | ConnectorId::Wazuh
        | ConnectorId::Secops
        | ConnectorId::Sumo => {}
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

pub(crate) fn combinations() -> Vec<(ConnectorId, SourceId, GrantKind)> {
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

/// Values of the connector: every vector in every field first, then generated ones up to the number.
fn law_holds(connector: ConnectorId, generated: u32) {
    let mine: Vec<_> = combinations().into_iter().filter(|(id, ..)| *id == connector).collect();
    for (_, source, grant) in &mine {
        for (field, set) in FIELDS {
            for vector in VECTORS {
                let mut input = input(*source, *grant);
                set(&mut input, (*vector).to_owned());
                holds_or_refuses(connector, &input, field)
                    .unwrap_or_else(|error| panic!("{connector} {source} {field} {vector:?}: {error}"));
            }
        }
    }
    let text = prop_oneof![
        "[ -~]{1,60}",
        "\\PC{1,30}",
        "[\\\\'\"$;=: #{}%`+&<>]{1,12}",
        proptest::collection::vec(proptest::sample::select(VECTORS), 1..4).prop_map(|parts| parts.concat()),
    ];
    let case = (proptest::sample::select(mine), proptest::sample::select(FIELDS), text);
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(generated) };
    TestRunner::new(config)
        .run(&case, |((connector, source, grant), (field, set), text)| {
            let mut input = input(source, grant);
            set(&mut input, text);
            holds_or_refuses(connector, &input, field)
        })
        .unwrap_or_else(|error| panic!("{connector}: {error}"));
}

macro_rules! laws {
    ($($name:ident: $connector:ident,)+) => {
        $(#[test]
        fn $name() {
            law_holds(ConnectorId::$connector, 10_000);
        })+

        #[test]
        fn no_connector_is_above_the_law() {
            assert_eq!([$(ConnectorId::$connector),+].as_slice(), ConnectorId::ALL);
        }
    };
}

laws! {
    arcsight_carries_values_or_refuses_them: Arcsight,
    splunk_rest_carries_values_or_refuses_them: SplunkRest,
    splunk_ms_security_carries_values_or_refuses_them: SplunkMsSecurity,
    qradar_carries_values_or_refuses_them: Qradar,
    elastic_carries_values_or_refuses_them: Elastic,
    wazuh_carries_values_or_refuses_them: Wazuh,
    cribl_carries_values_or_refuses_them: Cribl,
    secops_carries_values_or_refuses_them: Secops,
    sumo_carries_values_or_refuses_them: Sumo,
    generic_carries_values_or_refuses_them: Generic,
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn broken_files_are_told_and_never_panic(
        which in any::<proptest::sample::Index>(),
        cut in 0_usize..4_000,
        combination in proptest::sample::select(combinations()),
        garbage in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        let (connector, source, grant) = combination;
        let set = render(connector, &input(source, grant)).expect("renders");
        let file = &set.files[which.index(set.files.len())];
        let contents = file.bytes();
        let at = cut.min(contents.len());
        let mut files = Files::from(&set);
        files.insert(file.name.clone(), [&contents[..at], &garbage, &contents[at..]].concat());
        let _ = read_back(&files);
        files.insert(file.name.clone(), [&contents[..at], &garbage].concat());
        let _ = read_back(&files);
        let _ = found_in(&files, "2026-11-21".parse().expect("a day"));
    }
}
