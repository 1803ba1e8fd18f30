//! Connector files and the test pull with them.

use std::sync::Arc;

use onboarding::contract::{
    ExportRequest, ExportResult, FilesPreview, FilesQuery, HiddenValue, Problem, ProblemCode, Progress, Proof,
};
use tauri::ipc::Channel;
use tauri::{AppHandle, State, WebviewWindow};

use crate::clipboard::{STAYS, SecretClipboard};
use crate::desk::Desk;
use crate::dialogs;
use crate::host::WindowHost;

#[tauri::command]
pub(crate) async fn suggested_folder(desk: State<'_, Desk>, customer: String) -> Result<String, Problem> {
    desk.engine().await?.suggested_folder(&customer).await
}

#[tauri::command]
pub(crate) async fn choose_folder(window: WebviewWindow, start: String) -> Result<Option<String>, Problem> {
    Ok(dialogs::choose_folder(&window, &start).await)
}

#[tauri::command]
pub(crate) async fn preview_files(
    desk: State<'_, Desk>,
    mut request: FilesQuery,
) -> Result<FilesPreview, Problem> {
    request.folder = dialogs::typed_folder(&request.folder, std::env::home_dir().as_deref())?;
    desk.engine().await?.preview_files(request).await
}

/// Puts a value that the window may not have on the clipboard. For how many seconds; 0 where there is no clipboard.
#[tauri::command]
pub(crate) async fn copy_hidden_value(
    desk: State<'_, Desk>,
    clipboard: State<'_, SecretClipboard>,
    customer: String,
    value: HiddenValue,
) -> Result<u64, Problem> {
    let secret = desk.engine().await?.hidden_value(&customer, value).await?;
    Ok(if clipboard.put(secret) { STAYS.as_secs() } else { 0 })
}

#[tauri::command]
pub(crate) async fn export_files(
    app: AppHandle,
    desk: State<'_, Desk>,
    mut request: ExportRequest,
    progress: Channel<Progress>,
) -> Result<ExportResult, Problem> {
    request.folder = dialogs::typed_folder(&request.folder, std::env::home_dir().as_deref())?;
    let (engine, host) = (desk.engine().await?, WindowHost::new(app, progress));
    desk.run(None, engine.export(request, &host)).await
}

#[tauri::command]
pub(crate) async fn open_folder(desk: State<'_, Desk>, customer: String) -> Result<(), Problem> {
    let export = desk.engine().await?.customer(&customer).await?.export;
    let written = export.ok_or_else(|| Problem::new(ProblemCode::StepMissing).with("step", "export"))?;
    dialogs::show_folder(&written.folder)
}

#[tauri::command]
pub(crate) async fn verify(
    app: AppHandle,
    desk: State<'_, Desk>,
    customer: String,
    folder: String,
    progress: Channel<Progress>,
) -> Result<Proof, Problem> {
    let (engine, host) = (desk.engine().await?, WindowHost::new(app, progress));
    let gathered = Arc::new(engine.gather(&customer).await?);
    desk.gather(Arc::clone(&gathered));
    desk.run(None, Box::pin(engine.verify_gathering(&customer, &folder, &gathered, &host))).await
}
