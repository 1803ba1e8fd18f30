//! Microsoft Graph's `/v1.0/security/alerts_v2` and `/v1.0/security/incidents`.
//!
//! Like the real one it sends no `@odata.nextLink` for alerts even when there are more (`next-links` makes it), and one for
//! incidents. `$top` is clamped, at 1000 alerts and at 50 incidents; `$skip` beyond 500 is refused.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use uuid::Uuid;

use crate::alerts::{Feed, graph as form};
use crate::directory::House;
use crate::parameters::Parameters;
use crate::permission::Api;
use crate::scenario::Scenario;
use crate::world::World;

use super::bearer;
use super::options::{self, Asked, Page, expands, refuse_others};
use super::stream::{Listing, Spoiling};
use super::subject::{GRAPH_ALERTS, GRAPH_INCIDENTS, ListedAlert, ListedIncident, Words};
use super::surface::{Refusal, Surface, client_request_id, mark_graph, set};

/// Elements of an answer to a request without `$top`.
const PAGE: u64 = 50;
/// More alerts than this are not sent in one answer.
const MOST_ALERTS: u64 = 1000;
/// More incidents than this are not sent in one answer.
const MOST_INCIDENTS: u64 = 50;
/// A larger `$skip` is refused.
const MOST_SKIP: u64 = 500;
/// Under `large-expand`, more incidents than this cannot be expanded at once.
const MOST_EXPANDED: u64 = 10;
/// What the list of alerts understands; the `$` may be left out.
const ALERT_OPTIONS: [&str; 6] = ["$filter", "$top", "$skip", "$orderby", "$count", "$skiptoken"];
/// What the list of incidents understands.
pub(super) const INCIDENT_OPTIONS: [&str; 7] =
    ["$filter", "$top", "$skip", "$orderby", "$count", "$skiptoken", "$expand"];
const ORDERS: [&str; 2] = ["lastUpdateDateTime", "createdDateTime"];
const ALERT_PERMISSIONS: [&str; 2] = ["SecurityAlert.Read.All", "SecurityAlert.ReadWrite.All"];
const INCIDENT_PERMISSIONS: [&str; 2] = ["SecurityIncident.Read.All", "SecurityIncident.ReadWrite.All"];
const JSON: &str =
    "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";

/// A request to Graph.
pub(super) struct Call {
    pub(super) world: Arc<World>,
    pub(super) headers: HeaderMap,
    pub(super) parameters: Parameters,
}

impl Call {
    pub(super) fn refuse(&self, refusal: Refusal) -> Response {
        Surface::Graph.refuse(&self.world, &self.headers, refusal)
    }

    /// The list of alerts.
    pub(super) fn alerts(&self) -> Result<Response, Refusal> {
        authorise(&self.world, &self.headers, &ALERT_PERMISSIONS)?;
        refuse_others(&self.parameters, &ALERT_OPTIONS)?;
        let asked = Asked::read(&self.parameters, GRAPH_ALERTS, MOST_SKIP, &ORDERS)?;
        let feed = self.world.feed();
        let top = page_size(&asked)?.min(MOST_ALERTS);
        let page =
            asked.page(asked.alerts(&feed), top, |number| ListedAlert(feed.alert(number), Words::Graph));
        let links = self.world.has(Scenario::NextLinks);
        let before = self.opening("alerts_v2", "alerts_v2", &page, links);
        let spoiling = Spoiling::of(&self.world, feed.len());
        Ok(self.answer(before, page.numbers, spoiling, move |number, out| {
            form::write(&feed, &feed.alert(number), out)
        }))
    }

