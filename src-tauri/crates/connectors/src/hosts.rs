//! Addresses that files do not spell out, because the connector's software knows Microsoft's by heart.
//!
//! Such files name a cloud by a word, or hosts without a scheme. The word is turned back into Microsoft's addresses when
//! the files are read; in a custom cloud, a lab stands in for Microsoft's hosts, so the lab's addresses count.

use catalog::{Audience, Cloud, GrantKind, Source, SourceId, under};
use url::Url;

use crate::source_of::path_of;
use crate::{ConnectorId, ConnectorInput, ReadBack, Refusal, RefusalReason};

/// How much of the addresses a connector's files spell out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hosts {
    /// Everything.
    Spelled,
    /// Hosts and paths without `https://`; the audience follows from them.
    WithoutScheme,
    /// Nothing: the software knows Microsoft's addresses.
    Implied,
}

impl ReadBack {
    /// The same, where what the files leave to the software is filled in for the customer's cloud.
    ///
    /// Nothing changes for Microsoft's own clouds: there the files must say the right word.
    #[must_use]
    pub fn in_cloud(mut self, cloud: &Cloud) -> Self {
        if !cloud.custom {
            return self;
        }
        match self.hosts {
            Hosts::Spelled => {}
            Hosts::WithoutScheme => {
                self.token_url = with_scheme_of(&self.token_url, cloud);
                self.alerts_url = with_scheme_of(&self.alerts_url, cloud);
                if let Audience::Scopes(scopes) = Source::get(self.source).audience(cloud, self.grant) {
                    if self.scope.is_some() {
                        self.scope = Some(scopes.join(" "));
                    }
                }
            }
            Hosts::Implied => {
                let resource = self.resource.is_some();
                let addresses = self
                    .customer_tenant
                    .as_deref()
                    .and_then(|tenant| Addresses::of(cloud, self.source, tenant, resource));
                if let Some(addresses) = addresses {
                    addresses.fill(&mut self);
                }
            }
        }
        self
    }
}

/// `https` was assumed. A loopback lab may speak plain `http`.
fn with_scheme_of(address: &str, cloud: &Cloud) -> String {
    let Ok(mut url) = Url::parse(address) else { return address.to_owned() };
    let bases = [Some(&cloud.login), Some(&cloud.graph), cloud.defender.as_ref(), cloud.xdr.as_ref()];
    let siem = cloud.siem.values();
    let same = |base: &&Url| base.host() == url.host() && base.port() == url.port();
    match bases.into_iter().flatten().chain(siem).find(same).map(|base| base.scheme().to_owned()) {
        Some(scheme) if scheme != url.scheme() => {
            // Cannot fail between http and https; what the files say stays where it did.
            let _ = url.set_scheme(&scheme);
            url.to_string()
        }
        Some(_) | None => address.to_owned(),
    }
}

/// What the software uses for a cloud, a source and a tenant with client credentials.
pub(crate) struct Addresses {
    pub(crate) token_url: String,
    pub(crate) alerts_url: String,
    /// Audience with the v1 token endpoint.
    pub(crate) resource: Option<String>,
    /// Scope with the v2 token endpoint.
    pub(crate) scope: Option<String>,
}

impl Addresses {
    /// `by_resource`: the software asks the v1 endpoint for the API's own base address.
    pub(crate) fn of(cloud: &Cloud, source: SourceId, tenant: &str, by_resource: bool) -> Option<Self> {
        let known = Source::get(source);
        let alerts_url = known.address(cloud, None).ok()?.to_string();
        let audience = match (known.audience(cloud, GrantKind::AppOnly), by_resource) {
            (Audience::Scopes(scopes), true) => {
                let scope = scopes.first()?;
                Audience::Resource(scope.strip_suffix("/.default").unwrap_or(scope).to_owned())
            }
            (audience, _) => audience,
        };
        let token_url =
            |version: &str| under(&cloud.login, &format!("{tenant}/oauth2{version}/token")).to_string();
        Some(match audience {
            Audience::Resource(resource) => {
                Self { token_url: token_url(""), alerts_url, resource: Some(resource), scope: None }
            }
            Audience::Scopes(scopes) => Self {
                token_url: token_url("/v2.0"),
                alerts_url,
                resource: None,
                scope: Some(scopes.join(" ")),
            },
        })
    }

    pub(crate) fn fill(self, read: &mut ReadBack) {
        read.token_url = self.token_url;
        read.alerts_url = self.alerts_url;
        read.resource = self.resource;
        read.scope = self.scope;
    }
}

/// Refuses addresses other than those that the software will use: for one of Microsoft's clouds exactly, for a custom
/// one by their shape.
pub(crate) fn check(connector: ConnectorId, input: &ConnectorInput) -> Result<(), Refusal> {
    let refuse = |field| Err(Refusal { connector, field, reason: RefusalReason::AddressNotCarried });
    let expanded = input.source == SourceId::GraphIncidents;
    let alerts_url = match input.alerts_url.split_once('?') {
        Some((base, "$expand=alerts")) if expanded => base,
        Some(_) => return refuse("alerts_url"),
        None => input.alerts_url.as_str(),
    };
    if let Some(cloud) = Cloud::builtin(&input.cloud) {
        let tenant = &input.customer_tenant;
        let Some(addresses) = Addresses::of(&cloud, input.source, tenant, false) else {
            return refuse("cloud");
        };
        if input.token_url != addresses.token_url {
            return refuse("token_url");
        }
        if alerts_url != addresses.alerts_url {
            return refuse("alerts_url");
        }
        if input.scope != addresses.scope {
            return refuse("scope");
        }
        if input.resource != addresses.resource {
            return refuse("resource");
        }
        return Ok(());
    }
    if !input.token_url.ends_with(&format!("/{}/oauth2/v2.0/token", input.customer_tenant)) {
        return refuse("token_url");
    }
    if !alerts_url.ends_with(path_of(input.source)) {
        return refuse("alerts_url");
    }
    if input.scope.as_deref().is_none_or(|scope| !scope.ends_with("/.default") || scope.contains(' ')) {
        return refuse("scope");
    }
    Ok(())
}

/// Whether the cloud is one of Microsoft's own.
pub(crate) fn is_builtin(cloud: &str) -> bool {
    Cloud::builtins().iter().any(|known| known.id == cloud)
}
