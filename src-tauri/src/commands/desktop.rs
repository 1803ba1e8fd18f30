//! What the window asks of the desktop rather than of the engine: its menu bar, and a notification.

use onboarding::contract::{Problem, ProblemCode};
use tauri::ipc::Channel;
use tauri::{AppHandle, WebviewWindow};
use tauri_plugin_notification::NotificationExt as _;

use crate::menu::{self, MenuView};

/// Longer than any of ours.
const LONGEST: usize = 400;

#[tauri::command]
pub(crate) async fn show_menu(
    window: WebviewWindow,
    menus: Vec<MenuView>,
    chosen: Channel<String>,
) -> Result<(), Problem> {
    menu::show(&window, menus, chosen).await.map_err(|error| refused(&error))
}

#[tauri::command]
pub(crate) async fn notify(app: AppHandle, title: String, body: String) -> Result<(), Problem> {
    let short = |text: String| text.chars().take(LONGEST).collect::<String>();
    let notification = app.notification().builder().title(short(title)).body(short(body));
    notification.show().map_err(|error| refused(&error))
}

#[tauri::command]
pub(crate) async fn quit(app: AppHandle) -> Result<(), Problem> {
    app.exit(0);
    Ok(())
}

fn refused(error: &dyn std::error::Error) -> Problem {
    Problem::new(ProblemCode::Internal).with("reason", error.to_string())
}
