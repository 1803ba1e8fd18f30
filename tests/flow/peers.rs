//! Other people's programs agree: Microsoft's own library with the practice tenant, Java, Splunk's parser and curl with
//! the exported files.

use std::path::Path;
use std::process::Stdio;

use tests::binaries;
use tests::lacking::lacking;
use tests::practice::Practice;
use tokio::process::Command;

async fn run(mut command: Command) -> String {
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await.unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{command:?}\n{stdout}\n{}", String::from_utf8_lossy(&output.stderr));
    stdout
}

/// Exports the three connectors whose readers are asked here.
async fn exported(practice: &Practice, source: &str, folder: &Path) {
    let msspctl = practice.person(practice.msspctl(&folder.join("data")), "admin");
    practice.add_customer(&msspctl, &["--source", source]).await;
    msspctl.succeed(&["consent", "Contoso", "--timeout", "1m"]).await;
    if source == "siem-detections" {
        let visitor = practice_tenant::visitor::Visitor::new(&practice.announcement).unwrap();
        let mut portal: url::Url = practice.announcement.portal.parse().unwrap();
        portal.query_pairs_mut().append_pair("tid", &practice.announcement.customer_tenant);
        let (client_id, home) = (&practice.announcement.client_id, &practice.announcement.provider_tenant);
        visitor.authorize_application(portal.as_str(), client_id, home).await.unwrap();
    }
    msspctl.succeed(&["authorize", "Contoso", "--wait", "30s"]).await;
    for connector in ["arcsight", "splunk-rest", "generic"] {
        let out = folder.join(connector);
        msspctl
            .succeed(&["export", "Contoso", "--connector", connector, "--out", out.to_str().unwrap()])
            .await;
    }
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "a file of the test, not of the product")]
async fn msal_completes_discovery_code_with_pkce_refresh_and_client_credentials() {
    let Some(python) = binaries::python() else {
        lacking("MSSP_PYTHON names no Python with msal; `cargo xtask test` makes one");
        return;
    };
    let practice = Practice::start(&["--tls"]).await;
    let folder = tempfile::tempdir().unwrap();
    let line = folder.path().join("announcement.json");
    std::fs::write(&line, &practice.line).unwrap();
    let mut msal = Command::new(python);
    msal.arg(binaries::root().join("tests/python/msal_flow.py")).arg(&line);
    let said = run(msal).await;
    eprintln!("{said}");
}

#[tokio::test]
async fn java_loads_both_arcsight_files() {
    for source in ["graph-alerts", "siem-detections"] {
        let practice = Practice::start(&["--tls"]).await;
        let folder = tempfile::tempdir().unwrap();
        exported(&practice, source, folder.path()).await;
        let mut java = Command::new("java");
        java.arg(binaries::root().join("tests/parsers/LoadProperties.java"))
            .arg(folder.path().join("arcsight/WDATP-connector.properties"))
            .arg(folder.path().join("arcsight/WDATP-connector.jsonparser.properties"));
        let said = run(java).await;
        assert!(said.contains(&practice.announcement.client_id), "{said}");
        assert!(said.contains("trigger.node.location"), "{said}");
        let secret = std::fs::read_to_string(&practice.announcement.client_secret_file).unwrap();
        assert!(
            said.contains(&serde_json::to_string(&secret).unwrap()),
            "the secret survives the file format"
        );
    }
}

#[tokio::test]
async fn splunks_own_parser_reads_the_stanza() {
    let Some(python) = binaries::python() else {
        lacking("MSSP_PYTHON names no Python with Splunk's parser; `cargo xtask test` makes one");
        return;
    };
    let practice = Practice::start(&["--tls"]).await;
    let folder = tempfile::tempdir().unwrap();
    exported(&practice, "siem-detections", folder.path()).await;
    let mut parser = Command::new(python);
    parser
        .arg(binaries::root().join("tests/parsers/splunk_conf.py"))
        .arg(folder.path().join("splunk-rest/inputs.conf"));
    let said = run(parser).await;
    assert!(said.contains("rest://") && said.contains("JSONArrayHandler"), "{said}");
    assert!(said.contains(&practice.announcement.client_id), "{said}");
}

#[tokio::test]
async fn curl_fetches_a_token_with_the_generic_bundle() {
    for (source, tls) in [("graph-alerts", true), ("siem-detections", true), ("graph-alerts", false)] {
        let practice = Practice::start(if tls { &["--tls"] } else { &[] }).await;
        let folder = tempfile::tempdir().unwrap();
        exported(&practice, source, folder.path()).await;
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--fail", "-K"])
            .arg(folder.path().join("generic/defender-api.curl"));
        let said = run(curl).await;
        let answer: serde_json::Value = serde_json::from_str(&said).unwrap();
        assert!(answer["access_token"].is_string(), "{said}");
    }
}
