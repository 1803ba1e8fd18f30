//! How long the window takes to its first usable screen, and what it holds in memory then, beside an empty Tauri window of
//! the same profile in the same run. It prints a table and fails nothing.
//!
//! The time runs from the start of the process, as the system recorded it, to the page's own mark: the first screen is
//! drawn and its controls answer. The part of it before the page begins is the same work for every Tauri window: process,
//! toolkit, web engine. Memory is the proportional set size of the app and of each of its web processes.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark: its table is its result")]

use std::path::{Path, PathBuf};

use tests::binaries;
use tests::window::Window;

/// Starts of each, in turn; the median counts.
const ROUNDS: usize = 9;

/// One start.
struct Start {
    milliseconds: f64,
    /// Until the web engine begins with the page.
    before: f64,
    app: u64,
    web: u64,
}

#[tokio::main]
async fn main() {
    let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
    // `cargo bench` builds this program in a profile of its own; `MSSP_APP` says which app is meant.
    let app = binaries::app();
    let empty = app.parent().unwrap().join("examples/empty-window");
    if !app.is_file() || !empty.is_file() {
        println!("not built: {} or {} ({profile})", app.display(), empty.display());
        return;
    }
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        theirs.push(start(&empty).await);
        ours.push(start(&app).await);
    }
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("load {}", load.split_whitespace().take(2).collect::<Vec<_>>().join(" "));
    println!(
        "| | to the first screen, ms | of that before the page | app, MB | web processes, MB |\n|---|---|---|---|---|"
    );
    let (empty_time, app_time) = (row("empty window", &mut theirs), row("MSSP Onboard", &mut ours));
    println!("\n{:.2} × the empty window (goal 1.3)", app_time / empty_time);
}

fn row(name: &str, starts: &mut [Start]) -> f64 {
    starts.sort_by(|one, other| one.milliseconds.total_cmp(&other.milliseconds));
    let middle = &starts[starts.len() / 2];
    let (least, most) = (starts.first().unwrap().milliseconds, starts.last().unwrap().milliseconds);
    let mut before: Vec<f64> = starts.iter().map(|start| start.before).collect();
    before.sort_by(f64::total_cmp);
    let (mut app, mut web): (Vec<u64>, Vec<u64>) = starts.iter().map(|start| (start.app, start.web)).unzip();
    app.sort_unstable();
    web.sort_unstable();
    println!(
        "| {name} | {:.0} ({least:.0} to {most:.0}) | {:.0} | {} | {} |",
        middle.milliseconds,
        before[before.len() / 2],
        app[app.len() / 2] / 1000,
        web[web.len() / 2] / 1000
    );
    middle.milliseconds
}

/// Starts a program in a fresh data folder, waits for its mark, and ends it.
async fn start(program: &Path) -> Start {
    let folder = tempfile::tempdir().unwrap();
    let window = Window::open_program(program.to_owned(), folder.path(), "start-up", &[]).await;
    let script = "const done = arguments[arguments.length - 1]; const look = () => { \
                  const [mark] = performance.getEntriesByName('usable'); \
                  mark ? done([performance.timeOrigin, mark.startTime]) : setTimeout(look, 5); }; look();";
    let marks = window.driver.execute_async(script, Vec::new()).await.unwrap();
    let [begun, usable] = [0, 1].map(|at| marks.json()[at].as_f64().unwrap());
    let app: u32 = window.children().first().unwrap().parse().unwrap();
    let web = descendants(app).into_iter().map(proportional).sum();
    let before = begun - started(app);
    let start = Start { milliseconds: before + usable, before, app: proportional(app), web };
    window.kill().await;
    start
}

/// When a process was started, in milliseconds since 1970, to a hundredth of a second.
fn started(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let ticks: f64 = stat.rsplit(')').next().unwrap().split_whitespace().nth(19).unwrap().parse().unwrap();
    let system = std::fs::read_to_string("/proc/stat").unwrap();
    let boot: f64 = system.lines().find_map(|line| line.strip_prefix("btime ")).unwrap().parse().unwrap();
    boot * 1000.0 + ticks * 10.0
}

/// The proportional set size of a process in kilobytes.
fn proportional(process: u32) -> u64 {
    let rollup = std::fs::read_to_string(PathBuf::from(format!("/proc/{process}/smaps_rollup")));
    rollup
        .unwrap_or_default()
        .lines()
        .find_map(|line| line.strip_prefix("Pss:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .unwrap_or_default()
}

/// Every process below one.
fn descendants(process: u32) -> Vec<u32> {
    let children = std::fs::read_to_string(format!("/proc/{process}/task/{process}/children"));
    let children: Vec<u32> =
        children.unwrap_or_default().split_whitespace().filter_map(|id| id.parse().ok()).collect();
    children.iter().flat_map(|child| [vec![*child], descendants(*child)].concat()).collect()
}
