//! The alerts of a test pull in the real window: numbers while they come, the long table, one alert, files, and how evenly
//! the table scrolls.
//!
//! How evenly is a figure, not a verdict: it is written among the artefacts, and only what is drawn and what it says is
//! judged. `tests/benchmarks/scroll.sh` prints the figures of 100 and 100,000 rows side by side.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use tests::binaries;
use tests::practice::Practice;
use tests::window::Window;
use tests::wizard::{Details, Step, open_on, walk};
use thirtyfour::prelude::*;

use crate::window::screen_is_there;

/// Rows that may be drawn at once, whatever there is to draw.
const MOST_DRAWN: u64 = 60;

/// A window at the test pull of a practice tenant, and the folder in which it saves.
struct Scene {
    window: Window,
    practice: Practice,
    folder: tempfile::TempDir,
}

impl Scene {
    /// Goes through the wizard as far as the button that pulls.
    async fn begin(series: &str, arguments: &[&str]) -> Self {
        let practice = Practice::start(arguments).await;
        let folder = tempfile::tempdir().unwrap();
        let saves = ("MSSP_TEST_SAVE_IN", folder.path().display().to_string());
        let mut window = open_on(&practice.announcement, &folder.path().join("data"), series, &[saves]).await;
        let files = folder.path().join("files");
        let details = Details::new(&practice.announcement, &files);
        // The source needs nothing in the portal: the step in between is passed by.
        walk(&mut window, &details, Step::Destination, Step::TestPull).await;
        Self { window, practice, folder }
    }

    /// Waits until as many rows as that are there to scroll through.
    async fn rows(&self, wanted: u64) {
        self.window
            .until(&format!(
                "document.querySelector('[data-testid=alerts]')?.getAttribute('aria-rowcount') === '{}' \
                 && document.querySelector('[data-testid=alert-row][data-number]')",
                wanted + 1
            ))
            .await;
    }

    async fn ask(&self, script: &str) -> Value {
        self.window.driver.execute(script, Vec::new()).await.unwrap().json().clone()
    }

    async fn press(&self, key: impl Into<TypingData>) {
        self.window.driver.action_chain().send_keys(key).perform().await.unwrap();
    }

