//! The walk through the wizard, from the first screen as far as a step, with a customer that was never seen before and
//! values typed by hand.
//!
//! It is the way that most tests take to where theirs begins. The invariant: it goes as a person would, and waits for
//! what each page shows before it leaves it.

use std::path::Path;

use practice_tenant::Announcement;

use crate::binaries;
use crate::window::Window;

/// A page of the wizard on which a walk begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Who the customer is.
    Destination,
    /// The app's ids and secret.
    Register,
    /// The sign-in.
    Consent,
    /// The page after the sign-in. A source that needs nothing in the portal is past it as soon as its API answers, and
    /// this stands for whichever page it is then.
    Authorise,
    /// The files.
    Export,
    /// The pull.
    TestPull,
}

const STEPS: [Step; 6] =
    [Step::Destination, Step::Register, Step::Consent, Step::Authorise, Step::Export, Step::TestPull];

/// What is entered on the way.
pub struct Details<'a> {
    /// The practice tenant, whose values are typed.
    pub told: &'a Announcement,
    /// Another source than the product picks.
    pub source: Option<&'a str>,
    /// The folder for the files.
    pub files: &'a Path,
}

impl<'a> Details<'a> {
    /// The source that the product picks.
    pub const fn new(told: &'a Announcement, files: &'a Path) -> Self {
        Self { told, source: None, files }
    }

    /// Another source.
    #[must_use]
    pub const fn source(self, source: &'a str) -> Self {
        Self { source: Some(source), ..self }
    }
}

/// Goes from one page to another.
///
/// # Panics
///
/// When a page is not as it should be.
pub async fn walk(window: &mut Window, details: &Details<'_>, from: Step, to: Step) {
    for step in STEPS.into_iter().filter(|&step| from <= step && step < to) {
        match step {
            Step::Destination => {
                let tenant = &details.told.customer_domain;
                destination(window, tenant, "generic", details.source).await;
                if details.source.is_some() {
                    window.picture("destination-ending").await;
                }
                window.click("primary").await;
                window.screen("register").await;
            }
            Step::Register => register(window, details.told).await,
            Step::Consent => {
                window.click("primary").await;
                window.see("consent-account").await;
                window.click("primary").await;
            }
            Step::Authorise => window.screen("export").await,
            Step::Export => {
                export(window, details.files).await;
                window.click("primary").await;
                window.screen("test-pull").await;
            }
            Step::TestPull => {}
        }
    }
}

/// Fills in who the customer is, for one SIEM, and waits until the tenant is found.
///
/// # Panics
///
/// When it is not.
pub async fn destination(window: &Window, tenant: &str, siem: &str, source: Option<&str>) {
    window.screen("destination").await;
    window.fill("name", "Contoso Ltd").await;
    window.fill("tenant", &format!("{tenant}\t")).await;
    window.see("tenant-ok").await;
    window.click(&format!("siem-{siem}")).await;
    if let Some(source) = source {
        window.click("choose-other").await;
        window.click(&format!("source-{source}")).await;
        window.see("source-ends").await;
    }
}

/// Has the files written to a folder.
///
/// # Panics
///
/// When they are not.
pub async fn export(window: &Window, files: &Path) {
    window.screen("export").await;
    window.fill("folder", &files.display().to_string()).await;
    window.click("primary").await;
    window.see("written").await;
}

async fn register(window: &mut Window, told: &Announcement) {
    window.fill("client-id", &told.client_id).await;
    window.fill("home-tenant", &told.provider_tenant).await;
    // The most common slip: the secret's ID instead of its value. It is refused here, and nothing is lost.
    window.fill("secret", &format!("{}\t", told.client_id)).await;
    window.see("secret-error").await;
    window.picture("secret-id-pasted").await;
    window.fill("secret", &secret(told)).await;
    // The first click has the details tried, and their proof shown; the second goes on.
    window.click("primary").await;
    window.see("secret-kept").await;
    window.see("register-proven").await;
    window.click("primary").await;
    window.screen("consent").await;
}

/// The practice app's secret.
///
/// # Panics
///
/// When its file cannot be read.
#[expect(clippy::expect_used, reason = "test harness: a failure here is a failed test")]
pub fn secret(told: &Announcement) -> String {
    std::fs::read_to_string(&told.client_secret_file).expect("the secret's file")
}

/// The window on a real vault and a practice tenant in a process of its own, named by its cloud file: on its first
/// screen.
///
/// # Panics
///
/// When it does not open.
pub async fn open_first(
    told: &Announcement,
    data: &Path,
    series: &str,
    variables: &[(&'static str, String)],
) -> Window {
    let window = Window::open(data, series, &variables_of(told, variables)).await;
    // Without a keyring the window offers a session of its own; with one it is open at once.
    window.any_screen(&["customers-empty", "unlock"]).await;
    if window.has("unlock-session").await {
        window.click("unlock-session").await;
        window.screen("customers-empty").await;
    }
    window
}

/// The same, with a customer to be onboarded.
///
/// # Panics
///
/// When it does not open.
pub async fn open_on(
    told: &Announcement,
    data: &Path,
    series: &str,
    variables: &[(&'static str, String)],
) -> Window {
    let window = open_first(told, data, series, variables).await;
    window.click("onboard").await;
    window
}

/// What the app is started with, to work against the practice tenant with a browser that signs in by itself.
///
/// # Panics
///
/// When the announcement cannot be written down.
#[expect(clippy::expect_used, reason = "test harness: a failure here is a failed test")]
pub fn variables_of(told: &Announcement, more: &[(&'static str, String)]) -> Vec<(&'static str, String)> {
    let cloud_file = told.cloud_file.display().to_string();
    let browser = format!("{} %s", binaries::scripted_browser().display());
    let mut all = vec![
        ("MSSP_ONBOARD_CLOUD_FILE", cloud_file),
        ("BROWSER", browser),
        ("MSSP_TEST_ANNOUNCEMENT", serde_json::to_string(told).expect("an announcement is JSON")),
    ];
    all.extend(more.iter().cloned());
    all
}
