//! `msspctl journal`: what was done.

use std::collections::BTreeMap;

use clap::Args;
use onboarding::Engine;

use crate::failure::Failure;
use crate::output::{Output, Page, moment};
use crate::texts::Text;

/// Show what was done, and whether the record is whole.
///
/// The journal is a chain of hashes: an entry that was changed, removed or moved is found (exit status 7).
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  msspctl journal
  msspctl journal --verify && echo whole")]
pub(crate) struct JournalArgs {
    /// Only compute every hash again and compare; print no entries as text
    #[arg(long)]
    verify: bool,
}

/// Reads the journal.
///
/// # Errors
///
/// `journal-broken`, and what opening says.
pub(crate) async fn run(args: &JournalArgs, engine: &Engine, output: &Output) -> Result<(), Failure> {
    let journal = engine.journal().await?;
    // People know names; the record holds ids, which stay when a customer is renamed or forgotten.
    let names: BTreeMap<String, String> =
        engine.customers().await?.into_iter().map(|customer| (customer.id, customer.name)).collect();
    let named = |id: &String| names.get(id).unwrap_or(id).clone();
    output.result(&journal, |prose| {
        let mut page = Page::default();
        if args.verify {
            page.line(prose.text(Text::JournalWhole));
            return page;
        }
        let heading = [Text::Number, Text::Time, Text::Action, Text::Customer, Text::Outcome]
            .map(|text| prose.text(text));
        let rows: Vec<Vec<String>> = journal
            .entries
            .iter()
            .map(|entry| {
                vec![
                    entry.number.to_string(),
                    moment(entry.at),
                    entry.action.clone(),
                    entry.customer.as_ref().map(named).unwrap_or_default(),
                    entry.outcome.clone(),
                ]
            })
            .collect();
        page.table(&heading, &rows);
        page
    })
}
