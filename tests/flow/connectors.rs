//! Every connector with every source and grant that go together: exported from the practice tenant, and proven with
//! what the files say and nothing else.

use std::path::Path;

use tests::command::Msspctl;
use tests::practice::Practice;

/// Connectors by source and grant. Written down here a second time, so that one that falls out is missed.
const REFRESH: &[&str] = &["arcsight", "splunk-rest", "cribl", "generic"];
const TABLE: &[(&str, &str, &[&str])] = &[
    ("graph-alerts", "refresh-token", &["elastic"]),
    ("graph-incidents", "refresh-token", &["elastic"]),
    ("defender-alerts", "refresh-token", &["elastic"]),
    ("xdr-incidents", "refresh-token", &["elastic"]),
    ("siem-detections", "refresh-token", &[]),
    (
        "graph-alerts",
        "app-only",
        &["splunk-ms-security", "qradar", "elastic", "wazuh", "cribl", "secops", "sumo", "generic"],
    ),
    ("graph-incidents", "app-only", &["splunk-ms-security", "elastic", "wazuh", "cribl", "generic"]),
    ("defender-alerts", "app-only", &["splunk-ms-security", "qradar", "elastic", "cribl", "generic"]),
    ("xdr-incidents", "app-only", &["splunk-ms-security", "elastic", "cribl", "generic"]),
    ("siem-detections", "app-only", &["qradar", "cribl", "generic"]),
];

const ALL: &[&str] = &[
    "arcsight",
    "splunk-rest",
    "splunk-ms-security",
    "qradar",
    "elastic",
    "wazuh",
    "cribl",
    "secops",
    "sumo",
    "generic",
];

fn possible(source: &str, grant: &str) -> Vec<&'static str> {
    let (.., more) = TABLE.iter().find(|(s, g, _)| *s == source && *g == grant).unwrap();
    let always = if grant == "refresh-token" { REFRESH } else { &[] };
    always.iter().chain(*more).copied().collect()
}

/// A customer whose step 3 is done.
async fn authorised(practice: &Practice, folder: &Path, source: &str, grant: &str) -> Msspctl {
    let msspctl = practice.person(practice.msspctl(&folder.join("data")), "admin");
    practice.add_customer(&msspctl, &["--source", source, "--grant", grant]).await;
    msspctl.succeed(&["consent", "Contoso", "--timeout", "1m"]).await;
    if source == "siem-detections" {
        let visitor = practice_tenant::visitor::Visitor::new(&practice.announcement).unwrap();
        let mut portal: url::Url = practice.announcement.portal.parse().unwrap();
        portal.query_pairs_mut().append_pair("tid", &practice.announcement.customer_tenant);
        let (client_id, home) = (&practice.announcement.client_id, &practice.announcement.provider_tenant);
        visitor.authorize_application(portal.as_str(), client_id, home).await.unwrap();
    }
    msspctl.succeed(&["authorize", "Contoso", "--wait", "30s"]).await;
    msspctl.json()
}

async fn every_connector_is_proven(source: &str, grant: &str) {
    let practice = Practice::start(&["--tls", "--alerts", "7"]).await;
    let folder = tempfile::tempdir().unwrap();
    let msspctl = authorised(&practice, folder.path(), source, grant).await;
    let possible = possible(source, grant);
    for connector in ALL {
        let out = folder.path().join(connector);
        let out = out.to_str().unwrap();
        let export = msspctl.run(&["export", "Contoso", "--connector", connector, "--out", out]).await;
        if !possible.contains(connector) {
            assert_eq!(export.status, 2, "{source} {grant} {connector}: {}", export.stderr);
            let problem = export.problem();
            assert_eq!(problem["code"], "combination-impossible", "{connector}");
            assert!(problem["params"]["instead"].is_string(), "{connector}: what would work is said");
            assert!(!Path::new(out).exists(), "{connector}: nothing is written");
            continue;
        }
        assert_eq!(export.status, 0, "{source} {grant} {connector}: {}", export.stderr);
        let verify = msspctl.run(&["verify", "Contoso", "--from", out]).await;
        assert_eq!(verify.status, 0, "{source} {grant} {connector}: {}", verify.stderr);
        let proof = verify.document();
        assert_eq!(proof["connector"], *connector);
        assert_eq!(proof["pull"]["alerts"], 7, "{source} {grant} {connector}");
        let files = proof["files"].as_array().unwrap();
        assert!(!files.is_empty() && files.iter().all(|file| file["proven"] == true), "{connector}");
    }
}

