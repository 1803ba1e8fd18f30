//! A real headless Chromium through its own driver.

use std::process::Stdio;

use thirtyfour::{ChromiumLikeCapabilities as _, DesiredCapabilities, WebDriver};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// A driver process and a browser session in it.
pub struct Chromium {
    /// The session.
    pub driver: WebDriver,
    process: Child,
    _profile: tempfile::TempDir,
}

impl Chromium {
    /// Starts both, with a profile of their own.
    ///
    /// # Panics
    ///
    /// When Chromium or its driver is missing.
    #[expect(clippy::expect_used, reason = "test harness: a failure here is a failed test")]
    pub async fn start() -> Self {
        ready_http();
        let mut process = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("chromedriver is installed (Debian: chromium-driver)");
        let stdout = process.stdout.take().expect("its standard output is a pipe");
        let mut lines = BufReader::new(stdout).lines();
        let port = loop {
            let line = lines.next_line().await.expect("it prints").expect("it says its port");
            let Some((_, rest)) = line.split_once("started successfully on port ") else { continue };
            break rest.trim_end_matches('.').to_owned();
        };
        // Its later lines have no reader, and need none.
        drop(lines);
        let profile = tempfile::tempdir().expect("a profile folder");
        let mut capabilities = DesiredCapabilities::chrome();
        let profile_argument = format!("--user-data-dir={}", profile.path().display());
        for argument in [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--ignore-certificate-errors",
            &profile_argument,
        ] {
            capabilities.add_arg(argument).expect("an argument");
        }
        let driver =
            WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities).await.expect("a session");
        Self { driver, process, _profile: profile }
    }

    /// Ends both.
    pub async fn quit(mut self) {
        let _ = self.driver.clone().quit().await;
        let _ = self.process.kill().await;
    }
}

/// Lets the `WebDriver` library build its HTTP client, which wants a provider even for plain loopback.
pub fn ready_http() {
    // The second call finds it installed: that is what is wanted.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
