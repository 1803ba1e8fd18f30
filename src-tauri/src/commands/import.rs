//! Customers from old connector files. Paths come in, what was found goes out; secrets stay on this side.

use onboarding::contract::{
    InspectOldFiles, OldFiles, OnboardOldFiles, OnboardedOldFiles, Problem, Progress,
};
use tauri::ipc::Channel;
use tauri::{AppHandle, State, WebviewWindow};

use crate::desk::Desk;
use crate::dialogs;
use crate::host::WindowHost;

#[tauri::command]
pub(crate) async fn choose_old_files(window: WebviewWindow, folder: bool) -> Result<Vec<String>, Problem> {
    Ok(if folder {
        dialogs::choose_folder(&window, "").await.into_iter().collect()
    } else {
        dialogs::choose_files(&window).await
    })
}

#[tauri::command]
pub(crate) async fn inspect_old_files(
    desk: State<'_, Desk>,
    request: InspectOldFiles,
) -> Result<OldFiles, Problem> {
    desk.engine().await?.inspect_old_files(request).await
}

#[tauri::command]
pub(crate) async fn onboard_old_files(
    app: AppHandle,
    desk: State<'_, Desk>,
    request: OnboardOldFiles,
    progress: Channel<Progress>,
) -> Result<OnboardedOldFiles, Problem> {
    let (engine, host) = (desk.engine().await?, WindowHost::new(app, progress));
    // Not cancellable: a sign-in that is good for one use would be lost half-way.
    Box::pin(engine.onboard_old_files(request, &host)).await
}

#[tauri::command]
pub(crate) async fn forget_old_files(desk: State<'_, Desk>, handle: String) -> Result<(), Problem> {
    desk.engine().await?.forget_old_files(&handle);
    Ok(())
}
