//! The way by which the sign-in window reaches its pages: the product's own, as far as a web engine can go it.
//!
//! The invariant: a proxy's password is in no argument of a program, and in no text that is shown or logged.

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;
use zeroize::Zeroizing;

use crate::network::Route;

/// How the window is to reach its pages.
#[derive(Debug, Clone)]
pub enum WindowWay {
    /// As the web engine does by itself: by what environment and system say.
    System,
    /// Without a proxy.
    Direct,
    /// Through the proxy that was entered.
    Proxy(WindowProxy),
}

/// A proxy for the window.
#[derive(Debug, Clone)]
pub struct WindowProxy {
    /// `http`, `https` or `socks5`, without user and password.
    address: Url,
    user: Option<String>,
    password: Option<SecretString>,
    /// Hosts, domains and networks that are reached without it.
    bypass: Vec<String>,
}

impl WindowWay {
    pub(crate) fn of(route: &Route) -> Self {
        match route {
            Route::System => Self::System,
            Route::Direct => Self::Direct,
            Route::Manual { address, user, password, bypass } => Self::Proxy(WindowProxy {
                address: known_to_engines(address),
                user: user.clone(),
                password: password.clone(),
                bypass: bypass
                    .split(',')
                    .map(str::trim)
                    .filter(|entry| !entry.is_empty())
                    .map(str::to_owned)
                    .collect(),
            }),
        }
    }

    /// What a person has to know of the window before it opens: where its web engine cannot sign in as the product does.
    pub(crate) fn lack(&self) -> Option<&'static str> {
        match self {
            Self::Proxy(proxy) if proxy.user.is_some() && cfg!(windows) => Some(proxy.lack_of_chromium()),
            Self::System | Self::Direct | Self::Proxy(_) => None,
        }
    }

    /// The way as arguments of Chromium, of which `WebView2` is made; empty where it needs none.
    pub fn chromium_arguments(&self) -> String {
        match self {
            Self::System => String::new(),
            Self::Direct => "--no-proxy-server".to_owned(),
            Self::Proxy(proxy) => {
                // Only what is listed goes without the proxy: by itself Chromium would spare this computer, too.
                let spared: Vec<String> = std::iter::once("<-loopback>".to_owned())
                    .chain(
                        proxy.bypass.iter().filter(|entry| is_plain(entry)).map(|entry| for_chromium(entry)),
                    )
                    .collect();
                let address = proxy.address.as_str().trim_end_matches('/');
                format!("--proxy-server={address} --proxy-bypass-list={}", spared.join(";"))
            }
        }
    }
}

impl WindowProxy {
    /// Its address with user and password, for a web engine that takes them so, in this process.
    pub fn with_sign_in(&self) -> Zeroizing<String> {
        let mut address = self.address.clone();
        if let Some(user) = &self.user {
            // An address with a host takes both.
            let _ = address.set_username(user);
            let _ = address
                .set_password(Some(self.password.as_ref().map_or("", |password| password.expose_secret())));
        }
        Zeroizing::new(address.into())
    }

    /// Hosts, domains and networks that are reached without it.
    pub fn bypass(&self) -> &[String] {
        &self.bypass
    }

    /// Chromium asks the person for a proxy's password, and knows of none for SOCKS.
    fn lack_of_chromium(&self) -> &'static str {
        if self.address.scheme() == "socks5" { "window-proxy-without-sign-in" } else { "window-proxy-asks" }
    }
}

/// Web engines have names resolved beyond a SOCKS proxy anyway, and know no name of its own for that.
fn known_to_engines(address: &Url) -> Url {
    match address.as_str().strip_prefix("socks5h:") {
        Some(rest) => Url::parse(&format!("socks5:{rest}")).unwrap_or_else(|_| address.clone()),
        None => address.clone(),
    }
}

/// Nothing that would end the argument, or begin another.
fn is_plain(entry: &str) -> bool {
    entry.chars().all(|letter| letter.is_ascii_alphanumeric() || ".:/*-_[]".contains(letter))
}

/// A domain spares what is below it, which Chromium wants to be told.
fn for_chromium(entry: &str) -> String {
    let is_address =
        entry == "*" || entry.contains(['/', ':', '*']) || entry.parse::<std::net::IpAddr>().is_ok();
    match entry.parse::<std::net::Ipv6Addr>() {
        Ok(address) => format!("[{address}]"),
        Err(_) if is_address => entry.to_owned(),
        Err(_) => {
            let domain = entry.trim_start_matches('.');
            format!("{domain};*.{domain}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(address: &str, user: Option<&str>, bypass: &str) -> WindowWay {
        WindowWay::of(&Route::Manual {
            address: Route::address(address).unwrap(),
            user: user.map(str::to_owned),
            password: user.map(|_| SecretString::from("canary:p@ss")),
            bypass: bypass.to_owned(),
        })
    }

    #[test]
    fn the_password_is_given_to_the_engine_and_to_nobody_else() {
        let way = through("proxy.example:3128", Some("anna@corp"), "");
        let WindowWay::Proxy(proxy) = &way else { panic!("{way:?}") };
        assert_eq!(&**proxy.with_sign_in(), "http://anna%40corp:canary%3Ap%40ss@proxy.example:3128/");
        assert!(!format!("{way:?}").contains("canary") && !way.chromium_arguments().contains("canary"));
        let WindowWay::Proxy(open) = through("proxy.example:3128", None, "") else { panic!() };
        assert_eq!(&**open.with_sign_in(), "http://proxy.example:3128/");
    }

    #[test]
    fn chromium_is_told_in_its_own_words() {
        for (address, bypass, told) in [
            (
                "proxy.example:3128",
                crate::network::LOOPBACK,
                "--proxy-server=http://proxy.example:3128 \
                 --proxy-bypass-list=<-loopback>;localhost;*.localhost;127.0.0.0/8;[::1]",
            ),
            (
                "socks5h://proxy.example:1080",
                "",
                "--proxy-server=socks5://proxy.example:1080 --proxy-bypass-list=<-loopback>",
            ),
            (
                "https://proxy.example",
                " .contoso.example , *, 10.0.0.1,a.example --no-sandbox,b;c",
                "--proxy-server=https://proxy.example \
                 --proxy-bypass-list=<-loopback>;contoso.example;*.contoso.example;*;10.0.0.1",
            ),
        ] {
            assert_eq!(through(address, None, bypass).chromium_arguments(), told);
        }
        assert_eq!(WindowWay::System.chromium_arguments(), "");
        assert_eq!(WindowWay::Direct.chromium_arguments(), "--no-proxy-server");
    }

    #[test]
    fn what_the_window_cannot_do_is_known_before_it_opens() {
        assert_eq!(WindowWay::System.lack(), None);
        assert_eq!(through("proxy.example:3128", None, "").lack(), None);
        let lack = |address| through(address, Some("anna"), "").lack();
        assert_eq!(lack("proxy.example:3128"), cfg!(windows).then_some("window-proxy-asks"));
        assert_eq!(
            lack("socks5://proxy.example:1080"),
            cfg!(windows).then_some("window-proxy-without-sign-in")
        );
    }
}
