//! Tokens fetched with what the files say. Nothing of it is stored: the files must stand alone.

use std::time::Duration;

use catalog::{Cloud, GrantKind};
use entra::Registration;
use secrecy::SecretString;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::said::Said;
use crate::contract::{Problem, ProblemCode};
use crate::network::Http;
use crate::problems;

/// See the module.
pub(super) struct FileTokens<'a> {
    said: &'a Said,
    http: &'a Http,
    cloud: &'a Cloud,
    current: Mutex<Option<Current>>,
}

/// What the files' values were last exchanged for.
struct Current {
    access_token: SecretString,
    until: Instant,
    refresh_token: Option<SecretString>,
}

impl<'a> FileTokens<'a> {
    /// Fetches nothing yet.
    pub(super) fn new(said: &'a Said, http: &'a Http, cloud: &'a Cloud) -> Self {
        Self { said, http, cloud, current: Mutex::new(None) }
    }

    /// The refresh token that came with the newest access token, or nothing where none has come.
    pub(super) async fn renewed(&self) -> Option<SecretString> {
        self.current.lock().await.as_ref().and_then(|current| current.refresh_token.clone())
    }
}

impl defender::TokenSource for FileTokens<'_> {
    type Error = Problem;

    async fn bearer(&self, rejected: bool) -> Result<SecretString, Problem> {
        let mut current = self.current.lock().await;
        if let Some(current) = &*current {
            if !rejected && Instant::now() + Duration::from_mins(5) < current.until {
                return Ok(current.access_token.clone());
            }
        }
        // Where an old one is good for one use only, the newest is the one to use.
        let newest = current.as_ref().and_then(|current| current.refresh_token.clone());
        let Said { read, authority, audience, .. } = self.said;
        let registration = Registration { client_id: &read.client_id, secret: &read.client_secret };
        let tokens = match (read.grant, newest.as_ref().or(read.refresh_token.as_ref())) {
            (GrantKind::AppOnly, _) => {
                entra::client_credentials(self.http.entra(), authority, registration, audience).await
            }
            (GrantKind::RefreshToken, Some(token)) => {
                entra::refresh(self.http.entra(), authority, registration, audience, token).await
            }
            (GrantKind::RefreshToken, None) => {
                return Err(Problem::new(ProblemCode::FilesIncomplete)
                    .with("file", "")
                    .with("reason", "files-without-refresh-token"));
            }
        };
        let (tenant, cloud) = (authority.tenant(), self.cloud.name.as_str());
        let asked = problems::Asked { tenant, cloud, redirect_uri: "", http: Some(self.http) };
        let tokens = tokens.map_err(|error| problems::of_entra(&error, &asked))?;
        let access_token = tokens.access_token.clone();
        *current = Some(Current {
            access_token: tokens.access_token,
            until: Instant::now() + tokens.expires_in,
            refresh_token: tokens.refresh_token.or(newest),
        });
        Ok(access_token)
    }
}
