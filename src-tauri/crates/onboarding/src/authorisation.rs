//! Step 3: the customer's portal authorises the app, and the engine watches until the API answers.
//!
//! For a source that knows no portal step, the same look at the API proves it in one go.

use std::time::Duration;

use catalog::Source;
use vault::Customer;

use crate::access::{Access, CustomerTokens};
use crate::contract::{
    AuthorisationRequest, AuthorisationResult, EvidenceKey, PortalStep, Problem, ProblemCode, Progress,
    PullQuery, Step, WaitingFor,
};
use crate::engine::cloud_of;
use crate::host::{Host, Witness};
use crate::pull::Reading;
use crate::{Engine, clock, steps};

/// First and longest pause between two looks.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

impl Engine {
    /// What step 3 asks of the portal.
    ///
    /// # Errors
    ///
    /// `customer-unknown`, `step-missing`.
    pub async fn portal_step(&self, customer: &str) -> Result<PortalStep, Problem> {
        let customer = self.find(customer).await?;
        let cloud = cloud_of(&customer)?;
        Ok(PortalStep {
            needed: Source::get(customer.source).portal_authorisation,
            url: cloud.portal_for(&customer.tenant_id).to_string(),
            application_id: customer.client_id.clone().ok_or_else(|| steps::missing(Step::Register))?,
            tenant_id: customer.home_tenant.clone(),
        })
    }

    /// Watches until the alert source answers. Dropping the future stops watching.
    ///
    /// # Errors
    ///
    /// `step-missing`, `authorisation-pending` when the time is over, and everything that the API says.
    pub async fn authorise(
        &self,
        request: AuthorisationRequest,
        host: &dyn Host,
    ) -> Result<AuthorisationResult, Problem> {
        let customer = self.find(&request.customer).await?;
        if customer.consent.is_none() {
            return Err(steps::missing(Step::Consent));
        }
        let result =
            self.watch(customer.clone(), Duration::from_secs(request.wait_seconds.into()), host).await;
        self.journalled("authorise", &customer, result).await
    }

    async fn watch(
        &self,
        mut customer: Customer,
        wait: Duration,
        host: &dyn Host,
    ) -> Result<AuthorisationResult, Problem> {
        let needs_portal = Source::get(customer.source).portal_authorisation;
        let access = Access::granted(self, &customer).await?;
        let tokens = CustomerTokens::new(self, &customer, &access);
        let mut witness = Witness::new(host);
        let started = tokio::time::Instant::now();
        let until = clock::now() + wait;
        let mut pause = FIRST_PAUSE;
        let mut attempts = 0;
        loop {
            attempts += 1;
            witness.checking(EvidenceKey::ApiAnswers);
            let query = PullQuery { limit: Some(1), ..PullQuery::default() };
            match Reading::of(&customer, &access)?.run(query, &tokens, &mut |_| Ok(()), host).await {
                Ok(_) => break,
                Err(problem) => {
                    let waiting = needs_portal
                        && matches!(problem.code, ProblemCode::ApiDenied | ProblemCode::AuthorisationPending);
                    let over = started.elapsed() + pause > wait;
                    if waiting && over {
                        let pending = Problem::new(ProblemCode::AuthorisationPending);
                        return Err(Problem {
                            microsoft: problem.microsoft,
                            details: problem.details,
                            ..pending
                        });
                    }
                    if over || !(waiting || passes(problem.code)) {
                        return Err(witness.failed_by(EvidenceKey::ApiAnswers, problem));
                    }
                }
            }
            host.progress(Progress::Waiting { waiting_for: WaitingFor::Authorisation, until, attempts });
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        let host_name = access.cloud_host(customer.source, customer.region);
        witness.proven(EvidenceKey::ApiAnswers, &[("host", &host_name)]);
        customer.authorised_at = Some(clock::now());
        self.store(&customer).await?;
        Ok(AuthorisationResult { customer: self.view_of(customer).await?, evidence: witness.into_evidence() })
    }
}

/// Whether trouble goes by itself: whoever watches for minutes watches on.
fn passes(code: ProblemCode) -> bool {
    matches!(
        code,
        ProblemCode::Throttled
            | ProblemCode::MicrosoftUnavailable
            | ProblemCode::TimedOut
            | ProblemCode::ConnectionCut
    )
}
