//! The alert sources: query, pages, throttling, streaming, fields.
//!
//! [`pull`] reads one source and hands on each alert as it arrives. What a source is, where it answers and with which
//! token it is asked come from the caller, as plain data; nothing is kept here, and no clock is read. The modules, from
//! the outside in: `pull` (what is asked for), `course` (page after page), `asking` (one question, repeated as need be),
//! `walk` (where to go on), `outlet` (known or new, wanted or not), `splitter` (alerts out of bytes), `fields` (columns
//! out of alerts).

mod address;
mod asking;
mod course;
mod crowd;
mod error;
mod event;
mod fields;
mod outlet;
mod pace;
#[cfg(any(test, feature = "fuzzing"))]
pub mod parsers;
mod pull;
mod query;
mod refusal;
mod row;
mod rules;
mod scan;
mod seen;
mod splitter;
mod summary;
mod transport;
mod walk;

pub use error::{Denial, Part, PullError, Unreadable, Wait};
pub use event::{Event, Listener};
pub use fields::{AlertDetail, AlertEvidence, AlertFact, AlertLink, LEGACY_FIELDS, LegacyDetection};
pub use outlet::RawAlert;
pub use pace::Pace;
pub use pull::{Patience, PullRequest, TokenSource, pull};
pub use query::{Ago, Query, Severity, Status, UnusableQuery};
pub use refusal::Refusal;
pub use row::AlertRow;
pub use summary::{Note, ProviderTrouble, PullSummary};
