//! The real window, driven from first screen to proof.

use std::path::Path;

use tests::binaries;
use tests::window::Window;

/// Whether there is a screen to show the window on.
fn screen_is_there(test: &str) -> bool {
    let there = cfg!(target_os = "linux") && std::env::var_os("DISPLAY").is_some();
    if !there {
        eprintln!("skipped: {test}: no display (`cargo xtask test` starts one)");
    }
    there
}

/// The window with a browser that is a real Chromium and a person who clicks as told.
async fn open(data: &Path, series: &str, click: &str) -> Window {
    let browser = format!("{} %s", binaries::chromium_browser().display());
    let variables = [("BROWSER", browser), ("MSSP_TEST_CLICK", click.to_owned())];
    let mut window = Window::open(data, series, &variables).await;
    window.screen("customers-empty").await;
    window.picture("first-screen").await;
    window.click("rehearse").await;
    window.see("practice-ribbon").await;
    window
}

/// Steps 0 and 1 with the practice values.
async fn register(window: &mut Window, source: Option<&str>) {
    window.screen("destination").await;
    window.fill("name", "Contoso Ltd").await;
    window.fill("tenant", "practice-customer.example\t").await;
    window.see("tenant-ok").await;
    window.click("siem-arcsight").await;
    if let Some(source) = source {
        window.click("choose-other").await;
        window.click(&format!("source-{source}")).await;
        window.see("source-ends").await;
    }
    window.picture("destination").await;
    window.click("primary").await;
    window.screen("register").await;
    window.picture("register").await;
    window.click("practice-fill").await;
    window.see("secret-kept").await;
    window.picture("registered").await;
    window.click("primary").await;
    window.screen("consent").await;
}

/// Export and test pull, to the last page.
async fn export_and_pull(window: &mut Window, folder: &Path) {
    window.screen("export").await;
    window.fill("folder", folder.to_str().unwrap()).await;
    window.picture("export").await;
    window.click("primary").await;
    window.see("written").await;
    window.picture("exported").await;
    window.click("primary").await;
    window.screen("test-pull").await;
    window.see("alert-count").await;
    window.picture("proof").await;
    assert!(window.has("alert-row").await, "{}", window.text().await);
    let names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(names.iter().any(|name| name == "WDATP-connector.properties"), "{names:?}");
    window.click("primary").await;
    window.screen("finish").await;
    window.picture("finish").await;
}

#[tokio::test]
async fn a_newcomer_rehearses_from_the_first_screen_to_proof() {
    if !screen_is_there("a_newcomer_rehearses_from_the_first_screen_to_proof") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut window = open(&folder.path().join("data"), "rehearsal", "accept").await;
    register(&mut window, None).await;
    window.picture("consent").await;
    window.click("primary").await;
    window.see("consent-account").await;
    window.picture("consent-done").await;
    window.click("primary").await;
    window.screen("authorise").await;
    window.picture("authorise").await;
    window.click("primary").await;
    export_and_pull(&mut window, &folder.path().join("files")).await;
    window.close().await;
}