    /// The list of incidents.
    pub(super) fn incidents(&self) -> Result<Response, Refusal> {
        authorise(&self.world, &self.headers, &INCIDENT_PERMISSIONS)?;
        refuse_others(&self.parameters, &INCIDENT_OPTIONS)?;
        let asked = Asked::read(&self.parameters, GRAPH_INCIDENTS, MOST_SKIP, &ORDERS)?;
        let expanded = expands(&self.parameters, "alerts", "microsoft.graph.security.incident")?;
        let top = page_size(&asked)?.min(MOST_INCIDENTS);
        if expanded {
            let most = match (self.world.has(Scenario::ExpandFails), self.world.has(Scenario::LargeExpand)) {
                (true, _) => 0,
                (false, true) => MOST_EXPANDED,
                (false, false) => u64::MAX,
            };
            if top > most {
                return Err(Refusal::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "InternalServerError",
                    "An internal server error has occurred.",
                ));
            }
        }
        let feed = self.world.feed();
        let page = asked
            .page(asked.incidents(&feed), top, |number| ListedIncident(feed.incident(number), Words::Graph));
        let context = if expanded { "incidents(alerts())" } else { "incidents" };
        let links = !self.world.has(Scenario::NoNextLinks);
        let before = self.opening("incidents", context, &page, links);
        let spoiling = Spoiling::of(&self.world, feed.incidents());
        let newer = prefers_newer_members(&self.headers);
        let mut response = self.answer(before, page.numbers, spoiling, move |number, out| {
            form::write_incident(&feed, &feed.incident(number), expanded, newer, out)
        });
        if newer {
            let applied = HeaderName::from_static("preference-applied");
            set(&mut response, applied, "include-unknown-enum-members");
        }
        Ok(response)
    }

    /// One alert.
    pub(super) fn alert(&self, id: &str) -> Result<Response, Refusal> {
        authorise(&self.world, &self.headers, &ALERT_PERMISSIONS)?;
        let feed = self.world.feed();
        let index = feed.alert_index(id).ok_or_else(|| missing(id))?;
        let mut body = self.context("alerts_v2/$entity");
        let at = body.len();
        form::write(&feed, &feed.alert(index), &mut body);
        Ok(self.single(body, at))
    }

    /// One incident.
    pub(super) fn incident(&self, id: &str) -> Result<Response, Refusal> {
        authorise(&self.world, &self.headers, &INCIDENT_PERMISSIONS)?;
        let expanded = expands(&self.parameters, "alerts", "microsoft.graph.security.incident")?;
        let feed = self.world.feed();
        let number = id.parse().ok().and_then(|id| feed.incident_number(id)).ok_or_else(|| missing(id))?;
        let newer = prefers_newer_members(&self.headers);
        let mut body = self.context("incidents/$entity");
        let at = body.len();
        form::write_incident(&feed, &feed.incident(number), expanded, newer, &mut body);
        Ok(self.single(body, at))
    }

    /// Every other address.
    pub(super) fn unknown(&self, rest: &str) -> Refusal {
        if let Err(bad) = bearer::check(&self.world, &self.headers, Api::Graph) {
            return Refusal::token(Surface::Graph, bad);
        }
        let segment = rest.split('/').nth(1).unwrap_or(rest);
        Refusal::bad_request(format!("Resource not found for the segment '{segment}'."))
    }

    fn context(&self, what: &str) -> Vec<u8> {
        format!("{{\"@odata.context\":\"{}/v1.0/$metadata#security/{what}\",", self.world.addresses.graph)
            .into_bytes()
    }

    /// What stands before the elements of a page.
    fn opening(&self, list: &str, context: &str, page: &Page, links: bool) -> Vec<u8> {
        let mut before = String::new();
        if let Some(count) = page.count {
            let _ = write!(before, "\"@odata.count\":{count},");
        }
        let graph = &self.world.addresses.graph;
        let next = if self.world.has(Scenario::ForeignNextLink) {
            Some(format!("{}/v1.0/security/{list}?$skiptoken=next", self.world.stranger.address))
        } else {
            page.next.filter(|_| links).map(|place| {
                let address = format!("{graph}/v1.0/security/{list}");
                options::link(&address, &self.parameters, &[("$skiptoken", options::token(place))])
            })
        };
        if let Some(next) = next {
            let _ = write!(before, "\"@odata.nextLink\":{},", serde_json::Value::from(next));
        }
        before.push_str("\"value\":[");
        let mut opening = self.context(context);
        opening.extend_from_slice(before.as_bytes());
        opening
    }

    fn answer(
        &self,
        before: Vec<u8>,
        numbers: Vec<u64>,
        spoiling: Spoiling,
        write: impl Fn(u64, &mut Vec<u8>) -> usize + Send + 'static,
    ) -> Response {
        let items = numbers.into_iter();
        let body = Listing { before, items, write, after: b"]}".to_vec(), spoiling }.body();
        let mut response = ([(header::CONTENT_TYPE, JSON)], body).into_response();
        if self.world.has(Scenario::PartialContent) {
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            for warning in ["199 - \"Microsoft/MCAS/403/12\"", "199 - \"Microsoft/IPC/504/10000\""] {
                response.headers_mut().append(header::WARNING, axum::http::HeaderValue::from_static(warning));
            }
        }
        self.mark(&mut response);
        response
    }

    /// A single element: the context goes into the element itself, whose writing began at `at`.
    fn single(&self, mut body: Vec<u8>, at: usize) -> Response {
        body.remove(at);
        let mut response = ([(header::CONTENT_TYPE, JSON)], body).into_response();
        self.mark(&mut response);
        response
    }

    fn mark(&self, response: &mut Response) {
        let request = Uuid::new_v4();
        mark_graph(response, request, &client_request_id(&self.headers, request));
    }
}

