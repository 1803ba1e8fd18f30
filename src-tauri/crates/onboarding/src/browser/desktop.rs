//! Browsers as Linux desktops know them: `.desktop` files that open `https`, and `mimeapps.list`, which names the one
//! that does (freedesktop.org, Desktop Entry 1.5 and Association between MIME types and applications).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{ADDRESS, Installed, stem};

const HANDLER: &str = "x-scheme-handler/https";
/// Subfolders of `applications` are part of an entry's id; nobody nests deeper.
const DEEPEST: u8 = 3;

/// All browsers; an entry that stands in several folders counts once, from the first.
pub(super) fn browsers() -> Vec<Installed> {
    let folders: Vec<PathBuf> = data_folders().iter().map(|folder| folder.join("applications")).collect();
    let variable = super::from_variable().next();
    let default = default_entry(&folders);
    let mut known = BTreeSet::new();
    let mut found = Vec::new();
    for folder in &folders {
        let mut entries = Vec::new();
        collect(folder, "", DEEPEST, &mut entries);
        entries.sort();
        for (id, path) in entries {
            if !known.insert(id.clone()) {
                continue;
            }
            let Some(mut browser) = std::fs::read_to_string(&path).ok().and_then(|text| entry(&id, &text))
            else {
                continue;
            };
            browser.default = match &variable {
                // The variable goes before what the desktop says.
                Some(variable) => stem(&variable.program) == stem(&browser.program),
                None => default.as_deref() == Some(id.as_str()),
            };
            found.push(browser);
        }
    }
    found
}

fn folders_of(variable: &str, otherwise: &str) -> Vec<PathBuf> {
    let value = std::env::var(variable).ok().filter(|value| !value.is_empty());
    let value = value.unwrap_or_else(|| otherwise.to_owned());
    std::env::split_paths(&value).filter(|path| path.is_absolute()).collect()
}

fn home(variable: &str, below: &str) -> Option<PathBuf> {
    let named = std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    named.or_else(|| Some(directories::BaseDirs::new()?.home_dir().join(below)))
}

fn data_folders() -> Vec<PathBuf> {
    let own = home("XDG_DATA_HOME", ".local/share");
    own.into_iter().chain(folders_of("XDG_DATA_DIRS", "/usr/local/share:/usr/share")).collect()
}

fn default_entry(applications: &[PathBuf]) -> Option<String> {
    let configuration =
        home("XDG_CONFIG_HOME", ".config").into_iter().chain(folders_of("XDG_CONFIG_DIRS", "/etc/xdg"));
    let lists = configuration.chain(applications.iter().cloned()).map(|folder| folder.join("mimeapps.list"));
    lists.filter_map(|list| std::fs::read_to_string(list).ok()).find_map(|text| default_in(&text))
}

fn default_in(list: &str) -> Option<String> {
    let value = values(list, "Default Applications").find(|(key, _)| *key == HANDLER)?.1;
    value.split(';').find(|id| !id.is_empty()).map(str::to_owned)
}

fn collect(folder: &Path, prefix: &str, depth: u8, into: &mut Vec<(String, PathBuf)>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let Some(name) =
            path.file_name().and_then(|name| name.to_str()).map(|name| format!("{prefix}{name}"))
        else {
            continue;
        };
        if path.is_dir() {
            if depth > 0 {
                collect(&path, &format!("{name}-"), depth - 1, into);
            }
        } else if path.extension().is_some_and(|ending| ending == "desktop") {
            into.push((name, path));
        }
    }
}

/// Keys and values of one group.
fn values<'a>(text: &'a str, group: &str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let heading = format!("[{group}]");
    let lines = text.lines().map(str::trim).skip_while(move |line| *line != heading).skip(1);
    let lines = lines.take_while(|line| !line.starts_with('['));
    lines.filter(|line| !line.starts_with('#')).filter_map(|line| {
        let (key, value) = line.split_once('=')?;
        Some((key.trim(), value.trim()))
    })
}

/// The browser of a desktop entry, if it is one that a person may choose.
fn entry(id: &str, text: &str) -> Option<Installed> {
    let value =
        |name: &str| values(text, "Desktop Entry").find(|(key, _)| *key == name).map(|(_, value)| value);
    let is_true = |name: &str| value(name).is_some_and(|value| value == "true");
    let opens_pages = value("MimeType")?.split(';').any(|kind| kind.trim() == HANDLER);
    if value("Type") != Some("Application") || !opens_pages || is_true("NoDisplay") || is_true("Hidden") {
        return None;
    }
    if value("TryExec").is_some_and(|program| !is_there(program)) {
        return None;
    }
    let mut words = command(value("Exec")?).into_iter();
    let program = words.next()?;
    Some(Installed {
        id: id.strip_suffix(".desktop").unwrap_or(id).to_owned(),
        name: value("Name")?.to_owned(),
        program: program.into(),
        arguments: words.collect(),
        default: false,
    })
}

