//! The crate through its public door: what is rendered, and what comes back.

mod corpora;
mod damaged;
mod example;
mod law;
mod migration;
mod rendered;
mod round_trip;
