//! What is in exported files for people, and what is there for their sign-in: comments and sheets follow the language and
//! nothing else does; a sign-in address that is not of the customer's cloud is never followed.

use std::collections::BTreeMap;
use std::path::Path;

use tests::command::Msspctl;
use tests::onboarded;
use tests::practice::Practice;

fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .map(|path| {
            (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(path).unwrap())
        })
        .collect()
}

async fn export(
    msspctl: &Msspctl,
    connector: &str,
    language: &str,
    folder: &Path,
) -> BTreeMap<String, String> {
    let out = folder.join(format!("{connector}-{language}"));
    let out = out.to_str().unwrap();
    let msspctl = msspctl.clone().option("--lang", language);
    msspctl.succeed(&["export", "Contoso", "--connector", connector, "--out", out]).await;
    files(Path::new(out))
}

/// What programs read: keys and values. Tokens and the time of the export are new each time, so of those only the key.
fn for_programs(text: &str) -> Vec<&str> {
    let prose = |line: &&str| !line.starts_with('#') && !line.starts_with("<!--");
    let without_token = |line: &'_ str| {
        let lower = line.to_ascii_lowercase();
        let end = ["refresh_token", "access_token", "start_date"]
            .into_iter()
            .find_map(|key| Some(lower.find(key)? + key.len()));
        end.unwrap_or(line.len())
    };
    text.lines().filter(prose).map(|line| &line[..without_token(line)]).collect()
}

#[tokio::test]
async fn the_language_changes_comments_and_sheets_and_no_key_or_value() {
    let practice = Practice::start(&["--alerts", "1"]).await;
    let mut translated = 0;
    for (source, grant, connectors) in [
        ("siem-detections", "refresh-token", &["arcsight", "generic"][..]),
        ("graph-alerts", "app-only", &["elastic", "wazuh", "qradar", "splunk-ms-security"]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let msspctl = onboarded::customer(&practice, folder.path(), source, grant).await;
        msspctl.succeed(&["authorize", "Contoso", "--wait", "1m"]).await;
        for connector in connectors {
            let english = export(&msspctl, connector, "en", folder.path()).await;
            for language in ["ko", "zh-TW"] {
                let other = export(&msspctl, connector, language, folder.path()).await;
                assert_eq!(english.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
                for (name, text) in &english {
                    let theirs = &other[name];
                    if name == "VALUES-TO-TYPE.txt" {
                        assert_ne!(text, theirs, "{connector} {language}: the sheet is for people");
                        assert!(!theirs.is_ascii());
                    } else if name != "manifest.json" {
                        assert_eq!(for_programs(text), for_programs(theirs), "{connector} {language} {name}");
                    }
                    translated += usize::from(text != theirs && name != "manifest.json");
                }
            }
        }
    }
    assert!(translated >= 6, "comments and sheets were translated: {translated}");
}

#[tokio::test]
async fn files_that_send_a_person_to_sign_in_elsewhere_are_refused() {
    let practice = Practice::start(&["--alerts", "3"]).await;
    let folder = tempfile::tempdir().unwrap();
    let msspctl =
        onboarded::customer(&practice, folder.path(), "siem-detections", "refresh-token").await.json();
    msspctl.succeed(&["authorize", "Contoso", "--wait", "1m"]).await;
    let out = folder.path().join("out");
    let out = out.to_str().unwrap();
    msspctl.succeed(&["export", "Contoso", "--connector", "arcsight", "--out", out]).await;
    msspctl.succeed(&["verify", "Contoso", "--from", out]).await;

    let file = folder.path().join("out/WDATP-connector.properties");
    let written = std::fs::read_to_string(&file).unwrap();
    let line = written.lines().find(|line| line.starts_with("auth_url")).unwrap();
    let told = &practice.announcement;
    let tenant = told.customer_tenant.as_str();
    let (scheme_and_host, port) = told.login.rsplit_once(':').unwrap();
    for (address, status, code, param) in [
        (
            format!("https://login.evil.example/{tenant}/oauth2/authorize"),
            5,
            "foreign-host",
            "login.evil.example",
        ),
        (
            format!("{scheme_and_host}.evil.example:{port}/{tenant}/oauth2/authorize"),
            5,
            "foreign-host",
            "evil.example",
        ),
        (
            format!("{}/{}/oauth2/authorize", told.login, told.provider_tenant),
            7,
            "files-incomplete",
            "authorize",
        ),
        (format!("{}/{tenant}/oauth2/somewhere", told.login), 7, "files-incomplete", "authorize"),
    ] {
        let escaped = address.replace(':', "\\:");
        let query = line.split_once('?').map(|(_, query)| format!("?{query}")).unwrap_or_default();
        let changed = written.replace(line, &format!("auth_url={escaped}{query}"));
        assert_ne!(changed, written);
        #[expect(clippy::disallowed_methods, reason = "somebody changed a file")]
        std::fs::write(&file, changed).unwrap();
        let run = msspctl.run(&["verify", "Contoso", "--from", out]).await;
        let problem = run.problem();
        assert_eq!((run.status, problem["code"].as_str()), (status, Some(code)), "{address}: {}", run.stderr);
        assert!(problem["params"].to_string().contains(param), "{problem}");
    }
}
