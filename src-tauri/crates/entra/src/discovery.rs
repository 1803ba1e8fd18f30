//! Asks whether a tenant exists and who it is: OpenID discovery, which anybody may read. Nothing is proven by it but
//! the tenant's GUID and where its keys lie.

use jiff::Timestamp;
use serde::Deserialize;
use url::{Host, Url};

use crate::transport::{Http, exchange, host_of};
use crate::{Authority, EntraError, Leg, Refusal, TenantName, guid};

/// Real documents have about 2 KiB.
const LARGEST: usize = 1024 * 1024;

/// What a tenant's discovery document says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discovery {
    /// Lower-case GUID.
    pub tenant_id: String,
    /// The domain by which it was asked for.
    pub domain: Option<String>,
    /// Issuer of its version 2 tokens.
    pub issuer: String,
    /// Each answer at a redirect URI says who issued it (RFC 9207).
    pub tells_issuer: bool,
    /// Where its signing keys are.
    pub keys: Url,
    /// Region and sub-region (`USGov`, `DODCON`), where told; they tell a cloud that the host does not.
    pub region: Option<String>,
    /// Sub-region.
    pub sub_region: Option<String>,
    /// Microsoft's clock at the answer.
    pub date: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    jwks_uri: Url,
    token_endpoint: Option<Url>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: Option<bool>,
    tenant_region_scope: Option<String>,
    tenant_region_sub_scope: Option<String>,
}

/// Looks a tenant up by GUID or domain.
///
/// # Errors
/// There is no such tenant, it lives in another cloud, or no usable answer came.
#[tracing::instrument(skip_all)]
pub async fn discover(http: &Http, login: &Url, tenant: &TenantName) -> Result<Discovery, EntraError> {
    let url = Authority::new(login.clone(), tenant.as_str()).discovery();
    let reply = exchange(http, &url, http.client().get(url.clone()), LARGEST).await?;
    if !reply.is_success() {
        let refusal = Refusal::from_body(Leg::Discovery, reply.status, reply.retry_after, reply.json());
        return Err(match refusal {
            Some(refusal) if refusal.problem() == "tenant-not-found" => {
                EntraError::TenantNotFound { tenant: tenant.to_string(), refusal: Some(Box::new(refusal)) }
            }
            Some(refusal) => EntraError::Refused(Box::new(refusal)),
            None if reply.status == 404 => {
                EntraError::TenantNotFound { tenant: tenant.to_string(), refusal: None }
            }
            None => reply.failure().into(),
        });
    }
    let document: Document = serde_json::from_slice(reply.json())
        .map_err(|error| reply.unreadable(format!("discovery document, line {}", error.line())))?;

    // A government tenant is answered for by the commercial cloud too, with the addresses of its own.
    let elsewhere =
        document.token_endpoint.iter().chain([&document.jwks_uri]).find(|url| !same_place(url, login));
    if let Some(url) = elsewhere {
        return Err(EntraError::OtherCloud { tenant: tenant.to_string(), host: host_of(url) });
    }
    let told = guid_in(&document.issuer)
        .or_else(|| document.token_endpoint.as_ref().and_then(|url| guid_in(url.as_str())));
    let (tenant_id, domain) = match (tenant, told) {
        (TenantName::Guid(asked), None) => (asked.clone(), None),
        (TenantName::Guid(asked), Some(told)) if *asked == told => (told, None),
        (TenantName::Guid(_), Some(_)) => {
            return Err(reply.unreadable("it speaks of another tenant").into());
        }
        (TenantName::Domain(domain), Some(told)) => (told, Some(domain.clone())),
        (TenantName::Domain(_), None) => return Err(reply.unreadable("it names no tenant").into()),
    };
    Ok(Discovery {
        issuer: document.issuer.replace("{tenantid}", &tenant_id),
        tells_issuer: document.authorization_response_iss_parameter_supported == Some(true),
        keys: at_the_host_of(document.jwks_uri, login),
        tenant_id,
        domain,
        region: document.tenant_region_scope,
        sub_region: document.tenant_region_sub_scope,
        date: reply.date,
    })
}

impl Discovery {
    /// Its authority at a sign-in base.
    pub fn authority(&self, login: &Url) -> Authority {
        Authority::new(login.clone(), self.tenant_id.clone())
    }
}

/// The GUID that stands as a whole segment in an address.
fn guid_in(address: &str) -> Option<String> {
    address.split(['/', '?']).find_map(|segment| if segment.contains('{') { None } else { guid(segment) })
}

/// The same scheme, host and port; all names of this computer are one.
fn same_place(url: &Url, login: &Url) -> bool {
    let same_host = url.host() == login.host() || (is_this_computer(url) && is_this_computer(login));
    same_host
        && url.scheme() == login.scheme()
        && url.port_or_known_default() == login.port_or_known_default()
}

fn is_this_computer(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Under the name of this computer by which the sign-in base calls it, since only that one is allowed.
fn at_the_host_of(mut url: Url, login: &Url) -> Url {
    if let Some(host) = login.host_str().filter(|_| is_this_computer(&url)) {
        // A host that parsed once is taken again.
        let _ = url.set_host(Some(host));
    }
    url
}
