//! Defender for Endpoint's `/api/alerts` and Defender XDR's `/api/incidents`.
//!
//! Sources: Microsoft's pages on listing alerts, listing incidents and common errors. Defender clamps `$top` at 10,000
//! alerts and links to the next page only where it cut the list itself; XDR refuses a `$top` beyond 100 incidents. Both
//! answer newest first and know no `$orderby`.

use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use crate::alerts::{defender, xdr};
use crate::directory::House;
use crate::parameters::Parameters;
use crate::scenario::Scenario;
use crate::world::World;

use super::bearer::{self, BadToken};
use super::options::{self, Asked, Page, expands, refuse_others};
use super::stream::{Listing, Spoiling};
use super::subject::{DEFENDER_ALERTS, ListedAlert, ListedIncident, Words, XDR_INCIDENTS};
use super::surface::{Refusal, Surface};

/// Alerts that Defender sends in one answer.
const MOST_ALERTS: u64 = 10_000;
/// Incidents that XDR sends in one answer.
const MOST_INCIDENTS: u64 = 100;
/// What Defender's list understands.
const ALERT_OPTIONS: [&str; 5] = ["$filter", "$top", "$skip", "$expand", "$count"];
/// What XDR's list understands.
const INCIDENT_OPTIONS: [&str; 3] = ["$filter", "$top", "$skip"];
const JSON: &str = "application/json; odata.metadata=minimal; odata.streaming=true; charset=utf-8";

/// A request to one of the two.
pub(super) struct Call {
    pub(super) surface: Surface,
    pub(super) world: Arc<World>,
    pub(super) headers: HeaderMap,
    pub(super) parameters: Parameters,
}

impl Call {
    pub(super) fn refuse(&self, refusal: Refusal) -> Response {
        self.surface.refuse(&self.world, &self.headers, refusal)
    }

    /// Defender's list of alerts.
    pub(super) fn alerts(&self) -> Result<Response, Refusal> {
        self.authorise()?;
        refuse_others(&self.parameters, &ALERT_OPTIONS)?;
        let asked = Asked::read(&self.parameters, DEFENDER_ALERTS, u64::MAX, &[])?;
        let expanded = expands(&self.parameters, "evidence", "microsoft.windowsDefenderATP.api.Alert")?;
        let feed = self.world.feed();
        let top = asked.top.unwrap_or(MOST_ALERTS).min(MOST_ALERTS);
        let page =
            asked.page(asked.alerts(&feed), top, |number| ListedAlert(feed.alert(number), Words::Defender));
        // A client that asked for no more than fits gets what it asked for, and is told of nothing beyond it.
        let split = asked.top.is_none_or(|asked| asked > MOST_ALERTS);
        let left = asked.top.map(|asked| ("$top", asked.saturating_sub(top).to_string()));
        let after = self.closing("api/alerts", &asked, &page, split, left);
        let before = self.opening("Alerts", page.count);
        let spoiling = Spoiling::of(&self.world, feed.len());
        Ok(answer(Listing {
            before,
            items: page.numbers.into_iter(),
            write: move |number, out: &mut Vec<u8>| {
                defender::write(&feed, &feed.alert(number), expanded, out)
            },
            after,
            spoiling,
        }))
    }

    /// XDR's list of incidents.
    pub(super) fn incidents(&self) -> Result<Response, Refusal> {
        self.authorise()?;
        refuse_others(&self.parameters, &INCIDENT_OPTIONS)?;
        let asked = Asked::read(&self.parameters, XDR_INCIDENTS, u64::MAX, &[])?;
        if let Some(top) = asked.top.filter(|top| *top > MOST_INCIDENTS) {
            return Err(Refusal::bad_request(format!(
                "The query specified in the URI is not valid. The limit of '{MOST_INCIDENTS}' for Top query has been \
                 exceeded. The value from the incoming request is '{top}'."
            )));
        }
        let feed = self.world.feed();
        let top = asked.top.unwrap_or(MOST_INCIDENTS);
        let page = asked.page(asked.incidents(&feed), top, |number| {
            ListedIncident(feed.incident(number), Words::Defender)
        });
        let after = self.closing("api/incidents", &asked, &page, asked.top.is_none(), None);
        let before = self.opening("Incidents", page.count);
        let spoiling = Spoiling::of(&self.world, feed.incidents());
        Ok(answer(Listing {
            before,
            items: page.numbers.into_iter(),
            write: move |number, out: &mut Vec<u8>| xdr::write(&feed, &feed.incident(number), out),
            after,
            spoiling,
        }))
    }

    /// One of Defender's alerts.
    pub(super) fn alert(&self, id: &str) -> Result<Response, Refusal> {
        self.authorise()?;
        let expanded = expands(&self.parameters, "evidence", "microsoft.windowsDefenderATP.api.Alert")?;
        let feed = self.world.feed();
        let index = feed.alert_index(id).ok_or_else(|| self.missing(id))?;
        let mut body = Vec::new();
        defender::write(&feed, &feed.alert(index), expanded, &mut body);
        Ok(self.single("Alerts", &body))
    }

