//! `msspctl verify`: the proof.

use std::path::PathBuf;

use clap::Args;
use onboarding::Engine;
use onboarding::contract::{FileState, Proof, PullSummary};

use super::export::folder_text;
use super::view;
use crate::failure::Failure;
use crate::output::{Output, Page};
use crate::progress::Voice;
use crate::prose::Prose;
use crate::texts::Text;

/// Prove connector files: read them back and pull alerts with what they say.
///
/// Ids, secret, token and addresses come from the files and nowhere else, so what works here works in the SIEM. Having
/// no alerts is a result, not a failure.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  msspctl verify Contoso --from ./contoso
  msspctl --json verify Contoso --from ./contoso | jq .pull.alerts")]
pub(crate) struct VerifyArgs {
    /// Name or id of the customer
    customer: String,
    /// Folder with the connector files
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
}

/// Reads and pulls.
///
/// # Errors
///
/// Whatever the engine says.
pub(crate) async fn run(args: &VerifyArgs, engine: &Engine, output: &Output) -> Result<(), Failure> {
    let voice = Voice::new(output);
    let proof = engine.verify(&args.customer, &folder_text(&args.from)?, &voice).await?;
    drop(voice);
    output.result(&proof, |prose| {
        let mut page = Page::default();
        told(&mut page, prose, &proof);
        page
    })
}

fn told(page: &mut Page, prose: &Prose, proof: &Proof) {
    page.line(&format!("{}: {}", prose.text(Text::Folder), proof.folder));
    for file in &proof.files {
        // What the manifest says beside it: a file may be proven and yet not be what was exported.
        let state = match file.state {
            FileState::AsExported => None,
            FileState::Edited => Some(Text::FileEdited),
            FileState::Missing => Some(Text::FileMissing),
            FileState::Unlisted => Some(Text::FileUnlisted),
        };
        let state = state.map_or_else(String::new, |state| format!("  ({})", prose.text(state)));
        page.line(&format!("  {} {}{state}", if file.proven { "✓" } else { "–" }, file.name));
    }
    page.evidence(prose, &proof.evidence);
    summary(page, prose, &proof.pull);
    view::next(page, prose, &proof.customer);
}

/// What a pull saw, in words.
pub(crate) fn summary(page: &mut Page, prose: &Prose, pull: &PullSummary) {
    if pull.alerts == 0 {
        page.line(prose.text(Text::NoAlerts));
    } else {
        let repeats = match pull.repeats {
            0 => String::new(),
            repeats => format!(", {repeats} {}", prose.text(Text::Repeats)),
        };
        let time = match pull.milliseconds {
            0 => String::new(),
            time => format!(", {time} {}", prose.text(Text::Milliseconds)),
        };
        page.line(&format!(
            "{}: {} {}{repeats}, {}{time}",
            prose.text(Text::Pulled),
            pull.alerts,
            prose.text(Text::Alerts),
            indicatif::HumanBytes(pull.bytes),
        ));
    }
    page.notes(prose, &pull.notes);
    for trouble in &pull.providers {
        let status = trouble.status.map_or_else(String::new, |status| format!(": {status}"));
        page.line(&format!("    {}{status}", trouble.provider));
    }
}
