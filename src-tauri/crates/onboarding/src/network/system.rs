//! What the operating system says of proxies: what the HTTP library makes of it, and what cannot be followed.
//!
//! The library reads the environment, and on Windows and macOS the fixed proxy of the system. A script (PAC), automatic
//! detection, and the setting of a Linux desktop are not followed: nothing here runs a script that a network handed out.
//! The invariant: what is not followed is said, with the address that a person needs to enter a proxy by hand.

use std::time::Duration;

use hyper_util::client::proxy::matcher::Matcher;
use url::Url;

use crate::contract::{UnfollowedKind, UnfollowedProxy};

/// How long the desktop may take to say what is set.
const PATIENCE: Duration = Duration::from_secs(2);

/// What environment and system say.
pub(crate) fn matcher() -> Matcher {
    #[cfg(windows)]
    if let Some(matcher) = windows::by_scheme() {
        return matcher;
    }
    Matcher::from_system()
}

/// The setting that is there and is not followed. Where the environment names a proxy, that one holds and nothing is
/// missing.
pub(crate) async fn unfollowed() -> Option<UnfollowedProxy> {
    let named = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    if named.iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty())) {
        return None;
    }
    let look = tokio::task::spawn_blocking(look);
    tokio::time::timeout(PATIENCE, look).await.ok()?.ok()?
}

#[cfg(windows)]
fn look() -> Option<UnfollowedProxy> {
    windows::unfollowed(&windows::settings()?)
}

#[cfg(target_os = "macos")]
fn look() -> Option<UnfollowedProxy> {
    of_scutil(&said_by("scutil", &["--proxy"])?)
}

#[cfg(all(unix, not(target_os = "macos")))]
fn look() -> Option<UnfollowedProxy> {
    // Without a desktop nobody has set anything there.
    let desktop = std::env::var("XDG_CURRENT_DESKTOP").ok()?;
    if desktop.split(':').any(|name| name.eq_ignore_ascii_case("KDE")) {
        let folder = directories::BaseDirs::new()?.config_dir().join("kioslaverc");
        return of_kioslaverc(&std::fs::read_to_string(folder).ok()?);
    }
    let schema = "org.gnome.system.proxy";
    let get = |schema: &str, key: &str| said_by("gsettings", &["get", schema, key]);
    let unquoted = |text: String| text.trim().trim_matches('\'').to_owned();
    match unquoted(get(schema, "mode")?).as_str() {
        "auto" => Some(script(&unquoted(get(schema, "autoconfig-url").unwrap_or_default()))),
        "manual" => {
            let of = |scheme: &str| {
                let schema = format!("{schema}.{scheme}");
                let host = unquoted(get(&schema, "host")?);
                let port = get(&schema, "port")?.trim().to_owned();
                (!host.is_empty()).then(|| format!("{host}:{port}"))
            };
            Some(desktop_proxy(of("https").or_else(|| of("http"))))
        }
        _ => None,
    }
}

/// What a program of the desktop prints; `None` where it is not there or refuses.
#[cfg(unix)]
fn said_by(program: &str, arguments: &[&str]) -> Option<String> {
    let mut command = std::process::Command::new(program);
    let output = command.args(arguments).stdin(std::process::Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A script at an address, or, without one, wherever the network says that it is.
fn script(address: &str) -> UnfollowedProxy {
    let kind = if address.is_empty() { UnfollowedKind::Detection } else { UnfollowedKind::Script };
    UnfollowedProxy { kind, address: shown(address) }
}

#[cfg(any(test, all(unix, not(target_os = "macos"))))]
fn desktop_proxy(address: Option<String>) -> UnfollowedProxy {
    UnfollowedProxy { kind: UnfollowedKind::Desktop, address }
}

/// An address without user, password, query and fragment.
fn shown(address: &str) -> Option<String> {
    if address.is_empty() {
        return None;
    }
    let Ok(mut url) = Url::parse(address) else { return Some(address.split(['?', '#']).next()?.to_owned()) };
    let _ = (url.set_username(""), url.set_password(None));
    url.set_query(None);
    url.set_fragment(None);
    Some(url.to_string())
}

/// KDE's file: `ProxyType` 1 fixed, 2 script, 3 detection, 4 environment.
#[cfg(any(test, all(unix, not(target_os = "macos"))))]
fn of_kioslaverc(text: &str) -> Option<UnfollowedProxy> {
    let mut group = "";
    let mut values = std::collections::HashMap::new();
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') {
            group = line;
        } else if group == "[Proxy Settings]" {
            let (key, value) = line.split_once('=').unwrap_or((line, ""));
            values.insert(key.trim(), value.trim());
        }
    }
    let value = |key: &str| values.get(key).copied().filter(|value| !value.is_empty());
    match value("ProxyType")? {
        "1" => {
            // Host and port are separated by a blank.
            let fixed = value("httpsProxy").or_else(|| value("httpProxy"));
            Some(desktop_proxy(fixed.map(|proxy| proxy.replace(' ', ":"))))
        }
        "2" => Some(script(value("Proxy Config Script").unwrap_or_default())),
        "3" => Some(script("")),
        _ => None,
    }
}

