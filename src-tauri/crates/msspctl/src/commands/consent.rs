//! `msspctl consent`: step 2.

use std::time::Duration;

use clap::{Args, ValueEnum};
use onboarding::contract::{Catcher, ConsentRequest, Problem, ProblemCode};
use onboarding::{Engine, PasteSlot};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use super::view;
use crate::durations;
use crate::failure::{Failure, tell};
use crate::output::{Output, Page};
use crate::progress::Voice;
use crate::texts::Text;

/// Let the customer sign in and consent.
///
/// Opens the sign-in page in the default browser ($BROWSER is honoured), waits for the answer, refuses any tenant but
/// the customer's, and seals the lasting sign-in in the vault.
#[derive(Args)]
#[command(after_long_help = "\
Where the answer arrives:
  browser  on this computer: the browser returns to an address that only this program listens to
  paste    anywhere: sign in with any browser, then give the whole address of the last page on
           standard input, even if that page could not be shown; a wrong address is refused, and
           another may follow

With --no-open the sign-in address is printed alone on a line of standard output, and with --json as the line \
{\"event\":\"sign-in\",\"url\":...,\"expires\":...} on standard error.

Examples:
  msspctl consent Contoso
  msspctl consent Contoso --no-open --timeout 5m
  msspctl consent Contoso --catcher paste --no-open")]
pub(crate) struct ConsentArgs {
    /// Name or id of the customer
    customer: String,
    /// How the answer comes back
    #[arg(long, value_enum, default_value_t = CatcherName::Browser)]
    catcher: CatcherName,
    /// Do not open a browser: print the address and wait
    #[arg(long)]
    no_open: bool,
    /// How long to wait for the sign-in, 10 minutes at most
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = durations::duration)]
    timeout: Duration,
}

/// The catchers of this build.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CatcherName {
    /// A listener on this computer
    Browser,
    /// The final address is given on standard input
    Paste,
}

impl ConsentArgs {
    /// The option that reads standard input, if one does.
    pub(crate) fn reads_standard_input(&self) -> Option<&'static str> {
        (self.catcher == CatcherName::Paste).then_some("--catcher")
    }
}

/// Runs the consent.
///
/// # Errors
///
/// Whatever the engine says; with `paste`, the last refusal when standard input ends before an address holds.
pub(crate) async fn run(args: &ConsentArgs, engine: &Engine, output: &Output) -> Result<(), Failure> {
    let request = ConsentRequest {
        customer: args.customer.clone(),
        catcher: match args.catcher {
            CatcherName::Browser => Catcher::Browser,
            CatcherName::Paste => Catcher::Paste,
        },
        open: !args.no_open,
        timeout_seconds: u32::try_from(args.timeout.as_secs()).unwrap_or(u32::MAX),
    };
    let voice = Voice::new(output);
    let voice = if args.no_open { voice.with_address_on_stdout() } else { voice };
    let (slot, pastes) = onboarding::paste_slot();
    let consent = engine.consent(request, pastes, &voice);
    let result = match args.catcher {
        CatcherName::Browser => consent.await?,
        CatcherName::Paste => {
            voice.say(output.prose().text(Text::PasteHere));
            tokio::select! {
                result = consent => result?,
                problem = paste_lines(&slot, output) => return Err(problem.into()),
            }
        }
    };
    drop(voice);
    output.result(&result, |prose| {
        let mut page = Page::default();
        page.evidence(prose, &result.evidence);
        view::next(&mut page, prose, &result.customer);
        page
    })
}

/// Hands over each line until one holds; then never ends, for the engine has the rest. Ends with the last refusal when
/// standard input does.
async fn paste_lines(slot: &PasteSlot, output: &Output) -> Problem {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let mut refusal = None;
    loop {
        let line = match lines.next_line().await {
            Ok(Some(line)) if line.trim().is_empty() => continue,
            Ok(Some(line)) => line,
            Ok(None) => {
                let nothing = || {
                    Problem::new(ProblemCode::CallbackRefused)
                        .with("reason", "standard input ended without an address")
                };
                return refusal.unwrap_or_else(nothing);
            }
            Err(error) => {
                return Problem::new(ProblemCode::FileTrouble)
                    .with("path", "stdin")
                    .with("reason", error.to_string());
            }
        };
        match slot.paste(line.trim().to_owned()).await {
            Ok(()) => return std::future::pending().await,
            Err(problem) => {
                // The last one is told at the end, so that it stays the last line.
                if let Some(earlier) = refusal.replace(problem) {
                    tell(&earlier, output.json(), output.prose());
                }
            }
        }
    }
}
