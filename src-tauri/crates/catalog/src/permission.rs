//! Permissions that an app registration needs for a source. Whether they were granted is told by a token alone.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use crate::{Cloud, GrantKind, SourceId, catalog};

/// One permission of one API. Its ids are a fallback: they differ between clouds, the service principal knows.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Permission {
    /// Name of the API in the portal.
    pub api: String,
    /// Application id of the API, the same in every cloud.
    pub resource_app_id: String,
    /// `SecurityAlert.Read.All`.
    pub name: String,
    /// Id as a delegated permission (`Scope`).
    pub delegated_id: Option<String>,
    /// Id as an application permission (`Role`).
    pub application_id: Option<String>,
    #[serde(default)]
    delegated_for: Vec<SourceId>,
    #[serde(default)]
    application_for: Vec<SourceId>,
    #[serde(default)]
    application_id_in: BTreeMap<String, String>,
}

impl Permission {
    /// Its id in a cloud, where it exists for this grant.
    pub fn id_in(&self, cloud: &Cloud, grant: GrantKind) -> Option<&str> {
        match grant {
            GrantKind::RefreshToken => self.delegated_id.as_deref(),
            GrantKind::AppOnly => {
                self.application_id_in.get(&cloud.id).or(self.application_id.as_ref()).map(String::as_str)
            }
        }
    }
}

/// The permissions that an app needs for a source.
pub fn permissions_for(source: SourceId, grant: GrantKind) -> Vec<&'static Permission> {
    catalog()
        .permissions
        .iter()
        .filter(|permission| match grant {
            GrantKind::RefreshToken => permission.delegated_for.contains(&source),
            GrantKind::AppOnly => permission.application_for.contains(&source),
        })
        .collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    checked: toml::value::Datetime,
    permission: Vec<Permission>,
}

pub(crate) fn parse(text: &str) -> Result<(Vec<Permission>, Date), toml::de::Error> {
    let file: File = toml::from_str(text)?;
    Ok((file.permission, crate::date(file.checked)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Source;

    #[test]
    fn what_a_source_demands_of_a_token_is_what_the_app_asks_for() {
        let commercial = Cloud::builtin("commercial").unwrap();
        for source in &catalog().sources {
            for grant in GrantKind::ALL {
                let permissions = permissions_for(source.id, *grant);
                for permission in &permissions {
                    assert!(permission.id_in(&commercial, *grant).is_some(), "{}", permission.name);
                }
                if let Some(name) = Source::get(source.id).permission(*grant) {
                    assert!(permissions.iter().any(|permission| permission.name == name), "{name}");
                }
            }
        }
    }

    #[test]
    fn ids_differ_between_clouds() {
        let permission = permissions_for(SourceId::GraphAlerts, GrantKind::AppOnly)[0];
        let id = |cloud: &str| permission.id_in(&Cloud::builtin(cloud).unwrap(), GrantKind::AppOnly);
        assert_ne!(id("commercial"), id("dod"));
        assert_eq!(id("gcc-high"), id("dod"));
    }
}
