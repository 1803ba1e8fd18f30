//! What is set for this installation: proxy, additional authorities, language.

use onboarding::contract::{AuthorityView, EditSettings, HostCheck, Problem, SettingsView};
use tauri::{State, WebviewWindow};

use crate::desk::Desk;
use crate::dialogs;

#[tauri::command]
pub(crate) async fn settings(desk: State<'_, Desk>) -> Result<SettingsView, Problem> {
    desk.engine().await?.settings().await
}

#[tauri::command]
pub(crate) async fn edit_settings(
    desk: State<'_, Desk>,
    request: EditSettings,
) -> Result<SettingsView, Problem> {
    desk.engine().await?.edit_settings(request).await
}

#[tauri::command]
pub(crate) async fn speak(desk: State<'_, Desk>, language: String) -> Result<(), Problem> {
    desk.speak(language).await
}

#[tauri::command]
pub(crate) async fn choose_file(window: WebviewWindow) -> Result<Option<String>, Problem> {
    Ok(dialogs::choose_file(&window).await)
}

#[tauri::command]
pub(crate) async fn look_at_authorities(
    desk: State<'_, Desk>,
    file: String,
) -> Result<Vec<AuthorityView>, Problem> {
    desk.engine().await?.look_at_authorities(file).await
}

#[tauri::command]
pub(crate) async fn check_network(desk: State<'_, Desk>) -> Result<Vec<HostCheck>, Problem> {
    let engine = desk.engine().await?;
    desk.run(None, engine.check_network(None)).await
}
