//! The real window, driven from first screen to proof.

use std::path::Path;

use tests::binaries;
use tests::chromium::Chromium;
use tests::lacking::lacking;
use tests::practice::Practice;
use tests::window::Window;
use tests::wizard::{self, Details, Step, open_first, open_on, variables_of, walk};
use thirtyfour::prelude::*;

/// Whether there is a screen to show the window on.
pub(crate) fn screen_is_there(test: &str) -> bool {
    let there = cfg!(target_os = "linux") && std::env::var_os("DISPLAY").is_some();
    if !there {
        lacking(&format!("{test}: no display (`cargo xtask test` starts one)"));
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
async fn register(window: &mut Window) {
    wizard::destination(window, "practice-customer.example", "arcsight", None).await;
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
    window.picture("export").await;
    wizard::export(window, folder).await;
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
    register(&mut window).await;
    window.picture("consent").await;
    window.click("primary").await;
    window.see("consent-account").await;
    window.picture("consent-done").await;
    window.click("primary").await;
    // The source needs nothing in the customer's portal: once its API has answered, the step is passed by.
    export_and_pull(&mut window, &folder.path().join("files")).await;
    window.close().await;
}

/// The way of somebody who reads nothing but the window, with what it took: kept among the artefacts.
#[tokio::test]
async fn the_first_time_from_the_first_screen_to_proof_takes_six_confirmations() {
    if !screen_is_there("the_first_time_from_the_first_screen_to_proof_takes_six_confirmations") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let browser = format!("{} %s", binaries::chromium_browser().display());
    let window = Window::open(&folder.path().join("data"), "first-time", &[("BROWSER", browser)]).await;
    window.screen("customers-empty").await;
    let began = std::time::Instant::now();
    let mut clicks = 0;
    let mut confirmations = 0;
    // What a page asks for beside its primary button, until the proof is there.
    for (screen, choices, seen) in [
        ("customers-empty", &["rehearse"][..], None),
        ("destination", &["siem-generic"], Some("tenant-ok")),
        ("register", &["practice-fill"], Some("register-proven")),
        ("consent", &[], None),
        ("consent", &[], Some("consent-account")),
        ("export", &[], None),
        ("export", &[], Some("written")),
    ] {
        window.screen(screen).await;
        for choice in choices {
            window.click(choice).await;
            clicks += 1;
        }
        if let Some(seen) = seen {
            window.see(seen).await;
        }
        if screen == "export" && seen.is_none() {
            window.fill("folder", folder.path().join("files").to_str().unwrap()).await;
        }
        if screen != "customers-empty" {
            window.click("primary").await;
            clicks += 1;
            confirmations += 1;
        }
    }
    window.screen("test-pull").await;
    window.see("alert-count").await;
    let took = began.elapsed();
    let record = format!(
        "first screen to proof on the practice tenant: {clicks} clicks, of them {confirmations} confirmations, {:.1} s\n",
        took.as_secs_f64()
    );
    println!("{record}");
    std::fs::create_dir_all(binaries::artefacts().join("window")).unwrap();
    #[expect(clippy::disallowed_methods, reason = "a record for people, without secrets")]
    std::fs::write(binaries::artefacts().join("window/first-time.txt"), &record).unwrap();
    assert!(confirmations <= 6, "{record}");
    window.close().await;
}

#[tokio::test]
async fn the_legacy_source_goes_through_the_customers_portal() {
    if !screen_is_there("the_legacy_source_goes_through_the_customers_portal") {
        return;
    }
    let practice = Practice::start(&["--alerts", "40"]).await;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut window = open_on(&practice.announcement, &data, "legacy", &[]).await;
    let files = folder.path().join("files");
    let details = Details::new(&practice.announcement, &files).source("siem-detections");
    walk(&mut window, &details, Step::Destination, Step::Authorise).await;
    window.screen("authorise").await;
    window.see("watch").await;
    window.picture("watching").await;
    // The customer's admin, at the portal, with the values that the window shows.
    let application_id = window.see("portal-application-id").await.text().await.unwrap();
    let tenant_id = window.see("portal-tenant-id").await.text().await.unwrap();
    let chromium = Chromium::start().await;
    let portal = format!("{}?tid={}", practice.announcement.portal, practice.announcement.customer_tenant);
    chromium.driver.goto(&portal).await.unwrap();
    let find = async |selector: &'static str| chromium.driver.find(By::Css(selector)).await.unwrap();
    find("[name=applicationId]").await.send_keys(application_id.trim()).await.unwrap();
    find("[name=tenantId]").await.send_keys(tenant_id.trim()).await.unwrap();
    find("#authorize").await.click().await.unwrap();
    let result = chromium.driver.query(By::Id("authorization-result")).first().await.unwrap();
    let said = result.text().await.unwrap();
    assert!(said.starts_with("Application authorized"), "{application_id}, {tenant_id}: {said}");
    chromium.quit().await;
    window.see("authorised").await;
    window.picture("authorised").await;
    window.click("primary").await;
    walk(&mut window, &details, Step::Authorise, Step::TestPull).await;
    assert!(window.see("alert-count").await.text().await.unwrap().contains("40"));
    window.close().await;
}

#[tokio::test]
async fn a_closed_browser_can_be_cancelled_and_the_answer_pasted_instead() {
    if !screen_is_there("a_closed_browser_can_be_cancelled_and_the_answer_pasted_instead") {
        return;
    }
    let practice = Practice::start(&[]).await;
    let folder = tempfile::tempdir().unwrap();
    let closed = [("BROWSER", "true %s".to_owned())];
    let mut window =
        open_on(&practice.announcement, &folder.path().join("data"), "closed-browser", &closed).await;
    let details = Details::new(&practice.announcement, folder.path());
    walk(&mut window, &details, Step::Destination, Step::Consent).await;
    window.click("primary").await;
    window.see("countdown").await;
    window.picture("waiting").await;
    window.click("cancel").await;
    window.see("consent-browser").await;
    window.picture("cancelled").await;

    // The sign-in happens elsewhere; its last address is pasted back. What is no answer is refused, and the wait goes on.
    window.click("consent-paste").await;
    window.see("sign-in-address").await;
    window.fill("address", "http://localhost/SiemMsspConnector?code=x&state=y").await;
    window.click("paste").await;
    window.see("address-error").await;
    window.picture("paste-refused").await;
    // What a page says that leads nowhere is an answer too, and its card leads to where it is put right.
    window.fill("address", "AADSTS50011: The redirect URI specified in the request does not match.").await;
    window.click("paste").await;
    window.see("problem").await;
    window.picture("told-on-the-page").await;
    window.see("to-register").await;
    window.click("consent-paste").await;
    let address = window.see("sign-in-address").await.text().await.unwrap();
    let visitor = practice_tenant::visitor::Visitor::new(&practice.announcement).unwrap();
    let admin = practice.announcement.users.iter().find(|user| user.role == "admin").unwrap();
    let end = visitor.redirect_address(address.trim(), &admin.name).await.unwrap();
    window.fill("address", end.as_str()).await;
    window.click("paste").await;
    window.see("consent-account").await;
    window.close().await;
}

#[tokio::test]
async fn a_window_that_is_killed_opens_again_at_the_step_where_it_was() {
    if !screen_is_there("a_window_that_is_killed_opens_again_at_the_step_where_it_was") {
        return;
    }
    let practice = Practice::start(&[]).await;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let out = folder.path().join("files");
    // A window that was asked for no keyring keeps nothing for a later one, so here there must be one.
    let variables = variables_of(&practice.announcement, &[]);
    let again = async |window: Window, screen: &str| {
        window.kill().await;
        let window = Window::open(&data, "killed", &variables).await;
        window.screen(screen).await;
        window
    };
    let mut window = open_on(&practice.announcement, &data, "killed", &[]).await;
    walk(&mut window, &Details::new(&practice.announcement, &out), Step::Destination, Step::Consent).await;
    let window = again(window, "consent").await;
    window.click("primary").await;
    window.see("consent-account").await;
    let window = again(window, "authorise").await;
    window.see("authorised").await;
    let window = again(window, "export").await;
    wizard::export(&window, &out).await;
    let window = again(window, "test-pull").await;
    window.click("primary").await;
    window.see("alert-count").await;
    window.close().await;
}

#[tokio::test]
async fn old_files_that_are_dropped_on_the_window_become_a_customer() {
    if !screen_is_there("old_files_that_are_dropped_on_the_window_become_a_customer") {
        return;
    }
    let Some(python) = binaries::python() else {
        lacking("MSSP_PYTHON names no Python with python-xlib; `cargo xtask test` makes one");
        return;
    };
    let practice = Practice::start(&["--alerts", "10"]).await;
    let folder = tempfile::tempdir().unwrap();
    let old = crate::migration::old_arcsight(&practice, folder.path()).await;
    let mut window = open_first(&practice.announcement, &folder.path().join("window"), "import", &[]).await;
    window.click("import-open").await;
    window.screen("import").await;
    window.picture("nothing-yet").await;
    window.click("import-back").await;
    window.screen("customers-empty").await;
    window.drop_files(&python, &[&old.folder]).await;
    window.screen("import").await;
    window.see("stale").await;
    window.picture("found").await;
    let shown = window.text().await;
    assert!(shown.contains("WDATP-connector.properties:6"), "{shown}");
    window.click("import-go").await;
    let access = window.see("import-access").await;
    assert_eq!(
        access.attr("data-access").await.unwrap().as_deref(),
        Some("proven"),
        "{}",
        window.text().await
    );
    window.picture("onboarded").await;
    for page in [shown, window.driver.source().await.unwrap()] {
        assert!(
            !page.contains(&old.secret) && !page.contains(&old.refresh_token),
            "a secret is in the window"
        );
    }
    window.click("import-continue").await;
    window.screen("authorise").await;
    window.see("authorised").await;
    window.close().await;
}
