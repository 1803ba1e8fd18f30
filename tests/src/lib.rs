//! Whole flows, faults, leaks, the real window, benchmarks.
