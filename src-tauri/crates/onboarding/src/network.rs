//! The one place that builds an HTTP client: trust, way, time limits, no redirects, no cookies.
//!
//! Certificates are checked by the operating system's own verifier; a cloud file and the settings may add authorities.
//! There is no switch that turns the check off. The way is the system's proxy, one that was entered, or none. Redirects
//! are never followed: nothing that Entra or an alert API says by redirect is for us, and a followed redirect could
//! carry a token to another host.

mod route;
mod system;
mod trust;

use std::time::Duration;

use catalog::Cloud;
use reqwest::{Client, redirect};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::contract::{Problem, ProblemCode};
pub(crate) use route::{
    LOOPBACK, ProxiesInUse, ProxyInUse, Route, found_by_the_system, sign_in_of_the_system,
};
pub(crate) use system::{matcher as system_matcher, unfollowed};
pub(crate) use trust::{Untrusted, Why, subject_of};

/// How long a host may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(20);
/// How long a host may keep silent in the middle of an answer.
const SILENCE: Duration = Duration::from_mins(1);

/// An HTTP client with what is known of its way. Copies share it; clients that were built apart share nothing.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    entra: entra::Http,
    proxies: ProxiesInUse,
    route: Route,
}

impl Http {
    /// For Entra.
    pub(crate) fn entra(&self) -> &entra::Http {
        &self.entra
    }

    /// For everything else.
    pub(crate) fn client(&self) -> &Client {
        self.entra.client()
    }

    /// The proxy by which a host was last sought: only for words about it.
    pub(crate) fn proxy_to(&self, host: &str) -> Option<ProxyInUse> {
        self.proxies.to(host)
    }

    /// The way that was chosen.
    pub(crate) fn route(&self) -> &Route {
        &self.route
    }

    /// Microsoft's time by the last answer.
    pub(crate) fn server_time(&self) -> Option<jiff::Timestamp> {
        self.entra.server_time()
    }
}

/// Builds the client for one cloud. `authorities` are trusted in addition to the system's and the cloud's own.
pub(crate) fn client(
    cloud: &Cloud,
    route: &Route,
    authorities: Vec<CertificateDer<'static>>,
) -> Result<Http, Problem> {
    let mut extra = authorities;
    if let Some(pem) = &cloud.ca_pem {
        let of_cloud = certificates(pem.as_bytes()).ok_or_else(|| {
            Problem::new(ProblemCode::CloudFileInvalid)
                .with("file", cloud.name.clone())
                .with("reason", "ca-file-holds-no-certificate")
        })?;
        extra.extend(of_cloud);
    }
    let tls = trust::config(extra).map_err(|error| failed(&error))?;
    let proxies = ProxiesInUse::default();
    let client = plain(tls).proxy(route.proxy(&proxies)).build().map_err(|error| failed(&error))?;
    Ok(Http { entra: entra::Http::new(client), proxies, route: route.clone() })
}

/// The certificates in a PEM text; `None` when there is none, or one is broken.
pub(crate) fn certificates(pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    all.ok().filter(|all| !all.is_empty())
}

/// Who issued the first certificate of a PEM text, by its own account.
pub(crate) fn issuer_of(pem: &[u8]) -> Option<String> {
    let first = certificates(pem)?.into_iter().next()?;
    trust::issuer_and_end(&first).map(|(issuer, _)| issuer)
}

#[expect(clippy::disallowed_methods, reason = "the one home of HTTP clients")]
fn plain(tls: rustls::ClientConfig) -> reqwest::ClientBuilder {
    Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(redirect::Policy::none())
        .referer(false)
        .connect_timeout(CONNECT)
        .read_timeout(SILENCE)
        .user_agent(concat!("mssp-onboard/", env!("CARGO_PKG_VERSION")))
}

fn failed(error: &(dyn std::error::Error + 'static)) -> Problem {
    Problem::new(ProblemCode::Internal).with("reason", "http-client-not-built").caused_by(error)
}
