//! Serving the practice tenant to other programs, until whoever started it lets go.

use std::io::{self, Write as _};

use practice_tenant::Options;

use super::StartArgs;
use crate::failure::Failure;
use crate::interrupt::asked_to_stop;

/// Serves until standard input closes.
///
/// # Errors
///
/// `port-unavailable`.
pub(crate) async fn run(args: &StartArgs) -> Result<(), Failure> {
    let options = Options {
        port: args.port,
        tls: args.tls,
        alerts: args.alerts,
        scenarios: args.scenarios.clone(),
        ..Options::default()
    };
    let tenant = super::tenant(options).await?;
    let line = serde_json::to_string(tenant.announcement()).map_err(io::Error::from)?;
    let mut stdout = io::stdout();
    writeln!(stdout, "{line}").and_then(|()| stdout.flush())?;
    // Whoever holds the other end of standard input holds the tenant; an error there means that nobody does.
    let (mut stdin, mut nowhere) = (tokio::io::stdin(), tokio::io::sink());
    tokio::select! {
        _ = tokio::io::copy(&mut stdin, &mut nowhere) => {}
        () = asked_to_stop() => {}
    }
    tenant.stop().await;
    Ok(())
}
