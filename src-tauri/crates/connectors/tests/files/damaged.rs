//! Files that a person or an editor damaged: the problem names file, line and reason, or the damage does no harm.

use crate::example::{TENANT, file, input, text};
use crate::law::combinations;
use catalog::{Cloud, GrantKind, SourceId};
use connectors::{ConnectorId, Files, MANIFEST, ReadReason, read_back, render};
use secrecy::ExposeSecret;

/// Files, with one of them rewritten as a whole.
fn rewritten(
    connector: ConnectorId,
    source: SourceId,
    grant: GrantKind,
    name: &str,
    how: &dyn Fn(&str) -> String,
) -> Files {
    let set = render(connector, &input(source, grant)).expect("renders");
    let mut files = Files::from(&set);
    files.insert(name, how(text(file(&set.files, name))).into_bytes());
    files
}

/// File, reason and line of the problem.
fn told(
    connector: ConnectorId,
    name: &str,
    how: &dyn Fn(&str) -> String,
) -> (String, ReadReason, Option<usize>) {
    let grant = connector.grants()[0];
    let problem =
        read_back(&rewritten(connector, SourceId::GraphAlerts, grant, name, how)).expect_err("a problem");
    (problem.file, problem.reason, problem.line)
}

fn line_of(connector: ConnectorId, name: &str, start: &str) -> usize {
    let set = render(connector, &input(SourceId::GraphAlerts, connector.grants()[0])).expect("renders");
    let contents = text(file(&set.files, name));
    1 + contents.lines().position(|line| line.trim_start().starts_with(start)).expect("the line is there")
}

/// A line of each file that counts, by its beginning.
const LINES: &[(ConnectorId, &str, &str)] = &[
    (ConnectorId::Arcsight, "WDATP-connector.properties", "client_secret="),
    (ConnectorId::SplunkRest, "inputs.conf", "oauth2_client_secret ="),
    (ConnectorId::SplunkMsSecurity, "splunk_ta_ms_security_account.conf", "password ="),
    (ConnectorId::Qradar, "VALUES-TO-TYPE.txt", "Client Secret:"),
    (ConnectorId::Elastic, "elastic-agent.yml", "auth.oauth2.client.secret:"),
    (ConnectorId::Wazuh, "ossec-ms-graph.xml", "<secret_value>"),
    (ConnectorId::Cribl, "cribl-collector.json", "\"password\":"),
    (ConnectorId::Secops, "secops-feed.json", "\"clientId\":"),
    (ConnectorId::Sumo, "sumo-source.json", "\"secret_key\":"),
    (ConnectorId::Generic, "defender-api.json", "\"client_secret\":"),
];

fn doubled(contents: &str, start: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    for line in contents.lines() {
        lines.push(line);
        if line.trim_start().starts_with(start) {
            lines.push(line);
        }
    }
    lines.join("\n")
}

#[test]
fn a_line_that_stands_twice_is_named() {
    for (connector, name, start) in LINES {
        let line = line_of(*connector, name, start) + 1;
        let problem = told(*connector, name, &|contents| doubled(contents, start));
        assert_eq!(problem, ((*name).to_owned(), ReadReason::DuplicateKey, Some(line)), "{connector}");
    }
}

#[test]
fn a_file_that_breaks_off_is_named_with_its_line() {
    for (connector, name, start) in LINES {
        let line = line_of(*connector, name, start);
        // The file ends in the middle of the key.
        let cut = |contents: &str| {
            let at = contents.find(start).expect("the line is there");
            contents[..at + start.len() / 2].to_owned()
        };
        let (found, reason, at) = told(*connector, name, &cut);
        assert_eq!(found, *name, "{connector}");
        assert!(at.is_some_and(|at| at <= line + 1), "{connector}: {reason} {at:?}, cut in {line}");
        assert!(
            matches!(reason, ReadReason::Malformed | ReadReason::KeyMissing | ReadReason::ValueMissing),
            "{connector}: {reason}"
        );
    }
}

#[test]
fn a_byte_order_mark_is_told_in_an_exported_set() {
    for (connector, name, _) in LINES {
        let told = told(*connector, name, &|text| format!("\u{feff}{text}"));
        assert_eq!(told, ((*name).to_owned(), ReadReason::ByteOrderMark, Some(1)), "{connector}");
    }
}

