//! What lasts: customers, sealed secrets, journal.

pub mod files;
