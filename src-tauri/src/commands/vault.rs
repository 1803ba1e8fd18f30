//! Opening the vault, and reading its journal.

use onboarding::Unlock;
use onboarding::contract::{JournalState, Problem, SecretInput};
use tauri::State;

use crate::desk::{Bootstrap, Desk};

#[tauri::command]
pub(crate) async fn bootstrap(desk: State<'_, Desk>) -> Result<Bootstrap, Problem> {
    Ok(desk.bootstrap().await)
}

#[tauri::command]
pub(crate) async fn unlock(
    desk: State<'_, Desk>,
    passphrase: Option<SecretInput>,
) -> Result<Bootstrap, Problem> {
    let unlock = passphrase.map_or(Unlock::SessionOnly, |given| Unlock::Passphrase(given.into_secret()));
    desk.unlock(unlock).await?;
    Ok(desk.bootstrap().await)
}

#[tauri::command]
pub(crate) async fn remember_place(desk: State<'_, Desk>, customer: Option<String>) -> Result<(), Problem> {
    desk.remember(customer).await;
    Ok(())
}

#[tauri::command]
pub(crate) async fn journal(desk: State<'_, Desk>) -> Result<JournalState, Problem> {
    desk.engine().await?.journal().await
}
