//! Serves a practice tenant until standard input closes, for trying it by hand.
//!
//! `cargo run -p practice-tenant --example serve -- [--tls] [--port N] [--alerts N] [--scenario NAME]...`

use practice_tenant::{Options, PracticeTenant};
use tokio::io::AsyncReadExt as _;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut options = Options::default();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} wants a value"));
        match argument.as_str() {
            "--tls" => options.tls = true,
            "--port" => options.port = Some(value()?.parse()?),
            "--alerts" => options.alerts = value()?.parse()?,
            "--scenario" => options.scenarios.push(value()?.parse()?),
            other => return Err(format!("unknown argument {other}").into()),
        }
    }
    let practice = PracticeTenant::start(options).await?;
    let line = serde_json::to_string(practice.announcement())?;
    {
        use std::io::Write as _;
        let mut out = std::io::stdout().lock();
        writeln!(out, "{line}")?;
        out.flush()?;
    }
    let mut ignored = [0; 256];
    let mut input = tokio::io::stdin();
    while input.read(&mut ignored).await? > 0 {}
    practice.stop().await;
    Ok(())
}
