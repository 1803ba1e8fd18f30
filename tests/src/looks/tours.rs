//! The walk, in three tours: a rehearsal from the first screen to the last, customers whose work stands or went wrong, and
//! a vault that does not open.
//!
//! A stop's name is the screen and its state, as a person looks for it among the pictures. Everything is reached for
//! real: the refusals by the practice tenant's scenarios, waiting by a server that does not answer, being offline by one
//! that is gone.

use std::path::Path;

use thirtyfour::prelude::*;

use super::eye::Eye;
use super::seeds::{REFUSED, Seeds};
use super::view::View;
use crate::binaries;
use crate::command::Msspctl;
use crate::window::Window;

/// Text that stands on screens and that nobody translates: products, protocols, the practice tenant's people.
pub const VALUES: &[&str] = &[
    "Practice customer",
    "nobody here",
    "Contoso Ltd SIEM MSSP connector",
    "Microsoft Defender for Endpoint alerts",
    "Microsoft Defender XDR incidents",
    "Microsoft Graph alerts",
    "Microsoft Graph incidents",
    "Legacy SIEM detections",
    "Elastic Agent and Filebeat",
    "Generic API (JSON, .env, curl)",
    "Generic API",
    "NDJSON",
    "CSV",
    "IBM QRadar",
    "Splunk Add-on for Microsoft Security",
    "Splunk REST API Modular Input",
    "SecurityAlert.Read.All openid profile",
    "openid profile",
    "MSSP Onboard",
    "msspctl",
    "MSSP",
    "SIEM",
    "SHA-256",
    "SecurityAlert.Read.All",
    "Practice SIEM connector",
    "practice-customer.example",
    "practice-provider.example",
    "customer.example",
    "ArcSight",
    "SmartConnector",
    "FlexConnector",
    "Splunk",
    "QRadar",
    "Elastic Agent",
    "Elastic",
    "Wazuh",
    "Cribl Stream",
    "Cribl",
    "Google SecOps",
    "Google Security Operations",
    "Sumo Logic",
    "Microsoft Graph security alerts v2",
    "Microsoft Graph security incidents",
    "Microsoft Graph",
    "Microsoft Security",
    "Microsoft Entra",
    "Microsoft",
    "Defender for Endpoint alerts",
    "Defender for Endpoint",
    "Defender XDR incidents",
    "Defender XDR",
    "Windows Defender",
    "English",
    "한국어",
    "繁體中文",
    "Contoso Ltd",
    "Contoso",
    "practice",
    "Practice",
    "localhost",
    "127.0.0.1",
    "HTTPS_PROXY",
    "http://",
    "https://",
    "Chromium",
    "Firefox",
    "Windows",
    "Web",
    "AADSTS",
    "JSON",
    "REST API",
    "REST",
    "API",
    "Graph",
    "Alerts v2",
    "EU",
    "US",
    "UK",
];

/// A window on its tour, and what looks at it.
struct Tour<'a> {
    window: Window,
    eye: &'a mut Eye,
}

impl Tour<'_> {
    async fn stop(&mut self, name: &str, how: &str) {
        self.eye.look(&mut self.window, name, how).await;
    }

    async fn press(&self, selector: &str) {
        let by = By::Css(selector.to_owned());
        let found = self
            .window
            .driver
            .query(by)
            .wait(std::time::Duration::from_secs(20), std::time::Duration::from_millis(50))
            .first()
            .await;
        let pressed = match found {
            Ok(element) => element.click().await,
            Err(error) => Err(error),
        };
        if let Err(error) = pressed {
            panic!("`{selector}` cannot be pressed: {error}\n{}", self.window.text().await);
        }
    }

    /// Opens a customer from the list, at a step.
    async fn open(&self, name: &str) {
        self.window.screen("customers").await;
        self.press(&format!("[data-testid='open-customer'][title='{name}']")).await;
    }

    async fn home(&self) {
        self.window.click("home").await;
        self.window.screen("customers").await;
    }
}