    fn saved(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// What the row at a place says.
const ROW_AT: &str = "const row = [...document.querySelectorAll('[data-testid=alert-row]')] \
     .find((one) => one.getAttribute('aria-rowindex') === String(PLACE + 2)); \
     return row?.dataset.number ? row.textContent.trim() : null;";

async fn row_at(scene: &Scene, place: u64) -> Option<String> {
    scene.ask(&ROW_AT.replace("PLACE", &place.to_string())).await.as_str().map(str::to_owned)
}

/// Scrolls by the same amount each frame, five seconds at most, and says how long each frame took.
async fn frames(scene: &Scene, pixels: u32, steps: u32) -> Value {
    let script = format!(
        "const done = arguments[arguments.length - 1]; const grid = document.querySelector('[data-testid=alerts]'); \
         const deltas = []; const end_at = performance.now() + 5000; let last = null, left = {steps}, way = 1, drawn = 0, missing = 0; \
         const step = (now) => {{ if (last !== null) deltas.push(now - last); last = now; \
           const rows = [...grid.querySelectorAll('[data-testid=alert-row]')]; drawn = Math.max(drawn, rows.length); \
           missing += rows.some((row) => !row.dataset.number) ? 1 : 0; \
           if (left-- <= 0 || now > end_at) return done([deltas, drawn, missing]); \
           const end = grid.scrollHeight - grid.clientHeight; let to = grid.scrollTop + way * {pixels}; \
           if (to >= end || to <= 0) way = -way; grid.scrollTop = Math.max(0, Math.min(end, to)); \
           requestAnimationFrame(step); }}; requestAnimationFrame(step);"
    );
    scene.window.driver.execute_async(script, Vec::new()).await.unwrap().json().clone()
}

/// Median, 95 in 100, and worst, in milliseconds, of all rounds together. The first frames of a round are left out: what
/// was done before it still takes its time there.
fn figures(rounds: &[Value]) -> Value {
    let of = |round: &Value| round[0].as_array().unwrap().iter().filter_map(Value::as_f64).skip(2).collect();
    let mut deltas: Vec<f64> = rounds.iter().flat_map(|round| -> Vec<f64> { of(round) }).collect();
    deltas.sort_by(f64::total_cmp);
    let at = |share: usize| deltas[(deltas.len() - 1) * share / 100];
    json!({
        "frames": deltas.len(), "median": at(50), "p95": at(95), "worst": at(100),
        "mean": deltas.iter().sum::<f64>() / f64::from(u32::try_from(deltas.len()).unwrap()),
        "rows_drawn": rounds.iter().filter_map(|round| round[1].as_u64()).max(),
        "frames_with_a_row_to_come": rounds.iter().filter_map(|round| round[2].as_u64()).sum::<u64>(),
    })
}

/// Slow, brisk and fast, in pixels a frame.
const SPEEDS: [u32; 3] = [24, 120, 600];

/// Top, middle and end of the table say what the saved file says, in its order.
async fn says_what_the_file_says(scene: &Scene, alerts: u64) {
    scene.window.click("save-ndjson").await;
    scene.window.see("alerts-saved").await;
    let file = std::fs::read_to_string(scene.saved("alerts.ndjson")).unwrap();
    let lines: Vec<&str> = file.lines().collect();
    assert_eq!(lines.len() as u64, alerts);
    for place in [0, alerts / 2, alerts - 1] {
        let top = format!(
            "const grid = document.querySelector('[data-testid=alerts]'); \
             grid.scrollTop = {place} * (grid.scrollHeight / {}); return 1;",
            alerts + 1
        );
        scene.ask(&top).await;
        scene.window.until(&format!("(() => {{ {} }})()", ROW_AT.replace("PLACE", &place.to_string()))).await;
        let shown = row_at(scene, place).await.unwrap();
        let alert: Value = serde_json::from_str(lines[usize::try_from(place).unwrap()]).unwrap();
        assert!(shown.contains(alert["title"].as_str().unwrap()), "row {place}: {shown}, file: {alert}");
    }
}

/// Pulls, looks at the whole length of the table, and measures: each speed in turn, as many times as there are rounds, so
/// that what else the machine does at a moment does not fall on one speed.
async fn measured(series: &str, alerts: u64, rounds: usize) -> Value {
    let mut scene = Scene::begin(series, &["--alerts", &alerts.to_string()]).await;
    // A hundred thousand alerts take longer than anything else that is waited for here.
    let ended = scene.window.driver.query(By::Css("[data-testid=alert-count]"));
    ended.wait(Duration::from_mins(4), Duration::from_millis(250)).first().await.unwrap();
    scene.rows(alerts).await;
    scene.window.picture("pulled").await;
    let mut answers = SPEEDS.map(|_| Vec::new());
    for _ in 0..rounds {
        for (pixels, answers) in SPEEDS.into_iter().zip(&mut answers) {
            let answer = frames(&scene, pixels, 240).await;
            assert!(answer[1].as_u64().unwrap() <= MOST_DRAWN, "{alerts} alerts: {} rows drawn", answer[1]);
            answers.push(answer);
        }
    }
    let of = SPEEDS.iter().zip(&answers).map(|(pixels, answers)| (format!("{pixels} px"), figures(answers)));
    let of = of.collect::<serde_json::Map<_, _>>();
    // A release build knows no other way to save than the system's dialog, which a test cannot reach into.
    if rounds == 1 {
        says_what_the_file_says(&scene, alerts).await;
    }
    scene.window.picture("at-the-end").await;
    scene.window.close().await;
    Value::Object(of)
}

#[tokio::test]
async fn a_long_table_draws_a_screenful_says_what_was_pulled_and_scrolls_as_a_short_one() {
    if !screen_is_there("a_long_table_draws_a_screenful_says_what_was_pulled_and_scrolls_as_a_short_one") {
        return;
    }
    let asked: Option<u64> = std::env::var("MSSP_SCROLL_ALERTS").ok().and_then(|text| text.parse().ok());
    let (many, rounds) = asked.map_or((3_000, 1), |many| (many, 4));
    let (short, long) =
        (measured("alerts-100", 100, rounds).await, measured("alerts-many", many, rounds).await);
    let ratio = |pixels: &str, what: &str| {
        long[pixels][what].as_f64().unwrap() / short[pixels][what].as_f64().unwrap()
    };
    let ratios: Value = SPEEDS
        .iter()
        .map(|pixels| format!("{pixels} px"))
        .map(|pixels| {
            let of = ["median", "mean", "p95"].map(|what| (what.to_owned(), json!(ratio(&pixels, what))));
            (pixels, Value::Object(of.into_iter().collect()))
        })
        .collect::<serde_json::Map<_, _>>()
        .into();
    let report = json!({ "rows": many, "of_100_rows": short, "of_many_rows": long, "ratios": ratios });
    keep(&binaries::artefacts().join("alert-table.json"), &report);
    println!("{report:#}");
}

#[expect(clippy::disallowed_methods, reason = "an artefact of the tests")]
fn keep(path: &Path, report: &Value) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, format!("{report:#}\n")).unwrap();
}

