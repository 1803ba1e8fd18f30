//! Entra's rules for redirect addresses. Pure text, no network.
//!
//! Source: Entra's `reply-url` page. The port is ignored for `localhost` and `127.0.0.1` under plain `http`; the path is
//! compared with its case; an address without a path equals the one with a single slash; with a path, no slash is added.

use url::Url;

/// Whether `asked` is covered by the registered address.
pub(crate) fn matches(registered: &str, asked: &str) -> bool {
    let (Ok(registered), Ok(asked)) = (Url::parse(registered), Url::parse(asked)) else { return false };
    let loopback =
        registered.scheme() == "http" && matches!(registered.host_str(), Some("localhost" | "127.0.0.1"));
    asked.fragment().is_none()
        && asked.username().is_empty()
        && asked.password().is_none()
        && registered.scheme() == asked.scheme()
        && registered.host_str() == asked.host_str()
        && (loopback || registered.port_or_known_default() == asked.port_or_known_default())
        && registered.path() == asked.path()
        && registered.query() == asked.query()
}

/// The address with `encoded` parameters behind `separator` (`?` or `#`); without a path it gets a slash, as Entra does.
pub(crate) fn with_parameters(address: &str, separator: char, encoded: &str) -> String {
    let after_scheme = address.find("://").map_or(0, |at| at + 3);
    let slash = if address[after_scheme..].contains(['/', '?']) { "" } else { "/" };
    let separator = if separator == '?' && address.contains('?') { '&' } else { separator };
    format!("{address}{slash}{separator}{encoded}")
}

/// Scheme, host and port, for a page's content security policy.
pub(crate) fn origin(address: &str) -> Option<String> {
    let origin = Url::parse(address).ok()?.origin();
    origin.is_tuple().then(|| origin.ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_of_a_loopback_address_is_ignored() {
        assert!(matches("http://localhost/SiemMsspConnector", "http://localhost:51234/SiemMsspConnector"));
        assert!(matches("http://127.0.0.1/SiemMsspConnector", "http://127.0.0.1:8400/SiemMsspConnector"));
        assert!(!matches("https://SiemMsspConnector", "https://SiemMsspConnector:8443"));
    }

    #[test]
    fn the_path_is_compared_with_case_and_slash() {
        assert!(!matches("http://localhost/SiemMsspConnector", "http://localhost:1/siemmsspconnector"));
        assert!(!matches("http://localhost/SiemMsspConnector", "http://localhost:1/SiemMsspConnector/"));
        assert!(!matches("http://localhost/SiemMsspConnector", "http://127.0.0.1:1/SiemMsspConnector"));
        assert!(!matches("http://localhost", "http://localhost/other"));
    }

    #[test]
    fn an_address_without_a_path_equals_the_one_with_a_slash() {
        assert!(matches("https://SiemMsspConnector", "https://siemmsspconnector/"));
        assert!(matches("http://localhost", "http://localhost:5000/"));
        assert_eq!(
            with_parameters("https://SiemMsspConnector", '?', "code=1"),
            "https://SiemMsspConnector/?code=1"
        );
        assert_eq!(
            with_parameters("http://localhost:1/Path", '#', "code=1"),
            "http://localhost:1/Path#code=1"
        );
        assert_eq!(
            with_parameters("http://localhost:1/p?a=b", '?', "code=1"),
            "http://localhost:1/p?a=b&code=1"
        );
    }

    #[test]
    fn neither_a_fragment_nor_a_user_slips_in() {
        assert!(!matches("http://localhost/a", "http://localhost/a#b"));
        assert!(!matches("http://localhost/a", "http://me@localhost/a"));
        assert!(!matches("http://localhost/a", "http://localhost.evil.example/a"));
    }
}
