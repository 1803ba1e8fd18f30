//! How each browser is told to open a private window. The names are those of programs and packages.

/// Parts of names, and the option; the first that fits counts.
const OPTIONS: &[(&[&str], &str)] = &[
    (&["msedge", "microsoft-edge", "com.microsoft.edge"], "--inprivate"),
    (&["opera"], "--private"),
    (&["epiphany", "org.gnome.web"], "--incognito-mode"),
    (&["falkon"], "--private-browsing"),
    (&["iexplore"], "-private"),
    (
        &[
            "firefox",
            "librewolf",
            "waterfox",
            "icecat",
            "floorp",
            "palemoon",
            "zen-browser",
            "mullvad-browser",
        ],
        "--private-window",
    ),
    (&["chrome", "chromium", "brave", "vivaldi", "thorium"], "--incognito"),
];

/// The option of the browser of that name.
pub(super) fn option(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    OPTIONS.iter().find(|(names, _)| names.iter().any(|part| name.contains(part))).map(|(_, option)| *option)
}

#[cfg(test)]
mod tests {
    use super::option;

    #[test]
    fn each_family_has_its_own_option() {
        for (name, expected) in [
            ("firefox-esr", Some("--private-window")),
            ("Firefox-308046B0AF4A39CB", Some("--private-window")),
            ("google-chrome-stable", Some("--incognito")),
            ("org.chromium.Chromium.desktop", Some("--incognito")),
            ("msedge", Some("--inprivate")),
            ("com.microsoft.Edge", Some("--inprivate")),
            ("Brave Browser", Some("--incognito")),
            ("opera", Some("--private")),
            ("org.gnome.Epiphany", Some("--incognito-mode")),
            ("w3m", None),
            ("", None),
        ] {
            assert_eq!(option(name), expected, "{name}");
        }
    }
}
