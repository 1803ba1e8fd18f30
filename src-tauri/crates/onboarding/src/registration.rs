//! Step 1: the app. What to enter in the portal, and whether what came back can be right.

use catalog::{GrantKind, Source};
use entra::{Authority, RedirectUri, Registration, check_secret};
use jiff::civil::Date;
use secrecy::SecretString;
use vault::{Customer, SecretKind};

use crate::contract::{
    Evidence, EvidenceKey, EvidenceState, PermissionView, Problem, ProblemCode, RegistrationInput,
    RegistrationSheet, Step,
};
use crate::engine::cloud_of;
use crate::problems;
use crate::{Engine, access, steps};

/// The redirect URI that the product suggests: Entra ignores the port of `localhost`, the path keeps it apart from
/// other apps.
pub(crate) const REDIRECT_URI: &str = "http://localhost/SiemMsspConnector";

/// A registration whose shape was checked offline.
pub(crate) struct Checked {
    pub(crate) client_id: String,
    pub(crate) home_tenant: Option<String>,
    pub(crate) redirect_uri: Option<String>,
    pub(crate) secret: Option<SecretString>,
    pub(crate) secret_expires: Option<Date>,
}

impl Engine {
    /// What to enter in the portal.
    ///
    /// # Errors
    ///
    /// `customer-unknown`.
    pub async fn registration_sheet(&self, customer: &str) -> Result<RegistrationSheet, Problem> {
        let customer = self.find(customer).await?;
        let cloud = cloud_of(&customer)?;
        let portal = cloud.app_portal.as_ref().unwrap_or(&cloud.portal).to_string();
        Ok(RegistrationSheet {
            portal,
            name: app_name(&customer),
            account_types:
                "Accounts in any organizational directory (Any Microsoft Entra ID tenant - Multitenant)"
                    .to_owned(),
            platform: "Web".to_owned(),
            redirect_uri: customer.redirect_uri.clone().unwrap_or_else(|| REDIRECT_URI.to_owned()),
            permissions: permissions(&customer),
        })
    }

    /// Checks the app with Entra: is it known, and is the secret its own? Stores nothing.
    ///
    /// The provider's own tenant is asked, where it is known: there the app exists before any customer consents.
    ///
    /// # Errors
    ///
    /// `step-missing`, `secret-wrong`, `secret-expired`, `app-not-in-tenant`, and what the network says.
    pub async fn check_registration(&self, customer: &str) -> Result<Vec<Evidence>, Problem> {
        let customer = self.find(customer).await?;
        let client_id = customer.client_id.clone().ok_or_else(|| steps::missing(Step::Register))?;
        let secret = self.client_secret(&customer).await?;
        let shape = Evidence::new(EvidenceKey::RegistrationShape, EvidenceState::Proven)
            .fact("client-id", client_id.clone())
            .fact("redirect-uri", customer.redirect_uri.clone().unwrap_or_default());
        let Some(home) = customer.home_tenant.clone() else {
            return Ok(vec![shape, Evidence::new(EvidenceKey::SecretAccepted, EvidenceState::NotYet)]);
        };
        let cloud = cloud_of(&customer)?;
        let http = self.http(&cloud).await?;
        let authority = Authority::new(cloud.login.clone(), home.clone());
        let registration = Registration { client_id: &client_id, secret: &secret };
        let audience = Source::get(customer.source).audience(&cloud, GrantKind::AppOnly);
        let asked =
            problems::Asked { tenant: &home, cloud: &cloud.name, redirect_uri: "", http: Some(&http) };
        entra::client_credentials(http.entra(), &authority, registration, &audience)
            .await
            .map_err(|error| problems::of_entra(&error, &asked))?;
        let accepted =
            Evidence::new(EvidenceKey::SecretAccepted, EvidenceState::Proven).fact("tenant-id", home);
        Ok(vec![shape, accepted])
    }

    /// The sealed client secret.
    pub(crate) async fn client_secret(&self, customer: &Customer) -> Result<SecretString, Problem> {
        access::sealed(self, customer, SecretKind::ClientSecret)
            .await?
            .ok_or_else(|| steps::missing(Step::Register))
    }
}

/// The name that the product suggests for a customer's app.
pub(crate) fn app_name(customer: &Customer) -> String {
    format!("{} SIEM MSSP connector", customer.name)
}

/// The permissions that a customer's source and grant ask for.
pub(crate) fn permissions(customer: &Customer) -> Vec<PermissionView> {
    let kind = match customer.grant {
        GrantKind::RefreshToken => "delegated",
        GrantKind::AppOnly => "application",
    };
    catalog::permissions_for(customer.source, customer.grant)
        .into_iter()
        .map(|permission| PermissionView {
            name: permission.name.clone(),
            api: permission.api.clone(),
            kind: kind.to_owned(),
        })
        .collect()
}

/// Checks ids, redirect URI and secret without asking anybody.
pub(crate) fn check_shape(given: RegistrationInput) -> Result<Checked, Problem> {
    let invalid = |field: &str, reason: &str| {
        Problem::new(ProblemCode::InvalidInput).with("field", field).with("reason", reason)
    };
    let client_id =
        entra::guid(&given.client_id).ok_or_else(|| invalid("client-id", "client-id-not-a-guid"))?;
    let redirect_uri = given.redirect_uri.map(|uri| uri.trim().to_owned()).filter(|uri| !uri.is_empty());
    if let Some(redirect_uri) = &redirect_uri {
        RedirectUri::parse(redirect_uri).map_err(problems::of_redirect)?;
    }
    let home_tenant =
        given.home_tenant.map(|tenant| tenant.trim().to_ascii_lowercase()).filter(|t| !t.is_empty());
    let secret = match given.secret {
        None => None,
        Some(secret) => Some(check_secret(&secret.into_secret()).map_err(problems::of_secret)?.secret),
    };
    Ok(Checked { client_id, home_tenant, redirect_uri, secret, secret_expires: given.secret_expires })
}
