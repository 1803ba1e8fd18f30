//! What is set in the window is there after a restart, for the window and for the command line: proxy with its password
//! in the vault, an authority by fingerprint, language, theme.
//!
//! The operating system's own dialog for files cannot be driven here: the file is named to the same command that follows
//! the dialog.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tests::binaries;
use tests::lacking::lacking;
use tests::window::Window;
use thirtyfour::prelude::*;

const PASSWORD: &str = "c4nary-p4ssword";

/// A certificate authority in a file, and its fingerprint as `openssl x509 -fingerprint -sha256` writes it.
#[expect(clippy::disallowed_methods, reason = "a test's own file")]
fn authority(folder: &Path) -> (String, String) {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut parameters = rcgen::CertificateParams::new(Vec::new()).unwrap();
    parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    parameters.distinguished_name.push(rcgen::DnType::CommonName, "Fabrikam Inspection CA");
    let certificate = parameters.self_signed(&key).unwrap();
    let file = folder.join("inspection-ca.pem");
    std::fs::write(&file, certificate.pem()).unwrap();
    let digest = <sha2::Sha256 as sha2::Digest>::digest(certificate.der());
    let fingerprint: Vec<String> = digest.iter().map(|byte| format!("{byte:02X}")).collect();
    (file.display().to_string(), fingerprint.join(":"))
}

async fn invoke(window: &Window, command: &str, arguments: Value) -> Value {
    let script = "const [command, given, done] = arguments; \
                  window.__TAURI_INTERNALS__.invoke(command, given).then(done, (error) => done({ refused: error }));";
    let answer = window.driver.execute_async(script, vec![json!(command), arguments]).await.unwrap();
    let answer = answer.json().clone();
    assert!(answer.get("refused").is_none(), "{command}: {answer}");
    answer
}

/// Waits until the settings say so.
async fn kept(window: &Window, language: &str) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
    while invoke(window, "settings", json!({})).await["language"] != language {
        assert!(tokio::time::Instant::now() < deadline, "{language} is not kept");
    }
}

async fn value(window: &Window, id: &str) -> String {
    window.see(id).await.prop("value").await.unwrap().unwrap_or_default()
}

async fn is_chosen(window: &Window, id: &str) -> bool {
    window.see(id).await.is_selected().await.unwrap()
}

async fn attribute(window: &Window, name: &str) -> Option<String> {
    window.driver.find(By::Tag("html")).await.unwrap().attr(name).await.unwrap()
}

/// Every file under a folder that holds these bytes.
fn holding(folder: &Path, bytes: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(holding(&path, bytes));
        } else if std::fs::read(&path).unwrap_or_default().windows(bytes.len()).any(|window| window == bytes)
        {
            found.push(path.display().to_string());
        }
    }
    found
}

#[tokio::test]
async fn what_is_set_in_the_window_is_there_after_a_restart() {
    if std::env::var_os("DISPLAY").is_none() || cfg!(windows) {
        lacking("settings: no display (`cargo xtask test` starts one)");
        return;
    }
    let base = tempfile::tempdir().unwrap();
    let data = base.path().join("data");
    let (file, fingerprint) = authority(base.path());
    let mut window = Window::open(&data, "settings", &[]).await;
    window.any_screen(&["customers-empty", "unlock"]).await;
    if window.has("unlock-session").await {
        lacking("settings: no keyring, and without one a vault of its own ends with the window");
        window.close().await;
        return;
    }

    window.click("settings").await;
    window.screen("settings").await;
    window.click("proxy-manual").await;
    window.fill("proxy-address", "proxy.example:3128").await;
    window.fill("proxy-user", "anna").await;
    window.fill("proxy-password", PASSWORD).await;
    window.click("settings-save").await;
    window.see("settings-saved").await;
    assert_eq!(value(&window, "proxy-password").await, "", "the password does not stay on the page");
    let looked = invoke(&window, "look_at_authorities", json!({ "file": file })).await;
    assert_eq!(looked[0]["sha256"], fingerprint.as_str());
    let trust = json!({ "request": { "trust": { "file": file, "sha256": [fingerprint] } } });
    invoke(&window, "edit_settings", trust).await;
    window.click("theme-dark").await;
    window.click("speak-ko").await;
    kept(&window, "ko").await;
    assert_eq!(attribute(&window, "lang").await.as_deref(), Some("ko"));
    window.picture("set").await;
    window.close().await;

    // The certificate was copied: the file may go.
    std::fs::remove_file(&file).unwrap();
    let mut window = Window::open(&data, "settings-again", &[]).await;
    window.screen("customers-empty").await;
    assert_eq!(attribute(&window, "lang").await.as_deref(), Some("ko"));
    assert_eq!(attribute(&window, "data-theme").await.as_deref(), Some("dark"));
    window.click("settings").await;
    window.screen("settings").await;
    assert!(is_chosen(&window, "proxy-manual").await);
    assert!(value(&window, "proxy-address").await.contains("proxy.example:3128"));
    assert_eq!(value(&window, "proxy-user").await, "anna");
    assert_eq!(value(&window, "proxy-password").await, "", "a password never comes back");
    assert_eq!(window.see("fingerprint").await.text().await.unwrap(), fingerprint);
    assert!(is_chosen(&window, "speak-ko").await && is_chosen(&window, "theme-dark").await);
    let settings = invoke(&window, "settings", json!({})).await;
    assert_eq!(settings["proxy"]["password_kept"], true);
    assert!(!settings.to_string().contains(PASSWORD));
    window.picture("there-again").await;
    window.close().await;
    assert_eq!(holding(&data, PASSWORD.as_bytes()), Vec::<String>::new());

    // The command line speaks as the window does, and the window as the command line was told: there is one setting.
    let tell = |language: &str| {
        let mut command = std::process::Command::new(binaries::msspctl());
        command.arg("--data").arg(&data).args(["settings", "set", "--language", language]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    tell("zh-TW");
    let window = Window::open(&data, "settings-told", &[]).await;
    window.screen("customers-empty").await;
    assert_eq!(attribute(&window, "lang").await.as_deref(), Some("zh-TW"));
    window.close().await;
}
