//! What happens on the way of a pull, for whoever shows it while it runs: questions, repetitions, waits.
//!
//! It carries no address, no token and no alert. Nobody has to listen: a pull goes the same way unheard.

use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;

use crate::summary::Note;

/// Something that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A question goes out.
    Asking {
        /// Its number among all that were sent, from 1.
        request: u32,
        /// How often it has been put, from 1.
        attempt: u32,
    },
    /// The pull waits before it asks.
    Waiting {
        /// Why.
        note: Note,
        /// For how long.
        wait: Duration,
    },
}

/// Where events go.
pub type Listener = UnboundedSender<Event>;
