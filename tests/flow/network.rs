//! The network as it is at work: proxies that want a sign-in, proxies that open TLS, exceptions, wrong clocks. The whole
//! job runs through them, and what does not work is said by name.

use std::path::Path;

use serde_json::Value;
use tests::command::{Msspctl, Run};
use tests::practice::Practice;

use crate::proxies::{AUTHORITY, Proxy};

const PASSWORD: &str = "canary-p4ss:w@rd";

async fn practice_with_tls(scenarios: &[&str]) -> (tempfile::TempDir, Practice, Msspctl) {
    let mut arguments = vec!["--tls", "--alerts", "7"];
    arguments.extend(scenarios.iter().flat_map(|scenario| ["--scenario", scenario]));
    let practice = Practice::start(&arguments).await;
    let folder = tempfile::tempdir().unwrap();
    let msspctl = practice.person(practice.msspctl(&folder.path().join("data")), "admin").json();
    (folder, practice, msspctl)
}

/// From the customer to the proof.
async fn whole_job(folder: &Path, practice: &Practice, msspctl: &Msspctl) -> Value {
    practice.add_customer(msspctl, &[]).await;
    msspctl.succeed(&["consent", "Contoso", "--timeout", "1m"]).await;
    msspctl.succeed(&["authorize", "Contoso", "--wait", "1m"]).await;
    let out = folder.join("out");
    let out = out.to_str().unwrap();
    msspctl.succeed(&["export", "Contoso", "--connector", "generic", "--out", out]).await;
    let proof = msspctl.succeed(&["verify", "Contoso", "--from", out]).await.document();
    assert_eq!(proof["pull"]["alerts"], 7, "{proof}");
    proof
}

async fn use_proxy(msspctl: &Msspctl, proxy: &Proxy, user: Option<&str>, password: &str) {
    // This computer is taken out of the exceptions, so that the practice tenant lies beyond the proxy.
    let mut arguments = vec!["settings", "set", "--proxy", &proxy.address, "--no-proxy", ""];
    if let Some(user) = user {
        arguments.extend(["--proxy-user", user, "--proxy-password-file", "-"]);
    }
    let run = msspctl.run_with_input(&arguments, password).await;
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(!run.stdout.contains(PASSWORD) && !run.stderr.contains(PASSWORD));
}

/// Asks for a tenant, and must fail.
async fn refused(practice: &Practice, msspctl: &Msspctl, code: &str) -> Value {
    let tenant = &practice.announcement.customer_domain;
    let run = msspctl.run(&["customer", "add", "Contoso", "--tenant", tenant]).await;
    problem(&run, code)
}

#[track_caller]
fn problem(run: &Run, code: &str) -> Value {
    let problem = run.problem();
    assert_eq!((run.status, problem["code"].as_str()), (5, Some(code)), "{}", run.stderr);
    for cause in problem["causes"].as_array().unwrap() {
        for part in ["name", "cause", "check", "fix", "who"] {
            assert!(cause[part].as_str().is_some_and(|text| !text.is_empty()), "{part}: {cause}");
        }
    }
    problem
}

fn first_cause(problem: &Value) -> &str {
    problem["causes"][0]["name"].as_str().unwrap()
}

#[tokio::test]
async fn the_whole_job_runs_behind_a_proxy_that_wants_a_sign_in() {
    let (folder, practice, msspctl) = practice_with_tls(&[]).await;
    let proxy = Proxy::start(Some(("anna", PASSWORD))).await;
    use_proxy(&msspctl, &proxy, Some("anna"), PASSWORD).await;
    whole_job(folder.path(), &practice, &msspctl).await;
    assert!(proxy.tunnels() >= 5, "every command goes through it: {:?}", proxy.hosts());
    assert_eq!(proxy.refused(), 0);

    let settings = std::fs::read_to_string(folder.path().join("data/settings.toml")).unwrap();
    assert!(settings.contains("anna") && !settings.contains("canary"), "{settings}");
    let vault = std::fs::read(folder.path().join("data/vault.sqlite")).unwrap();
    assert!(!vault.windows(6).any(|bytes| bytes == b"canary"));
}

#[tokio::test]
async fn a_wrong_or_missing_proxy_password_is_explained() {
    let (_folder, practice, msspctl) = practice_with_tls(&[]).await;
    let proxy = Proxy::start(Some(("anna", PASSWORD))).await;
    use_proxy(&msspctl, &proxy, Some("anna"), "another").await;
    let told = refused(&practice, &msspctl, "proxy-refused").await;
    assert_eq!(first_cause(&told), "proxy-password-wrong");
    assert_eq!(told["params"]["proxy"], proxy.address.as_str());
    assert!(told["cause"].as_str().unwrap().contains("407"), "{told}");

    msspctl.succeed(&["settings", "set", "--proxy-user", ""]).await;
    let told = refused(&practice, &msspctl, "proxy-refused").await;
    assert_eq!(first_cause(&told), "proxy-password-missing");
    assert_eq!(proxy.tunnels(), 0);
}

