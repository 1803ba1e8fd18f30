//! What the whole-flow tests need: the built binaries, a practice tenant in its own process, browsers.
//!
//! Nothing here knows how the product works inside: it starts processes, gives them arguments and reads what they say.

pub mod binaries;
pub mod chromium;
pub mod command;
pub mod front;
pub mod lacking;
pub mod looks;
pub mod old_files;
pub mod onboarded;
pub mod practice;
pub mod window;
pub mod wizard;
