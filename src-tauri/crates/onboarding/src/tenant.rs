//! Step 0: is there such a tenant, in this cloud, and is this computer's clock right?

use catalog::Cloud;
use entra::TenantName;

use crate::Engine;
use crate::contract::{CloudView, Evidence, EvidenceKey, EvidenceState, Problem, TenantFound, TenantQuery};
use crate::problems;

/// How far this computer's clock may be off before it is said, in seconds.
const CLOCK_TOLERANCE: i64 = 60;

impl Engine {
    /// Asks Microsoft's public directory for a tenant. Nothing is stored.
    ///
    /// # Errors
    ///
    /// `invalid-input` for what cannot be a tenant, `tenant-not-found`, `cloud-unknown`, and what the network says.
    pub async fn find_tenant(&self, query: TenantQuery) -> Result<TenantFound, Problem> {
        let cloud = self.cloud(query.cloud.as_deref())?;
        resolve(self, &cloud, &query.tenant).await
    }
}

/// Resolves a GUID or domain to the tenant's GUID.
pub(crate) async fn resolve(engine: &Engine, cloud: &Cloud, tenant: &str) -> Result<TenantFound, Problem> {
    let http = engine.http(cloud).await?;
    let asked = problems::Asked { tenant, cloud: &cloud.name, redirect_uri: "", http: Some(&http) };
    let name = TenantName::parse(tenant).map_err(|fault| problems::of_entra(&fault.into(), &asked))?;
    let found = entra::discover(http.entra(), &cloud.login, &name)
        .await
        .map_err(|error| problems::of_entra(&error, &asked))?;
    let mut evidence = vec![
        Evidence::new(EvidenceKey::TenantExists, EvidenceState::Proven)
            .fact("tenant-id", found.tenant_id.clone())
            .fact("issuer", found.issuer.clone()),
    ];
    if let Some(theirs) = found.date {
        let off = crate::clock::now().duration_since(theirs).as_secs().abs();
        let state = if off > CLOCK_TOLERANCE { EvidenceState::Warning } else { EvidenceState::Proven };
        evidence.push(Evidence::new(EvidenceKey::ClockRight, state).fact("seconds-off", off.to_string()));
    }
    Ok(TenantFound { tenant_id: found.tenant_id, domain: found.domain, cloud: view(cloud), evidence })
}

/// A cloud as people see it.
pub(crate) fn view(cloud: &Cloud) -> CloudView {
    CloudView {
        id: cloud.id.clone(),
        name: cloud.name.clone(),
        custom: cloud.custom,
        portal: cloud.portal.to_string(),
        app_portal: cloud.app_portal.as_ref().map(ToString::to_string),
        regions: cloud.siem.keys().copied().collect(),
    }
}
