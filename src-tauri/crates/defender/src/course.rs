//! The course of a pull over an `OData` list: page after page, by links where there are any and by time where not, and
//! the ways round what an API cannot do.
//!
//! Ways round: a filter that it refuses is applied here; incidents that will not come with their alerts come in smaller
//! pages, and at last alone, their alerts asked for incident by incident. The invariants: what is asked lies on the
//! origin of the pull's own address; a course that ends well has read all that was asked for, or notes what it has not.

use catalog::SourceId;
use url::Url;

use crate::address;
use crate::asking::{Asking, Trouble, too_much};
use crate::crowd::{crowd, read};
use crate::error::PullError;
use crate::outlet::{Outlet, RawAlert};
use crate::pull::TokenSource;
use crate::query::{UnusableQuery, Window};
use crate::rules::{self, Rules};
use crate::splitter::Envelope;
use crate::summary::Note;
use crate::transport::same_origin;
use crate::walk::{Page, Walk};

/// Incidents in a row whose alerts may fail to come before the list of alerts counts as out of order.
const MOST_FAILED: u32 = 3;
/// Pages that may pass without anything new, where each names a next one.
const MOST_STALE_PAGES: u32 = 100;

/// The links from page to page.
#[derive(Default)]
pub(crate) struct Links {
    next: Option<Url>,
    /// Some page has named a next one.
    seen: bool,
    stale: u32,
}

impl Links {
    /// The next page, once.
    pub(crate) fn next(&mut self) -> Option<Url> {
        self.next.take()
    }

    /// Some page has named a next one.
    pub(crate) fn seen(&self) -> bool {
        self.seen
    }

    /// Takes a page's link; true when there is one.
    pub(crate) fn take<T: TokenSource>(
        &mut self,
        envelope: &Envelope,
        from: &Url,
        page: &Page,
        asking: &Asking<'_, T>,
    ) -> Result<bool, PullError<T::Error>> {
        let Some(link) = &envelope.next_link else { return Ok(false) };
        let link = from.join(link).map_err(|_| asking.bad_link())?;
        if !same_origin(&link, &asking.request().address) {
            return Err(asking.foreign_link(&link));
        }
        self.stale = if page.new > 0 { 0 } else { self.stale + 1 };
        if self.stale > MOST_STALE_PAGES {
            return Err(asking.endless());
        }
        self.next = Some(link);
        self.seen = true;
        Ok(true)
    }
}

