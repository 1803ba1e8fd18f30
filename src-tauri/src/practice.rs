//! Rehearsal: the practice tenant in this process, and an engine whose vault dies with it.

use onboarding::contract::{
    CustomerView, EditCustomer, Problem, ProblemCode, RegistrationInput, SecretInput,
};
use onboarding::{Engine, OpenOptions, Unlock};
use practice_tenant::{Options, PracticeTenant, Scenario};
use serde::Serialize;

/// The practice tenant while it is on. Dropped in the order of its fields: the engine lets go of the folder first.
pub(crate) struct Practice {
    engine: Engine,
    tenant: PracticeTenant,
    scenarios: Vec<Scenario>,
}

/// What a person rehearsing has to type, secrets excepted.
#[derive(Serialize)]
pub(crate) struct PracticeView {
    customer_domain: String,
    customer_tenant: String,
    provider_tenant: String,
    client_id: String,
    users: Vec<PracticeUser>,
    portal: String,
    /// Names of the faults that are in force.
    scenarios: Vec<&'static str>,
    /// Names of all that there are.
    possible: Vec<&'static str>,
}

/// Somebody to sign in as.
#[derive(Serialize)]
pub(crate) struct PracticeUser {
    name: String,
    role: String,
}

impl Practice {
    /// Starts the tenant and opens an empty vault for it.
    ///
    /// # Errors
    ///
    /// `port-unavailable` when it cannot listen, and what opening a vault says.
    pub(crate) async fn start() -> Result<Self, Problem> {
        let tenant = PracticeTenant::start(Options::default()).await.map_err(|error| {
            Problem::new(ProblemCode::PortUnavailable).with("reason", error.to_string()).caused_by(&error)
        })?;
        let cloud_file = tenant.announcement().cloud_file.clone();
        // In the tenant's own folder, so that they go together, even after the process was killed.
        let folder = cloud_file.with_file_name("vault");
        let engine =
            Engine::open(OpenOptions { folder, unlock: Unlock::SessionOnly, cloud_file: Some(cloud_file) })
                .await?;
        Ok(Self { engine, tenant, scenarios: Vec::new() })
    }

    pub(crate) fn engine(&self) -> Engine {
        self.engine.clone()
    }

    pub(crate) fn view(&self) -> PracticeView {
        let told = self.tenant.announcement();
        PracticeView {
            customer_domain: told.customer_domain.clone(),
            customer_tenant: told.customer_tenant.clone(),
            provider_tenant: told.provider_tenant.clone(),
            client_id: told.client_id.clone(),
            users: told
                .users
                .iter()
                .map(|user| PracticeUser { name: user.name.clone(), role: user.role.clone() })
                .collect(),
            portal: told.portal.clone(),
            scenarios: self.scenarios.iter().map(|scenario| scenario.name()).collect(),
            possible: Scenario::ALL.iter().map(|scenario| scenario.name()).collect(),
        }
    }

    /// Lets these things go wrong from now on, and nothing else.
    ///
    /// # Errors
    ///
    /// `internal` for a name that no scenario has.
    pub(crate) fn go_wrong(&mut self, names: &[String]) -> Result<(), Problem> {
        let unknown = |name: &String| Problem::new(ProblemCode::Internal).with("reason", name);
        self.scenarios =
            names.iter().map(|name| name.parse().map_err(|_| unknown(name))).collect::<Result<_, _>>()?;
        self.tenant.set_scenarios(self.scenarios.clone());
        Ok(())
    }

    /// Enters the practice app into step 1. Its secret goes from file to vault and never through the window.
    ///
    /// # Errors
    ///
    /// `customer-unknown`, `file-trouble`, and what registration refuses.
    pub(crate) async fn fill_registration(&self, customer: &str) -> Result<CustomerView, Problem> {
        let told = self.tenant.announcement();
        let secret = tokio::fs::read_to_string(&told.client_secret_file).await.map_err(|error| {
            Problem::new(ProblemCode::FileTrouble)
                .with("path", told.client_secret_file.display().to_string())
                .with("reason", error.to_string())
        })?;
        let registration = RegistrationInput {
            client_id: told.client_id.clone(),
            home_tenant: Some(told.provider_tenant.clone()),
            redirect_uri: None,
            secret: Some(SecretInput::new(secret.into())),
            secret_expires: None,
        };
        let request = EditCustomer { registration: Some(registration), ..EditCustomer::default() };
        self.engine.edit_customer(customer, request).await
    }
}
