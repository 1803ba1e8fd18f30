//! A process that is killed in any step: the next start goes on at that step, with nothing half-done behind it.

use serde_json::Value;
use tests::command::Msspctl;
use tests::practice::Practice;

async fn next_step(msspctl: &Msspctl) -> String {
    let shown = msspctl.succeed(&["customer", "show", "Contoso"]).await.document();
    shown["next"].as_str().map(str::to_owned).unwrap_or_default()
}

/// Starts a command, waits until it is at work, and kills it without warning.
async fn kill_in(msspctl: &Msspctl, arguments: &[&str]) {
    let mut process = msspctl.command(arguments).spawn().unwrap();
    let mut line = String::new();
    let stderr = process.stderr.as_mut().unwrap();
    tokio::io::AsyncBufReadExt::read_line(&mut tokio::io::BufReader::new(stderr), &mut line).await.unwrap();
    assert!(line.starts_with("{\"event\""), "{arguments:?} says what it does: {line}");
    process.kill().await.unwrap();
}

#[tokio::test]
async fn killed_at_any_step_the_next_start_resumes_there() {
    let practice = Practice::start(&["--alerts", "30"]).await;
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let out = out.to_str().unwrap();
    let msspctl = practice.person(practice.msspctl(&folder.path().join("data")), "admin").json();
    let domain = &practice.announcement.customer_domain;
    msspctl.succeed(&["customer", "add", "Contoso", "--tenant", domain, "--source", "siem-detections"]).await;
    assert_eq!(next_step(&msspctl).await, "register");

    let secret = practice.announcement.client_secret_file.display().to_string();
    let app = ["--client-id", &practice.announcement.client_id, "--secret-file", &secret];
    let home = ["--home-tenant", &practice.announcement.provider_tenant];
    msspctl.succeed(&[&["customer", "edit", "Contoso"][..], &app, &home].concat()).await;
    assert_eq!(next_step(&msspctl).await, "consent");

    kill_in(&msspctl, &["consent", "Contoso", "--no-open"]).await;
    assert_eq!(next_step(&msspctl).await, "consent");
    msspctl.succeed(&["consent", "Contoso", "--timeout", "1m"]).await;
    assert_eq!(next_step(&msspctl).await, "authorise");

    kill_in(&msspctl, &["authorize", "Contoso", "--wait", "5m"]).await;
    assert_eq!(next_step(&msspctl).await, "authorise");
    let visitor = practice_tenant::visitor::Visitor::new(&practice.announcement).unwrap();
    let mut portal: url::Url = practice.announcement.portal.parse().unwrap();
    portal.query_pairs_mut().append_pair("tid", &practice.announcement.customer_tenant);
    let (client_id, home) = (&practice.announcement.client_id, &practice.announcement.provider_tenant);
    visitor.authorize_application(portal.as_str(), client_id, home).await.unwrap();
    msspctl.succeed(&["authorize", "Contoso", "--wait", "1m"]).await;
    assert_eq!(next_step(&msspctl).await, "export");

    kill_in(&msspctl, &["export", "Contoso", "--connector", "generic", "--out", out]).await;
    assert!(["export", "test-pull"].contains(&next_step(&msspctl).await.as_str()));
    msspctl.succeed(&["export", "Contoso", "--connector", "generic", "--out", out, "--overwrite"]).await;
    assert_eq!(next_step(&msspctl).await, "test-pull");

    kill_in(&msspctl, &["verify", "Contoso", "--from", out]).await;
    let proof = msspctl.succeed(&["verify", "Contoso", "--from", out]).await.document();
    assert_eq!(proof["pull"]["alerts"], 30);
    let shown = msspctl.succeed(&["customer", "show", "Contoso"]).await.document();
    let states: Vec<&Value> = shown["steps"].as_array().unwrap().iter().map(|step| &step["state"]).collect();
    assert!(states.iter().all(|state| **state == "done"), "{shown}");
    msspctl.succeed(&["journal", "--verify"]).await;
}
