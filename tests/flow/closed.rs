//! The window is closed to attack: content that somehow got into it can leave for nowhere, fetch nothing, and ask the
//! shell for nothing but the wizard's own commands, none of which answers with a secret.

use std::path::Path;

use serde_json::{Value, json};
use tests::lacking::lacking;
use tests::practice::Practice;
use tests::window::Window;
use tokio::net::TcpListener;

/// Runs a script in the window; it calls `done` with its outcome.
async fn run(window: &Window, script: &str, arguments: Vec<Value>) -> Value {
    let script = format!(
        "const done = arguments[arguments.length - 1]; const given = arguments; (async () => {{ {script} }})().then(done, (error) => done('refused: ' + (error?.message ?? JSON.stringify(error))));"
    );
    window.driver.execute_async(script, arguments).await.unwrap().json().clone()
}

async fn open(practice: &Practice, data: &Path) -> Window {
    let cloud_file = practice.announcement.cloud_file.display().to_string();
    let window = Window::open(data, "closed", &[("MSSP_ONBOARD_CLOUD_FILE", cloud_file)]).await;
    window.any_screen(&["customers-empty", "unlock"]).await;
    if window.has("unlock-session").await {
        window.click("unlock-session").await;
        window.screen("customers-empty").await;
    }
    window
}

#[tokio::test]
async fn content_of_the_window_reaches_nobody_and_learns_no_secret() {
    if std::env::var_os("DISPLAY").is_none() || cfg!(windows) {
        lacking("closed: no display (`cargo xtask test` starts one)");
        return;
    }
    let practice = Practice::start(&[]).await;
    let folder = tempfile::tempdir().unwrap();
    let window = open(&practice, &folder.path().join("data")).await;
    let own = window.driver.current_url().await.unwrap();

    // Somebody else's server: it must never hear of us.
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/", elsewhere.local_addr().unwrap());
    for (what, script) in [
        ("fetch", "await fetch(given[0]); return 'fetched'"),
        ("beacon", "return navigator.sendBeacon(given[0], 'x') ? 'queued' : 'refused: beacon'"),
        (
            "script",
            "return await new Promise((resolve) => { const s = document.createElement('script'); s.src = given[0]; \
             s.onload = () => resolve('loaded'); s.onerror = () => resolve('refused: script'); document.head.append(s); })",
        ),
        (
            "image",
            "return await new Promise((resolve) => { const i = new Image(); i.onload = () => resolve('loaded'); \
             i.onerror = () => resolve('refused: image'); i.src = given[0]; })",
        ),
        (
            "socket",
            "return await new Promise((resolve) => { const s = new WebSocket(given[0].replace('http', 'ws')); s.onopen = () => resolve('open'); s.onerror = () => resolve('refused: socket'); })",
        ),
        (
            "inline script",
            "window.inline_ran = false; const s = document.createElement('script'); s.textContent = 'window.inline_ran = true'; document.head.append(s); return window.inline_ran ? 'ran' : 'refused: inline'",
        ),
        ("eval", "return new Function('return \"ran\"')()"),
        ("new window", "return window.open(given[0]) ? 'opened' : 'refused: window'"),
        (
            "frame",
            "const f = document.createElement('iframe'); f.src = given[0]; document.body.append(f); return await new Promise((resolve) => setTimeout(() => { f.remove(); resolve('refused: nothing came') }, 300))",
        ),
        (
            "form",
            "const f = document.createElement('form'); f.action = given[0]; f.method = 'post'; document.body.append(f); f.submit(); f.remove(); return 'refused: submitted nowhere'",
        ),
        ("navigation", "location.href = given[0]; return 'refused: asked to leave'"),
    ] {
        let outcome = run(&window, script, vec![json!(address)]).await;
        let outcome = outcome.as_str().unwrap_or_default().to_owned();
        assert!(outcome.starts_with("refused") || what == "beacon", "{what}: {outcome}");
    }
    window.screen("customers-empty").await;
    assert_eq!(window.driver.current_url().await.unwrap(), own, "the window stays with its own content");
    let nobody = tokio::time::timeout(std::time::Duration::from_millis(300), elsewhere.accept()).await;
    assert!(nobody.is_err(), "somebody was reached");

    for command in [
        "plugin:fs|read_text_file",
        "plugin:shell|open",
        "plugin:dialog|open",
        "plugin:webview|create_webview_window",
        "plugin:window|set_title",
        "plugin:path|resolve_directory",
        "no_such_command",
    ] {
        let script = "return JSON.stringify(await window.__TAURI_INTERNALS__.invoke(given[0], {}))";
        let outcome = run(&window, script, vec![json!(command)]).await;
        assert!(outcome.as_str().unwrap_or_default().starts_with("refused"), "{command}: {outcome}");
    }

    // The secret goes in, and no answer brings it out again.
    let told = &practice.announcement;
    let secret = std::fs::read_to_string(&told.client_secret_file).unwrap();
    let request = json!({
        "name": "Contoso", "tenant": told.customer_domain, "connector": "generic",
        "registration": { "client_id": told.client_id, "home_tenant": told.provider_tenant, "secret": secret },
    });
    let added = invoke(&window, "add_customer", json!({ "request": request })).await;
    let customer: Value = serde_json::from_str(&added).unwrap();
    let id = json!({ "customer": customer["id"] });
    for (command, arguments) in [
        ("bootstrap", json!({})),
        ("customers", json!({})),
        ("customer", id.clone()),
        ("registration_sheet", id.clone()),
        ("check_registration", id.clone()),
        ("portal_step", id.clone()),
        ("journal", json!({})),
    ] {
        let answer = invoke(&window, command, arguments).await;
        assert!(!answer.contains(&secret), "{command} tells the secret");
    }
    assert!(!added.contains(&secret), "adding tells the secret back");
    window.close().await;
}

async fn invoke(window: &Window, command: &str, arguments: Value) -> String {
    let script = "return JSON.stringify(await window.__TAURI_INTERNALS__.invoke(given[0], given[1]))";
    let answer = run(window, script, vec![json!(command), arguments]).await;
    let answer = answer.as_str().unwrap_or_default().to_owned();
    assert!(!answer.starts_with("refused"), "{command}: {answer}");
    answer
}
