//! `msspctl register`: what to enter in the portal, and whether Microsoft knows the app.

use clap::Args;
use onboarding::Engine;

use crate::failure::Failure;
use crate::output::{Output, Page, typed};
use crate::texts::Text;

/// Show what to enter in the portal to register the app.
#[derive(Args)]
#[command(after_long_help = "\
Register the app once, in the provider's own tenant, and enter its ids and secret with `customer edit`. With \
--check nothing is shown to enter: the app that is known already is checked with Microsoft Entra. Nothing is stored.

Examples:
  msspctl register Contoso
  msspctl register Contoso --check")]
pub(crate) struct RegisterArgs {
    /// Name or id of the customer
    customer: String,
    /// Check ids and secret with Microsoft Entra instead
    #[arg(long)]
    check: bool,
}

/// Shows or checks.
///
/// # Errors
///
/// Whatever the engine says.
pub(crate) async fn run(args: &RegisterArgs, engine: &Engine, output: &Output) -> Result<(), Failure> {
    if args.check {
        let evidence = engine.check_registration(&args.customer).await?;
        return output.result(&evidence, |prose| {
            let mut page = Page::default();
            page.evidence(prose, &evidence);
            page
        });
    }
    let sheet = engine.registration_sheet(&args.customer).await?;
    output.result(&sheet, |prose| {
        let mut page = Page::default();
        page.line(prose.text(Text::RegisterHeading));
        page.facts(&[
            (prose.text(Text::OpenPage), sheet.portal.clone()),
            (prose.text(Text::AppName), sheet.name.clone()),
            (prose.text(Text::AccountTypes), sheet.account_types.clone()),
            (prose.text(Text::Platform), sheet.platform.clone()),
            (prose.text(Text::RedirectUri), sheet.redirect_uri.clone()),
        ]);
        page.line(prose.text(Text::Permissions));
        for permission in &sheet.permissions {
            page.line(&format!("  {}: {} ({})", permission.api, permission.name, permission.kind));
        }
        page.line(prose.text(Text::RegisterThen));
        page.line(&format!(
            "  msspctl customer edit {} --client-id ID --home-tenant TENANT --secret-file FILE",
            typed(&args.customer)
        ));
        page
    })
}
