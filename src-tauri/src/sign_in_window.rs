//! The embedded sign-in window: a page of the sign-in, and nothing of ours in it.
//!
//! Which addresses it loads is decided by the engine's rules, which are asked before anything is fetched. The invariants:
//! the redirect address is told and never loaded; the profile is new for each window and nothing of it is left; no
//! command, no event and no script of the app reaches the page, for no capability names the window and its ways to the
//! shell are taken away before the first page is asked for; nothing is saved, and no second window opens; it goes by the
//! proxy that the product goes by. Certificates are the web engine's own affair, and stay checked.

use std::sync::atomic::{AtomicU32, Ordering};

use onboarding::contract::{Problem, ProblemCode};
use onboarding::{Leads, PageRules, SignInPage, WindowEvent, WindowVoice};
use tauri::webview::{DownloadEvent, NewWindowResponse, PageLoadEvent, PermissionResponse, Url};
use tauri::{AppHandle, Manager, WebviewUrl, WebviewWindow, WebviewWindowBuilder};
use tempfile::TempDir;

use crate::desk::Desk;

/// As wide and high as a sign-in page wants it.
const SIZE: (f64, f64) = (560.0, 720.0);
const SMALLEST: (f64, f64) = (380.0, 480.0);

/// What `WebView2` is told to leave away unless it is told anything else: menus of its own, and sending addresses out.
const WITHOUT: &str = "--disable-features=msWebOOUI,msPdfOOUI,msSmartScreenProtection";

/// Each window has a name of its own, so that one that is still closing is not taken for the next.
static NUMBER: AtomicU32 = AtomicU32::new(1);

/// An open window. Dropping this closes it.
struct Showing {
    app: AppHandle,
    label: String,
    profile: Option<TempDir>,
}

impl Drop for Showing {
    fn drop(&mut self) {
        if let Some(window) = self.app.get_webview_window(&self.label) {
            if let Err(error) = window.destroy() {
                tracing::warn!(%error, "the sign-in window did not close");
            }
        }
        if let Some(profile) = self.profile.take() {
            forget(profile);
        }
    }
}

