//! The `OData` query options of a list request, read and judged the same way for all four APIs that have them.

use std::fmt::Write as _;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use url::form_urlencoded::byte_serialize;

use crate::alerts::Feed;
use crate::parameters::Parameters;

use super::filter::{Bounds, Filter, Schema, Subject};
use super::surface::Refusal;

/// One page of a list, as asked for.
pub(super) struct Asked {
    pub(super) top: Option<u64>,
    pub(super) skip: u64,
    pub(super) filter: Option<Filter>,
    pub(super) oldest_first: bool,
    pub(super) count: bool,
    /// Where a link to the next page said to go on.
    resume: Option<u64>,
}

/// What a page holds.
pub(super) struct Page {
    /// Numbers of alerts or incidents.
    pub(super) numbers: Vec<u64>,
    /// Where the next page begins, if there is one.
    pub(super) next: Option<u64>,
    /// How many there are on all pages, if asked.
    pub(super) count: Option<u64>,
}

impl Asked {
    /// Reads the options; `orders` names the properties that `$orderby` knows.
    pub(super) fn read(
        parameters: &Parameters,
        schema: Schema,
        skip_limit: u64,
        orders: &[&str],
    ) -> Result<Self, Refusal> {
        let resume = parameters
            .get_loosely("$skiptoken")
            .map(|token| {
                read_token(token).ok_or_else(|| Refusal::bad_request("The skip token cannot be read."))
            })
            .transpose()?;
        Ok(Self {
            top: number(parameters, "$top", u64::MAX)?,
            skip: number(parameters, "$skip", skip_limit)?.unwrap_or(0),
            filter: parameters
                .get_loosely("$filter")
                .map(|text| Filter::read(text, schema))
                .transpose()
                .map_err(|bad| Refusal::bad_request(format!("Invalid filter clause: {}", bad.0)))?,
            oldest_first: oldest_first(parameters, orders)?,
            count: parameters.get_loosely("$count").is_some_and(|text| text.eq_ignore_ascii_case("true")),
            resume,
        })
    }

    fn bounds(&self) -> Bounds {
        self.filter.as_ref().map(Filter::bounds).unwrap_or_default()
    }

    /// Alerts that can be on any page.
    pub(super) fn alerts(&self, feed: &Feed) -> Range<u64> {
        let Bounds { since, until } = self.bounds();
        let range = feed.within(since, until);
        match self.filter.as_ref().and_then(Filter::incident) {
            None => range,
            Some(id) => {
                let number = id.parse().ok().and_then(|id| feed.incident_number(id));
                let alerts = number.map_or(0..0, |number| feed.alerts_of(number));
                let start = range.start.max(alerts.start);
                start..range.end.min(alerts.end).max(start)
            }
        }
    }

    /// Incidents that can be on any page.
    pub(super) fn incidents(&self, feed: &Feed) -> Range<u64> {
        let Bounds { since, until } = self.bounds();
        feed.incidents_within(since, until)
    }

    /// Picks a page of at most `top`. Numbers are picked now and written later.
    pub(super) fn page<S: Subject>(&self, range: Range<u64>, top: u64, subject: impl Fn(u64) -> S) -> Page {
        let filter = self.filter.as_ref().filter(|filter| !filter.is_its_bounds());
        let picked = |number: &u64| filter.is_none_or(|filter| filter.selects(&subject(*number)));
        let count = self.count.then(|| match filter {
            None => range.end - range.start,
            Some(_) => range.clone().filter(picked).count() as u64,
        });
        let mut range = range;
        if let Some(resume) = self.resume {
            if self.oldest_first {
                range.start = range.start.max(resume).min(range.end);
            } else {
                range.end = range.end.min(resume).max(range.start);
            }
        }
        let mut skip = self.skip;
        if filter.is_none() {
            // Nothing is chosen, so nothing needs to be looked at.
            let leap = skip.min(range.end - range.start);
            if self.oldest_first {
                range.start += leap;
            } else {
                range.end -= leap;
            }
            skip = 0;
        }
        let amount = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let take = amount(top).saturating_add(1);
        let mut numbers: Vec<u64> = if self.oldest_first {
            range.filter(picked).skip(amount(skip)).take(take).collect()
        } else {
            range.rev().filter(picked).skip(amount(skip)).take(take).collect()
        };
        let next = (numbers.len() == take).then(|| {
            let next = numbers.pop().unwrap_or_default();
            if self.oldest_first { next } else { next + 1 }
        });
        Page { numbers, next, count }
    }
}

