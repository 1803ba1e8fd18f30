//! A pull that somebody stops, and files that other programs read.

use std::path::Path;
use std::process::Stdio;

use serde_json::Value;
use tests::binaries;
use tests::onboarded::customer;
use tests::practice::Practice;
use tokio::process::Command;

#[cfg(unix)]
#[tokio::test]
async fn ctrl_c_leaves_a_whole_file_of_what_arrived_and_says_so() {
    use std::time::Duration;

    use tokio::io::{AsyncBufReadExt as _, BufReader};

    let practice = Practice::start(&["--alerts", "200000"]).await;
    let folder = tempfile::tempdir().unwrap();
    let msspctl = customer(&practice, folder.path(), "siem-detections", "app-only").await.json();
    for format in ["ndjson", "json", "csv"] {
        let file = folder.path().join(format!("alerts.{format}"));
        let arguments = ["pull", "Contoso", "--ago", "P3650D", "--format", format, "--output"];
        let mut process =
            msspctl.command(&[&arguments[..], &[file.to_str().unwrap()]].concat()).spawn().unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let mut last = String::new();
        let mut stopped = false;
        let ended = async {
            while let Some(line) = lines.next_line().await.unwrap() {
                if !stopped && arrived(&line) > 0 {
                    let process = process.id().unwrap().to_string();
                    let sent = Command::new("kill").args(["-INT", &process]).status().await.unwrap();
                    assert!(sent.success());
                    stopped = true;
                }
                last = line;
            }
            process.wait_with_output().await.unwrap()
        };
        let output = tokio::time::timeout(Duration::from_mins(2), ended).await.expect("it ends");
        let problem: Value = serde_json::from_str(&last).unwrap();
        assert_eq!(
            (output.status.code(), problem["code"].as_str()),
            (Some(3), Some("cancelled")),
            "{problem}"
        );
        let kept: usize = problem["params"]["kept"].as_str().unwrap().parse().unwrap();
        assert!((1..200_000).contains(&kept), "{kept}");
        let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((&summary["alerts"], &summary["notes"][0]), (&kept.into(), &"stopped-early".into()));
        let text = std::fs::read_to_string(&file).unwrap();
        let alerts = match format {
            "ndjson" => {
                text.lines().filter(|line| serde_json::from_str::<Value>(line).unwrap().is_object()).count()
            }
            "json" => serde_json::from_str::<Vec<Value>>(&text).unwrap().len(),
            _ => usize::try_from(as_python_reads(&file, None).await["rows"].as_u64().unwrap()).unwrap(),
        };
        assert_eq!(alerts, kept, "{format}");
    }
    let journal: Value = serde_json::from_str(&msspctl.succeed(&["journal"]).await.stdout).unwrap();
    let entries = journal["entries"].as_array().unwrap();
    let stopped = entries.iter().filter(|entry| entry["action"] == "pull" && entry["outcome"] == "cancelled");
    assert_eq!(stopped.count(), 3, "{entries:?}");
}

