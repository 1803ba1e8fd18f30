//! Customers from what was there before: old connector files of a SIEM, and lists of customers.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tests::command::Msspctl;
use tests::practice::Practice;
use tests::{old_files, onboarded};

/// What somebody set up years ago: the values that still hold, in files that are stale.
pub(crate) struct Old {
    pub(crate) folder: PathBuf,
    pub(crate) secret: String,
    pub(crate) refresh_token: String,
}

/// Gets a lasting sign-in from the practice tenant, as the SIEM of old once did.
async fn signed_in(practice: &Practice, folder: &Path, source: &str) -> (String, String) {
    let msspctl = onboarded::customer(practice, folder, source, "refresh-token").await;
    let out = folder.join("first");
    msspctl.succeed(&["authorize", "Contoso", "--wait", "30s"]).await;
    msspctl.succeed(&["export", "Contoso", "--connector", "generic", "--out", out.to_str().unwrap()]).await;
    let json: Value = serde_json::from_slice(&std::fs::read(out.join("defender-api.json")).unwrap()).unwrap();
    let secret = std::fs::read_to_string(&practice.announcement.client_secret_file).unwrap();
    (secret, token_in(&json).expect("the file carries the refresh token"))
}

fn token_in(value: &Value) -> Option<String> {
    if let Some(map) = value.as_object() {
        let here = map.get("refresh_token").and_then(Value::as_str);
        here.map(str::to_owned).or_else(|| map.values().find_map(token_in))
    } else {
        value.as_array()?.iter().find_map(token_in)
    }
}

#[expect(clippy::disallowed_methods, reason = "old files of a test, which are no secrets of ours")]
fn write(file: &Path, text: &str) {
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, text).unwrap();
}

/// An ArcSight folder as the pages of 2017 had it.
pub(crate) async fn old_arcsight(practice: &Practice, folder: &Path) -> Old {
    let (secret, refresh_token) = signed_in(practice, folder, "siem-detections").await;
    let old = folder.join("Contoso Ltd");
    old_files::arcsight(&practice.announcement, &old, &secret, &refresh_token);
    Old { folder: old, secret, refresh_token }
}

/// `msspctl` of somebody who has never seen this customer.
fn newcomer(practice: &Practice, folder: &Path, name: &str) -> Msspctl {
    practice.person(practice.msspctl(&folder.join(name)), "admin").json()
}

