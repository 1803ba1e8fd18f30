//! How often an API may be asked: Microsoft's published rates, kept before the API has to say so.
//!
//! Shared by everything that asks one API for one customer with one app, because that is what the rates are about. It
//! knows no host and no token. The invariant: in no span of the rate's length more questions than the rate allows.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

/// See the module.
#[derive(Debug)]
pub struct Pace {
    /// So many questions within so long.
    limits: Vec<(usize, Duration)>,
    asked: Mutex<VecDeque<Instant>>,
}

impl Pace {
    /// At most so many questions within so long, for each pair.
    pub fn new(limits: impl IntoIterator<Item = (u32, Duration)>) -> Self {
        let count = |count: u32| usize::try_from(count.max(1)).unwrap_or(usize::MAX);
        let limits = limits.into_iter().map(|(most, span)| (count(most), span)).collect();
        Self { limits, asked: Mutex::default() }
    }

    /// Waits for one's turn, having told how long that takes; true when it took time. Turns are given in the order in
    /// which they were asked for.
    pub(crate) async fn turn(&self, tell: impl FnOnce(Duration)) -> bool {
        let mut asked = self.asked.lock().await;
        let due = self
            .limits
            .iter()
            .filter_map(|(count, span)| asked.len().checked_sub(*count).map(|at| asked[at] + *span))
            .max();
        let waits = due.filter(|due| *due > Instant::now());
        if let Some(due) = waits {
            tracing::debug!("waiting for the published rate");
            tell(due.saturating_duration_since(Instant::now()));
            sleep_until(due).await;
        }
        asked.push_back(Instant::now());
        let most = self.limits.iter().map(|(count, _)| *count).max().unwrap_or_default();
        while asked.len() > most {
            asked.pop_front();
        }
        waits.is_some()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::Pace;

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_free_and_what_exceeds_the_rate_waits() {
        let pace = Pace::new([(3, Duration::from_mins(1)), (5, Duration::from_hours(1))]);
        let started = Instant::now();
        let mut at = Vec::new();
        for _ in 0..7 {
            pace.turn(|_| ()).await;
            at.push(started.elapsed().as_secs());
        }
        assert_eq!(at, [0, 0, 0, 60, 60, 3600, 3600]);
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_published_rate_nothing_waits() {
        let pace = Pace::new([]);
        for _ in 0..10_000 {
            assert!(!pace.turn(|_| ()).await);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn two_pulls_share_one_rate() {
        let pace = Pace::new([(2, Duration::from_mins(1))]);
        let started = Instant::now();
        let ask_twice = async || {
            pace.turn(|_| ()).await;
            pace.turn(|_| ()).await;
        };
        tokio::join!(ask_twice(), ask_twice());
        assert_eq!(started.elapsed(), Duration::from_mins(1));
    }
}
