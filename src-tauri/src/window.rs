//! The one window: how it is made, and where it may go, which is nowhere but to its own content.

use std::fs;
use std::path::{Path, PathBuf};

use tauri::webview::{NewWindowResponse, Url};
use tauri::{AppHandle, Manager, Runtime, WebviewWindowBuilder};

use crate::desk::Desk;

/// What Tauri's `freezePrototype` does for every page, here for the app's own alone: sign-in pages set properties that a
/// frozen prototype forbids.
const FREEZE: &str = "Object.freeze(Object.prototype);";

/// The label of the window in `tauri.conf.json`.
pub(crate) const MAIN: &str = "main";

/// Makes the window of `tauri.conf.json`. What the web engine keeps (the chosen language and theme) lies beside the
/// vault, so that a data folder is whole.
pub(crate) fn open<R: Runtime>(app: &AppHandle<R>, folder: &Path) -> tauri::Result<()> {
    // While developing, content may come from vite, at the one address that the configuration names.
    let development = tauri::is_dev().then(|| app.config().build.dev_url.clone()).flatten();
    for configuration in &app.config().app.windows {
        let development = development.clone();
        let mut window = WebviewWindowBuilder::from_config(app, configuration)?;
        // In a folder that cannot be used there is still a window, to say so.
        let own = web_data(folder);
        if fs::create_dir_all(&own).is_ok() {
            window = window.data_directory(own);
        }
        let window = window
            .initialization_script(FREEZE)
            .on_navigation(move |address| is_own_content(address, development.as_ref()))
            .on_new_window(|_, _| NewWindowResponse::Deny)
            .build()?;
        let app = app.clone();
        window.on_window_event(move |event| {
            // Without it nobody sees how a sign-in goes on, and its window would keep the app running.
            if matches!(event, tauri::WindowEvent::Destroyed) {
                app.state::<Desk>().cancel();
            }
        });
    }
    Ok(())
}

/// Where the web engine keeps what it keeps of the window.
pub(crate) fn web_data(folder: &Path) -> PathBuf {
    folder.join("window")
}

/// Whether an address is the app's own content. Everything else opens in the person's browser, through the engine.
fn is_own_content(address: &Url, development: Option<&Url>) -> bool {
    match address.scheme() {
        "tauri" => address.host_str() == Some("localhost"),
        // How WebView2 spells the same.
        "http" | "https" if address.host_str() == Some("tauri.localhost") => true,
        _ => development.is_some_and(|development| development.origin() == address.origin()),
    }
}

#[cfg(test)]
mod tests {
    use tauri::webview::Url;

    use super::is_own_content;

    #[test]
    fn the_window_stays_with_its_own_content() {
        for own in
            ["tauri://localhost/", "tauri://localhost/index.html#/customers", "http://tauri.localhost/"]
        {
            assert!(is_own_content(&Url::parse(own).unwrap(), None), "{own}");
        }
        for foreign in [
            "https://login.microsoftonline.com/",
            "http://tauri.localhost.example/",
            "https://siemmsspconnector/?code=x",
            "file:///etc/passwd",
            "data:text/html,hello",
            "http://localhost:1420/",
            "about:blank",
        ] {
            assert!(!is_own_content(&Url::parse(foreign).unwrap(), None), "{foreign}");
        }
    }

    #[test]
    fn a_development_server_is_trusted_only_where_one_is_configured() {
        let vite = Url::parse("http://localhost:1420").unwrap();
        assert!(is_own_content(&Url::parse("http://localhost:1420/src/main.ts").unwrap(), Some(&vite)));
        assert!(!is_own_content(&Url::parse("http://localhost:8080/").unwrap(), Some(&vite)));
    }
}
