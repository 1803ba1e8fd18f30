//! Entra's refusals: AADSTS code, OAuth error, and the three forms in which they reach people and programs.
//!
//! Codes and meanings are those of Entra's published error reference; the sentences follow what Entra sends, because
//! people paste them into search engines.

use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::html;

/// What identifies one answer in Entra's logs.
#[derive(Clone, Debug)]
pub(crate) struct Trace {
    id: Uuid,
    correlation: Uuid,
    /// Whether the client wants its id back in a header.
    echo: bool,
    at: Timestamp,
}

impl Trace {
    /// A new trace; the correlation id is the client's if it sent a GUID.
    pub(crate) fn new(headers: &HeaderMap, now: Timestamp) -> Self {
        let sent = headers
            .get("client-request-id")
            .and_then(|value| value.to_str().ok())
            .and_then(|text| Uuid::try_parse(text.trim()).ok());
        let echo = headers
            .get("return-client-request-id")
            .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"));
        Self { id: Uuid::new_v4(), correlation: sent.unwrap_or_else(Uuid::new_v4), echo, at: now }
    }

    fn timestamp(&self) -> String {
        self.at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
    }

    /// Entra's headers.
    pub(crate) fn mark(&self, response: &mut Response) {
        let headers = response.headers_mut();
        if let Ok(id) = HeaderValue::from_str(&self.id.to_string()) {
            headers.insert("x-ms-request-id", id);
        }
        if let (true, Ok(id)) = (self.echo, HeaderValue::from_str(&self.correlation.to_string())) {
            headers.insert("client-request-id", id);
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store, no-cache"));
        headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    }
}

/// A refusal.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) code: u32,
    pub(crate) error: &'static str,
    status: StatusCode,
    text: String,
    /// `error_subcode` of a redirect.
    pub(crate) subcode: Option<&'static str>,
    suberror: Option<&'static str>,
    claims: Option<String>,
}

impl Refusal {
    fn new(code: u32, error: &'static str, text: impl Into<String>) -> Self {
        Self {
            code,
            error,
            status: StatusCode::BAD_REQUEST,
            text: text.into(),
            subcode: None,
            suberror: None,
            claims: None,
        }
    }

    fn unauthorized(mut self) -> Self {
        self.status = StatusCode::UNAUTHORIZED;
        self
    }

    fn suberror(mut self, suberror: &'static str) -> Self {
        self.suberror = Some(suberror);
        self
    }

    /// `AADSTSnnnnn: text`, then the ids.
    pub(crate) fn description(&self, trace: &Trace) -> String {
        format!(
            "AADSTS{}: {}\r\nTrace ID: {}\r\nCorrelation ID: {}\r\nTimestamp: {}",
            self.code,
            self.text,
            trace.id,
            trace.correlation,
            trace.timestamp()
        )
    }

    pub(crate) fn uri(&self, login: &str) -> String {
        format!("{login}/error?code={}", self.code)
    }

    /// The token endpoint's answer.
    pub(crate) fn json(&self, trace: &Trace, login: &str) -> Response {
        let mut body = json!({
            "error": self.error,
            "error_description": self.description(trace),
            "error_codes": [self.code],
            "timestamp": trace.timestamp(),
            "trace_id": trace.id,
            "correlation_id": trace.correlation,
            "error_uri": self.uri(login),
        });
        if let Some(fields) = body.as_object_mut() {
            if let Some(suberror) = self.suberror {
                fields.insert("suberror".to_owned(), suberror.into());
            }
            if let Some(claims) = &self.claims {
                fields.insert("claims".to_owned(), Value::from(claims.as_str()));
            }
        }
        let mut response = (self.status, Json(body)).into_response();
        trace.mark(&mut response);
        response
    }

    /// The page that Entra shows instead of a redirect.
    pub(crate) fn page(&self, trace: &Trace) -> Response {
        self.page_with(trace, "", None)
    }