    /// One of XDR's incidents.
    pub(super) fn incident(&self, id: &str) -> Result<Response, Refusal> {
        self.authorise()?;
        let feed = self.world.feed();
        let number =
            id.parse().ok().and_then(|id| feed.incident_number(id)).ok_or_else(|| self.missing(id))?;
        let mut body = Vec::new();
        xdr::write(&feed, &feed.incident(number), &mut body);
        Ok(self.single("Incidents", &body))
    }

    /// Every other address.
    pub(super) fn unknown(&self) -> Refusal {
        match bearer::check(&self.world, &self.headers, self.surface.api()) {
            Err(bad) => Refusal::token(self.surface, bad),
            Ok(_) => Refusal::not_found("There is no such resource."),
        }
    }

    fn missing(&self, id: &str) -> Refusal {
        let what = if self.surface == Surface::Xdr { "Incident" } else { "Alert" };
        Refusal::new(StatusCode::NOT_FOUND, "ResourceNotFound", format!("{what} {id} was not found."))
    }

    fn origin(&self) -> &str {
        match self.surface {
            Surface::Xdr => &self.world.addresses.xdr,
            Surface::Graph | Surface::Defender | Surface::Exporter => &self.world.addresses.defender,
        }
    }

    fn opening(&self, list: &str, count: Option<u64>) -> Vec<u8> {
        let count = count.map(|count| format!("\"@odata.count\":{count},")).unwrap_or_default();
        format!("{{\"@odata.context\":\"{}/api/$metadata#{list}\",{count}\"value\":[", self.origin())
            .into_bytes()
    }

    /// What stands after the elements: the link to the next page, where the service itself `split` the list.
    fn closing(
        &self,
        list: &str,
        asked: &Asked,
        page: &Page,
        split: bool,
        left: Option<(&str, String)>,
    ) -> Vec<u8> {
        let links = (split || self.world.has(Scenario::NextLinks)) && !self.world.has(Scenario::NoNextLinks);
        let next = if self.world.has(Scenario::ForeignNextLink) {
            Some(format!("{}/{list}?$skip=100", self.world.stranger.address))
        } else {
            page.next.filter(|_| links && !page.numbers.is_empty()).map(|_| {
                let skip = asked.skip + page.numbers.len() as u64;
                let mut replaced = vec![("$skip", skip.to_string())];
                replaced.extend(left.filter(|_| split));
                options::link(&format!("{}/{list}", self.origin()), &self.parameters, &replaced)
            })
        };
        match next {
            None => b"]}".to_vec(),
            Some(next) => format!("],\"@odata.nextLink\":{}}}", serde_json::Value::from(next)).into_bytes(),
        }
    }

    fn single(&self, list: &str, element: &[u8]) -> Response {
        let mut body =
            format!("{{\"@odata.context\":\"{}/api/$metadata#{list}/$entity\",", self.origin()).into_bytes();
        body.extend_from_slice(element.get(1..).unwrap_or_default());
        ([(header::CONTENT_TYPE, JSON)], body).into_response()
    }

    fn authorise(&self) -> Result<(), Refusal> {
        let (delegated, application) = match self.surface {
            Surface::Xdr => {
                (["Incident.Read", "Incident.ReadWrite"], ["Incident.Read.All", "Incident.ReadWrite.All"])
            }
            Surface::Graph | Surface::Defender | Surface::Exporter => {
                (["Alert.Read", "Alert.ReadWrite"], ["Alert.Read.All", "Alert.ReadWrite.All"])
            }
        };
        let caller = match bearer::check(&self.world, &self.headers, self.surface.api()) {
            // The newer host knows tokens for the older one, and refuses them as not permitted.
            Err(BadToken::Audience)
                if self.surface == Surface::Xdr
                    && bearer::check(&self.world, &self.headers, Surface::Defender.api()).is_ok() =>
            {
                return Err(Refusal::forbidden("The token's audience is not allowed to use this API."));
            }
            Err(bad) => return Err(Refusal::token(self.surface, bad)),
            Ok(caller) => caller,
        };
        let (kind, wanted) =
            if caller.is_delegated() { ("delegated", delegated) } else { ("application", application) };
        if !caller.may(&wanted) {
            return Err(Refusal::forbidden(format!(
                "The application does not have any of the required {kind} permissions ({}) to access the resource.",
                wanted.join(", ")
            )));
        }
        if caller.house != Some(House::Customer) {
            return Err(Refusal::forbidden(
                "The tenant of the token is not onboarded to Microsoft Defender.",
            ));
        }
        if self.world.has(Scenario::NotLicensed) {
            return Err(Refusal::new(
                StatusCode::FORBIDDEN,
                "DisabledFeature",
                "The tenant has no active license for Microsoft Defender.",
            ));
        }
        if self.world.has(Scenario::NotAuthorised) {
            return Err(Refusal::forbidden(if caller.is_delegated() {
                "The user does not have the required role to view this tenant's data in the Microsoft Defender portal."
            } else {
                "The application is not authorized to view this tenant's data in the Microsoft Defender portal."
            }));
        }
        Ok(())
    }
}

fn answer<I, W>(listing: Listing<I, W>) -> Response
where
    I: Iterator<Item = u64> + Send + 'static,
    W: Fn(u64, &mut Vec<u8>) -> usize + Send + 'static,
{
    ([(header::CONTENT_TYPE, JSON), (header::CACHE_CONTROL, "no-cache")], listing.body()).into_response()
}
