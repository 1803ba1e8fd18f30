//! Where findings lie between being shown and being used: in memory, for a short while, known by a random name.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use super::Old;
use crate::clock;
use crate::contract::{Problem, ProblemCode};

/// Long enough to read what was found and to decide.
const LIFE: Duration = Duration::from_mins(15);
/// The window looks at one lot at a time; what is beyond was left lying.
const MOST: usize = 4;

type Lots = Arc<Mutex<BTreeMap<String, (Timestamp, Vec<Arc<Old>>)>>>;

/// Findings by their handles.
#[derive(Default)]
pub(crate) struct Shelf(Lots);

impl Shelf {
    /// Keeps a lot, and says under which name and until when. It is gone then, whether anybody asks or not.
    pub(crate) fn put(&self, lot: Vec<Arc<Old>>) -> (String, Timestamp) {
        let handle = Uuid::new_v4().to_string();
        let until = clock::now() + LIFE;
        let mut lots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while lots.len() >= MOST {
            let oldest = lots.iter().min_by_key(|(_, (until, _))| *until).map(|(name, _)| name.clone());
            let Some(oldest) = oldest else { break };
            lots.remove(&oldest);
        }
        lots.insert(handle.clone(), (until, lot));
        drop(lots);
        let (lots, name) = (Arc::downgrade(&self.0), handle.clone());
        tokio::spawn(async move {
            tokio::time::sleep(LIFE).await;
            if let Some(lots) = lots.upgrade() {
                lots.lock().unwrap_or_else(PoisonError::into_inner).remove(&name);
            }
        });
        (handle, until)
    }

    /// One finding of a lot.
    ///
    /// # Errors
    ///
    /// `old-files-gone`; `invalid-input` for an index that nobody was told.
    pub(crate) fn look(&self, handle: &str, index: u32) -> Result<Arc<Old>, Problem> {
        let lots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, lot) = lots
            .get(handle)
            .filter(|(until, _)| clock::now() < *until)
            .ok_or_else(|| Problem::new(ProblemCode::OldFilesGone))?;
        lot.get(usize::try_from(index).unwrap_or(usize::MAX)).cloned().ok_or_else(|| {
            Problem::new(ProblemCode::InvalidInput)
                .with("field", "index")
                .with("reason", "old-files-no-such-entry")
        })
    }

    /// Forgets a lot.
    pub(crate) fn take_away(&self, handle: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(handle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_lot_is_gone_when_its_time_is_over_though_nobody_asks() {
        let shelf = Shelf::default();
        let (handle, _) = shelf.put(Vec::new());
        assert_eq!(shelf.look(&handle, 0).map(|_| ()).unwrap_err().code, ProblemCode::InvalidInput);
        tokio::task::yield_now().await;
        tokio::time::advance(LIFE + Duration::from_secs(1)).await;
        tokio::task::yield_now().await;
        assert!(shelf.0.lock().unwrap().is_empty());
        assert_eq!(shelf.look(&handle, 0).map(|_| ()).unwrap_err().code, ProblemCode::OldFilesGone);
    }

    #[tokio::test]
    async fn only_the_newest_lots_are_kept_and_one_can_be_taken_away() {
        let shelf = Shelf::default();
        let all: Vec<String> = (0..=MOST).map(|_| shelf.put(Vec::new()).0).collect();
        let code = |handle: &str| shelf.look(handle, 0).map(|_| ()).unwrap_err().code;
        assert_eq!(code(&all[0]), ProblemCode::OldFilesGone);
        assert_eq!(code(&all[MOST]), ProblemCode::InvalidInput);
        shelf.take_away(&all[MOST]);
        assert_eq!(code(&all[MOST]), ProblemCode::OldFilesGone);
    }
}
