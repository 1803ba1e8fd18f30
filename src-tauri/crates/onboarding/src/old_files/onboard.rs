//! A customer from one old configuration: prepared like any other, its access tried and compared, then stored at once.
//!
//! The invariant: all of it is stored or nothing. Until the tenant was resolved and the old access compared with it, the
//! vault holds nothing; what Microsoft refused is never sealed.

use catalog::{Cloud, GrantKind};
use secrecy::SecretString;
use vault::{ConsentRecord, Customer, NewCustomer, SecretKind};

use super::Old;
use crate::access::Access;
use crate::consent::{Flow, Obtained};
use crate::contract::{
    AddCustomer, BrowserChoice, CarriedAccess, Catcher, ConsentRequest, Evidence, OldSecret, OnboardOldFiles,
    OnboardedOldFiles, Problem, ProblemCode, RegistrationInput, SecretInput,
};
use crate::customers::{Prepared, keep_registration};
use crate::host::{Host, Witness};
use crate::registration::Checked;
use crate::{Engine, clock};

/// What a person wants otherwise than the files have it.
pub(crate) type Wish = OnboardOldFiles;

/// A customer that was stored, and what became of its old access.
pub(crate) struct Carried {
    pub(crate) customer: Customer,
    pub(crate) access: CarriedAccess,
    pub(crate) problem: Option<Problem>,
    pub(crate) evidence: Vec<Evidence>,
    pub(crate) notes: Vec<String>,
}

/// What trying the old access brought.
enum Tried {
    Nothing,
    Proven(Box<Obtained>),
    Refused(Box<Problem>),
}

impl Engine {
    /// Onboards a customer from what [`Engine::inspect_old_files`] found. A lasting sign-in or app-only access that still
    /// holds proves consent; where Microsoft refuses it, the customer is there and consent is the next step. What the
    /// network or another tenant stands in the way of stores nothing.
    ///
    /// # Errors
    ///
    /// `old-files-gone`, `wrong-tenant`, `token-invalid`, and as [`Engine::add_customer`].
    pub async fn onboard_old_files(
        &self,
        request: OnboardOldFiles,
        host: &dyn Host,
    ) -> Result<OnboardedOldFiles, Problem> {
        let old = self.shelf().look(&request.handle, request.index)?;
        let carried = self.carry_over(&old, request, host).await?;
        let Carried { customer, access, problem, evidence, notes } = carried;
        Ok(OnboardedOldFiles { customer: self.view_of(customer).await?, access, problem, evidence, notes })
    }

    /// Everything but storing and trying the access: for a dry run.
    pub(crate) async fn prepare_carrying(&self, old: &Old, wish: Wish) -> Result<Prepared, Problem> {
        let prepared = self.prepare(request_of(old, wish)?).await?;
        self.require_free(&prepared.new.name).await?;
        Ok(prepared)
    }

    /// Onboards one.
    pub(crate) async fn carry_over(
        &self,
        old: &Old,
        wish: Wish,
        host: &dyn Host,
    ) -> Result<Carried, Problem> {
        let own_secret = wish.secret.is_some();
        // Before the old access is used: it may be good for one use only.
        let Prepared { new, cloud, mut checked } = self.prepare_carrying(old, wish).await?;
        let mut witness = Witness::new(host);
        let tried = self.try_access(old, &new, &cloud, checked.as_ref(), &mut witness).await?;
        let mut notes = Vec::new();
        let (access, problem, kept) = match tried {
            Tried::Nothing => (CarriedAccess::NothingToTry, None, None),
            Tried::Refused(problem) => {
                if matches!(problem.code, ProblemCode::SecretWrong | ProblemCode::SecretExpired) {
                    if let Some(checked) = &mut checked {
                        checked.secret = None;
                    }
                }
                (CarriedAccess::Refused, Some(*problem), None)
            }
            Tried::Proven(obtained) => {
                (CarriedAccess::Proven, None, Some(obtained.into_record(clock::now(), new.grant)))
            }
        };
        let secret_kept = checked.as_ref().is_some_and(|checked| checked.secret.is_some());
        if kept.as_ref().is_some_and(|(token, _)| token.is_some()) {
            notes.push("old-siem-holds-sign-in");
        }
        if old.view.secret == OldSecret::Present {
            notes.push("old-files-hold-secret");
        }
        if !secret_kept && !own_secret && old.view.secret != OldSecret::Absent {
            notes.push("secret-not-taken");
        }
        if !old.view.settings.is_empty() {
            notes.push("settings-to-enter-again");
        }
        if !old.view.machine_groups.is_empty() {
            notes.push("machine-groups-not-carried");
        }
        let refused = problem.as_ref().map(|problem| problem.code.as_str());
        let customer = self.store_carried(new, checked, kept, refused).await?;
        tracing::info!(customer = %customer.id, access = access.as_str(), "a customer was onboarded from old files");
        let notes = notes.into_iter().map(str::to_owned).collect();
        Ok(Carried { customer, access, problem, evidence: witness.into_evidence(), notes })
    }

