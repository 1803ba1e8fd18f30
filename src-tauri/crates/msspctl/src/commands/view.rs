//! A customer in words, and what to do next.

use onboarding::contract::{CustomerView, Step, StepState};

use crate::output::{Page, listed, moment, step_name, typed};
use crate::prose::Prose;
use crate::texts::Text;

/// All that is known of a customer.
pub(crate) fn customer(page: &mut Page, prose: &Prose, view: &CustomerView) {
    let text = |text| prose.text(text);
    let tenant = match &view.tenant_domain {
        Some(domain) => format!("{} ({domain})", view.tenant_id),
        None => view.tenant_id.clone(),
    };
    page.line(&view.name);
    let mut facts = vec![
        (text(Text::Id), view.id.clone()),
        (text(Text::Tenant), tenant),
        (text(Text::Cloud), view.cloud.name.clone()),
        (text(Text::Source), view.source.to_string()),
        (text(Text::Grant), view.grant.to_string()),
        (
            text(Text::Connector),
            view.connector.map_or(text(Text::None), |connector| connector.as_str()).to_owned(),
        ),
    ];
    if let Some(region) = view.region {
        facts.push((text(Text::Region), region.to_string()));
    }
    if let Some(registration) = &view.registration {
        facts.push((text(Text::Application), registration.client_id.clone()));
        if let Some(home_tenant) = &registration.home_tenant {
            facts.push((text(Text::HomeTenant), home_tenant.clone()));
        }
        facts.push((text(Text::RedirectUri), registration.redirect_uri.clone()));
        let kept = if registration.secret_kept { Text::SecretKept } else { Text::SecretMissing };
        let ends = registration.secret_expires.map(|date| format!(", {} {date}", text(Text::EndsOn)));
        facts.push((text(Text::Secret), format!("{}{}", text(kept), ends.unwrap_or_default())));
    }
    if let Some(consent) = &view.consent {
        let account = consent.account.as_ref().map(|account| format!(", {account}")).unwrap_or_default();
        let granted = listed(prose, &consent.granted);
        facts.push((text(Text::Consent), format!("{}{account}: {granted}", moment(consent.at))));
    }
    if let Some(authorisation) = &view.authorisation {
        facts.push((text(Text::Authorisation), moment(authorisation.at)));
    }
    if let Some(export) = &view.export {
        facts.push((text(Text::Files), format!("{}, {}", moment(export.at), export.folder)));
    }
    if let Some(proof) = &view.proof {
        facts.push((
            text(Text::Proof),
            format!("{}, {} {}", moment(proof.at), proof.alerts, text(Text::Alerts)),
        ));
    }
    facts.push((text(Text::Portal), view.portal.clone()));
    page.facts(&facts);
    next(page, prose, view);
}

/// Says which command goes on from here.
pub(crate) fn next(page: &mut Page, prose: &Prose, view: &CustomerView) {
    let what = match next_command(view) {
        Some(command) => command,
        None => prose.text(Text::AllDone).to_owned(),
    };
    page.line(&format!("{}: {what}", prose.text(Text::Next)));
}

/// The step at which work goes on, in words.
pub(crate) fn next_step(prose: &Prose, view: &CustomerView) -> String {
    if all_done(view) { prose.text(Text::AllDone).to_owned() } else { step_name(prose, view.next) }
}

fn all_done(view: &CustomerView) -> bool {
    view.steps.iter().all(|step| step.state == StepState::Done)
}

fn next_command(view: &CustomerView) -> Option<String> {
    if all_done(view) {
        return None;
    }
    let name = typed(&view.name);
    Some(match view.next {
        Step::Destination | Step::Register => format!("msspctl register {name}"),
        Step::Consent => format!("msspctl consent {name}"),
        Step::Authorise => format!("msspctl authorize {name}"),
        Step::Export => {
            let connector = view.connector.map_or("generic", |connector| connector.as_str());
            format!("msspctl export {name} --connector {connector} --out DIR")
        }
        Step::TestPull => {
            let folder =
                view.export.as_ref().map_or_else(|| "DIR".to_owned(), |export| typed(&export.folder));
            format!("msspctl verify {name} --from {folder}")
        }
    })
}
