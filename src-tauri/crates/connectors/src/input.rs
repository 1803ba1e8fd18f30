//! The one input from which every connector is rendered. It holds values, not decisions: whoever fills it has chosen
//! cloud, source and grant already.

use catalog::{GrantKind, Region, SourceId};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use crate::Language;

/// Everything that any connector may want to write.
#[derive(Debug)]
pub struct ConnectorInput {
    /// The customer's name, for people: comments and the generic JSON.
    pub customer_name: String,
    /// The customer's tenant, GUID.
    pub customer_tenant: String,
    /// The provider's tenant, GUID or domain.
    pub home_tenant: Option<String>,
    /// The cloud's id.
    pub cloud: String,
    /// Where alerts come from.
    pub source: SourceId,
    /// How access is had.
    pub grant: GrantKind,
    /// Region of the legacy exporter.
    pub region: Option<Region>,
    /// Application (client) id.
    pub client_id: String,
    /// The application's secret.
    pub client_secret: SecretString,
    /// Redirect URI as registered.
    pub redirect_uri: String,
    /// Authorize endpoint with the customer's tenant, without `resource`.
    pub authorize_url: String,
    /// Token endpoint with the customer's tenant.
    pub token_url: String,
    /// Audience for the v1 endpoints. Exactly one of `resource` and `scope` is given.
    pub resource: Option<String>,
    /// Scopes for the v2 endpoints, separated by blanks, with `offline_access` where a refresh token is used.
    pub scope: Option<String>,
    /// Address from which alerts are read. A query (`?$expand=alerts`) is kept.
    pub alerts_url: String,
    /// The lasting sign-in; required for `refresh-token`, left out of the files for `app-only`.
    pub refresh_token: Option<SecretString>,
    /// A short-lived token, where a connector wants one to start with.
    pub access_token: Option<SecretString>,
    /// PEM file of a private certificate authority, as the connector's host sees it.
    pub ca_file: Option<String>,
    /// From when on alerts are wanted, where a connector asks for it. Not in the future.
    pub read_from: Timestamp,
    /// The language of comments and sheets.
    pub language: Language,
}

impl ConnectorInput {
    /// Every text with the name of its field. For checks only: secrets are among them.
    pub(crate) fn texts(&self) -> Vec<(&'static str, &str)> {
        let mut texts = vec![
            ("customer_name", self.customer_name.as_str()),
            ("customer_tenant", &self.customer_tenant),
            ("cloud", &self.cloud),
            ("client_id", &self.client_id),
            ("client_secret", self.client_secret.expose_secret()),
            ("redirect_uri", &self.redirect_uri),
            ("authorize_url", &self.authorize_url),
            ("token_url", &self.token_url),
            ("alerts_url", &self.alerts_url),
        ];
        for (field, text) in [
            ("home_tenant", &self.home_tenant),
            ("resource", &self.resource),
            ("scope", &self.scope),
            ("ca_file", &self.ca_file),
        ] {
            texts.extend(text.as_deref().map(|text| (field, text)));
        }
        texts.extend(self.refresh_token.as_ref().map(|token| ("refresh_token", token.expose_secret())));
        texts.extend(self.access_token.as_ref().map(|token| ("access_token", token.expose_secret())));
        texts
    }

    /// The refresh token, where this grant uses one.
    pub(crate) fn used_refresh_token(&self) -> Option<&str> {
        match self.grant {
            GrantKind::RefreshToken => self.refresh_token.as_ref().map(ExposeSecret::expose_secret),
            GrantKind::AppOnly => None,
        }
    }

    /// Two lines for the head of a file, fit for a comment in any of the formats: they end in a bracket, never in a
    /// backslash. Control characters have been refused before.
    pub(crate) fn heading(&self) -> [String; 2] {
        let language = self.language;
        let (customer, tenant) = (language.customer(), language.tenant());
        let (source, cloud) = (language.alert_source(), language.cloud());
        [
            format!("{customer}: {} ({tenant} {})", self.customer_name, self.customer_tenant),
            format!("{source}: {} ({cloud} {})", self.source, self.cloud),
        ]
    }
}
