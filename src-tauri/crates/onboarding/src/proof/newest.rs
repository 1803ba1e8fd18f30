//! The test pull: how far back it looks, and which alerts of it are shown.
//!
//! Knows nothing of files. The invariant: however many alerts come, few rows are held, the newest.

use defender::{AlertRow, RawAlert};
use jiff::SignedDuration;

use super::tokens::FileTokens;
use crate::clock;
use crate::contract::{LookedBack, Problem, PullQuery, PullSummary};
use crate::gathered::Gathered;
use crate::host::Host;
use crate::pull::Reading;

/// The newest alerts that a proof shows.
const SHOWN: usize = 200;
/// Windows of time that are tried one after the other until alerts are found, and their hours.
const WINDOWS: [(&str, i64); 3] = [("PT2H", 2), ("PT24H", 24), ("P30D", 30 * 24)];

/// What a test pull found, and how far back it looked.
pub(super) struct Found {
    pub(super) summary: PullSummary,
    pub(super) looked: Vec<LookedBack>,
    pub(super) alerts: Vec<AlertRow>,
}

/// Pulls, widening the window of time until there are alerts.
pub(super) async fn newest(
    reading: &Reading<'_>,
    tokens: &FileTokens<'_>,
    gathered: Option<&Gathered>,
    host: &dyn Host,
) -> Result<Found, Problem> {
    let mut looked = Vec::new();
    let mut windows = WINDOWS.iter().peekable();
    loop {
        let window = windows.next();
        let mut rows = Newest::default();
        let query = PullQuery { ago: window.map(|(ago, _)| (*ago).to_owned()), ..PullQuery::default() };
        if let (Some(gathered), Some((_, hours))) = (gathered, window) {
            let now = clock::now();
            gathered.begin(now.saturating_sub(SignedDuration::from_hours(*hours)).unwrap_or(now), now);
        }
        let mut receive = |alert: &RawAlert<'_>| {
            if let Some(gathered) = gathered {
                return gathered.push(alert);
            }
            rows.push(alert.row());
            Ok(())
        };
        let mut summary = reading.run(query, tokens, &mut receive, host).await?;
        looked.extend(window.map(|(ago, _)| LookedBack { ago: (*ago).to_owned(), alerts: summary.alerts }));
        if summary.alerts > 0 || windows.peek().is_none() {
            if summary.alerts == 0 && summary.providers.is_empty() {
                summary.notes.push("raise-a-test-alert".to_owned());
            }
            return Ok(Found { summary, looked, alerts: rows.into_rows() });
        }
    }
}

/// Keeps the newest rows of a stream in bounded memory.
#[derive(Default)]
struct Newest(Vec<AlertRow>);

impl Newest {
    fn push(&mut self, row: AlertRow) {
        self.0.push(row);
        if self.0.len() >= 2 * SHOWN {
            self.trim();
        }
    }

    fn trim(&mut self) {
        self.0.sort_by_key(|row| std::cmp::Reverse(row.time));
        self.0.truncate(SHOWN);
    }

    fn into_rows(mut self) -> Vec<AlertRow> {
        self.trim();
        self.0
    }
}