fn is_there(program: &str) -> bool {
    if program.contains('/') {
        return Path::new(program).is_file();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// The words of an `Exec` line: escapes undone, first those of any value, then those inside quotes; field codes replaced
/// or left out.
fn command(line: &str) -> Vec<String> {
    let line = unescaped(line);
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            '\\' if quoted => word.get_or_insert_default().extend(characters.next()),
            blank if blank.is_ascii_whitespace() && !quoted => words.extend(word.take()),
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    words.into_iter().filter_map(|word| field(&word)).collect()
}

/// The escapes of any value of type string.
fn unescaped(value: &str) -> String {
    let mut plain = String::new();
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            plain.push(character);
            continue;
        }
        match characters.next() {
            Some('s') => plain.push(' '),
            Some('n') => plain.push('\n'),
            Some('t') => plain.push('\t'),
            Some('r') => plain.push('\r'),
            Some(other) => plain.push(other),
            None => {}
        }
    }
    plain
}

/// A word without its field codes; `None` when it was nothing else.
fn field(word: &str) -> Option<String> {
    match word {
        "%u" | "%U" | "%f" | "%F" => return Some(ADDRESS.to_owned()),
        "%i" | "%c" | "%k" | "%d" | "%D" | "%n" | "%N" | "%v" | "%m" => return None,
        _ => {}
    }
    let mut plain = String::new();
    let mut characters = word.chars();
    while let Some(character) = characters.next() {
        if character != '%' {
            plain.push(character);
            continue;
        }
        match characters.next() {
            Some('%') => plain.push('%'),
            Some('u' | 'U' | 'f' | 'F') => plain.push_str(ADDRESS),
            Some(_) | None => {}
        }
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIREFOX: &str = "\
[Desktop Entry]
Version=1.0
Name=Firefox ESR
Name[ko]=파이어폭스
Exec=/usr/lib/firefox-esr/firefox-esr %u
Type=Application
MimeType=text/html;x-scheme-handler/http;x-scheme-handler/https;
Actions=new-private-window;

[Desktop Action new-private-window]
Name=New Private Window
Exec=/usr/lib/firefox-esr/firefox-esr --private-window %u
";

    #[test]
    fn a_browser_is_known_by_what_it_opens() {
        let browser = entry("firefox-esr.desktop", FIREFOX).unwrap();
        assert_eq!((browser.id.as_str(), browser.name.as_str()), ("firefox-esr", "Firefox ESR"));
        assert_eq!(browser.program, Path::new("/usr/lib/firefox-esr/firefox-esr"));
        assert_eq!(browser.arguments, [ADDRESS]);
        assert!(browser.view().private);
        for other in [
            FIREFOX.replace("x-scheme-handler/https;", ""),
            FIREFOX.replace("Type=Application", "Type=Application\nNoDisplay=true"),
            FIREFOX.replace("Type=Application", "Type=Application\nHidden=true"),
            FIREFOX.replace("Type=Application", "Type=Application\nTryExec=/no/such/program"),
            FIREFOX.replace("Type=Application", "Type=Link"),
            String::new(),
        ] {
            assert_eq!(entry("x.desktop", &other), None, "{other}");
        }
    }

    #[test]
    fn a_command_is_split_as_the_standard_has_it() {
        for (line, words) in [
            ("firefox %u", &["firefox", "%u"][..]),
            (r#""/opt/my browser/run" --name=%c %U"#, &["/opt/my browser/run", "--name=", "%u"]),
            ("env A=b /snap/bin/chromium %i %U", &["env", "A=b", "/snap/bin/chromium", "%u"]),
            (r#"x "a\\"b" "100%%""#, &["x", "a\"b", "100%"]),
            (r#"x "C:\\\\dir""#, &["x", "C:\\dir"]),
            ("  x   \"\"  ", &["x", ""]),
        ] {
            assert_eq!(command(line), words, "{line}");
        }
    }

    #[test]
    fn the_default_is_the_first_that_is_named() {
        let list = "[Added Associations]\nx-scheme-handler/https=a.desktop;\n\n[Default Applications]\n\
                    text/html=b.desktop\nx-scheme-handler/https=c.desktop;d.desktop;\n";
        assert_eq!(default_in(list).as_deref(), Some("c.desktop"));
        assert_eq!(default_in("[Default Applications]\n"), None);
    }
}
