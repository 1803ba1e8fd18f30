//! An example customer for the tests of this crate.

use catalog::{GrantKind, Region, SourceId};
use connectors::{ConnectorInput, Files, Language, RenderedFile};
use secrecy::SecretString;

/// The tenant of the example customer.
pub(crate) const TENANT: &str = "11111111-2222-4333-8444-555555555555";

/// A complete input for a source; v1 endpoints for the legacy exporter, v2 for all others.
pub(crate) fn input(source: SourceId, grant: GrantKind) -> ConnectorInput {
    let legacy = source == SourceId::SiemDetections;
    let version = if legacy { "" } else { "/v2.0" };
    let (alerts_url, scope) = match source {
        SourceId::GraphAlerts => (
            "https://graph.microsoft.com/v1.0/security/alerts_v2",
            "https://graph.microsoft.com/SecurityAlert.Read.All",
        ),
        SourceId::GraphIncidents => (
            "https://graph.microsoft.com/v1.0/security/incidents?$expand=alerts",
            "https://graph.microsoft.com/SecurityIncident.Read.All",
        ),
        SourceId::DefenderAlerts => (
            "https://api.securitycenter.microsoft.com/api/alerts",
            "https://api.securitycenter.microsoft.com/Alert.Read",
        ),
        SourceId::XdrIncidents => (
            "https://api.security.microsoft.com/api/incidents",
            "https://api.security.microsoft.com/Incident.Read",
        ),
        SourceId::SiemDetections => {
            ("https://wdatp-alertexporter-eu.securitycenter.windows.com/api/alerts", "")
        }
    };
    ConnectorInput {
        customer_name: "Contoso 주식회사".to_owned(),
        customer_tenant: TENANT.to_owned(),
        home_tenant: Some("provider.example".to_owned()),
        cloud: "commercial".to_owned(),
        source,
        grant,
        region: legacy.then_some(Region::Eu),
        client_id: "99999999-8888-4777-8666-555555555555".to_owned(),
        client_secret: SecretString::from("abc~8Q.d_e-f=="),
        redirect_uri: "https://localhost:44300/wdatpconnector".to_owned(),
        authorize_url: format!("https://login.microsoftonline.com/{TENANT}/oauth2{version}/authorize"),
        token_url: format!("https://login.microsoftonline.com/{TENANT}/oauth2{version}/token"),
        resource: legacy.then(|| "https://graph.windows.net".to_owned()),
        scope: (!legacy).then(|| match grant {
            GrantKind::RefreshToken => format!("{scope} offline_access"),
            GrantKind::AppOnly => {
                scope.rsplit_once('/').map(|(host, _)| format!("{host}/.default")).unwrap_or_default()
            }
        }),
        alerts_url: alerts_url.to_owned(),
        refresh_token: Some(SecretString::from("0.AXoA-example_refresh.token")),
        access_token: None,
        ca_file: None,
        read_from: "2026-11-20T06:30:00.5Z".parse().expect("a time"),
        language: Language::English,
    }
}

/// A file by its name.
pub(crate) fn file<'a>(files: &'a [RenderedFile], name: &str) -> &'a RenderedFile {
    files.iter().find(|file| file.name == name).expect("the set has this file")
}

/// A file as text.
pub(crate) fn text(file: &RenderedFile) -> &str {
    std::str::from_utf8(file.bytes()).expect("UTF-8")
}

/// The same files with one of them changed.
pub(crate) fn changed(files: &[RenderedFile], name: &str, from: &str, to: &str) -> Files {
    let mut changed = Files::new();
    for file in files {
        let contents = text(file);
        if file.name == name {
            assert!(contents.contains(from), "{name} has no {from}");
            changed.insert(name, contents.replace(from, to).into_bytes());
        } else {
            changed.insert(file.name.clone(), contents.as_bytes().to_vec());
        }
    }
    changed
}
