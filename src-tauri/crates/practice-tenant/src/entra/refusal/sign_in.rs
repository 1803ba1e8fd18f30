//! Refusals that concern the person: their account, their consent, and the conditions of their sign-in.

use serde_json::json;
use uuid::Uuid;

use super::Refusal;

impl Refusal {
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
