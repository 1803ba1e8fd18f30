//! The published limits of requests, for `published-rates`: Defender for Endpoint 100 a minute and 1,500 an hour, Defender
//! XDR 50 and 1,500, Microsoft Graph's security alerts 150 a minute. The legacy exporter has none.
//!
//! Counted over sliding windows and for the one app and tenant that there are. A refused request does not count.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::surface::Surface;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

/// The requests of the last hour.
#[derive(Default)]
pub(crate) struct Rates(Mutex<HashMap<Surface, VecDeque<Instant>>>);

const fn limits(surface: Surface) -> &'static [(usize, Duration)] {
    match surface {
        Surface::Graph => &[(150, MINUTE)],
        Surface::Defender => &[(100, MINUTE), (1500, HOUR)],
        Surface::Xdr => &[(50, MINUTE), (1500, HOUR)],
        Surface::Exporter => &[],
    }
}

impl Rates {
    /// Counts a request; the whole seconds to wait if it is one too many.
    pub(super) fn take(&self, surface: Surface) -> Option<u64> {
        self.take_at(surface, Instant::now())
    }

    fn take_at(&self, surface: Surface, now: Instant) -> Option<u64> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let requests = all.entry(surface).or_default();
        while requests.front().is_some_and(|first| now.duration_since(*first) >= HOUR) {
            requests.pop_front();
        }
        let wait = limits(surface)
            .iter()
            .filter_map(|(most, window)| {
                let first = requests.get(requests.len().checked_sub(*most)?)?;
                window.checked_sub(now.duration_since(*first)).filter(|wait| !wait.is_zero())
            })
            .max();
        if wait.is_none() {
            requests.push_back(now);
        }
        wait.map(|wait| wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_after_the_last_allowed_one_waits_until_the_window_moves_on() {
        let rates = Rates::default();
        let start = Instant::now();
        for number in 0..50 {
            assert_eq!(rates.take_at(Surface::Xdr, start + Duration::from_millis(number * 100)), None);
        }
        assert_eq!(rates.take_at(Surface::Xdr, start + Duration::from_secs(10)), Some(50));
        assert_eq!(rates.take_at(Surface::Defender, start + Duration::from_secs(10)), None, "another API");
        assert_eq!(rates.take_at(Surface::Xdr, start + MINUTE), None);
    }

    #[test]
    fn the_hour_has_its_own_limit() {
        let rates = Rates::default();
        let start = Instant::now();
        for number in 0..1500 {
            assert_eq!(rates.take_at(Surface::Defender, start + Duration::from_secs(number)), None);
        }
        assert_eq!(rates.take_at(Surface::Defender, start + Duration::from_secs(1600)), Some(2000));
        assert_eq!(rates.take_at(Surface::Graph, start + Duration::from_secs(1600)), None);
    }
}