/// What macOS prints of its settings.
#[cfg(any(test, target_os = "macos"))]
fn of_scutil(text: &str) -> Option<UnfollowedProxy> {
    let value = |wanted: &str| {
        text.lines().find_map(|line| {
            let (key, value) = line.split_once(" : ")?;
            (key.trim() == wanted).then(|| value.trim())
        })
    };
    if value("ProxyAutoConfigEnable") == Some("1") {
        return Some(script(value("ProxyAutoConfigURLString").unwrap_or_default()));
    }
    (value("ProxyAutoDiscoveryEnable") == Some("1")).then(|| script(""))
}

#[cfg(windows)]
mod windows {
    //! The person's Internet settings, as the system's own dialogs write them.

    use hyper_util::client::proxy::matcher::Matcher;
    use windows_registry::{CURRENT_USER, Key};

    use super::script;
    use crate::contract::UnfollowedProxy;

    const SETTINGS: &str = r"Software\Microsoft\Windows\CurrentVersion\Internet Settings";
    /// In the ninth byte of `DefaultConnectionSettings`: find the script yourself.
    const DETECT: u8 = 0x08;

    pub(super) fn settings() -> Option<Key> {
        CURRENT_USER.open(SETTINGS).ok()
    }

    pub(super) fn unfollowed(settings: &Key) -> Option<UnfollowedProxy> {
        if let Ok(address) = settings.get_string("AutoConfigURL")
            && !address.is_empty()
        {
            return Some(script(&address));
        }
        // Detection is on in every fresh Windows. It is worth a word only where nothing else is set.
        let fixed = settings.get_u32("ProxyEnable").unwrap_or(0) != 0;
        let connection = settings.open("Connections").ok()?.get_value("DefaultConnectionSettings").ok()?;
        let detects = connection.get(8).is_some_and(|flags| flags & DETECT != 0);
        (detects && !fixed).then(|| script(""))
    }

    /// A proxy for each scheme (`http=one:80;https=other:443`), which the library takes for one address and drops.
    pub(super) fn by_scheme() -> Option<Matcher> {
        let named = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
        if named.iter().any(|name| std::env::var_os(name).is_some()) {
            return None;
        }
        let settings = settings()?;
        if settings.get_u32("ProxyEnable").unwrap_or(0) == 0 {
            return None;
        }
        let (http, https) = super::schemes(&settings.get_string("ProxyServer").ok()?)?;
        let except = settings.get_string("ProxyOverride").unwrap_or_default();
        Some(Matcher::builder().http(http).https(https).no(super::exceptions(&except)).build())
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use crate::contract::UnfollowedKind;

        /// A key of the test's own, gone at its end.
        struct Own(String);

        impl Own {
            fn new(name: &str) -> (Self, Key) {
                let path = format!(r"Software\MSSP Onboard tests\{name} {}", std::process::id());
                let key = CURRENT_USER.create(&path).unwrap();
                (Self(path), key)
            }
        }

        impl Drop for Own {
            fn drop(&mut self) {
                let _ = CURRENT_USER.remove_tree(&self.0);
            }
        }

        #[test]
        fn a_script_that_is_set_is_told() {
            let (_own, key) = Own::new("script");
            assert_eq!(unfollowed(&key), None);
            key.set_string("AutoConfigURL", "http://anna:secret@wpad.example/proxy.pac?key=1").unwrap();
            let told = unfollowed(&key).unwrap();
            assert_eq!(told.kind, UnfollowedKind::Script);
            assert_eq!(told.address.as_deref(), Some("http://wpad.example/proxy.pac"));
        }

        #[test]
        fn detection_is_told_where_nothing_else_is_set() {
            let (_own, key) = Own::new("detection");
            let connections = key.create("Connections").unwrap();
            let flags = [0x46, 0, 0, 0, 3, 0, 0, 0, 0x09, 0, 0, 0];
            connections
                .set_bytes("DefaultConnectionSettings", windows_registry::Type::Bytes, &flags)
                .unwrap();
            assert_eq!(unfollowed(&key).map(|told| told.kind), Some(UnfollowedKind::Detection));
            key.set_u32("ProxyEnable", 1).unwrap();
            assert_eq!(unfollowed(&key), None);
        }
    }
}

