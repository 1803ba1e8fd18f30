//! The real window, driven from first screen to proof.
