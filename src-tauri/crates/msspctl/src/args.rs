//! The command line's grammar: global options and the list of commands. Each command's own options are in its room.

use std::path::PathBuf;

use catalog::{GrantKind, Region, SourceId};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};
use connectors::ConnectorId;
use onboarding::contract::{Problem, ProblemCode};
use onboarding::{Severity, Status};

use crate::commands::{
    authorize, consent, customer, explain, export, journal, pull, register, settings, status, verify,
};
use crate::prose::Language;
use crate::{practice, secret_input};

/// Onboards customers of a security service provider: consent, portal authorisation, SIEM connector files, and the
/// proof that alerts can be pulled with them.
///
/// The way of a customer: `customer add`, `register` (what to enter in the portal), `consent`, `authorize`, `export`,
/// `verify`. Each command says what comes next. `practice run` goes the whole way against the built-in practice
/// tenant, without network, account or licence.
#[derive(Parser)]
#[command(name = "msspctl", version, after_long_help = AFTER)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const AFTER: &str = "\
Examples:
  msspctl practice run
  msspctl customer add Contoso --tenant contoso.example --client-id APPLICATION_ID \\
          --home-tenant provider.example --secret-file secret.txt
  msspctl consent Contoso
  msspctl authorize Contoso
  msspctl export Contoso --connector generic --out ./contoso
  msspctl verify Contoso --from ./contoso

Exit status:
  0  done
  1  a mistake of this program
  2  wrong usage: an option, a value or a file is not right
  3  a person must act: consent, authorisation, or somebody cancelled
  4  Microsoft refused
  5  network
  6  another process holds the data folder
  7  proof failed
  8  the vault cannot be opened

With --json the problem is the last line on standard error, one JSON object: code, title, cause, fix, who, \
params, details, microsoft, causes, link.

Environment:
  MSSP_ONBOARD_DATA  data folder, where --data is not given
  MSSP_ONBOARD_LOG   level of the log files in the data folder: error, warn, info, debug, trace
  BROWSER            program that opens sign-in pages; %s stands for the address
  HTTPS_PROXY, ALL_PROXY, NO_PROXY
                     proxy and exceptions, unless --proxy or `msspctl settings set --proxy` names one; never used for
                     this computer itself";

/// Options that every command knows.
#[derive(Args)]
pub(crate) struct Global {
    /// Data folder with the vault; the platform's own when absent
    #[arg(long, global = true, value_name = "DIR", help_heading = "Global options")]
    pub(crate) data: Option<PathBuf>,

    /// Print one JSON document; progress and problems become JSON lines on standard error
    #[arg(long, global = true, help_heading = "Global options")]
    pub(crate) json: bool,

    /// TOML file that describes a lab, air-gapped or practice cloud
    ///
    /// Needed when a customer of that cloud is added; the customer remembers it.
    #[arg(long, global = true, value_name = "FILE", help_heading = "Global options")]
    pub(crate) cloud_file: Option<PathBuf>,

    /// Proxy for this run, in place of the settings: host:port, an address, `system` or `none`
    ///
    /// A user may stand in it (`anna@proxy.example:3128`), a password never: that is taken from the settings or
    /// `HTTPS_PROXY` where they name the same proxy, else it is asked for. `settings set` keeps the proxy.
    #[arg(long, global = true, value_name = "ADDRESS", help_heading = "Global options")]
    pub(crate) proxy: Option<String>,

    /// PEM file with a certificate authority to be trusted in this run; `settings set` keeps it
    #[arg(long, global = true, value_name = "FILE", help_heading = "Global options")]
    pub(crate) ca_file: Option<PathBuf>,

    /// Language of texts, problems and exported files; that of the system when absent
    #[arg(long, global = true, value_name = "LANG", help_heading = "Global options", value_parser = Language::parser())]
    pub(crate) lang: Option<Language>,

    /// File with the vault's passphrase, `-` for standard input
    ///
    /// For servers and sessions without a keyring. The first use seals a new vault with it. A descriptor that is
    /// already open can be given as /dev/fd/3. A line break at the end does not count.
    #[arg(long, global = true, value_name = "FILE", help_heading = "Global options")]
    pub(crate) passphrase_file: Option<PathBuf>,
}

impl Global {
    /// What was given, else what the settings say, else the system's.
    pub(crate) fn language(&self) -> Language {
        let set = || {
            let folder = self.data.clone().or_else(|| onboarding::Engine::default_folder().ok())?;
            Language::of_tag(&onboarding::language_in(&folder)?)
        };
        self.lang.or_else(set).unwrap_or_else(Language::of_the_system)
    }
}

