//! Step 2: consent. A person signs in and agrees; the answer is caught, redeemed, compared, and only then stored.
//!
//! The invariant: nothing is stored before the tenant was compared with the expected one.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use catalog::{Audience, GrantKind, Source};
use entra::{
    AccessClaims, Answer, Attempt, Belonging, Catcher, CatcherEvent, Discovery, EntraError, Expectation,
    Identity, IdentityFault, Leg, RedirectUri, Refusal, SignIn, SigningKeys, TenantName, TokenSet,
};
use jiff::Timestamp;
use secrecy::ExposeSecret as _;
use url::Url;
use vault::{ConsentRecord, Customer, SecretKind};

use crate::access::{self, Access};
use crate::contract::{
    self, ConsentRequest, ConsentResult, Evidence, EvidenceKey, EvidenceState, Notice, Problem, ProblemCode,
    Progress, Step, WaitingFor,
};
use crate::host::{Host, Witness};
use crate::paste::Pastes;
use crate::sign_in_window::{PageRules, SignInWindow, WindowEvent};
use crate::{Engine, clock, problems, reasons, redirect_doctor, steps};

/// A refresh token that is not used dies after 90 days (Entra's default, `refresh-tokens.md`).
const UNUSED_DAYS: i64 = 90;
/// Longest wait that makes sense: the state of an attempt lives no longer.
const LONGEST_WAIT: Duration = Duration::from_mins(10);
/// The attempt outlives the wait by this, so that it is always the wait that ends.
const GRACE: Duration = Duration::from_secs(5);
/// For how long nothing may arrive before another way is offered.
const SILENCE: Duration = Duration::from_mins(1);
/// Connections are used again before servers and proxies on the way close them, which they do after a minute or two.
const IDLE: Duration = Duration::from_secs(45);
/// A refresh token that lives shorter than this is a single-page app's: 24 hours, whatever is done with it.
const SHORT: Duration = Duration::from_hours(48);
/// Pauses between looks for a consent that has not spread through Entra yet.
const SPREADING: [u64; 4] = [1, 2, 4, 8];

/// How step 2 came out, before it is stored.
pub(crate) enum Outcome {
    /// Access is had.
    Access(Obtained),
    /// An administrator agreed; a person still has to sign in.
    Agreed,
}

/// What a consent proved.
pub(crate) struct Obtained {
    account: Option<String>,
    granted: Vec<String>,
    refresh_token: Option<secrecy::SecretString>,
    /// How long the refresh token lives, where Entra says so.
    refresh_life: Option<Duration>,
}

impl Obtained {
    /// The app's own access, for which nobody signed in.
    pub(crate) fn of_the_app(granted: Vec<String>) -> Self {
        Self { account: None, granted, refresh_token: None, refresh_life: None }
    }

    /// What is to be sealed, and what is to be remembered.
    pub(crate) fn into_record(
        self,
        now: Timestamp,
        grant: GrantKind,
    ) -> (Option<secrecy::SecretString>, ConsentRecord) {
        let delegated = grant == GrantKind::RefreshToken;
        let ends = self.refresh_life.and_then(|life| now.checked_add(life).ok());
        let record = ConsentRecord {
            at: now,
            account: self.account,
            granted: self.granted,
            unused_until: delegated.then(|| ends.unwrap_or_else(|| in_days(now, UNUSED_DAYS))),
        };
        (self.refresh_token, record)
    }
}

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
        if request.catcher != contract::Catcher::Handoff {
            possible_wait(request.timeout_seconds)?;
        }
        let access = Access::of(self, &customer).await?;
        let mut witness = Witness::new(host);
        let flow = Flow { customer: &customer, access: &access, request: &request };
        let outcome = match request.catcher {
            contract::Catcher::Browser | contract::Catcher::Window | contract::Catcher::Paste => {
                flow.run(pastes, host, &mut witness).await.map(Outcome::Access)?
            }
            contract::Catcher::Handoff => {
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
        let delegated = customer.grant == GrantKind::RefreshToken;
        let life = obtained.refresh_life;
        let ends = life.and_then(|life| now.checked_add(life).ok());
        let (refresh_token, record) = obtained.into_record(now, customer.grant);
        if let Some(refresh_token) = refresh_token {
            access::seal(self, &customer, SecretKind::RefreshToken, refresh_token).await?;
        }
        steps::reset_after(&mut customer, Step::Consent);
        customer.consent = Some(record);
        customer.handoff = None;
        self.store(&customer).await?;
        match ends.filter(|_| life.is_some_and(|life| life < SHORT)) {
            Some(ends) if delegated => {
                let short = Evidence::new(EvidenceKey::SignInSealed, EvidenceState::Warning);
                witness.note(short.fact("unused-until", ends.to_string()).fact("finding", "platform-spa"));
            }
            Some(_) | None if delegated => witness.proven(EvidenceKey::SignInSealed, &[]),
            Some(_) | None => {}
        }
        Ok(customer)
    }
}