/// From the first screen to the last against the practice tenant inside the window.
pub async fn rehearsal(folder: &Path, eye: &mut Eye) {
    let browser = format!("{} %s", binaries::chromium_browser().display());
    let window = Window::open(&folder.join("data"), "looks", &[("BROWSER", browser)]).await;
    let mut tour = Tour { window, eye };
    tour.window.any_screen(&["customers-empty"]).await;
    View::plain().show(&tour.window, None).await;
    tour.stop("01-customers-empty", "the first start").await;

    tour.window.click("settings").await;
    tour.window.see("settings-save").await;
    tour.stop("02-settings", "from the first screen").await;
    tour.window.click("proxy-manual").await;
    tour.window.click("settings-save").await;
    tour.window.see("proxy-address-error").await;
    tour.stop("03-settings-proxy-missing", "a proxy is wanted and none named").await;
    tour.window.fill("proxy-address", "http://127.0.0.1:9").await;
    tour.window.click("settings-save").await;
    tour.window.see("settings-saved").await;
    tour.window.click("settings-test").await;
    tour.window.see("host-failed").await;
    tour.stop("04-settings-unreachable", "a proxy that nobody runs").await;
    tour.window.click("proxy-system").await;
    tour.window.click("settings-save").await;
    tour.window.see("settings-saved").await;
    tour.window.click("settings-back").await;

    tour.window.click("rehearse").await;
    tour.window.screen("destination").await;
    tour.window.see("tenant-ok").await;
    tour.stop("05-destination-practice", "the rehearsal begins").await;
    tour.window.fill("name", "").await;
    tour.window.fill("tenant", "nobody here\t").await;
    tour.window.click("primary").await;
    tour.window.see("name-error").await;
    tour.stop("06-destination-mistakes", "Continue without a name, with a tenant that is none").await;
    tour.window.fill("name", "Contoso Ltd").await;
    tour.window.fill("tenant", "practice-customer.example\t").await;
    tour.window.see("tenant-ok").await;
    tour.window.click("siem-arcsight").await;
    tour.window.click("choose-other").await;
    tour.window.click("source-siem-detections").await;
    tour.window.see("source-ends").await;
    tour.stop("07-destination-ending", "an own choice of a source that ends").await;
    tour.window.click("source-graph-alerts").await;
    tour.window.click("command").await;
    tour.stop("08-command", "the equivalent command is opened").await;
    tour.window.click("command").await;
    tour.window.click("primary").await;
    tour.window.screen("register").await;
    tour.window.see("redirect-uri").await;
    tour.stop("09-register", "step 1").await;
    tour.window.fill("client-id", "not an id").await;
    tour.window.fill("secret", "8a0b1c2d-0000-4000-8000-123456789abc\t").await;
    tour.window.see("secret-error").await;
    tour.stop("10-register-secret-id", "the secret's ID is pasted").await;
    tour.window.click("practice-fill").await;
    tour.window.see("register-proven").await;
    tour.stop("11-register-proven", "the app is checked").await;
    tour.window.click("primary").await;
    tour.window.screen("consent").await;
    tour.window.see("consent-copy").await;
    tour.stop("12-consent", "step 2").await;
    tour.window.click("consent-copy").await;
    tour.window.see("sign-in-address").await;
    tour.stop("13-consent-waiting", "the link is copied and nobody signs in").await;
    tour.window.fill("address", "http://localhost/SiemMsspConnector?code=x&state=y").await;
    tour.window.click("paste").await;
    tour.window.see("address-error").await;
    tour.stop("14-consent-paste-refused", "an address of no sign-in of ours").await;
    tour.window.click("cancel").await;
    tour.window.click("consent-handoff").await;
    tour.window.see("handoff").await;
    tour.stop("15-consent-handoff", "the customer's administrator does it").await;
    tour.window.click("cancel").await;
    tour.window.see("consent-browser").await;
    tour.window.click("primary").await;
    tour.window.see("consent-account").await;
    tour.stop("16-consent-done", "an administrator of the practice customer agrees in Chromium").await;
    tour.window.click("primary").await;
    tour.window.screen("export").await;
    tour.window.click("back").await;
    tour.window.screen("authorise").await;
    tour.window.see("authorised").await;
    tour.stop("17-authorise-not-needed", "a source without a portal step").await;
    tour.window.click("primary").await;
    tour.window.screen("export").await;
    let files = folder.join("files");
    prepare(&files);
    tour.window.fill("folder", &files.display().to_string()).await;
    tour.stop("18-export", "before the files are written").await;
    tour.window.click("primary").await;
    tour.window.see("overwrite").await;
    tour.stop("19-export-overwrite", "files of these names are there").await;
    tour.window.click("overwrite").await;
    tour.window.see("written").await;
    tour.stop("20-export-done", "the files are written").await;
    tour.window.click("primary").await;
    tour.window.screen("test-pull").await;
    tour.window.see("alert-count").await;
    tour.stop("21-test-pull-done", "alerts pulled with what is in the files").await;
    tour.window.click("primary").await;
    tour.window.screen("finish").await;
    tour.stop("22-finish", "the last page").await;
    tour.window.click("to-customers").await;
    tour.window.screen("customers").await;
    tour.stop("23-customers-practice", "one customer, in practice").await;
    tour.press("[data-testid='customer-row'] .acts .btn--icon").await;
    tour.window.see("forget-name").await;
    tour.stop("24-forget", "a customer is to be forgotten").await;
    tour.window.fill("forget-name", "Contoso Ltd").await;
    tour.stop("25-forget-named", "its name is typed").await;
    tour.window.click("dialog-safe").await;
    tour.window.close().await;
}