/// A pipe with so many pages free, which nobody reads.
#[cfg(target_os = "linux")]
fn pipe_with_room(pages: usize) -> (std::io::PipeReader, std::io::PipeWriter) {
    use std::io::{Read as _, Write as _};

    let (mut reader, mut writer) = std::io::pipe().unwrap();
    rustix::io::ioctl_fionbio(&writer, true).unwrap();
    while writer.write(&[b'\n'; 4096]).is_ok() {}
    rustix::io::ioctl_fionbio(&writer, false).unwrap();
    reader.read_exact(&mut vec![0; pages * 4096]).unwrap();
    (reader, writer)
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn progress_that_nobody_reads_holds_nobody_up_and_the_problem_is_still_told() {
    use std::io::Read as _;
    use std::time::Duration;

    for (scenario, room, status, code) in
        [("slow", 0, 0, None), ("garbled-json", 1, 5, Some("response-unreadable"))]
    {
        let practice = Practice::start(&["--alerts", "2000", "--scenario", scenario]).await;
        let folder = tempfile::tempdir().unwrap();
        let msspctl = customer(&practice, folder.path(), "siem-detections", "app-only").await.json();
        let file = folder.path().join("alerts.ndjson");
        let arguments = ["pull", "Contoso", "--ago", "P3650D", "--format", "ndjson", "--output"];
        let (mut reader, writer) = pipe_with_room(room);
        let mut command = msspctl.command(&[&arguments[..], &[file.to_str().unwrap()]].concat());
        let process = command.stderr(writer).spawn().unwrap();
        // It holds the pipe's other end open.
        drop(command);
        let ended = tokio::time::timeout(Duration::from_mins(1), process.wait_with_output()).await;
        assert_eq!(ended.expect("it ends").unwrap().status.code(), Some(status), "{scenario}");
        assert!(file.exists(), "{scenario}");
        let mut said = String::new();
        reader.read_to_string(&mut said).unwrap();
        let last: Option<Value> =
            said.lines().rfind(|it| !it.is_empty()).map(|it| serde_json::from_str(it).unwrap());
        assert_eq!(last.as_ref().and_then(|it| it["code"].as_str()), code, "{scenario}: {last:?}");
    }
}

/// How many alerts a line of progress counts.
#[cfg(unix)]
fn arrived(line: &str) -> u64 {
    let progress: Value = serde_json::from_str(line).unwrap();
    let pulled = progress.get("pulled").unwrap_or(&progress);
    pulled["alerts"].as_u64().unwrap_or(0)
}

/// Lets Python judge a CSV file; with the alerts as they came, every title is looked for in it.
async fn as_python_reads(file: &Path, alerts: Option<&Path>) -> Value {
    let python = binaries::python().unwrap_or_else(|| "python3".into());
    let mut command = Command::new(python);
    command.arg(binaries::root().join("tests/python/read_csv.py")).arg(file).args(alerts);
    let output = command.stdin(Stdio::null()).output().await.expect("python3 is there");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(&said).unwrap()
}

#[tokio::test]
async fn hostile_titles_come_unharmed_and_disarmed_through_csv() {
    let practice = Practice::start(&["--alerts", "400"]).await;
    let folder = tempfile::tempdir().unwrap();
    let msspctl = customer(&practice, folder.path(), "siem-detections", "app-only").await;
    let file = |name: &str| folder.path().join(name);
    let pull = async |format: &str, fields: &str, file: &Path| {
        let options = ["--format", format, "--fields", fields, "--output", file.to_str().unwrap()];
        msspctl.succeed(&[&["pull", "Contoso", "--ago", "P3650D"][..], &options].concat()).await;
    };
    pull("ndjson", "own", &file("alerts.ndjson")).await;
    for (fields, width) in [("own", 9), ("legacy", 50)] {
        let csv = file(&format!("{fields}.csv"));
        pull("csv", fields, &csv).await;
        let read = as_python_reads(&csv, Some(&file("alerts.ndjson"))).await;
        assert_eq!((&read["rows"], &read["width"]), (&400.into(), &width.into()), "{read}");
        assert!(read["disarmed"].as_u64().unwrap() >= 20, "{read}");
        assert!(read["pictures"].as_u64().unwrap() >= 4, "{read}");
    }
}

#[tokio::test]
async fn ndjson_is_byte_for_byte_what_each_source_sent() {
    for source in ["graph-alerts", "graph-incidents", "defender-alerts", "xdr-incidents", "siem-detections"] {
        let practice = Practice::start(&["--alerts", "40"]).await;
        let folder = tempfile::tempdir().unwrap();
        let msspctl = customer(&practice, folder.path(), source, "app-only").await;
        let lines =
            msspctl.succeed(&["pull", "Contoso", "--ago", "P3650D", "--format", "ndjson"]).await.stdout;
        let sent = practice.sent(source).await;
        assert_eq!(lines.lines().count(), 40, "{source}");
        for line in lines.lines() {
            assert!(sent.contains(line), "{source}: {line}");
        }
        if source == "siem-detections" {
            assert_eq!(sent, format!("[{}]", lines.lines().collect::<Vec<_>>().join(",")));
        }
    }
}

#[tokio::test]
async fn one_set_of_options_means_the_same_for_every_source() {
    for source in ["graph-alerts", "graph-incidents", "defender-alerts", "xdr-incidents", "siem-detections"] {
        let practice = Practice::start(&["--alerts", "500"]).await;
        let folder = tempfile::tempdir().unwrap();
        let msspctl = customer(&practice, folder.path(), source, "app-only").await;
        let pull = async |options: &[&str]| {
            let fixed = ["pull", "Contoso", "--ago", "P3650D", "--format", "ndjson", "--fields", "legacy"];
            let lines = msspctl.succeed(&[&fixed[..], options].concat()).await.stdout;
            lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>()
        };
        let all = pull(&[]).await;
        assert_eq!(all.len(), 500, "{source}");
        let severe = pull(&["--severity", "high", "--severity", "low"]).await;
        let expected = all.iter().filter(|it| ["High", "Low"].contains(&it["Severity"].as_str().unwrap()));
        assert_eq!(severe.len(), expected.count(), "{source}");
        assert!(!severe.is_empty() && severe.len() < all.len(), "{source}");
        let group =
            all.iter().find_map(|it| it["MachineGroup"].as_str().filter(|it| !it.is_empty())).unwrap();
        let of_group = pull(&["--machine-group", group]).await;
        let expected = all.iter().filter(|it| it["MachineGroup"] == group).count();
        assert_eq!(of_group.len(), expected, "{source} {group}");
        assert_eq!(pull(&["--limit", "7"]).await.len(), 7, "{source}");
        if source != "siem-detections" {
            let counts = ["new", "in-progress", "resolved"];
            let mut sum = 0;
            for status in counts {
                sum += pull(&["--status", status]).await.len();
            }
            assert!(sum >= 500 || source == "xdr-incidents", "{source}: {sum}");
        }
    }
}
