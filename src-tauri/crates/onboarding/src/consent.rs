//! Step 2: consent. A person signs in and agrees; the answer is caught, redeemed, compared, and only then stored.
//!
//! The invariant: nothing is stored before the tenant was compared with the expected one.

use std::time::Duration;

use catalog::{Audience, GrantKind, Source};
use entra::{
    AccessClaims, Answer, Attempt, Catcher, Discovery, EntraError, Expectation, Identity, IdentityFault,
    RedirectUri, SignIn, SigningKeys, TenantName, TokenSet,
};
use jiff::Timestamp;
use url::Url;
use vault::{ConsentRecord, Customer, SecretKind};

use crate::access::{self, Access};
use crate::contract::{
    self, ConsentRequest, ConsentResult, EvidenceKey, Problem, ProblemCode, Progress, Step, WaitingFor,
};
use crate::host::{Host, Witness};
use crate::paste::Pastes;
use crate::{Engine, clock, problems, steps};

/// A refresh token that is not used dies after 90 days (Entra's default, `refresh-tokens.md`).
const UNUSED_DAYS: i64 = 90;
/// Longest wait that makes sense: the state of an attempt lives no longer.
const LONGEST_WAIT: Duration = Duration::from_mins(10);
/// The attempt outlives the wait by this, so that it is always the wait that ends.
const GRACE: Duration = Duration::from_secs(5);
/// Pauses between looks for a consent that has not spread through Entra yet.
const SPREADING: [u64; 4] = [1, 2, 4, 8];

/// What a consent proved, before it is stored.
struct Outcome {
    account: Option<String>,
    granted: Vec<String>,
    refresh_token: Option<secrecy::SecretString>,
}

impl Engine {
    /// Runs step 2 to its end. Dropping the future cancels it and frees the port.
    ///
    /// # Errors
    ///
    /// `step-missing`, `port-unavailable`, `no-browser`, `consent-timed-out`, `consent-declined`, `wrong-tenant`,
    /// `token-invalid`, `no-refresh-token`, `permission-missing`, and everything that Entra and the network say.
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
        mut customer: Customer,
        request: ConsentRequest,
        pastes: Pastes,
        host: &dyn Host,
    ) -> Result<ConsentResult, Problem> {
        let access = Access::of(self, &customer).await?;
        let mut witness = Witness::new(host);
        let outcome = Flow { customer: &customer, access: &access, request: &request }
            .run(pastes, host, &mut witness)
            .await?;
        let now = clock::now();
        if let Some(refresh_token) = outcome.refresh_token {
            access::seal(self, &customer, SecretKind::RefreshToken, refresh_token).await?;
        }
        steps::reset_after(&mut customer, Step::Consent);
        customer.consent = Some(ConsentRecord {
            at: now,
            account: outcome.account,
            granted: outcome.granted,
            unused_until: match customer.grant {
                GrantKind::RefreshToken => Some(in_days(now, UNUSED_DAYS)),
                GrantKind::AppOnly => None,
            },
        });
        self.store(&customer).await?;
        if customer.grant == GrantKind::RefreshToken {
            witness.proven(EvidenceKey::SignInSealed, &[]);
        }
        Ok(ConsentResult { customer: self.view_of(customer).await?, evidence: witness.into_evidence() })
    }
}

/// One sign-in, from the address to the compared tokens.
struct Flow<'a> {
    customer: &'a Customer,
    access: &'a Access,
    request: &'a ConsentRequest,
}

