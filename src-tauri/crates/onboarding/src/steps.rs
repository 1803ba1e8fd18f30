//! Where a customer stands: which steps are proven, and at which one work goes on.

use catalog::Source;
use vault::Customer;

use crate::contract::{Problem, ProblemCode, Step, StepState, StepView};

/// All steps in the order of work.
const ORDER: [Step; 6] =
    [Step::Destination, Step::Register, Step::Consent, Step::Authorise, Step::Export, Step::TestPull];

/// Whether a step is proven by what the vault holds.
fn done(customer: &Customer, secret_kept: bool, step: Step) -> bool {
    match step {
        Step::Destination => true,
        Step::Register => customer.client_id.is_some() && secret_kept,
        Step::Consent => customer.consent.is_some(),
        Step::Authorise => is_authorised(customer, customer.export.is_some() || customer.proof.is_some()),
        Step::Export => customer.export.is_some(),
        Step::TestPull => customer.proof.is_some(),
    }
}

/// Whether step 3 is behind a customer. A source without a portal step needs none: there it is `enough` that somebody went
/// on.
pub(crate) fn is_authorised(customer: &Customer, enough: bool) -> bool {
    customer.authorised_at.is_some() || (enough && !Source::get(customer.source).portal_authorisation)
}

/// The first step that is not proven; the last one when all are.
pub(crate) fn next(customer: &Customer, secret_kept: bool) -> Step {
    ORDER.into_iter().find(|step| !done(customer, secret_kept, *step)).unwrap_or(Step::TestPull)
}

/// All steps with their states.
pub(crate) fn view(customer: &Customer, secret_kept: bool) -> Vec<StepView> {
    let next = next(customer, secret_kept);
    ORDER
        .into_iter()
        .map(|step| {
            let state = match (done(customer, secret_kept, step), step == next) {
                (true, _) => StepState::Done,
                (false, true) => StepState::Now,
                (false, false) => StepState::Todo,
            };
            StepView { step, state }
        })
        .collect()
}

/// Forgets what followed a step that is done anew.
pub(crate) fn reset_after(customer: &mut Customer, step: Step) {
    if step < Step::Consent {
        customer.consent = None;
        customer.handoff = None;
    }
    if step < Step::Authorise {
        customer.authorised_at = None;
    }
    if step < Step::Export {
        customer.export = None;
    }
    customer.proof = None;
}

/// Says which earlier step is missing.
pub(crate) fn missing(step: Step) -> Problem {
    let name = match step {
        Step::Destination => "destination",
        Step::Register => "register",
        Step::Consent => "consent",
        Step::Authorise => "authorise",
        Step::Export => "export",
        Step::TestPull => "test-pull",
    };
    Problem::new(ProblemCode::StepMissing).with("step", name)
}

#[cfg(test)]
mod tests {
    use vault::ConsentRecord;

    use super::*;

    fn customer() -> Customer {
        let at = "2026-11-20T10:00:00Z".parse().unwrap();
        Customer {
            id: "1".to_owned(),
            name: "Contoso".to_owned(),
            tenant_id: "00000000-0000-0000-0000-000000000001".to_owned(),
            tenant_domain: None,
            cloud: serde_json::Value::Null,
            region: None,
            connector: None,
            source: catalog::SourceId::GraphAlerts,
            grant: catalog::GrantKind::RefreshToken,
            home_tenant: None,
            client_id: Some("00000000-0000-0000-0000-000000000002".to_owned()),
            redirect_uri: None,
            secret_expires: None,
            consent: Some(ConsentRecord { at, account: None, granted: Vec::new(), unused_until: None }),
            handoff: None,
            authorised_at: Some(at),
            export: Some(serde_json::json!({})),
            proof: Some(serde_json::json!({})),
            added: at,
        }
    }

    #[test]
    fn work_goes_on_at_the_first_step_that_is_not_proven() {
        let mut customer = Customer { source: catalog::SourceId::SiemDetections, ..customer() };
        assert_eq!(next(&customer, true), Step::TestPull);
        customer.authorised_at = None;
        assert_eq!(next(&customer, true), Step::Authorise);
        assert_eq!(next(&customer, false), Step::Register, "without its secret an app is not registered");
    }

    #[test]
    fn only_a_portal_step_must_be_gone_through() {
        let mut customer = Customer { authorised_at: None, export: None, proof: None, ..customer() };
        assert!(is_authorised(&customer, true), "this source has no portal step");
        assert_eq!(next(&customer, true), Step::Authorise, "it is offered all the same");
        customer.export = Some(serde_json::json!({}));
        assert_eq!(next(&customer, true), Step::TestPull);
        customer.source = catalog::SourceId::SiemDetections;
        assert!(!is_authorised(&customer, true));
        assert_eq!(next(&customer, true), Step::Authorise);
    }

    #[test]
    fn a_step_done_anew_asks_for_all_that_follows_it_again() {
        let mut customer = customer();
        reset_after(&mut customer, Step::Consent);
        assert!(customer.consent.is_some(), "the step itself stays");
        assert!(customer.authorised_at.is_none() && customer.export.is_none() && customer.proof.is_none());
        let states: Vec<_> = view(&customer, true).into_iter().map(|step| step.state).collect();
        let expected = [
            StepState::Done,
            StepState::Done,
            StepState::Done,
            StepState::Now,
            StepState::Todo,
            StepState::Todo,
        ];
        assert_eq!(states, expected);
    }
}
