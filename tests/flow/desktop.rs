//! The window on a desktop: one for a data folder, at the place and in the size that it had.

use std::process::Stdio;
use std::time::Duration;

use tests::binaries;
use tests::lacking::lacking;
use tests::window::Window;
use thirtyfour::prelude::*;
use tokio::process::Command;

const PATIENCE: Duration = Duration::from_mins(1);

fn no_desktop(what: &str) -> bool {
    let missing = ["DISPLAY", "DBUS_SESSION_BUS_ADDRESS"].iter().any(|name| std::env::var_os(name).is_none());
    if missing || cfg!(windows) {
        lacking(&format!("{what}: no display or no session bus (`cargo xtask test` starts both)"));
    }
    missing || cfg!(windows)
}

#[tokio::test]
async fn a_second_window_of_the_same_folder_gives_way_to_the_first() {
    if no_desktop("desktop") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let window = Window::open(&data, "desktop", &[]).await;
    window.any_screen(&["customers-empty", "unlock"]).await;

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

#[tokio::test]
async fn the_window_opens_in_the_size_that_it_had() {
    if no_desktop("desktop") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let window = Window::open(&data, "desktop", &[]).await;
    window.any_screen(&["customers-empty", "unlock"]).await;
    let note = data.join("window-frame.json");
    window.end_session().await;
    let kept = tokio::fs::read_to_string(&note).await.unwrap();
    let mut frame: serde_json::Value = serde_json::from_str(&kept).unwrap();
    for (name, value) in [("width", 1010), ("height", 700), ("x", 20), ("y", 30)] {
        frame["main"][name] = value.into();
    }
    vault::files::write(&note, frame.to_string().as_bytes(), true).unwrap();

    let window = Window::open(&data, "desktop", &[]).await;
    window.any_screen(&["customers-empty", "unlock"]).await;
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
    let mut window = Window::open(&folder.path().join("data"), "beside", &[]).await;
    window.any_screen(&["customers-empty", "unlock"]).await;
    window.click("rehearse").await;
    window.screen("destination").await;

    window.click("practice-choose").await;
    window.screen("practice").await;
    window.click("wrong-rough").await;
    window.picture("faults").await;
    window.click("practice-back").await;
    window.screen("destination").await;

    press(&window, Key::F1).await;
    window.see("help").await;
    window.picture("help").await;
    window.click("help-keys").await;
    window.see("keys").await;
    window.picture("keys").await;
    press(&window, Key::Escape).await;
    press(&window, Key::F1).await;
    window.click("help-about").await;
    window.see("about").await;
    window.picture("about").await;
    press(&window, Key::Escape).await;

    window.click("home").await;
    window.screen("customers-empty").await;
    window.click("journal").await;
    window.screen("journal").await;
    window.picture("journal").await;
    window.click("journal-back").await;
    window.screen("customers-empty").await;
    window.close().await;
}

async fn press(window: &Window, key: Key) {
    window.driver.action_chain().send_keys(key).perform().await.unwrap();
}
