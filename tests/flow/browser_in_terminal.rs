//! A browser that lives in the terminal and stays there: it neither holds the sign-in up nor outlives it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use tests::command::Msspctl;
use tests::practice::Practice;
use tokio::process::Command;

/// A text browser that says who it is, and stays until it is asked to end.
#[expect(clippy::disallowed_methods, reason = "a browser of a test")]
fn staying(folder: &Path) -> String {
    let (program, ready) = (folder.join("w3m"), folder.join("ready"));
    let script = format!(
        "#!/bin/sh\necho \"$$ $1\" > {0}.new\nmv {0}.new {0}\nwhile :; do sleep 0.1; done\n",
        ready.display()
    );
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
    program.display().to_string()
}

/// The browser's process, once it shows the sign-in page.
async fn shown(folder: &Path) -> String {
    let until = Instant::now() + Duration::from_mins(1);
    loop {
        if let Ok(text) = std::fs::read_to_string(folder.join("ready")) {
            let (process, address) = text.trim().split_once(' ').unwrap();
            assert!(address.contains("/authorize?"), "{address}");
            return process.to_owned();
        }
        assert!(Instant::now() < until, "the browser was not started");
        tokio::task::yield_now().await;
    }
}

async fn lives(process: &str) -> bool {
    let asked = Command::new("kill").args(["-0", process]).stderr(Stdio::null()).status().await;
    asked.unwrap().success()
}

async fn msspctl(folder: &Path) -> (Practice, Msspctl) {
    let practice = Practice::start(&[]).await;
    let msspctl = practice.msspctl(&folder.join("data")).json().variable("BROWSER", staying(folder));
    practice.add_customer(&msspctl, &[]).await;
    (practice, msspctl)
}

#[tokio::test]
async fn the_deadline_holds_and_ends_it_too() {
    let folder = tempfile::tempdir().unwrap();
    let (_practice, msspctl) = msspctl(folder.path()).await;
    let (run, process) =
        tokio::join!(msspctl.run(&["consent", "Contoso", "--timeout", "3s"]), shown(folder.path()));
    assert_eq!(
        (run.status, run.problem()["code"].as_str()),
        (3, Some("consent-timed-out")),
        "{}",
        run.stderr
    );
    assert!(!lives(&process).await, "a process was left");
}

#[tokio::test]
async fn whoever_stops_the_sign_in_stops_it_too() {
    let folder = tempfile::tempdir().unwrap();
    let (_practice, msspctl) = msspctl(folder.path()).await;
    let consent = msspctl.command(&["consent", "Contoso", "--timeout", "5m"]).spawn().unwrap();
    let ours = consent.id().unwrap().to_string();
    let process = shown(folder.path()).await;
    assert!(lives(&process).await);
    let sent = Command::new("kill").args(["-INT", &ours]).status().await.unwrap();
    assert!(sent.success());
    let ended = tokio::time::timeout(Duration::from_secs(30), consent.wait_with_output()).await;
    let output = ended.expect("it stops when it is asked to").unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("\"code\":\"cancelled\""), "{stderr}");
    assert!(!lives(&process).await, "a process was left");
}
