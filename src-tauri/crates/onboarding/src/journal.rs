//! The journal, as callers see it.

use crate::Engine;
use crate::contract::{JournalEntry, JournalState, Problem};

impl Engine {
    /// Reads the journal and computes its whole chain again.
    ///
    /// # Errors
    ///
    /// `journal-broken` when an entry was changed, removed or moved.
    pub async fn journal(&self) -> Result<JournalState, Problem> {
        let entries = self.with_vault(|vault| vault.verify().and_then(|()| vault.entries())).await?;
        let entries = entries
            .into_iter()
            .map(|entry| JournalEntry {
                number: entry.number,
                at: entry.at,
                action: entry.action,
                customer: entry.customer,
                outcome: entry.outcome,
                hash: entry.hash,
            })
            .collect();
        Ok(JournalState { entries, verified: true })
    }
}
