//! Step 2 in other hands: a packet for the customer's admin, who agrees at another place and time.
//!
//! The packet is a link and what the admin should know; it holds no secret and may be sent by mail. Its answer is a
//! `state` that only this vault knows the question to, so that it can be pasted days later, after any number of
//! restarts; where the app signs in for itself, a token proves the consent without any answer. The invariants: what the
//! browser of the admin says is believed no further than a token confirms; the tenant is compared before anything is
//! stored.

use std::time::Duration;

use catalog::{GrantKind, Source};
use entra::{Answer, Attempt, Authority, CallbackFault, EntraError, SignIn, StateFault};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use tokio::time::Instant;
use url::Url;
use vault::{Customer, HandoffRecord};

use crate::consent::{Flow, Obtained, Outcome};
use crate::contract::{
    Evidence, EvidenceKey, EvidenceState, HandoffPacket, HandoffRequest, HandoffView, Problem, ProblemCode,
    Progress, Step, WaitingFor,
};
use crate::engine::cloud_of;
use crate::host::{Host, Witness};
use crate::paste::Pastes;
use crate::registration::{self, REDIRECT_URI};
use crate::{Engine, clock, problems, qr, steps};

/// Until when the answer to a packet is taken.
const LIFETIME: SignedDuration = SignedDuration::from_hours(24 * 30);
/// How often is looked whether the admin has agreed.
const LOOK: Duration = Duration::from_mins(1);

impl Engine {
    /// The packet for the customer's admin: the one that waits for its answer, or a new one.
    ///
    /// # Errors
    ///
    /// `customer-unknown`, `step-missing`.
    pub async fn handoff(&self, request: HandoffRequest) -> Result<HandoffPacket, Problem> {
        let mut customer = self.find(&request.customer).await?;
        let waiting = pending(&customer, clock::now()).filter(|_| !request.anew).cloned();
        if let Some(record) = waiting {
            return packet(&customer, &record);
        }
        let record = make(&customer, clock::now())?;
        customer.handoff = Some(record.clone());
        self.store(&customer).await?;
        self.record("handoff-made", &customer.id, "done").await?;
        packet(&customer, &record)
    }

    /// The packet whose answer is awaited; a new one where there is none.
    pub(crate) async fn awaited_handoff(&self, customer: &Customer) -> Result<HandoffRecord, Problem> {
        if let Some(record) = pending(customer, clock::now()) {
            return Ok(record.clone());
        }
        self.handoff(HandoffRequest { customer: customer.id.clone(), anew: false }).await?;
        let customer = self.find(&customer.id).await?;
        customer.handoff.ok_or_else(|| Problem::new(ProblemCode::HandoffPending))
    }
}

/// Where a packet stands.
pub(crate) fn view(record: &HandoffRecord) -> HandoffView {
    HandoffView { made: record.made, until: record.until, agreed_at: record.agreed_at }
}

fn pending(customer: &Customer, now: Timestamp) -> Option<&HandoffRecord> {
    customer.handoff.as_ref().filter(|record| record.until > now)
}

fn make(customer: &Customer, now: Timestamp) -> Result<HandoffRecord, Problem> {
    let client_id = customer.client_id.as_deref().ok_or_else(|| steps::missing(Step::Register))?;
    let cloud = cloud_of(customer)?;
    let authority = Authority::new(cloud.login.clone(), customer.tenant_id.clone());
    let audience = Source::get(customer.source).audience(&cloud, customer.grant);
    let redirect_uri = customer.redirect_uri.clone().unwrap_or_else(|| REDIRECT_URI.to_owned());
    let attempt = Attempt::begin(Attempt::LIFETIME)
        .map_err(|error| Problem::new(ProblemCode::Internal).with("reason", error.to_string()))?;
    let sign_in = SignIn {
        authority: &authority,
        client_id,
        redirect_uri: &redirect_uri,
        audience: &audience,
        login_hint: None,
    };
    let link = entra::admin_consent_address(&sign_in, &attempt).map_err(problems::of_redirect)?;
    Ok(HandoffRecord { made: now, until: now + LIFETIME, link: link.into(), redirect_uri, agreed_at: None })
}

