//! What the vault promises, asked for through its public doors.

#[cfg(test)]
mod customers;
#[cfg(test)]
mod files;
#[cfg(test)]
mod journal;
#[cfg(test)]
mod keyring;
#[cfg(test)]
mod leaks;
#[cfg(test)]
mod opening;
#[cfg(test)]
mod processes;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod support;