    /// The same, with more below the message.
    pub(crate) fn page_with(&self, trace: &Trace, below: &str, form_target: Option<&str>) -> Response {
        let body = format!(
            "<p>Sorry, but we’re having trouble signing you in.</p>\n\
             <p class=\"problem\" id=\"exceptionMessageContainer\" role=\"alert\">AADSTS{}: {}</p>\n\
             <dl><dt>Request Id</dt><dd><code>{}</code></dd><dt>Correlation Id</dt><dd><code>{}</code></dd>\
             <dt>Timestamp</dt><dd>{}</dd></dl>\n{below}",
            self.code,
            html::escape(&self.text),
            trace.id,
            trace.correlation,
            trace.timestamp()
        );
        let mut response = html::page(self.status, "Sign in", &body, form_target);
        trace.mark(&mut response);
        response
    }

    /// The sentence alone, for a page that goes on.
    pub(crate) fn sentence(&self) -> String {
        format!("AADSTS{}: {}", self.code, self.text)
    }
}

/// The refusals by what happened.
impl Refusal {
    pub(crate) fn tenant_unknown(segment: &str) -> Self {
        Self::new(
            90002,
            "invalid_request",
            format!(
                "Tenant '{segment}' not found. Check to make sure you have the correct tenant ID and are signing into the \
                 correct cloud. Check with your subscription administrator, this may happen if there are no active \
                 subscriptions for the tenant."
            ),
        )
    }

    /// Discovery calls the same thing `invalid_tenant`.
    pub(crate) fn tenant_unknown_to_discovery(segment: &str) -> Self {
        Self { error: "invalid_tenant", ..Self::tenant_unknown(segment) }
    }

    pub(crate) fn parameter_missing(name: &str) -> Self {
        Self::new(
            900_144,
            "invalid_request",
            format!("The request body must contain the following parameter: '{name}'."),
        )
    }

    pub(crate) fn app_unknown(client_id: &str, tenant: &str) -> Self {
        Self::new(
            700_016,
            "unauthorized_client",
            format!(
                "Application with identifier '{client_id}' was not found in the directory '{tenant}'. This can happen if the \
                 application has not been installed by the administrator of the tenant or consented to by any user in the \
                 tenant. You may have sent your authentication request to the wrong tenant."
            ),
        )
    }

    pub(crate) fn single_tenant_at_common(client_id: &str) -> Self {
        Self::new(
            50194,
            "invalid_request",
            format!(
                "Application '{client_id}'({}) is not configured as a multi-tenant application. Usage of the /common endpoint \
                 is not supported for such apps created after '10/15/2018'. Use a tenant-specific endpoint or configure the \
                 application to be multi-tenant.",
                crate::directory::APP_NAME
            ),
        )
    }

    pub(crate) fn service_principal_missing(client_id: &str, tenant: &str) -> Self {
        Self::new(
            7_000_229,
            "unauthorized_client",
            format!(
                "The client application {client_id} is missing service principal in the tenant {tenant}."
            ),
        )
    }

    pub(crate) fn redirect_mismatch(address: &str, client_id: &str) -> Self {
        Self::new(
            50011,
            "invalid_request",
            format!(
                "The redirect URI '{address}' specified in the request does not match the redirect URIs configured for the \
                 application '{client_id}'. Make sure the redirect URI sent in the request matches one added to your \
                 application in the Azure portal."
            ),
        )
    }

    pub(crate) fn redirect_differs(sent: &str, asked: &str) -> Self {
        Self::new(
            500_112,
            "invalid_grant",
            format!(
                "The reply address '{sent}' does not match the reply address '{asked}' provided when requesting \
                 Authorization code."
            ),
        )
    }

    pub(crate) fn response_type(response_type: &str) -> Self {
        Self::new(
            700_054,
            "unsupported_response_type",
            format!("response_type '{response_type}' is not enabled for the application."),
        )
    }

    pub(crate) fn response_mode(mode: &str) -> Self {
        Self::new(
            70007,
            "invalid_request",
            format!("'{mode}' is not a supported value of 'response_mode' when requesting a token."),
        )
    }

    pub(crate) fn bad_parameter(name: &str, value: &str) -> Self {
        Self::new(90023, "invalid_request", format!("Unsupported '{name}' value '{value}'."))
    }

    pub(crate) fn challenge_size() -> Self {
        Self::new(50147, "invalid_request", "Invalid size of Code_Challenge parameter.")
    }

    pub(crate) fn challenge_method(method: &str) -> Self {
        Self::new(50149, "invalid_request", format!("Invalid Code_Challenge_method parameter '{method}'."))
    }