/// Customers whose work waits for somebody, or went wrong.
pub async fn customers(folder: &Path, eye: &mut Eye) {
    let seeds = Seeds::plant(folder).await;
    let window = Window::open(&seeds.data, "looks", &seeds.variables()).await;
    let mut tour = Tour { window, eye };
    tour.window.any_screen(&["customers"]).await;
    View::plain().show(&tour.window, None).await;
    tour.stop("31-customers", "a dozen customers, made with msspctl").await;
    tour.window.fill("search", "nobody of this name").await;
    tour.stop("32-customers-none-found", "a search without a result").await;
    tour.window.fill("search", "").await;

    for (at, (name, scenario)) in (33..).zip(REFUSED) {
        tour.open(name).await;
        tour.window.screen("consent").await;
        tour.window.see("consent-browser").await;
        tour.window.click("primary").await;
        tour.window.see(if scenario == "wrong-account" { "wrong-tenant" } else { "problem" }).await;
        tour.stop(&format!("{at}-consent-{scenario}"), &format!("the scenario {scenario}")).await;
        tour.home().await;
    }
    tour.open("Fabrikam Air Cargo").await;
    tour.window.screen("authorise").await;
    tour.window.see("watch").await;
    tour.stop("37-authorise-watching", "the legacy source, before anybody authorised the app").await;
    tour.window.click("cancel").await;
    tour.window.see("watch-again").await;
    tour.stop("38-authorise-stopped", "the watch is stopped").await;
    tour.home().await;
    tour.open("한빛제약 주식회사 (Hanbit Pharma)").await;
    tour.window.screen("authorise").await;
    tour.window.see("problem").await;
    tour.stop("39-authorise-not-licensed", "the scenario not-licensed").await;
    tour.home().await;
    tour.open("Tailspin Insurance").await;
    tour.window.screen("test-pull").await;
    tour.window.see("primary").await;
    tour.stop("40-test-pull", "before the first pull").await;
    tour.window.click("primary").await;
    tour.window.see("no-alerts").await;
    tour.stop("41-test-pull-none", "the scenario no-alerts").await;
    tour.home().await;
    // The list is sorted by urgency: the proof of this one is done already.
    tour.open("台北港聯合診所").await;
    tour.window.screen("finish").await;
    tour.stop("42-finish-dates", "a secret that ends in nine days").await;
    tour.home().await;
    tour.open("Alpine Dairy Cooperative").await;
    tour.window.screen("test-pull").await;
    std::fs::remove_file(seeds.files.join("Alpine Dairy Cooperative").join("WDATP-connector.properties"))
        .unwrap_or_default();
    tour.window.click("primary").await;
    tour.window.see("problem").await;
    tour.stop("43-test-pull-files-missing", "a file was deleted from the folder").await;
    tour.press("[data-testid='step-register'] button").await;
    tour.window.screen("register").await;
    tour.stop("44-register-known", "an app that is registered, its secret past its date").await;
    tour.home().await;
    tour.open("Northwind Harbour").await;
    tour.window.screen("test-pull").await;
    seeds.fragile.fall_silent();
    tour.window.click("primary").await;
    tour.window.see("pulling").await;
    tour.stop("45-test-pull-busy", "a server that does not answer").await;
    tour.window.click("cancel").await;
    seeds.fragile.vanish();
    tour.window.click("primary").await;
    tour.window.see("problem").await;
    tour.stop("46-test-pull-offline", "a server that is gone").await;
    tour.press("[data-testid='step-consent'] button").await;
    tour.window.screen("consent").await;
    tour.stop("47-consent-known", "a consent that is there").await;
    tour.press("[data-testid='step-destination'] button").await;
    tour.window.screen("destination").await;
    tour.stop("48-destination-known", "a customer that is there").await;
    tour.home().await;
    tour.window.click("onboard").await;
    tour.window.screen("destination").await;
    seeds.plain.fall_silent();
    tour.window.fill("name", "Contoso Ltd").await;
    tour.window.fill("tenant", &format!("{}\t", seeds.plain.announcement.customer_domain)).await;
    tour.press("#tenant[aria-busy='true'], .field:has(#tenant) .spin").await;
    tour.stop("49-destination-checking", "a server that does not answer").await;
    seeds.plain.vanish();
    tour.window.see("problem").await;
    tour.stop("50-destination-offline", "a server that is gone").await;
    tour.window.close().await;
}

