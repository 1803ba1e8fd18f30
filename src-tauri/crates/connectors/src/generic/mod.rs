//! The generic set: JSON with everything, `.env` for shells, and a curl configuration that fetches a token.
//!
//! The JSON counts. The others are conveniences of which a reader may have deleted any; where they are present and say
//! something else, that is told as a disagreement.

mod read;

use catalog::{GrantKind, SourceId};
use secrecy::ExposeSecret;
use serde::Serialize;

use crate::files::Draft;
use crate::formats::{curl_config, dotenv};
use crate::{ConnectorInput, Note, RenderedFile};

pub(crate) use read::read;

pub(crate) const JSON: &str = "defender-api.json";
pub(crate) const ENV: &str = "defender-api.env";
pub(crate) const CURL: &str = "defender-api.curl";

/// OAuth's own names of the grants (RFC 6749, 4.4 and 6).
const fn grant_type(grant: GrantKind) -> &'static str {
    match grant {
        GrantKind::RefreshToken => "refresh_token",
        GrantKind::AppOnly => "client_credentials",
    }
}

/// The JSON file as it is written. `null` says that a field does not apply.
#[derive(Serialize)]
struct Written<'a> {
    customer_name: &'a str,
    customer_tenant: &'a str,
    home_tenant: Option<&'a str>,
    cloud: &'a str,
    source: &'a str,
    grant: &'a str,
    region: Option<&'a str>,
    client_id: &'a str,
    client_secret: &'a str,
    redirect_uri: &'a str,
    authorize_url: &'a str,
    token_url: &'a str,
    grant_type: &'a str,
    resource: Option<&'a str>,
    scope: Option<&'a str>,
    alerts_url: &'a str,
    refresh_token: Option<&'a str>,
    access_token: Option<&'a str>,
    ca_file: Option<&'a str>,
}

impl<'a> Written<'a> {
    fn of(input: &'a ConnectorInput) -> Self {
        Self {
            customer_name: &input.customer_name,
            customer_tenant: &input.customer_tenant,
            home_tenant: input.home_tenant.as_deref(),
            cloud: &input.cloud,
            source: input.source.as_str(),
            grant: input.grant.as_str(),
            region: input.region.map(catalog::Region::as_str),
            client_id: &input.client_id,
            client_secret: input.client_secret.expose_secret(),
            redirect_uri: &input.redirect_uri,
            authorize_url: &input.authorize_url,
            token_url: &input.token_url,
            grant_type: grant_type(input.grant),
            resource: input.resource.as_deref(),
            scope: input.scope.as_deref(),
            alerts_url: &input.alerts_url,
            refresh_token: input.used_refresh_token(),
            access_token: input.access_token.as_ref().map(ExposeSecret::expose_secret),
            ca_file: input.ca_file.as_deref(),
        }
    }

    /// Every field under the name that it has in the `.env` file.
    fn variables(&self) -> [(&'static str, Option<&'a str>); 19] {
        [
            ("DEFENDER_CUSTOMER_NAME", Some(self.customer_name)),
            ("DEFENDER_CUSTOMER_TENANT", Some(self.customer_tenant)),
            ("DEFENDER_HOME_TENANT", self.home_tenant),
            ("DEFENDER_CLOUD", Some(self.cloud)),
            ("DEFENDER_SOURCE", Some(self.source)),
            ("DEFENDER_GRANT", Some(self.grant)),
            ("DEFENDER_REGION", self.region),
            ("DEFENDER_CLIENT_ID", Some(self.client_id)),
            ("DEFENDER_CLIENT_SECRET", Some(self.client_secret)),
            ("DEFENDER_REDIRECT_URI", Some(self.redirect_uri)),
            ("DEFENDER_AUTHORIZE_URL", Some(self.authorize_url)),
            ("DEFENDER_TOKEN_URL", Some(self.token_url)),
            ("DEFENDER_GRANT_TYPE", Some(self.grant_type)),
            ("DEFENDER_RESOURCE", self.resource),
            ("DEFENDER_SCOPE", self.scope),
            ("DEFENDER_ALERTS_URL", Some(self.alerts_url)),
            ("DEFENDER_REFRESH_TOKEN", self.refresh_token),
            ("DEFENDER_ACCESS_TOKEN", self.access_token),
            ("DEFENDER_CA_FILE", self.ca_file),
        ]
    }
}

/// Fields of the token request, in the order of the RFC.
fn form<'a>(
    grant: GrantKind,
    refresh_token: Option<&'a str>,
    client_id: &'a str,
    client_secret: &'a str,
    resource: Option<&'a str>,
    scope: Option<&'a str>,
) -> Vec<(&'static str, &'a str)> {
    let mut form = vec![("grant_type", grant_type(grant))];
    form.extend(refresh_token.map(|token| ("refresh_token", token)));
    form.extend([("client_id", client_id), ("client_secret", client_secret)]);
    form.extend(resource.map(|resource| ("resource", resource)));
    form.extend(scope.map(|scope| ("scope", scope)));
    form
}

pub(crate) fn render(input: &ConnectorInput) -> (Vec<RenderedFile>, Vec<Note>) {
    let written = Written::of(input);
    let mut json = Draft::default();
    json.json(&written);

    let mut env = Draft::default();
    for line in input.heading() {
        env.line(&format!("# {line}"));
    }
    let shell = input.language.pick("For a shell", "셸에서", "在殼層中");
    env.line(&format!("# {shell}: set -a; . ./defender-api.env; set +a"));
    let mut disagree = false;
    for (name, value) in written.variables() {
        if let Some(value) = value {
            disagree |= dotenv::write(&mut env, name, value);
        }
    }

    let mut curl = Draft::default();
    for line in input.heading() {
        curl.line(&format!("# {line}"));
    }
    let fetches = input.language.pick(
        "Fetches an access token as JSON",
        "액세스 토큰을 JSON으로 받습니다",
        "以 JSON 取得存取權杖",
    );
    curl.line(&format!("# {fetches}: curl -K defender-api.curl"));
    curl_config::write(&mut curl, "url", &input.token_url);
    curl.line("globoff");
    curl.line("silent");
    curl.line("show-error");
    if let Some(ca_file) = &input.ca_file {
        curl_config::write(&mut curl, "cacert", ca_file);
    }
    let form = form(
        input.grant,
        input.used_refresh_token(),
        &input.client_id,
        input.client_secret.expose_secret(),
        input.resource.as_deref(),
        input.scope.as_deref(),
    );
    for (name, value) in form {
        curl_config::write_form_field(&mut curl, name, value);
    }

    let mut notes = vec![Note::SecretsInClear];
    if input.source == SourceId::SiemDetections {
        notes.push(Note::LegacyClosed);
    }
    if input.grant == GrantKind::RefreshToken {
        notes.push(Note::RotationIsYours);
    }
    if disagree {
        notes.push(Note::EnvReadersDisagree);
    }
    (vec![json.finish(JSON, true), env.finish(ENV, true), curl.finish(CURL, true)], notes)
}
