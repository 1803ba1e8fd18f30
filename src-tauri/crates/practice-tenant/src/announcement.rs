//! What a running practice tenant tells its user: addresses, ids, and the files that hold its secrets.
//!
//! Invariant: no secret is in here, only paths of files that hold one. The fields are the design's contract.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::scenario::Scenario;

/// The first line of `practice start`.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Announcement {
    /// The cloud file to onboard with.
    pub cloud_file: PathBuf,
    /// The authority that signed the server's certificate, PEM; none without TLS.
    pub ca_file: Option<PathBuf>,
    /// Entra's origin: `{login}/{tenant}/oauth2/v2.0/authorize` and so on.
    pub login: String,
    /// Microsoft Graph: `{graph}/v1.0/security/alerts_v2`.
    pub graph: String,
    /// Defender for Endpoint.
    pub defender: String,
    /// Defender XDR.
    pub xdr: String,
    /// The legacy exporter by region: `{siem.eu}/api/alerts`.
    pub siem: Regions,
    /// The portal: `{portal}?tid=`.
    pub portal: String,
    /// Tenant id of the provider, a GUID.
    pub provider_tenant: String,
    /// Tenant id of the customer, a GUID.
    pub customer_tenant: String,
    /// A verified domain of the customer.
    pub customer_domain: String,
    /// Application id of the registered app, a GUID.
    pub client_id: String,
    /// A file that holds the app's secret and nothing else.
    pub client_secret_file: PathBuf,
    /// The app's redirect addresses.
    pub redirect_uris: Vec<String>,
    /// Who can sign in.
    pub users: Vec<User>,
    /// The scenarios in force at the start.
    pub scenarios: Vec<Scenario>,
}

/// The legacy exporter's base addresses.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Regions {
    /// Europe, where the practice customer's data lives.
    pub eu: String,
    /// United States: answers with nothing.
    pub us: String,
    /// United Kingdom: answers with nothing.
    pub uk: String,
}

/// A person who can sign in.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct User {
    /// The sign-in name.
    pub name: String,
    /// A file that holds the password and nothing else.
    pub password_file: PathBuf,
    /// `admin` (administrator of the customer), `analyst` (guest of the customer), `elsewhere` (another tenant).
    pub role: String,
}

/// Where the services answer: one origin, a path each.
#[derive(Clone, Debug)]
pub(crate) struct Addresses {
    pub(crate) login: String,
    pub(crate) graph: String,
    pub(crate) defender: String,
    pub(crate) xdr: String,
    pub(crate) siem: Regions,
    pub(crate) portal: String,
}

impl Addresses {
    pub(crate) fn at(origin: &str) -> Self {
        Self {
            login: origin.to_owned(),
            graph: format!("{origin}/graph"),
            defender: format!("{origin}/defender"),
            xdr: format!("{origin}/xdr"),
            siem: Regions {
                eu: format!("{origin}/siem/eu"),
                us: format!("{origin}/siem/us"),
                uk: format!("{origin}/siem/uk"),
            },
            portal: format!("{origin}/portal"),
        }
    }

    /// The cloud file. Every value is an address of ours, so nothing needs escaping.
    pub(crate) fn cloud_file(&self, ca_file: Option<&str>) -> String {
        let Self { login, graph, defender, xdr, siem, portal } = self;
        let ca_file = ca_file.map(|name| format!("ca_file = \"{name}\"\n")).unwrap_or_default();
        format!(
            "# The practice tenant. It lives as long as the program that serves it.\n\
             name = \"practice\"\n\
             login = \"{login}\"\n\
             graph = \"{graph}\"\n\
             defender = \"{defender}\"\n\
             xdr = \"{xdr}\"\n\
             portal = \"{portal}\"\n\
             {ca_file}\n\
             [siem]\n\
             eu = \"{}\"\n\
             us = \"{}\"\n\
             uk = \"{}\"\n",
            siem.eu, siem.us, siem.uk
        )
    }
}
