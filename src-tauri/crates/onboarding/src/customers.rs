//! Customers: added, shown, changed, forgotten.

use catalog::{Cloud, Source};
use connectors::ConnectorId;
use vault::{Customer, NewCustomer, SecretKind, Vault, VaultError};

use crate::contract::{
    AddCustomer, AuthorisationView, ConsentView, CustomerView, EditCustomer, ExportView, Problem,
    ProblemCode, ProofView, RegistrationView, Step,
};
use crate::engine::cloud_of;
use crate::{Engine, clock, destination, handoff, reasons, registration, steps, tenant};

/// Longest name of a customer, in characters: it becomes part of file names.
const LONGEST_NAME: usize = 120;

/// A customer that may be stored.
pub(crate) struct Prepared {
    pub(crate) new: NewCustomer,
    pub(crate) cloud: Cloud,
    pub(crate) checked: Option<registration::Checked>,
}

impl Engine {
    /// All customers, by name.
    ///
    /// # Errors
    ///
    /// `vault-damaged`.
    pub async fn customers(&self) -> Result<Vec<CustomerView>, Problem> {
        let all = self
            .with_vault(|vault| {
                let customers = vault.list()?;
                let kept = vault.all_secrets()?;
                Ok(customers
                    .into_iter()
                    .map(|customer| {
                        let secret_kept = kept.contains(&(customer.id.clone(), SecretKind::ClientSecret));
                        (customer, secret_kept)
                    })
                    .collect::<Vec<_>>())
            })
            .await?;
        all.iter().map(|(customer, kept)| view(customer, *kept)).collect()
    }

    /// One customer, by id or name.
    ///
    /// # Errors
    ///
    /// `customer-unknown`.
    pub async fn customer(&self, customer: &str) -> Result<CustomerView, Problem> {
        let customer = self.find(customer).await?;
        self.view_of(customer).await
    }

    /// Adds a customer. The tenant is resolved first; nothing is stored when anything is wrong.
    ///
    /// # Errors
    ///
    /// `invalid-input`, `customer-exists`, `tenant-not-found`, `combination-impossible`, and what registration refuses.
    pub async fn add_customer(&self, request: AddCustomer) -> Result<CustomerView, Problem> {
        let Prepared { new, checked, .. } = self.prepare(request).await?;
        let now = clock::now();
        let customer = self
            .all_or_nothing(move |vault| {
                let customer = vault.add(new)?;
                vault.record(now, "customer-added", Some(&customer.id), "done")?;
                keep_registration(vault, customer, checked)
            })
            .await?;
        self.view_of(customer).await
    }

    /// Checks a new customer and resolves its tenant. Nothing is stored.
    pub(crate) async fn prepare(&self, request: AddCustomer) -> Result<Prepared, Problem> {
        let name = valid_name(&request.name)?;
        let cloud = self.cloud(request.cloud.as_deref())?;
        let choice = destination::choose(request.connector, request.source, request.grant);
        destination::require(&cloud, choice.source, choice.grant, request.connector)?;
        let region = region_for(&cloud, choice.source, request.region)?;
        let checked = request.registration.map(registration::check_shape).transpose()?;
        let found = tenant::resolve(self, &cloud, &request.tenant).await?;
        let cloud_value = serde_json::to_value(&cloud).map_err(|error| {
            Problem::new(ProblemCode::Internal).with("reason", "cloud-not-written").caused_by(&error)
        })?;
        let new = NewCustomer {
            name,
            tenant_id: found.tenant_id,
            tenant_domain: found.domain,
            cloud: cloud_value,
            region,
            connector: request.connector.map(|id| id.as_str().to_owned()),
            source: choice.source,
            grant: choice.grant,
            home_tenant: None,
            client_id: None,
            redirect_uri: None,
            secret_expires: None,
            added: clock::now(),
        };
        Ok(Prepared { new, cloud, checked })
    }

    /// Changes a customer. What depends on the change is asked for again.
    ///
    /// # Errors
    ///
    /// As [`Engine::add_customer`], and `customer-unknown`.
    pub async fn edit_customer(
        &self,
        customer: &str,
        request: EditCustomer,
    ) -> Result<CustomerView, Problem> {
        let mut customer = self.find(customer).await?;
        let cloud = cloud_of(&customer)?;
        let checked = request.registration.map(registration::check_shape).transpose()?;
        if let Some(name) = &request.name {
            customer.name = valid_name(name)?;
        }
        let connector = request.connector.or_else(|| connector_of(&customer));
        let asked = (request.source.unwrap_or(customer.source), request.grant.unwrap_or(customer.grant));
        destination::require(&cloud, asked.0, asked.1, connector)?;
        let region = request.region.or(customer.region);
        if (asked.0, asked.1) != (customer.source, customer.grant) {
            (customer.source, customer.grant) = asked;
            steps::reset_after(&mut customer, Step::Register);
        }
        let region = region_for(&cloud, customer.source, region)?;
        if region != customer.region {
            customer.region = region;
            steps::reset_after(&mut customer, Step::Consent);
        }
        let connector = connector.map(|id| id.as_str().to_owned());
        if connector != customer.connector {
            customer.connector = connector;
            steps::reset_after(&mut customer, Step::Authorise);
        }
        let now = clock::now();
        let customer = self
            .all_or_nothing(move |vault| {
                vault.update(&customer)?;
                vault.record(now, "customer-edited", Some(&customer.id), "done")?;
                keep_registration(vault, customer, checked)
            })
            .await?;
        self.view_of(customer).await
    }

