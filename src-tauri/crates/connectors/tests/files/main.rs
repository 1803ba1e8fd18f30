//! The crate through its public door: what is rendered, and what comes back.

mod example;
mod rendered;
mod round_trip;