#[tokio::test]
async fn an_alert_is_found_opened_read_and_saved_by_keyboard() {
    if !screen_is_there("an_alert_is_found_opened_read_and_saved_by_keyboard") {
        return;
    }
    let mut scene = Scene::begin("alerts-keyboard", &["--alerts", "25"]).await;
    scene.window.see("alert-count").await;
    scene.rows(25).await;
    scene.window.picture("25-alerts").await;
    // Down to the fourth row; it opens, and its heading has the focus.
    scene.ask("document.querySelector('[data-testid=alerts]').focus(); return 1;").await;
    for _ in 0..3 {
        scene.press(Key::Down).await;
    }
    let fourth = row_at(&scene, 3).await.unwrap();
    scene.press(Key::Enter).await;
    let title = scene.window.see("drawer-title").await.text().await.unwrap();
    assert!(fourth.contains(title.trim()), "{fourth}: {title}");
    scene.window.until("document.activeElement?.id === 'drawer-heading'").await;
    scene.window.click("raw").await;
    let raw = scene.window.see("raw-json").await.text().await.unwrap();
    let alert: Value = serde_json::from_str(&raw).unwrap();
    assert_eq!(alert["title"], title.trim());
    scene.window.see("open-alert").await;
    scene.window.picture("alert").await;
    scene.window.click("drawer-next").await;
    scene
        .window
        .until("document.querySelector('[data-testid=drawer-place]').textContent.includes('5')")
        .await;
    // Escape closes it, and the focus is at its row.
    scene.press(Key::Escape).await;
    scene
        .window
        .until(
            "!document.querySelector('[data-testid=drawer]') && document.activeElement?.dataset.testid === 'alerts' \
             && document.activeElement.getAttribute('aria-activedescendant') === 'alert-4'",
        )
        .await;
    scene.press(Key::End).await;
    scene.window.until("document.activeElement.getAttribute('aria-activedescendant') === 'alert-24'").await;
    assert!(row_at(&scene, 24).await.is_some(), "the row with the focus is drawn");

    // A severity, and a bar of the plot.
    let counts = scene.ask("return [...document.querySelectorAll('.chip--sev')].map((one) => [one.dataset.testid, Number(one.querySelector('.chip__n').textContent)]);").await;
    let (id, count) = (counts[0][0].as_str().unwrap().to_owned(), counts[0][1].as_u64().unwrap());
    assert!(count > 0 && count < 25, "{counts}");
    scene.window.click(&id).await;
    scene.rows(count).await;
    scene.window.picture("one-severity").await;
    for (form, name) in
        [("save-ndjson", "alerts.ndjson"), ("save-json", "alerts.json"), ("save-csv", "alerts.csv")]
    {
        scene.window.click(form).await;
        scene
            .window
            .until(&format!(
                "document.querySelector('[data-testid=saved-path]')?.textContent.endsWith('{name}')"
            ))
            .await;
        let content = std::fs::read_to_string(scene.saved(name)).unwrap();
        let severity = id.trim_start_matches("severity-");
        let alerts: Vec<Value> = match form {
            "save-ndjson" => content.lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
            "save-json" => serde_json::from_str(&content).unwrap(),
            _ => {
                assert!(content.starts_with("id,time,title,severity,"), "{content}");
                vec![json!({ "severity": severity }); content.lines().count() - 1]
            }
        };
        assert_eq!(alerts.len() as u64, count, "{form}");
        assert!(alerts.iter().all(|alert| alert["severity"] == severity), "{form}");
    }
    scene.window.picture("saved").await;
    scene.window.click("clear-filters").await;
    scene.rows(25).await;
    scene.ask("document.querySelector('[data-testid=brush]').focus(); return 1;").await;
    scene.press(Key::Right).await;
    scene.window.until("document.querySelector('[data-testid=clear-filters]')").await;
    // The newest alerts' own bar to begin with.
    scene.window.until("document.querySelector('[data-testid=alert-row][data-number]')").await;
    scene.window.picture("one-bar").await;
    scene.press(Key::Escape).await;
    scene.rows(25).await;
    scene.window.fill("find", "no alert says this").await;
    scene.window.see("nothing-matches").await;
    scene.window.picture("nothing-matches").await;
    assert_eq!(scene.practice.announcement.scenarios.len(), 0);
    scene.window.close().await;
}

#[tokio::test]
async fn what_had_arrived_stays_when_a_pull_is_cancelled() {
    if !screen_is_there("what_had_arrived_stays_when_a_pull_is_cancelled") {
        return;
    }
    let mut scene = Scene::begin("alerts-cancelled", &["--alerts", "60000"]).await;
    scene.window.see("pull-numbers").await;
    scene.window.picture("running").await;
    scene.window.click("cancel").await;
    scene.window.see("kept").await;
    scene.window.until("document.querySelector('[data-testid=alert-row][data-number]')").await;
    assert!(!scene.window.has("pull-facts").await, "what was cancelled is no proof");
    scene.window.picture("cancelled").await;
    scene.window.close().await;
}

#[tokio::test]
async fn a_customer_without_alerts_is_told_how_to_raise_one() {
    if !screen_is_there("a_customer_without_alerts_is_told_how_to_raise_one") {
        return;
    }
    let mut scene = Scene::begin("alerts-none", &["--scenario", "no-alerts"]).await;
    scene.window.see("no-alerts").await;
    let looked = scene.window.see("looked").await.text().await.unwrap();
    assert_eq!(looked.matches("0 alerts").count(), 3, "{looked}");
    scene.window.picture("none").await;
    scene.window.close().await;
}
