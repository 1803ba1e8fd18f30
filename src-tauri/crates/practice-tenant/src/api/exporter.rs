//! The legacy SIEM exporter: `/api/alerts` of three regions, a bare array of detections.
//!
//! Parameters as Microsoft documented them: `sinceTimeUtc`, `untilTimeUtc`, `ago`, `limit`, `machinegroups` (repeatable),
//! `DeviceCreatedMachineTags`, `CloudCreatedMachineTags`. Times compare with `LastProcessedTimeUtc`; both ends count.
//! Newest first. The customer's data lives in `eu`.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};

use crate::alerts::{Alert, Feed, detection};
use crate::clock;
use crate::directory::House;
use crate::parameters::Parameters;
use crate::permission::Api;
use crate::scenario::Scenario;
use crate::world::World;

use super::bearer::{self, BadToken};
use super::stream::{Listing, Spoiling};
use super::surface::{Refusal, Surface};

/// The window of a request without times.
const WINDOW: SignedDuration = SignedDuration::from_hours(2);
/// How long `authorisation-delay` keeps the exporter shut.
const DELAY: Duration = Duration::from_secs(3);

/// Answers one region's request.
pub(super) fn answer(
    world: &Arc<World>,
    region: &str,
    headers: &HeaderMap,
    parameters: &Parameters,
) -> Response {
    if !["eu", "us", "uk"].contains(&region) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let answer = authorise(world, headers).and_then(|()| {
        Query::read(parameters, clock::now())
            .map_err(|name| Refusal::bad_request(format!("The request is invalid: '{name}' cannot be read.")))
    });
    match answer {
        Ok(query) => detections(world, region, query),
        Err(refusal) => Surface::Exporter.refuse(world, headers, refusal),
    }
}

fn authorise(world: &World, headers: &HeaderMap) -> Result<(), Refusal> {
    let caller = bearer::check(world, headers, Api::DirectoryGraph)
        .map_err(|bad: BadToken| Refusal::token(Surface::Exporter, bad))?;
    let forbidden = |message: &str| Err(Refusal::forbidden(message));
    if caller.house != Some(House::Customer) {
        return forbidden("Unauthorized exception: the domain is not managed by the tenant administrator.");
    }
    if world.has(Scenario::NotLicensed) {
        return forbidden(
            "Unauthorized exception: the tenant has no active license for Microsoft Defender for Endpoint.",
        );
    }
    let open = match world.ledger().authorised_for() {
        None => false,
        Some(elapsed) => !world.has(Scenario::AuthorisationDelay) || elapsed >= DELAY,
    };
    if !open || world.has(Scenario::NotAuthorised) || !world.directory.is_client(&caller.app_id) {
        return forbidden(
            "Unauthorized exception: the application is not authorized to read this tenant's detections.",
        );
    }
    Ok(())
}

struct Query {
    since: Timestamp,
    until: Timestamp,
    limit: Option<usize>,
    machine_groups: Vec<String>,
    device_tag: Option<String>,
    cloud_tag: Option<String>,
}

impl Query {
    /// The name of the first parameter that cannot be read, if one cannot.
    fn read(parameters: &Parameters, now: Timestamp) -> Result<Self, &'static str> {
        let time = |name: &'static str| {
            parameters.get_loosely(name).map(|text| clock::read(text).ok_or(name)).transpose()
        };
        let until = time("untilTimeUtc")?;
        let ago = parameters.get_loosely("ago").map(|text| duration(text).ok_or("ago")).transpose()?;
        let since = match (time("sinceTimeUtc")?, ago) {
            (Some(since), _) => since,
            (None, Some(ago)) => now.checked_sub(ago).map_err(|_| "ago")?,
            (None, None) => now - WINDOW,
        };
        let limit = parameters
            .get_loosely("limit")
            .map(|text| text.trim().parse::<usize>().map_err(|_| "limit"))
            .transpose()?;
        Ok(Self {
            since,
            until: until.unwrap_or(now),
            limit,
            machine_groups: parameters.all_loosely("machinegroups").map(str::to_owned).collect(),
            device_tag: parameters.get_loosely("DeviceCreatedMachineTags").map(str::to_owned),
            cloud_tag: parameters.get_loosely("CloudCreatedMachineTags").map(str::to_owned),
        })
    }

    fn selects(&self, feed: &Feed, alert: &Alert) -> bool {
        let groups = &self.machine_groups;
        let machine = feed.machine(alert);
        (groups.is_empty() || groups.iter().any(|group| group.eq_ignore_ascii_case(machine.group)))
            && self.device_tag.as_deref().is_none_or(|tag| tag.eq_ignore_ascii_case(machine.device_tag))
            && self.cloud_tag.as_deref().is_none_or(|tag| tag.eq_ignore_ascii_case(machine.cloud_tag))
    }

    /// Whether more than the time decides, so that an alert has to be looked at.
    fn is_picky(&self) -> bool {
        !self.machine_groups.is_empty() || self.device_tag.is_some() || self.cloud_tag.is_some()
    }
}

/// An ISO 8601 duration without months and years, not negative.
fn duration(text: &str) -> Option<SignedDuration> {
    let span: Span = text.trim().parse().ok()?;
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    (!duration.is_negative()).then_some(duration)
}

fn detections(world: &Arc<World>, region: &str, query: Query) -> Response {
    let feed = world.feed();
    let range = if region == "eu" { feed.within(Some(query.since), Some(query.until)) } else { 0..0 };
    let limit = query.limit.unwrap_or(usize::MAX);
    let picky = query.is_picky();
    let choosing = feed.clone();
    let listing = Listing {
        before: b"[".to_vec(),
        items: range
            .rev()
            .filter(move |index| !picky || query.selects(&choosing, &choosing.alert(*index)))
            .take(limit),
        spoiling: Spoiling::of(world, feed.len()),
        write: move |index: u64, out: &mut Vec<u8>| detection::write(&feed, &feed.alert(index), out),
        after: b"]".to_vec(),
    };
    (
        [(header::CONTENT_TYPE, "application/json; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")],
        listing.body(),
    )
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_iso_8601_and_never_negative() {
        assert_eq!(duration("PT10M"), Some(SignedDuration::from_mins(10)));
        assert_eq!(duration("P1DT2H"), Some(SignedDuration::from_hours(26)));
        assert_eq!(duration("P2W"), Some(SignedDuration::from_hours(336)));
        for bad in ["-PT10M", "P1M", "ten minutes", ""] {
            assert_eq!(duration(bad), None, "{bad}");
        }
    }

    #[test]
    fn since_goes_before_ago_and_nothing_means_two_hours() {
        let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        let read = |query: &str| Query::read(&Parameters::read(query.as_bytes()), now);
        assert_eq!(read("").unwrap().since, now - WINDOW);
        assert_eq!(read("ago=PT10M").unwrap().since, now - SignedDuration::from_mins(10));
        assert_eq!(
            read("SINCETIMEUTC=2016-09-12T00:00:00.000&ago=PT10M").unwrap().since,
            "2016-09-12T00:00:00Z".parse().unwrap()
        );
        assert_eq!(read("limit=-1").err(), Some("limit"));
        assert_eq!(read("untilTimeUtc=soon").err(), Some("untilTimeUtc"));
    }
}
