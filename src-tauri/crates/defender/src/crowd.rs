//! An instant that more alerts share than one question reaches: asked for again in parts that are small enough.
//!
//! `$skip` ends at 500, so of one instant some 1,500 alerts are within reach of one filter. What has more is split by
//! severity, then by state, then walked along the time of creation; what no part covers by name is covered by "none of
//! these". The invariant: an instant counts as read only when every part of it was read to its end.

use jiff::Timestamp;
use url::Url;

use crate::address;
use crate::asking::{Asking, Trouble};
use crate::course::Links;
use crate::error::PullError;
use crate::outlet::{Outlet, RawAlert};
use crate::pull::TokenSource;
use crate::query::Window;
use crate::rules::{Part, Rules};
use crate::walk::{Page, Walk};

/// Reads an instant in parts; false when some of it stays out of reach.
pub(crate) async fn crowd<T, F>(
    asking: &mut Asking<'_, T>,
    outlet: &mut Outlet<F>,
    rules: &'static Rules,
    expands: bool,
    clauses: &[String],
    instant: Timestamp,
) -> Result<bool, Trouble<T::Error>>
where
    T: TokenSource,
    F: FnMut(&RawAlert<'_>) -> Result<(), T::Error> + Send,
{
    let Some(by_creation) = rules.by_creation() else { return Ok(false) };
    let list = &asking.request().address;
    let at = |name: &str| format!("{name} ge {instant} and {name} le {instant}");
    let mut whole = true;
    let mut open = split(rules.parts, clauses);
    while let Some((clauses, parts)) = open.pop() {
        let window = Window { since: Some(instant), until: Some(instant) };
        let mut walk = Walk::new(rules, window, false, rules.most_top);
        walk.expand(expands);
        if reachable(read(asking, outlet, list, walk, &clauses).await)? {
            continue;
        }
        if !parts.is_empty() {
            open.extend(split(parts, &clauses));
            continue;
        }
        let mut walk = Walk::new(by_creation, Window::default(), false, rules.most_top);
        walk.expand(expands);
        outlet.along_creation(true);
        let clauses: Vec<String> = clauses.iter().cloned().chain([at(rules.changed)]).collect();
        let read = read(asking, outlet, list, walk, &clauses).await;
        outlet.along_creation(false);
        whole &= reachable(read)?;
    }
    Ok(whole)
}

type Open = (Vec<String>, &'static [Part]);

/// The parts of a filter, each with the ways in which it can be split further.
fn split(parts: &'static [Part], clauses: &[String]) -> Vec<Open> {
    let Some(((member, values), rest)) = parts.split_first() else { return Vec::new() };
    let with = |clause: String| (clauses.iter().cloned().chain([clause]).collect(), rest);
    let none: Vec<String> = values.iter().map(|value| format!("{member} ne '{value}'")).collect();
    values
        .iter()
        .map(|value| with(format!("{member} eq '{value}'")))
        .chain([with(none.join(" and "))])
        .collect()
}

/// A part that is refused as a question is out of reach.
fn reachable<E: std::error::Error>(read: Result<bool, Trouble<E>>) -> Result<bool, Trouble<E>> {
    match read {
        Err(Trouble::Failed(PullError::Refused { status: 400, .. })) => Ok(false),
        read => read,
    }
}

/// Reads a list to its end; false when some of it is out of reach.
pub(crate) async fn read<T, F>(
    asking: &mut Asking<'_, T>,
    outlet: &mut Outlet<F>,
    list: &Url,
    mut walk: Walk,
    clauses: &[String],
) -> Result<bool, Trouble<T::Error>>
where
    T: TokenSource,
    F: FnMut(&RawAlert<'_>) -> Result<(), T::Error> + Send,
{
    let mut links = Links::default();
    loop {
        let url =
            links.next().unwrap_or_else(|| address::odata(list, walk.rules(), walk.position(), clauses));
        let mut page = Page::default();
        let envelope = asking.ask(&url, outlet, &mut page).await?;
        let linked = links.take(&envelope, &url, &page, asking).map_err(Trouble::Failed)?;
        if !linked && (links.seen() || !walk.go_on(&page)) {
            return Ok(!walk.passed_over());
        }
    }
}