#[test]
fn without_a_manifest_a_byte_order_mark_is_a_problem_where_the_reader_stumbles_over_it() {
    for (connector, name, _) in LINES {
        let grant = connector.grants()[0];
        let mut marked = Files::new();
        for file in render(*connector, &input(SourceId::GraphAlerts, grant)).expect("renders").files {
            if file.name != MANIFEST {
                marked.insert(file.name.clone(), [b"\xef\xbb\xbf", file.bytes()].concat());
            }
        }
        let harmless = [".yml", ".xml", ".txt"].iter().any(|ending| name.ends_with(ending));
        match read_back(&marked) {
            Ok((_, read)) => {
                assert!(harmless, "{connector}");
                assert_eq!(read.client_secret.expose_secret(), "abc~8Q.d_e-f==");
            }
            Err(problem) => {
                assert_eq!(
                    (problem.reason, problem.line),
                    (ReadReason::ByteOrderMark, Some(1)),
                    "{connector}"
                );
            }
        }
    }
}

#[test]
fn windows_line_ends_are_told_in_an_exported_set() {
    for (connector, source, grant) in combinations() {
        for name in names(connector, source, grant) {
            let files =
                rewritten(connector, source, grant, &name, &|contents| contents.replace('\n', "\r\n"));
            let problem = read_back(&files).expect_err("a problem");
            let found = (problem.file, problem.reason, problem.line);
            assert_eq!(found, (name, ReadReason::CarriageReturn, Some(1)), "{connector} {source}");
        }
    }
}

#[test]
fn without_a_manifest_windows_line_ends_do_harm_to_a_shell_only() {
    for (connector, source, grant) in combinations() {
        let set = render(connector, &input(source, grant)).expect("renders");
        let mut files = Files::new();
        for file in set.files.iter().filter(|file| file.name != MANIFEST) {
            files.insert(file.name.clone(), text(file).replace('\n', "\r\n").into_bytes());
        }
        match read_back(&files) {
            Ok((found, read)) => {
                assert_eq!(found, connector);
                assert_eq!(read.client_secret.expose_secret(), "abc~8Q.d_e-f==");
                assert!(read.disagreements.is_empty());
            }
            Err(problem) => {
                assert_eq!(connector, ConnectorId::Generic);
                let found = (problem.file.as_str(), problem.reason, problem.line);
                assert_eq!(found, ("defender-api.env", ReadReason::CarriageReturn, Some(1)));
            }
        }
    }
}

/// Names of a connector's files, the manifest left out.
fn names(connector: ConnectorId, source: SourceId, grant: GrantKind) -> Vec<String> {
    let set = render(connector, &input(source, grant)).expect("renders");
    set.files.into_iter().map(|file| file.name).filter(|name| name != MANIFEST).collect()
}

