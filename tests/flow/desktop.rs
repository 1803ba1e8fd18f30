//! The window on a desktop: one for a data folder, at the place and in the size that it had.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tests::binaries;
use tests::lacking::lacking;
use tests::looks::script;
use tests::window::Window;
use tokio::process::Command;

const PATIENCE: Duration = Duration::from_mins(1);

fn no_desktop(what: &str) -> bool {
    let missing = ["DISPLAY", "DBUS_SESSION_BUS_ADDRESS"].iter().any(|name| std::env::var_os(name).is_none());
    if missing || cfg!(windows) {
        lacking(&format!("{what}: no display or no session bus (`cargo xtask test` starts both)"));
    }
    missing || cfg!(windows)
}

async fn first_screen(data: &Path, series: &str) -> Window {
    let window = Window::open(data, series, &[]).await;
    window.any_screen(&["customers-empty", "unlock"]).await;
    window
}

#[tokio::test]
async fn a_second_window_of_the_same_folder_gives_way_to_the_first() {
    if no_desktop("desktop") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let window = first_screen(&data, "desktop").await;

    let second = Command::new(binaries::app())
        .env("MSSP_ONBOARD_DATA", &data)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .status();
    let status =
        tokio::time::timeout(PATIENCE, second).await.expect("the second one ends by itself").unwrap();
    assert!(status.success(), "{status}");

    // The first one is still there, and answers.
    window.any_screen(&["customers-empty", "unlock"]).await;
    window.close().await;
}

/// Processes that hang: they hold what they hold, and answer nobody. They go on when this is dropped.
struct Hung(Vec<String>);

impl Hung {
    fn new(processes: Vec<String>) -> Self {
        signal("-STOP", &processes);
        Self(processes)
    }
}

impl Drop for Hung {
    fn drop(&mut self) {
        signal("-CONT", &self.0);
    }
}

fn signal(name: &str, processes: &[String]) {
    let told = std::process::Command::new("kill").arg(name).args(processes).status();
    assert!(told.is_ok_and(|status| status.success()), "{name} reaches {processes:?}");
}

#[tokio::test]
async fn a_window_that_hangs_keeps_no_other_from_opening() {
    if no_desktop("desktop") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let first = first_screen(&data, "desktop").await;
    let hung = Hung::new(first.children());

    // It cannot come to the front: the second one opens, and says why it can do nothing with this folder.
    let second = Window::open(&data, "desktop", &[]).await;
    second.screen("unlock").await;
    let problem = second.see("problem").await;
    assert_eq!(problem.attr("data-code").await.unwrap().as_deref(), Some("vault-busy"));
    drop(hung);
    second.close().await;
    first.any_screen(&["customers-empty", "unlock"]).await;
    first.close().await;
}

#[tokio::test]
async fn the_window_opens_in_the_size_that_it_had() {
    if no_desktop("desktop") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let window = first_screen(&data, "desktop").await;
    let note = data.join("window-frame.json");
    window.end_session().await;
    let kept = tokio::fs::read_to_string(&note).await.unwrap();
    let mut frame: serde_json::Value = serde_json::from_str(&kept).unwrap();
    for (name, value) in [("width", 1010), ("height", 700), ("x", 20), ("y", 30)] {
        frame["main"][name] = value.into();
    }
    vault::files::write(&note, frame.to_string().as_bytes(), true).unwrap();

    let window = first_screen(&data, "desktop").await;
    let width = window.driver.execute("return window.innerWidth", vec![]).await.unwrap().json().as_u64();
    assert_eq!(width, Some(1010));
    window.close().await;
}

/// What stands beside the work: the faults of practice, help, keys, versions, the journal. Each picture is checked by
/// axe-core, too.
#[tokio::test]
async fn the_pages_beside_the_work_open_by_key_and_close_again() {
    if no_desktop("desktop") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut window = first_screen(&folder.path().join("data"), "beside").await;
    let picture = async |window: &mut Window, name: &str, _: &str| window.picture(name).await;
    script::walk(&mut window, BESIDE, &[], |what| panic!("nobody does `{what}`"), picture).await;
    window.close().await;
}

/// Each is opened as a person would, and left again; the page that was there before is there again.
const BESIDE: &str = "
    click rehearse
    screen destination
    click practice-choose
    screen practice
    == faults: some of them chosen
    click wrong-rough
    == help: by its key, over a step
    click practice-back
    screen destination
    key F1
    see help
    == keys: from the help
    click help-keys
    see keys
    == about: from the help
    key Escape
    key F1
    click help-about
    see about
    == journal: from the list
    key Escape
    click home
    screen customers-empty
    click journal
    screen journal
    == closed: the list again
    click journal-back
    screen customers-empty
";
