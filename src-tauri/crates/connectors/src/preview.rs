//! A set as it would be written, without its secrets: for a screen that no secret may reach.
//!
//! Nothing is blacked out. The set is rendered a second time with stand-ins where the secrets would be, and cut at them:
//! a secret that was never there cannot show through, whatever a format's escaping does to it.

use secrecy::SecretString;

use crate::words::words;
use crate::{ConnectorId, ConnectorInput, Refusal, render};

words! {
    /// A value that a preview does not show.
    Hidden {
        /// The application's secret.
        ClientSecret = "client-secret",
        /// The lasting sign-in.
        RefreshToken = "refresh-token",
        /// A short-lived token.
        AccessToken = "access-token",
    }
}

impl Hidden {
    /// What stands for it while rendering: letters only, which no format escapes.
    const fn stand_in(self) -> &'static str {
        match self {
            Self::ClientSecret => "MsspOnboardHidesTheClientSecretHere",
            Self::RefreshToken => "MsspOnboardHidesTheRefreshTokenHere",
            Self::AccessToken => "MsspOnboardHidesTheAccessTokenHere",
        }
    }
}

/// A piece of a file: text, or the place of a value that is not shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PreviewPart {
    /// As it stands in the file.
    Text(String),
    /// A value that is in the file and not here.
    Hidden(Hidden),
}

/// A file as it would be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewFile {
    /// Name inside the folder.
    pub name: String,
    /// It carries a secret.
    pub secret: bool,
    /// Its pieces, in order.
    pub parts: Vec<PreviewPart>,
}

/// Renders a set with every secret left out, the manifest last. What the secrets themselves would be refused for is not
/// seen here: [`render`] with the real ones says that.
///
/// # Errors
/// As [`render`], for everything but the secrets.
pub fn preview(connector: ConnectorId, input: &ConnectorInput) -> Result<Vec<PreviewFile>, Refusal> {
    let stand_in = |hidden: Hidden| SecretString::from(hidden.stand_in());
    let input = ConnectorInput {
        customer_name: input.customer_name.clone(),
        customer_tenant: input.customer_tenant.clone(),
        home_tenant: input.home_tenant.clone(),
        cloud: input.cloud.clone(),
        source: input.source,
        grant: input.grant,
        region: input.region,
        client_id: input.client_id.clone(),
        client_secret: stand_in(Hidden::ClientSecret),
        redirect_uri: input.redirect_uri.clone(),
        authorize_url: input.authorize_url.clone(),
        token_url: input.token_url.clone(),
        resource: input.resource.clone(),
        scope: input.scope.clone(),
        alerts_url: input.alerts_url.clone(),
        refresh_token: input.refresh_token.as_ref().map(|_| stand_in(Hidden::RefreshToken)),
        access_token: Some(stand_in(Hidden::AccessToken)),
        ca_file: input.ca_file.clone(),
        read_from: input.read_from,
        language: input.language,
    };
    let set = render(connector, &input)?;
    Ok(set
        .files
        .iter()
        .map(|file| PreviewFile {
            name: file.name.clone(),
            secret: file.secret,
            parts: parts(&String::from_utf8_lossy(file.bytes())),
        })
        .collect())
}

fn parts(mut text: &str) -> Vec<PreviewPart> {
    let mut parts = Vec::new();
    loop {
        let next = Hidden::ALL
            .iter()
            .filter_map(|hidden| Some((text.find(hidden.stand_in())?, *hidden)))
            .min_by_key(|(at, _)| *at);
        let Some((at, hidden)) = next else { break };
        let (before, rest) = text.split_at(at);
        if !before.is_empty() {
            parts.push(PreviewPart::Text(before.to_owned()));
        }
        parts.push(PreviewPart::Hidden(hidden));
        text = rest.get(hidden.stand_in().len()..).unwrap_or_default();
    }
    if !text.is_empty() {
        parts.push(PreviewPart::Text(text.to_owned()));
    }
    parts
}