    /// Forgets a customer: its record and its sealed secrets. Files written for it stay where they are.
    ///
    /// # Errors
    ///
    /// `customer-unknown`.
    pub async fn forget_customer(&self, customer: &str) -> Result<(), Problem> {
        let customer = self.find(customer).await?;
        let id = customer.id.clone();
        self.with_vault(move |vault| vault.forget(&id)).await?;
        self.record("customer-forgotten", &customer.id, "done").await
    }

    /// A customer as people see it.
    pub(crate) async fn view_of(&self, customer: Customer) -> Result<CustomerView, Problem> {
        let id = customer.id.clone();
        let secret_kept = self
            .with_vault(move |vault| Ok(vault.get_secret(&id, SecretKind::ClientSecret)?.is_some()))
            .await?;
        view(&customer, secret_kept)
    }
}

/// Seals the secret and keeps the app's ids, where some are given. Consent belongs to the app, so another app asks for it
/// again.
pub(crate) fn keep_registration(
    vault: &Vault,
    mut customer: Customer,
    checked: Option<registration::Checked>,
) -> Result<Customer, VaultError> {
    let Some(checked) = checked else { return Ok(customer) };
    let redirect_uri = checked
        .redirect_uri
        .or_else(|| customer.redirect_uri.clone())
        .unwrap_or_else(|| registration::REDIRECT_URI.to_owned());
    let same_app = customer.client_id.as_deref() == Some(checked.client_id.as_str())
        && customer.redirect_uri.as_deref() == Some(redirect_uri.as_str());
    if !same_app {
        steps::reset_after(&mut customer, Step::Register);
    }
    customer.client_id = Some(checked.client_id);
    customer.redirect_uri = Some(redirect_uri);
    customer.home_tenant = checked.home_tenant.or(customer.home_tenant);
    customer.secret_expires = checked.secret_expires.or(customer.secret_expires);
    if let Some(secret) = checked.secret {
        steps::reset_after(&mut customer, Step::Authorise);
        vault.put_secret(&customer.id, SecretKind::ClientSecret, &secret)?;
    }
    vault.update(&customer)?;
    vault.record(clock::now(), "registration-kept", Some(&customer.id), "done")?;
    Ok(customer)
}

/// The connector that a customer remembers.
pub(crate) fn connector_of(customer: &Customer) -> Option<ConnectorId> {
    let name = customer.connector.as_deref()?;
    ConnectorId::ALL.iter().copied().find(|id| id.as_str() == name)
}

fn valid_name(name: &str) -> Result<String, Problem> {
    let name = name.trim();
    let refused = |reason: &str| {
        Err(Problem::new(ProblemCode::InvalidInput).with("field", "name").with("reason", reason))
    };
    if name.is_empty() {
        return refused(reasons::NAME_EMPTY);
    }
    if name.chars().count() > LONGEST_NAME {
        return refused(reasons::NAME_TOO_LONG);
    }
    if name.chars().any(char::is_control) {
        return refused(reasons::NAME_CONTROL_CHARACTER);
    }
    Ok(name.to_owned())
}

fn region_for(
    cloud: &Cloud,
    source: catalog::SourceId,
    region: Option<catalog::Region>,
) -> Result<Option<catalog::Region>, Problem> {
    if !Source::get(source).regional() {
        return Ok(region);
    }
    let region = region.or_else(|| cloud.default_region());
    match region {
        Some(region) if cloud.siem.contains_key(&region) => Ok(Some(region)),
        Some(_) => Err(Problem::new(ProblemCode::InvalidInput)
            .with("field", "region")
            .with("reason", "region-not-in-this-cloud")),
        None => Ok(None),
    }
}

fn view(customer: &Customer, secret_kept: bool) -> Result<CustomerView, Problem> {
    let cloud = cloud_of(customer)?;
    let registration = customer.client_id.as_ref().map(|client_id| RegistrationView {
        client_id: client_id.clone(),
        home_tenant: customer.home_tenant.clone(),
        redirect_uri: customer.redirect_uri.clone().unwrap_or_default(),
        secret_kept,
        secret_expires: customer.secret_expires,
    });
    let consent = customer.consent.as_ref().map(|consent| ConsentView {
        at: consent.at,
        account: consent.account.clone(),
        granted: consent.granted.clone(),
        unused_until: consent.unused_until,
    });
    Ok(CustomerView {
        id: customer.id.clone(),
        name: customer.name.clone(),
        tenant_id: customer.tenant_id.clone(),
        tenant_domain: customer.tenant_domain.clone(),
        portal: cloud.portal_for(&customer.tenant_id).to_string(),
        cloud: tenant::view(&cloud),
        region: customer.region,
        connector: connector_of(customer),
        source: customer.source,
        grant: customer.grant,
        registration,
        consent,
        handoff: customer.handoff.as_ref().map(handoff::view),
        authorisation: customer.authorised_at.map(|at| AuthorisationView { at }),
        export: stored::<ExportView>(customer.export.as_ref())?,
        proof: stored::<ProofView>(customer.proof.as_ref())?,
        steps: steps::view(customer, secret_kept),
        next: steps::next(customer, secret_kept),
        added: customer.added,
    })
}

fn stored<T: serde::de::DeserializeOwned>(value: Option<&serde_json::Value>) -> Result<Option<T>, Problem> {
    value.map(|value| serde_json::from_value(value.clone())).transpose().map_err(|error| {
        Problem::new(ProblemCode::VaultDamaged).with("reason", "vault-damaged-customer").caused_by(&error)
    })
}
