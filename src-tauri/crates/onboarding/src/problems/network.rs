//! What stood between us and a host: names, proxies, certificates, connections.

use entra::TransportError;

use super::{coded, explained};
use crate::contract::{Problem, ProblemCode};
use crate::network::{self, Http};
use crate::reasons;

pub(crate) fn of_transport(error: &TransportError, http: Option<&Http>) -> Problem {
    let problem = coded(error.problem());
    match error {
        TransportError::Unreachable { host, reason } => {
            let problem = problem.with("host", host.clone());
            match obstacle(reason) {
                Some(obstacle) => problem.with("reason", obstacle),
                None => problem,
            }
        }
        TransportError::TimedOut { host } | TransportError::Cut { host } => {
            problem.with("host", host.clone())
        }
        TransportError::Tls { host, reason } => of_tls(host, reason),
        TransportError::ProxyRefused { host } => of_proxy(host, http),
        TransportError::Unreadable { host, reason } => {
            problem.with("host", host.clone()).with("reason", reasons::of_answer(reason))
        }
        TransportError::Foreign { host, target } => {
            problem.with("host", host.clone()).with("target", target.clone())
        }
        TransportError::TooLarge { host, limit } => {
            problem.with("host", host.clone()).with("limit", limit.to_string())
        }
        TransportError::Throttled { retry_after, .. } => {
            problem.with("seconds", retry_after.map_or(60, |wait| wait.as_secs()).to_string())
        }
        TransportError::Unavailable { host, status } => {
            problem.with("host", host.clone()).with("status", status.to_string())
        }
    }
}

/// A certificate that does not hold: why, and who issued it, where our own verifier said so.
pub(super) fn of_tls(host: &str, reason: &str) -> Problem {
    let problem = Problem::new(ProblemCode::TlsRefused).with("host", host);
    let Some(verdict) = network::Untrusted::read(reason) else {
        return problem.with("reason", "tls-failed");
    };
    let mut problem = problem.with("reason", verdict.why.as_str());
    if let Some(issuer) = verdict.issuer {
        problem = problem.with("issuer", issuer);
    }
    problem
}

/// A certificate that the web engine of the sign-in window does not trust. It asks the operating system alone, and knows
/// none of the authorities that were added to this product.
pub(crate) fn of_window_trust(host: String, certificate: Option<&str>) -> Problem {
    let issuer = certificate.and_then(|pem| network::issuer_of(pem.as_bytes()));
    let problem = Problem::new(ProblemCode::TlsRefused)
        .with("host", host)
        .with("reason", reasons::WINDOW_TRUSTS_SYSTEM_ONLY);
    let problem = match issuer {
        Some(issuer) => problem.with("issuer", issuer),
        None => problem,
    };
    let causes = of_network(&problem);
    explained(problem, &causes, None)
}

/// A page that the sign-in window could not fetch.
pub(crate) fn of_window_reach(host: String) -> Problem {
    let problem = Problem::new(ProblemCode::Unreachable).with("host", host);
    let causes = of_network(&problem);
    explained(problem, &causes, None)
}

/// The proxy took the call and did not get through.
const PROXY_FAILED: &str = "proxy-did-not-get-through";
/// Nobody knows the host's name.
const NAME_UNKNOWN: &str = "host-name-unknown";

/// What stood in the way, where the HTTP client's text tells: it has no types for it.
fn obstacle(text: &str) -> Option<&'static str> {
    let text = text.to_ascii_lowercase();
    if text.contains("tunnel error") || text.contains("socks") {
        Some(PROXY_FAILED)
    } else if ["dns error", "lookup", "resolve", "name or service", "host is known"]
        .iter()
        .any(|word| text.contains(word))
    {
        Some(NAME_UNKNOWN)
    } else {
        None
    }
}

/// A proxy that wants a sign-in: which one, and whether it was given one.
fn of_proxy(host: &str, http: Option<&Http>) -> Problem {
    let problem = Problem::new(ProblemCode::ProxyRefused).with("host", host);
    match http.and_then(|http| http.proxy_to(host)) {
        Some(proxy) => {
            let problem = problem.with("proxy", proxy.address);
            proxy.user.map_or_else(|| problem.clone(), |user| problem.clone().with("user", user))
        }
        None => problem,
    }
}

/// The causes of a problem of the network, as far as it tells them apart itself.
pub(super) fn of_network(problem: &Problem) -> Vec<String> {
    let reason = problem.params.get("reason").map(String::as_str);
    let names: &[&str] = if problem.code == ProblemCode::Unreachable {
        match reason {
            Some(PROXY_FAILED) => &["proxy-forbids", "name-unknown"],
            Some(NAME_UNKNOWN) => &["name-unknown", "proxy-needed"],
            Some(_) | None => &["firewall", "proxy-needed"],
        }
    } else if problem.code == ProblemCode::ProxyRefused {
        if problem.params.contains_key("user") {
            &["proxy-password-wrong", "proxy-other-scheme"]
        } else {
            &["proxy-password-missing", "proxy-other-scheme"]
        }
    } else if problem.code == ProblemCode::TlsRefused {
        match reason.and_then(network::Why::named) {
            None if reason == Some(reasons::WINDOW_TRUSTS_SYSTEM_ONLY) => &["window-trust"],
            Some(network::Why::UnknownIssuer) => &["traffic-inspected", "private-authority"],
            Some(network::Why::Expired | network::Why::NotYetValid) => &["certificate-over"],
            Some(network::Why::WrongName) => &["certificate-other-name", "traffic-inspected"],
            Some(network::Why::Revoked | network::Why::Malformed) | None => &[],
        }
    } else {
        &[]
    };
    names.iter().map(|name| (*name).to_owned()).collect()
}
