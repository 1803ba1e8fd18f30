//! After a full run at TRACE level no secret, code, verifier or token is found anywhere but in the exported files that
//! must carry it.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use tests::practice::Practice;

/// A secret in the shapes in which it could lie about.
fn shapes(secret: &str) -> Vec<String> {
    let digit = |four: u8| char::from_digit(u32::from(four), 16).unwrap();
    let hex: String = secret.bytes().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect();
    let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    vec![
        secret.to_owned(),
        form,
        BASE64_STANDARD.encode(secret),
        BASE64_URL_SAFE_NO_PAD.encode(secret),
        hex.to_uppercase(),
        hex,
        secret.chars().rev().collect(),
    ]
}

fn contains(haystack: &[u8], needle: &str) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle.as_bytes())
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { open.push(path) } else { files.push(path) }
        }
    }
    files
}

#[tokio::test]
async fn no_secret_is_found_anywhere_but_in_the_files_that_must_carry_it() {
    let practice = Practice::start(&["--alerts", "15"]).await;
    let folder = tempfile::tempdir().unwrap();
    let (data, out, temporary) =
        (folder.path().join("data"), folder.path().join("out"), folder.path().join("temporary"));
    std::fs::create_dir(&temporary).unwrap();
    let msspctl = practice
        .person(practice.msspctl(&data), "admin")
        .json()
        .variable("RUST_LOG", "trace")
        .variable("MSSP_ONBOARD_LOG", "trace")
        .variable("TMPDIR", temporary.display().to_string());
    let mut said = String::new();
    practice.add_customer(&msspctl, &[]).await;
    // The person signs in by hand here, so that the code is known to the test.
    let mut process = msspctl.command(&["consent", "Contoso", "--catcher", "paste", "--no-open"]);
    let mut process = process.stdin(std::process::Stdio::piped()).spawn().unwrap();
    let event = crate::command_line::wait_for_sign_in(&mut process).await;
    let visitor = practice_tenant::visitor::Visitor::new(&practice.announcement).unwrap();
    let user = &practice.announcement.users.iter().find(|user| user.role == "admin").unwrap().name;
    let address = event["url"].as_str().unwrap();
    let answer = visitor.redirect_address(address, user).await.unwrap();
    let code = answer.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    let mut stdin = process.stdin.take().unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stdin, format!("{answer}\n").as_bytes()).await.unwrap();
    let output = process.wait_with_output().await.unwrap();
    assert!(output.status.success());
    said.push_str(&String::from_utf8_lossy(&output.stdout));
    said.push_str(&String::from_utf8_lossy(&output.stderr));

    let mut keep = |run: tests::command::Run| {
        said.push_str(&run.stdout);
        said.push_str(&run.stderr);
    };
    keep(msspctl.succeed(&["authorize", "Contoso", "--wait", "10s"]).await);
    for connector in ["arcsight", "splunk-rest", "generic"] {
        let out = out.join(connector);
        let out = out.to_str().unwrap();
        keep(msspctl.succeed(&["export", "Contoso", "--connector", connector, "--out", out]).await);
        keep(msspctl.succeed(&["verify", "Contoso", "--from", out]).await);
    }
    keep(msspctl.succeed(&["pull", "Contoso", "--format", "ndjson"]).await);
    keep(msspctl.succeed(&["customer", "show", "Contoso"]).await);
    keep(msspctl.succeed(&["journal"]).await);

    let client_secret = std::fs::read_to_string(&practice.announcement.client_secret_file).unwrap();
    let generic: serde_json::Value =
        serde_json::from_slice(&std::fs::read(out.join("generic").join("defender-api.json")).unwrap())
            .unwrap();
    let exported = generic.to_string();
    assert!(exported.contains(&client_secret), "the file that must carry the secret carries it");
    let refresh_token = find_refresh_token(&generic).expect("the file carries the refresh token");
    let mut needles = shapes(&client_secret);
    needles.extend(shapes(&code));
    needles.extend(shapes(&refresh_token));

    let mut places: Vec<(String, Vec<u8>)> = vec![("output".to_owned(), said.into_bytes())];
    for file in files_below(&data).into_iter().chain(files_below(&temporary)) {
        places.push((file.display().to_string(), std::fs::read(&file).unwrap()));
    }
    let logs = places.iter().filter(|(name, bytes)| name.contains("logs") && !bytes.is_empty()).count();
    assert!(logs > 0, "a run at TRACE level writes a log");
    for (place, bytes) in &places {
        for needle in &needles {
            assert!(!contains(bytes, needle), "a secret lies in {place}");
        }
        // No token of any kind: every JWT begins so.
        assert!(
            !contains(bytes, "eyJ0eXAiOiJKV1Q") && !contains(bytes, "eyJhbGciOi"),
            "a token lies in {place}"
        );
    }
    assert_owner_only(&out);
    assert_owner_only(&data);
}

fn find_refresh_token(value: &serde_json::Value) -> Option<String> {
    if let Some(map) = value.as_object() {
        let here = map.get("refresh_token").and_then(serde_json::Value::as_str);
        here.map(str::to_owned).or_else(|| map.values().find_map(find_refresh_token))
    } else {
        value.as_array()?.iter().find_map(find_refresh_token)
    }
}

#[cfg(unix)]
fn assert_owner_only(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    for file in files_below(folder) {
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{} is {mode:o}", file.display());
    }
}

#[cfg(not(unix))]
fn assert_owner_only(_folder: &Path) {
    eprintln!("skipped: Windows access lists cannot be read back here");
}