/// The proxies for `http` and `https` in Windows' list; `None` for one address that holds for all.
#[cfg(any(test, windows))]
fn schemes(list: &str) -> Option<(String, String)> {
    let named = |scheme: &str| {
        list.split([';', ' ']).find_map(|entry| {
            let (name, address) = entry.trim().split_once('=')?;
            name.trim().eq_ignore_ascii_case(scheme).then(|| address.trim().to_owned())
        })
    };
    let (http, https) = (named("http"), named("https"));
    (http.is_some() || https.is_some()).then(|| (http.unwrap_or_default(), https.unwrap_or_default()))
}

/// Windows' exceptions as curl writes them. `<local>` stands for names without a dot; of those only this computer's own
/// are known here, and they never go through a proxy.
#[cfg(any(test, windows))]
fn exceptions(list: &str) -> String {
    let entries = list.split(';').map(str::trim).filter(|entry| !entry.is_empty() && *entry != "<local>");
    let entries = entries.map(|entry| entry.trim_start_matches("*.").trim_start_matches('*'));
    entries.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kdes_setting_is_read() {
        let of =
            |lines: &str| of_kioslaverc(&format!("[$Version]\nProxyType=2\n\n[Proxy Settings]\n{lines}\n"));
        let told = of("ProxyType=2\nProxy Config Script=http://wpad.example/proxy.pac").unwrap();
        assert_eq!(told.kind, UnfollowedKind::Script);
        assert_eq!(told.address.as_deref(), Some("http://wpad.example/proxy.pac"));
        assert_eq!(of("ProxyType=3").unwrap().kind, UnfollowedKind::Detection);
        let fixed = of("ProxyType=1\nhttpsProxy=http://proxy.example 3128").unwrap();
        assert_eq!(fixed.kind, UnfollowedKind::Desktop);
        assert_eq!(fixed.address.as_deref(), Some("http://proxy.example:3128"));
        assert_eq!(of("ProxyType=0"), None);
        assert_eq!(of("ProxyType=4"), None);
        assert_eq!(of(""), None);
    }

    #[test]
    fn the_setting_of_macos_is_read() {
        let text = "<dictionary> {\n  ExceptionsList : <array> {\n    0 : *.local\n  }\n  ProxyAutoConfigEnable : 1\n  \
                    ProxyAutoConfigURLString : http://wpad.example/proxy.pac\n}\n";
        assert_eq!(of_scutil(text).unwrap().kind, UnfollowedKind::Script);
        assert_eq!(of_scutil("  ProxyAutoDiscoveryEnable : 1\n").unwrap().kind, UnfollowedKind::Detection);
        assert_eq!(of_scutil("  HTTPSEnable : 1\n"), None);
    }

    #[test]
    fn a_proxy_for_each_scheme_is_read_as_windows_writes_it() {
        let both = schemes("http=one.example:80;https=other.example:443;ftp=old.example:21");
        assert_eq!(both, Some(("one.example:80".to_owned(), "other.example:443".to_owned())));
        assert_eq!(schemes("HTTPS=other.example:443"), Some((String::new(), "other.example:443".to_owned())));
        assert_eq!(schemes("proxy.example:3128"), None);
        assert_eq!(exceptions("<local>;*.corp.example; 10.0.0.0/8 ;"), "corp.example,10.0.0.0/8");
    }

    #[test]
    fn an_address_is_shown_without_what_could_be_secret() {
        assert_eq!(
            shown("https://anna:secret@wpad.example/a.pac?k=1#x").as_deref(),
            Some("https://wpad.example/a.pac")
        );
        assert_eq!(shown("not an address?k=1").as_deref(), Some("not an address"));
        assert_eq!(shown(""), None);
    }
}
