//! SIEM connector files: render them from one typed input, read them back, refuse what a format cannot carry.
//!
//! Pure: no I/O, no clock, no network. The invariant: what was rendered reads back to the same values, or rendering
//! refused with the field and the reason.

mod id;

pub use id::ConnectorId;
