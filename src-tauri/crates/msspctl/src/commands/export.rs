//! `msspctl export`: the SIEM's connector files.

use std::path::PathBuf;

use clap::Args;
use connectors::ConnectorId;
use onboarding::Engine;
use onboarding::contract::{ExportRequest, Problem, ProblemCode};

use super::view;
use crate::args;
use crate::failure::Failure;
use crate::output::{Output, Page};
use crate::progress::Voice;
use crate::texts::Text;

/// Write the SIEM's connector files.
#[derive(Args)]
#[command(after_long_help = "\
The files hold secrets and are readable by their owner only. manifest.json lists each with its SHA-256.

Examples:
  msspctl export Contoso --connector generic --out ./contoso
  msspctl export Contoso --connector arcsight --out ./arcsight --overwrite")]
pub(crate) struct ExportArgs {
    /// Name or id of the customer
    customer: String,
    /// The SIEM's connector; the one that the customer remembers when absent
    #[arg(long, value_name = "ID", value_parser = args::connector())]
    connector: Option<ConnectorId>,
    /// Folder for the files; made when it is missing
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Replace files of the same names
    #[arg(long)]
    overwrite: bool,
}

/// Writes the files.
///
/// # Errors
///
/// Whatever the engine says.
pub(crate) async fn run(args: &ExportArgs, engine: &Engine, output: &Output) -> Result<(), Failure> {
    let connector = match args.connector {
        Some(connector) => connector,
        None => engine.customer(&args.customer).await?.connector.ok_or_else(|| {
            Problem::new(ProblemCode::InvalidInput)
                .with("field", "--connector")
                .with("reason", "this customer has none yet, so name one")
        })?,
    };
    let request = ExportRequest {
        customer: args.customer.clone(),
        connector,
        folder: folder_text(&args.out)?,
        overwrite: args.overwrite,
        language: Some(output.prose().language().tag().to_owned()),
    };
    let voice = Voice::new(output);
    let result = engine.export(request, &voice).await?;
    drop(voice);
    output.result(&result, |prose| {
        let mut page = Page::default();
        page.line(&format!("{}: {}", prose.text(Text::Folder), result.folder));
        for file in &result.files {
            let secret =
                if file.secret { format!("  ({})", prose.text(Text::FileSecret)) } else { String::new() };
            page.line(&format!("  {}{secret}", file.name));
        }
        if !result.notes.is_empty() {
            page.line(prose.text(Text::Know));
            page.notes(prose, &result.notes);
        }
        view::next(&mut page, prose, &result.customer);
        page
    })
}

/// A folder's name as text: the contract, and the files that name it, are UTF-8.
///
/// # Errors
///
/// `folder-refused` for a name that is not.
pub(crate) fn folder_text(folder: &std::path::Path) -> Result<String, Problem> {
    folder.to_str().map(str::to_owned).ok_or_else(|| {
        Problem::new(ProblemCode::FolderRefused)
            .with("folder", folder.display().to_string())
            .with("reason", "its name is not valid Unicode")
    })
}
