//! A data folder with customers in every state that takes other people or other days to reach, made with `msspctl`.
//!
//! Each customer has a practice tenant of its own where it needs scenarios of its own; a customer remembers its cloud, so
//! one window shows them all. The invariant: everything was done by the product itself, nothing written past it.

use std::path::{Path, PathBuf};

use crate::command::Msspctl;
use crate::old_files;
use crate::practice::Practice;

/// The data folder and the servers behind it. Both end with this value.
pub struct Seeds {
    /// The data folder.
    pub data: PathBuf,
    /// The tenant that plain customers have, and new ones.
    pub plain: Practice,
    /// One more, whose server the walk silences.
    pub fragile: Practice,
    /// One with more alerts than are pulled at once; the walk silences its server, too.
    pub busy: Practice,
    /// Where the connector files of a customer lie, below this folder, by its name.
    pub files: PathBuf,
    /// A folder of an old connector's files.
    pub old: PathBuf,
    others: Vec<Practice>,
}

/// Names in every script that the window has to carry, one of them longer than any column.
pub const NAMES: [&str; 14] = [
    "Contoso Logistics",
    "Fabrikam Air Cargo",
    "한빛제약 주식회사 (Hanbit Pharma)",
    "台北港聯合診所",
    "Gemeenschappelijke Dienst Informatievoorziening Nieuw-Vossemeer, Steenbergen en Omstreken",
    "Wrong account",
    "Consent declined",
    "Admin consent needed",
    "Conditional Access",
    "Tailspin Insurance",
    "Alpine Dairy Cooperative",
    "Northwind Harbour",
    "Litware Freight",
    "Trey Research",
];

/// Customers whose sign-in ends in a refusal, with the scenario that makes it so.
pub const REFUSED: [(&str, &str); 4] = [
    ("Wrong account", "wrong-account"),
    ("Consent declined", "consent-declined"),
    ("Admin consent needed", "admin-consent-needed"),
    ("Conditional Access", "conditional-access"),
];

impl Seeds {
    /// Makes them below a folder.
    pub async fn plant(folder: &Path) -> Self {
        let data = folder.join("data");
        let files = folder.join("files");
        let plain = Practice::start(&["--alerts", "40"]).await;
        let fragile = Practice::start(&["--alerts", "12"]).await;
        let mut others = Vec::new();

        let contoso = Seed::new(&data, &plain, "Contoso Logistics");
        contoso.add(&["--connector", "arcsight"]).await;
        let legacy = Seed::new(&data, &plain, "Fabrikam Air Cargo");
        legacy.add(&["--source", "siem-detections", "--connector", "splunk-rest"]).await;
        legacy.consent().await;
        let expiring = Seed::new(&data, &plain, "台北港聯合診所");
        expiring.add(&["--connector", "generic", "--secret-expires", &in_days(9)]).await;
        expiring.prove(&files, "generic").await;
        let expired = Seed::new(&data, &plain, "Alpine Dairy Cooperative");
        expired.add(&["--connector", "arcsight", "--secret-expires", &in_days(-8)]).await;
        expired.consent().await;
        expired.export(&files, "arcsight").await;
        let long = Seed::new(&data, &plain, NAMES[4]);
        let domain = plain.announcement.customer_domain.clone();
        long.run(&["customer", "add", long.name, "--tenant", &domain]).await;
        let elsewhere = Seed::new(&data, &plain, "Trey Research");
        elsewhere.add(&["--connector", "cribl", "--redirect-uri", "https://SiemMsspConnector"]).await;
        let fragile_seed = Seed::new(&data, &fragile, "Northwind Harbour");
        fragile_seed.add(&["--connector", "generic"]).await;
        fragile_seed.consent().await;
        fragile_seed.export(&files, "generic").await;

        for (name, scenario) in REFUSED {
            let practice = Practice::start(&["--scenario", scenario]).await;
            Seed::new(&data, &practice, name).add(&["--connector", "generic"]).await;
            others.push(practice);
        }
        let unlicensed = Practice::start(&["--scenario", "not-licensed"]).await;
        let korean = Seed::new(&data, &unlicensed, NAMES[2]);
        korean.add(&["--connector", "splunk-rest"]).await;
        korean.consent().await;
        others.push(unlicensed);
        let quiet = Practice::start(&["--scenario", "no-alerts"]).await;
        let none = Seed::new(&data, &quiet, "Tailspin Insurance");
        none.add(&["--connector", "generic"]).await;
        none.consent().await;
        none.export(&files, "generic").await;
        others.push(quiet);
        let busy = Practice::start(&["--alerts", "60000"]).await;
        let long_pull = Seed::new(&data, &busy, "Litware Freight");
        long_pull.add(&["--connector", "generic"]).await;
        long_pull.consent().await;
        long_pull.export(&files, "generic").await;
        let old = folder.join("old connector");
        old_files::arcsight(
            &plain.announcement,
            &old,
            "Long-since~expired.secret_value_0123456",
            "0.AAAA-old",
        );
        Self { data, plain, fragile, busy, files, old, others }
    }

