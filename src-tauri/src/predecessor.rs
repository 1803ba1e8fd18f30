//! The window of the same folder that was there before, where it is just ending.
//!
//! A process that was killed, or that is closing, keeps its name on the session bus for a moment. Whoever then hands its
//! start over to it is lost with it, so that no window opens at all. The invariant: a start is handed over only to a
//! process that answers, and nobody is waited for without end.

use std::time::Duration;

use zbus::blocking::connection::Builder;

/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(2);
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// An ending process has let go of its name long before.
const LOOKS: usize = 250;

/// Who holds the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Predecessor {
    /// Nobody, any more.
    Gone,
    /// A process that answers.
    Alive,
    /// A process that does not.
    Silent,
}

/// Looks who holds a window's name on the session bus, and waits while that process is ending. Without a bus nobody does.
pub(crate) fn of(name: &str) -> Predecessor {
    // As the plugin for one window calls itself.
    let name = format!("{name}.SingleInstance");
    let Ok(bus) = Builder::session().and_then(|bus| bus.method_timeout(ANSWER).build()) else {
        return Predecessor::Gone;
    };
    for _ in 0..LOOKS {
        match bus.call_method(Some(name.as_str()), "/", Some("org.freedesktop.DBus.Peer"), "Ping", &()) {
            Ok(_) => return Predecessor::Alive,
            Err(zbus::Error::MethodError(error, ..)) if is_nobody(error.as_str()) => {
                return Predecessor::Gone;
            }
            Err(zbus::Error::InputOutput(error)) if error.kind() == std::io::ErrorKind::TimedOut => {
                return Predecessor::Silent;
            }
            // It ended while it was asked.
            Err(error) => tracing::debug!(%error, "the window before this one is ending"),
        }
        std::thread::sleep(LOOK_AGAIN);
    }
    Predecessor::Silent
}

fn is_nobody(error: &str) -> bool {
    ["org.freedesktop.DBus.Error.ServiceUnknown", "org.freedesktop.DBus.Error.NameHasNoOwner"]
        .contains(&error)
}
