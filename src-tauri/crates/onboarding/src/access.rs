//! Access tokens for a customer, by whichever grant it has.
//!
//! The invariant of renewal (S28): the new refresh token is sealed before the old one goes; when sealing fails, the
//! renewal fails loudly.

use std::time::Duration;

use catalog::{Audience, Cloud, GrantKind, Region, Source, SourceId};
use entra::{Authority, Registration, TokenSet};
use secrecy::SecretString;
use tokio::sync::Mutex;
use tokio::time::Instant;
use vault::{Customer, SecretKind};

use crate::contract::{Problem, Step};
use crate::engine::cloud_of;
use crate::network::Http;
use crate::registration::REDIRECT_URI;
use crate::{Engine, problems, steps};

/// What it takes to ask Entra for a customer's tokens.
pub(crate) struct Access {
    pub(crate) cloud: Cloud,
    pub(crate) http: Http,
    pub(crate) authority: Authority,
    pub(crate) client_id: String,
    pub(crate) secret: SecretString,
    pub(crate) audience: Audience,
    pub(crate) redirect_uri: String,
    /// Authorities beside the operating system's are trusted.
    pub(crate) adds_authorities: bool,
}

impl Access {
    /// Gathers it from the vault.
    pub(crate) async fn of(engine: &Engine, customer: &Customer) -> Result<Self, Problem> {
        let cloud = cloud_of(customer)?;
        let secret = engine.client_secret(customer).await?;
        Self::with_secret(engine, customer, cloud, secret).await
    }

    /// Gathers it with a secret that is not in the vault, or not yet.
    pub(crate) async fn with_secret(
        engine: &Engine,
        customer: &Customer,
        cloud: Cloud,
        secret: SecretString,
    ) -> Result<Self, Problem> {
        let client_id = customer.client_id.clone().ok_or_else(|| steps::missing(Step::Register))?;
        let http = engine.http(&cloud).await?;
        let authority = Authority::new(cloud.login.clone(), customer.tenant_id.clone());
        let audience = Source::get(customer.source).audience(&cloud, customer.grant);
        let redirect_uri = customer.redirect_uri.clone().unwrap_or_else(|| REDIRECT_URI.to_owned());
        let adds_authorities = cloud.ca_pem.is_some() || engine.adds_authorities();
        Ok(Self { cloud, http, authority, client_id, secret, audience, redirect_uri, adds_authorities })
    }

    /// The same for whoever reads with what was granted: scopes that an earlier consent did not cover would have the
    /// whole token refused.
    pub(crate) async fn granted(engine: &Engine, customer: &Customer) -> Result<Self, Problem> {
        let mut access = Self::of(engine, customer).await?;
        let granted = customer.consent.as_ref().map(|consent| consent.granted.as_slice()).unwrap_or_default();
        let source = Source::get(customer.source);
        if let Audience::Scopes(scopes) = &mut access.audience {
            scopes.retain(|scope| source.asks_for(scope, granted));
        }
        Ok(access)
    }

    pub(crate) fn registration(&self) -> Registration<'_> {
        Registration { client_id: &self.client_id, secret: &self.secret }
    }

    /// The host of an alert source, for evidence.
    pub(crate) fn cloud_host(&self, source: SourceId, region: Option<Region>) -> String {
        let address = Source::get(source).address(&self.cloud, region).ok();
        address.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
    }

    /// Translates what Entra said.
    pub(crate) fn problem(&self, error: &entra::EntraError) -> Problem {
        let (tenant, cloud, redirect_uri) =
            (self.authority.tenant(), self.cloud.name.as_str(), self.redirect_uri.as_str());
        problems::of_entra(error, &problems::Asked { tenant, cloud, redirect_uri, http: Some(&self.http) })
    }

    /// A new token set; a rotated refresh token is sealed before this returns.
    pub(crate) async fn tokens(&self, engine: &Engine, customer: &Customer) -> Result<TokenSet, Problem> {
        match customer.grant {
            GrantKind::AppOnly => entra::client_credentials(
                self.http.entra(),
                &self.authority,
                self.registration(),
                &self.audience,
            )
            .await
            .map_err(|error| self.problem(&error)),
            GrantKind::RefreshToken => {
                let stored = sealed(engine, customer, SecretKind::RefreshToken)
                    .await?
                    .ok_or_else(|| steps::missing(Step::Consent))?;
                let tokens = entra::refresh(
                    self.http.entra(),
                    &self.authority,
                    self.registration(),
                    &self.audience,
                    &stored,
                )
                .await
                .map_err(|error| self.problem(&error))?;
                if let Some(rotated) = tokens.refresh_token.clone() {
                    seal(engine, customer, SecretKind::RefreshToken, rotated).await?;
                }
                Ok(tokens)
            }
        }
    }
}

/// Reads a sealed secret.
pub(crate) async fn sealed(
    engine: &Engine,
    customer: &Customer,
    kind: SecretKind,
) -> Result<Option<SecretString>, Problem> {
    let id = customer.id.clone();
    engine.with_vault(move |vault| vault.get_secret(&id, kind)).await
}

/// Seals a secret, replacing the one before.
pub(crate) async fn seal(
    engine: &Engine,
    customer: &Customer,
    kind: SecretKind,
    secret: SecretString,
) -> Result<(), Problem> {
    let id = customer.id.clone();
    engine.with_vault(move |vault| vault.put_secret(&id, kind, &secret)).await
}

/// The customer's tokens as the alert source asks for them: a new one after a refusal, or when the old one ages.
pub(crate) struct CustomerTokens<'a> {
    engine: &'a Engine,
    customer: &'a Customer,
    access: &'a Access,
    current: Mutex<Option<(SecretString, Instant)>>,
}

/// A token is renewed when less than this is left of it.
const AGEING: Duration = Duration::from_mins(5);

impl<'a> CustomerTokens<'a> {
    pub(crate) fn new(engine: &'a Engine, customer: &'a Customer, access: &'a Access) -> Self {
        Self { engine, customer, access, current: Mutex::new(None) }
    }
}

impl defender::TokenSource for CustomerTokens<'_> {
    type Error = Problem;

    async fn bearer(&self, rejected: bool) -> Result<SecretString, Problem> {
        let mut current = self.current.lock().await;
        if let Some((token, until)) = &*current {
            if !rejected && Instant::now() + AGEING < *until {
                return Ok(token.clone());
            }
        }
        let tokens = self.access.tokens(self.engine, self.customer).await?;
        *current = Some((tokens.access_token.clone(), Instant::now() + tokens.expires_in));
        Ok(tokens.access_token)
    }
}
