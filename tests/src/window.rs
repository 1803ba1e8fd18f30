//! The real window, through `WebKitGTK`'s own driver, with a data folder of its own.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::json;
use thirtyfour::error::WebDriverErrorInner;
use thirtyfour::prelude::*;
use tokio::process::{Child, Command};

use crate::binaries;
use crate::chromium::ready_http;

/// How long anything may take to appear.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a process may take to end.
const SOON: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// A driver process, the app that it started, and a session in its window.
pub struct Window {
    /// The session.
    pub driver: WebDriver,
    process: Child,
    shots: u32,
    series: String,
    axe: bool,
    colours_are_ours: bool,
}

impl Window {
    /// In forced colours every colour is the person's own, or here the engine's: what they are is not judged.
    pub const fn forced_colours(&mut self) {
        self.colours_are_ours = false;
    }

    /// Starts the app on a data folder. `variables` are set for the app and for the browser that it opens.
    ///
    /// # Panics
    ///
    /// When the driver or the app is missing.
    pub async fn open(data: &Path, series: &str, variables: &[(&str, String)]) -> Self {
        Self::open_program(binaries::app(), data, series, variables).await
    }

    /// Starts another program with a window, in the same way.
    ///
    /// # Panics
    ///
    /// When the driver or the program is missing.
    #[expect(clippy::expect_used, reason = "test harness: a failure here is a failed test")]
    pub async fn open_program(
        program: PathBuf,
        data: &Path,
        series: &str,
        variables: &[(&str, String)],
    ) -> Self {
        ready_http();
        let port =
            TcpListener::bind("127.0.0.1:0").and_then(|held| held.local_addr()).expect("a free port").port();
        let mut process = Command::new("WebKitWebDriver")
            .arg(format!("--port={port}"))
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .env("NO_AT_BRIDGE", "1")
            .env("MSSP_ONBOARD_DATA", data)
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("WebKitWebDriver is installed (Debian: webkit2gtk-driver)");
        let mut capabilities = Capabilities::new();
        let options = json!({ "binary": program, "args": [] });
        capabilities.set("webkitgtk:browserOptions", options).expect("a capability");
        let address = format!("http://127.0.0.1:{port}");
        let deadline = tokio::time::Instant::now() + PATIENCE;
        let driver = loop {
            // The driver's port opens a moment after its process starts.
            match WebDriver::new(&address, capabilities.clone()).await {
                Ok(driver) => break driver,
                Err(error) if tokio::time::Instant::now() > deadline => {
                    panic!("no session in the window: {error}")
                }
                Err(error) if process.try_wait().ok().flatten().is_some() => {
                    panic!("the driver ended: {error}")
                }
                Err(_unready) => tokio::time::sleep(LOOK_AGAIN).await,
            }
        };
        Self { driver, process, shots: 0, series: series.to_owned(), axe: false, colours_are_ours: true }
    }