fn packet(customer: &Customer, record: &HandoffRecord) -> Result<HandoffPacket, Problem> {
    let host = Url::parse(&record.link).ok().and_then(|url| url.host_str().map(str::to_owned));
    Ok(HandoffPacket {
        link: record.link.clone(),
        host: host.unwrap_or_default(),
        qr: qr::draw(&record.link)?,
        customer: customer.name.clone(),
        tenant_id: customer.tenant_id.clone(),
        tenant_domain: customer.tenant_domain.clone(),
        app_name: registration::app_name(customer),
        client_id: customer.client_id.clone().unwrap_or_default(),
        permissions: registration::permissions(customer),
        sign_in_follows: customer.grant == GrantKind::RefreshToken,
        state: view(record),
    })
}

/// The attempt that the packet began, as far as it was kept.
fn resumed(record: &HandoffRecord, now: Timestamp) -> Result<Attempt, CallbackFault> {
    let link = Url::parse(&record.link).map_err(|_| CallbackFault::NoState)?;
    let state = link.query_pairs().find(|(name, _)| name == "state").ok_or(CallbackFault::NoState)?.1;
    let left = Duration::try_from(record.until.duration_since(now))
        .map_err(|_| CallbackFault::State(StateFault::Expired))?;
    // Without random bytes there is no attempt, and so none that this could answer.
    Attempt::resume(SecretString::from(state.into_owned()), left)
        .map_err(|_| CallbackFault::State(StateFault::Wrong))
}

/// What a pasted address says about the packet.
fn read(address: &str, record: &HandoffRecord, now: Timestamp) -> Result<Answer, CallbackFault> {
    let mut attempt = resumed(record, now)?;
    match entra::answer_from_address(address, &record.redirect_uri, &mut attempt)? {
        // The link asks for no code, and none could be redeemed.
        Answer::Code(_) => Err(CallbackFault::NoAnswer),
        answer @ (Answer::AdminConsent { .. } | Answer::Refused(_)) => Ok(answer),
    }
}

/// Nobody is told of a look that found nothing.
struct Quiet;

impl Host for Quiet {
    fn open_browser(
        &self,
        _: &str,
        _: &crate::contract::BrowserChoice,
    ) -> Result<crate::browser::Opened, Problem> {
        Err(Problem::new(ProblemCode::NoBrowser))
    }

    fn progress(&self, _: Progress) {}
}