/// One sign-in, from the address to the compared tokens.
pub(crate) struct Flow<'a> {
    pub(crate) customer: &'a Customer,
    pub(crate) access: &'a Access,
    pub(crate) request: &'a ConsentRequest,
}

/// Where an answer can come from.
struct Ways {
    catcher: Option<Catcher>,
    window: Option<SignInWindow>,
    pastes: Pastes,
}

/// What happens while an answer is awaited, told without flooding whoever listens.
struct Notices<'a> {
    host: &'a dyn Host,
    seen: Mutex<BTreeMap<(Notice, Option<&'static str>), u32>>,
}

impl<'a> Notices<'a> {
    fn new(host: &'a dyn Host) -> Self {
        Self { host, seen: Mutex::default() }
    }

    fn caught(&self, event: CatcherEvent) {
        match event {
            CatcherEvent::Contact => self.note(Notice::Contact, None),
            CatcherEvent::TlsSpoken => self.note(Notice::TlsSpoken, None),
            CatcherEvent::Http2Spoken => self.note(Notice::Http2Spoken, None),
            CatcherEvent::WebSocketAsked => self.note(Notice::WebSocketAsked, None),
            CatcherEvent::NotAnAnswer(fault) => self.note(Notice::NotAnAnswer, Some(fault.as_str())),
        }
    }

    fn note(&self, notice: Notice, reason: Option<&'static str>) {
        let times = {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            let times = seen.entry((notice, reason)).or_default();
            *times = times.saturating_add(1);
            *times
        };
        if times.is_power_of_two() {
            self.host.progress(Progress::Noticed { notice, reason: reason.map(str::to_owned), times });
        }
    }

    /// Says once that nothing arrives, when that is so.
    async fn tell_silence(&self) -> Infallible {
        tokio::time::sleep(SILENCE).await;
        let silent = self.seen.lock().unwrap_or_else(PoisonError::into_inner).is_empty();
        if silent {
            self.note(Notice::NothingArrives, None);
        }
        std::future::pending().await
    }
}

