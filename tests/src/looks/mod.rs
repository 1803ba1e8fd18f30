//! How the window looks in every state that it has: a walk through all of them, and what is done at each stop, which is
//! either measuring or taking pictures.
//!
//! It proves nothing about what the product does; other tests do. The invariant: a state is reached as a person would
//! reach it, against the practice tenant, and language, theme, size and zoom change in place while it stands.

pub mod eye;
pub mod index;
pub mod script;
pub mod seeds;
pub mod tours;
pub mod view;