impl Flow<'_> {
    /// Waits until the admin's answer is pasted, or a token proves that they agreed.
    pub(crate) async fn handed_over(
        &self,
        record: &HandoffRecord,
        mut pastes: Pastes,
        host: &dyn Host,
        witness: &mut Witness<'_>,
    ) -> Result<Outcome, Problem> {
        if record.agreed_at.is_some() {
            witness.proven(EvidenceKey::AdminAgreed, &[]);
            return Ok(Outcome::Agreed);
        }
        let wait = Duration::from_secs(self.request.timeout_seconds.into());
        let deadline = Instant::now() + wait;
        let now = clock::now();
        let until = SignedDuration::try_from(wait).map_or(record.until, |wait| record.until.min(now + wait));
        host.progress(Progress::SignIn { url: record.link.clone(), expires: record.until });
        witness.note(Evidence::new(EvidenceKey::AdminAgreed, EvidenceState::Person));
        let mut attempts = 0;
        loop {
            attempts += 1;
            if let Some(obtained) = self.look(attempts, witness).await? {
                return Ok(Outcome::Access(obtained));
            }
            host.progress(Progress::Waiting { waiting_for: WaitingFor::AdminConsent, until, attempts });
            let next = deadline.min(Instant::now() + LOOK);
            let pasted = tokio::select! {
                biased;
                pasted = pastes.next() => pasted,
                () = tokio::time::sleep_until(next) => {
                    if Instant::now() >= deadline {
                        return Err(Problem::new(ProblemCode::HandoffPending));
                    }
                    continue;
                }
            };
            match read(&pasted.address, record, clock::now()) {
                Ok(answer) => {
                    let _ = pasted.verdict.send(Ok(()));
                    return self.answered(answer, witness).await;
                }
                Err(fault) => {
                    let _ = pasted.verdict.send(Err(problems::of_callback(fault)));
                }
            }
        }
    }

    /// What the admin's browser said, as far as it can be confirmed.
    async fn answered(&self, answer: Answer, witness: &mut Witness<'_>) -> Result<Outcome, Problem> {
        witness.proven(EvidenceKey::SignInReturned, &[("state", "matches")]);
        match answer {
            Answer::Refused(refusal) => Err(self.access.problem(&EntraError::Refused(refusal))),
            Answer::Code(_) => Err(problems::of_callback(CallbackFault::NoAnswer)),
            Answer::AdminConsent { tenant } => {
                self.claimed_tenant(tenant.as_deref(), witness)?;
                witness.proven(EvidenceKey::AdminAgreed, &[("proof", "answer")]);
                match self.customer.grant {
                    GrantKind::AppOnly => self.app_only(witness).await.map(Outcome::Access),
                    GrantKind::RefreshToken => Ok(Outcome::Agreed),
                }
            }
        }
    }

    /// Looks whether the app can sign in for itself already. Not yet is no failure, nor is a network that comes and goes
    /// during a long wait.
    async fn look(&self, attempt: u32, witness: &mut Witness<'_>) -> Result<Option<Obtained>, Problem> {
        const NETWORK: u8 = 5;
        if self.customer.grant != GrantKind::AppOnly {
            return Ok(None);
        }
        let mut scratch = Witness::new(&Quiet);
        match self.app_token(&mut scratch).await {
            Ok(granted) => {
                scratch.into_evidence().into_iter().for_each(|evidence| witness.note(evidence));
                witness.proven(EvidenceKey::AdminAgreed, &[("proof", "token")]);
                Ok(Some(Obtained::of_the_app(granted)))
            }
            Err(problem) if Flow::is_spreading(&problem) => Ok(None),
            Err(problem) if attempt > 1 && problem.code.exit_status() == NETWORK => Ok(None),
            Err(problem) => Err(problem),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REDIRECT: &str = "http://localhost/SiemMsspConnector";

    fn record() -> HandoffRecord {
        let made: Timestamp = "2026-11-16T09:00:00Z".parse().unwrap();
        HandoffRecord {
            made,
            until: made + LIFETIME,
            link: "https://login.example/t/v2.0/adminconsent?client_id=a&state=the-state".to_owned(),
            redirect_uri: REDIRECT.to_owned(),
            agreed_at: None,
        }
    }

    fn after(days: i64) -> Timestamp {
        record().made + SignedDuration::from_hours(24 * days)
    }

    #[test]
    fn what_was_asked_on_monday_can_be_answered_on_thursday() {
        let address = format!("{REDIRECT}?admin_consent=True&tenant=contoso.example&state=the-state");
        assert!(matches!(read(&address, &record(), after(3)), Ok(Answer::AdminConsent { .. })));
        assert_eq!(
            read(&address, &record(), after(31)).unwrap_err(),
            CallbackFault::State(StateFault::Expired)
        );
    }

    #[test]
    fn only_the_answer_to_this_packet_counts() {
        for (query, fault) in [
            ("admin_consent=True&state=another", CallbackFault::State(StateFault::Wrong)),
            ("admin_consent=True", CallbackFault::NoState),
            ("code=x&state=the-state", CallbackFault::NoAnswer),
        ] {
            assert_eq!(
                read(&format!("{REDIRECT}?{query}"), &record(), after(1)).unwrap_err(),
                fault,
                "{query}"
            );
        }
    }
}
