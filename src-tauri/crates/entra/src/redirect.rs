//! What Entra takes as a redirect URI (entra-docs `reply-url.md`), checked before anybody is sent to the portal.
//!
//! The invariant: the text is kept byte for byte; Entra compares it so, and a parsed address would be normalised.

use url::{Host, Url};

/// Longest redirect URI, in characters.
const LONGEST: usize = 256;

/// A redirect URI as it is registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedirectUri {
    text: String,
    url: Url,
}

/// Why Entra, or this product, does not take a redirect URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RedirectFault {
    /// Not an absolute address.
    #[error("it is not an address")]
    NotAnAddress,
    /// More than 256 characters.
    #[error("it has more than 256 characters")]
    TooLong,
    /// One of the characters that Entra forbids.
    #[error("it holds `{0}`, which is forbidden")]
    ForbiddenCharacter(char),
    /// A blank or control character.
    #[error("it holds a blank or control character")]
    Blank,
    /// Characters outside ASCII, which would be compared after encoding.
    #[error("it holds a character outside ASCII")]
    NonAscii,
    /// A wildcard.
    #[error("it holds a wildcard")]
    Wildcard,
    /// A fragment.
    #[error("it holds a fragment")]
    Fragment,
    /// User name or password.
    #[error("it holds a user name or password")]
    UserInfo,
    /// Plain `http` to another host than `localhost`.
    #[error("plain http is for localhost only")]
    PlainHttp,
    /// `[::1]`, which Entra does not support.
    #[error("the IPv6 loopback address is not supported")]
    Ipv6Loopback,
    /// Neither `https` nor `http`; `urn:` addresses are refused by Entra too (AADSTS500119).
    #[error("it is neither https nor http")]
    OtherScheme,
}

impl RedirectFault {
    /// Stable kebab-case name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotAnAddress => "not-an-address",
            Self::TooLong => "too-long",
            Self::ForbiddenCharacter(_) => "forbidden-character",
            Self::Blank => "blank",
            Self::NonAscii => "non-ascii",
            Self::Wildcard => "wildcard",
            Self::Fragment => "fragment",
            Self::UserInfo => "user-info",
            Self::PlainHttp => "plain-http",
            Self::Ipv6Loopback => "ipv6-loopback",
            Self::OtherScheme => "other-scheme",
        }
    }
}

