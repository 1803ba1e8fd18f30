//! One test for each reader: all sets at once, since programs start slowly.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use catalog::{GrantKind, SourceId};
use connectors::{ConnectorId, Note};
use serde_json::Value;
use tests::binaries::{python, root};
use tests::lacking::lacking;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::sets::Sets;

fn run(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{command:?}\n{stdout}\n{}", String::from_utf8_lossy(&output.stderr));
    stdout
}

fn lines(command: &mut Command) -> Vec<Value> {
    run(command).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The interpreter with a script of this folder, or nothing, which was said.
fn script(name: &str) -> Option<Command> {
    let Some(python) = python() else {
        lacking("MSSP_PYTHON names no Python with the readers; `cargo xtask test` makes one");
        return None;
    };
    let mut command = Command::new(python);
    command.arg(root().join("tests/parsers").join(name));
    Some(command)
}

fn node(name: &str) -> Command {
    let mut command = Command::new(std::env::var_os("MSSP_NODE").unwrap_or_else(|| "node".into()));
    command.arg(root().join("tests/parsers").join(name));
    command
}

/// Entries that a reader printed one a line, by file and key.
fn entries(lines: &[Value]) -> BTreeMap<(String, String), String> {
    let text = |line: &Value, name: &str| line[name].as_str().unwrap().to_owned();
    lines.iter().map(|line| ((text(line, "file"), text(line, "key")), text(line, "value"))).collect()
}

fn assert_entries(found: &BTreeMap<(String, String), String>, sets: &Sets, file: &str, keys: &[&str]) {
    for (path, value) in sets.by_path(file) {
        for key in keys {
            let key = (path.clone(), (*key).to_owned());
            assert_eq!(found.get(&key).map(String::as_str), Some(value), "{key:?}");
        }
    }
}

#[test]
fn java_loads_what_was_written() {
    let mut java = Command::new("java");
    java.arg(root().join("tests/parsers/LoadProperties.java"));
    let arcsight = Sets::of(ConnectorId::Arcsight, SourceId::SiemDetections, GrantKind::RefreshToken);
    let splunk = Sets::of(ConnectorId::SplunkRest, SourceId::GraphAlerts, GrantKind::RefreshToken);
    let (client, plain) = ("WDATP-connector.properties", "splunk-authentication.properties");
    java.args(arcsight.paths(client)).args(splunk.paths(plain));
    let mappings = ["WDATP-connector.jsonparser.properties", "WDATP-connector-1.0.jsonparser.properties"];
    java.args(mappings.map(|name| arcsight.all[0].path(name)));
    let found = entries(&lines(&mut java));
    assert_entries(&found, &arcsight, client, &["client_id", "client_secret"]);
    assert_entries(&found, &splunk, plain, &["client_id", "client_secret", "refresh_token"]);
    for (mapping, count) in mappings.into_iter().zip(["50", "22"]) {
        let key = (arcsight.all[0].path(mapping), "token.count".to_owned());
        assert_eq!(found.get(&key).map(String::as_str), Some(count));
    }
}

#[test]
fn splunks_parser_and_ksconf_read_what_was_written() {
    let rest = Sets::of(ConnectorId::SplunkRest, SourceId::GraphAlerts, GrantKind::RefreshToken);
    let security = Sets::of(ConnectorId::SplunkMsSecurity, SourceId::GraphIncidents, GrantKind::AppOnly);
    let account = "splunk_ta_ms_security_account.conf";
    let Some(mut parser) = script("splunk_conf.py") else { return };
    parser
        .arg("--both")
        .args(rest.paths("inputs.conf"))
        .args(security.paths(account))
        .args(security.paths("inputs.conf"));
    let found = entries(&lines(&mut parser));
    let keys = ["oauth2_client_id", "oauth2_client_secret", "oauth2_refresh_token"];
    assert_entries(&found, &rest, "inputs.conf", &keys);
    assert_entries(&found, &security, account, &["username", "password"]);
    let location = (security.all[0].path("inputs.conf"), "environment".to_owned());
    assert_eq!(found.get(&location).map(String::as_str), Some("commercial-graph-api"));
}

#[test]
fn splunks_inspection_passes_a_packaged_app() {
    for (connector, grant, files) in [
        (ConnectorId::SplunkRest, GrantKind::RefreshToken, &["inputs.conf"][..]),
        (
            ConnectorId::SplunkMsSecurity,
            GrantKind::AppOnly,
            &["inputs.conf", "splunk_ta_ms_security_account.conf"],
        ),
    ] {
        let sets = Sets::of(connector, SourceId::GraphAlerts, grant);
        let Some(mut inspect) = script("splunk_app.py") else { return };
        inspect.arg(sets.root()).args(files.iter().map(|file| sets.all[0].path(file)));
        let summary = &lines(&mut inspect)[0];
        assert_eq!(summary["failure"], 0, "{connector}: {summary}");
        assert!(summary["success"].as_u64() > Some(10), "{connector}: {summary}");
    }
}

fn elastic_and_qradar() -> (Sets, Sets) {
    (
        Sets::of(ConnectorId::Elastic, SourceId::GraphAlerts, GrantKind::RefreshToken),
        Sets::of(ConnectorId::Qradar, SourceId::DefenderAlerts, GrantKind::AppOnly),
    )
}

fn assert_yaml(documents: &[Value], elastic: &Sets, qradar: &Sets) {
    let by_file: BTreeMap<&str, &Value> =
        documents.iter().map(|line| (line["file"].as_str().unwrap(), &line["document"])).collect();
    let stream_at = [("elastic-agent.yml", "/inputs/0/streams/0"), ("filebeat.yml", "/filebeat.inputs/0")];
    for (name, place) in stream_at {
        for (path, value) in elastic.by_path(name) {
            let stream = by_file[path.as_str()].pointer(place).unwrap();
            for key in ["auth.oauth2.client.id", "auth.oauth2.client.secret"] {
                assert_eq!(stream[key], *value, "{path} {key}");
            }
            assert_eq!(stream["auth.oauth2.endpoint_params"]["refresh_token"], *value, "{path}");
        }
    }
    for (path, value) in qradar.by_path("qradar-log-source.yml") {
        let parameters = by_file[path.as_str()]
            .pointer("/0/tasks/0/ibm.qradar.qradar_log_sources_management/config/0/protocol_parameters")
            .and_then(Value::as_array)
            .unwrap();
        let secret = parameters.iter().find(|one| one["name"] == "unresolved: Client Secret").unwrap();
        assert_eq!(secret["value"], *value, "{path}");
    }
}

#[test]
fn pyyaml_and_ruamel_read_what_was_written() {
    let (elastic, qradar) = elastic_and_qradar();
    let Some(mut parser) = script("read_yaml.py") else { return };
    for name in ["elastic-agent.yml", "filebeat.yml"] {
        parser.args(elastic.paths(name));
    }
    parser.args(qradar.paths("qradar-log-source.yml"));
    assert_yaml(&lines(&mut parser), &elastic, &qradar);
}

#[test]
fn js_yaml_and_json_parse_read_what_was_written() {
    if !root().join("ui/node_modules/js-yaml").exists() {
        lacking("js-yaml is not installed: `npm ci` in ui/");
        return;
    }
    let (elastic, qradar) = elastic_and_qradar();
    let sumo = Sets::of(ConnectorId::Sumo, SourceId::GraphAlerts, GrantKind::AppOnly);
    let generic = Sets::of(ConnectorId::Generic, SourceId::SiemDetections, GrantKind::RefreshToken);
    let mut parser = node("read_yaml.mjs");
    for name in ["elastic-agent.yml", "filebeat.yml", "elastic-integration.json"] {
        parser.args(elastic.paths(name));
    }
    for name in ["qradar-log-source.yml", "qradar-log-source.json"] {
        parser.args(qradar.paths(name));
    }
    parser.args(sumo.paths("sumo-source.json")).args(generic.paths("defender-api.json"));
    let documents = lines(&mut parser);
    assert_yaml(&documents, &elastic, &qradar);
    for (sets, name, place) in [
        (&elastic, "elastic-integration.json", "/vars/client_secret"),
        (&sumo, "sumo-source.json", "/source/config/secret_key"),
        (&generic, "defender-api.json", "/client_secret"),
    ] {
        for (path, value) in sets.by_path(name) {
            let line = documents.iter().find(|line| line["file"] == *path).unwrap();
            assert_eq!(line["document"].pointer(place).and_then(Value::as_str), Some(value), "{path}");
        }
    }
}

#[test]
fn xmllint_reads_what_was_written() {
    if Command::new("xmllint").arg("--version").output().is_err() {
        lacking("xmllint is not installed: libxml2-utils");
        return;
    }
    let sets = Sets::of(ConnectorId::Wazuh, SourceId::GraphIncidents, GrantKind::AppOnly);
    run(Command::new("xmllint").args(["--nonet", "--noout"]).args(sets.paths("ossec-ms-graph.xml")));
    for (path, value) in sets.by_path("ossec-ms-graph.xml") {
        for name in ["client_id", "secret_value"] {
            let place = format!("string(/ossec_config/ms-graph/api_auth/{name})");
            let found = run(Command::new("xmllint").args(["--nonet", "--xpath", &place, &path]));
            // The module pastes it into a form; a server decodes that.
            let form = format!("{name}={}", found.trim_end_matches('\n'));
            let decoded: Vec<(String, String)> =
                url::form_urlencoded::parse(form.as_bytes()).into_owned().collect();
            assert_eq!(decoded, [(name.to_owned(), value.to_owned())], "{path}");
        }
    }
}

#[test]
fn bash_and_python_dotenv_read_what_was_written() {
    let sets = Sets::of(ConnectorId::Generic, SourceId::GraphAlerts, GrantKind::RefreshToken);
    for set in &sets.all {
        let mut bash = Command::new("bash");
        bash.args([
            "-c",
            "set -a; . \"$1\"; printf '%s\\n' \"$DEFENDER_CLIENT_SECRET\" \"$DEFENDER_REFRESH_TOKEN\"",
            "-",
        ]);
        bash.arg(set.path("defender-api.env"));
        assert_eq!(run(&mut bash), format!("{0}\n{0}\n", set.value), "{}", set.value);
    }
    let Some(mut dotenv) = script("dotenv_load.py") else { return };
    dotenv.args(sets.paths("defender-api.env"));
    let found = lines(&mut dotenv);
    for (set, line) in sets.all.iter().zip(&found) {
        let agrees = line["values"]["DEFENDER_CLIENT_SECRET"] == *set.value;
        assert!(agrees || set.notes.contains(&Note::EnvReadersDisagree), "{}: {line}", set.value);
    }
}

#[test]
fn googles_types_read_what_was_written() {
    let sets = Sets::of(ConnectorId::Secops, SourceId::GraphAlerts, GrantKind::AppOnly);
    let Some(mut parser) = script("secops_feed.py") else { return };
    parser.args(sets.paths("secops-feed.json"));
    for (set, line) in sets.all.iter().zip(lines(&mut parser)) {
        let settings = &line["feed"]["details"]["microsoft_graph_alert_settings"];
        assert_eq!(settings["authentication"]["client_secret"], *set.value, "{line}");
        assert_eq!(settings["authentication"]["client_id"], *set.value, "{line}");
        assert_eq!(settings["hostname"], "graph.microsoft.com/v1.0/security/alerts_v2");
        assert_eq!(line["feed"]["details"]["feed_source_type"], "API");
    }
}

#[test]
fn nodes_vm_evaluates_cribls_expressions() {
    for (source, grant) in
        [(SourceId::GraphIncidents, GrantKind::AppOnly), (SourceId::SiemDetections, GrantKind::RefreshToken)]
    {
        let sets = Sets::of(ConnectorId::Cribl, source, grant);
        let mut parser = node("cribl_expressions.mjs");
        parser.args(sets.paths("cribl-collector.json"));
        for (set, line) in sets.all.iter().zip(lines(&mut parser)) {
            let body = &line["loginBody"];
            assert_eq!(body["client_id"], *set.value, "{line}");
            assert_eq!(body["client_secret"], *set.value, "{line}");
            if grant == GrantKind::RefreshToken {
                assert_eq!(body["grant_type"], "refresh_token");
                assert_eq!(body["refresh_token"], *set.value, "{line}");
                assert_eq!(body["resource"], "https://graph.windows.net");
                assert_eq!(
                    line["params"][0],
                    serde_json::json!(["sinceTimeUtc", "2025-11-21T06:30:00.000Z"])
                );
            } else {
                assert_eq!(body["grant_type"], "client_credentials");
                assert_eq!(body["scope"], "https://graph.microsoft.com/.default");
                let filter = "lastUpdateDateTime ge 2025-11-21T06:30:00.000Z";
                assert_eq!(line["params"][0], serde_json::json!(["$filter", filter]));
            }
            assert_eq!(line["authHeader"], "Bearer a.b.c");
            assert!(line["loginUrl"].as_str().unwrap().starts_with("https://login.microsoftonline.com/"));
        }
    }
}

/// Takes one request and gives its body.
async fn body_of_one_request(listener: &tokio::net::TcpListener) -> String {
    let (mut socket, _) = listener.accept().await.unwrap();
    let mut request = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let read = socket.read(&mut chunk).await.unwrap();
        assert!(read > 0, "the request breaks off");
        request.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8_lossy(&request).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
        });
        if body.len() >= length.unwrap_or(0) {
            socket
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
                .await
                .unwrap();
            return body.to_owned();
        }
    }
}

#[tokio::test]
async fn curl_sends_what_was_written() {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let token_url = format!("http://{}/t/oauth2/v2.0/token", listener.local_addr().unwrap());
    let sets =
        Sets::at(ConnectorId::Generic, SourceId::GraphAlerts, GrantKind::RefreshToken, Some(&token_url));
    for set in &sets.all {
        let mut curl = tokio::process::Command::new("curl");
        curl.args(["--noproxy", "*", "-K"]).arg(set.path("defender-api.curl"));
        let curl = curl.stdin(Stdio::null()).kill_on_drop(true).output();
        let (output, body) = tokio::join!(curl, body_of_one_request(&listener));
        assert!(output.unwrap().status.success(), "{}", set.value);
        let form: BTreeMap<String, String> =
            url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
        for name in ["client_id", "client_secret", "refresh_token"] {
            assert_eq!(form.get(name).map(String::as_str), Some(set.value), "{name}");
        }
        assert_eq!(form["grant_type"], "refresh_token");
    }
}