fn number(parameters: &Parameters, name: &str, limit: u64) -> Result<Option<u64>, Refusal> {
    let Some(text) = parameters.get_loosely(name) else { return Ok(None) };
    let number: u64 = text.trim().parse().map_err(|_| {
        Refusal::bad_request(format!(
            "Invalid value '{text}' for {name} query option found. A non-negative integer is expected."
        ))
    })?;
    if number > limit {
        return Err(Refusal::bad_request(format!("The value of {name} cannot exceed {limit}.")));
    }
    Ok(Some(number))
}

/// Whether the oldest come first. Created and updated times rise together, so one order serves both.
fn oldest_first(parameters: &Parameters, orders: &[&str]) -> Result<bool, Refusal> {
    let Some(text) = parameters.get_loosely("$orderby") else { return Ok(false) };
    let mut words = text.split_whitespace();
    let property = words.next().unwrap_or_default();
    let direction = words.next();
    if !orders.contains(&property) || words.next().is_some() {
        return Err(Refusal::bad_request(format!("Ordering by '{text}' is not supported.")));
    }
    match direction {
        None | Some("asc") => Ok(true),
        Some("desc") => Ok(false),
        Some(other) => Err(Refusal::bad_request(format!("Syntax error at '{other}' in '{text}'."))),
    }
}

/// Refuses system query options, those with a `$`, that an API does not know or that are misspelt. Other parameters it
/// passes over, as `OData` demands.
pub(super) fn refuse_others(parameters: &Parameters, known: &[&str]) -> Result<(), Refusal> {
    let strange = parameters
        .names()
        .find(|name| name.starts_with('$') && !known.iter().any(|known| known.eq_ignore_ascii_case(name)));
    match strange {
        None => Ok(()),
        Some(name) => Err(Refusal::bad_request(format!(
            "The query specified in the URI is not valid. Query option '{name}' is not allowed."
        ))),
    }
}

/// What `$expand` names: one of these or nothing.
pub(super) fn expands(parameters: &Parameters, known: &str, kind: &str) -> Result<bool, Refusal> {
    match parameters.get_loosely("$expand").map(str::trim) {
        None => Ok(false),
        Some(name) if name.eq_ignore_ascii_case(known) => Ok(true),
        Some(other) => Err(Refusal::bad_request(format!(
            "Parsing OData Select and Expand failed: Could not find a property named '{other}' on type '{kind}'."
        ))),
    }
}

/// An opaque place in a list.
pub(super) fn token(place: u64) -> String {
    URL_SAFE_NO_PAD.encode(format!("place={place}"))
}

fn read_token(token: &str) -> Option<u64> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    text.strip_prefix("place=")?.parse().ok()
}

/// The request's own address, other places and page sizes in place of its own.
pub(super) fn link(address: &str, parameters: &Parameters, replaced: &[(&str, String)]) -> String {
    let mut link = address.to_owned();
    let mut separator = '?';
    let kept = parameters.pairs().filter(|(name, _)| {
        !["$skip", "$skiptoken"].iter().any(|gone| name.eq_ignore_ascii_case(gone))
            && !replaced.iter().any(|(gone, _)| name.eq_ignore_ascii_case(gone))
    });
    for (name, value) in kept.chain(replaced.iter().map(|(name, value)| (*name, value.as_str()))) {
        let _ = write!(link, "{separator}{name}=");
        link.extend(byte_serialize(value.as_bytes()));
        separator = '&';
    }
    link
}
