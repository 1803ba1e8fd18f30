//! What the vault promises, asked for through its public doors.

#[cfg(test)]
mod files;
