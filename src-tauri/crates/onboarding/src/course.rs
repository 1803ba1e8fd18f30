//! How far a pull is: what has arrived, what is being asked, what is waited for, and how long it may still take.
//!
//! The invariant: a time left is said only while alerts come in the order of their last change; without that order
//! nobody knows.

use std::cmp::Ordering;
use std::sync::atomic::{AtomicI64, AtomicU8, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use defender::{Event, RawAlert};
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::contract::{PullProgress, PullWait};

/// Share of the window of time that must lie behind before the rest is guessed.
const ENOUGH_TO_GUESS: f64 = 0.05;
/// And milliseconds of work.
const LONG_ENOUGH: u128 = 1000;

/// See the module. Filled by the pull, read by whoever tells the host.
pub(crate) struct Course {
    arrived: Arrived,
    state: Mutex<State>,
    span: Option<(Timestamp, Timestamp)>,
}

/// What has arrived. One task writes it, alert by alert, and the same task reads it, so that nothing is locked: a lock for each
/// alert is a twentieth of a pull's time.
#[derive(Default)]
struct Arrived {
    alerts: AtomicU64,
    bytes: AtomicU64,
    started: OnceLock<Instant>,
    order: AtomicU8,
    /// Milliseconds since 1970 of the first alert that names its time, and of the last.
    first: OnceLock<i64>,
    last: AtomicI64,
}

struct State {
    progress: PullProgress,
    told: Option<PullProgress>,
}

/// In which order the times of the alerts came: both bits where in none.
const RISING: u8 = 1;
/// See [`RISING`].
const FALLING: u8 = 2;

impl Course {
    pub(crate) fn new(ago: Option<String>, span: Option<(Timestamp, Timestamp)>) -> Self {
        let progress = PullProgress { ago, ..PullProgress::default() };
        Self { arrived: Arrived::default(), state: Mutex::new(State { progress, told: None }), span }
    }

    /// Takes note of an alert.
    pub(crate) fn arrived(&self, alert: &RawAlert<'_>) {
        self.arrived.note(alert);
    }

    /// Takes note of a question or a wait.
    pub(crate) fn happened(&self, event: Event, now: Timestamp) {
        let mut state = self.state();
        match event {
            Event::Asking { request, attempt } => {
                (state.progress.request, state.progress.attempt) = (request, attempt);
                state.progress.waits = None;
            }
            Event::Waiting { note, wait } => {
                let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
                state.progress.waits = Some(PullWait {
                    why: note.as_str().to_owned(),
                    until: now.saturating_add(wait).unwrap_or(now),
                });
            }
        }
    }

    /// How things stand, unless they stand as they were told last.
    pub(crate) fn news(&self) -> Option<PullProgress> {
        let mut state = self.state();
        state.progress.alerts = self.arrived.alerts.load(Relaxed);
        state.progress.bytes = self.arrived.bytes.load(Relaxed);
        state.progress.seconds_left = self.arrived.seconds_left(self.span);
        if state.told.as_ref() == Some(&state.progress) {
            return None;
        }
        state.told = Some(state.progress.clone());
        state.told.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Arrived {
    fn note(&self, alert: &RawAlert<'_>) {
        let add = |sum: &AtomicU64, more: u64| sum.store(sum.load(Relaxed) + more, Relaxed);
        add(&self.alerts, 1);
        add(&self.bytes, alert.json.len() as u64);
        self.started.get_or_init(Instant::now);
        let Some(changed) = alert.changed.map(Timestamp::as_millisecond) else { return };
        if self.first.get().is_some() {
            let step = match changed.cmp(&self.last.load(Relaxed)) {
                Ordering::Greater => RISING,
                Ordering::Less => FALLING,
                Ordering::Equal => 0,
            };
            self.order.store(self.order.load(Relaxed) | step, Relaxed);
        }
        self.first.get_or_init(|| changed);
        self.last.store(changed, Relaxed);
    }

    fn seconds_left(&self, span: Option<(Timestamp, Timestamp)>) -> Option<u32> {
        let (since, until) = span?;
        let (first, started) = (Timestamp::from_millisecond(*self.first.get()?).ok()?, self.started.get()?);
        let last = Timestamp::from_millisecond(self.last.load(Relaxed)).ok()?;
        let whole = until.duration_since(since).as_secs_f64();
        let (behind, ahead) = match self.order.load(Relaxed) {
            RISING => (last.duration_since(first), until.duration_since(last)),
            FALLING => (first.duration_since(last), last.duration_since(since)),
            _ => return None,
        };
        let (behind, ahead) = (behind.as_secs_f64(), ahead.as_secs_f64().max(0.0));
        let spent = started.elapsed();
        if whole <= 0.0 || behind / whole < ENOUGH_TO_GUESS || spent.as_millis() < LONG_ENOUGH {
            return None;
        }
        let left = (spent.as_secs_f64() * ahead / behind).ceil().min(f64::from(u32::MAX));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and the largest"
        )]
        Some(left as u32)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use catalog::SourceId;
    use defender::Note;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn alert(changed: i64) -> RawAlert<'static> {
        RawAlert { source: SourceId::GraphAlerts, json: "{}", id: "", changed: Some(at(changed)) }
    }

    #[tokio::test(start_paused = true)]
    async fn the_time_left_is_told_while_alerts_come_in_order_and_never_after() {
        let course = Course::new(Some("PT24H".to_owned()), Some((at(0), at(1000))));
        for second in 0..100 {
            course.arrived(&alert(second * 5));
            tokio::time::advance(Duration::from_millis(100)).await;
        }
        let told = course.news().unwrap();
        assert_eq!((told.alerts, told.ago.as_deref()), (100, Some("PT24H")));
        // Half of the window took ten seconds.
        assert!(told.seconds_left.is_some_and(|left| (9..=12).contains(&left)), "{told:?}");
        course.arrived(&alert(3));
        assert_eq!(course.news().unwrap().seconds_left, None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_is_told_until_the_next_question() {
        let course = Course::new(None, None);
        course.happened(Event::Asking { request: 3, attempt: 1 }, at(0));
        course.happened(Event::Waiting { note: Note::Throttled, wait: Duration::from_secs(30) }, at(0));
        let told = course.news().unwrap();
        assert_eq!(told.waits, Some(PullWait { why: "throttled".to_owned(), until: at(30) }));
        assert_eq!(course.news(), None, "nothing new");
        course.happened(Event::Asking { request: 4, attempt: 2 }, at(30));
        let told = course.news().unwrap();
        assert_eq!((told.request, told.attempt, told.waits), (4, 2, None));
    }
}
