//! Refusals that concern what is handed in at the token endpoint: secret, code, verifier, refresh token.

use super::Refusal;

impl Refusal {
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
}