    pub(crate) fn verifier_missing() -> Self {
        Self::new(
            50148,
            "invalid_grant",
            "The code_verifier does not match the code_challenge supplied in the authorization request for PKCE: it is missing.",
        )
    }

    pub(crate) fn verifier_differs() -> Self {
        Self::new(
            501_481,
            "invalid_grant",
            "The Code_Verifier does not match the code_challenge supplied in the authorization request.",
        )
    }

    pub(crate) fn resource_unknown(resource: &str, tenant: &str) -> Self {
        Self::new(
            500_011,
            "invalid_resource",
            format!(
                "The resource principal named {resource} was not found in the tenant named {tenant}. This can happen if the \
                 application has not been installed by the administrator of the tenant or consented to by any user in the \
                 tenant. You might have sent your authentication request to the wrong tenant."
            ),
        )
    }

    pub(crate) fn permission_unknown(client_id: &str, scope: &str, app_id: &str) -> Self {
        Self::new(
            650_053,
            "invalid_client",
            format!(
                "The application '{client_id}' asked for scope '{scope}' that doesn't exist on the resource '{app_id}'. Contact \
                 the app vendor."
            ),
        )
    }

    pub(crate) fn several_resources(scope: &str) -> Self {
        Self::new(
            28000,
            "invalid_scope",
            format!(
                "Provided value for the input parameter scope is not valid because it contains more than one resource. \
                 Scope {scope} is not valid."
            ),
        )
    }

    pub(crate) fn scope_not_default(scope: &str) -> Self {
        Self::new(
            1_002_012,
            "invalid_scope",
            format!(
                "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with \
                 /.default suffixed to the resource identifier (application ID URI)."
            ),
        )
    }

    pub(crate) fn resource_on_v2() -> Self {
        Self::new(
            901_002,
            "invalid_request",
            "The 'resource' request parameter is not supported. Use the 'scope' parameter of the v2.0 endpoint.",
        )
    }

    pub(crate) fn no_session() -> Self {
        Self::new(50058, "login_required", "A silent sign-in request was sent but no user is signed in.")
    }

    pub(crate) fn wrong_password() -> Self {
        Self::new(50126, "invalid_grant", "Error validating credentials due to invalid username or password.")
    }

    pub(crate) fn user_unknown(name: &str, tenant: &str) -> Self {
        Self::new(
            50034,
            "invalid_grant",
            format!(
                "The user account {name} does not exist in the {tenant} directory. To sign into this application, the account \
                 must be added to the directory."
            ),
        )
    }

    pub(crate) fn account_not_in_tenant(name: &str, home: &str, tenant: &str) -> Self {
        Self::new(
            50020,
            "invalid_request",
            format!(
                "User account '{name}' from identity provider '{home}' does not exist in tenant '{tenant}' and cannot access \
                 the application '{}' in that tenant. The account needs to be added as an external user in the tenant first. \
                 Sign out and sign in again with a different Azure Active Directory user account.",
                crate::directory::APP_NAME
            ),
        )
    }

    pub(crate) fn flow_expired() -> Self {
        Self::new(
            50089,
            "invalid_request",
            "Authentication failed due to flow token expired. Start again from the app.",
        )
    }

    pub(crate) fn declined() -> Self {
        Self {
            subcode: Some("cancel"),
            ..Self::new(65004, "access_denied", "User declined to consent to access the app.")
        }
    }

    pub(crate) fn declined_by_admin(error: &'static str) -> Self {
        Self { subcode: Some("cancel"), ..Self::new(65004, error, "The admin canceled the request.") }
    }

    pub(crate) fn admin_needed() -> Self {
        Self::new(
            90094,
            "access_denied",
            "The grant requires admin permission. An administrator has to consent to the app for your organization.",
        )
    }

    /// For the token endpoint, where Conditional Access asks for another sign-in.
    pub(crate) fn conditional_access() -> Self {
        let claims = json!({"access_token": {"capolids": {"essential": true, "values": [Uuid::new_v4()]}}});
        Self {
            claims: Some(claims.to_string()),
            ..Self::new(
                53003,
                "invalid_grant",
                "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.",
            )
            .suberror("message_only")
        }
    }

    /// The same, sent back to the app.
    pub(crate) fn conditional_access_at_sign_in() -> Self {
        Self { error: "access_denied", ..Self::conditional_access() }
    }