macro_rules! proofs {
    ($($name:ident: $source:literal, $grant:literal;)+) => {
        $(#[tokio::test]
        async fn $name() {
            every_connector_is_proven($source, $grant).await;
        })+
    };
}

proofs! {
    graph_alerts_with_a_lasting_sign_in_are_proven_by_every_connector: "graph-alerts", "refresh-token";
    graph_incidents_with_a_lasting_sign_in_are_proven_by_every_connector: "graph-incidents", "refresh-token";
    defender_alerts_with_a_lasting_sign_in_are_proven_by_every_connector: "defender-alerts", "refresh-token";
    xdr_incidents_with_a_lasting_sign_in_are_proven_by_every_connector: "xdr-incidents", "refresh-token";
    siem_detections_with_a_lasting_sign_in_are_proven_by_every_connector: "siem-detections", "refresh-token";
    graph_alerts_with_app_only_access_are_proven_by_every_connector: "graph-alerts", "app-only";
    graph_incidents_with_app_only_access_are_proven_by_every_connector: "graph-incidents", "app-only";
    defender_alerts_with_app_only_access_are_proven_by_every_connector: "defender-alerts", "app-only";
    xdr_incidents_with_app_only_access_are_proven_by_every_connector: "xdr-incidents", "app-only";
    siem_detections_with_app_only_access_are_proven_by_every_connector: "siem-detections", "app-only";
}

/// Rewrites every file of a folder.
#[expect(clippy::disallowed_methods, reason = "an engineer's editor, not the product")]
fn rewrite(folder: &Path, from: &str, to: &str) -> usize {
    let mut changed = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let contents = std::fs::read_to_string(&path).unwrap();
        if contents.contains(from) {
            std::fs::write(&path, contents.replace(from, to)).unwrap();
            changed += 1;
        }
    }
    changed
}

#[tokio::test]
async fn a_secret_that_was_replaced_in_the_files_is_found_by_verify() {
    let practice = Practice::start(&["--alerts", "3"]).await;
    let folder = tempfile::tempdir().unwrap();
    let msspctl = authorised(&practice, folder.path(), "graph-alerts", "app-only").await;
    let secret = std::fs::read_to_string(&practice.announcement.client_secret_file).unwrap();
    let secret = secret.trim();
    for connector in possible("graph-alerts", "app-only") {
        let out = folder.path().join(connector);
        let path = out.to_str().unwrap();
        msspctl.succeed(&["export", "Contoso", "--connector", connector, "--out", path]).await;
        let (begins, last) = secret.split_at(secret.len() - 1);
        let other = format!("{begins}{}", if last == "0" { "1" } else { "0" });
        assert!(rewrite(&out, secret, &other) > 0, "{connector}");
        let verify = msspctl.run(&["verify", "Contoso", "--from", path]).await;
        assert_eq!(verify.status, 4, "{connector}: {}", verify.stderr);
        assert_eq!(verify.problem()["code"], "secret-wrong", "{connector}");
    }
}

#[tokio::test]
async fn files_of_another_tenant_are_told_with_file_and_line() {
    let practice = Practice::start(&["--alerts", "3"]).await;
    let folder = tempfile::tempdir().unwrap();
    let msspctl = authorised(&practice, folder.path(), "graph-alerts", "app-only").await;
    for connector in possible("graph-alerts", "app-only") {
        let out = folder.path().join(connector);
        let path = out.to_str().unwrap();
        msspctl.succeed(&["export", "Contoso", "--connector", connector, "--out", path]).await;
        let other = "22222222-3333-4444-8555-666666666666";
        assert!(rewrite(&out, &practice.announcement.customer_tenant, other) > 0, "{connector}");
        let verify = msspctl.run(&["verify", "Contoso", "--from", path]).await;
        assert_eq!(verify.status, 7, "{connector}: {}", verify.stderr);
        let problem = verify.problem();
        assert_eq!(problem["code"], "files-incomplete", "{connector}");
        let file = out.join(problem["params"]["file"].as_str().unwrap());
        let line: usize = problem["params"]["line"].as_str().unwrap().parse().unwrap();
        let contents = std::fs::read_to_string(file).unwrap();
        assert!(contents.lines().nth(line - 1).unwrap().contains(other), "{connector}: line {line}");
    }
}