/// Reads the whole list.
pub(crate) async fn course<T, F>(
    asking: &mut Asking<'_, T>,
    outlet: &mut Outlet<F>,
    rules: &'static Rules,
) -> Result<(), PullError<T::Error>>
where
    T: TokenSource,
    F: FnMut(&RawAlert<'_>) -> Result<(), T::Error> + Send,
{
    let request = asking.request();
    let query = &request.query;
    if !query.tags.is_empty() && !rules.says_tags {
        return Err(UnusableQuery::NotSaid { source_id: request.source, filter: "tags" }.into());
    }
    let mut clauses = rules.clauses(query);
    let by_name = !(query.severities.is_empty() && query.statuses.is_empty());
    outlet.filters |= by_name && clauses.is_empty();
    if outlet.filters {
        asking.note(Note::FilteredHere);
    }
    let newest_first = query.limit.is_some() || !rules.orders;
    // Where incidents are asked for alerts, or the filter is ours, a page has to be larger than what is wanted of it.
    let top = match query.limit {
        Some(limit) if !rules.incidents && !outlet.filters => limit,
        Some(_) | None => rules.most_top,
    };
    let window = query.window(request.now)?;
    let mut walk = Walk::new(rules, window, newest_first, top);
    let alerts_beside = address::alerts_beside(&request.address).filter(|_| rules.expand == Some("alerts"));
    let mut beside = Beside { list: alerts_beside, had: false, failed_in_a_row: 0 };
    asking.few_retries(rules.incidents);
    let mut links = Links::default();
    let mut begun = false;
    loop {
        let url = links
            .next()
            .unwrap_or_else(|| address::odata(&request.address, rules, walk.position(), &clauses));
        let mut page = Page::default();
        let outcome = asking.ask(&url, outlet, &mut page).await;
        if (query.limit.is_some() || rules.orders) && page.breaks_order(newest_first) {
            asking.note(Note::OrderIgnored);
        }
        let envelope = match outcome {
            Ok(envelope) => envelope,
            Err(Trouble::Enough) => return Ok(()),
            Err(Trouble::Failed(PullError::Refused { status: 400, .. })) if !begun && !clauses.is_empty() => {
                clauses.clear();
                outlet.filters = true;
                asking.note(Note::FilteredHere);
                walk = Walk::new(rules, window, newest_first, rules.most_top);
                continue;
            }
            Err(Trouble::Failed(error)) if rules.incidents && too_much(&error) => {
                // Pages of links have their size from the first one: from here on by time again.
                links = Links::default();
                if walk.shrink() {
                    asking.note(Note::SmallerPages);
                } else if walk.position().expands && beside.list.is_some() {
                    walk.contract();
                    asking.few_retries(false);
                } else {
                    return Err(error);
                }
                continue;
            }
            Err(Trouble::Failed(error)) => return Err(error),
        };
        begun = true;
        let linked = links.take(&envelope, &url, &page, asking)?;
        let more = if linked {
            walk.follow(&page);
            true
        } else {
            // A source that names next pages names none after the last one. One that never did must be asked.
            !links.seen() && walk.go_on(&page)
        };
        for instant in walk.crowded() {
            match crowd(asking, outlet, rules, walk.position().expands, &clauses, instant).await {
                Ok(true) => {}
                Ok(false) => asking.note(Note::InstantTooLarge),
                Err(Trouble::Enough) => return Ok(()),
                Err(Trouble::Failed(error)) => return Err(error),
            }
        }
        let bare = outlet.bare_incidents();
        if !bare.is_empty() && beside.list.is_none() {
            asking.note(Note::IncidentsWithoutAlerts);
        } else if !bare.is_empty() {
            match beside.alerts_of(asking, outlet, bare).await {
                Ok(()) => {}
                Err(Trouble::Enough) => return Ok(()),
                Err(Trouble::Failed(error)) => return Err(error),
            }
        }
        if more {
            continue;
        }
        if walk.passed_over() {
            asking.note(Note::InstantTooLarge);
        }
        let all = query.limit.is_none() && window.until.is_none() && !links.seen();
        let Some(since) = walk.changed_meanwhile().filter(|_| all) else { return Ok(()) };
        let expands = walk.position().expands;
        walk = Walk::new(rules, Window { since: Some(since), until: None }, newest_first, top);
        if !expands {
            walk.contract();
        }
    }
}

/// The list of alerts beside a list of incidents, for those that came without theirs.
struct Beside {
    list: Option<Url>,
    /// Some incident's alerts were had from it.
    had: bool,
    failed_in_a_row: u32,
}

impl Beside {
    /// The alerts of these incidents. Where the list refuses (it wants a permission of its own), or fails for one incident
    /// after the other, that is the end: a pull without alerts must not pass for a tenant without alerts.
    async fn alerts_of<T, F>(
        &mut self,
        asking: &mut Asking<'_, T>,
        outlet: &mut Outlet<F>,
        incidents: Vec<String>,
    ) -> Result<(), Trouble<T::Error>>
    where
        T: TokenSource,
        F: FnMut(&RawAlert<'_>) -> Result<(), T::Error> + Send,
    {
        let Some(alerts) = &self.list else { return Ok(()) };
        let mut last = None;
        for incident in incidents {
            asking.note(Note::AlertsByIncident);
            outlet.reads(SourceId::GraphAlerts);
            let outcome = alerts_of_one(asking, outlet, alerts, &incident).await;
            outlet.reads(SourceId::GraphIncidents);
            match outcome {
                Ok(()) => (self.had, self.failed_in_a_row) = (true, 0),
                Err(Trouble::Failed(PullError::Refused { host, status, denial, refusal })) => {
                    let error = PullError::AlertsRefused { host, status, denial, refusal };
                    return Err(Trouble::Failed(error));
                }
                Err(Trouble::Failed(error @ PullError::Unavailable { .. })) => {
                    self.failed_in_a_row += 1;
                    if self.failed_in_a_row >= MOST_FAILED {
                        return Err(Trouble::Failed(error));
                    }
                    asking.note(Note::IncidentsWithoutAlerts);
                    last = Some(error);
                }
                Err(trouble) => return Err(trouble),
            }
        }
        match last {
            Some(error) if !self.had => Err(Trouble::Failed(error)),
            Some(_) | None => Ok(()),
        }
    }
}

async fn alerts_of_one<T, F>(
    asking: &mut Asking<'_, T>,
    outlet: &mut Outlet<F>,
    list: &Url,
    incident: &str,
) -> Result<(), Trouble<T::Error>>
where
    T: TokenSource,
    F: FnMut(&RawAlert<'_>) -> Result<(), T::Error> + Send,
{
    let Some(rules) = rules::odata(SourceId::GraphAlerts) else { return Ok(()) };
    let clauses = [format!("incidentId eq '{}'", incident.replace('\'', "''"))];
    let walk = Walk::new(rules, Window::default(), false, rules.most_top);
    if !read(asking, outlet, list, walk, &clauses).await? {
        asking.note(Note::IncidentsWithoutAlerts);
    }
    Ok(())
}
