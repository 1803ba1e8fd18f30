//! `msspctl practice run`: the main job from start to proof, for every source and grant.

use std::path::Path;

use serde_json::Value;
use tests::command::Msspctl;

async fn run(source: &str, grant: &str) -> (tempfile::TempDir, Value) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let msspctl = Msspctl::with_keyring(&folder.path().join("unused")).json();
    let arguments = ["practice", "run", "--out", out.to_str().unwrap(), "--source", source, "--grant", grant];
    let run = msspctl.run(&[&arguments[..], &["--alerts", "37"]].concat()).await;
    assert_eq!(run.status, 0, "{source} {grant}: {}\n{}", run.stdout, run.stderr);
    let document = run.document();
    (folder, document)
}

fn files_below(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            if entry.path().is_dir() {
                open.push(entry.path());
            } else {
                names.push(entry.file_name().into_string().unwrap());
            }
        }
    }
    names.sort();
    names
}

#[tokio::test]
async fn graph_alerts_with_a_lasting_sign_in_end_in_proof_for_what_can_carry_them() {
    let (folder, document) = run("graph-alerts", "refresh-token").await;
    let text = document.to_string();
    assert!(text.contains("37"), "{text}");
    let files = files_below(&folder.path().join("out"));
    for name in ["WDATP-connector.properties", "WDATP-connector.jsonparser.properties", "inputs.conf"] {
        assert!(files.iter().any(|file| file == name), "{name} in {files:?}");
    }
    assert!(files.iter().any(|file| file == "defender-api.json"), "{files:?}");
}

#[tokio::test]
async fn siem_detections_with_a_lasting_sign_in_end_in_proof_for_what_can_carry_them() {
    let (folder, document) = run("siem-detections", "refresh-token").await;
    assert!(document.to_string().contains("37"));
    let files = files_below(&folder.path().join("out"));
    assert!(files.iter().any(|file| file == "inputs.conf"), "{files:?}");
}

#[tokio::test]
async fn every_source_ends_in_proof_with_a_lasting_sign_in() {
    for source in ["graph-incidents", "defender-alerts", "xdr-incidents"] {
        let (folder, document) = run(source, "refresh-token").await;
        for proven in document["connectors"].as_array().unwrap() {
            assert_eq!(proven["alerts"], 37, "{source}: {proven}");
        }
        let files = files_below(&folder.path().join("out"));
        assert!(files.iter().any(|file| file == "defender-api.json"), "{source}: {files:?}");
    }
}

#[tokio::test]
async fn app_only_access_ends_in_proof_for_what_can_carry_it() {
    for source in ["graph-alerts", "graph-incidents", "defender-alerts", "xdr-incidents", "siem-detections"] {
        let (folder, document) = run(source, "app-only").await;
        for proven in document["connectors"].as_array().unwrap() {
            assert_eq!(proven["alerts"], 37, "{source}: {proven}");
        }
        let files = files_below(&folder.path().join("out"));
        assert!(files.iter().any(|file| file == "defender-api.json"), "{files:?}");
        let splunk_rest = folder.path().join("out/splunk-rest");
        assert!(!splunk_rest.exists(), "the Splunk REST input cannot carry it: {files:?}");
    }
}