/// What to do.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Rehearse with the built-in practice tenant
    #[command(subcommand)]
    Practice(practice::PracticeCommand),
    Explain(explain::ExplainArgs),
    #[command(flatten)]
    Work(Work),
}

/// What is done in a data folder.
#[derive(Subcommand)]
pub(crate) enum Work {
    /// Add, list, show, edit or forget customers
    #[command(subcommand)]
    Customer(customer::CustomerCommand),
    Register(register::RegisterArgs),
    Consent(consent::ConsentArgs),
    Authorize(authorize::AuthorizeArgs),
    Export(export::ExportArgs),
    Verify(verify::VerifyArgs),
    Pull(pull::PullArgs),
    Status(status::StatusArgs),
    /// Show or change proxy, trusted authorities and language; test the network
    #[command(subcommand)]
    Settings(settings::SettingsCommand),
    Journal(journal::JournalArgs),
}

impl Work {
    /// Whether it listens for Ctrl-C itself, because being told to stop is no reason to throw away what is there.
    pub(crate) const fn stops_by_itself(&self) -> bool {
        matches!(self, Self::Pull(_))
    }

    /// Whether `--proxy` and `--ca-file` are for this run. `settings set` has options of the same names, which it keeps.
    pub(crate) const fn goes_another_way(&self) -> bool {
        match self {
            Self::Settings(command) => command.asks_hosts(),
            Self::Status(_) | Self::Journal(_) => false,
            Self::Customer(_)
            | Self::Register(_)
            | Self::Consent(_)
            | Self::Authorize(_)
            | Self::Export(_)
            | Self::Verify(_)
            | Self::Pull(_) => true,
        }
    }

    /// Finds out what the grammar cannot say, before anything is read or opened.
    ///
    /// # Errors
    ///
    /// `invalid-input` when two options want standard input.
    pub(crate) fn check(&self, global: &Global) -> Result<(), Problem> {
        let option = match self {
            Self::Customer(command) => command.reads_standard_input(),
            Self::Consent(args) => args.reads_standard_input(),
            Self::Settings(command) => command.reads_standard_input(),
            Self::Register(_)
            | Self::Authorize(_)
            | Self::Export(_)
            | Self::Verify(_)
            | Self::Pull(_)
            | Self::Status(_)
            | Self::Journal(_) => None,
        };
        let taken = global.passphrase_file.as_deref().is_some_and(secret_input::is_standard_input);
        match option {
            Some(option) if taken => Err(Problem::new(ProblemCode::InvalidInput)
                .with("field", option)
                .with("reason", "standard-input-taken")),
            _ => Ok(()),
        }
    }
}

/// Accepts the known names of alert sources.
pub(crate) fn source() -> impl TypedValueParser<Value = SourceId> {
    known(SourceId::ALL, SourceId::as_str)
}

/// Accepts the known names of grants.
pub(crate) fn grant() -> impl TypedValueParser<Value = GrantKind> {
    known(GrantKind::ALL, GrantKind::as_str)
}

/// Accepts the known names of regions.
pub(crate) fn region() -> impl TypedValueParser<Value = Region> {
    known(Region::ALL, Region::as_str)
}

/// Accepts the known severities.
pub(crate) fn severity() -> impl TypedValueParser<Value = Severity> {
    known(Severity::ALL, Severity::as_str)
}

/// Accepts the known states of an alert.
pub(crate) fn status() -> impl TypedValueParser<Value = Status> {
    known(Status::ALL, Status::as_str)
}

/// Accepts the known names of connectors.
pub(crate) fn connector() -> impl TypedValueParser<Value = ConnectorId> {
    known(ConnectorId::ALL, ConnectorId::as_str)
}

fn known<T: Copy + Send + Sync + 'static>(
    all: &'static [T],
    name: impl Fn(T) -> &'static str + Copy + Send + Sync + 'static,
) -> impl TypedValueParser<Value = T> {
    let names: Vec<&'static str> = all.iter().map(|one| name(*one)).collect();
    PossibleValuesParser::new(names).try_map(move |given| {
        all.iter().copied().find(|one| name(*one) == given).ok_or("not one of the known names")
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::Cli;

    #[test]
    fn the_grammar_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_option_of_every_command_is_explained() {
        fn look(command: &clap::Command, missing: &mut Vec<String>) {
            if command.get_about().is_none() {
                missing.push(command.get_name().to_owned());
            }
            for argument in command.get_arguments() {
                if argument.get_help().is_none() {
                    missing.push(format!("{} {}", command.get_name(), argument.get_id()));
                }
            }
            command.get_subcommands().for_each(|below| look(below, missing));
        }
        let mut missing = Vec::new();
        look(&Cli::command(), &mut missing);
        assert!(missing.is_empty(), "{missing:?}");
    }
}
