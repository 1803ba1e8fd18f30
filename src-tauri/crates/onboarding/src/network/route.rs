//! The way to a host: through the system's proxy, one that was entered, or directly.
//!
//! The system's way is what the environment says (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`, in capitals or
//! not, as curl reads them), else the operating system's setting. It never leads to this very computer through a proxy:
//! a practice tenant or a tunnel on localhost works whatever the environment says. A proxy that was entered by hand has a
//! list of exceptions of its own, in which this computer stands until somebody takes it out.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::Proxy;
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

use super::system;

/// The exceptions that hold until others are entered.
pub(crate) const LOOPBACK: &str = "localhost,127.0.0.0/8,::1";

/// The schemes that a proxy's address may have.
const SCHEMES: [&str; 4] = ["http", "https", "socks5", "socks5h"];

/// How hosts are reached.
#[derive(Debug, Clone)]
pub(crate) enum Route {
    /// As environment and system say.
    System,
    /// Without a proxy.
    Direct,
    /// Through this one.
    Manual {
        /// Without user and password.
        address: Url,
        /// Who signs in to it.
        user: Option<String>,
        /// With what.
        password: Option<SecretString>,
        /// Hosts, domains and networks that are reached without it, separated by commas.
        bypass: String,
    },
}

/// Why something is no proxy's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RouteFault {
    /// Not an address at all.
    NotAnAddress,
    /// Another scheme than a proxy's.
    Scheme,
    /// It carries a user or password, which have fields of their own.
    Credentials,
    /// It has a path or a query.
    Path,
}

impl RouteFault {
    /// Kebab-case, the key of its words.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::NotAnAddress => "proxy-not-an-address",
            Self::Scheme => "proxy-scheme-unknown",
            Self::Credentials => "proxy-address-with-password",
            Self::Path => "proxy-address-with-path",
        }
    }
}

impl Route {
    /// Reads a proxy's address as people write it: `proxy.example:3128`, or with a scheme.
    pub(crate) fn address(text: &str) -> Result<Url, RouteFault> {
        let text = text.trim();
        let whole = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let url = Url::parse(&whole).map_err(|_| RouteFault::NotAnAddress)?;
        if !SCHEMES.contains(&url.scheme()) {
            return Err(RouteFault::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(RouteFault::Credentials);
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err(RouteFault::NotAnAddress);
        }
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(RouteFault::Path);
        }
        Ok(url)
    }

    /// As the HTTP client wants it.
    pub(super) fn proxy(&self, in_use: &ProxiesInUse) -> Proxy {
        let in_use = in_use.clone();
        match self {
            Self::Direct => Proxy::custom(|_| None::<Url>),
            Self::System => {
                let system = Arc::new(system::matcher());
                Proxy::custom(move |host| {
                    let proxy = if is_this_computer(host) { None } else { through(&system, host) };
                    in_use.note(host, proxy.as_ref());
                    proxy
                })
            }
            Self::Manual { address, user, password, bypass } => {
                let matcher = Matcher::builder().all(address.to_string()).no(bypass.clone()).build();
                let (user, password) = (user.clone(), password.clone());
                Proxy::custom(move |host| {
                    let mut proxy = through(&matcher, host);
                    if let (Some(proxy), Some(user)) = (&mut proxy, &user) {
                        // An address with a host takes both.
                        let _ = proxy.set_username(user);
                        let _ = proxy.set_password(password.as_ref().map(ExposeSecret::expose_secret));
                    }
                    in_use.note(host, proxy.as_ref());
                    proxy
                })
            }
        }
    }
}

/// The proxy that environment and system name for an address, without its password.
pub(crate) fn found_by_the_system(host: &Url) -> Option<String> {
    if is_this_computer(host) {
        return None;
    }
    through(&system::matcher(), host).map(|proxy| shown(&proxy))
}

/// The sign-in that environment and system have for a proxy.
pub(crate) fn sign_in_of_the_system(proxy: &Url) -> Option<(String, SecretString)> {
    let rules = system::matcher();
    // Which host is asked for matters only to the exceptions.
    let named = ["https://host.invalid/", "http://host.invalid/"].into_iter().filter_map(|host| {
        let found = through(&rules, &Url::parse(host).ok()?)?;
        (found.origin() == proxy.origin()).then_some(found)
    });
    named.into_iter().find_map(|found| {
        let text = |part: &str| percent_encoding::percent_decode_str(part).decode_utf8().ok().map(Into::into);
        let user: String = text(found.username()).filter(|user: &String| !user.is_empty())?;
        let password: String = text(found.password()?)?;
        Some((user, SecretString::from(password)))
    })
}

/// The proxy that was last chosen for a host: only for words about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProxyInUse {
    /// Without user and password.
    pub(crate) address: String,
    /// The user that was sent.
    pub(crate) user: Option<String>,
}

/// The proxies of one client, by the host that was sought.
#[derive(Debug, Clone, Default)]
pub(crate) struct ProxiesInUse(Arc<Mutex<HashMap<String, ProxyInUse>>>);