    /// What the window is started with: the plain tenant for new customers, and a browser that knows all of them.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let lines: Vec<&str> = [&self.plain, &self.fragile, &self.busy]
            .into_iter()
            .chain(&self.others)
            .map(|one| one.line.trim())
            .collect();
        vec![
            ("MSSP_ONBOARD_CLOUD_FILE", self.plain.announcement.cloud_file.display().to_string()),
            ("BROWSER", format!("{} %s", crate::binaries::scripted_browser().display())),
            ("MSSP_TEST_ANNOUNCEMENT", lines.join("\n")),
        ]
    }

    /// Words that stand on the screen and belong to nobody's language.
    pub fn values() -> Vec<&'static str> {
        NAMES.into_iter().chain(super::tours::VALUES.iter().copied()).collect()
    }
}

struct Seed<'a> {
    msspctl: Msspctl,
    practice: &'a Practice,
    name: &'a str,
}

impl<'a> Seed<'a> {
    fn new(data: &Path, practice: &'a Practice, name: &'a str) -> Self {
        let cloud_file = practice.announcement.cloud_file.display().to_string();
        let msspctl = practice
            .person(Msspctl::with_keyring(data).option("--cloud-file", &cloud_file), "admin")
            .variable("MSSP_ONBOARD_LOG", "error");
        Self { msspctl, practice, name }
    }

    async fn run(&self, arguments: &[&str]) {
        self.msspctl.succeed(arguments).await;
    }

    async fn add(&self, more: &[&str]) {
        let told = &self.practice.announcement;
        let secret = told.client_secret_file.display().to_string();
        let base =
            ["customer", "add", self.name, "--tenant", &told.customer_domain, "--client-id", &told.client_id];
        let app = ["--home-tenant", &told.provider_tenant, "--secret-file", &secret];
        self.run(&[&base[..], &app, more].concat()).await;
    }

    async fn consent(&self) {
        self.run(&["consent", self.name, "--timeout", "1m"]).await;
    }

    async fn export(&self, files: &Path, connector: &str) {
        self.run(&["authorize", self.name, "--wait", "1m"]).await;
        let out = files.join(self.name).display().to_string();
        self.run(&["export", self.name, "--connector", connector, "--out", &out]).await;
    }

    async fn prove(&self, files: &Path, connector: &str) {
        self.consent().await;
        self.export(files, connector).await;
        let out = files.join(self.name).display().to_string();
        self.run(&["verify", self.name, "--from", &out]).await;
    }
}

/// A date so many days from today.
#[expect(clippy::disallowed_methods, reason = "test harness: what the window shows is counted from today")]
fn in_days(days: i32) -> String {
    let today = jiff::Zoned::now().date();
    today.saturating_add(jiff::Span::new().days(days)).to_string()
}
