//! Which alert source an address belongs to. Files of a SIEM do not name it: it follows from the address, and where
//! two sources share a path, from the shape of the answer that the files expect.

use catalog::SourceId;
use url::Url;

/// What else in the files speaks for the legacy exporter, whose path is that of `defender-alerts`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body {
    /// The files expect a bare array: legacy.
    Array,
    /// The files expect an object with `value`.
    Object,
    /// The files do not say.
    Unsaid,
}

/// How the address of a source ends.
pub(crate) const fn path_of(source: SourceId) -> &'static str {
    match source {
        SourceId::GraphAlerts => "/security/alerts_v2",
        SourceId::GraphIncidents => "/security/incidents",
        SourceId::XdrIncidents => "/incidents",
        SourceId::DefenderAlerts | SourceId::SiemDetections => "/alerts",
    }
}

/// The source of an alerts address, if it is one.
pub(crate) fn source_of(alerts_url: &str, body: Body) -> Option<SourceId> {
    let url = Url::parse(alerts_url).ok()?;
    let path = url.path().trim_end_matches('/').to_ascii_lowercase();
    let ends = |source| path.ends_with(path_of(source));
    if ends(SourceId::GraphAlerts) {
        return Some(SourceId::GraphAlerts);
    }
    if ends(SourceId::GraphIncidents) {
        return Some(SourceId::GraphIncidents);
    }
    if ends(SourceId::XdrIncidents) {
        return Some(SourceId::XdrIncidents);
    }
    if !ends(SourceId::DefenderAlerts) {
        return None;
    }
    let legacy_address = url.host_str().is_some_and(|host| host.starts_with("wdatp-alertexporter"))
        || url.query_pairs().any(|(key, _)| matches!(&*key, "sinceTimeUtc" | "untilTimeUtc" | "ago"));
    let legacy = legacy_address || body == Body::Array;
    Some(if legacy { SourceId::SiemDetections } else { SourceId::DefenderAlerts })
}

/// The legacy exporter answers with a bare array, everything else with an object: what expects the other shape finds
/// nothing.
pub(crate) fn fits(source: SourceId, body: Body) -> bool {
    match body {
        Body::Array => source == SourceId::SiemDetections,
        Body::Object => source != SourceId::SiemDetections,
        Body::Unsaid => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_tell_their_source() {
        for (address, source) in [
            ("https://graph.example/v1.0/security/alerts_v2?%24filter=x", SourceId::GraphAlerts),
            ("https://graph.example/v1.0/security/incidents?$expand=alerts", SourceId::GraphIncidents),
            ("https://xdr.example/api/incidents", SourceId::XdrIncidents),
            ("https://defender.example/api/v1.0/alerts/", SourceId::DefenderAlerts),
            ("http://127.0.0.1:4000/api/alerts/?sinceTimeUtc=$START_AT_TIME", SourceId::SiemDetections),
            (
                "https://wdatp-alertexporter-eu.securitycenter.windows.com/api/alerts",
                SourceId::SiemDetections,
            ),
        ] {
            assert_eq!(source_of(address, Body::Unsaid), Some(source), "{address}");
        }
        assert_eq!(source_of("https://defender.example/api/machines", Body::Unsaid), None);
        assert_eq!(
            source_of("https://defender.example/api/alerts", Body::Array),
            Some(SourceId::SiemDetections)
        );
        let legacy =
            source_of("https://siem.example/api/alerts?sinceTimeUtc=x", Body::Object).expect("known");
        assert!(!fits(legacy, Body::Object));
    }
}