impl ProxiesInUse {
    /// See [`ProxyInUse`].
    pub(crate) fn to(&self, host: &str) -> Option<ProxyInUse> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(host).cloned()
    }

    fn note(&self, host: &Url, proxy: Option<&Url>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let host = entra::host_of(host);
        match proxy {
            Some(proxy) => {
                let user = Some(proxy.username()).filter(|user| !user.is_empty()).map(str::to_owned);
                known.insert(host, ProxyInUse { address: shown(proxy), user });
            }
            None => {
                known.remove(&host);
            }
        }
    }
}

/// Scheme, host and port.
fn shown(proxy: &Url) -> String {
    let host = proxy.host_str().unwrap_or_default();
    let port = proxy.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{host}{port}", proxy.scheme())
}

/// What the rules say for an address, with the sign-in that they carry.
fn through(rules: &Matcher, host: &Url) -> Option<Url> {
    let found = rules.intercept(&host.as_str().parse().ok()?)?;
    let mut proxy = Url::parse(&found.uri().to_string()).ok()?;
    let basic = found.basic_auth().and_then(|value| value.to_str().ok()).and_then(credentials);
    let raw = found.raw_auth().map(|(user, password)| (user.to_owned(), password.to_owned()));
    if let Some((user, password)) = basic.or(raw) {
        let _ = proxy.set_username(&user);
        let _ = proxy.set_password(Some(&password));
    }
    Some(proxy)
}

/// User and password of a `Basic` header.
fn credentials(header: &str) -> Option<(String, String)> {
    let plain = STANDARD.decode(header.strip_prefix("Basic ")?).ok()?;
    let plain = String::from_utf8(plain).ok()?;
    let (user, password) = plain.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

fn is_this_computer(url: &Url) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn a_proxy_is_entered_as_people_write_it() {
        for (written, meant) in [
            ("proxy.example:3128", "http://proxy.example:3128/"),
            (" http://proxy.example ", "http://proxy.example/"),
            ("https://10.0.0.1:8443/", "https://10.0.0.1:8443/"),
            ("socks5h://[::1]:1080", "socks5h://[::1]:1080"),
        ] {
            assert_eq!(Route::address(written).unwrap().as_str(), meant, "{written}");
        }
        for (written, fault) in [
            ("ftp://proxy.example", RouteFault::Scheme),
            ("http://anna:secret@proxy.example", RouteFault::Credentials),
            ("http://proxy.example/path", RouteFault::Path),
            ("http://", RouteFault::NotAnAddress),
            ("", RouteFault::NotAnAddress),
        ] {
            assert_eq!(Route::address(written), Err(fault), "{written}");
        }
    }

    #[test]
    fn this_computer_has_many_names() {
        for host in [
            "http://localhost:1/",
            "http://LOCALHOST./",
            "http://127.9.9.9/",
            "http://[::1]:5/",
            "http://a.localhost/",
        ] {
            assert!(is_this_computer(&url(host)), "{host}");
        }
        for host in ["http://localhost.example/", "http://10.0.0.1/", "http://[fe80::1]/"] {
            assert!(!is_this_computer(&url(host)), "{host}");
        }
    }

    #[test]
    fn exceptions_are_read_as_curl_reads_them() {
        let matcher = Matcher::builder().all("http://proxy.example:3128").no(LOOPBACK).build();
        assert_eq!(through(&matcher, &url("https://localhost:8443/")), None);
        assert_eq!(through(&matcher, &url("https://127.0.0.1:8443/")), None);
        assert_eq!(
            through(&matcher, &url("https://login.example/")),
            Some(url("http://proxy.example:3128/"))
        );
        let matcher =
            Matcher::builder().all("http://proxy.example:3128").no("login.example,10.0.0.0/8").build();
        assert_eq!(through(&matcher, &url("https://eu.login.example/")), None);
        assert_eq!(through(&matcher, &url("https://10.1.2.3/")), None);
        assert!(through(&matcher, &url("https://localhost/")).is_some());
    }

    #[test]
    fn the_proxies_of_two_clients_and_of_two_hosts_are_not_mixed_up() {
        let (one, other) = (ProxiesInUse::default(), ProxiesInUse::default());
        let (first, second) = (url("https://login.example/x"), url("https://graph.example/"));
        one.note(&first, Some(&url("http://anna:secret@proxy.example:3128")));
        other.note(&first, Some(&url("http://elsewhere.example:8080")));
        let proxy =
            ProxyInUse { address: "http://proxy.example:3128".to_owned(), user: Some("anna".to_owned()) };
        assert_eq!(one.clone().to("login.example"), Some(proxy));
        assert_eq!(one.to(&entra::host_of(&second)), None);
        assert_eq!(other.to("login.example").unwrap().address, "http://elsewhere.example:8080");
        one.note(&first, None);
        assert_eq!(one.to("login.example"), None, "reached without one since");
    }

    #[test]
    fn a_sign_in_in_the_environment_is_used_and_never_shown() {
        let matcher = Matcher::builder().all("http://anna:p%40ss@proxy.example:3128").build();
        let proxy = through(&matcher, &url("https://login.example/")).unwrap();
        assert_eq!((proxy.username(), proxy.password()), ("anna", Some("p%40ss")));
        assert_eq!(shown(&proxy), "http://proxy.example:3128");
    }
}
