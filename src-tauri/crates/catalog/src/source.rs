//! An alert source: where it stands in its life, where it answers, and what a token for it is asked with.
//! How it is read is no matter of this crate.

use jiff::civil::Date;
use serde::Deserialize;
use url::Url;

use crate::address::{under, without_slash};
use crate::{Cloud, GrantKind, Region, SourceId, catalog};

/// One API from which alerts are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Which.
    pub id: SourceId,
    /// For people.
    pub name: String,
    /// Where it stands in its life.
    pub state: SourceState,
    /// What replaces it.
    pub replaced_by: Option<SourceId>,
    /// The day on which this was checked.
    pub checked: Date,
    /// Needs step 3 in the customer's portal.
    pub portal_authorisation: bool,
    /// Grants with which it can be read.
    pub grants: Vec<GrantKind>,
    /// Ids of Microsoft's clouds that offer it.
    pub clouds: Vec<String>,
    /// Permission in a user's token (`scp`), where it takes one.
    pub delegated: Option<String>,
    /// Permission in an app's token (`roles`), where it takes one.
    pub application: Option<String>,
    /// Questions that one app may ask of one tenant in a minute, where Microsoft published a figure.
    pub per_minute: Option<u32>,
    /// The same for an hour.
    pub per_hour: Option<u32>,
    /// How far one question reaches.
    pub pages: Pages,
    /// Asked for beside `delegated`: a person who has not granted it reads less, not nothing.
    pub delegated_too: Vec<String>,
    base: Base,
    path: String,
    resource: Option<String>,
}

/// How far one question reaches, as Microsoft publishes it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pages {
    /// Largest `$top`; nothing where the source gives everything at once.
    pub most_top: Option<u64>,
    /// Largest `$skip`; nothing where no end is known.
    pub most_skip: Option<u64>,
    /// Incidents that are asked for at once with their alerts, where that is less than `most_top`.
    pub top_with_alerts: Option<u64>,
}

/// Where a source stands in its life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceState {
    /// In force, no end announced.
    Current,
    /// Its last day is announced.
    Ending {
        /// From this day on it is off.
        on: Date,
        /// Microsoft's notice.
        notice: String,
    },
    /// Microsoft has reserved the right to switch it off without further notice.
    Deprecated {
        /// Since this day it is deprecated.
        since: Date,
        /// Since this day it may be off.
        may_be_off_since: Date,
    },
}

/// What a token is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// Version 1 endpoint: `resource=`.
    Resource(String),
    /// Version 2 endpoint: `scope=`, of one resource.
    Scopes(Vec<String>),
}

/// A source that a cloud does not offer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{source_id} is not offered in {cloud}")]
pub struct NotOffered {
    /// Which source.
    pub source_id: SourceId,
    /// Id of the cloud.
    pub cloud: String,
    /// What is missing.
    pub reason: NotOfferedReason,
}

/// What a cloud is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotOfferedReason {
    /// The API itself.
    Api,
    /// The API in this region.
    Region(Region),
}

