//! What Microsoft publishes, as data: clouds, alert sources, permissions, error codes.
//!
//! Everything that changes without us lies in the TOML files of `data/`, each with the day on which it was checked;
//! this crate reads them and gives them types. It talks to nobody and decides nothing. The invariant: a value that a
//! data file holds is never repeated in code.

mod ids;

pub use ids::{GrantKind, Region, SourceId, UnknownName};
