//! Switching rehearsal on and off.

use onboarding::contract::{CustomerView, Problem, ProblemCode};
use tauri::State;

use crate::desk::Desk;
use crate::practice::{Practice, PracticeView};

#[tauri::command]
pub(crate) async fn practice_start(desk: State<'_, Desk>) -> Result<PracticeView, Problem> {
    let mut practice = desk.practice().lock().await;
    let running = match practice.take() {
        Some(running) => running,
        None => Practice::start().await?,
    };
    Ok(practice.insert(running).view())
}

#[tauri::command]
pub(crate) async fn practice_scenarios(
    desk: State<'_, Desk>,
    scenarios: Vec<String>,
) -> Result<PracticeView, Problem> {
    match desk.practice().lock().await.as_mut() {
        Some(practice) => practice.go_wrong(&scenarios).map(|()| practice.view()),
        None => Err(Problem::new(ProblemCode::Internal).with("reason", "practice is off")),
    }
}

#[tauri::command]
pub(crate) async fn practice_stop(desk: State<'_, Desk>) -> Result<(), Problem> {
    desk.cancel();
    desk.forget_gathered(None);
    *desk.practice().lock().await = None;
    Ok(())
}

#[tauri::command]
pub(crate) async fn practice_fill_registration(
    desk: State<'_, Desk>,
    customer: String,
) -> Result<CustomerView, Problem> {
    match desk.practice().lock().await.as_ref() {
        Some(practice) => practice.fill_registration(&customer).await,
        None => Err(Problem::new(ProblemCode::Internal).with("reason", "practice is off")),
    }
}
