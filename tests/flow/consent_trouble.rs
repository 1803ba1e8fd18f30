//! Everything that goes wrong at the consent and after it: each has its own problem, and one can go on from there.

use serde_json::Value;
use tests::command::{Msspctl, Run};
use tests::practice::Practice;

async fn customer_of(scenarios: &[&str]) -> (tempfile::TempDir, Practice, Msspctl) {
    let mut arguments = Vec::new();
    for scenario in scenarios {
        arguments.extend(["--scenario", scenario]);
    }
    let practice = Practice::start(&arguments).await;
    let folder = tempfile::tempdir().unwrap();
    let msspctl = practice.person(practice.msspctl(&folder.path().join("data")), "admin").json();
    practice.add_customer(&msspctl, &[]).await;
    (folder, practice, msspctl)
}

#[track_caller]
fn assert_problem(run: &Run, status: i32, code: &str) -> Value {
    let problem = run.problem();
    assert_eq!((run.status, problem["code"].as_str()), (status, Some(code)), "{}", run.stderr);
    for field in ["title", "cause", "fix", "who"] {
        assert!(problem[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {problem}");
    }
    problem
}

#[tokio::test]
async fn a_sign_in_to_another_tenant_is_refused_and_nothing_is_stored() {
    let (folder, practice, msspctl) = customer_of(&["wrong-account"]).await;
    let refused = msspctl.run(&["consent", "Contoso", "--timeout", "1m"]).await;
    let problem = assert_problem(&refused, 4, "wrong-tenant");
    assert_eq!(problem["params"]["expected"], Value::String(practice.announcement.customer_tenant.clone()));
    assert_ne!(problem["params"]["actual"], problem["params"]["expected"]);
    let shown = msspctl.succeed(&["customer", "show", "Contoso"]).await.document();
    assert_eq!(shown["consent"], Value::Null);
    assert_eq!(shown["next"], "consent");
    drop(folder);
}

#[tokio::test]
async fn every_refusal_of_entra_has_its_own_problem_and_the_next_try_can_succeed() {
    let table = [
        ("consent-declined", 3, "consent-declined"),
        ("admin-consent-needed", 3, "admin-consent-needed"),
        ("conditional-access", 4, "conditional-access"),
        ("secret-expired", 4, "secret-expired"),
        ("secret-id-pasted", 4, "secret-wrong"),
    ];
    for (scenario, status, code) in table {
        let (folder, _practice, msspctl) = customer_of(&[scenario]).await;
        let refused = msspctl.run(&["consent", "Contoso", "--timeout", "20s"]).await;
        let problem = assert_problem(&refused, status, code);
        assert!(
            problem["microsoft"]["code"].as_str().is_some_and(|code| code.starts_with("AADSTS")),
            "{problem}"
        );

        let healthy = Practice::start(&[]).await;
        let msspctl = healthy.person(healthy.msspctl(&folder.path().join("other")), "admin").json();
        healthy.add_customer(&msspctl, &[]).await;
        msspctl.succeed(&["consent", "Contoso", "--timeout", "1m"]).await;
    }
}

#[tokio::test]
async fn a_closed_browser_ends_in_a_time_out_and_the_wizard_goes_on_from_there() {
    let (_folder, practice, msspctl) = customer_of(&[]).await;
    let closed = msspctl.clone().variable("BROWSER", "true %s");
    assert_problem(&closed.run(&["consent", "Contoso", "--timeout", "1s"]).await, 3, "consent-timed-out");
    practice.person(msspctl, "admin").succeed(&["consent", "Contoso", "--timeout", "1m"]).await;
}

#[tokio::test]
async fn no_browser_at_all_is_said_at_once() {
    let (_folder, _practice, msspctl) = customer_of(&[]).await;
    let none = msspctl.variable("BROWSER", "").variable("PATH", "/nowhere").variable("DISPLAY", "");
    assert_problem(&none.run(&["consent", "Contoso", "--timeout", "30s"]).await, 3, "no-browser");
}

#[tokio::test]
async fn a_taken_port_is_named_when_the_registration_insists_on_it() {
    let practice = Practice::start(&[]).await;
    let folder = tempfile::tempdir().unwrap();
    let msspctl = practice.msspctl(&folder.path().join("data")).json();
    let holder = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let redirect = format!("http://localhost:{}/SiemMsspConnector", holder.local_addr().unwrap().port());
    practice.add_customer(&msspctl, &["--redirect-uri", &redirect]).await;
    let refused = msspctl.run(&["consent", "Contoso", "--no-open", "--timeout", "30s"]).await;
    assert_problem(&refused, 5, "port-unavailable");
}

#[tokio::test]
async fn an_api_that_refuses_and_one_without_alerts_are_told_apart() {
    let (_folder, _practice, msspctl) = customer_of(&["not-authorised"]).await;
    msspctl.succeed(&["consent", "Contoso", "--timeout", "1m"]).await;
    assert_problem(&msspctl.run(&["authorize", "Contoso", "--wait", "1s"]).await, 4, "api-denied");

    let (folder, _practice, msspctl) = customer_of(&["no-alerts"]).await;
    msspctl.succeed(&["consent", "Contoso", "--timeout", "1m"]).await;
    msspctl.succeed(&["authorize", "Contoso", "--wait", "1s"]).await;
    let out = folder.path().join("out");
    let out = out.to_str().unwrap();
    msspctl.succeed(&["export", "Contoso", "--connector", "generic", "--out", out]).await;
    let proof = msspctl.succeed(&["verify", "Contoso", "--from", out]).await.document();
    assert_eq!(proof["pull"]["alerts"], 0, "having no alerts is a state, not a failure");
}

#[tokio::test]
async fn a_pasted_answer_does_as_well_as_a_caught_one() {
    let (_folder, practice, msspctl) = customer_of(&[]).await;
    let mut process =
        msspctl.command(&["consent", "Contoso", "--catcher", "paste", "--no-open", "--timeout", "1m"]);
    let mut process = process.stdin(std::process::Stdio::piped()).spawn().unwrap();
    let event = crate::command_line::wait_for_sign_in(&mut process).await;
    let visitor = practice_tenant::visitor::Visitor::new(&practice.announcement).unwrap();
    let user = &practice.announcement.users.iter().find(|user| user.role == "admin").unwrap().name;
    let address = event["url"].as_str().unwrap();
    let answer = visitor.redirect_address(address, user).await.unwrap();
    let mut stdin = process.stdin.take().unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stdin, format!("{answer}\n").as_bytes()).await.unwrap();
    let output = process.wait_with_output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn an_unknown_tenant_is_refused_before_anything_is_stored() {
    let practice = Practice::start(&[]).await;
    let folder = tempfile::tempdir().unwrap();
    let msspctl = practice.msspctl(&folder.path().join("data")).json();
    let secret = practice.announcement.client_secret_file.display().to_string();
    let client_id = practice.announcement.client_id.clone();
    let arguments = ["customer", "add", "Nobody", "--tenant", "nobody.example", "--client-id", &client_id];
    let refused = msspctl.run(&[&arguments[..], &["--secret-file", &secret]].concat()).await;
    assert_problem(&refused, 4, "tenant-not-found");
    assert_eq!(msspctl.succeed(&["customer", "list"]).await.document().as_array().map(Vec::len), Some(0));

    let arguments = ["customer", "add", "Contoso", "--tenant", &practice.announcement.customer_domain];
    let id_as_secret = ["--client-id", &client_id, "--secret-file", "-"];
    let refused = msspctl.run_with_input(&[&arguments[..], &id_as_secret].concat(), &client_id).await;
    assert_problem(&refused, 2, "secret-is-id");
}

#[tokio::test]
async fn a_packet_for_the_admin_is_answered_by_another_process_later() {
    let practice = Practice::start(&[]).await;
    let folder = tempfile::tempdir().unwrap();
    let msspctl = practice.msspctl(&folder.path().join("data")).json();
    practice.add_customer(&msspctl, &["--grant", "app-only"]).await;
    let hand_over = ["consent", "Contoso", "--catcher", "handoff"];
    let first = msspctl.succeed(&[&hand_over[..], &["--mail-lang", "ko"]].concat()).await.document();
    let link = first["packet"]["link"].as_str().unwrap().to_owned();
    assert_eq!(first["mail"]["language"], "ko");
    assert!(first["mail"]["text"].as_str().unwrap().contains(&link));
    let secret = std::fs::read_to_string(&practice.announcement.client_secret_file).unwrap();
    assert!(!first.to_string().contains(secret.trim()), "the packet holds the secret");
    assert_eq!(first["packet"]["tenant_id"], practice.announcement.customer_tenant.as_str());

    let pending = msspctl.run(&[&hand_over[..], &["--timeout", "0s"]].concat()).await;
    assert_problem(&pending, 3, "handoff-pending");
    let again = msspctl.succeed(&hand_over).await.document();
    assert_eq!(again["packet"]["link"], link.as_str(), "the same packet waits");
    let wrong = "http://localhost/SiemMsspConnector?admin_consent=True&state=guess\n";
    let answer = [&hand_over[..], &["--answer", "-"]].concat();
    assert_problem(&msspctl.run_with_input(&answer, wrong).await, 3, "callback-refused");

    let visitor = practice_tenant::visitor::Visitor::new(&practice.announcement).unwrap();
    let user = &practice.announcement.users.iter().find(|user| user.role == "admin").unwrap().name;
    let address = visitor.redirect_address(&link, user).await.unwrap();
    let run = msspctl.run_with_input(&answer, &format!("{address}\n")).await;
    assert_eq!(run.status, 0, "{}", run.stderr);
    let result = run.document();
    assert_eq!(result["customer"]["next"], "authorise");
    let agreed =
        result["evidence"].as_array().unwrap().iter().find(|one| one["key"] == "admin-agreed").unwrap();
    assert_eq!(agreed["state"], "proven");
}

#[tokio::test]
async fn a_redirect_address_that_only_looks_right_is_explained_by_its_character() {
    let (_folder, _practice, msspctl) = customer_of(&[]).await;
    let compare = |registered: &'static str| {
        let msspctl = msspctl.clone();
        async move { msspctl.succeed(&["consent", "Contoso", "--compare-redirect", registered]).await.document() }
    };
    let compared = compare("http://localhost/siemMsspConnector").await;
    assert_eq!((compared["difference"].as_str(), compared["first"].as_u64()), (Some("case"), Some(17)));
    let compared = compare("http://localhost:8080/SiemMsspConnector").await;
    assert_eq!(compared["difference"], Value::Null, "the port of localhost does not count");
}

#[tokio::test]
async fn a_browser_that_is_not_installed_is_refused_before_anybody_waits() {
    let (_folder, _practice, msspctl) = customer_of(&[]).await;
    let refused =
        msspctl.run(&["consent", "Contoso", "--browser", "no such browser", "--timeout", "30s"]).await;
    let problem = assert_problem(&refused, 2, "invalid-input");
    assert_eq!(problem["params"]["reason"], "browser-unknown");
    assert!(msspctl.succeed(&["consent", "Contoso", "--list-browsers"]).await.document().is_array());
}

#[tokio::test]
async fn what_knocks_at_the_listener_is_told_while_the_wait_goes_on() {
    let (_folder, practice, msspctl) = customer_of(&[]).await;
    let mut process =
        msspctl.command(&["consent", "Contoso", "--no-open", "--timeout", "1m"]).spawn().unwrap();
    let event = crate::command_line::wait_for_sign_in(&mut process).await;
    let address = event["url"].as_str().unwrap().to_owned();
    let sign_in = url::Url::parse(&address).unwrap();
    let redirect = sign_in.query_pairs().find(|(name, _)| name == "redirect_uri").unwrap().1.into_owned();
    let port = url::Url::parse(&redirect).unwrap().port().unwrap();
    let knock = |bytes: Vec<u8>| async move {
        let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut stream, &bytes).await.unwrap();
        let mut rest = Vec::new();
        let _ = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut rest).await;
    };
    knock(vec![0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0]).await;
    let wrong =
        format!("GET /SiemMsspConnector?code=x&state=guess HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n");
    knock(wrong.into_bytes()).await;
    let visitor = practice_tenant::visitor::Visitor::new(&practice.announcement).unwrap();
    let user = &practice.announcement.users.iter().find(|user| user.role == "admin").unwrap().name;
    visitor.sign_in_and_consent(&address, user).await.unwrap();
    let output = process.wait_with_output().await.unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    for noticed in [r#""notice":"tls-spoken""#, r#""notice":"not-an-answer","reason":"wrong-state""#] {
        assert!(stderr.contains(noticed), "{noticed}: {stderr}");
    }
}
