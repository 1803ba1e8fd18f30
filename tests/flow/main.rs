//! Whole flows over the real binaries: separate processes, real sockets, real files, and where it is due a real
//! browser, a real keyring and the real window.

#[cfg(test)]
mod alert_table;
#[cfg(test)]
#[cfg(unix)]
mod browser_in_terminal;
#[cfg(test)]
mod closed;
#[cfg(test)]
mod command_line;
#[cfg(test)]
mod connectors;
#[cfg(test)]
mod consent_trouble;
#[cfg(test)]
mod desktop;
#[cfg(test)]
mod exported_words;
#[cfg(test)]
mod faces;
#[cfg(test)]
mod keyboard;
#[cfg(test)]
mod keyring;
#[cfg(test)]
mod leaks;
#[cfg(test)]
mod looks;
#[cfg(test)]
mod migration;
#[cfg(test)]
mod network;
#[cfg(test)]
mod one_run;
#[cfg(test)]
mod peers;
#[cfg(test)]
mod practice_run;
#[cfg(test)]
mod proxies;
#[cfg(test)]
mod pull_exactly_once;
#[cfg(test)]
mod pull_faults;
#[cfg(test)]
mod pull_stopped;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod resume;
#[cfg(test)]
mod settings_window;
#[cfg(test)]
mod sign_in_window;
#[cfg(test)]
mod window;
#[cfg(test)]
mod window_proxy;
