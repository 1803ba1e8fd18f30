//! One sign-in, from the address that a person opens to what its answer proves.
//!
//! The invariant: the way back is ready before the address is told to anybody.

use std::time::Duration;

use catalog::GrantKind;
use entra::{Answer, Attempt, Catcher, Discovery, EntraError, Issuers, RedirectUri, SignIn, TenantName};
use url::Url;
use vault::Customer;

use super::proving::Obtained;
use super::waiting::{Notices, Ways, stay_connected};
use crate::access::Access;
use crate::browser::Opened;
use crate::contract::{
    self, ConsentRequest, Evidence, EvidenceKey, EvidenceState, Problem, ProblemCode, Progress, WaitingFor,
};
use crate::host::{Host, Witness};
use crate::paste::Pastes;
use crate::sign_in_window::{PageRules, SignInWindow, WindowWay};
use crate::{clock, problems, redirect_doctor};

/// The attempt outlives the wait by this, so that it is always the wait that ends.
const GRACE: Duration = Duration::from_secs(5);

/// One sign-in, from the address to the compared tokens.
pub(crate) struct Flow<'a> {
    pub(crate) customer: &'a Customer,
    pub(crate) access: &'a Access,
    pub(crate) request: &'a ConsentRequest,
}

impl Flow<'_> {
    /// Runs it to its end.
    pub(super) async fn run(
        &self,
        pastes: Pastes,
        host: &dyn Host,
        witness: &mut Witness<'_>,
    ) -> Result<Obtained, Problem> {
        let registered = RedirectUri::parse(&self.access.redirect_uri).map_err(problems::of_redirect)?;
        let (tenant, discovery) = self.discover().await?;
        let catcher = match self.request.catcher {
            contract::Catcher::Browser => Some(listen(&registered, witness).await?),
            contract::Catcher::Window | contract::Catcher::Paste | contract::Catcher::Handoff => None,
        };
        let redirect_uri =
            catcher.as_ref().map_or(&registered, |catcher| catcher.redirect_uri()).as_str().to_owned();
        let wait = self.wait();
        let mut attempt = Attempt::begin(wait + GRACE)
            .map_err(|error| Problem::new(ProblemCode::Internal).with("reason", error.to_string()))?
            .asked_of(self.who_answers(&discovery));
        let sign_in = self.sign_in_address(&attempt, &redirect_uri)?;
        let until = clock::now() + wait;
        host.progress(Progress::SignIn { url: sign_in.to_string(), expires: until });
        let mut ways = Ways { catcher, window: None, pastes };
        let mut browser = Opened::default();
        let opens = self.request.open && self.request.catcher != contract::Catcher::Window;
        if self.request.catcher == contract::Catcher::Window {
            let way = WindowWay::of(self.access.http.route());
            self.window_ready(&way, witness);
            let rules = PageRules::new(registered.url(), &self.access.cloud);
            ways.window = Some(SignInWindow::open(host, sign_in.clone(), rules, way)?);
        } else if opens {
            browser =
                host.open_browser(sign_in.as_str(), &self.request.browser.clone().unwrap_or_default())?;
        }
        host.progress(Progress::Waiting { waiting_for: WaitingFor::SignIn, until, attempts: 0 });
        witness.checking(EvidenceKey::SignInReturned);

        let notices = Notices::new(host);
        let answer = async {
            tokio::select! {
                answer = ways.answer(self.access, &mut attempt, (&redirect_uri, &sign_in), &notices) => answer,
                problem = not_started(&mut browser, host), if opens => Err(problem),
                never = notices.tell_silence() => match never {},
                never = stay_connected(self.access, &tenant) => match never {},
            }
        };
        let answer = tokio::time::timeout(wait, answer).await.unwrap_or_else(|_| Err(timed_out(wait)))?;
        // Both have done their part; they need not be looked at while the code is redeemed.
        drop(ways.window);
        drop(browser);
        // The browser is still to fetch the clean page; redeeming the code does not wait for it.
        if let Some(catcher) = ways.catcher {
            tokio::spawn(catcher.farewell());
        }
        witness.proven(EvidenceKey::SignInReturned, &[("state", "matches")]);
        match answer {
            Answer::Refused(refusal) => Err(self.access.problem(&EntraError::Refused(refusal))),
            Answer::Code(code) => {
                let tokens = entra::redeem_code(
                    self.access.http.entra(),
                    &self.access.authority,
                    self.access.registration(),
                    &self.access.audience,
                    &code,
                    &redirect_uri,
                    &attempt,
                )
                .await
                .map_err(|error| self.access.problem(&error))?;
                let speakers = self.speakers(&discovery).await?;
                self.signed_in(tokens, Some(attempt.nonce()), &speakers, witness).await
            }
            Answer::AdminConsent { tenant } => {
                self.claimed_tenant(tenant.as_deref(), witness)?;
                self.app_only(witness).await
            }
        }
    }

    /// Looks the customer's tenant up.
    pub(super) async fn discover(&self) -> Result<(TenantName, Discovery), Problem> {
        let Access { http, authority, .. } = self.access;
        let told = |error: EntraError| self.access.problem(&error);
        let tenant = TenantName::parse(authority.tenant()).map_err(|fault| told(fault.into()))?;
        let discovery = entra::discover(http.entra(), authority.login(), &tenant).await.map_err(told)?;
        Ok((tenant, discovery))
    }

    /// Who may answer at the redirect URI. What discovery promises is about sign-ins: the page where an administrator
    /// agrees is no part of that protocol.
    fn who_answers(&self, discovery: &Discovery) -> Issuers {
        let always_told = discovery.tells_issuer && self.customer.grant == GrantKind::RefreshToken;
        Issuers { names: self.issuers(discovery), always_told }
    }

    fn wait(&self) -> Duration {
        Duration::from_secs(self.request.timeout_seconds.into())
    }

    fn sign_in_address(&self, attempt: &Attempt, redirect_uri: &str) -> Result<Url, Problem> {
        let Access { authority, client_id, audience, .. } = self.access;
        let sign_in = SignIn { authority, client_id, redirect_uri, audience, login_hint: None };
        let address = match self.customer.grant {
            GrantKind::RefreshToken => entra::sign_in_address(&sign_in, attempt),
            GrantKind::AppOnly => entra::admin_consent_address(&sign_in, attempt),
        };
        address.map_err(problems::of_redirect)
    }

    /// What is to be known of the window before it opens. Its web engine trusts what the operating system trusts:
    /// authorities that were added to this product are not known there, so pages that need them will not load. And it
    /// may not sign in to a proxy as the product does.
    fn window_ready(&self, way: &WindowWay, witness: &mut Witness<'_>) {
        let trust = self.access.adds_authorities.then_some("window-trusts-system-only");
        let findings: Vec<&str> = trust.into_iter().chain(way.lack()).collect();
        let state = if findings.is_empty() { EvidenceState::Proven } else { EvidenceState::Warning };
        let ready = Evidence::new(EvidenceKey::CatcherReady, state);
        witness.note(findings.into_iter().fold(ready, |ready, finding| ready.fact("finding", finding)));
    }
}

