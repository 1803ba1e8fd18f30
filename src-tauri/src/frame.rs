//! The window as the desktop sees it: only one for a data folder, and where it stood the last time.

use std::path::Path;

use sha2::{Digest as _, Sha256};
use tauri::plugin::TauriPlugin;
use tauri::{AppHandle, Manager as _, Runtime};
use tauri_plugin_window_state::StateFlags;

#[cfg(target_os = "linux")]
use crate::predecessor;
use crate::window::MAIN;

/// Size and place of the window, beside `window.json` in the data folder.
const FILE: &str = "window-frame.json";

/// Keeps a second window of the same data folder from opening: the first one comes to the front instead. Nothing where
/// the desktop knows one app by its name only and somebody works with several folders on purpose.
pub(crate) fn only_one<R: Runtime>(folder: &Path) -> Option<TauriPlugin<R>> {
    if cfg!(windows) && std::env::var_os("MSSP_ONBOARD_DATA").is_some() {
        return None;
    }
    let name = bus_name(folder);
    #[cfg(target_os = "linux")]
    if predecessor::of(&name) == predecessor::Predecessor::Silent {
        // Nobody can be brought to the front. The window that opens says by itself who holds the vault.
        return None;
    }
    let plugin = tauri_plugin_single_instance::Builder::new()
        .callback(|app, _arguments, _folder| to_the_front(app))
        .dbus_id(name);
    Some(plugin.build())
}

/// Remembers size, place and whether the window filled the screen. A screen that is gone is no trouble: the window then
/// opens in the middle.
pub(crate) fn remembered<R: Runtime>(folder: &Path) -> TauriPlugin<R> {
    tauri_plugin_window_state::Builder::new()
        .with_filename(folder.join(FILE).display().to_string())
        .with_state_flags(StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED)
        .with_filter(|label| label == MAIN)
        .build()
}

fn to_the_front<R: Runtime>(app: &AppHandle<R>) {
    let Some(window) = app.get_webview_window(MAIN) else { return };
    for outcome in [window.unminimize(), window.show(), window.set_focus()] {
        if let Err(error) = outcome {
            tracing::debug!(%error, "the window does not come to the front");
        }
    }
}

/// A name on the session bus that is the folder's own. Elements of a bus name begin with a letter.
fn bus_name(folder: &Path) -> String {
    let whole = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let digest = Sha256::digest(whole.as_os_str().as_encoded_bytes());
    let short = digest.iter().take(8).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    format!("org.mssp_onboard.app.data{short:016x}")
}

#[cfg(test)]
mod tests {
    use super::bus_name;

    #[test]
    fn each_folder_has_a_name_of_its_own_however_it_is_spelt() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        assert_ne!(bus_name(one.path()), bus_name(other.path()));
        assert_eq!(bus_name(one.path()), bus_name(&one.path().join(".")));
        assert!(bus_name(one.path()).split('.').all(|part| !part.starts_with(|c: char| c.is_ascii_digit())));
    }
}
