//! A cloud: one set of hosts that belong together. Which hosts those are is data; custom ones come from a cloud file.
//!
//! The invariant: an API request goes to an address that [`Cloud::allows`], or it is not sent.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::address::{host_and_port, under, without_slash};
use crate::{CloudFileError, Region, catalog, cloud_file};

/// One cloud. It is stored with each customer, so that a custom one needs its file only once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cloud {
    /// `commercial`, `gcc`, `gcc-high`, `dod`, `china`, or the name in the cloud file.
    pub id: String,
    /// For people.
    pub name: String,
    /// From a cloud file.
    pub custom: bool,
    /// Base of sign-in; `{login}/{tenant}/oauth2/…`.
    pub login: Url,
    /// Base of the issuer of version 1 tokens; `{sts}/{tenant}/`.
    pub sts: Url,
    /// Base of Microsoft Graph; `{graph}/v1.0/…`.
    pub graph: Url,
    /// What tokens for Graph are asked for, without a trailing slash.
    pub graph_audience: String,
    /// Base of the Defender for Endpoint API, where the cloud has one.
    pub defender: Option<Url>,
    /// Base of the Defender XDR API, where the cloud has one.
    pub xdr: Option<Url>,
    /// The customer's Defender portal, opened in a browser with `?tid=`.
    pub portal: Url,
    /// Where apps are registered, where known.
    pub app_portal: Option<Url>,
    /// Bases of the legacy SIEM exporter.
    pub siem: BTreeMap<Region, Url>,
    /// Additional certificate authorities, as PEM text.
    pub ca_pem: Option<String>,
    /// The file that they were read from, as an absolute path: connector files may have to name it.
    pub ca_file: Option<PathBuf>,
}

impl Cloud {
    /// Microsoft's clouds, the default first.
    pub fn builtins() -> &'static [Cloud] {
        &catalog().clouds
    }

    /// One of Microsoft's clouds.
    pub fn builtin(id: &str) -> Option<Cloud> {
        Self::builtins().iter().find(|cloud| cloud.id == id).cloned()
    }

    /// A cloud from a file (TOML; see the design's contract 6.2).
    ///
    /// # Errors
    /// The file or its `ca_file` cannot be read, or something in it does not hold; the error names the field.
    pub fn from_file(path: &Path) -> Result<Cloud, CloudFileError> {
        cloud_file::read(path)
    }

    /// The places to which API requests may go, as `host:port`. The portals are not among them: a browser goes there.
    pub fn hosts(&self) -> BTreeSet<String> {
        self.api_bases().filter_map(host_and_port).collect()
    }

    /// Whether an API request may go to this address: scheme, host and port of one of the API bases.
    pub fn allows(&self, url: &Url) -> bool {
        self.api_bases().any(|base| base.origin() == url.origin() && base.origin().is_tuple())
    }

    /// The customer's Defender portal.
    pub fn portal_for(&self, tenant: &str) -> Url {
        let mut url = self.portal.clone();
        url.query_pairs_mut().append_pair("tid", tenant);
        url
    }

    /// Base of the legacy SIEM exporter in a region.
    pub fn siem_in(&self, region: Option<Region>) -> Option<&Url> {
        self.siem.get(&region.or_else(|| self.default_region())?)
    }

    /// The region that is meant when none is named: Europe, unless the cloud has only others.
    pub fn default_region(&self) -> Option<Region> {
        if self.siem.contains_key(&Region::Eu) { Some(Region::Eu) } else { self.siem.keys().next().copied() }
    }

    /// Issuers that a token of this tenant may name: version 2 and version 1, with and without the closing slash.
    pub fn issuers(&self, tenant_id: &str) -> Vec<String> {
        let version_2 = under(&self.login, &format!("{tenant_id}/v2.0"));
        let version_1 = under(&self.sts, &format!("{tenant_id}/"));
        let of_login = under(&self.login, &format!("{tenant_id}/"));
        [version_2, version_1, of_login]
            .into_iter()
            .flat_map(|url| [format!("{}/", without_slash(&url)), without_slash(&url)])
            .collect()
    }

    fn api_bases(&self) -> impl Iterator<Item = &Url> {
        [&self.login, &self.graph]
            .into_iter()
            .chain(&self.defender)
            .chain(&self.xdr)
            .chain(self.siem.values())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    checked: toml::value::Datetime,
    cloud: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    name: String,
    login: Url,
    sts: Url,
    graph: Url,
    defender: Option<Url>,
    xdr: Option<Url>,
    portal: Url,
    app_portal: Option<Url>,
    #[serde(default)]
    siem: BTreeMap<Region, Url>,
}