impl Source {
    /// What is known of a source.
    #[expect(clippy::expect_used, reason = "a test proves that every id has its entry")]
    pub fn get(id: SourceId) -> &'static Source {
        catalog().sources.iter().find(|source| source.id == id).expect("every source has its entry")
    }

    /// The day from which it is no longer to be relied on, past or to come.
    pub fn ends(&self) -> Option<Date> {
        match &self.state {
            SourceState::Current => None,
            SourceState::Ending { on, .. } => Some(*on),
            SourceState::Deprecated { may_be_off_since, .. } => Some(*may_be_off_since),
        }
    }

    /// It has ended already, or may be off.
    pub fn ended(&self, today: Date) -> bool {
        self.ends().is_some_and(|end| end <= today)
    }

    /// The address at which alerts are read, without a query.
    ///
    /// # Errors
    /// The cloud does not offer this source, or not in this region. No region means the cloud's default one.
    pub fn address(&self, cloud: &Cloud, region: Option<Region>) -> Result<Url, NotOffered> {
        let refused = |reason| NotOffered { source_id: self.id, cloud: cloud.id.clone(), reason };
        if !cloud.custom && !self.clouds.contains(&cloud.id) {
            return Err(refused(NotOfferedReason::Api));
        }
        match (self.base_in(cloud, region), region) {
            (Some(base), _) => Ok(under(base, &self.path)),
            (None, Some(region)) if matches!(self.base, Base::Siem) && !cloud.siem.is_empty() => {
                Err(refused(NotOfferedReason::Region(region)))
            }
            (None, _) => Err(refused(NotOfferedReason::Api)),
        }
    }

    /// Whether a cloud offers it, in any region.
    pub fn offered_in(&self, cloud: &Cloud) -> bool {
        self.address(cloud, None).is_ok()
    }

    /// What a token for it is asked for. Host and audience belong together, so it follows the cloud.
    ///
    /// Where the cloud does not offer the source there is nothing to ask for, and the scopes are empty.
    pub fn audience(&self, cloud: &Cloud, grant: GrantKind) -> Audience {
        if let Some(resource) = &self.resource {
            return Audience::Resource(resource.clone());
        }
        let resource = match self.base {
            Base::Graph => Some(cloud.graph_audience.clone()),
            Base::Defender | Base::Xdr | Base::Siem => self.base_in(cloud, None).map(without_slash),
        };
        let Some(resource) = resource else { return Audience::Scopes(Vec::new()) };
        let names = match grant {
            GrantKind::RefreshToken => self.delegated.iter().chain(&self.delegated_too).cloned().collect(),
            GrantKind::AppOnly => vec![".default".to_owned()],
        };
        Audience::Scopes(names.into_iter().map(|name| format!("{resource}/{name}")).collect())
    }

    /// Whether its address depends on the customer's region.
    pub fn regional(&self) -> bool {
        matches!(self.base, Base::Siem)
    }

    /// The permission that a token must carry for it.
    pub fn permission(&self, grant: GrantKind) -> Option<&str> {
        match grant {
            GrantKind::RefreshToken => self.delegated.as_deref(),
            GrantKind::AppOnly => self.application.as_deref(),
        }
    }

    /// Whether a token of a person is to be asked for a scope: the permission itself always, what comes beside it only
    /// where it was granted.
    pub fn asks_for(&self, scope: &str, granted: &[String]) -> bool {
        let short = |name: &str| name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
        let name = short(scope);
        !self.delegated_too.iter().any(|beside| short(beside) == name)
            || granted.iter().any(|granted| {
                let granted = short(granted);
                granted == name || granted.replace(".readwrite", ".read") == name
            })
    }

    fn base_in<'c>(&self, cloud: &'c Cloud, region: Option<Region>) -> Option<&'c Url> {
        match self.base {
            Base::Graph => Some(&cloud.graph),
            Base::Defender => cloud.defender.as_ref(),
            Base::Xdr => cloud.xdr.as_ref(),
            Base::Siem => cloud.siem_in(region),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Base {
    Graph,
    Defender,
    Xdr,
    Siem,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    checked: toml::value::Datetime,
    source: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: SourceId,
    name: String,
    state: StateName,
    on: Option<toml::value::Datetime>,
    notice: Option<String>,
    since: Option<toml::value::Datetime>,
    may_be_off_since: Option<toml::value::Datetime>,
    replaced_by: Option<SourceId>,
    base: Base,
    path: String,
    resource: Option<String>,
    delegated: Option<String>,
    application: Option<String>,
    per_minute: Option<u32>,
    per_hour: Option<u32>,
    most_top: Option<u64>,
    most_skip: Option<u64>,
    top_with_alerts: Option<u64>,
    #[serde(default)]
    delegated_too: Vec<String>,
    grants: Vec<GrantKind>,
    clouds: Vec<String>,
    portal_authorisation: bool,
    /// Where the row comes from; read by people only.
    #[serde(rename = "source")]
    _source: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum StateName {
    Current,
    Ending,
    Deprecated,
}

pub(crate) fn parse(text: &str) -> Result<(Vec<Source>, Date), toml::de::Error> {
    let file: File = toml::from_str(text)?;
    let checked = crate::date(file.checked)?;
    let sources = file.source.into_iter().map(|row| row.into_source(checked));
    Ok((sources.collect::<Result<_, _>>()?, checked))
}

impl Row {
    fn into_source(self, checked: Date) -> Result<Source, toml::de::Error> {
        let missing = |field| <toml::de::Error as serde::de::Error>::missing_field(field);
        let day = |date: Option<toml::value::Datetime>, field| {
            date.ok_or_else(|| missing(field)).and_then(crate::date)
        };
        let state = match self.state {
            StateName::Current => SourceState::Current,
            StateName::Ending => SourceState::Ending {
                on: day(self.on, "on")?,
                notice: self.notice.ok_or_else(|| missing("notice"))?,
            },
            StateName::Deprecated => SourceState::Deprecated {
                since: day(self.since, "since")?,
                may_be_off_since: day(self.may_be_off_since, "may_be_off_since")?,
            },
        };
        Ok(Source {
            id: self.id,
            name: self.name,
            state,
            replaced_by: self.replaced_by,
            checked,
            portal_authorisation: self.portal_authorisation,
            grants: self.grants,
            clouds: self.clouds,
            delegated: self.delegated,
            application: self.application,
            per_minute: self.per_minute,
            per_hour: self.per_hour,
            pages: Pages {
                most_top: self.most_top,
                most_skip: self.most_skip,
                top_with_alerts: self.top_with_alerts,
            },
            delegated_too: self.delegated_too,
            base: self.base,
            path: self.path,
            resource: self.resource,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cloud(id: &str) -> Cloud {
        Cloud::builtin(id).unwrap()
    }

    #[test]
    fn every_source_has_its_entry_in_the_order_in_which_it_is_offered() {
        let ids: Vec<_> = catalog().sources.iter().map(|source| source.id).collect();
        assert_eq!(ids, SourceId::ALL);
        for source in &catalog().sources {
            for id in &source.clouds {
                assert!(source.offered_in(&cloud(id)), "{} in {id}", source.id);
            }
            let replaced_by_a_current_one =
                source.replaced_by.is_none_or(|other| Source::get(other).state == SourceState::Current);
            assert!(replaced_by_a_current_one, "{}", source.id);
        }
    }

    #[test]
    fn each_source_answers_at_its_cloud_and_region() {
        let address =
            |id, name: &str, region| Source::get(id).address(&cloud(name), region).unwrap().to_string();
        assert_eq!(
            address(SourceId::GraphAlerts, "dod", None),
            "https://dod-graph.microsoft.us/v1.0/security/alerts_v2"
        );
        assert_eq!(
            address(SourceId::XdrIncidents, "gcc", None),
            "https://api-gcc.security.microsoft.us/api/incidents"
        );
        assert_eq!(
            address(SourceId::SiemDetections, "commercial", Some(Region::Uk)),
            "https://wdatp-alertexporter-uk.securitycenter.windows.com/api/alerts"
        );
        assert!(address(SourceId::SiemDetections, "commercial", None).contains("-eu."));
    }

    #[test]
    fn what_comes_beside_a_permission_is_asked_for_only_where_it_was_granted() {
        let source = Source::get(SourceId::GraphIncidents);
        let (own, beside) = ("https://graph.example/SecurityIncident.Read.All", "SecurityAlert.Read.All");
        assert!(source.asks_for(own, &[]));
        assert!(!source.asks_for(beside, &["SecurityIncident.Read.All".to_owned()]));
        for granted in ["SecurityAlert.Read.All", "https://graph.example/SecurityAlert.ReadWrite.All"] {
            assert!(source.asks_for(beside, &[granted.to_owned()]), "{granted}");
        }
    }

    #[test]
    fn what_a_cloud_does_not_offer_is_refused_with_the_reason() {
        let refused =
            |id, name: &str, region| Source::get(id).address(&cloud(name), region).unwrap_err().reason;
        assert_eq!(refused(SourceId::GraphAlerts, "china", None), NotOfferedReason::Api);
        assert_eq!(refused(SourceId::DefenderAlerts, "china", None), NotOfferedReason::Api);
        assert_eq!(refused(SourceId::SiemDetections, "china", Some(Region::Eu)), NotOfferedReason::Api);
        assert_eq!(
            refused(SourceId::SiemDetections, "gcc", Some(Region::Eu)),
            NotOfferedReason::Region(Region::Eu)
        );
    }

    #[test]
    fn host_and_audience_belong_together() {
        let scopes = |id, name: &str, grant| Source::get(id).audience(&cloud(name), grant);
        let one = |scope: &str| Audience::Scopes(vec![scope.to_owned()]);
        assert_eq!(
            scopes(SourceId::GraphAlerts, "gcc-high", GrantKind::RefreshToken),
            one("https://graph.microsoft.us/SecurityAlert.Read.All")
        );
        assert_eq!(
            scopes(SourceId::GraphIncidents, "commercial", GrantKind::RefreshToken),
            Audience::Scopes(vec![
                "https://graph.microsoft.com/SecurityIncident.Read.All".to_owned(),
                "https://graph.microsoft.com/SecurityAlert.Read.All".to_owned(),
            ])
        );
        assert_eq!(
            scopes(SourceId::GraphIncidents, "commercial", GrantKind::AppOnly),
            one("https://graph.microsoft.com/.default")
        );
        assert_eq!(
            scopes(SourceId::DefenderAlerts, "commercial", GrantKind::RefreshToken),
            one("https://api.securitycenter.microsoft.com/Alert.Read")
        );
        for name in ["commercial", "gcc", "gcc-high", "dod"] {
            for grant in GrantKind::ALL {
                assert_eq!(
                    scopes(SourceId::SiemDetections, name, *grant),
                    Audience::Resource("https://graph.windows.net".to_owned())
                );
            }
        }
    }

    #[test]
    fn published_rates_are_known() {
        let rates = |id| (Source::get(id).per_minute, Source::get(id).per_hour);
        assert_eq!(rates(SourceId::GraphAlerts), (Some(150), None));
        assert_eq!(rates(SourceId::DefenderAlerts), (Some(100), Some(1500)));
        assert_eq!(rates(SourceId::XdrIncidents), (Some(50), Some(1500)));
        assert_eq!(rates(SourceId::SiemDetections), (None, None));
    }

    #[test]
    fn an_end_counts_from_its_day() {
        let ending = Source::get(SourceId::DefenderAlerts);
        let end = ending.ends().unwrap();
        assert!(!ending.ended(end.yesterday().unwrap()));
        assert!(ending.ended(end));
        assert_eq!(Source::get(SourceId::GraphAlerts).ends(), None);
        assert!(Source::get(SourceId::SiemDetections).ended(catalog().checked));
    }
}
