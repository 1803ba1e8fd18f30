//! Being asked to stop: Ctrl-C, and on Unix SIGTERM as service programs send it, SIGHUP when the terminal goes, SIGQUIT.

use onboarding::contract::{Problem, ProblemCode};

use crate::failure::Failure;

/// Runs work until it is done or somebody asks to stop; then it is dropped, which every step allows at any moment.
///
/// # Errors
///
/// `cancelled`, and what the work says.
pub(crate) async fn until_interrupted(
    work: impl Future<Output = Result<(), Failure>>,
) -> Result<(), Failure> {
    tokio::select! {
        biased;
        outcome = work => outcome,
        () = asked_to_stop() => Err(Problem::new(ProblemCode::Cancelled).into()),
    }
}

/// Waits until somebody asks to stop. Where the system cannot tell, nobody ever does.
pub(crate) async fn asked_to_stop() {
    tokio::select! {
        () = interrupted() => {}
        () = terminated() => {}
    }
}

async fn interrupted() {
    if let Err(error) = tokio::signal::ctrl_c().await {
        tracing::warn!(%error, "Ctrl-C is not noticed");
        std::future::pending::<()>().await;
    }
}

#[cfg(unix)]
async fn terminated() {
    use tokio::signal::unix::SignalKind;

    tokio::select! {
        () = arrived(SignalKind::terminate()) => {}
        () = arrived(SignalKind::hangup()) => {}
        () = arrived(SignalKind::quit()) => {}
    }
}

#[cfg(unix)]
async fn arrived(kind: tokio::signal::unix::SignalKind) {
    match tokio::signal::unix::signal(kind) {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(error) => {
            tracing::warn!(%error, "a signal is not noticed");
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(not(unix))]
async fn terminated() {
    std::future::pending::<()>().await;
}