/// The error of a list that has been taken away.
pub(super) fn retired(path: &str) -> Refusal {
    let segment = path.rsplit('/').next().unwrap_or_default();
    Refusal::new(
        StatusCode::NOT_FOUND,
        "ResourceNotFound",
        format!("Resource not found for the segment '{segment}'."),
    )
}

fn page_size(asked: &Asked) -> Result<u64, Refusal> {
    match asked.top {
        Some(0) => Err(Refusal::bad_request("Invalid page size specified: '0'. It must be 1 or more.")),
        Some(top) => Ok(top),
        None => Ok(PAGE),
    }
}

fn missing(id: &str) -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "NotFound", format!("Resource '{id}' does not exist."))
}

fn prefers_newer_members(headers: &HeaderMap) -> bool {
    headers
        .get_all("prefer")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split([',', ';']))
        .any(|word| word.trim().eq_ignore_ascii_case("include-unknown-enum-members"))
}

fn authorise(world: &World, headers: &HeaderMap, permissions: &[&str]) -> Result<(), Refusal> {
    let caller =
        bearer::check(world, headers, Api::Graph).map_err(|bad| Refusal::token(Surface::Graph, bad))?;
    if !caller.may(permissions) {
        let (kind, named) =
            if caller.is_delegated() { ("user scopes", "scopes") } else { ("application roles", "roles") };
        return Err(Refusal::forbidden(format!(
            "Missing {kind}. API required {named}: {}, {kind}: {}.",
            permissions.join(","),
            caller.permissions()
        )));
    }
    if caller.house != Some(House::Customer) {
        return Err(Refusal::forbidden("The tenant of the access token has no security data."));
    }
    if world.has(Scenario::NotLicensed) {
        return Err(Refusal::forbidden(
            "The tenant has no active license for Microsoft Defender. Assign a license, then try again.",
        ));
    }
    if world.has(Scenario::NotAuthorised) {
        return Err(Refusal::forbidden(
            "The caller is not authorized to read this tenant's security data. An administrator has to grant access in the \
             Microsoft Defender portal.",
        ));
    }
    Ok(())
}

/// The feed, for what concerns it alone.
impl Feed {
    /// The alert with this id.
    pub(super) fn alert_index(&self, id: &str) -> Option<u64> {
        let number: u64 = id.rsplit_once('_')?.1.parse().ok()?;
        let index = number.checked_sub(1_000_000).filter(|index| *index < self.len())?;
        (self.alert(index).id() == id).then_some(index)
    }
}