    pub(crate) fn secret_missing() -> Self {
        Self::new(
            7_000_218,
            "invalid_client",
            "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
        )
        .unauthorized()
    }

    pub(crate) fn secret_wrong(client_id: &str) -> Self {
        Self::new(
            7_000_215,
            "invalid_client",
            format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not \
                 the client secret ID, for a secret added to app '{client_id}'."
            ),
        )
        .unauthorized()
    }

    pub(crate) fn secret_expired(client_id: &str) -> Self {
        Self::new(
            7_000_222,
            "invalid_client",
            format!(
                "The provided client secret keys for app '{client_id}' are expired. Visit the Azure portal to create new keys \
                 for your app, or consider using certificate credentials for added security."
            ),
        )
        .unauthorized()
    }

    pub(crate) fn assertion_unsupported() -> Self {
        Self::new(
            700_027,
            "invalid_client",
            "The certificate with identifier used to sign the client assertion is not registered on application.",
        )
        .unauthorized()
    }

    pub(crate) fn grant_type_unknown(grant: &str) -> Self {
        Self::new(
            70003,
            "unsupported_grant_type",
            format!("The app requested an unsupported grant type '{grant}'."),
        )
    }

    pub(crate) fn grant_not_at_common() -> Self {
        Self::new(
            9_001_023,
            "invalid_request",
            "The grant type is not supported over the /common or /consumers endpoints. Please use the /organizations or \
             tenant-specific endpoint.",
        )
    }

    pub(crate) fn no_tenant() -> Self {
        Self::new(
            50059,
            "invalid_request",
            "No tenant-identifying information found in either the request or implied by any provided credentials.",
        )
    }

    pub(crate) fn malformed() -> Self {
        Self::new(9_002_313, "invalid_request", "Invalid request. Request is malformed or invalid.")
    }

    pub(crate) fn grant_malformed(what: &str) -> Self {
        Self::new(
            9_002_313,
            "invalid_grant",
            format!("The provided value for the '{what}' parameter is malformed or invalid."),
        )
    }

    pub(crate) fn code_used() -> Self {
        Self::new(
            54005,
            "invalid_grant",
            "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh \
             token.",
        )
    }

    pub(crate) fn code_expired() -> Self {
        Self::new(
            70008,
            "invalid_grant",
            "The provided authorization code or refresh token has expired due to inactivity. Send a new interactive \
             authorization request for this user and resource.",
        )
        .suberror("token_expired")
    }

    pub(crate) fn code_of_other_tenant() -> Self {
        Self::new(
            700_005,
            "invalid_grant",
            "Provided Authorization Code is intended to use against other tenant, thus rejected.",
        )
    }

    pub(crate) fn refresh_token_used() -> Self {
        Self::new(
            70000,
            "invalid_grant",
            "Provided grant is invalid or malformed: the refresh token has been used and this tenant accepts each one once.",
        )
        .suberror("bad_token")
    }

    pub(crate) fn refresh_token_revoked() -> Self {
        Self::new(
            50173,
            "invalid_grant",
            "The provided grant has expired due to it being revoked, a fresh auth token is needed.",
        )
        .suberror("bad_token")
    }

    pub(crate) fn refresh_token_dead() -> Self {
        Self::new(
            700_082,
            "invalid_grant",
            "The refresh token has expired due to inactivity. The token was inactive for 90.00:00:00.",
        )
        .suberror("token_expired")
    }

    pub(crate) fn not_consented(client_id: &str) -> Self {
        Self::new(
            65001,
            "invalid_grant",
            format!(
                "The user or administrator has not consented to use the application with ID '{client_id}' named '{}'. Send an \
                 interactive authorization request for this user and resource.",
                crate::directory::APP_NAME
            ),
        )
        .suberror("consent_required")
    }
}

/// What `{login}/error?code=` says: the number in plain words.
pub(crate) fn explanation(code: &str) -> String {
    let digits = code.trim().trim_start_matches("AADSTS");
    let text = if digits.chars().all(|c| c.is_ascii_digit()) && !digits.is_empty() {
        format!(
            "Error AADSTS{digits}. Microsoft's error reference explains it; the answer that carried it names the cause."
        )
    } else {
        "Add ?code= and a number to this address.".to_owned()
    };
    format!("<p>{}</p>", html::escape(&text))
}
