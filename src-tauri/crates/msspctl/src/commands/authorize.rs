//! `msspctl authorize`: step 3.

use std::time::Duration;

use clap::Args;
use onboarding::Engine;
use onboarding::contract::{AuthorisationRequest, PortalStep};
use serde::Serialize;

use super::view;
use crate::durations;
use crate::failure::Failure;
use crate::output::{Output, Page};
use crate::progress::{Voice, json_line};
use crate::texts::Text;

/// Show what the customer's portal needs, and wait until the alert source answers.
///
/// Only the legacy alert source (siem-detections) needs the portal: somebody with the permission "Manage portal system
/// settings" enters two ids there. For the others this looks whether the alert source answers.
#[derive(Args)]
#[command(after_long_help = "\
With --json the values for the portal come first, as the line \
{\"event\":\"portal\",\"needed\":...,\"url\":...,\"application_id\":...,\"tenant_id\":...} on standard error.

Examples:
  msspctl authorize Contoso
  msspctl authorize Contoso --wait 0      look once, do not wait")]
pub(crate) struct AuthorizeArgs {
    /// Name or id of the customer
    customer: String,
    /// How long to wait until the alert source answers; 0 looks once
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = durations::duration)]
    wait: Duration,
}

/// The line for scripts.
#[derive(Serialize)]
struct PortalLine<'a> {
    event: &'static str,
    #[serde(flatten)]
    step: &'a PortalStep,
}

/// Shows and waits.
///
/// # Errors
///
/// Whatever the engine says; `authorisation-pending` when the time is over.
pub(crate) async fn run(args: &AuthorizeArgs, engine: &Engine, output: &Output) -> Result<(), Failure> {
    let step = engine.portal_step(&args.customer).await?;
    let voice = Voice::new(output);
    if output.json() {
        json_line(&PortalLine { event: "portal", step: &step });
    } else {
        voice.say(&told(&step, output));
    }
    let request = AuthorisationRequest {
        customer: args.customer.clone(),
        wait_seconds: u32::try_from(args.wait.as_secs()).unwrap_or(u32::MAX),
    };
    let result = engine.authorise(request, &voice).await?;
    drop(voice);
    output.result(&result, |prose| {
        let mut page = Page::default();
        page.evidence(prose, &result.evidence);
        view::next(&mut page, prose, &result.customer);
        page
    })
}

fn told(step: &PortalStep, output: &Output) -> String {
    let text = |text| output.prose().text(text);
    if !step.needed {
        return text(Text::NotNeeded).to_owned();
    }
    let mut page = Page::default();
    page.line(text(Text::AuthoriseHeading));
    page.facts(&[
        (text(Text::OpenPage), step.url.clone()),
        (text(Text::ApplicationId), step.application_id.clone()),
        (text(Text::TenantId), step.tenant_id.clone().unwrap_or_else(|| text(Text::None).to_owned())),
    ]);
    page.into_text()
}
