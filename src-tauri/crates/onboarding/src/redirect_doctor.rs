//! What could keep the answer away from this computer, looked at before a browser opens.
//!
//! The catcher itself finds what makes waiting impossible: a port that somebody holds in one family, a reserved port, a
//! firewall in between. Here is what makes it doubtful. The invariant: the examination takes less than two seconds,
//! sends nothing anywhere, and never fails a sign-in by itself.

use std::net::IpAddr;
use std::time::Duration;

use entra::{Catcher, Family};
use hyper_util::client::proxy::matcher::Matcher;

use crate::contract::{Evidence, EvidenceKey, EvidenceState};

/// How long the computer may take to say what `localhost` is.
const LOOKUP: Duration = Duration::from_millis(500);

/// Something to know before the browser opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Finding {
    /// This computer has no IPv6 loopback: browsers that try it first are slower, nothing more.
    NoIpv6,
    /// The proxy settings send even `localhost` to a proxy.
    ProxyTakesLocalhost {
        /// Host and port of the proxy.
        proxy: String,
    },
    /// `localhost` is another computer here: somebody changed the hosts file or the name service.
    LocalhostElsewhere {
        /// Its address.
        address: IpAddr,
    },
    /// Nobody says what `localhost` is.
    LocalhostUnknown,
}

impl Finding {
    /// Stable kebab-case name.
    pub(crate) const fn as_str(&self) -> &'static str {
        match self {
            Self::NoIpv6 => "no-ipv6",
            Self::ProxyTakesLocalhost { .. } => "proxy-takes-localhost",
            Self::LocalhostElsewhere { .. } => "localhost-elsewhere",
            Self::LocalhostUnknown => "localhost-unknown",
        }
    }
}

/// Looks at everything round a catcher that is bound.
pub(crate) async fn examine(catcher: &Catcher) -> Vec<Finding> {
    let mut findings = Vec::new();
    if catcher.lacks().contains(&Family::Ipv6) {
        findings.push(Finding::NoIpv6);
    }
    let host = catcher.redirect_uri().url().host_str().unwrap_or("localhost").to_owned();
    if host == "localhost" {
        let lookup = tokio::time::timeout(LOOKUP, tokio::net::lookup_host((host.as_str(), catcher.port())));
        match lookup.await {
            Ok(Ok(addresses)) => findings.extend(meaning(addresses.map(|address| address.ip()))),
            Ok(Err(_)) | Err(_) => findings.push(Finding::LocalhostUnknown),
        }
    }
    findings.extend(proxy_for(&crate::network::system_matcher(), catcher.redirect_uri().as_str()));
    findings
}

fn meaning(addresses: impl Iterator<Item = IpAddr>) -> Option<Finding> {
    let mut any = false;
    for address in addresses {
        any = true;
        if !address.to_canonical().is_loopback() {
            return Some(Finding::LocalhostElsewhere { address });
        }
    }
    (!any).then_some(Finding::LocalhostUnknown)
}

fn proxy_for(matcher: &Matcher, redirect_uri: &str) -> Option<Finding> {
    let intercepted = matcher.intercept(&redirect_uri.parse().ok()?)?;
    // The proxy's user name and password stay out of it.
    let authority = intercepted.uri().authority()?;
    let port = authority.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
    Some(Finding::ProxyTakesLocalhost { proxy: format!("{}{port}", authority.host()) })
}

/// The check as it is shown: right, or right with a warning.
pub(crate) fn evidence(catcher: &Catcher, findings: &[Finding]) -> Evidence {
    let state = if findings.is_empty() { EvidenceState::Proven } else { EvidenceState::Warning };
    let mut evidence = Evidence::new(EvidenceKey::CatcherReady, state)
        .fact("host", catcher.redirect_uri().url().host_str().unwrap_or("localhost"))
        .fact("port", catcher.port().to_string());
    for finding in findings {
        evidence = evidence.fact("finding", finding.as_str());
        match finding {
            Finding::ProxyTakesLocalhost { proxy } => evidence = evidence.fact("proxy", proxy),
            Finding::LocalhostElsewhere { address } => {
                evidence = evidence.fact("address", address.to_string());
            }
            Finding::NoIpv6 | Finding::LocalhostUnknown => {}
        }
    }
    evidence
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use entra::RedirectUri;

    use super::*;

    const REDIRECT: &str = "http://localhost:50123/SiemMsspConnector";

    #[test]
    fn a_proxy_that_takes_localhost_is_named_without_its_password() {
        let takes = Matcher::builder().http("http://user:canary@proxy.example:8080").build();
        let finding = Finding::ProxyTakesLocalhost { proxy: "proxy.example:8080".to_owned() };
        assert_eq!(proxy_for(&takes, REDIRECT), Some(finding));
        let leaves = Matcher::builder().http("http://proxy.example:8080").no("localhost,127.0.0.1").build();
        assert_eq!(proxy_for(&leaves, REDIRECT), None);
        let other = Matcher::builder().https("http://proxy.example:8080").build();
        assert_eq!(proxy_for(&other, REDIRECT), None, "a proxy for https has no say in plain http");
    }

    #[test]
    fn a_localhost_that_is_another_computer_is_noticed() {
        let of = |addresses: &[&str]| meaning(addresses.iter().map(|address| address.parse().unwrap()));
        assert_eq!(of(&["127.0.0.1", "::1"]), None);
        assert_eq!(of(&["::ffff:127.0.0.1"]), None);
        let elsewhere = Finding::LocalhostElsewhere { address: "10.0.0.1".parse().unwrap() };
        assert_eq!(of(&["127.0.0.1", "10.0.0.1"]), Some(elsewhere));
        assert_eq!(of(&[]), Some(Finding::LocalhostUnknown));
    }

    #[tokio::test]
    async fn the_examination_is_quick() {
        let catcher = Catcher::bind(&RedirectUri::parse("http://localhost/x").unwrap()).await.unwrap();
        let started = Instant::now();
        let findings = examine(&catcher).await;
        assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
        let shown = evidence(&catcher, &findings);
        assert!(
            shown.facts.iter().any(|fact| fact.name == "port" && fact.value == catcher.port().to_string())
        );
    }
}