/// A vault that does not open: each a start of its own.
pub async fn vault(folder: &Path, eye: &mut Eye) {
    let no_keyring = [("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus".to_owned())];
    let stop = async |eye: &mut Eye, data: &Path, variables: &[(&str, String)], name: &str, how: &str| {
        let window = Window::open(data, "looks", variables).await;
        window.any_screen(&["unlock"]).await;
        View::plain().show(&window, None).await;
        let mut tour = Tour { window, eye };
        tour.stop(name, how).await;
        tour.window
    };
    let fresh = folder.join("fresh");
    let mut window =
        stop(eye, &fresh, &no_keyring, "61-unlock-no-keyring", "no keyring, and no vault yet").await;
    window.fill("passphrase", "short").await;
    window.fill("passphrase-again", "shorter\t").await;
    window.click("unlock").await;
    window.see("passphrase-error").await;
    eye.look(&mut window, "62-unlock-mistakes", "a passphrase that is too short, and another one").await;
    window.click("unlock-session").await;
    window.screen("customers-empty").await;
    window.click("onboard").await;
    window.screen("destination").await;
    eye.look(&mut window, "63-destination-empty", "a vault of this session only, nothing entered").await;
    window.close().await;

    let sealed = folder.join("sealed");
    Msspctl::with_passphrase(&sealed).succeed(&["customer", "list"]).await;
    let mut window =
        stop(eye, &sealed, &no_keyring, "64-unlock-passphrase", "a vault made with a passphrase").await;
    window.fill("passphrase", "not this one").await;
    window.click("unlock").await;
    window.see("problem").await;
    eye.look(&mut window, "65-unlock-wrong", "a wrong passphrase").await;
    window.close().await;

    let ringed = folder.join("ringed");
    Msspctl::with_keyring(&ringed).succeed(&["customer", "list"]).await;
    stop(eye, &ringed, &no_keyring, "66-unlock-keyring", "a vault made with a keyring that is not here")
        .await
        .close()
        .await;

    let damaged = folder.join("damaged");
    Msspctl::with_keyring(&damaged).succeed(&["customer", "list"]).await;
    damage(&damaged);
    stop(eye, &damaged, &[], "67-unlock-damaged", "the vault's file is damaged").await.close().await;
}

#[expect(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "test harness: a failure here is a failed test"
)]
fn prepare(files: &Path) {
    std::fs::create_dir_all(files).expect("a folder");
    std::fs::write(files.join("manifest.json"), "{}").expect("a file that is in the way");
}

#[expect(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "test harness: a failure here is a failed test"
)]
fn damage(data: &Path) {
    std::fs::write(data.join("vault.sqlite"), "this is no database, and never was one")
        .expect("a damaged file");
}
