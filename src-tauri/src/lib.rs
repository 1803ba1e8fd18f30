//! The shell: makes the window and hands its requests to `onboarding`. It decides nothing about onboarding itself.
//!
//! The invariants it keeps: one window with one closed capability, nothing loaded from elsewhere, and nothing secret
//! sent into the window.

mod clipboard;
mod commands;
mod desk;
mod dialogs;
#[cfg(target_os = "linux")]
mod drawing;
mod frame;
mod host;
mod menu;
mod place;
mod practice;
#[cfg(target_os = "linux")]
mod predecessor;
mod sign_in_window;
mod window;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use onboarding::Engine;
use tauri::{AppHandle, Manager, RunEvent};

use clipboard::SecretClipboard;
use desk::Desk;
use menu::ShownMenu;

/// Runs the app until its window is closed.
#[expect(clippy::print_stderr, reason = "before there is a window, a terminal is all there is")]
pub fn run() -> ExitCode {
    #[cfg(target_os = "linux")]
    drawing::settle();
    let cloud_file = match cloud_file(std::env::args_os().skip(1)) {
        Ok(cloud_file) => cloud_file,
        Err(usage) => {
            eprintln!("{usage}");
            return ExitCode::from(2);
        }
    };
    let folder = match Engine::default_folder() {
        Ok(folder) => folder,
        Err(problem) => {
            eprintln!("mssp-onboard: {problem}: {:?}", problem.params);
            return ExitCode::from(problem.code.exit_status());
        }
    };
    if let Err(problem) = onboarding::logging::start(&folder, "mssp-onboard") {
        // The window says it better: opening the vault in the same folder fails for the same reason.
        eprintln!("mssp-onboard: no log file: {problem}: {:?}", problem.params);
    }
    let mut builder = tauri::Builder::default();
    // The first of all plugins: a second window of the same folder must not get any further.
    if let Some(only_one) = frame::only_one(&folder) {
        builder = builder.plugin(only_one);
    }
    let app = builder
        .plugin(frame::remembered(&folder))
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_notification::init())
        .manage(Desk::new(folder.clone(), cloud_file))
        .manage(SecretClipboard::of_the_system())
        .manage(ShownMenu::default())
        .on_menu_event(|app, event| app.state::<ShownMenu>().chosen(event.id().as_ref()))
        .invoke_handler(commands::handler())
        .setup(move |app| {
            leave_when_told(app.handle().clone());
            let early = app.handle().clone();
            tauri::async_runtime::spawn(async move { early.state::<Desk>().prepare().await });
            window::open(app.handle(), &folder).map_err(Into::into)
        })
        .build(tauri::generate_context!());
    match app {
        Ok(app) => {
            let status = app.run_return(|app, event| {
                // The process ends without dropping what it holds, and practice folders must not stay behind.
                if matches!(event, RunEvent::Exit) {
                    app.state::<SecretClipboard>().take_away();
                    app.state::<Desk>().close();
                }
            });
            ExitCode::from(u8::try_from(status).unwrap_or(1))
        }
        Err(error) => {
            tracing::error!(%error, "the window could not be made");
            eprintln!("mssp-onboard: the window could not be made: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Ends in an orderly way when the desktop session does: it sends SIGTERM. On Windows the window is closed instead.
fn leave_when_told(app: AppHandle) {
    #[cfg(unix)]
    tauri::async_runtime::spawn(async move {
        use tokio::signal::unix::{SignalKind, signal};

        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                terminate.recv().await;
                app.exit(0);
            }
            Err(error) => tracing::warn!(%error, "SIGTERM is not noticed"),
        }
    });
    #[cfg(not(unix))]
    drop(app);
}

/// What may stand behind the program's name: `--cloud-file FILE`, the same as for `msspctl`. `MSSP_ONBOARD_CLOUD_FILE`
/// says it where arguments cannot.
fn cloud_file(mut arguments: impl Iterator<Item = OsString>) -> Result<Option<PathBuf>, &'static str> {
    const USAGE: &str = "usage: mssp-onboard [--cloud-file FILE]";
    let from_environment = std::env::var_os("MSSP_ONBOARD_CLOUD_FILE").filter(|file| !file.is_empty());
    let Some(option) = arguments.next() else { return Ok(from_environment.map(PathBuf::from)) };
    match (option == "--cloud-file", arguments.next(), arguments.next()) {
        (true, Some(file), None) => Ok(Some(file.into())),
        _ => Err(USAGE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cloud_file_is_the_only_argument() {
        let read = |arguments: &[&str]| cloud_file(arguments.iter().map(OsString::from));
        assert_eq!(read(&["--cloud-file", "lab.toml"]), Ok(Some("lab.toml".into())));
        assert_eq!(read(&[]), Ok(None));
        for wrong in [&["--cloud-file"][..], &["lab.toml"], &["--cloud-file", "a", "b"]] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }
}