    async fn store_carried(
        &self,
        new: NewCustomer,
        checked: Option<Checked>,
        kept: Option<(Option<SecretString>, ConsentRecord)>,
        refused: Option<&'static str>,
    ) -> Result<Customer, Problem> {
        let now = clock::now();
        self.all_or_nothing(move |vault| {
            let customer = vault.add(new)?;
            vault.record(now, "customer-imported", Some(&customer.id), "done")?;
            let mut customer = keep_registration(vault, customer, checked)?;
            if let Some((token, record)) = kept {
                if let Some(token) = token {
                    vault.put_secret(&customer.id, SecretKind::RefreshToken, &token)?;
                }
                customer.consent = Some(record);
                vault.update(&customer)?;
                vault.record(now, "consent", Some(&customer.id), "done")?;
            } else if let Some(code) = refused {
                vault.record(now, "consent", Some(&customer.id), code)?;
            }
            Ok(customer)
        })
        .await
    }

    async fn require_free(&self, name: &str) -> Result<(), Problem> {
        let wanted = name.to_owned();
        match self.with_vault(move |vault| vault.find(&wanted)).await? {
            Some(_) => Err(Problem::new(ProblemCode::CustomerExists).with("customer", name)),
            None => Ok(()),
        }
    }

    /// Uses what the files hold, as the customer will. Only Microsoft's refusal is an outcome; all else is a failure.
    async fn try_access(
        &self,
        old: &Old,
        new: &NewCustomer,
        cloud: &Cloud,
        checked: Option<&Checked>,
        witness: &mut Witness<'_>,
    ) -> Result<Tried, Problem> {
        let Some((checked, secret)) = checked.and_then(|checked| Some((checked, checked.secret.clone()?)))
        else {
            return Ok(Tried::Nothing);
        };
        let lasting = match (new.grant, &old.refresh_token) {
            (GrantKind::RefreshToken, None) => return Ok(Tried::Nothing),
            (GrantKind::RefreshToken, Some(lasting)) => Some(lasting),
            (GrantKind::AppOnly, _) => None,
        };
        let customer = draft(new, checked);
        let access = Access::with_secret(self, &customer, cloud.clone(), secret).await?;
        let request = nobody_signs_in();
        let flow = Flow { customer: &customer, access: &access, request: &request };
        let outcome = match lasting {
            Some(lasting) => flow.carried_over(lasting, witness).await,
            None => flow.app_token(witness).await.map(Obtained::of_the_app),
        };
        match outcome {
            Ok(obtained) => Ok(Tried::Proven(Box::new(obtained))),
            Err(problem) if is_an_answer(&problem) => Ok(Tried::Refused(Box::new(problem))),
            Err(problem) => Err(problem),
        }
    }
}

/// What Microsoft refuses leads to the step that cures it. Another tenant, a forged token and trouble on the way do not.
fn is_an_answer(problem: &Problem) -> bool {
    const REFUSED: u8 = 4;
    let hard = matches!(problem.code, ProblemCode::WrongTenant | ProblemCode::TokenInvalid);
    let a_person = matches!(
        problem.code,
        ProblemCode::AdminConsentNeeded | ProblemCode::ConsentDeclined | ProblemCode::AuthorisationPending
    );
    !hard && (a_person || problem.code.exit_status() == REFUSED)
}

/// The request to add the customer: what is wished, else what the files say.
fn request_of(old: &Old, wish: Wish) -> Result<AddCustomer, Problem> {
    let view = &old.view;
    let missing = |field: &str| {
        Problem::new(ProblemCode::InvalidInput).with("field", field).with("reason", "old-files-lack-value")
    };
    let source = wish.source.or_else(|| view.source_told.then_some(view.source));
    let grant = wish.grant.unwrap_or(view.grant);
    let fits = |connector: &connectors::ConnectorId| {
        source.is_none_or(|source| connectors::carries(*connector, source, grant).is_ok())
    };
    let client_id = wish.client_id.clone().or_else(|| view.client_id.clone());
    let same_app =
        wish.client_id.as_deref().and_then(entra::guid).is_none_or(|id| Some(id) == view.client_id);
    let secret = match wish.secret {
        Some(secret) => Some(secret),
        None if same_app => old.secret.clone().map(SecretInput::new),
        None => None,
    };
    let registration = client_id.map(|client_id| RegistrationInput {
        client_id,
        home_tenant: wish.home_tenant,
        redirect_uri: wish.redirect_uri.or_else(|| view.redirect_uri.clone()),
        secret,
        secret_expires: wish.secret_expires.or(view.secret_expires),
    });
    Ok(AddCustomer {
        name: wish.name,
        tenant: wish.tenant.or_else(|| view.tenant.clone()).ok_or_else(|| missing("tenant"))?,
        cloud: wish.cloud.or_else(|| view.cloud.clone()),
        region: wish.region.or(view.region),
        connector: wish.connector.or_else(|| view.connector.filter(fits)),
        source,
        grant: Some(grant),
        registration,
    })
}

/// The customer as it will be, for comparing.
fn draft(new: &NewCustomer, checked: &Checked) -> Customer {
    let known = NewCustomer {
        home_tenant: checked.home_tenant.clone(),
        client_id: Some(checked.client_id.clone()),
        redirect_uri: checked.redirect_uri.clone(),
        secret_expires: checked.secret_expires,
        ..new.clone()
    };
    known.with_id(String::new())
}

/// The old access is used where a sign-in would stand: nothing is opened and nobody is waited for.
fn nobody_signs_in() -> ConsentRequest {
    ConsentRequest {
        customer: String::new(),
        catcher: Catcher::Paste,
        open: false,
        browser: Some(BrowserChoice::default()),
        timeout_seconds: 0,
    }
}