impl RedirectUri {
    /// Checks a redirect URI against Entra's rules. Blanks around it are forgiven.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn parse(text: &str) -> Result<Self, RedirectFault> {
        let text = text.trim();
        if text.chars().count() > LONGEST {
            return Err(RedirectFault::TooLong);
        }
        for character in text.chars() {
            match character {
                '!' | '$' | '\'' | '(' | ')' | ',' | ';' => {
                    return Err(RedirectFault::ForbiddenCharacter(character));
                }
                '*' => return Err(RedirectFault::Wildcard),
                '#' => return Err(RedirectFault::Fragment),
                // A backslash would be read as a slash by browsers, and as itself by Entra.
                '\\' => return Err(RedirectFault::ForbiddenCharacter(character)),
                _ if character.is_whitespace() || character.is_control() => return Err(RedirectFault::Blank),
                _ if !character.is_ascii() => return Err(RedirectFault::NonAscii),
                _ => {}
            }
        }
        let url = Url::parse(text).map_err(|_| RedirectFault::NotAnAddress)?;
        if !matches!(url.scheme(), "https" | "http") {
            return Err(RedirectFault::OtherScheme);
        }
        if !text.contains("://") {
            return Err(RedirectFault::NotAnAddress);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(RedirectFault::UserInfo);
        }
        match url.host() {
            Some(Host::Ipv6(address)) if address.is_loopback() => return Err(RedirectFault::Ipv6Loopback),
            Some(Host::Domain("localhost")) => {}
            Some(Host::Ipv4(address)) if address.is_loopback() => {}
            Some(Host::Domain(_) | Host::Ipv4(_) | Host::Ipv6(_)) if url.scheme() == "http" => {
                return Err(RedirectFault::PlainHttp);
            }
            Some(Host::Domain(_) | Host::Ipv4(_) | Host::Ipv6(_)) => {}
            None => return Err(RedirectFault::NotAnAddress),
        }
        Ok(Self { text: text.to_owned(), url })
    }

    /// Byte for byte as it is registered.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// For comparing; browsers normalise in the same way.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// A listener on this computer can catch it: plain `http` to `localhost` or `127.0.0.1`.
    pub fn is_loopback(&self) -> bool {
        self.url.scheme() == "http"
    }

    /// The port that is part of it. Without one any port will do: Entra ignores it for `localhost`.
    pub fn port(&self) -> Option<u16> {
        self.url.port()
    }

    /// The same with a port put in, and nothing else changed.
    #[must_use]
    pub(crate) fn with_port(&self, port: u16) -> Self {
        let mut url = self.url.clone();
        // Only addresses without a host refuse a port, and those are none here.
        let _ = url.set_port(Some(port));
        let text = self.text.split_once("://").map_or_else(
            || self.text.clone(),
            |(scheme, rest)| {
                let end = rest.find(['/', '?']).unwrap_or(rest.len());
                let (authority, tail) = rest.split_at(end);
                let host = authority.split_once(':').map_or(authority, |(host, _)| host);
                format!("{scheme}://{host}:{port}{tail}")
            },
        );
        Self { text, url }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_entra_takes_is_taken() {
        for good in [
            "http://localhost/SiemMsspConnector",
            "http://localhost",
            "http://localhost:44300/wdatpconnector",
            "http://127.0.0.1/x",
            "https://localhost:44300/wdatpconnector",
            "https://SiemMsspConnector",
            "https://contoso.example/SiemMsspConnector",
            "https://contoso.example/x?customer=1",
        ] {
            assert_eq!(RedirectUri::parse(good).unwrap().as_str(), good);
        }
    }

    #[test]
    fn what_entra_refuses_is_refused_with_its_reason() {
        let long = format!("https://contoso.example/{}", "x".repeat(256));
        for (bad, reason) in [
            ("", RedirectFault::NotAnAddress),
            ("localhost/x", RedirectFault::NotAnAddress),
            ("http:localhost", RedirectFault::NotAnAddress),
            (long.as_str(), RedirectFault::TooLong),
            ("http://contoso.example/x", RedirectFault::PlainHttp),
            ("http://localhost.contoso.example/x", RedirectFault::PlainHttp),
            ("http://[::1]/x", RedirectFault::Ipv6Loopback),
            ("https://contoso.example/*", RedirectFault::Wildcard),
            ("https://*.contoso.example/", RedirectFault::Wildcard),
            ("https://contoso.example/#x", RedirectFault::Fragment),
            ("https://contoso.example/a;b", RedirectFault::ForbiddenCharacter(';')),
            ("https://contoso.example/a(b", RedirectFault::ForbiddenCharacter('(')),
            ("https://contoso.example\\x", RedirectFault::ForbiddenCharacter('\\')),
            ("https://me@contoso.example/", RedirectFault::UserInfo),
            ("https://contoso.example/a b", RedirectFault::Blank),
            ("https://contoso.example/é", RedirectFault::NonAscii),
            ("urn:ietf:wg:oauth:2.0:oob", RedirectFault::OtherScheme),
            ("mssp://callback", RedirectFault::OtherScheme),
        ] {
            assert_eq!(RedirectUri::parse(bad), Err(reason), "{bad}");
        }
    }

    #[test]
    fn a_port_is_put_in_and_nothing_else_changes() {
        for (registered, with_port) in [
            ("http://localhost", "http://localhost:50123"),
            ("http://localhost/", "http://localhost:50123/"),
            ("http://localhost/SiemMsspConnector", "http://localhost:50123/SiemMsspConnector"),
            ("http://LOCALHOST/Case/", "http://LOCALHOST:50123/Case/"),
            ("http://localhost?x=1", "http://localhost:50123?x=1"),
            ("http://localhost/a%2fb?x=a:b", "http://localhost:50123/a%2fb?x=a:b"),
            ("http://127.0.0.1:80/x", "http://127.0.0.1:50123/x"),
        ] {
            let changed = RedirectUri::parse(registered).unwrap().with_port(50123);
            assert_eq!(changed.as_str(), with_port);
            assert_eq!(changed.url().port(), Some(50123));
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_check_fall_over(text in ".{0,300}") {
            if let Ok(uri) = RedirectUri::parse(&text) {
                prop_assert_eq!(uri.as_str(), text.trim());
                if uri.is_loopback() {
                    prop_assert!(RedirectUri::parse(uri.with_port(50123).as_str()).is_ok());
                }
            }
        }
    }
}