fn kinds(document: &Value) -> Vec<String> {
    let stale = document["found"]["found"][0]["stale"].as_array().unwrap();
    stale.iter().map(|one| one["kind"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_old_arcsight_folder_becomes_a_customer_whose_new_files_are_proven() {
    let practice = Practice::start(&["--alerts", "20"]).await;
    let folder = tempfile::tempdir().unwrap();
    let old = old_arcsight(&practice, folder.path()).await;
    let msspctl = newcomer(&practice, folder.path(), "new")
        .variable("RUST_LOG", "trace")
        .variable("MSSP_ONBOARD_LOG", "trace");
    let path = old.folder.to_str().unwrap();
    let mut said = String::new();
    let mut keep = |run: &tests::command::Run| {
        said.push_str(&run.stdout);
        said.push_str(&run.stderr);
    };

    let check = msspctl.succeed(&["customer", "import", path, "--check"]).await;
    keep(&check);
    let document = check.document();
    let kinds = kinds(&document);
    for expected in
        ["retired-audience", "incomplete-address", "wrong-redirect", "twelve-hour-pattern", "old-mapping"]
    {
        assert!(kinds.iter().any(|kind| kind == expected), "{expected} in {kinds:?}");
    }
    let found = &document["found"]["found"][0];
    assert_eq!((&found["secret"], &found["refresh_token"]), (&"present".into(), &"present".into()));
    assert_eq!(found["source"], "siem-detections");
    let stale = found["stale"].as_array().unwrap();
    assert!(stale.iter().all(|one| one["line"].is_u64()), "{stale:?}");
    assert_eq!(msspctl.succeed(&["customer", "list"]).await.document().as_array().unwrap().len(), 0);

    let import = msspctl.succeed(&["customer", "import", path]).await;
    keep(&import);
    let document = import.document();
    let onboarded = &document["customers"][0]["onboarded"];
    assert_eq!(onboarded["access"], "proven", "{document}");
    assert_eq!(onboarded["customer"]["next"], "authorise", "consent is not asked for again");
    assert_eq!(onboarded["customer"]["name"], "Contoso Ltd");
    let notes = onboarded["notes"].to_string();
    assert!(notes.contains("old-siem-holds-sign-in"), "{notes}");

    keep(&msspctl.succeed(&["authorize", "Contoso Ltd", "--wait", "30s"]).await);
    let out = folder.path().join("out");
    let out = out.to_str().unwrap();
    keep(&msspctl.succeed(&["export", "Contoso Ltd", "--connector", "arcsight", "--out", out]).await);
    let proof = msspctl.succeed(&["verify", "Contoso Ltd", "--from", out]).await;
    keep(&proof);
    assert_eq!(proof.document()["pull"]["alerts"], 20);
    keep(&msspctl.succeed(&["customer", "show", "Contoso Ltd"]).await);
    let journal = msspctl.succeed(&["journal"]).await;
    keep(&journal);
    assert!(journal.stdout.contains("customer-imported"));

    // Neither the old secret nor the old sign-in is anywhere but in the old files, sealed, and in the new files.
    let mut places = vec![("output".to_owned(), said.into_bytes())];
    let mut open = vec![msspctl.data().to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                places.push((path.display().to_string(), std::fs::read(&path).unwrap()));
            }
        }
    }
    assert!(places.iter().any(|(name, bytes)| name.contains("logs") && !bytes.is_empty()));
    for (place, bytes) in &places {
        for needle in [&old.secret, &old.refresh_token] {
            let found = bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
            assert!(!found, "a secret lies in {place}");
        }
    }

    // The same files again are a second customer of the same tenant, and it is said so.
    let again = msspctl.succeed(&["customer", "import", path, "--check"]).await.document();
    assert_eq!(again["found"]["found"][0]["already"], "Contoso Ltd");
}

#[tokio::test]
async fn an_old_splunk_stanza_becomes_a_customer_whose_new_files_are_proven() {
    let practice = Practice::start(&["--alerts", "15", "--tls"]).await;
    let folder = tempfile::tempdir().unwrap();
    let (secret, refresh_token) = signed_in(&practice, folder.path(), "graph-alerts").await;
    let told = &practice.announcement;
    let stanza = format!(
        "[rest://windows atp alerts]\nendpoint = {}/v1.0/security/alerts_v2\nauth_type = oauth2\n\
         oauth2_access_token =\noauth2_refresh_token = {refresh_token}\n\
         oauth2_refresh_url = {}/{}/oauth2/v2.0/token\noauth2_client_id = {}\noauth2_client_secret = {secret}\n\
         response_handler = JSONArrayHandler\nstreaming_request = false\npolling_interval = 300\n",
        told.graph, told.login, told.customer_tenant, told.client_id
    );
    let file = folder.path().join("etc/apps/rest_ta/local/inputs.conf");
    write(&file, &stanza);
    let msspctl = newcomer(&practice, folder.path(), "new");
    let add = ["customer", "add", "Contoso", "--from-files", file.to_str().unwrap()];
    let document = msspctl.succeed(&add).await.document();
    assert_eq!(document["access"], "proven", "{document}");
    assert_eq!(document["customer"]["connector"], "splunk-rest");
    assert!(document["notes"].to_string().contains("settings-to-enter-again"), "{document}");
    let out = folder.path().join("out");
    let out = out.to_str().unwrap();
    msspctl.succeed(&["export", "Contoso", "--connector", "splunk-rest", "--out", out]).await;
    let proof = msspctl.succeed(&["verify", "Contoso", "--from", out]).await.document();
    assert_eq!(proof["pull"]["alerts"], 15);
    // What the new files say is no longer stale.
    let document = msspctl.succeed(&["customer", "import", out, "--check"]).await.document();
    assert_eq!(document["found"]["found"][0]["stale"], serde_json::json!([]), "{document}");
    let name_taken = msspctl.run(&add).await;
    assert_eq!((name_taken.status, &name_taken.problem()["code"]), (2, &"customer-exists".into()));
}

#[tokio::test]
async fn an_ended_sign_in_leads_to_consent_and_damage_is_named_by_file_and_line() {
    let practice = Practice::start(&["--alerts", "5"]).await;
    let folder = tempfile::tempdir().unwrap();
    let old = old_arcsight(&practice, folder.path()).await;
    let flexagent = old.folder.join("current/user/agent/flexagent");
    write(&flexagent.join("VALUES-TO-TYPE.txt"), "Refresh Token: 0.ended-long-ago\n");
    let msspctl = newcomer(&practice, folder.path(), "new");
    let path = old.folder.to_str().unwrap();
    let document = msspctl.succeed(&["customer", "add", "Contoso", "--from-files", path]).await.document();
    assert_eq!(document["access"], "refused", "{document}");
    assert_eq!(document["problem"]["code"], "refresh-token-dead");
    assert_eq!(document["customer"]["next"], "consent");
    assert_eq!(document["customer"]["registration"]["secret_kept"], true);

    // A secret that is its own id: the customer is there, and the app is what is asked for next.
    let client = flexagent.join("WDATP-connector.properties");
    let text = std::fs::read_to_string(&client).unwrap();
    write(&client, &text.replace(&old.secret, "d81f6b02-0000-4000-8000-000000000000"));
    let document = msspctl.succeed(&["customer", "add", "Fabrikam", "--from-files", path]).await.document();
    assert_eq!(document["access"], "nothing-to-try", "{document}");
    assert_eq!(document["customer"]["next"], "register");

    let damaged = text.replace("token_url=", "token_url=\\u12");
    write(&client, &damaged);
    let run = msspctl.run(&["customer", "import", path]).await;
    let problem = run.problem();
    assert_eq!((run.status, &problem["code"]), (2, &"old-file-damaged".into()), "{problem}");
    assert_eq!(problem["params"]["line"], "5");
    assert!(problem["params"]["file"].as_str().unwrap().ends_with("WDATP-connector.properties"));
    assert!(!problem["fix"].as_str().unwrap().is_empty());

    // Another tenant than the one that signed in: nothing is proven.
    let told = &practice.announcement;
    let foreign = text.replace(&told.customer_tenant, &told.provider_tenant);
    write(&client, &foreign);
    write(&flexagent.join("VALUES-TO-TYPE.txt"), &format!("Refresh Token: {}\n", old.refresh_token));
    let run = msspctl.run(&["customer", "add", "Tailspin", "--from-files", path]).await;
    if run.status == 0 {
        assert_eq!(run.document()["access"], "refused", "{}", run.stdout);
    } else {
        assert_eq!(run.problem()["code"], "wrong-tenant", "{}", run.stderr);
    }
}

#[tokio::test]
async fn a_list_is_imported_line_by_line_and_a_check_stores_nothing() {
    let practice = Practice::start(&["--alerts", "5"]).await;
    let folder = tempfile::tempdir().unwrap();
    let old = old_arcsight(&practice, folder.path()).await;
    let told = &practice.announcement;
    std::fs::copy(&told.client_secret_file, folder.path().join("secret.txt")).unwrap();
    let list = folder.path().join("customers.csv");
    let (domain, client_id, home) = (&told.customer_domain, &told.client_id, &told.provider_tenant);
    write(
        &list,
        &format!(
            "\u{feff}Name;Tenant;Source;Client ID;Home tenant;Secret file;Old files\r\n\
             Contoso;{domain};graph-alerts;{client_id};{home};secret.txt;\r\n\
             Migrated;;;;;;Contoso Ltd\r\n\
             Wrong;{domain};syslog;;;;\r\n\
             contoso;{domain};;;;;\r\n\
             Nobody;nobody.example;;;;;\r\n"
        ),
    );
    let msspctl = newcomer(&practice, folder.path(), "new");
    let list = list.to_str().unwrap();
    let check = msspctl.run(&["customer", "import", list, "--check"]).await;
    assert_eq!((check.status, &check.problem()["code"]), (2, &"import-incomplete".into()));
    assert_eq!(check.document()["imported"], 2);
    assert_eq!(msspctl.succeed(&["customer", "list"]).await.document(), serde_json::json!([]));

    let run = msspctl.run(&["customer", "import", list]).await;
    assert_eq!(run.status, 2, "{}", run.stderr);
    let report = run.document();
    let lines = report["lines"].as_array().unwrap();
    let told: Vec<_> = lines
        .iter()
        .map(|line| {
            let problem = &line["problem"];
            (line["line"].as_u64().unwrap(), problem["code"].as_str(), problem["params"]["field"].as_str())
        })
        .collect();
    assert_eq!(
        told,
        [
            (2, None, None),
            (3, None, None),
            (4, Some("invalid-input"), Some("source")),
            (5, Some("invalid-input"), Some("name")),
            (6, Some("tenant-not-found"), None),
        ],
        "{report}"
    );
    assert_eq!(lines[0]["customer"]["registration"]["secret_kept"], true);
    assert_eq!(lines[1]["access"], "proven", "{report}");
    let names = msspctl.succeed(&["customer", "list"]).await.document();
    assert_eq!(names.as_array().unwrap().len(), 2);
    assert!(!run.stdout.contains(&old.secret) && !run.stderr.contains(&old.secret));

    write(Path::new(list), "name,tenant,client_secret\nA,a.example,x\n");
    let run = msspctl.run(&["customer", "import", list]).await;
    assert_eq!((run.status, &run.problem()["params"]["reason"]), (2, &"list-column-secret".into()));
}
