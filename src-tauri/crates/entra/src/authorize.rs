//! Builds the addresses at which a person signs in or an administrator agrees. Nothing is opened or fetched here.
//!
//! The invariant: every sign-in address carries `state`, a nonce and a PKCE challenge of method `S256`, and names the
//! tenant; the redirect URI in it is, byte for byte, the one of the later token request.

use catalog::Audience;
use oauth2::basic::BasicClient;
use oauth2::{AuthUrl, ClientId, CsrfToken, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope};
use secrecy::ExposeSecret;
use url::Url;

use crate::{Attempt, Authority, RedirectFault, RedirectUri};

/// Asked for beside the source's own scopes: an id token, and a refresh token.
pub(crate) const OPENID_SCOPES: [&str; 3] = ["openid", "profile", "offline_access"];

/// What a sign-in address is made of.
#[derive(Debug)]
pub struct SignIn<'a> {
    /// Whose pages.
    pub authority: &'a Authority,
    /// Application (client) id.
    pub client_id: &'a str,
    /// Exactly as it will stand in the token request.
    pub redirect_uri: &'a str,
    /// What for.
    pub audience: &'a Audience,
    /// Fills in the account, where it is known.
    pub login_hint: Option<&'a str>,
}

/// The address at which a person signs in and consents.
///
/// # Errors
/// The redirect URI is none.
pub fn sign_in_address(sign_in: &SignIn<'_>, attempt: &Attempt) -> Result<Url, RedirectFault> {
    RedirectUri::parse(sign_in.redirect_uri)?;
    let redirect_url =
        RedirectUrl::new(sign_in.redirect_uri.to_owned()).map_err(|_| RedirectFault::NotAnAddress)?;
    let client = BasicClient::new(ClientId::new(sign_in.client_id.to_owned()))
        .set_auth_uri(AuthUrl::from_url(sign_in.authority.authorize(sign_in.audience)))
        .set_redirect_uri(redirect_url);
    let verifier = PkceCodeVerifier::new(attempt.verifier().expose_secret().to_owned());
    let state = attempt.state().expose_secret().to_owned();
    let mut request = client
        .authorize_url(move || CsrfToken::new(state))
        .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
        .add_extra_param("response_mode", "query")
        .add_extra_param("prompt", "select_account")
        .add_extra_param("nonce", attempt.nonce().expose_secret().to_owned());
    request = match sign_in.audience {
        Audience::Resource(resource) => {
            request.add_extra_param("resource", resource.as_str()).add_scope(Scope::new("openid".to_owned()))
        }
        Audience::Scopes(scopes) => request.add_scopes(
            scopes.iter().map(String::as_str).chain(OPENID_SCOPES).map(|scope| Scope::new(scope.to_owned())),
        ),
    };
    if let Some(hint) = sign_in.login_hint {
        request = request.add_extra_param("login_hint", hint);
    }
    Ok(request.url().0)
}

/// The address at which an administrator agrees for the whole tenant.
///
/// What comes back from there is a statement of the browser: the tenant in it is believed when a token says it too.
///
/// # Errors
/// The redirect URI is none.
pub fn admin_consent_address(sign_in: &SignIn<'_>, attempt: &Attempt) -> Result<Url, RedirectFault> {
    RedirectUri::parse(sign_in.redirect_uri)?;
    let mut url = sign_in.authority.admin_consent(sign_in.audience);
    {
        let mut query = url.query_pairs_mut();
        query.append_pair("client_id", sign_in.client_id).append_pair("redirect_uri", sign_in.redirect_uri);
        if let Audience::Scopes(scopes) = sign_in.audience {
            query.append_pair("scope", &scopes.join(" "));
        }
        query.append_pair("state", attempt.state().expose_secret());
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use sha2::{Digest, Sha256};

    use super::*;

    const REDIRECT: &str = "http://localhost:50123/SiemMsspConnector";

    fn query(audience: &Audience, attempt: &Attempt) -> (String, BTreeMap<String, String>) {
        let authority = Authority::new("https://login.example/".parse().unwrap(), "tenant");
        let sign_in = SignIn {
            authority: &authority,
            client_id: "app",
            redirect_uri: REDIRECT,
            audience,
            login_hint: None,
        };
        let url = sign_in_address(&sign_in, attempt).unwrap();
        let pairs: Vec<_> = url.query_pairs().into_owned().collect();
        let map: BTreeMap<_, _> = pairs.iter().cloned().collect();
        assert_eq!(map.len(), pairs.len(), "no parameter stands there twice");
        (url.path().to_owned(), map)
    }

    #[test]
    fn every_sign_in_carries_state_nonce_and_an_s256_challenge() {
        let version_1 = Audience::Resource("https://graph.windows.net".to_owned());
        let version_2 = Audience::Scopes(vec!["https://graph.example/Some.Read".to_owned()]);
        for audience in [version_1, version_2] {
            let attempt = Attempt::begin(Attempt::LIFETIME).unwrap();
            let (_, query) = query(&audience, &attempt);
            let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(attempt.verifier().expose_secret()));
            assert_eq!(query["code_challenge"], challenge);
            assert_eq!(query["code_challenge_method"], "S256");
            assert_eq!(query["state"], attempt.state().expose_secret());
            assert_eq!(query["nonce"], attempt.nonce().expose_secret());
            assert_eq!(query["redirect_uri"], REDIRECT);
            assert_eq!(query["prompt"], "select_account");
            assert_eq!(query["response_mode"], "query");
            assert_eq!(query["response_type"], "code");
            assert!(!query.values().any(|value| value == attempt.verifier().expose_secret()));
        }
    }

    #[test]
    fn each_generation_asks_in_its_own_way() {
        let attempt = Attempt::begin(Attempt::LIFETIME).unwrap();
        let (path, version_1) = query(&Audience::Resource("https://graph.windows.net".to_owned()), &attempt);
        assert_eq!(path, "/tenant/oauth2/authorize");
        assert_eq!(version_1["resource"], "https://graph.windows.net");
        assert_eq!(version_1["scope"], "openid");

        let (path, version_2) = query(&Audience::Scopes(vec!["https://g.example/A".to_owned()]), &attempt);
        assert_eq!(path, "/tenant/oauth2/v2.0/authorize");
        assert_eq!(version_2["scope"], "https://g.example/A openid profile offline_access");
        assert!(!version_2.contains_key("resource"));
    }

    #[test]
    fn an_administrator_is_asked_for_exactly_the_scopes() {
        let authority = Authority::new("https://login.example/".parse().unwrap(), "tenant");
        let audience = Audience::Scopes(vec!["https://g.example/.default".to_owned()]);
        let attempt = Attempt::begin(Attempt::LIFETIME).unwrap();
        let sign_in = SignIn {
            authority: &authority,
            client_id: "app",
            redirect_uri: REDIRECT,
            audience: &audience,
            login_hint: None,
        };
        let url = admin_consent_address(&sign_in, &attempt).unwrap();
        let query: BTreeMap<_, _> = url.query_pairs().into_owned().collect();
        assert_eq!(url.path(), "/tenant/v2.0/adminconsent");
        assert_eq!(query["scope"], "https://g.example/.default");
        assert_eq!(query["state"], attempt.state().expose_secret());
    }
}
