//! `msspctl practice`: rehearsal against the built-in practice tenant. Nothing here touches a real customer's data.

mod run;
mod start;

pub(crate) use run::run;
pub(crate) use start::run as start;

use std::path::PathBuf;

use catalog::{GrantKind, SourceId};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use onboarding::contract::{Problem, ProblemCode};
use practice_tenant::{Options, PracticeTenant, Scenario, StartError};

use crate::args;

/// What to rehearse.
#[derive(Subcommand)]
pub(crate) enum PracticeCommand {
    Run(RunArgs),
    Start(StartArgs),
}

/// Do the whole job against the practice tenant, from the first customer to the proof.
///
/// Starts the practice tenant, adds its customer, signs in and consents as its administrator, authorises the app in its
/// portal where the alert source wants that, writes the files of every connector that can carry the source and grant,
/// and proves each by pulling alerts with what is in the files. No network, no account and no keyring is used.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  msspctl practice run
  msspctl practice run --source siem-detections --out ./rehearsal
  msspctl --json practice run --grant app-only --alerts 1000")]
pub(crate) struct RunArgs {
    /// Folder for the connector files, one folder below for each connector; a new temporary one when absent
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Alert source; the proposed one when absent
    #[arg(long, value_name = "ID", value_parser = args::source())]
    source: Option<SourceId>,
    /// Grant; the proposed one when absent
    #[arg(long, value_name = "ID", value_parser = args::grant())]
    grant: Option<GrantKind>,
    /// How many alerts the practice tenant holds
    #[arg(long, value_name = "N", default_value_t = 25,
        value_parser = clap::value_parser!(u64).range(0..=Options::MOST_ALERTS))]
    alerts: u64,
}

/// Serve the practice tenant until standard input closes.
///
/// It listens on this computer only. The first line of standard output is a JSON object with all that one needs.
#[derive(Args)]
#[command(after_long_help = "\
The first line of standard output:
  cloud_file, ca_file                        for --cloud-file; the authority, null without --tls
  login, graph, defender, xdr, siem, portal  addresses
  provider_tenant, customer_tenant, customer_domain
  client_id, client_secret_file, redirect_uris
  users                                      who can sign in: name, password_file, role
  scenarios                                  what goes wrong

Examples:
  msspctl practice start --tls
  msspctl practice start --alerts 100000 --scenario throttled --scenario cut-connection
  mkfifo hold; msspctl practice start < hold      (and `exec 3> hold` keeps it open)")]
pub(crate) struct StartArgs {
    /// Port; a free one when absent
    #[arg(long, value_name = "N")]
    port: Option<u16>,
    /// Serve https with a certificate authority of its own
    #[arg(long)]
    tls: bool,
    /// How many alerts the practice tenant holds
    #[arg(long, value_name = "N", default_value_t = 25,
        value_parser = clap::value_parser!(u64).range(0..=Options::MOST_ALERTS))]
    alerts: u64,
    /// Something that goes wrong; may be given several times
    #[arg(long = "scenario", value_name = "NAME", value_parser = scenario())]
    scenarios: Vec<Scenario>,
}

/// Accepts the scenarios that work in this build; `--help` says what each does.
fn scenario() -> impl TypedValueParser<Value = Scenario> {
    let values =
        Scenario::ALL.iter().map(|scenario| PossibleValue::new(scenario.name()).help(scenario.sentence()));
    PossibleValuesParser::new(values).try_map(|given| given.parse::<Scenario>())
}

async fn tenant(options: Options) -> Result<PracticeTenant, Problem> {
    let port = options.port;
    PracticeTenant::start(options).await.map_err(|error| {
        let problem = match &error {
            StartError::Listen { source, .. } => {
                let taken = port.map_or_else(|| "--port".to_owned(), |port| format!("--port {port}"));
                Problem::new(ProblemCode::InvalidInput)
                    .with("field", taken)
                    .with("reason", source.to_string())
            }
            StartError::Folder(source) => Problem::new(ProblemCode::FileTrouble)
                .with("path", std::env::temp_dir().display().to_string())
                .with("reason", source.to_string()),
            StartError::Tls(_) | StartError::Key(_) => {
                Problem::new(ProblemCode::Internal).with("reason", error.to_string())
            }
        };
        problem.caused_by(&error)
    })
}
