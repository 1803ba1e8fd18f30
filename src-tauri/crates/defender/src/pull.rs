//! A pull: one reading of an alert source.
//!
//! Questions go out one after another, answers are cut into alerts while they arrive, and each alert is handed on at
//! once: memory does not grow with their number, but for eight bytes an alert to know it again. Nothing here builds an
//! HTTP client, reads a clock, keeps a token or writes a file. The invariants: the token goes to the origin of the
//! given address and nowhere else; no alert is handed on twice; a pull that returns without error has read all that
//! was asked for, or says what it left out.

use std::error::Error;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use catalog::SourceId;
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use url::Url;

use crate::address::{self, Tag};
use crate::asking::{Asking, Trouble};
use crate::course::course;
use crate::error::PullError;
use crate::event::Listener;
use crate::outlet::{Outlet, RawAlert};
use crate::pace::Pace;
use crate::query::{Query, UnusableQuery};
use crate::rules;
use crate::summary::{Note, PullSummary};
use crate::walk::Page;

/// What to pull.
#[derive(Debug, Clone)]
pub struct PullRequest {
    /// Which API.
    pub source: SourceId,
    /// Full address of the API's list of alerts. May carry a query of its own, as an address from a connector file
    /// does: its filters are kept.
    pub address: Url,
    /// Which alerts.
    pub query: Query,
    /// The time, for `ago` and for dates in `Retry-After`.
    pub now: Timestamp,
    /// How long to wait for what.
    pub patience: Patience,
    /// How often the API may be asked; nothing where no rate is published.
    pub pace: Option<Arc<Pace>>,
    /// Is told of questions and waits.
    pub listener: Option<Listener>,
}

impl PullRequest {
    /// A pull with the usual patience.
    pub fn new(source: SourceId, address: Url, query: Query, now: Timestamp) -> Self {
        Self { source, address, query, now, patience: Patience::default(), pace: None, listener: None }
    }
}

/// How long to wait, and how often to ask again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// From a question to the first byte of its answer.
    pub answer: Duration,
    /// Between two parts of an answer.
    pub silence: Duration,
    /// How often one question is put again after trouble that may pass.
    pub retries: u32,
    /// Before the first repetition; doubled each time.
    pub first_delay: Duration,
    /// The longest wait before a repetition, whoever asks for it. An API that wants more is told to be throttled.
    pub longest_delay: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            answer: Duration::from_mins(2),
            silence: Duration::from_mins(1),
            retries: 4,
            first_delay: Duration::from_secs(1),
            longest_delay: Duration::from_mins(2),
        }
    }
}

/// Where tokens come from.
pub trait TokenSource: Sync {
    /// Why there is none.
    type Error: Error + Send + 'static;

    /// A token for the address of the pull. Asked for before every question, so that an ageing one can be replaced;
    /// `rejected` says that the API has just refused the last one (401).
    fn bearer(&self, rejected: bool) -> impl Future<Output = Result<SecretString, Self::Error>> + Send;
}

/// Pulls alerts and hands each one to `sink` as it arrives.
///
/// With a limit the newest come, newest first; without one all of the window come. `http` must not follow redirects.
/// Dropping the future ends the pull at once.
///
/// # Errors
/// See [`PullError`]. Alerts that were handed on before stay handed on.
#[tracing::instrument(level = "debug", skip_all, fields(source = request.source.as_str()))]
pub async fn pull<T, F>(
    http: &reqwest::Client,
    request: &PullRequest,
    tokens: &T,
    sink: F,
) -> Result<PullSummary, PullError<T::Error>>
where
    T: TokenSource,
    F: FnMut(&RawAlert<'_>) -> Result<(), T::Error> + Send,
{
    let window = request.query.window(request.now)?;
    address::check(&request.address)?;
    let mut asking = Asking::new(http, request, tokens);
    let mut summary = PullSummary { since: window.since, until: window.until, ..PullSummary::default() };
    let outlet = if let Some(rules) = rules::odata(request.source) {
        let mut outlet = Outlet::new(request.source, &request.query, false, sink);
        course(&mut asking, &mut outlet, rules).await?;
        if outlet.only_bare_incidents() {
            return Err(asking.no_alerts_within());
        }
        if !outlet.anything {
            if let Some(error) = asking.nothing_because() {
                return Err(error);
            }
        }
        outlet
    } else {
        if window.since.is_none() && window.until.is_none() && !address::names_window(&request.address) {
            asking.note(Note::LastTwoHours);
            summary.since = request.now.checked_sub(SignedDuration::from_hours(2)).ok();
        }
        detections(&mut asking, request, sink).await?
    };
    summary.alerts = outlet.alerts;
    summary.repeats = outlet.repeats;
    summary.bytes = outlet.bytes;
    asking.tell(&mut summary);
    tracing::debug!(
        alerts = summary.alerts,
        repeats = summary.repeats,
        requests = summary.requests,
        "pulled"
    );
    Ok(summary)
}

/// The legacy exporter: everything in one list. A tag may stand in either of two fields, and the exporter joins what
/// it is asked for with "and": so each field is asked in its own question.
async fn detections<T, F>(
    asking: &mut Asking<'_, T>,
    request: &PullRequest,
    sink: F,
) -> Result<Outlet<F>, PullError<T::Error>>
where
    T: TokenSource,
    F: FnMut(&RawAlert<'_>) -> Result<(), T::Error> + Send,
{
    let query = &request.query;
    if !query.statuses.is_empty() {
        return Err(UnusableQuery::NotSaid { source_id: request.source, filter: "status" }.into());
    }
    let mut tags: Vec<_> =
        query.tags.iter().flat_map(|tag| [Some(Tag::Device(tag)), Some(Tag::Cloud(tag))]).collect();
    if tags.is_empty() {
        tags.push(None);
    }
    let hold = query.limit.is_some() && tags.len() > 1;
    let mut outlet = Outlet::new(request.source, query, hold, sink);
    let mut asked = query.clone();
    if !query.severities.is_empty() {
        asking.note(Note::FilteredHere);
        // A limit on what is asked would count detections that are left out here.
        asked.limit = None;
    }
    for tag in tags {
        let url = address::exporter(&request.address, &asked, tag.as_ref());
        let mut page = Page::default();
        match asking.ask(&url, &mut outlet, &mut page).await {
            Ok(_) => {}
            Err(Trouble::Enough) => break,
            Err(Trouble::Failed(error)) => return Err(error),
        }
        if query.limit.is_some() && page.breaks_order(true) {
            asking.note(Note::OrderIgnored);
        }
    }
    outlet.release().map_err(PullError::Caller)?;
    Ok(outlet)
}
