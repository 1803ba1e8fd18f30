//! A pull: one reading of an alert source.
//!
//! Questions go out one after another, answers are cut into alerts while they arrive, and each alert is handed on at
//! once: memory does not grow with their number, but for eight bytes an alert to know it again. Nothing here builds an
//! HTTP client, reads a clock, keeps a token or writes a file. The invariants: the token goes to the origin of the
//! given address and nowhere else; no alert is handed on twice; a pull that returns without error has read all that
//! was asked for, or says what it left out.

use std::error::Error;
use std::future::Future;
use std::time::Duration;

use catalog::SourceId;
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use url::Url;

use crate::address::{self, Tag};
use crate::asking::{Asking, Trouble};
use crate::error::PullError;
use crate::outlet::{Outlet, RawAlert};
use crate::query::{Query, UnusableQuery, Window};
use crate::rules::{self, Rules};
use crate::transport::same_origin;
use crate::walk::{Page, Walk};

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
}

impl PullRequest {
    /// A pull with the usual patience.
    pub fn new(source: SourceId, address: Url, query: Query, now: Timestamp) -> Self {
        Self { source, address, query, now, patience: Patience::default() }
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

/// What a pull saw.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PullSummary {
    /// Alerts handed on.
    pub alerts: u64,
    /// Alerts that came again and were left out.
    pub repeats: u64,
    /// Bytes of JSON handed on.
    pub bytes: u64,
    /// Requests sent.
    pub requests: u32,
    /// Start of the window, as far as it is known here.
    pub since: Option<Timestamp>,
    /// End of the window; without one it is the present.
    pub until: Option<Timestamp>,
    /// What to know about this pull, each once.
    pub notes: Vec<Note>,
}

/// Something to know about a pull that succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Note {
    /// No window was asked for, and the exporter gives the last two hours.
    LastTwoHours,
    /// More alerts share one instant than the API can give.
    InstantTooLarge,
    /// Alerts came in another order than was asked for; with a limit they may not be the newest.
    OrderIgnored,
    /// The API asked to slow down, and was obeyed.
    Throttled,
    /// The API had trouble, and a question was put again.
    AskedAgain,
    /// Large pages failed, smaller ones did not.
    SmallerPages,
    /// A provider behind Graph is not licensed: its alerts are missing.
    ProviderNotLicensed,
    /// A provider behind Graph did not answer in time: its alerts are missing.
    ProviderTimedOut,
    /// Graph answered in part.
    PartialAnswer,
}

impl Note {
    /// The name in contracts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LastTwoHours => "last-two-hours",
            Self::InstantTooLarge => "instant-too-large",
            Self::OrderIgnored => "order-ignored",
            Self::Throttled => "throttled",
            Self::AskedAgain => "asked-again",
            Self::SmallerPages => "smaller-pages",
            Self::ProviderNotLicensed => "provider-not-licensed",
            Self::ProviderTimedOut => "provider-timed-out",
            Self::PartialAnswer => "partial-answer",
        }
    }
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
    F: FnMut(RawAlert<'_>) -> Result<(), T::Error> + Send,
{
    let window = request.query.window(request.now)?;
    address::check(&request.address)?;
    let mut asking = Asking::new(http, request, tokens);
    let mut summary = PullSummary { since: window.since, until: window.until, ..PullSummary::default() };
    let outlet = if let Some(rules) = rules::odata(request.source) {
        let mut outlet = Outlet::new(request.source, &request.query, false, sink);
        walk(&mut asking, &mut outlet, rules).await?;
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
    (summary.requests, summary.notes) = asking.told();
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
    F: FnMut(RawAlert<'_>) -> Result<(), T::Error> + Send,
{
    let query = &request.query;
    let mut tags: Vec<_> =
        query.tags.iter().flat_map(|tag| [Some(Tag::Device(tag)), Some(Tag::Cloud(tag))]).collect();
    if tags.is_empty() {
        tags.push(None);
    }
    let hold = query.limit.is_some() && tags.len() > 1;
    let mut outlet = Outlet::new(request.source, query, hold, sink);
    for tag in tags {
        let url = address::exporter(&request.address, query, tag.as_ref());
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

/// Pages that may pass without anything new, where each names a next one.
const MOST_STALE_PAGES: u32 = 100;

/// An `OData` source: page after page.
async fn walk<T, F>(
    asking: &mut Asking<'_, T>,
    outlet: &mut Outlet<F>,
    rules: &'static Rules,
) -> Result<(), PullError<T::Error>>
where
    T: TokenSource,
    F: FnMut(RawAlert<'_>) -> Result<(), T::Error> + Send,
{
    let request = asking.request();
    let query = &request.query;
    if !query.tags.is_empty() && !rules.says_tags {
        return Err(UnusableQuery::NotSaid { source_id: request.source, filter: "tags" }.into());
    }
    let newest_first = query.limit.is_some() || !rules.orders;
    // Where incidents are asked for alerts, or the filter is ours, a page has to be larger than what is wanted of it.
    let top = match query.limit {
        Some(limit) if !rules.incidents && !outlet.filters() => limit,
        Some(_) | None => rules.most_top,
    };
    let window = query.window(request.now)?;
    let mut walk = Walk::new(rules, window, newest_first, top);
    let mut next: Option<Url> = None;
    let mut linked = false;
    let mut stale = 0;
    loop {
        let url = next.take().unwrap_or_else(|| address::odata(&request.address, rules, walk.position()));
        let mut page = Page::default();
        let outcome = asking.ask(&url, outlet, &mut page).await;
        if (query.limit.is_some() || rules.orders) && page.breaks_order(newest_first) {
            asking.note(Note::OrderIgnored);
        }
        let envelope = match outcome {
            Ok(envelope) => envelope,
            Err(Trouble::Enough) => return Ok(()),
            Err(Trouble::Failed(PullError::Unavailable { .. }))
                if rules.incidents && !linked && walk.shrink() =>
            {
                asking.note(Note::SmallerPages);
                continue;
            }
            Err(Trouble::Failed(error)) => return Err(error),
        };
        if let Some(link) = envelope.next_link {
            let link = url.join(&link).map_err(|_| asking.bad_link())?;
            if !same_origin(&link, &request.address) {
                return Err(asking.foreign_link(&link));
            }
            stale = if page.new > 0 { 0 } else { stale + 1 };
            if stale > MOST_STALE_PAGES {
                return Err(asking.endless());
            }
            next = Some(link);
            linked = true;
            continue;
        }
        // A source that names next pages names none after the last one. One that never did must be asked.
        if linked || !walk.go_on(&page) {
            if walk.passed_over() {
                asking.note(Note::InstantTooLarge);
            }
            let all = query.limit.is_none() && window.until.is_none() && !linked;
            let Some(since) = walk.changed_meanwhile().filter(|_| all) else { return Ok(()) };
            walk = Walk::new(rules, Window { since: Some(since), until: None }, newest_first, top);
        }
    }
}
