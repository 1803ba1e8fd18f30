//! What the tests share: a browser-less client, an app that speaks the protocol by hand, and readers of its answers.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use practice_tenant::visitor::Visitor;
use practice_tenant::{Announcement, Options, PracticeTenant, Scenario};
use reqwest::StatusCode;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use url::Url;

/// The redirect address that most tests use. Nobody listens there.
pub(crate) const REDIRECT: &str = "http://localhost:53682/SiemMsspConnector";
/// A verifier of the right length.
pub(crate) const VERIFIER: &str = "practice-verifier-practice-verifier-practice-verifier";

/// A practice tenant and an app that talks to it.
pub(crate) struct World {
    pub(crate) tenant: PracticeTenant,
    pub(crate) told: Announcement,
    pub(crate) http: reqwest::Client,
    pub(crate) visitor: Visitor,
    pub(crate) secret: String,
}

/// An answer of the token endpoint.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

impl Reply {
    #[track_caller]
    pub(crate) fn assert_refused(&self, status: u16, error: &str, code: u64) {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        assert_eq!(self.body["error"], error, "{}", self.body);
        assert_eq!(self.body["error_codes"], serde_json::json!([code]), "{}", self.body);
        let description = self.body["error_description"].as_str().unwrap();
        assert!(description.starts_with(&format!("AADSTS{code}: ")), "{description}");
        for part in ["\r\nTrace ID: ", "\r\nCorrelation ID: ", "\r\nTimestamp: "] {
            assert!(description.contains(part), "{description}");
        }
    }

    #[track_caller]
    pub(crate) fn text(&self, field: &str) -> &str {
        self.body[field].as_str().unwrap_or_else(|| panic!("{field} in {}", self.body))
    }
}

/// The claims of a token, unchecked.
#[track_caller]
pub(crate) fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).expect("three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// The parameters of a redirect address, from query or fragment.
pub(crate) fn parameters(address: &Url) -> BTreeMap<String, String> {
    let encoded = address.fragment().or(address.query()).unwrap_or_default();
    url::form_urlencoded::parse(encoded.as_bytes()).into_owned().collect()
}

pub(crate) fn challenge() -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER))
}

