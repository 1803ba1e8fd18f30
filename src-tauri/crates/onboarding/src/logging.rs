//! Log files under `<data>/logs/`, written for the person who uses the tool.
//!
//! Only our own crates write there. What other people's crates say at TRACE cannot be vouched for, so it is left out
//! at every level. Nothing that these lines hold may be secret; a test plants canaries and looks for them.

use std::path::Path;
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;

use crate::contract::{Problem, ProblemCode};

/// Crates whose lines are kept.
const OURS: &[&str] =
    &["catalog", "connectors", "defender", "entra", "onboarding", "vault", "msspctl", "mssp_onboard"];
/// A log file is started anew when it has grown beyond this.
const LARGEST: u64 = 5 * 1024 * 1024;

/// Starts writing to `<folder>/logs/<program>.log`. The level is that of `MSSP_ONBOARD_LOG` or `RUST_LOG` (`error` to
/// `trace`), `info` without. A second call changes nothing.
///
/// # Errors
///
/// `file-trouble` when the file cannot be written.
pub fn start(folder: &Path, program: &str) -> Result<(), Problem> {
    let logs = folder.join("logs");
    let trouble = |error: &dyn std::fmt::Display| {
        Problem::new(ProblemCode::FileTrouble)
            .with("path", logs.display().to_string())
            .with("reason", error.to_string())
    };
    vault::files::create_folder(&logs).map_err(|error| trouble(&error))?;
    let path = logs.join(format!("{program}.log"));
    if std::fs::metadata(&path).is_ok_and(|metadata| metadata.len() > LARGEST) {
        std::fs::rename(&path, logs.join(format!("{program}.1.log"))).map_err(|error| trouble(&error))?;
    }
    let file = vault::files::append(&path).map_err(|error| trouble(&error))?;
    let file = Mutex::new(file);
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_writer(file)
        .with_env_filter(EnvFilter::new(filter(&level())))
        .finish();
    // Another subscriber is there only when a test or an embedding program brought its own.
    let _ = tracing::subscriber::set_global_default(subscriber);
    Ok(())
}

fn level() -> String {
    let wanted = ["MSSP_ONBOARD_LOG", "RUST_LOG"].iter().find_map(|name| std::env::var(name).ok());
    let wanted = wanted.unwrap_or_default().to_ascii_lowercase();
    ["trace", "debug", "info", "warn", "error"]
        .into_iter()
        .find(|level| wanted.contains(level))
        .unwrap_or("info")
        .to_owned()
}

fn filter(level: &str) -> String {
    let ours: Vec<_> = OURS.iter().map(|name| format!("{name}={level}")).collect();
    format!("off,{}", ours.join(","))
}

#[cfg(test)]
mod tests {
    use super::filter;

    #[test]
    fn only_our_own_crates_are_logged() {
        assert_eq!(filter("trace").split(',').next(), Some("off"));
        assert!(!filter("trace").contains("reqwest"));
    }
}
