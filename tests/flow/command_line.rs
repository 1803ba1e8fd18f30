//! The steps one by one, each in a process of its own, against a practice tenant that is known by its cloud file alone.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use tests::binaries;
use tests::command::Msspctl;
use tests::practice::Practice;

/// Export and verify for one connector.
async fn prove(msspctl: &Msspctl, connector: &str, out: &Path) -> Value {
    let out = out.to_str().unwrap();
    msspctl.succeed(&["export", "Contoso", "--connector", connector, "--out", out]).await;
    msspctl.clone().json().succeed(&["verify", "Contoso", "--from", out]).await.document()
}

#[tokio::test]
async fn a_customer_is_onboarded_with_chromium_as_the_browser() {
    let practice = Practice::start(&["--tls", "--alerts", "60"]).await;
    let folder = tempfile::tempdir().unwrap();
    let msspctl = practice
        .msspctl(&folder.path().join("data"))
        .variable("BROWSER", format!("{} %s", binaries::chromium_browser().display()))
        .variable("MSSP_TEST_ANNOUNCEMENT", practice.line.clone());
    practice.add_customer(&msspctl, &[]).await;
    msspctl.succeed(&["consent", "Contoso", "--timeout", "1m"]).await;
    msspctl.succeed(&["authorize", "Contoso", "--wait", "30s"]).await;
    for connector in ["arcsight", "splunk-rest", "generic"] {
        let proof = prove(&msspctl, connector, &folder.path().join(connector)).await;
        assert_eq!(proof["pull"]["alerts"], 60, "{connector}: {proof}");
    }
    let pull = msspctl.succeed(&["pull", "Contoso", "--format", "ndjson"]).await;
    let alerts: Vec<Value> = pull.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(alerts.len(), 60);
    assert!(alerts.iter().all(|alert| alert["evidence"].is_array()));
}

#[tokio::test]
async fn the_legacy_source_waits_for_the_portal_and_goes_on_when_it_is_authorised() {
    let practice = Practice::start(&["--tls", "--alerts", "20"]).await;
    let folder = tempfile::tempdir().unwrap();
    let msspctl = practice.person(practice.msspctl(&folder.path().join("data")), "admin");
    practice.add_customer(&msspctl, &["--source", "siem-detections", "--region", "eu"]).await;
    msspctl.succeed(&["consent", "Contoso", "--timeout", "1m"]).await;

    let pending = msspctl.clone().json().run(&["authorize", "Contoso", "--wait", "0s"]).await;
    assert_eq!((pending.status, pending.problem()["code"].as_str()), (3, Some("authorisation-pending")));

    let (watching, authorised) =
        tokio::join!(msspctl.run(&["authorize", "Contoso", "--wait", "1m"]), async {
            let visitor = practice_tenant::visitor::Visitor::new(&practice.announcement).unwrap();
            let mut portal: url::Url = practice.announcement.portal.parse().unwrap();
            portal.query_pairs_mut().append_pair("tid", &practice.announcement.customer_tenant);
            visitor
                .authorize_application(
                    portal.as_str(),
                    &practice.announcement.client_id,
                    &practice.announcement.provider_tenant,
                )
                .await
        });
    authorised.unwrap();
    assert_eq!(watching.status, 0, "{}", watching.stderr);
    for connector in ["arcsight", "splunk-rest", "generic"] {
        let proof = prove(&msspctl, connector, &folder.path().join(connector)).await;
        assert_eq!(proof["pull"]["alerts"], 20, "{connector}: {proof}");
    }
    let limited = msspctl.succeed(&["pull", "Contoso", "--limit", "5", "--format", "ndjson"]).await;
    assert_eq!(limited.stdout.lines().count(), 5);
}