#[expect(clippy::disallowed_methods, reason = "a test's client trusts the practice authority alone")]
fn client(told: &Announcement) -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    if let Some(path) = &told.ca_file {
        let pem = std::fs::read(path).unwrap();
        builder = builder.tls_certs_only([reqwest::Certificate::from_pem(&pem).unwrap()]);
    }
    builder.build().unwrap()
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::with(Options { tls: true, ..Options::default() }).await
    }

    pub(crate) async fn in_scenario(scenarios: &[Scenario]) -> Self {
        Self::with(Options { scenarios: scenarios.to_vec(), ..Options::default() }).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        let tenant = PracticeTenant::start(options).await.unwrap();
        let told = tenant.announcement().clone();
        let http = client(&told);
        let visitor = Visitor::new(&told).unwrap();
        let secret = std::fs::read_to_string(&told.client_secret_file).unwrap();
        Self { tenant, told, http, visitor, secret }
    }

    pub(crate) fn user(&self, role: &str) -> &str {
        &self.told.users.iter().find(|user| user.role == role).unwrap().name
    }

    pub(crate) fn alert_scope(&self) -> String {
        format!("{}/SecurityAlert.Read.All", self.told.graph)
    }

    /// An authorize address; `more` replaces and adds parameters, an empty value removes one.
    pub(crate) fn authorize(&self, version: &str, tenant: &str, more: &[(&str, &str)]) -> String {
        let (scope, challenge) =
            (format!("openid profile offline_access {}", self.alert_scope()), challenge());
        let mut pairs = vec![
            ("client_id", self.told.client_id.as_str()),
            ("response_type", "code"),
            ("redirect_uri", REDIRECT),
            ("state", "a state / with = signs & more"),
            ("nonce", "a nonce"),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ];
        if version == "v2" {
            pairs.push(("scope", scope.as_str()));
        }
        for (name, value) in more {
            pairs.retain(|(known, _)| known != name);
            if !value.is_empty() {
                pairs.push((name, value));
            }
        }
        let path = if version == "v2" { "oauth2/v2.0/authorize" } else { "oauth2/authorize" };
        let address = format!("{}/{tenant}/{path}", self.told.login);
        Url::parse_with_params(&address, pairs).unwrap().into()
    }

    /// Signs in and returns what came back to the app.
    pub(crate) async fn answer(&self, address: &str, role: &str) -> BTreeMap<String, String> {
        parameters(&self.visitor.redirect_address(address, self.user(role)).await.unwrap())
    }

    /// A code for alerts of the customer, asked at v2.
    pub(crate) async fn code(&self, role: &str) -> String {
        let address = self.authorize("v2", &self.told.customer_tenant, &[]);
        self.answer(&address, role).await.remove("code").expect("a code")
    }

    pub(crate) async fn token(&self, version: &str, tenant: &str, fields: &[(&str, &str)]) -> Reply {
        let path = if version == "v2" { "oauth2/v2.0/token" } else { "oauth2/token" };
        let request = self.http.post(format!("{}/{tenant}/{path}", self.told.login)).form(fields);
        let response = request.send().await.unwrap();
        Reply { status: response.status(), body: response.json().await.unwrap() }
    }

    /// A token request with the app's id and secret, at the customer's tenant.
    pub(crate) async fn grant(&self, version: &str, fields: &[(&str, &str)]) -> Reply {
        let mut all =
            vec![("client_id", self.told.client_id.as_str()), ("client_secret", self.secret.as_str())];
        all.extend(fields);
        self.token(version, &self.told.customer_tenant, &all).await
    }

    pub(crate) async fn redeem(&self, code: &str) -> Reply {
        self.grant(
            "v2",
            &[
                ("grant_type", "authorization_code"),
                ("code", code),
                ("redirect_uri", REDIRECT),
                ("code_verifier", VERIFIER),
            ],
        )
        .await
    }

    pub(crate) async fn refresh(&self, token: &str) -> Reply {
        self.grant("v2", &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    /// The app's own token for one resource, v1.
    pub(crate) async fn app_token(&self, resource: &str) -> Reply {
        self.grant("v1", &[("grant_type", "client_credentials"), ("resource", resource)]).await
    }

    pub(crate) async fn consent_as_admin(&self) -> BTreeMap<String, String> {
        let address = self.admin_consent("adminconsent", &[]);
        self.answer(&address, "admin").await
    }

    pub(crate) fn admin_consent(&self, path: &str, more: &[(&str, &str)]) -> String {
        let mut pairs = vec![
            ("client_id", self.told.client_id.as_str()),
            ("redirect_uri", REDIRECT),
            ("state", "consent state"),
        ];
        pairs.extend(more);
        let address = format!("{}/{}/{path}", self.told.login, self.told.customer_tenant);
        Url::parse_with_params(&address, pairs).unwrap().into()
    }

    /// A token that reads alerts of Graph: the app's own, consented by the administrator.
    pub(crate) async fn graph_token(&self) -> String {
        self.consent_as_admin().await;
        self.app_token(&self.told.graph).await.text("access_token").to_owned()
    }

    /// A token that reads the exporter, the portal's button pressed.
    pub(crate) async fn exporter_token(&self) -> String {
        self.press_the_button().await;
        self.app_token("https://graph.windows.net").await.text("access_token").to_owned()
    }

    pub(crate) async fn press_the_button(&self) {
        self.visitor
            .authorize_application(&self.portal(), &self.told.client_id, &self.told.provider_tenant)
            .await
            .unwrap();
    }

    pub(crate) fn portal(&self) -> String {
        format!("{}?tid={}", self.told.portal, self.told.customer_tenant)
    }

    pub(crate) async fn get(&self, address: &str, token: &str) -> reqwest::Response {
        self.http.get(address).bearer_auth(token).send().await.unwrap()
    }

    pub(crate) async fn alerts(&self, token: &str, query: &str) -> reqwest::Response {
        self.get(&format!("{}/v1.0/security/alerts_v2{query}", self.told.graph), token).await
    }

    pub(crate) async fn detections(&self, token: &str, query: &str) -> reqwest::Response {
        self.get(&format!("{}/api/alerts{query}", self.told.siem.eu), token).await
    }

    /// The app's own token for an API, consented by the administrator.
    pub(crate) async fn own_token(&self, resource: &str) -> String {
        self.consent_as_admin().await;
        self.app_token(resource).await.text("access_token").to_owned()
    }

    /// Where a source lists what it has, and a token that reads it. The portal's button is pressed for the exporter.
    pub(crate) async fn source(&self, source: Source) -> (String, String) {
        let told = &self.told;
        let resource = match source {
            Source::GraphAlerts | Source::GraphIncidents => &told.graph,
            Source::Defender => &told.defender,
            Source::Xdr => &told.xdr,
            Source::Exporter => return (self.address(source), self.exporter_token().await),
        };
        (self.address(source), self.own_token(resource).await)
    }

    pub(crate) fn address(&self, source: Source) -> String {
        let told = &self.told;
        match source {
            Source::GraphAlerts => format!("{}/v1.0/security/alerts_v2", told.graph),
            Source::GraphIncidents => format!("{}/v1.0/security/incidents", told.graph),
            Source::Defender => format!("{}/api/alerts", told.defender),
            Source::Xdr => format!("{}/api/incidents", told.xdr),
            Source::Exporter => format!("{}/api/alerts", told.siem.eu),
        }
    }

    /// A good answer as JSON.
    pub(crate) async fn read(&self, address: &str, token: &str) -> Value {
        let response = self.get(address, token).await;
        let status = response.status();
        let body: Value = response.json().await.unwrap();
        assert!(status.is_success(), "{address} {status} {body}");
        body
    }

    /// A refusal as JSON.
    pub(crate) async fn refused(&self, address: &str, token: &str, status: u16) -> Value {
        let response = self.get(address, token).await;
        assert_eq!(response.status(), status, "{address}");
        response.json().await.unwrap()
    }
}

/// The five sources.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Source {
    GraphAlerts,
    GraphIncidents,
    Defender,
    Xdr,
    Exporter,
}

impl Source {
    pub(crate) const ALL: [Self; 5] =
        [Self::GraphAlerts, Self::GraphIncidents, Self::Defender, Self::Xdr, Self::Exporter];
    pub(crate) const LISTS: [Self; 4] = [Self::GraphAlerts, Self::GraphIncidents, Self::Defender, Self::Xdr];
}

/// The elements of an answer, whether it is a bare list or has one.
#[track_caller]
pub(crate) fn elements(body: &Value) -> &[Value] {
    body.as_array().or_else(|| body["value"].as_array()).expect("a list")
}

/// The ids of the alerts in an answer of any source.
pub(crate) fn alert_ids(body: &Value) -> Vec<String> {
    let id = |alert: &Value| {
        ["AlertId", "alertId", "id"].iter().find_map(|name| alert[*name].as_str()).unwrap().to_owned()
    };
    elements(body)
        .iter()
        .flat_map(|element| match element["alerts"].as_array() {
            Some(alerts) => alerts.iter().map(id).collect::<Vec<_>>(),
            None => vec![id(element)],
        })
        .collect()
}
