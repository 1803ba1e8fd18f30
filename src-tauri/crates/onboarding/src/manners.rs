//! Microsoft's published rates, kept for one app in one customer's tenant by everything in this process that pulls.
//!
//! For Microsoft's own clouds only: what a cloud file names has rates that nobody published, and says so by 429 when
//! they are reached. The invariant: two pulls of one source with one app and tenant share one pace.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use catalog::{Cloud, Source, SourceId};
use defender::Pace;

/// App, tenant and source.
type Asker = (String, String, SourceId);

static PACES: LazyLock<Mutex<HashMap<Asker, Arc<Pace>>>> = LazyLock::new(Mutex::default);

/// The pace of one app in one tenant at one source, where there is a rate to keep.
pub(crate) fn pace(cloud: &Cloud, source: SourceId, client_id: &str, tenant_id: &str) -> Option<Arc<Pace>> {
    let known = Source::get(source);
    let limits: Vec<(u32, Duration)> =
        [(known.per_minute, Duration::from_mins(1)), (known.per_hour, Duration::from_hours(1))]
            .into_iter()
            .filter_map(|(most, span)| most.map(|most| (most, span)))
            .collect();
    if cloud.custom || limits.is_empty() {
        return None;
    }
    let asker = (client_id.to_ascii_lowercase(), tenant_id.to_ascii_lowercase(), source);
    let mut paces = PACES.lock().unwrap_or_else(PoisonError::into_inner);
    Some(Arc::clone(paces.entry(asker).or_insert_with(|| Arc::new(Pace::new(limits)))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_app_in_one_tenant_has_one_pace_a_source() {
        let commercial = Cloud::builtin("commercial").unwrap();
        let pace_of = |source, app, tenant| pace(&commercial, source, app, tenant);
        let one = pace_of(SourceId::DefenderAlerts, "app", "tenant").unwrap();
        assert!(Arc::ptr_eq(&one, &pace_of(SourceId::DefenderAlerts, "APP", "Tenant").unwrap()));
        assert!(!Arc::ptr_eq(&one, &pace_of(SourceId::DefenderAlerts, "app", "other").unwrap()));
        assert!(!Arc::ptr_eq(&one, &pace_of(SourceId::XdrIncidents, "app", "tenant").unwrap()));
        assert!(pace_of(SourceId::SiemDetections, "app", "tenant").is_none(), "no rate is published");
    }
}
