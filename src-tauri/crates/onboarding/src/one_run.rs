//! A way to the hosts for one run only, in place of the settings: another proxy, another authority. Nothing of it is kept.
//!
//! The invariant: the address of a proxy may name a user, and never a password. That comes from where a password may lie:
//! the settings, the environment, or a person who is asked.

use rustls::pki_types::CertificateDer;
use secrecy::SecretString;
use url::Url;
use vault::OwnSecret;

use crate::contract::{Problem, ProblemCode};
use crate::network::{self, Route};
use crate::{Engine, settings};

/// How the hosts are reached in this run.
#[derive(Debug, Default)]
pub struct OneRun {
    /// `system`, `none`, or an address as people write it, with or without a user.
    pub proxy: Option<String>,
    /// A PEM file with authorities to be trusted besides.
    pub ca_file: Option<String>,
}

/// What became of it.
#[derive(Clone, Default)]
pub(crate) struct Chosen {
    pub(crate) route: Option<Route>,
    pub(crate) authorities: Vec<CertificateDer<'static>>,
}

impl Engine {
    /// Goes by another way from now on, until the process ends. `ask` is asked for the password of a proxy's user when no
    /// other place has it; `None` goes on without.
    ///
    /// # Errors
    ///
    /// `invalid-input`, `file-trouble`, and what the vault says.
    pub async fn go_by(
        &self,
        way: OneRun,
        ask: impl FnOnce(&str, &str) -> Option<SecretString> + Send,
    ) -> Result<(), Problem> {
        let mut chosen = Chosen::default();
        if let Some(file) = way.ca_file {
            chosen.authorities = settings::authorities_in(&file).await?;
        }
        match way.proxy.as_deref() {
            None => {}
            Some("system") => chosen.route = Some(Route::System),
            Some("none") => chosen.route = Some(Route::Direct),
            Some(text) => chosen.route = Some(self.proxy_of_one_run(text, ask).await?),
        }
        self.take_one_run(chosen);
        Ok(())
    }

    async fn proxy_of_one_run(
        &self,
        text: &str,
        ask: impl FnOnce(&str, &str) -> Option<SecretString> + Send,
    ) -> Result<Route, Problem> {
        let (address, mut user) = apart(text)?;
        let present = self.present_settings();
        let bypass = present.bypass().to_owned();
        let same_user = |known: &str, user: &Option<String>| user.as_deref().is_none_or(|user| user == known);
        let mut password = None;
        if let Some(known) = present.user_of(&address).filter(|known| same_user(known, &user)) {
            password = self.with_vault(|vault| vault.own_secret(OwnSecret::ProxyPassword)).await?;
            user = Some(known.to_owned());
        } else if let Some((known, secret)) = network::sign_in_of_the_system(&address)
            && same_user(&known, &user)
        {
            (user, password) = (Some(known), Some(secret));
        }
        if let (Some(user), None) = (&user, &password) {
            password = ask(user, address.as_str());
        }
        Ok(Route::Manual { address, user, password, bypass })
    }
}

/// A proxy's address without its user, and the user.
fn apart(text: &str) -> Result<(Url, Option<String>), Problem> {
    let invalid = |reason: &str| {
        Problem::new(ProblemCode::InvalidInput).with("field", "--proxy").with("reason", reason)
    };
    let (scheme, rest) = text.trim().split_once("://").unwrap_or(("http", text.trim()));
    let (sign_in, host) = match rest.rsplit_once('@') {
        Some((sign_in, host)) => (Some(sign_in), host),
        None => (None, rest),
    };
    if sign_in.is_some_and(|sign_in| sign_in.contains(':')) {
        return Err(invalid("proxy-password-as-argument"));
    }
    let address = Route::address(&format!("{scheme}://{host}")).map_err(|fault| invalid(fault.as_str()))?;
    let user = sign_in.filter(|user| !user.is_empty()).map(|user| {
        // As in every address, a character that would end it is written as an escape.
        percent_encoding::percent_decode_str(user).decode_utf8_lossy().into_owned()
    });
    Ok((address, user))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_may_stand_in_the_address_and_a_password_may_not() {
        let (address, user) = apart("http://anna%40corp+x@proxy.example:3128").unwrap();
        assert_eq!(address.as_str(), "http://proxy.example:3128/");
        assert_eq!(user.as_deref(), Some("anna@corp+x"));
        assert_eq!(apart("proxy.example:3128").unwrap().1, None);
        for written in
            ["http://anna:secret@proxy.example", "anna:secret@proxy.example:1", "http://:x@p.example"]
        {
            let refused = apart(written).unwrap_err();
            assert_eq!(refused.params["reason"], "proxy-password-as-argument");
            assert!(!format!("{refused:?}").contains("secret"));
        }
        assert_eq!(apart("ftp://proxy.example").unwrap_err().params["reason"], "proxy-scheme-unknown");
    }
}