/// Says when the browser was started. It ends only where none could be.
async fn not_started(browser: &mut Opened, host: &dyn Host) -> Problem {
    match browser.started().await {
        Ok(()) => {
            host.progress(Progress::BrowserOpened);
            std::future::pending().await
        }
        Err(problem) => problem,
    }
}

/// Binds the listener and looks for what could keep the answer away from it.
async fn listen(registered: &RedirectUri, witness: &mut Witness<'_>) -> Result<Catcher, Problem> {
    let catcher = match Catcher::bind(registered).await {
        Ok(catcher) => catcher,
        Err(error) => {
            let problem = problems::of_catcher(&error);
            witness.failed(EvidenceKey::CatcherReady, &[("finding", error.as_str())]);
            return Err(problem);
        }
    };
    let findings = redirect_doctor::examine(&catcher).await;
    witness.note(redirect_doctor::evidence(&catcher, &findings));
    Ok(catcher)
}

fn timed_out(wait: Duration) -> Problem {
    let seconds = wait.as_secs();
    // The text has a sentence for each, and leaves out the one whose value is not there.
    let (unit, count) =
        if seconds.is_multiple_of(60) { ("minutes", seconds / 60) } else { ("seconds", seconds) };
    Problem::new(ProblemCode::ConsentTimedOut).with(unit, count.to_string())
}