impl Flow<'_> {
    async fn run(
        &self,
        pastes: Pastes,
        host: &dyn Host,
        witness: &mut Witness<'_>,
    ) -> Result<Obtained, Problem> {
        let registered = RedirectUri::parse(&self.access.redirect_uri).map_err(problems::of_redirect)?;
        let Access { http, authority, .. } = self.access;
        let tenant =
            TenantName::parse(authority.tenant()).map_err(|fault| self.access.problem(&fault.into()))?;
        let discovery = entra::discover(http.entra(), authority.login(), &tenant)
            .await
            .map_err(|error| self.access.problem(&error))?;
        let catcher = match self.request.catcher {
            contract::Catcher::Browser => Some(listen(&registered, witness).await?),
            contract::Catcher::Window | contract::Catcher::Paste | contract::Catcher::Handoff => None,
        };
        let redirect_uri =
            catcher.as_ref().map_or(&registered, |catcher| catcher.redirect_uri()).as_str().to_owned();
        let wait = self.wait();
        let mut attempt = Attempt::begin(wait + GRACE)
            .map_err(|error| Problem::new(ProblemCode::Internal).with("reason", error.to_string()))?;
        let sign_in = self.sign_in_address(&attempt, &redirect_uri)?;
        let until = clock::now() + wait;
        host.progress(Progress::SignIn { url: sign_in.to_string(), expires: until });
        let mut ways = Ways { catcher, window: None, pastes };
        if self.request.catcher == contract::Catcher::Window {
            self.windows_trust(witness);
            let rules = PageRules::new(registered.url(), &self.access.cloud);
            ways.window = Some(SignInWindow::open(host, sign_in.clone(), rules)?);
        } else if self.request.open {
            host.open_browser(sign_in.as_str(), &self.request.browser.clone().unwrap_or_default())?;
            host.progress(Progress::BrowserOpened);
        }
        host.progress(Progress::Waiting { waiting_for: WaitingFor::SignIn, until, attempts: 0 });
        witness.checking(EvidenceKey::SignInReturned);

        let notices = Notices::new(host);
        let answer = async {
            tokio::select! {
                answer = self.answer(&mut ways, &mut attempt, (&redirect_uri, &sign_in), &notices) => answer,
                never = notices.tell_silence() => match never {},
                never = stay_connected(self.access, &tenant) => match never {},
            }
        };
        let answer = tokio::time::timeout(wait, answer).await.unwrap_or_else(|_| Err(timed_out(wait)))?;
        // The window has done its part; it need not be looked at while the code is redeemed.
        drop(ways.window);
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
                self.delegated(&discovery, &attempt, tokens, witness).await
            }
            Answer::AdminConsent { tenant } => {
                self.claimed_tenant(tenant.as_deref(), witness)?;
                self.app_only(witness).await
            }
        }
    }

    /// Refuses another tenant already by what the browser says. Only a GUID can be compared here; whatever it says, the
    /// app's token decides afterwards.
    pub(crate) fn claimed_tenant(
        &self,
        tenant: Option<&str>,
        witness: &mut Witness<'_>,
    ) -> Result<(), Problem> {
        match tenant.and_then(entra::guid) {
            Some(tenant) if !tenant.eq_ignore_ascii_case(&self.customer.tenant_id) => {
                witness.failed(EvidenceKey::TenantMatches, &[("actual", &tenant)]);
                Err(self.wrong_tenant(&tenant))
            }
            Some(_) | None => Ok(()),
        }
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

    /// The web engine of a window trusts what the operating system trusts. Authorities that were added to this product
    /// are not known there, so pages that need them will not load.
    fn windows_trust(&self, witness: &mut Witness<'_>) {
        if self.access.adds_authorities {
            let ready = Evidence::new(EvidenceKey::CatcherReady, EvidenceState::Warning);
            witness.note(ready.fact("finding", "window-trusts-system-only"));
        } else {
            witness.proven(EvidenceKey::CatcherReady, &[]);
        }
    }

    /// Whatever comes first: the redirect on the loopback or in the window, or a pasted address that holds.
    async fn answer(
        &self,
        ways: &mut Ways,
        attempt: &mut Attempt,
        (redirect_uri, sign_in): (&str, &Url),
        notices: &Notices<'_>,
    ) -> Result<Answer, Problem> {
        let Ways { catcher, window, pastes } = ways;
        loop {
            let caught = async {
                match &mut *catcher {
                    Some(catcher) => catcher.wait(attempt, sign_in, &mut |event| notices.caught(event)).await,
                    None => std::future::pending().await,
                }
            };
            let shown = async {
                match &mut *window {
                    Some(window) => window.next().await,
                    None => std::future::pending().await,
                }
            };
            // A paste interrupts the wait only for as long as it takes to look at it.
            let pasted = tokio::select! {
                answer = caught => return answer.map_err(|error| problems::of_catcher(&error)),
                event = shown => {
                    match of_window(event, redirect_uri, attempt, notices)? {
                        Some(answer) => return Ok(answer),
                        None => continue,
                    }
                }
                pasted = pastes.next() => pasted,
            };
            match entra::answer_from_address(&pasted.address, redirect_uri, attempt) {
                Ok(answer) => {
                    let _ = pasted.verdict.send(Ok(()));
                    return Ok(answer);
                }
                Err(fault) => {
                    // A page that refuses does not lead back. What it says ends the attempt, but proves nothing of it.
                    if let Some(refusal) = told_on_the_page(&pasted.address) {
                        let _ = pasted.verdict.send(Ok(()));
                        return Err(self.access.problem(&EntraError::Refused(Box::new(refusal))));
                    }
                    let _ = pasted.verdict.send(Err(problems::of_callback(fault)));
                }
            }
        }
    }

    /// A person signed in: the identity token says who, and to which tenant.
    async fn delegated(
        &self,
        discovery: &Discovery,
        attempt: &Attempt,
        tokens: TokenSet,
        witness: &mut Witness<'_>,
    ) -> Result<Obtained, Problem> {
        let keys = entra::fetch_keys(self.access.http.entra(), discovery)
            .await
            .map_err(|error| self.access.problem(&error))?;
        let mut issuers = self.access.cloud.issuers(&self.customer.tenant_id);
        issuers.push(discovery.issuer.clone());
        let expected = Expectation {
            client_id: &self.access.client_id,
            tenant_id: &self.customer.tenant_id,
            issuers: &issuers,
            nonce: attempt.nonce(),
            now: clock::now(),
        };
        let (identity, tokens) = match self.identified(tokens, &keys, &expected).await {
            Ok(both) => both,
            Err(error) => {
                let problem = self.access.problem(&error);
                let actual = problem.params.get("actual").cloned().unwrap_or_default();
                witness.failed(EvidenceKey::TenantMatches, &[("actual", &actual)]);
                return Err(problem);
            }
        };
        witness.proven(
            EvidenceKey::TenantMatches,
            &[("expected", &self.customer.tenant_id), ("actual", &identity.tenant_id)],
        );
        account(&identity, &tokens, witness);
        let granted = self.granted(&tokens, witness)?;
        let refresh_life = tokens.refresh_expires_in;
        let Some(refresh_token) = tokens.refresh_token else {
            witness.failed(EvidenceKey::SignInSealed, &[("finding", "no-refresh-token")]);
            return Err(Problem::new(ProblemCode::NoRefreshToken));
        };
        Ok(Obtained { account: identity.user, granted, refresh_token: Some(refresh_token), refresh_life })
    }

    /// Who signed in. The version 1 endpoint may answer a code with an unsigned id token, or with none: then the
    /// refresh token is used at the version 2 endpoint, for no resource, whose id token is signed.
    async fn identified(
        &self,
        tokens: TokenSet,
        keys: &SigningKeys,
        expected: &Expectation<'_>,
    ) -> Result<(Identity, TokenSet), EntraError> {
        let refused = match entra::verify(tokens.id_token.as_ref(), keys, expected) {
            Ok(identity) => return Ok((identity, tokens)),
            Err(refused) => refused,
        };
        let unsigned = matches!(
            refused,
            EntraError::IdentityRefused { reason: IdentityFault::Unsigned | IdentityFault::Missing }
        );
        let (true, Audience::Resource(_), Some(lasting)) =
            (unsigned, &self.access.audience, &tokens.refresh_token)
        else {
            return Err(refused);
        };
        let Access { http, authority, .. } = self.access;
        let nothing = Audience::Scopes(Vec::new());
        let renewed =
            entra::refresh(http.entra(), authority, self.access.registration(), &nothing, lasting).await?;
        let identity = entra::verify_renewed(renewed.id_token.as_ref(), keys, expected)?;
        let refresh_token = renewed.refresh_token.or(tokens.refresh_token);
        Ok((identity, TokenSet { refresh_token, ..tokens }))
    }

    /// A lasting sign-in that was obtained elsewhere: renewed, and compared as one of our own would be. Whose sign-in it
    /// was is known only by its answer, so there is no nonce to compare.
    pub(crate) async fn carried_over(
        &self,
        lasting: &secrecy::SecretString,
        witness: &mut Witness<'_>,
    ) -> Result<Obtained, Problem> {
        let Access { http, authority, audience, .. } = self.access;
        let http = http.entra();
        let told = |error: EntraError| self.access.problem(&error);
        let tenant = TenantName::parse(authority.tenant()).map_err(|fault| told(fault.into()))?;
        // All that can fail without Entra's refusal comes first: using the sign-in may be possible once only.
        let discovery = entra::discover(http, authority.login(), &tenant).await.map_err(told)?;
        let keys = entra::fetch_keys(http, &discovery).await.map_err(told)?;
        let mut issuers = self.access.cloud.issuers(&self.customer.tenant_id);
        issuers.push(discovery.issuer.clone());
        let no_nonce = secrecy::SecretString::default();
        let expected = Expectation {
            client_id: &self.access.client_id,
            tenant_id: &self.customer.tenant_id,
            issuers: &issuers,
            nonce: &no_nonce,
            now: clock::now(),
        };
        let registration = self.access.registration();
        let tokens = entra::refresh(http, authority, registration, audience, lasting).await.map_err(told)?;
        let mut kept = tokens.refresh_token.clone().unwrap_or_else(|| lasting.clone());
        let identity = match entra::verify_carried_over(tokens.id_token.as_ref(), &keys, &expected) {
            Err(EntraError::IdentityRefused { reason: IdentityFault::Unsigned | IdentityFault::Missing }) => {
                // As for a sign-in of our own: version 2 says it with a signature.
                let nothing = Audience::Scopes(Vec::new());
                let renewed =
                    entra::refresh(http, authority, registration, &nothing, &kept).await.map_err(told)?;
                kept = renewed.refresh_token.unwrap_or(kept);
                entra::verify_carried_over(renewed.id_token.as_ref(), &keys, &expected)
            }
            other => other,
        };
        let identity = identity.map_err(|error| {
            let problem = told(error);
            let actual = problem.params.get("actual").cloned().unwrap_or_default();
            witness.failed(EvidenceKey::TenantMatches, &[("actual", &actual)]);
            problem
        })?;
        witness.proven(
            EvidenceKey::TenantMatches,
            &[("expected", &self.customer.tenant_id), ("actual", &identity.tenant_id)],
        );
        account(&identity, &tokens, witness);
        let granted = self.granted(&tokens, witness)?;
        let refresh_life = tokens.refresh_expires_in;
        Ok(Obtained { account: identity.user, granted, refresh_token: Some(kept), refresh_life })
    }

    /// An admin agreed: the app's own token is the proof, not the redirect. It may take Entra a moment to spread.
    pub(crate) async fn app_only(&self, witness: &mut Witness<'_>) -> Result<Obtained, Problem> {
        let mut pauses = SPREADING.into_iter();
        loop {
            let verdict = self.app_token(witness).await;
            let problem = match verdict {
                Ok(granted) => return Ok(Obtained::of_the_app(granted)),
                Err(problem) => problem,
            };
            match pauses.next() {
                Some(seconds) if Flow::is_spreading(&problem) => {
                    tokio::time::sleep(Duration::from_secs(seconds)).await;
                }
                _ => return Err(problem),
            }
        }
    }

    /// What Entra says before a consent is given, or has spread.
    pub(crate) fn is_spreading(problem: &Problem) -> bool {
        matches!(
            problem.code,
            ProblemCode::PermissionMissing | ProblemCode::AppNotInTenant | ProblemCode::AdminConsentNeeded
        )
    }

    pub(crate) async fn app_token(&self, witness: &mut Witness<'_>) -> Result<Vec<String>, Problem> {
        let Access { http, authority, audience, .. } = self.access;
        let tokens = entra::client_credentials(http.entra(), authority, self.access.registration(), audience)
            .await
            .map_err(|error| self.access.problem(&error))?;
        if let Some(tenant) = AccessClaims::read(&tokens.access_token).and_then(|claims| claims.tenant_id) {
            if !tenant.eq_ignore_ascii_case(&self.customer.tenant_id) {
                witness.failed(EvidenceKey::TenantMatches, &[("actual", &tenant)]);
                return Err(self.wrong_tenant(&tenant));
            }
            witness.proven(
                EvidenceKey::TenantMatches,
                &[("expected", &self.customer.tenant_id), ("actual", &tenant)],
            );
        }
        self.granted(&tokens, witness)
    }

    /// What the token really carries. A token that cannot be read is not judged: only its audience may look inside.
    fn granted(&self, tokens: &TokenSet, witness: &mut Witness<'_>) -> Result<Vec<String>, Problem> {
        let claims = AccessClaims::read(&tokens.access_token);
        let granted = match (claims, &tokens.scope) {
            (Some(claims), _) => [claims.scopes, claims.roles].concat(),
            (None, Some(scope)) => scope.split_whitespace().map(str::to_owned).collect(),
            (None, None) => return Ok(Vec::new()),
        };
        let facts = granted.join(" ");
        let short = |name: &str| name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
        if let Some(permission) = Source::get(self.customer.source).permission(self.customer.grant) {
            // Whoever may write may read, too.
            let wanted = [
                permission.to_ascii_lowercase(),
                permission.replace(".Read", ".ReadWrite").to_ascii_lowercase(),
            ];
            if !granted.iter().any(|name| wanted.contains(&short(name))) {
                witness.failed(EvidenceKey::PermissionsGranted, &[("granted", &facts)]);
                return Err(Problem::new(ProblemCode::PermissionMissing)
                    .with("permission", permission)
                    .with("granted", facts));
            }
        }
        witness.proven(EvidenceKey::PermissionsGranted, &[("granted", &facts)]);
        Ok(granted)
    }

    fn wrong_tenant(&self, actual: &str) -> Problem {
        Problem::new(ProblemCode::WrongTenant)
            .with("expected", self.customer.tenant_id.clone())
            .with("actual", actual)
    }
}

