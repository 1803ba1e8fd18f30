//! The one place that builds an HTTP client: trust, time limits, no redirects, no cookies.
//!
//! Certificates are checked by the operating system's own verifier; a cloud file may add one authority. There is no
//! switch that turns the check off. The system's proxy is used. Redirects are never followed: nothing that Entra or
//! an alert API says by redirect is for us, and a followed redirect could carry a token to another host.

use std::time::Duration;

use catalog::Cloud;
use reqwest::{Certificate, Client, redirect};

use crate::contract::{Problem, ProblemCode};

/// How long a host may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(20);
/// How long a host may keep silent in the middle of an answer.
const SILENCE: Duration = Duration::from_mins(1);

/// Builds the client for one cloud.
pub(crate) fn client(cloud: &Cloud) -> Result<Client, Problem> {
    // The second and later calls find the provider installed: that is what is wanted.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let Some(pem) = &cloud.ca_pem else {
        return plain().build().map_err(|error| failed(&error));
    };
    let certificates = Certificate::from_pem_bundle(pem.as_bytes()).map_err(|error| {
        Problem::new(ProblemCode::CloudFileInvalid)
            .with("file", cloud.name.clone())
            .with("reason", "ca_file holds no certificate")
            .caused_by(&error)
    })?;
    if certificates.is_empty() {
        return Err(Problem::new(ProblemCode::CloudFileInvalid)
            .with("file", cloud.name.clone())
            .with("reason", "ca_file holds no certificate"));
    }
    // Some verifiers (Wine's among them) cannot take an extra authority; then only that authority is trusted.
    plain()
        .tls_certs_merge(certificates.clone())
        .build()
        .or_else(|_| plain().tls_certs_only(certificates).build())
        .map_err(|error| failed(&error))
}

#[expect(clippy::disallowed_methods, reason = "the one home of HTTP clients")]
fn plain() -> reqwest::ClientBuilder {
    Client::builder()
        .redirect(redirect::Policy::none())
        .referer(false)
        .connect_timeout(CONNECT)
        .read_timeout(SILENCE)
        .user_agent(concat!("mssp-onboard/", env!("CARGO_PKG_VERSION")))
        .tls_version_min(reqwest::tls::Version::TLS_1_2)
}

fn failed(error: &reqwest::Error) -> Problem {
    Problem::new(ProblemCode::Internal).with("reason", "the HTTP client could not be built").caused_by(error)
}