#[tokio::test]
async fn app_only_access_needs_no_stored_sign_in() {
    let practice = Practice::start(&["--tls", "--alerts", "12"]).await;
    let folder = tempfile::tempdir().unwrap();
    let msspctl = practice.person(practice.msspctl(&folder.path().join("data")), "admin");
    practice.add_customer(&msspctl, &["--grant", "app-only"]).await;
    msspctl.succeed(&["consent", "Contoso", "--timeout", "1m"]).await;
    msspctl.succeed(&["authorize", "Contoso", "--wait", "10s"]).await;
    let proof = prove(&msspctl, "generic", &folder.path().join("generic")).await;
    assert_eq!(proof["pull"]["alerts"], 12);

    let out = folder.path().join("splunk");
    let refused = msspctl
        .clone()
        .json()
        .run(&["export", "Contoso", "--connector", "splunk-rest", "--out", out.to_str().unwrap()])
        .await;
    assert_eq!((refused.status, refused.problem()["code"].as_str()), (2, Some("combination-impossible")));
    assert!(!out.exists(), "nothing is written for a combination that cannot work");
}

#[tokio::test]
async fn pulls_come_as_table_json_ndjson_and_csv_to_terminal_or_file() {
    let practice = Practice::start(&["--alerts", "9"]).await;
    let folder = tempfile::tempdir().unwrap();
    let msspctl = practice.person(practice.msspctl(&folder.path().join("data")), "admin");
    practice.add_customer(&msspctl, &[]).await;
    msspctl.succeed(&["consent", "Contoso"]).await;
    let json = msspctl.succeed(&["pull", "Contoso", "--format", "json"]).await;
    assert_eq!(json.document().as_array().map(Vec::len), Some(9));
    let file = folder.path().join("alerts.csv");
    msspctl.succeed(&["pull", "Contoso", "--format", "csv", "--output", file.to_str().unwrap()]).await;
    let csv = std::fs::read_to_string(&file).unwrap();
    assert!(csv.lines().count() >= 10, "{csv}");
    assert!(
        !csv.lines().any(|line| line.starts_with('=') || line.contains(",=")),
        "formulas are neutralised: {csv}"
    );
    let table = msspctl.succeed(&["pull", "Contoso"]).await;
    assert!(!table.stdout.is_empty());
}

#[tokio::test]
async fn two_processes_on_one_folder_the_second_says_who_holds_it() {
    let practice = Practice::start(&[]).await;
    let folder = tempfile::tempdir().unwrap();
    let msspctl = practice.msspctl(&folder.path().join("data")).json();
    practice.add_customer(&msspctl, &[]).await;
    let mut holder =
        msspctl.command(&["consent", "Contoso", "--no-open", "--timeout", "1m"]).spawn().unwrap();
    wait_for_sign_in(&mut holder).await;
    let second = msspctl.run(&["customer", "list"]).await;
    assert_eq!((second.status, second.problem()["code"].as_str()), (6, Some("vault-busy")));
    let who = second.problem()["params"]["holder"].as_str().unwrap_or_default().to_owned();
    assert!(who.contains(&holder.id().unwrap().to_string()), "{who}");
    holder.kill().await.unwrap();
    msspctl.succeed(&["customer", "list"]).await;
}

#[tokio::test]
async fn every_command_explains_itself() {
    let folder = tempfile::tempdir().unwrap();
    let msspctl = Msspctl::with_keyring(&folder.path().join("data"));
    let root = msspctl.succeed(&["--help"]).await.stdout;
    for command in
        ["practice", "customer", "register", "consent", "authorize", "export", "verify", "pull", "status"]
    {
        assert!(root.contains(command), "{command} in {root}");
        let help = msspctl.succeed(&[command, "--help"]).await.stdout;
        assert!(help.len() > 200, "{command}: {help}");
    }
    let wrong = msspctl.run(&["no-such-command"]).await;
    assert_eq!(wrong.status, 2);
}

/// Waits for the line with the sign-in address that `--json` puts on standard error.
pub(crate) async fn wait_for_sign_in(process: &mut tokio::process::Child) -> Value {
    use tokio::io::{AsyncBufReadExt as _, BufReader};
    let mut lines = BufReader::new(process.stderr.as_mut().unwrap()).lines();
    let wait = async {
        loop {
            let line = lines.next_line().await.unwrap().expect("it says the address before it ends");
            let event: Value = serde_json::from_str(&line).unwrap_or_default();
            if event["event"] == "sign-in" {
                return event;
            }
        }
    };
    tokio::time::timeout(Duration::from_mins(1), wait).await.expect("it says the address within a minute")
}