#[test]
fn whatever_line_is_lost_from_an_exported_set_is_told_with_file_and_line() {
    let mut missed: Vec<String> = Vec::new();
    for (connector, source, grant) in combinations() {
        for name in names(connector, source, grant) {
            let set = render(connector, &input(source, grant)).expect("renders");
            let lines: Vec<&str> = text(file(&set.files, &name)).lines().collect();
            // A mapping has some three hundred lines that are alike: every seventh of them.
            let step = if lines.len() > 100 { 7 } else { 1 };
            for (number, line) in lines.iter().enumerate().step_by(step).filter(|(_, line)| matters(line)) {
                let without = [&lines[..number], &lines[number + 1..]].concat().join("\n");
                let mut files = Files::from(&set);
                files.insert(name.as_str(), without.into_bytes());
                let told = match read_back(&files) {
                    Err(problem) => (problem.file, problem.line),
                    Ok((_, read)) => {
                        let first = read.disagreements.into_iter().next();
                        first.map(|one| (one.file, one.line)).unwrap_or_default()
                    }
                };
                if told.0 != name || told.1.is_none() {
                    missed.push(format!("{connector} {source} {grant}: {name} lost {line}: {told:?}"));
                }
            }
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

/// Whether a reader would miss a line: comments, brackets, tags and what is nothing are not missed.
fn matters(line: &str) -> bool {
    let line = line.trim();
    let tag = matches!(line, "tags:" | "- 'forwarded'" | "- 'defender'");
    // Known only where somebody said it.
    let optional = ["DEFENDER_HOME_TENANT", "DEFENDER_REGION"].iter().any(|key| line.starts_with(key));
    let nothing = line.ends_with("[],") || line.trim_end_matches(',').ends_with(": null");
    !tag && !optional
        && !nothing
        && !line.is_empty()
        && !line.starts_with(['#', '!', '}', ']', '{'])
        && !line.starts_with("<!--")
}

#[test]
fn a_line_that_was_cut_in_its_value_is_told() {
    for (connector, name, whole) in [
        (ConnectorId::SplunkRest, "inputs.conf", "response_handler = DefaultResponseHandler"),
        (ConnectorId::SplunkRest, "inputs.conf", "sourcetype = _json"),
        (ConnectorId::Arcsight, "VALUES-TO-TYPE.txt", "Authentication Type: OAuth 2"),
        (ConnectorId::Arcsight, "WDATP-connector.jsonparser.properties", "additionaldata.enabled=true"),
        (ConnectorId::Cribl, "cribl-collector.json", "\"tokenRespAttribute\": \"access_token"),
    ] {
        let line = line_of(connector, name, whole);
        let cut = &whole[..whole.len() - 3];
        let problem = told(connector, name, &|text| text.replace(whole, cut));
        assert_eq!(problem, (name.to_owned(), ReadReason::LineCut, Some(line)), "{whole}");
    }
    // Nothing is left of the value.
    let line = line_of(ConnectorId::Elastic, "filebeat.yml", "target: 'url.params.$top'");
    let problem = told(ConnectorId::Elastic, "filebeat.yml", &|text| {
        text.replace("target: 'url.params.$top'", "target:")
    });
    assert_eq!(problem, ("filebeat.yml".to_owned(), ReadReason::LineCut, Some(line)));
}

#[test]
fn a_set_that_was_edited_without_harm_is_whole() {
    for (connector, source, grant) in combinations() {
        for extra in [false, true] {
            let mut input = input(source, grant);
            if extra {
                input.ca_file = Some("/etc/ssl/lab.pem".to_owned());
                input.access_token = Some("header.body.signature".to_owned().into());
                input.home_tenant = None;
            }
            let set = render(connector, &input).expect("renders");
            let mut files = Files::new();
            for file in &set.files {
                let more: &[u8] = if file.name == MANIFEST { b"" } else { b"\n" };
                files.insert(file.name.clone(), [file.bytes(), more].concat());
            }
            let (_, read) = read_back(&files).unwrap_or_else(|problem| {
                panic!("{connector} {source} {grant}: {problem} {:?} {:?}", problem.line, problem.key)
            });
            assert_eq!(read.changed_since_export.len(), set.files.len() - 1, "{connector}");
            assert!(read.disagreements.is_empty(), "{connector}");
        }
    }
}

#[test]
fn values_that_a_person_may_choose_may_be_changed() {
    for (connector, name, from, to) in [
        (
            ConnectorId::SplunkRest,
            "inputs.conf",
            "polling_interval = 300",
            "polling_interval = 60\nindex = mssp",
        ),
        (ConnectorId::Elastic, "elastic-agent.yml", "interval: '5m'", "interval: '1m'"),
        (ConnectorId::Elastic, "elastic-agent.yml", "          - 'forwarded'\n", ""),
        (
            ConnectorId::Qradar,
            "qradar-log-source.json",
            "\"description\": \"Contoso 주식회사\"",
            "\"description\": \"\"",
        ),
        (ConnectorId::Wazuh, "ossec-ms-graph.xml", "<interval>5m<", "<interval>1h<"),
        (ConnectorId::Cribl, "cribl-collector.json", "\"ttl\": \"4h\"", "\"ttl\": \"1h\""),
    ] {
        let grant = connector.grants()[0];
        let edit = |text: &str| {
            assert!(text.contains(from), "{from}");
            text.replace(from, to)
        };
        let (_, read) =
            read_back(&rewritten(connector, SourceId::GraphAlerts, grant, name, &edit)).expect(from);
        assert_eq!(read.changed_since_export, [name]);
    }
}

#[test]
fn another_tenant_is_told_with_the_place_where_it_stands() {
    const OTHER: &str = "22222222-3333-4444-8555-666666666666";
    for (connector, source, grant) in combinations() {
        let set = render(connector, &input(source, grant)).expect("renders");
        let mut files = Files::new();
        for file in &set.files {
            files.insert(file.name.clone(), text(file).replace(TENANT, OTHER).into_bytes());
        }
        let (_, read) = read_back(&files).expect("reads");
        assert_eq!(read.customer_tenant.as_deref(), Some(OTHER), "{connector} {source}");
        assert!(read.token_url.contains(OTHER), "{connector} {source}");
        let (name, line) = read.tenant_at.expect("a place");
        let contents = text(file(&set.files, &name));
        let there = contents.lines().nth(line - 1).unwrap_or_default();
        assert!(there.contains(TENANT), "{connector} {source}: {name}:{line} {there}");
    }
}

#[test]
fn files_of_a_machine_that_disagree_with_the_sheet_are_told() {
    for name in ["qradar-log-source.json", "qradar-log-source.yml"] {
        let files =
            rewritten(ConnectorId::Qradar, SourceId::GraphAlerts, GrantKind::AppOnly, name, &|text| {
                text.replace("abc~8Q", "new~8Q")
            });
        let (_, read) = read_back(&files).expect("reads");
        let told: Vec<_> = read.disagreements.iter().map(|one| (one.file.as_str(), one.field)).collect();
        assert_eq!(told, [(name, "client_secret")]);
        let set = render(ConnectorId::Qradar, &input(SourceId::GraphAlerts, GrantKind::AppOnly));
        let contents = text(file(&set.as_ref().expect("renders").files, name)).to_owned();
        let line =
            1 + contents.lines().position(|line| line.contains("abc~8Q")).expect("the secret is there");
        assert_eq!(read.disagreements[0].line, Some(line));
    }
    for name in ["filebeat.yml", "elastic-integration.json"] {
        for (from, to, field) in
            [("abc~8Q", "new~8Q", "client_secret"), ("example_refresh", "rotated_refresh", "refresh_token")]
        {
            let grant = GrantKind::RefreshToken;
            let files = rewritten(ConnectorId::Elastic, SourceId::GraphAlerts, grant, name, &|text| {
                text.replace(from, to)
            });
            let (_, read) = read_back(&files).expect("reads");
            let told: Vec<_> = read.disagreements.iter().map(|one| (one.file.as_str(), one.field)).collect();
            assert_eq!(told, [(name, field)]);
        }
    }
    let files = rewritten(
        ConnectorId::SplunkRest,
        SourceId::GraphAlerts,
        GrantKind::RefreshToken,
        "splunk-authentication.properties",
        &|text| text.replace("abc~8Q", "new~8Q"),
    );
    let (_, read) = read_back(&files).expect("reads");
    assert_eq!(read.disagreements.len(), 1);
}

#[test]
fn a_cribl_expression_that_is_no_literal_is_told() {
    let told = |from: &'static str, to: &'static str| {
        told(ConnectorId::Cribl, "cribl-collector.json", &move |text| text.replace(from, to))
    };
    let line = |start| Some(line_of(ConnectorId::Cribl, "cribl-collector.json", start));
    let name = "cribl-collector.json".to_owned();
    assert_eq!(
        told("\"'https://login", "\"https://login"),
        (name.clone(), ReadReason::NotAnAddress, line("\"loginUrl\""))
    );
    assert_eq!(
        told("${password}", "${secret}"),
        (name.clone(), ReadReason::Malformed, line("\"loginBody\""))
    );
    assert_eq!(
        told("security/alerts_v2", "users"),
        (name, ReadReason::UnknownSource, line("\"collectUrl\""))
    );
    // An encoder of the software's own is understood.
    let files = rewritten(
        ConnectorId::Cribl,
        SourceId::GraphAlerts,
        GrantKind::AppOnly,
        "cribl-collector.json",
        &|text| {
            text.replace("${password}", "${C.Encode.uri(password)}")
                .replace("abc~8Q.d_e-f%3D%3D", "abc~8Q.d_e-f==")
        },
    );
    let (_, read) = read_back(&files).expect("reads");
    assert_eq!(read.client_secret.expose_secret(), "abc~8Q.d_e-f==");
}

#[test]
fn a_secret_that_was_pasted_unencoded_is_read_as_the_server_will_see_it() {
    let mut input = input(SourceId::GraphAlerts, GrantKind::AppOnly);
    input.client_secret = "IKX+/aa==".to_owned().into();
    let set = render(ConnectorId::Wazuh, &input).expect("renders");
    let contents = text(file(&set.files, "ossec-ms-graph.xml"));
    assert!(contents.contains("<secret_value>IKX%2B%2Faa%3D%3D</secret_value>"), "{contents}");
    let mut files = Files::new();
    files.insert("ossec-ms-graph.xml", contents.replace("IKX%2B%2Faa%3D%3D", "IKX+/aa==").into_bytes());
    let (_, read) = read_back(&files).expect("reads");
    assert_eq!(read.client_secret.expose_secret(), "IKX /aa==");
}

#[test]
fn a_reference_to_a_store_of_secrets_is_not_mistaken_for_one() {
    let (name, reason, line) = told(ConnectorId::Elastic, "elastic-agent.yml", &|text| {
        text.replace("'abc~8Q.d_e-f=='", "'${DEFENDER_SECRET}'")
    });
    let at = line_of(ConnectorId::Elastic, "elastic-agent.yml", "auth.oauth2.client.secret");
    assert_eq!((name.as_str(), reason, line), ("elastic-agent.yml", ReadReason::UnknownWord, Some(at)));
}

#[test]
fn a_lab_stands_in_for_microsofts_hosts() {
    let mut lab = Cloud::builtin("commercial").expect("there is one");
    lab.custom = true;
    lab.id = "lab".to_owned();
    lab.login = "http://127.0.0.1:4001".parse().expect("an address");
    lab.graph = "http://127.0.0.1:4002".parse().expect("an address");
    lab.graph_audience = "http://127.0.0.1:4002".to_owned();
    for connector in [
        ConnectorId::Wazuh,
        ConnectorId::Sumo,
        ConnectorId::Qradar,
        ConnectorId::SplunkMsSecurity,
        ConnectorId::Secops,
    ] {
        let mut input = input(SourceId::GraphAlerts, GrantKind::AppOnly);
        input.cloud.clone_from(&lab.id);
        input.token_url = format!("http://127.0.0.1:4001/{TENANT}/oauth2/v2.0/token");
        input.alerts_url = "http://127.0.0.1:4002/v1.0/security/alerts_v2".to_owned();
        input.scope = Some("http://127.0.0.1:4002/.default".to_owned());
        let (_, read) = read_back(&Files::from(&render(connector, &input).expect("renders"))).expect("reads");
        let read = read.in_cloud(&lab);
        assert_eq!(read.token_url, input.token_url, "{connector}");
        assert_eq!(read.alerts_url, input.alerts_url, "{connector}");
        assert_eq!(read.scope, input.scope, "{connector}");
    }
}

#[test]
fn splunk_inputs_are_told_apart_by_their_stanzas() {
    let set = render(ConnectorId::SplunkMsSecurity, &input(SourceId::GraphAlerts, GrantKind::AppOnly))
        .expect("renders");
    let mut files = Files::new();
    files.insert("inputs.conf", file(&set.files, "inputs.conf").bytes().to_vec());
    let problem = read_back(&files).expect_err("the account is missing");
    assert_eq!(problem.file, "splunk_ta_ms_security_account.conf");
    assert_eq!(problem.reason, ReadReason::FileMissing);
}

#[test]
fn the_mapping_that_the_sheet_names_is_the_one_that_counts() {
    let arcsight = ConnectorId::Arcsight;
    let (source, grant) = (SourceId::SiemDetections, GrantKind::RefreshToken);
    let sheet = "VALUES-TO-TYPE.txt";
    let files = rewritten(arcsight, source, grant, sheet, &|text| {
        text.replace("Configuration File: WDATP-connector\n", "Configuration File: WDATP-connector-1.0\n")
    });
    let (_, read) = read_back(&files).expect("reads");
    assert!(
        read.files.iter().any(|name| name == "WDATP-connector-1.0.jsonparser.properties"),
        "{:?}",
        read.files
    );
    let files = rewritten(arcsight, source, grant, sheet, &|text| {
        text.replace("Configuration File: WDATP-connector\n", "Configuration File: WDATP-Connector\n")
    });
    let problem = read_back(&files).expect_err("the connector compares letter by letter");
    assert_eq!((problem.file.as_str(), problem.reason), (sheet, ReadReason::UnknownWord));
}