#[tokio::test]
async fn behind_a_proxy_that_opens_tls_the_job_runs_once_its_authority_was_added() {
    let (folder, practice, msspctl) = practice_with_tls(&[]).await;
    let (proxy, pem) = Proxy::intercepting(practice.announcement.ca_file.as_deref().unwrap()).await;
    use_proxy(&msspctl, &proxy, None, "").await;

    let told = refused(&practice, &msspctl, "tls-refused").await;
    assert!(told["params"]["issuer"].as_str().unwrap().contains(AUTHORITY), "{told}");
    assert_eq!(first_cause(&told), "traffic-inspected");
    assert!(told["causes"][0]["cause"].as_str().unwrap().contains(AUTHORITY), "{told}");
    assert_eq!(msspctl.succeed(&["customer", "list"]).await.document().as_array().map(Vec::len), Some(0));

    let file = folder.path().join("inspection-ca.pem");
    #[expect(clippy::disallowed_methods, reason = "a test's own file")]
    std::fs::write(&file, pem).unwrap();
    let file = file.to_str().unwrap();
    let other = "00:".repeat(31) + "00";
    let run = msspctl.run(&["settings", "set", "--ca-file", file, "--ca-sha256", &other]).await;
    assert_eq!((run.status, run.problem()["params"]["reason"].as_str()), (2, Some("fingerprint-differs")));

    let shown = msspctl.succeed(&["settings", "set", "--ca-file", file]).await.document();
    let fingerprint = shown["authorities"][0]["sha256"].as_str().unwrap().to_owned();
    assert_eq!(fingerprint.len(), 95, "32 bytes with colons: {fingerprint}");
    assert!(shown["authorities"][0]["subject"].as_str().unwrap().contains(AUTHORITY));
    whole_job(folder.path(), &practice, &msspctl).await;
    assert!(proxy.tunnels() >= 5);

    msspctl.succeed(&["settings", "set", "--forget-ca", &fingerprint]).await;
    let run = msspctl.run(&["authorize", "Contoso", "--wait", "1s"]).await;
    problem(&run, "tls-refused");
}

#[tokio::test]
async fn this_computer_is_reached_without_the_proxy_of_the_environment() {
    let (folder, practice, msspctl) = practice_with_tls(&[]).await;
    let proxy = Proxy::start(None).await;
    let mut msspctl = msspctl;
    for name in ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"] {
        msspctl = msspctl.variable(name, proxy.address.clone());
    }
    whole_job(folder.path(), &practice, &msspctl).await;
    assert!(proxy.hosts().is_empty(), "{:?}", proxy.hosts());
}

#[tokio::test]
async fn no_proxy_is_honoured_and_other_hosts_go_through_the_proxy() {
    let folder = tempfile::tempdir().unwrap();
    let proxy = Proxy::start(None).await;
    let cloud = folder.path().join("cloud.toml");
    let text = ["login", "graph", "defender", "xdr", "portal"]
        .map(|name| format!("{name} = \"https://{name}.work.invalid\"\n"))
        .concat();
    #[expect(clippy::disallowed_methods, reason = "a test's own file")]
    std::fs::write(&cloud, format!("name = \"work\"\n{text}")).unwrap();
    let msspctl = Msspctl::with_passphrase(&folder.path().join("data"))
        .option("--cloud-file", cloud.to_str().unwrap())
        .json()
        .variable("HTTPS_PROXY", proxy.address.clone());
    let add = ["customer", "add", "Contoso", "--tenant", "contoso.example"];

    let run = msspctl.clone().variable("NO_PROXY", "other.invalid").run(&add).await;
    problem(&run, "unreachable");
    assert_eq!(proxy.hosts(), ["login.work.invalid:443"]);

    let run = msspctl.variable("NO_PROXY", "other.invalid, work.invalid").run(&add).await;
    problem(&run, "unreachable");
    assert_eq!(proxy.hosts().len(), 1, "{:?}", proxy.hosts());
}

#[tokio::test]
async fn a_test_of_the_settings_names_every_host() {
    let (_folder, _practice, msspctl) = practice_with_tls(&[]).await;
    let checks = msspctl.succeed(&["settings", "test"]).await.document();
    assert!(checks.as_array().unwrap().iter().all(|check| check["problem"].is_null()), "{checks}");

    msspctl.succeed(&["settings", "set", "--proxy", "127.0.0.1:1", "--no-proxy", ""]).await;
    let run = msspctl.run(&["settings", "test"]).await;
    problem(&run, "unreachable");
}

#[tokio::test]
async fn a_wrong_clock_is_found_and_named() {
    let (_folder, practice, msspctl) = practice_with_tls(&["clock-skew"]).await;
    practice.add_customer(&msspctl, &[]).await;
    let run = msspctl.run(&["consent", "Contoso", "--timeout", "1m"]).await;
    let told = problem(&run, "clock-wrong");
    let skew: i64 = told["params"]["skew_seconds"].as_str().unwrap().parse().unwrap();
    assert!((3_500..=3_700).contains(&skew), "{told}");
    assert_eq!(first_cause(&told), "clock-wrong");
}
