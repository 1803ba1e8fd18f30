//! Step 2: consent. A person signs in and agrees; the answer is caught, redeemed, compared, and only then stored.
//!
//! Here stands what is asked of the engine and what it keeps. How a sign-in runs is [`flow`]'s, where its answer can
//! come from [`waiting`]'s, and what it proves [`proving`]'s. The invariant: nothing is stored before the tenant was
//! compared with the expected one.

use std::time::Duration;

use vault::{Customer, SecretKind};

use crate::access::{self, Access};
use crate::contract::{
    Catcher, ConsentRequest, ConsentResult, Evidence, EvidenceKey, EvidenceState, Problem, ProblemCode, Step,
};
use crate::host::{Host, Witness};
use crate::paste::Pastes;
use crate::{Engine, clock, reasons, steps};

mod flow;
mod proving;
mod waiting;

pub(crate) use flow::Flow;
pub(crate) use proving::{Obtained, Outcome};

/// Longest wait that makes sense: the state of an attempt lives no longer.
const LONGEST_WAIT: Duration = Duration::from_mins(10);

impl Engine {
    /// Runs step 2 to its end. Dropping the future cancels it and frees the port.
    ///
    /// # Errors
    ///
    /// `step-missing`, `port-unavailable`, `no-browser`, `consent-timed-out`, `consent-declined`, `wrong-tenant`,
    /// `token-invalid`, `no-refresh-token`, `permission-missing`, `handoff-pending`, and everything that Entra and the
    /// network say.
    pub async fn consent(
        &self,
        request: ConsentRequest,
        pastes: Pastes,
        host: &dyn Host,
    ) -> Result<ConsentResult, Problem> {
        let customer = self.find(&request.customer).await?;
        let result = self.run_consent(customer.clone(), request, pastes, host).await;
        self.journalled("consent", &customer, result).await
    }

    async fn run_consent(
        &self,
        customer: Customer,
        request: ConsentRequest,
        pastes: Pastes,
        host: &dyn Host,
    ) -> Result<ConsentResult, Problem> {
        if request.catcher != Catcher::Handoff {
            possible_wait(request.timeout_seconds)?;
        }
        let access = Access::of(self, &customer).await?;
        let mut witness = Witness::new(host);
        let flow = Flow { customer: &customer, access: &access, request: &request };
        let outcome = match request.catcher {
            Catcher::Browser | Catcher::Window | Catcher::Paste => {
                flow.run(pastes, host, &mut witness).await.map(Outcome::Access)?
            }
            Catcher::Handoff => {
                let record = self.awaited_handoff(&customer).await?;
                flow.handed_over(&record, pastes, host, &mut witness).await?
            }
        };
        let customer = self.keep_consent(&customer, outcome, &mut witness).await?;
        Ok(ConsentResult { customer: self.view_of(customer).await?, evidence: witness.into_evidence() })
    }

    /// Stores what was proven. The customer is read again, for a wait can be long: what was proven for another app or
    /// source than the customer has by now is not kept.
    async fn keep_consent(
        &self,
        proven: &Customer,
        outcome: Outcome,
        witness: &mut Witness<'_>,
    ) -> Result<Customer, Problem> {
        let mut customer = self.find(&proven.id).await?;
        let subject = |customer: &Customer| {
            let Customer { tenant_id, client_id, redirect_uri, source, grant, .. } = customer;
            (tenant_id.clone(), client_id.clone(), redirect_uri.clone(), *source, *grant)
        };
        if subject(&customer) != subject(proven) {
            return Err(Problem::new(ProblemCode::CallbackRefused).with("reason", "customer-changed"));
        }
        let now = clock::now();
        let obtained = match outcome {
            Outcome::Access(obtained) => obtained,
            Outcome::Agreed => {
                if let Some(record) = &mut customer.handoff {
                    record.agreed_at.get_or_insert(now);
                }
                self.store(&customer).await?;
                return Ok(customer);
            }
        };
        let short = obtained.is_short_lived();
        let (refresh_token, record) = obtained.into_record(now, customer.grant);
        let unused_until = record.unused_until;
        if let Some(refresh_token) = refresh_token {
            access::seal(self, &customer, SecretKind::RefreshToken, refresh_token).await?;
        }
        steps::reset_after(&mut customer, Step::Consent);
        customer.consent = Some(record);
        customer.handoff = None;
        self.store(&customer).await?;
        match unused_until {
            Some(ends) if short => {
                let short = Evidence::new(EvidenceKey::SignInSealed, EvidenceState::Warning);
                witness.note(short.fact("unused-until", ends.to_string()).fact("finding", "platform-spa"));
            }
            Some(_) => witness.proven(EvidenceKey::SignInSealed, &[]),
            None => {}
        }
        Ok(customer)
    }
}

/// A wait for which the attempt lives.
fn possible_wait(seconds: u32) -> Result<(), Problem> {
    if Duration::from_secs(seconds.into()) > LONGEST_WAIT {
        return Err(Problem::new(ProblemCode::InvalidInput)
            .with("field", "timeout")
            .with("reason", reasons::WAIT_TOO_LONG));
    }
    Ok(())
}
