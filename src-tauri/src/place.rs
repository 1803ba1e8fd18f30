//! Where the window was when it last ran: the customer that was open. Kept beside the vault, so that a window that was
//! closed or killed in the middle of a step opens there again.
//!
//! It is a convenience: what cannot be read or written is forgotten, and the window begins with the list.

use std::path::Path;

use serde::{Deserialize, Serialize};

const FILE: &str = "window.json";

#[derive(Serialize, Deserialize)]
struct Place {
    customer: Option<String>,
}

/// The customer that was open when the window was last used with this data folder.
pub(crate) fn recall(folder: &Path) -> Option<String> {
    let text = std::fs::read(folder.join(FILE)).ok()?;
    serde_json::from_slice::<Place>(&text).ok()?.customer
}

/// Notes which customer is open now; `None` for the list.
pub(crate) fn remember(folder: &Path, customer: Option<String>) {
    let Ok(text) = serde_json::to_vec(&Place { customer }) else { return };
    if let Err(error) = vault::files::write(&folder.join(FILE), &text, true) {
        tracing::warn!(%error, "the open customer is not remembered");
    }
}

#[cfg(test)]
mod tests {
    use super::{FILE, recall, remember};

    #[test]
    fn what_was_open_is_known_again_until_it_is_left() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(recall(folder.path()), None);
        remember(folder.path(), Some("contoso".to_owned()));
        assert_eq!(recall(folder.path()).as_deref(), Some("contoso"));
        remember(folder.path(), None);
        assert_eq!(recall(folder.path()), None);
    }

    #[test]
    fn a_damaged_note_is_no_trouble() {
        let folder = tempfile::tempdir().unwrap();
        vault::files::write(&folder.path().join(FILE), b"{\"customer\":", true).unwrap();
        assert_eq!(recall(folder.path()), None);
    }
}
