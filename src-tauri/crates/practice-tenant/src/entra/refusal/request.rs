//! Refusals that concern what was asked for: tenant, app, address, parameters, scopes.

use super::Refusal;

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
}