/// Keeps the connection to the sign-in host open while a person signs in, so that the code, which is worth something for
/// a moment only, waits for no name, no proxy and no handshake. What is asked is the document that everybody may read.
async fn stay_connected(access: &Access, tenant: &TenantName) -> Infallible {
    loop {
        tokio::time::sleep(IDLE).await;
        // Whatever is wrong now is told when it matters.
        let _ = entra::discover(access.http.entra(), access.authority.login(), tenant).await;
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

/// What is to be known of the account: a guest's sign-in is revoked elsewhere, and one without a second factor may not
/// last.
fn account(identity: &Identity, tokens: &TokenSet, witness: &mut Witness<'_>) {
    let name = identity.user.as_deref().unwrap_or_default();
    match identity.belonging() {
        Belonging::Member => {
            witness.proven(EvidenceKey::AccountKnown, &[("account", name), ("kind", "member")]);
        }
        Belonging::Guest { home } => {
            let mut facts = vec![("account", name), ("kind", "guest")];
            facts.extend(home.as_deref().map(|home| ("home", home)));
            witness.proven(EvidenceKey::AccountKnown, &facts);
        }
    }
    let claims = AccessClaims::read(&tokens.access_token).unwrap_or_default();
    let methods = if identity.methods.is_empty() { &claims.methods } else { &identity.methods };
    match identity.second_factor().or_else(|| claims.second_factor()) {
        Some(true) => witness.proven(EvidenceKey::SecondFactor, &[("methods", &methods.join(" "))]),
        Some(false) => {
            let single = Evidence::new(EvidenceKey::SecondFactor, EvidenceState::Warning);
            witness.note(single.fact("methods", methods.join(" ")));
        }
        None => {
            let unknown = Evidence::new(EvidenceKey::SecondFactor, EvidenceState::Warning);
            witness.note(unknown.fact("finding", "methods-not-told"));
        }
    }
}

/// What the window says: an answer, nothing yet, or the end. Its address is checked like any other callback.
fn of_window(
    event: WindowEvent,
    redirect_uri: &str,
    attempt: &mut Attempt,
    notices: &Notices<'_>,
) -> Result<Option<Answer>, Problem> {
    match event {
        WindowEvent::Back(address) => {
            match entra::answer_from_address(address.expose_secret(), redirect_uri, attempt) {
                Ok(answer) => return Ok(Some(answer)),
                Err(fault) => notices.caught(CatcherEvent::NotAnAnswer(fault)),
            }
        }
        WindowEvent::TurnedAway => notices.note(Notice::PageTurnedAway, None),
        WindowEvent::Untrusted { host, certificate } => {
            return Err(problems::of_window_trust(host, certificate.as_deref()));
        }
        WindowEvent::Unreachable { host } => {
            return Err(problems::of_window_reach(host));
        }
        WindowEvent::Closed => return Err(Problem::new(ProblemCode::Cancelled)),
    }
    Ok(None)
}

/// The refusal that a person copied from the sign-in page, in place of an address.
fn told_on_the_page(text: &str) -> Option<Refusal> {
    let is_address = text.trim_start().get(..4).is_some_and(|begin| begin.eq_ignore_ascii_case("http"));
    if is_address || !text.to_ascii_uppercase().contains("AADSTS") {
        return None;
    }
    Refusal::from_text(Leg::SignIn, text)
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

fn timed_out(wait: Duration) -> Problem {
    Problem::new(ProblemCode::ConsentTimedOut).with("minutes", wait.as_secs().div_ceil(60).to_string())
}

fn in_days(from: Timestamp, days: i64) -> Timestamp {
    from + jiff::SignedDuration::from_hours(24 * days)
}
