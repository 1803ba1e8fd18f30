//! Every alert arrives exactly once, whatever the line, the server and the token do on the way.
//!
//! `MSSP_STORM_ALERTS` says how many; `tests/benchmarks/storm.sh` runs it with 250,000 over the release build.

use std::collections::HashSet;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tests::command::Msspctl;
use tests::onboarded::customer;
use tests::practice::Practice;

fn wanted() -> usize {
    std::env::var("MSSP_STORM_ALERTS").ok().and_then(|count| count.parse().ok()).unwrap_or(4_000)
}

/// Pulls into a file, however long that takes.
async fn pull(msspctl: &Msspctl, file: &Path) -> Value {
    let arguments = ["pull", "Contoso", "--ago", "P3650D", "--format", "ndjson", "--output"];
    let mut command = msspctl.clone().json().command(&[&arguments[..], &[file.to_str().unwrap()]].concat());
    let run = tokio::time::timeout(Duration::from_mins(20), command.stdin(Stdio::null()).output());
    let run = run.await.expect("the pull ends").unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    serde_json::from_slice(&run.stdout).unwrap()
}

fn ids(file: &Path) -> (usize, HashSet<String>) {
    #[derive(serde::Deserialize)]
    struct Id {
        #[serde(alias = "alertId", alias = "AlertId")]
        id: String,
    }
    let mut lines = 0;
    let mut ids = HashSet::new();
    for line in BufReader::new(std::fs::File::open(file).unwrap()).lines() {
        let line = line.unwrap();
        let Id { id } = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        lines += 1;
        ids.insert(id);
    }
    (lines, ids)
}

async fn storm(source: &str, grant: &str) {
    let wanted = wanted();
    let count = wanted.to_string();
    let scenarios =
        ["rough-weather", "tokens-wear-out", "same-timestamp"].map(|name| ["--scenario", name]).concat();
    let practice = Practice::start(&[&["--alerts", &count][..], &scenarios].concat()).await;
    let folder = tempfile::tempdir().unwrap();
    let msspctl = customer(&practice, folder.path(), source, grant).await;
    let file = folder.path().join("alerts.ndjson");
    let summary = pull(&msspctl, &file).await;
    let (lines, ids) = ids(&file);
    assert_eq!((lines, ids.len()), (wanted, wanted), "{source} {grant}: {summary}");
    assert_eq!(summary["alerts"], wanted, "{source} {grant}: {summary}");
    println!("{source} {grant}: {summary}");
}

async fn both_grants(source: &str) {
    for grant in ["app-only", "refresh-token"] {
        storm(source, grant).await;
    }
}

#[tokio::test]
async fn every_graph_alert_arrives_once() {
    both_grants("graph-alerts").await;
}

#[tokio::test]
async fn every_alert_of_graph_incidents_arrives_once() {
    both_grants("graph-incidents").await;
}

#[tokio::test]
async fn every_defender_alert_arrives_once() {
    both_grants("defender-alerts").await;
}

#[tokio::test]
async fn every_alert_of_xdr_incidents_arrives_once() {
    both_grants("xdr-incidents").await;
}

#[tokio::test]
async fn every_detection_arrives_once() {
    both_grants("siem-detections").await;
}
