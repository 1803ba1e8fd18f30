//! Looking at the alerts of a test pull: the engine keeps them, and the window asks for what is on the screen.

use onboarding::contract::{
    AlertFileForm, AlertView, AlertsOverview, AlertsPage, AlertsQuery, Problem, ProblemCode, SavedAlerts,
};
use tauri::{State, WebviewWindow};

use crate::desk::Desk;
use crate::dialogs;

/// What has been gathered of a customer's alerts; nothing when no pull has begun.
#[tauri::command]
pub(crate) async fn alerts_overview(
    desk: State<'_, Desk>,
    customer: String,
) -> Result<Option<AlertsOverview>, Problem> {
    match desk.gathered() {
        Ok(gathered) if gathered.customer() == customer => {
            beside(move || Ok(Some(gathered.overview()))).await
        }
        Ok(_) | Err(_) => Ok(None),
    }
}

#[tauri::command]
pub(crate) async fn alerts_page(
    desk: State<'_, Desk>,
    query: AlertsQuery,
    start: u64,
    count: usize,
) -> Result<AlertsPage, Problem> {
    let gathered = desk.gathered()?;
    beside(move || Ok(gathered.page(&query, start, count))).await
}

#[tauri::command]
pub(crate) async fn alert(desk: State<'_, Desk>, number: u64) -> Result<AlertView, Problem> {
    let gathered = desk.gathered()?;
    beside(move || gathered.alert(number)).await
}

/// Opens one of an alert's links in the person's browser, when it lies in the customer's portal.
#[tauri::command]
pub(crate) async fn open_alert_link(desk: State<'_, Desk>, number: u64, kind: String) -> Result<(), Problem> {
    let gathered = desk.gathered()?;
    let address = beside(move || gathered.link(number, &kind)).await?;
    onboarding::browser::open(address.as_str()).await
}

/// Asks where to, and writes. Nothing when the person chose no file.
#[tauri::command]
pub(crate) async fn save_alerts(
    window: WebviewWindow,
    desk: State<'_, Desk>,
    query: AlertsQuery,
    form: AlertFileForm,
) -> Result<Option<SavedAlerts>, Problem> {
    let gathered = desk.gathered()?;
    let Some(path) = dialogs::choose_save(&window, &format!("alerts.{}", form.extension())).await else {
        return Ok(None);
    };
    let target = path.clone();
    let saved = beside(move || gathered.save(&query, form, &target)).await?;
    desk.saved(path);
    Ok(Some(saved))
}

/// Shows the folder of the file that was saved last.
#[tauri::command]
pub(crate) async fn show_saved_alerts(desk: State<'_, Desk>) -> Result<(), Problem> {
    let folder = desk.last_saved().and_then(|path| path.parent().map(ToOwned::to_owned));
    let missing =
        || Problem::new(ProblemCode::InvalidInput).with("field", "file").with("reason", "not-saved");
    dialogs::show_folder(&folder.ok_or_else(missing)?.display().to_string())
}

/// Lets go of the alerts: nobody looks at them any more.
#[tauri::command]
pub(crate) async fn forget_alerts(desk: State<'_, Desk>, customer: String) -> Result<(), Problem> {
    desk.forget_gathered(Some(&customer));
    Ok(())
}

/// Reads the disk, or sorts, beside the window's own work.
async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let done = tauri::async_runtime::spawn_blocking(work).await;
    done.map_err(|error| Problem::new(ProblemCode::Internal).with("reason", "alerts").caused_by(&error))?
}
