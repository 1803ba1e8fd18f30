//! Whole flows over the real binaries: separate processes, real sockets, real files, and where it is due a real
//! browser, a real keyring and the real window.

mod command_line;
mod consent_trouble;
mod keyring;
mod leaks;
mod peers;
mod practice_run;
mod resume;
mod window;