impl Flow<'_> {
    async fn run(
        &self,
        mut pastes: Pastes,
        host: &dyn Host,
        witness: &mut Witness<'_>,
    ) -> Result<Outcome, Problem> {
        let registered = RedirectUri::parse(&self.access.redirect_uri).map_err(problems::of_redirect)?;
        let Access { http, authority, .. } = self.access;
        let tenant =
            TenantName::parse(authority.tenant()).map_err(|fault| self.access.problem(&fault.into()))?;
        let discovery = entra::discover(http, authority.login(), &tenant)
            .await
            .map_err(|error| self.access.problem(&error))?;
        let mut catcher = match self.request.catcher {
            contract::Catcher::Browser => {
                Some(Catcher::bind(&registered).await.map_err(|error| problems::of_catcher(&error))?)
            }
            contract::Catcher::Paste => None,
        };
        let redirect_uri =
            catcher.as_ref().map_or(&registered, |catcher| catcher.redirect_uri()).as_str().to_owned();
        if let Some(catcher) = &catcher {
            let port = catcher.port().to_string();
            witness.proven(EvidenceKey::CatcherReady, &[("host", "localhost"), ("port", &port)]);
        }
        let wait = self.wait();
        let mut attempt = Attempt::begin(wait + GRACE)
            .map_err(|error| Problem::new(ProblemCode::Internal).with("reason", error.to_string()))?;
        let sign_in = self.sign_in_address(&attempt, &redirect_uri)?;
        let until = clock::now() + wait;
        host.progress(Progress::SignIn { url: sign_in.to_string(), expires: until });
        if self.request.open {
            host.open_browser(sign_in.as_str())?;
            host.progress(Progress::BrowserOpened);
        }
        host.progress(Progress::Waiting { waiting_for: WaitingFor::SignIn, until, attempts: 0 });
        witness.checking(EvidenceKey::SignInReturned);

        let answer = self.answer(&mut catcher, &mut pastes, &mut attempt, &redirect_uri, &sign_in);
        let answer = tokio::time::timeout(wait, answer).await.unwrap_or_else(|_| Err(timed_out(wait)))?;
        // The browser is still to fetch the clean page; redeeming the code does not wait for it.
        if let Some(catcher) = catcher {
            tokio::spawn(catcher.farewell());
        }
        witness.proven(EvidenceKey::SignInReturned, &[("state", "matches")]);
        match answer {
            Answer::Refused(refusal) => Err(self.access.problem(&EntraError::Refused(refusal))),
            Answer::Code(code) => {
                let tokens = entra::redeem_code(
                    &self.access.http,
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
                // Only a GUID can be compared here; whatever the browser says, the app's token decides below.
                if let Some(tenant) = tenant.as_deref().and_then(entra::guid) {
                    if !tenant.eq_ignore_ascii_case(&self.customer.tenant_id) {
                        witness.failed(EvidenceKey::TenantMatches, &[("actual", &tenant)]);
                        return Err(self.wrong_tenant(&tenant));
                    }
                }
                self.app_only(witness).await
            }
        }
    }

    fn wait(&self) -> Duration {
        Duration::from_secs(self.request.timeout_seconds.into()).min(LONGEST_WAIT)
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

    /// Whatever comes first: the redirect on the loopback, or a pasted address that holds.
    async fn answer(
        &self,
        catcher: &mut Option<Catcher>,
        pastes: &mut Pastes,
        attempt: &mut Attempt,
        redirect_uri: &str,
        sign_in: &Url,
    ) -> Result<Answer, Problem> {
        loop {
            let caught = async {
                match &mut *catcher {
                    Some(catcher) => catcher.wait(attempt, sign_in, &mut |_| {}).await,
                    None => std::future::pending().await,
                }
            };
            // A paste interrupts the wait only for as long as it takes to look at it.
            let pasted = tokio::select! {
                answer = caught => return answer.map_err(|error| problems::of_catcher(&error)),
                pasted = pastes.next() => pasted,
            };
            match entra::answer_from_address(&pasted.address, redirect_uri, attempt) {
                Ok(answer) => {
                    let _ = pasted.verdict.send(Ok(()));
                    return Ok(answer);
                }
                Err(fault) => {
                    let refused =
                        Problem::new(ProblemCode::CallbackRefused).with("reason", fault.to_string());
                    let _ = pasted.verdict.send(Err(refused));
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
    ) -> Result<Outcome, Problem> {
        let keys = entra::fetch_keys(&self.access.http, discovery)
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
        let granted = self.granted(&tokens, witness)?;
        let refresh_token = tokens.refresh_token.ok_or_else(|| Problem::new(ProblemCode::NoRefreshToken))?;
        Ok(Outcome { account: identity.user, granted, refresh_token: Some(refresh_token) })
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
        let renewed = entra::refresh(http, authority, self.access.registration(), &nothing, lasting).await?;
        let identity = entra::verify_renewed(renewed.id_token.as_ref(), keys, expected)?;
        let refresh_token = renewed.refresh_token.or(tokens.refresh_token);
        Ok((identity, TokenSet { refresh_token, ..tokens }))
    }

    /// An admin agreed: the app's own token is the proof, not the redirect. It may take Entra a moment to spread.
    async fn app_only(&self, witness: &mut Witness<'_>) -> Result<Outcome, Problem> {
        let mut pauses = SPREADING.into_iter();
        loop {
            let verdict = self.app_token(witness).await;
            let problem = match verdict {
                Ok(granted) => return Ok(Outcome { account: None, granted, refresh_token: None }),
                Err(problem) => problem,
            };
            let spreading = matches!(
                problem.code,
                ProblemCode::PermissionMissing
                    | ProblemCode::AppNotInTenant
                    | ProblemCode::AdminConsentNeeded
            );
            match pauses.next() {
                Some(seconds) if spreading => tokio::time::sleep(Duration::from_secs(seconds)).await,
                _ => return Err(problem),
            }
        }
    }

    async fn app_token(&self, witness: &mut Witness<'_>) -> Result<Vec<String>, Problem> {
        let Access { http, authority, audience, .. } = self.access;
        let tokens = entra::client_credentials(http, authority, self.access.registration(), audience)
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

fn timed_out(wait: Duration) -> Problem {
    Problem::new(ProblemCode::ConsentTimedOut).with("minutes", wait.as_secs().div_ceil(60).to_string())
}

fn in_days(from: Timestamp, days: i64) -> Timestamp {
    from + jiff::SignedDuration::from_hours(24 * days)
}
