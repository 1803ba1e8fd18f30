//! What a consent proves: whose sign-in it is, of which tenant, and what was really granted.
//!
//! The invariant: an [`Obtained`] exists only after the tenant was compared with the expected one.

use std::time::Duration;

use catalog::{Audience, GrantKind, Source};
use entra::{
    AccessClaims, Belonging, Discovery, EntraError, Expectation, Identity, IdentityFault, SigningKeys,
    TokenSet,
};
use jiff::Timestamp;
use secrecy::SecretString;
use vault::ConsentRecord;

use super::Flow;
use crate::access::Access;
use crate::clock;
use crate::contract::{Evidence, EvidenceKey, EvidenceState, Problem, ProblemCode};
use crate::host::Witness;

/// A refresh token that is not used dies after 90 days (Entra's default, `refresh-tokens.md`).
const UNUSED_DAYS: i64 = 90;
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
    refresh_token: Option<SecretString>,
    /// How long the refresh token lives, where Entra says so.
    refresh_life: Option<Duration>,
}

impl Obtained {
    /// Whether the lasting sign-in ends soon, whatever is done with it.
    pub(super) fn is_short_lived(&self) -> bool {
        self.refresh_life.is_some_and(|life| life < SHORT)
    }

    /// The app's own access, for which nobody signed in.
    pub(crate) fn of_the_app(granted: Vec<String>) -> Self {
        Self { account: None, granted, refresh_token: None, refresh_life: None }
    }

    /// What is to be sealed, and what is to be remembered.
    pub(crate) fn into_record(
        self,
        now: Timestamp,
        grant: GrantKind,
    ) -> (Option<SecretString>, ConsentRecord) {
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

/// Who may speak for the customer's tenant, and the keys by which they are known.
pub(super) struct Speakers {
    issuers: Vec<String>,
    keys: SigningKeys,
}

impl Flow<'_> {
    /// Asks the tenant for its keys.
    pub(super) async fn speakers(&self, discovery: &Discovery) -> Result<Speakers, Problem> {
        let keys = entra::fetch_keys(self.access.http.entra(), discovery)
            .await
            .map_err(|error| self.access.problem(&error))?;
        Ok(Speakers { issuers: self.issuers(discovery), keys })
    }

    /// Who may speak for the customer's tenant: in both of Entra's versions, and as discovery says.
    pub(super) fn issuers(&self, discovery: &Discovery) -> Vec<String> {
        let mut issuers = self.access.cloud.issuers(&self.customer.tenant_id);
        issuers.push(discovery.issuer.clone());
        issuers
    }

    /// A lasting sign-in that was obtained elsewhere: renewed, and compared as one of our own would be. Whose sign-in it
    /// was is known only by its answer, so there is no nonce to compare.
    pub(crate) async fn carried_over(
        &self,
        lasting: &SecretString,
        witness: &mut Witness<'_>,
    ) -> Result<Obtained, Problem> {
        // All that can fail without Entra's refusal comes first: using the sign-in may be possible once only.
        let (_, discovery) = self.discover().await?;
        let speakers = self.speakers(&discovery).await?;
        let Access { http, authority, audience, .. } = self.access;
        let mut tokens =
            entra::refresh(http.entra(), authority, self.access.registration(), audience, lasting)
                .await
                .map_err(|error| self.access.problem(&error))?;
        tokens.refresh_token.get_or_insert_with(|| lasting.clone());
        self.signed_in(tokens, None, &speakers, witness).await
    }

    /// A person signed in: the identity token says who, and to which tenant. Without a nonce they did so elsewhere.
    pub(super) async fn signed_in(
        &self,
        tokens: TokenSet,
        nonce: Option<&SecretString>,
        speakers: &Speakers,
        witness: &mut Witness<'_>,
    ) -> Result<Obtained, Problem> {
        let expected = Expectation {
            client_id: &self.access.client_id,
            tenant_id: &self.customer.tenant_id,
            issuers: &speakers.issuers,
            nonce,
            now: clock::now(),
        };
        let (identity, tokens) =
            self.identified(tokens, &speakers.keys, &expected).await.map_err(|error| {
                let problem = self.access.problem(&error);
                let actual = problem.params.get("actual").cloned().unwrap_or_default();
                witness.failed(EvidenceKey::TenantMatches, &[("actual", &actual)]);
                problem
            })?;
        self.tenant_matches(&identity.tenant_id, witness);
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
            self.tenant_matches(&tenant, witness);
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

    fn tenant_matches(&self, actual: &str, witness: &mut Witness<'_>) {
        let facts = [("expected", self.customer.tenant_id.as_str()), ("actual", actual)];
        witness.proven(EvidenceKey::TenantMatches, &facts);
    }
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

fn in_days(from: Timestamp, days: i64) -> Timestamp {
    from + jiff::SignedDuration::from_hours(24 * days)
}
