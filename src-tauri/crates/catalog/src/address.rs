//! Addresses: what may be a base address, and how something is put under one. Nothing is resolved or reached here.
//!
//! The invariant: a base address is `https`, or `http` to this computer; it carries no user, query or fragment.

use url::{Host, Url};

/// Why a text cannot be a base address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressFault {
    /// Not an absolute address at all.
    #[error("it is not an address")]
    NotAnAddress,
    /// Neither `https` nor `http`.
    #[error("it is neither https nor http")]
    OtherScheme,
    /// `http` to another computer.
    #[error("plain http is for loopback only")]
    PlainHttp,
    /// User name or password inside.
    #[error("it holds a user name or password")]
    UserInfo,
    /// A query or fragment.
    #[error("it holds a query or fragment")]
    QueryOrFragment,
}

impl AddressFault {
    /// Stable kebab-case name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotAnAddress => "not-an-address",
            Self::OtherScheme => "other-scheme",
            Self::PlainHttp => "plain-http",
            Self::UserInfo => "user-info",
            Self::QueryOrFragment => "query-or-fragment",
        }
    }
}

/// Reads a base address. A path prefix is kept; it may or may not end in `/`.
pub(crate) fn base(text: &str) -> Result<Url, AddressFault> {
    let url = Url::parse(text.trim()).map_err(|_| AddressFault::NotAnAddress)?;
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        "http" => return Err(AddressFault::PlainHttp),
        _ => return Err(AddressFault::OtherScheme),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(AddressFault::UserInfo);
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(AddressFault::QueryOrFragment);
    }
    Ok(url)
}

/// Whether the host is this computer by its very name: `localhost` or a loopback literal.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Puts a relative path under a base address, keeping the base's own path, whether or not it ends in `/`.
///
/// ```
/// let base = "https://lab.example/login".parse().unwrap();
/// assert_eq!(catalog::under(&base, "common/oauth2/token").as_str(), "https://lab.example/login/common/oauth2/token");
/// ```
pub fn under(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    let joined = format!("{}/{}", base.path().trim_end_matches('/'), path.trim_start_matches('/'));
    url.set_path(&joined);
    url
}

/// The address as text without a trailing slash, as audiences are written.
pub(crate) fn without_slash(base: &Url) -> String {
    base.as_str().trim_end_matches('/').to_owned()
}

/// `host:port`, the port always named.
pub(crate) fn host_and_port(url: &Url) -> Option<String> {
    Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_computer_only() {
        for good in [
            "http://localhost:8080",
            "http://127.0.0.1:1/x",
            "http://[::1]:9/",
            "https://lab.example",
            "http://127.8.8.8",
        ] {
            assert!(base(good).is_ok(), "{good}");
        }
        for bad in ["http://lab.example", "http://localhost.example", "http://10.0.0.1", "http://[::2]"] {
            assert_eq!(base(bad), Err(AddressFault::PlainHttp), "{bad}");
        }
    }

    #[test]
    fn what_is_no_base_address_is_refused_with_its_reason() {
        assert_eq!(base("lab.example/x"), Err(AddressFault::NotAnAddress));
        assert_eq!(base("ftp://lab.example"), Err(AddressFault::OtherScheme));
        assert_eq!(base("https://me:pw@lab.example"), Err(AddressFault::UserInfo));
        assert_eq!(base("https://lab.example?x=1"), Err(AddressFault::QueryOrFragment));
        assert_eq!(base("https://lab.example#x"), Err(AddressFault::QueryOrFragment));
    }

    #[test]
    fn a_path_prefix_survives_with_and_without_its_slash() {
        for prefix in ["https://lab.example/a/b", "https://lab.example/a/b/"] {
            let joined = under(&base(prefix).unwrap(), "/v1.0/x");
            assert_eq!(joined.as_str(), "https://lab.example/a/b/v1.0/x");
        }
        assert_eq!(under(&base("https://lab.example").unwrap(), "x").as_str(), "https://lab.example/x");
    }
}
