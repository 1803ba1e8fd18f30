//! What lasts: customers, sealed secrets, journal.
