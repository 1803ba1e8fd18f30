//! Steps 1 to 3.

use onboarding::contract::{
    AuthorisationRequest, AuthorisationResult, BrowserView, ConsentRequest, ConsentResult, Evidence,
    HandoffPacket, HandoffRequest, PortalStep, Problem, Progress, QrView, RedirectComparison, RedirectQuery,
    RegistrationSheet,
};
use tauri::ipc::Channel;
use tauri::{AppHandle, State, WebviewWindow};

use crate::desk::Desk;
use crate::dialogs;
use crate::host::WindowHost;

#[tauri::command]
pub(crate) async fn registration_sheet(
    desk: State<'_, Desk>,
    customer: String,
) -> Result<RegistrationSheet, Problem> {
    desk.engine().await?.registration_sheet(&customer).await
}

#[tauri::command]
pub(crate) async fn check_registration(
    desk: State<'_, Desk>,
    customer: String,
) -> Result<Vec<Evidence>, Problem> {
    desk.engine().await?.check_registration(&customer).await
}

#[tauri::command]
pub(crate) async fn open_registration_portal(desk: State<'_, Desk>, customer: String) -> Result<(), Problem> {
    onboarding::browser::open(&desk.engine().await?.registration_sheet(&customer).await?.portal).await
}

#[tauri::command]
pub(crate) async fn consent(
    app: AppHandle,
    desk: State<'_, Desk>,
    request: ConsentRequest,
    progress: Channel<Progress>,
) -> Result<ConsentResult, Problem> {
    let (engine, host) = (desk.engine().await?, WindowHost::new(app, progress));
    let (slot, pastes) = onboarding::paste_slot();
    desk.run(Some(slot), engine.consent(request, pastes, &host)).await
}

/// The browsers to choose from. The registry or a few folders are read, beside the window's own work.
#[tauri::command]
pub(crate) async fn browsers() -> Result<Vec<BrowserView>, Problem> {
    let found = tauri::async_runtime::spawn_blocking(onboarding::browser::installed).await;
    Ok(found.unwrap_or_default())
}

#[tauri::command]
pub(crate) async fn handoff(
    desk: State<'_, Desk>,
    request: HandoffRequest,
) -> Result<HandoffPacket, Problem> {
    desk.engine().await?.handoff(request).await
}

/// An address for a camera.
#[tauri::command]
pub(crate) fn qr_code(address: &str) -> Result<QrView, Problem> {
    onboarding::qr_code(address)
}

/// Keeps the mail to the customer's admin as a file, where the person says. `None` when they said nowhere.
#[tauri::command]
pub(crate) async fn save_mail(
    window: WebviewWindow,
    name: String,
    text: String,
) -> Result<Option<String>, Problem> {
    dialogs::save_text(&window, &name, text).await
}

#[tauri::command]
pub(crate) async fn compare_redirect(
    desk: State<'_, Desk>,
    request: RedirectQuery,
) -> Result<RedirectComparison, Problem> {
    desk.engine().await?.compare_redirect(request).await
}

#[tauri::command]
pub(crate) async fn paste_address(desk: State<'_, Desk>, address: String) -> Result<(), Problem> {
    desk.paste(address).await
}

#[tauri::command]
pub(crate) async fn portal_step(desk: State<'_, Desk>, customer: String) -> Result<PortalStep, Problem> {
    desk.engine().await?.portal_step(&customer).await
}

#[tauri::command]
pub(crate) async fn open_portal(desk: State<'_, Desk>, customer: String) -> Result<(), Problem> {
    onboarding::browser::open(&desk.engine().await?.portal_step(&customer).await?.url).await
}

#[tauri::command]
pub(crate) async fn authorise(
    app: AppHandle,
    desk: State<'_, Desk>,
    request: AuthorisationRequest,
    progress: Channel<Progress>,
) -> Result<AuthorisationResult, Problem> {
    let (engine, host) = (desk.engine().await?, WindowHost::new(app, progress));
    desk.run(None, Box::pin(engine.authorise(request, &host))).await
}

#[tauri::command]
#[expect(clippy::needless_pass_by_value, reason = "how Tauri hands state to a command")]
pub(crate) fn cancel(desk: State<'_, Desk>) {
    desk.cancel();
}