/// Opens the window; what happens in it goes to the page's voice.
///
/// # Errors
///
/// `internal` when there can be no window.
pub(crate) fn open(app: &AppHandle, page: SignInPage) -> Result<Box<dyn Send + Sync>, Problem> {
    let label = format!("sign-in-{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let profile = profile()?;
    let showing = Showing { app: app.clone(), label, profile };
    let blank = Url::parse("about:blank").map_err(|error| failed(&error))?;
    let window = build(&showing, blank, &page).map_err(|error| failed(&error))?;
    begin(&window, page).map_err(|error| failed(&error))?;
    // A window that waits behind another one looks as if nothing had happened.
    let _ = window.set_focus();
    Ok(Box::new(showing))
}

fn build(showing: &Showing, blank: Url, page: &SignInPage) -> tauri::Result<WebviewWindow> {
    let blank = WebviewUrl::External(blank);
    let (rules, voice) = (page.rules.clone(), page.voice.clone());
    let (popup_rules, popup_voice) = (page.rules.clone(), page.voice.clone());
    let (popup_app, popup_label) = (showing.app.clone(), showing.label.clone());
    let saves = page.voice.clone();
    let mut window = WebviewWindowBuilder::new(&showing.app, &showing.label, blank)
        .title(title(&page.address))
        .inner_size(SIZE.0, SIZE.1)
        .min_inner_size(SMALLEST.0, SMALLEST.1)
        .center()
        .incognito(true)
        .devtools(false)
        .general_autofill_enabled(false)
        .disable_drag_drop_handler()
        .on_navigation(move |address| goes_on(&rules, &voice, address))
        // What wants a window of its own gets this one.
        .on_new_window(move |address, _| {
            if goes_on(&popup_rules, &popup_voice, &address) {
                if let Some(window) = popup_app.get_webview_window(&popup_label) {
                    let _ = window.navigate(address);
                }
            }
            NewWindowResponse::Deny
        })
        .on_download(move |_, event| {
            if matches!(event, DownloadEvent::Requested { .. }) {
                saves.say(WindowEvent::TurnedAway);
            }
            false
        })
        .on_permission_request(|_, _| PermissionResponse::Deny)
        .on_page_load(|window, load| {
            if load.event() == PageLoadEvent::Started {
                let _ = window.set_title(&title(load.url()));
            }
        });
    window = match &showing.profile {
        Some(profile) => window.data_directory(profile.path().to_owned()),
        // The web engine is told to keep nothing; the folder only spares it a second set of ways to the shell.
        None => window.data_directory(showing.app.state::<Desk>().web_data()),
    };
    if cfg!(windows) {
        window = window.additional_browser_args(&format!("{WITHOUT} {}", page.way.chromium_arguments()));
    }
    if let Some(main) = showing.app.get_webview_window("main") {
        window = window.parent(&main)?;
    }
    let window = window.build()?;
    let voice = page.voice.clone();
    window.on_window_event(move |event| {
        if matches!(event, tauri::WindowEvent::Destroyed) {
            voice.say(WindowEvent::Closed);
        }
    });
    Ok(window)
}

/// Whether an address is loaded. One that leads back is told instead.
fn goes_on(rules: &PageRules, voice: &WindowVoice, address: &Url) -> bool {
    match rules.judge(address) {
        Leads::On => return true,
        Leads::Back => voice.say(WindowEvent::Back(address.as_str().to_owned().into())),
        Leads::Nowhere => voice.say(WindowEvent::TurnedAway),
    }
    false
}

/// Whose page it is, for the person to see: the host as addresses spell it, so that a letter that only looks like another
/// shows; with its scheme where that is not https.
fn title(address: &Url) -> String {
    let origin = address.origin().ascii_serialization();
    format!("{} · MSSP Onboard", origin.strip_prefix("https://").unwrap_or(&origin))
}

/// Takes the app's ways out of the page, listens for what keeps it from loading, and asks for the first page.
#[cfg(target_os = "linux")]
fn begin(window: &WebviewWindow, page: SignInPage) -> tauri::Result<()> {
    use webkit2gtk::gio::prelude::TlsCertificateExt as _;
    use webkit2gtk::{NetworkError, PolicyError, UserContentManagerExt as _, WebViewExt as _};

    window.with_webview(move |view| {
        let view = view.inner();
        if !goes_by(&view, &page.way) {
            // No page at all is better than one by another way.
            page.voice.say(WindowEvent::Unreachable { host: host(page.address.as_str()) });
            return;
        }
        if let Some(content) = view.user_content_manager() {
            content.remove_all_scripts();
            content.unregister_script_message_handler("ipc");
        }
        let voice = page.voice.clone();
        view.connect_load_failed_with_tls_errors(move |_, address, certificate, _| {
            let certificate = certificate.certificate_pem().map(|pem| pem.to_string());
            voice.say(WindowEvent::Untrusted { host: host(address), certificate });
            true
        });
        let voice = page.voice.clone();
        view.connect_close(move |_| voice.say(WindowEvent::Closed));
        let voice = page.voice;
        view.connect_load_failed(move |_, _, address, error| {
            // Of what was turned away, or overtaken by the next page, nobody need hear.
            if !error.is::<PolicyError>() && !error.matches(NetworkError::Cancelled) {
                voice.say(WindowEvent::Unreachable { host: host(address) });
            }
            true
        });
        view.load_uri(page.address.as_str());
    })
}

/// Leads the window by the product's way. Its profile is its own, so no other window follows.
#[cfg(target_os = "linux")]
fn goes_by(view: &webkit2gtk::WebView, way: &onboarding::WindowWay) -> bool {
    use onboarding::WindowWay;
    use webkit2gtk::{NetworkProxyMode, NetworkProxySettings, WebViewExt as _, WebsiteDataManagerExt as _};

    let (mode, mut settings) = match way {
        WindowWay::System => return true,
        WindowWay::Direct => (NetworkProxyMode::NoProxy, None),
        WindowWay::Proxy(proxy) => {
            let bypass: Vec<&str> = proxy.bypass().iter().map(String::as_str).collect();
            let settings = NetworkProxySettings::new(Some(&proxy.with_sign_in()), &bypass);
            (NetworkProxyMode::Custom, Some(settings))
        }
    };
    let Some(profile) = view.website_data_manager() else { return false };
    profile.set_network_proxy_settings(mode, settings.as_mut());
    true
}

/// The same where the web engine is `WebView2`: it has its own page for what does not load.
#[cfg(windows)]
fn begin(window: &WebviewWindow, page: SignInPage) -> tauri::Result<()> {
    window.with_webview(|view| {
        #[expect(unsafe_code, reason = "WebView2 has no other door; the calls take and give plain values")]
        let closed = unsafe {
            view.controller().CoreWebView2().and_then(|view| view.Settings()).and_then(|settings| {
                settings.SetIsWebMessageEnabled(false)?;
                settings.SetAreHostObjectsAllowed(false)
            })
        };
        if let Err(error) = closed {
            // No capability names the window, so nothing would be answered there either.
            tracing::warn!(%error, "messages of the sign-in page could not be switched off");
        }
    })?;
    window.navigate(page.address)
}

#[cfg(target_os = "linux")]
fn host(address: &str) -> String {
    let url = Url::parse(address).ok();
    url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}

/// `WebView2` wants a folder even for what is kept in memory; each window gets its own.
#[cfg(windows)]
fn profile() -> Result<Option<TempDir>, Problem> {
    vault::files::temporary_folder("mssp-sign-in-").map(Some).map_err(|error| {
        Problem::new(ProblemCode::FileTrouble)
            .with("path", std::env::temp_dir().display().to_string())
            .with("reason", error.to_string())
    })
}

#[cfg(not(windows))]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere a folder is needed, which can fail")]
fn profile() -> Result<Option<TempDir>, Problem> {
    Ok(None)
}

/// Removes a profile's folder, as soon as the web engine's processes have let go of it.
fn forget(profile: TempDir) {
    const TRIES: u32 = 40;
    let folder = profile.keep();
    std::thread::spawn(move || {
        for _ in 0..TRIES {
            if std::fs::remove_dir_all(&folder).is_ok() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(250));
        }
        tracing::warn!(folder = %folder.display(), "the sign-in window's folder could not be removed");
    });
}

fn failed(error: &(dyn std::error::Error + 'static)) -> Problem {
    Problem::new(ProblemCode::Internal).with("reason", "sign-in-window-not-made").caused_by(error)
}

#[cfg(test)]
mod tests {
    use super::title;

    #[test]
    fn the_title_says_whose_page_it_is() {
        for (address, shown) in [
            ("https://login.microsoftonline.com/common?x=y", "login.microsoftonline.com"),
            ("https://login.example:8443/", "login.example:8443"),
            ("http://127.0.0.1:50123/t/login", "http://127.0.0.1:50123"),
            ("https://lоgin.example/", "xn--lgin-55d.example"),
            ("https://login.microsoftonline.com@evil.example/", "evil.example"),
        ] {
            let title = title(&address.parse().unwrap());
            assert_eq!(title, format!("{shown} · MSSP Onboard"), "{address}");
        }
    }
}
