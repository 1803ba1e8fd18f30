//! Step 0: what goes with what. The product proposes source and grant, says why not, and lets the engineer override.

use catalog::{Cloud, GrantKind, Source, SourceId};
use connectors::ConnectorId;

use crate::Engine;
use crate::contract::{
    ConnectorView, Destination, DestinationQuery, Problem, ProblemCode, SourceAndGrant, SourceView, WhyNot,
};
use crate::tenant;

/// A cloud, source, grant and connector that were looked at together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) source: SourceId,
    pub(crate) grant: GrantKind,
}

impl Engine {
    /// Proposes source and grant for a cloud and SIEM, and says what else could be chosen.
    ///
    /// # Errors
    ///
    /// `cloud-unknown`.
    pub fn propose(&self, query: &DestinationQuery) -> Result<Destination, Problem> {
        let cloud = self.cloud(query.cloud.as_deref())?;
        let choice = choose(query.connector, query.source, query.grant);
        let reason = impossible(&cloud, choice.source, choice.grant, query.connector);
        let today = crate::clock::now().to_zoned(jiff::tz::TimeZone::UTC).date();
        let sources = SourceId::ALL
            .iter()
            .map(|id| {
                let source = Source::get(*id);
                SourceView {
                    id: *id,
                    name: source.name.clone(),
                    ends: source.ends(),
                    ended: source.ended(today),
                    replaced_by: source.replaced_by,
                    checked: source.checked,
                    possible: impossible(&cloud, *id, choice.grant, query.connector).is_none(),
                    portal_authorisation: source.portal_authorisation,
                }
            })
            .collect();
        let connectors = ConnectorId::ALL
            .iter()
            .map(|id| ConnectorView {
                id: *id,
                name: id.title().to_owned(),
                files: id.file_names(choice.source).iter().map(|file| (*file).to_owned()).collect(),
                grants: GrantKind::ALL
                    .iter()
                    .copied()
                    .filter(|grant| connectors::carries(*id, choice.source, *grant).is_ok())
                    .filter(|_| connectors::knows_cloud(*id, &cloud.id).is_ok())
                    .collect(),
                why_not: why_not(&cloud, choice, *id),
            })
            .collect();
        Ok(Destination {
            source: choice.source,
            grant: choice.grant,
            possible: reason.is_none(),
            reason,
            clouds: self.clouds().iter().map(tenant::view).collect(),
            sources,
            connectors,
        })
    }
}

/// The engineer's choice, completed: the current source, and the first grant that the connector can carry.
pub(crate) fn choose(
    connector: Option<ConnectorId>,
    source: Option<SourceId>,
    grant: Option<GrantKind>,
) -> Choice {
    let source = source.unwrap_or(SourceId::GraphAlerts);
    let carried =
        |grant: &GrantKind| connector.is_none_or(|id| connectors::carries(id, source, *grant).is_ok());
    let grant =
        grant.or_else(|| GrantKind::ALL.iter().copied().find(carried)).unwrap_or(GrantKind::RefreshToken);
    Choice { source, grant }
}

/// Why a combination cannot work, as a kebab-case reason, or nothing.
pub(crate) fn impossible(
    cloud: &Cloud,
    source: SourceId,
    grant: GrantKind,
    connector: Option<ConnectorId>,
) -> Option<String> {
    if Source::get(source).address(cloud, None).is_err() {
        return Some("source-not-in-this-cloud".to_owned());
    }
    let connector = connector?;
    connectors::carries(connector, source, grant)
        .and_then(|()| connectors::knows_cloud(connector, &cloud.id))
        .err()
        .map(|impossible| impossible.reason.to_string())
}

/// Why a connector cannot serve a choice, and what would serve it.
fn why_not(cloud: &Cloud, choice: Choice, connector: ConnectorId) -> Option<WhyNot> {
    let reason = impossible(cloud, choice.source, choice.grant, Some(connector))?;
    let known = connectors::knows_cloud(connector, &cloud.id).is_ok();
    let instead = connectors::instead(connector, choice.source, choice.grant)
        .filter(|(source, _)| known && Source::get(*source).address(cloud, None).is_ok())
        .map(|(source, grant)| SourceAndGrant { source, grant });
    Some(WhyNot { reason, instead })
}

/// Refuses what cannot work.
pub(crate) fn require(
    cloud: &Cloud,
    source: SourceId,
    grant: GrantKind,
    connector: Option<ConnectorId>,
) -> Result<(), Problem> {
    match impossible(cloud, source, grant, connector) {
        None => Ok(()),
        Some(reason) => {
            let works = connector.and_then(|id| connectors::instead(id, source, grant));
            let instead = match works {
                Some((same, other)) if same == source && other != grant => other.to_string(),
                Some((other, _)) => other.to_string(),
                None => SourceId::GraphAlerts.to_string(),
            };
            Err(Problem::new(ProblemCode::CombinationImpossible)
                .with("reason", reason)
                .with("instead", instead))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commercial() -> Cloud {
        Cloud::builtin("commercial").unwrap()
    }

    #[test]
    fn without_a_wish_the_current_source_and_a_grant_that_the_connector_carries_are_chosen() {
        for connector in ConnectorId::ALL {
            let choice = choose(Some(*connector), None, None);
            assert_eq!(choice.source, SourceId::GraphAlerts);
            assert_eq!(
                impossible(&commercial(), choice.source, choice.grant, Some(*connector)),
                None,
                "{connector:?}"
            );
        }
    }

    #[test]
    fn a_connector_that_renews_a_sign_in_cannot_be_given_app_only_access() {
        let problem =
            require(&commercial(), SourceId::GraphAlerts, GrantKind::AppOnly, Some(ConnectorId::Arcsight))
                .unwrap_err();
        assert_eq!(problem.code, ProblemCode::CombinationImpossible);
        assert_eq!(problem.params["instead"], "refresh-token", "what would work is said");
    }

    #[test]
    fn every_source_can_be_chosen_with_both_grants_wherever_it_is_offered() {
        for cloud in ["commercial", "gcc", "gcc-high", "dod"].map(|id| Cloud::builtin(id).unwrap()) {
            for source in SourceId::ALL {
                for grant in GrantKind::ALL {
                    assert_eq!(
                        impossible(&cloud, *source, *grant, None),
                        None,
                        "{source} {grant} {}",
                        cloud.id
                    );
                }
            }
        }
    }

    #[test]
    fn china_has_no_alert_source_of_this_product() {
        let china = Cloud::builtin("china").unwrap();
        for source in SourceId::ALL.iter().copied() {
            let reason = impossible(&china, source, GrantKind::AppOnly, None);
            assert_eq!(reason.as_deref(), Some("source-not-in-this-cloud"), "{source}");
        }
    }
}
