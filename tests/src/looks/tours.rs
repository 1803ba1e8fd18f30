//! The walk, in three tours: a rehearsal from the first screen to the last, customers whose work stands or went wrong, and
//! a vault that does not open. What is done in them stands beside this file, as text.
//!
//! A stop's name is the screen and its state, as a person looks for it among the pictures. Everything is reached for
//! real: the refusals by the practice tenant's scenarios, waiting by a server that does not answer, being offline by one
//! that is gone.

use std::path::Path;

use super::eye::Eye;
use super::script::{self, Values};
use super::seeds::Seeds;
use super::view::View;
use crate::binaries;
use crate::command::Msspctl;
use crate::window::Window;

/// Text that stands on screens and that nobody translates: products, protocols, the practice tenant's people.
pub const VALUES: &[&str] = &[
    "Practice customer",
    "nobody here",
    "Contoso Ltd SIEM MSSP connector",
    "Trey Research SIEM MSSP connector",
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

/// A window, from its start to its end.
struct Tour<'a> {
    data: &'a Path,
    variables: &'a [(&'static str, String)],
    /// The screen with which it opens.
    first: &'a str,
    text: &'a str,
    values: Values<'a>,
}

impl Tour<'_> {
    async fn go(&self, eye: &mut Eye, world: impl Fn(&str)) {
        let mut window = Window::open(self.data, "looks", self.variables).await;
        window.screen(self.first).await;
        View::plain().show(&window, None).await;
        let stop = async |window: &mut Window, name: &str, how: &str| eye.look(window, name, how).await;
        script::walk(&mut window, self.text, self.values, world, stop).await;
        window.close().await;
    }
}

/// From the first screen to the last against the practice tenant inside the window.
pub async fn rehearsal(folder: &Path, eye: &mut Eye) {
    let files = folder.join("files");
    let tour = Tour {
        data: &folder.join("data"),
        variables: &[("BROWSER", format!("{} %s", binaries::chromium_browser().display()))],
        first: "customers-empty",
        text: include_str!("tours/rehearsal.tour"),
        values: &[("files", files.display().to_string())],
    };
    let world = |what: &str| match what {
        "prepare files" => prepare(&files),
        unknown => panic!("nobody does `{unknown}`"),
    };
    tour.go(eye, world).await;
}

/// Customers whose work waits for somebody, or went wrong.
pub async fn customers(folder: &Path, eye: &mut Eye) {
    let seeds = Seeds::plant(folder).await;
    let tour = Tour {
        data: &seeds.data,
        variables: &seeds.variables(),
        first: "customers",
        text: include_str!("tours/customers.tour"),
        values: &[
            ("tenant", seeds.plain.announcement.customer_domain.clone()),
            ("old", seeds.old.display().to_string()),
        ],
    };
    let world = |what: &str| match what {
        "fragile falls silent" => seeds.fragile.fall_silent(),
        "busy falls silent" => seeds.busy.fall_silent(),
        "busy vanishes" => seeds.busy.vanish(),
        "fragile vanishes" => seeds.fragile.vanish(),
        "plain falls silent" => seeds.plain.fall_silent(),
        "plain vanishes" => seeds.plain.vanish(),
        "lose a file" => lose(&seeds.files.join("Alpine Dairy Cooperative/WDATP-connector.properties")),
        unknown => panic!("nobody does `{unknown}`"),
    };
    tour.go(eye, world).await;
}

/// A vault that does not open: each a start of its own.
pub async fn vault(folder: &Path, eye: &mut Eye) {
    let no_keyring = [("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus".to_owned())];
    for part in ["fresh", "sealed", "ringed", "damaged"] {
        let data = folder.join(part);
        match part {
            "fresh" => {}
            "sealed" => drop(Msspctl::with_passphrase(&data).succeed(&["customer", "list"]).await),
            _ => drop(Msspctl::with_keyring(&data).succeed(&["customer", "list"]).await),
        }
        let damaged = part == "damaged";
        if damaged {
            damage(&data);
        }
        let tour = Tour {
            data: &data,
            variables: if damaged { &[] } else { &no_keyring },
            first: "unlock",
            text: script::part(include_str!("tours/vault.tour"), part),
            values: &[],
        };
        tour.go(eye, |what| panic!("nobody does `{what}`")).await;
    }
}

#[expect(clippy::expect_used, reason = "test harness: a failure here is a failed test")]
fn lose(file: &Path) {
    std::fs::remove_file(file).expect("a file that was exported");
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
