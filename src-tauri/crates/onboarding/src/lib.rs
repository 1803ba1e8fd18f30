//! The workflow over catalog, entra, defender, connectors and vault, and the contract that its callers speak.

pub mod contract;