    /// The element of that test id, as soon as it can be seen. The page may redraw it while it is looked at: then it is
    /// looked for again.
    ///
    /// # Panics
    ///
    /// When it does not appear.
    pub async fn see(&self, id: &str) -> WebElement {
        let by = By::Css(format!("[data-testid='{id}'], #{id}"));
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            match self.driver.query(by.clone()).wait(PATIENCE, LOOK_AGAIN).and_displayed().first().await {
                Ok(element) => break element,
                Err(error) if redrawn(&error) && tokio::time::Instant::now() < deadline => {}
                Err(error) => panic!("`{id}` does not appear: {error}\n{}", self.text().await),
            }
        }
    }

    /// Whether the element is there now.
    pub async fn has(&self, id: &str) -> bool {
        self.driver.find(By::Css(format!("[data-testid='{id}'], #{id}"))).await.is_ok()
    }

    /// Waits until a screen is shown.
    ///
    /// # Panics
    ///
    /// When it does not appear.
    pub async fn screen(&self, name: &str) {
        let by = By::Css(format!("[data-testid='screen'][data-screen='{name}']"));
        if let Err(error) = self.driver.query(by).wait(PATIENCE, LOOK_AGAIN).first().await {
            panic!("screen `{name}` does not appear: {error}\n{}", self.text().await);
        }
    }

    /// Waits until one of these screens is shown.
    ///
    /// # Panics
    ///
    /// When none of them appears.
    pub async fn any_screen(&self, names: &[&str]) {
        let names: Vec<_> = names.iter().map(|name| format!("[data-screen='{name}']")).collect();
        if let Err(error) =
            self.driver.query(By::Css(names.join(", "))).wait(PATIENCE, LOOK_AGAIN).first().await
        {
            panic!("none of {names:?} appears: {error}\n{}", self.text().await);
        }
    }

    /// Clicks, once the element can be clicked.
    ///
    /// # Panics
    ///
    /// When it cannot be clicked.
    pub async fn click(&self, id: &str) {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let element = self.see(id).await;
            let clicked = async {
                element.wait_until().wait(PATIENCE, LOOK_AGAIN).enabled().await?;
                element.scroll_into_view().await?;
                element.click().await
            };
            match clicked.await {
                Ok(()) => break,
                Err(error) if redrawn(&error) && tokio::time::Instant::now() < deadline => {}
                Err(error) => panic!("`{id}` cannot be clicked: {error}\n{}", self.text().await),
            }
        }
    }

    /// Replaces the text of a field.
    ///
    /// # Panics
    ///
    /// When there is no such field.
    pub async fn fill(&self, id: &str, text: &str) {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let element = self.see(id).await;
            let filled = async {
                // A field that ends below the footer is not scrolled to by itself.
                element.scroll_into_view().await?;
                if text.is_empty() {
                    // As a person does it, so that the page notices.
                    element.send_keys(Key::Control + "a").await?;
                    element.send_keys(Key::Backspace + "").await
                } else {
                    element.clear().await?;
                    element.send_keys(text).await
                }
            };
            match filled.await {
                Ok(()) => break,
                Err(error) if redrawn(&error) && tokio::time::Instant::now() < deadline => {
                    tokio::time::sleep(LOOK_AGAIN).await;
                }
                Err(error) => panic!("`{id}` cannot be filled: {error}\n{}", self.text().await),
            }
        }
    }

    /// What a person can read.
    pub async fn text(&self) -> String {
        let body = self.driver.find(By::Tag("body")).await;
        match body {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(error) => format!("(nothing to read: {error})"),
        }
    }

    /// Waits until an expression holds in the page; looked at once a frame.
    ///
    /// # Panics
    ///
    /// When it does not.
    pub async fn until(&self, expression: &str) {
        let script = format!(
            "const done = arguments[arguments.length - 1]; const end = performance.now() + {}; \
             const look = () => {{ if ({expression}) done(true); else if (performance.now() > end) done(false); \
             else requestAnimationFrame(look); }}; look();",
            PATIENCE.as_millis() - 5000
        );
        let held = self.driver.execute_async(script, Vec::new()).await;
        let held = held.is_ok_and(|held| held.json().as_bool() == Some(true));
        assert!(held, "this does not come to hold: {expression}\n{}", self.text().await);
    }

    /// The rules of axe-core that what is shown breaks, but for those `without`: WCAG 2.0 to 2.2, A and AA, and best practice.
    ///
    /// # Panics
    ///
    /// When axe-core does not answer.
    #[expect(clippy::expect_used, reason = "test harness: a failure here is a failed test")]
    pub async fn broken_rules(&mut self, without: &[&str]) -> Vec<String> {
        if !self.axe {
            let rules = binaries::root().join("ui/node_modules/axe-core/axe.min.js");
            let Ok(rules) = std::fs::read_to_string(&rules) else {
                crate::lacking::lacking("axe-core (`npm ci` in ui/)");
                return Vec::new();
            };
            self.driver.execute(rules, Vec::new()).await.expect("axe-core is loaded");
            self.axe = true;
        }
        // A colour on its way from one to another is no colour of ours.
        let look = "const [without, done] = arguments; \
                    const rules = Object.fromEntries(without.map((id) => [id, { enabled: false }])); \
                    const ends = (a) => a.effect.getComputedTiming().endTime < 5000; \
                    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']; \
                    Promise.allSettled(document.getAnimations().filter(ends).map((a) => a.finished)) \
                    .then(() => axe.run({ runOnly: tags, resultTypes: ['violations'], preload: false, rules })).then((found) => done(found.violations.map((v) => \
                    `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`)), (e) => done([String(e)]));";
        let found = self.driver.execute_async(look, vec![json!(without)]).await.expect("axe-core answers");
        found.convert().expect("a list")
    }

    /// Looks at what is shown as assistive technology would, with the rules of axe-core.
    ///
    /// # Panics
    ///
    /// When a rule is broken.
    async fn accessible(&mut self, name: &str) {
        let without: &[&str] = if self.colours_are_ours { &[] } else { &["color-contrast"] };
        let found = self.broken_rules(without).await;
        assert!(found.is_empty(), "{}, {name}: {found:#?}", self.series);
    }

    /// Keeps a picture of the window among the artefacts, and looks whether everybody can use what is on it.
    ///
    /// # Panics
    ///
    /// When it cannot be taken or kept, or is not accessible.
    #[expect(
        clippy::expect_used,
        clippy::disallowed_methods,
        reason = "test harness: a failure here is a failed test"
    )]
    pub async fn picture(&mut self, name: &str) {
        // What is painted can be a frame behind what the page says.
        let two_frames = "const done = arguments[arguments.length - 1]; \
                          requestAnimationFrame(() => requestAnimationFrame(() => done(1)));";
        self.driver.execute_async(two_frames, Vec::new()).await.expect("two frames pass");
        let png = self.driver.screenshot_as_png().await.expect("a picture");
        let folder = binaries::artefacts().join("window").join(&self.series);
        std::fs::create_dir_all(&folder).expect("a folder for pictures");
        self.shots += 1;
        std::fs::write(folder.join(format!("{:02}-{name}.png", self.shots)), png)
            .expect("the picture is kept");
        self.accessible(name).await;
    }

    /// Drops files and folders on the window, as a file manager would.
    ///
    /// # Panics
    ///
    /// When the window does not take them.
    #[expect(clippy::expect_used, reason = "test harness: a failure here is a failed test")]
    pub async fn drop_files(&self, python: &Path, files: &[&Path]) {
        let script = binaries::root().join("tests/python/drop_files.py");
        let driver = self.process.id().expect("the driver runs").to_string();
        let done = Command::new(python).arg(script).arg(driver).args(files).output();
        let done = done.await.expect("the script runs");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    /// Kills the app without warning, as a power cut would, and the driver after it.
    ///
    /// # Panics
    ///
    /// When the driver cannot be waited for.
    #[expect(clippy::expect_used, reason = "test harness: a failure here is a failed test")]
    pub async fn kill(mut self) {
        let children = self.children();
        for child in &children {
            let _ = std::process::Command::new("kill").args(["-KILL", child]).status();
        }
        gone(&children).await;
        self.process.kill().await.expect("the driver ends");
    }

    /// Ends the app as the desktop does when its session ends, and the driver after it.
    pub async fn end_session(mut self) {
        let children = self.children();
        for child in &children {
            let _ = std::process::Command::new("kill").args(["-TERM", child]).status();
        }
        gone(&children).await;
        let _ = self.process.start_kill();
    }

    /// The process ids of the app.
    pub fn children(&self) -> Vec<String> {
        let Some(driver) = self.process.id() else { return Vec::new() };
        let children = std::fs::read_to_string(format!("/proc/{driver}/task/{driver}/children"));
        children.unwrap_or_default().split_whitespace().map(str::to_owned).collect()
    }

    /// Closes the window as a person does, and the driver after it.
    pub async fn close(self) {
        let children = self.children();
        let _ = self.driver.clone().quit().await;
        gone(&children).await;
    }
}

/// Waits until these processes have ended: while one of them lives, a window on the same folder gives way to it.
async fn gone(processes: &[String]) {
    let deadline = tokio::time::Instant::now() + SOON;
    let runs = |process: &String| Path::new("/proc").join(process).join("exe").exists();
    while processes.iter().any(runs) && tokio::time::Instant::now() < deadline {
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// A test that fails in the middle leaves no window behind: the app first, then its driver.
impl Drop for Window {
    fn drop(&mut self) {
        // The session of a killed driver is not ended politely: that would wait minutes for an answer.
        let _ = self.driver.clone().leak();
        for child in self.children() {
            let _ = std::process::Command::new("kill").arg(child).status();
        }
        let _ = self.process.start_kill();
    }
}

/// Whether the element was replaced by a newer one between two looks, or has not come to its place yet.
pub(crate) fn redrawn(error: &WebDriverError) -> bool {
    matches!(
        error.as_inner(),
        WebDriverErrorInner::StaleElementReference(_) | WebDriverErrorInner::ElementNotInteractable(_)
    )
}
