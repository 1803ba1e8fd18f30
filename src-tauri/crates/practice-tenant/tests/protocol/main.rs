//! The practice tenant over real sockets, as clients, people and scripts meet it.

// Marked as tests as a whole, so that the lints treat their helpers like tests.
#[cfg(test)]
mod alerts;
#[cfg(test)]
mod common;
#[cfg(test)]
mod consent;
#[cfg(test)]
mod discovery;
#[cfg(test)]
mod scenarios;
#[cfg(test)]
mod server;
#[cfg(test)]
mod sign_in;
#[cfg(test)]
mod sources;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod weather;
