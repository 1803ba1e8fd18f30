//! Where a tenant's sign-in pages and token endpoints are. The generations of endpoints differ in their path only.

use catalog::Audience;
use url::Url;

/// One tenant's authority. The tenant is always named: `common` would let a person sign in anywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    login: Url,
    tenant: String,
}

impl Authority {
    /// The authority of a tenant (GUID) at a sign-in base; a path prefix of the base is kept.
    pub fn new(login: Url, tenant: impl Into<String>) -> Self {
        Self { login, tenant: tenant.into() }
    }

    /// The authority to which a token address belongs, of either generation; `None` when it is none of Entra's shape.
    pub fn of_token_address(address: &str) -> Option<Self> {
        let mut login = Url::parse(address).ok()?;
        let segments: Vec<String> = login.path_segments()?.map(str::to_owned).collect();
        let words: Vec<&str> = segments.iter().map(String::as_str).collect();
        let before = words
            .strip_suffix(&["oauth2", "v2.0", "token"])
            .or_else(|| words.strip_suffix(&["oauth2", "token"]));
        let (tenant, prefix) = before?.split_last()?;
        if tenant.is_empty() || login.query().is_some() || login.fragment().is_some() {
            return None;
        }
        login.path_segments_mut().ok()?.clear().extend(prefix);
        Some(Self::new(login, *tenant))
    }

    /// The tenant's GUID.
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// Base of sign-in.
    pub fn login(&self) -> &Url {
        &self.login
    }

    /// Where a person signs in.
    pub fn authorize(&self, audience: &Audience) -> Url {
        match audience {
            Audience::Resource(_) => self.at(&["oauth2", "authorize"]),
            Audience::Scopes(_) => self.at(&["oauth2", "v2.0", "authorize"]),
        }
    }

    /// Where tokens are asked for.
    pub fn token(&self, audience: &Audience) -> Url {
        match audience {
            Audience::Resource(_) => self.at(&["oauth2", "token"]),
            Audience::Scopes(_) => self.at(&["oauth2", "v2.0", "token"]),
        }
    }

    /// Where an administrator agrees for the whole tenant.
    pub fn admin_consent(&self, audience: &Audience) -> Url {
        match audience {
            Audience::Resource(_) => self.at(&["adminconsent"]),
            Audience::Scopes(_) => self.at(&["v2.0", "adminconsent"]),
        }
    }

    pub(crate) fn discovery(&self) -> Url {
        self.at(&["v2.0", ".well-known", "openid-configuration"])
    }

    fn at(&self, path: &[&str]) -> Url {
        let mut url = self.login.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push(&self.tenant).extend(path);
        }
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_prefix_of_the_sign_in_base_is_kept() {
        let version_1 = Audience::Resource("https://graph.windows.net".to_owned());
        let version_2 = Audience::Scopes(vec!["https://graph.example/.default".to_owned()]);
        for base in ["https://lab.example/login", "https://lab.example/login/"] {
            let authority = Authority::new(base.parse().unwrap(), "t");
            assert_eq!(authority.token(&version_1).as_str(), "https://lab.example/login/t/oauth2/token");
            assert_eq!(
                authority.authorize(&version_2).as_str(),
                "https://lab.example/login/t/oauth2/v2.0/authorize"
            );
            assert_eq!(
                authority.admin_consent(&version_2).as_str(),
                "https://lab.example/login/t/v2.0/adminconsent"
            );
        }
    }

    #[test]
    fn a_tenant_cannot_leave_its_place_in_the_path() {
        let authority = Authority::new("https://lab.example".parse().unwrap(), "a/b?c#d");
        assert_eq!(authority.discovery().path(), "/a%2Fb%3Fc%23d/v2.0/.well-known/openid-configuration");
    }
}
