//! What the connector files say, compared with the customer that they should be of.
//!
//! Asks nobody. The invariant: what comes out of here names no host outside the customer's cloud, and no other tenant.

use catalog::{Audience, Cloud};
use connectors::{ConnectorId, Files, ReadBack};
use entra::Authority;
use url::Url;
use vault::Customer;

use crate::contract::{Problem, ProblemCode};
use crate::problems;

/// What the files say, compared with the customer it should be.
pub(super) struct Said {
    pub(super) connector: ConnectorId,
    pub(super) read: ReadBack,
    pub(super) authority: Authority,
    pub(super) audience: Audience,
    pub(super) alerts: Url,
}

impl Said {
    /// Reads a folder's files as those of a customer.
    ///
    /// # Errors
    ///
    /// `files-incomplete` with what is wrong and where, or `foreign-host`.
    pub(super) fn of_files(files: &Files, customer: &Customer, cloud: &Cloud) -> Result<Self, Problem> {
        let (connector, read) =
            connectors::read_back(files).map_err(|problem| problems::of_reading(&problem))?;
        // What a SIEM's software knows by heart is filled in; in a lab, the lab's hosts are what it finds.
        Self::of(connector, read.in_cloud(cloud), customer, cloud)
    }

    fn of(
        connector: ConnectorId,
        read: ReadBack,
        customer: &Customer,
        cloud: &Cloud,
    ) -> Result<Self, Problem> {
        let incomplete = |reason: &str| {
            Problem::new(ProblemCode::FilesIncomplete)
                .with("file", read.files.first().cloned().unwrap_or_default())
                .with("reason", reason)
        };
        // The tenant stands in the token address, where there is one.
        let at_token_address = |reason: &str| match &read.tenant_at {
            Some((file, line)) => {
                incomplete(reason).with("file", file.clone()).with("line", line.to_string())
            }
            None => incomplete(reason),
        };
        if let Some(differs) = read.disagreements.first() {
            let problem = Problem::new(ProblemCode::FilesIncomplete)
                .with("file", differs.file.clone())
                .with("field", differs.field)
                .with("reason", "files-disagree");
            return Err(match differs.line {
                Some(line) => problem.with("line", line.to_string()),
                None => problem,
            });
        }
        let audience = match (&read.resource, &read.scope) {
            (Some(resource), None) => Audience::Resource(resource.clone()),
            (None, Some(scope)) => Audience::Scopes(
                scope
                    .split_whitespace()
                    .filter(|scope| *scope != "offline_access")
                    .map(str::to_owned)
                    .collect(),
            ),
            (None, None) | (Some(_), Some(_)) => {
                return Err(incomplete("files-resource-or-scope"));
            }
        };
        let authority = Authority::of_token_address(&read.token_url)
            .ok_or_else(|| at_token_address("files-token-address"))?;
        if authority.token(&audience).as_str() != read.token_url {
            return Err(at_token_address("files-generations-differ"));
        }
        if !authority.tenant().eq_ignore_ascii_case(&customer.tenant_id) {
            return Err(at_token_address("files-other-tenant")
                .with("actual", authority.tenant())
                .with("expected", customer.tenant_id.clone()));
        }
        sign_in_holds(&read, &authority, customer, cloud).map_err(|fault| match fault {
            SignInFault::Foreign(host) => {
                Problem::new(ProblemCode::ForeignHost).with("host", cloud.name.clone()).with("target", host)
            }
            SignInFault::Address => incomplete("files-authorize-address").with("field", "authorize_url"),
        })?;
        let alerts = Url::parse(read.alerts_base())
            .map_err(|error| incomplete("files-alert-address").caused_by(&error))?;
        for address in [authority.login(), &alerts] {
            if !cloud.allows(address) {
                return Err(Problem::new(ProblemCode::ForeignHost)
                    .with("host", cloud.name.clone())
                    .with("target", address.host_str().unwrap_or_default()));
            }
        }
        Ok(Self { connector, read, authority, audience, alerts })
    }
}

/// What is wrong with the address at which the files send a person to sign in.
enum SignInFault {
    /// It leads to this host, which is not of the customer's cloud.
    Foreign(String),
    /// It is no sign-in address of this tenant.
    Address,
}

/// Nothing is pulled from the sign-in address, but somebody who follows it types a password there.
fn sign_in_holds(
    read: &ReadBack,
    authority: &Authority,
    customer: &Customer,
    cloud: &Cloud,
) -> Result<(), SignInFault> {
    let Some(written) = &read.authorize_url else { return Ok(()) };
    let url = Url::parse(written).map_err(|_| SignInFault::Address)?;
    if !cloud.allows(&url) || !url.username().is_empty() || url.password().is_some() {
        return Err(SignInFault::Foreign(url.host_str().unwrap_or_default().to_owned()));
    }
    let anybodys = ["common", "organizations"];
    let tenants = [Some(authority.tenant()), customer.tenant_domain.as_deref()];
    let tenants = tenants.into_iter().flatten().chain(anybodys);
    let held = tenants.map(|tenant| Authority::new(authority.login().clone(), tenant)).any(|authority| {
        let either = [Audience::Resource(String::new()), Audience::Scopes(Vec::new())];
        either.iter().any(|audience| authority.authorize(audience).path().eq_ignore_ascii_case(url.path()))
    });
    if held { Ok(()) } else { Err(SignInFault::Address) }
}
