//! Pulls through real sockets, against servers that behave as the five sources do, and as they should not.

#[cfg(test)]
mod courses;
#[cfg(test)]
mod documented;
#[cfg(test)]
mod incidents;
#[cfg(test)]
mod options;
#[cfg(test)]
mod support;
#[cfg(test)]
mod trouble;