pub(crate) fn parse(text: &str) -> Result<(Vec<Cloud>, Date), toml::de::Error> {
    let file: File = toml::from_str(text)?;
    let clouds = file.cloud.into_iter().map(|row| Cloud {
        id: row.id,
        name: row.name,
        custom: false,
        graph_audience: without_slash(&row.graph),
        login: row.login,
        sts: row.sts,
        graph: row.graph,
        defender: row.defender,
        xdr: row.xdr,
        portal: row.portal,
        app_portal: row.app_portal,
        siem: row.siem,
        ca_pem: None,
        ca_file: None,
    });
    Ok((clouds.collect(), crate::date(file.checked)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commercial() -> Cloud {
        Cloud::builtin("commercial").unwrap()
    }

    #[test]
    fn the_default_cloud_comes_first() {
        let ids: Vec<_> = Cloud::builtins().iter().map(|cloud| cloud.id.as_str()).collect();
        assert_eq!(ids, ["commercial", "gcc", "gcc-high", "dod", "china"]);
        assert_eq!(Cloud::builtin("mars"), None);
    }

    #[test]
    fn only_the_clouds_own_api_hosts_are_allowed() {
        let cloud = commercial();
        for good in [
            "https://login.microsoftonline.com/x",
            "https://graph.microsoft.com:443/v1.0",
            "https://wdatp-alertexporter-uk.securitycenter.windows.com/api/alerts?limit=1",
        ] {
            assert!(cloud.allows(&good.parse().unwrap()), "{good}");
        }
        for bad in [
            "http://graph.microsoft.com/v1.0",
            "https://graph.microsoft.com:444/",
            "https://graph.microsoft.us/",
            "https://graph.microsoft.com.evil.example/",
            "https://security.microsoft.com/",
            "data:text/plain,x",
        ] {
            assert!(!cloud.allows(&bad.parse().unwrap()), "{bad}");
        }
        assert!(cloud.hosts().contains("api.security.microsoft.com:443"));
    }

    #[test]
    fn the_portal_is_opened_for_one_tenant() {
        let url = commercial().portal_for("contoso.example");
        assert_eq!(url.as_str(), "https://security.microsoft.com/?tid=contoso.example");
    }

    #[test]
    fn europe_is_the_default_region_where_there_is_one() {
        assert_eq!(commercial().default_region(), Some(Region::Eu));
        assert_eq!(Cloud::builtin("gcc").unwrap().default_region(), Some(Region::Us));
        assert_eq!(Cloud::builtin("china").unwrap().default_region(), None);
    }

    #[test]
    fn both_generations_of_issuers_are_known() {
        let issuers = commercial().issuers("t");
        assert!(issuers.contains(&"https://login.microsoftonline.com/t/v2.0".to_owned()));
        assert!(issuers.contains(&"https://sts.windows.net/t/".to_owned()));
    }

    #[test]
    fn every_address_is_https() {
        for cloud in Cloud::builtins() {
            for url in cloud.api_bases().chain([&cloud.portal]).chain(&cloud.app_portal) {
                assert_eq!(url.scheme(), "https", "{url}");
            }
        }
    }
}
