//! `msspctl explain`: what an error code or answer of Microsoft's means. Needs no data folder and asks nobody.

use std::io::Read as _;

use clap::Args;
use onboarding::contract::{Problem, ProblemCode};

use crate::failure::{self, Failure};
use crate::output::{Output, Page};

/// A text is no longer, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// Explain an error code, sentence or answer of Microsoft's.
///
/// Causes come in order of likelihood, each with a check, what to do, and who can do it. Nothing is sent anywhere.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  msspctl explain AADSTS50011
  msspctl --lang ko explain 700082
  msspctl explain - < answer.json")]
pub(crate) struct ExplainArgs {
    /// A code such as AADSTS50011, a text with one in it, or the JSON of an answer; `-` reads standard input
    #[arg(value_name = "TEXT", required = true, num_args = 1.., allow_hyphen_values = true)]
    text: Vec<String>,
}

/// Looks it up.
///
/// # Errors
///
/// `invalid-input` when nothing in it is known.
pub(crate) fn run(args: &ExplainArgs, output: &Output) -> Result<(), Failure> {
    let mut text = args.text.join(" ");
    if text == "-" {
        text.clear();
        let read = std::io::stdin().lock().take(LARGEST).read_to_string(&mut text);
        read.map_err(|error| {
            Problem::new(ProblemCode::FileTrouble).with("path", "stdin").with("reason", error.to_string())
        })?;
    }
    let Some(problem) = onboarding::explain(&text) else {
        return Err(Problem::new(ProblemCode::InvalidInput)
            .with("field", "text")
            .with("reason", "nothing-to-explain")
            .into());
    };
    output.result(&failure::told(&problem, output.prose()), |prose| {
        let mut page = Page::default();
        failure::as_text(&problem, prose).lines().for_each(|line| page.line(line));
        page
    })
}
