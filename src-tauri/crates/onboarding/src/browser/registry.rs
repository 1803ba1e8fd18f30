//! Browsers as Windows knows them: `StartMenuInternet` of the person and of the computer, and the person's choice of
//! who opens `https`.

use std::collections::BTreeSet;

use windows_registry::{CURRENT_USER, Key, LOCAL_MACHINE};

use super::Installed;

const BROWSERS: &str = r"SOFTWARE\Clients\StartMenuInternet";
const CHOICE: &str = r"SOFTWARE\Microsoft\Windows\Shell\Associations\UrlAssociations\https\UserChoice";

/// All browsers; the person's own entries go before those of the computer.
pub(super) fn browsers() -> Vec<Installed> {
    let chosen = CURRENT_USER.open(CHOICE).and_then(|key| key.get_string("ProgId")).ok();
    let mut known = BTreeSet::new();
    let mut found = Vec::new();
    for root in [CURRENT_USER, LOCAL_MACHINE] {
        let Ok(browsers) = root.open(BROWSERS) else { continue };
        let Ok(names) = browsers.keys() else { continue };
        for id in names {
            if known.contains(&id) {
                continue;
            }
            let Some(browser) = browsers.open(&id).ok().and_then(|key| entry(&id, &key, chosen.as_deref()))
            else {
                continue;
            };
            known.insert(id);
            found.push(browser);
        }
    }
    found
}

fn entry(id: &str, key: &Key, chosen: Option<&str>) -> Option<Installed> {
    let command = key.open(r"shell\open\command").ok()?.get_string("").ok()?;
    let program = program_of(&command)?;
    let opens = key.open(r"Capabilities\URLAssociations").and_then(|key| key.get_string("https")).ok();
    // Internet Explorer's entry is still there where the program is not.
    std::path::Path::new(program).is_file().then(|| Installed {
        id: id.to_owned(),
        name: key.get_string("").ok().filter(|name| !name.is_empty()).unwrap_or_else(|| id.to_owned()),
        program: program.into(),
        arguments: Vec::new(),
        default: chosen.is_some() && opens.as_deref() == chosen,
    })
}

/// The program of a command line, whose options are those of a start without an address.
fn program_of(command: &str) -> Option<&str> {
    let command = command.trim();
    match command.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => command.split(" -").next(),
    }
    .map(str::trim)
    .filter(|program| !program.is_empty())
}

#[cfg(test)]
mod tests {
    use super::program_of;

    #[test]
    fn the_program_is_read_with_and_without_quotes() {
        for (command, program) in [
            (
                r#""C:\Program Files\Mozilla Firefox\firefox.exe""#,
                Some(r"C:\Program Files\Mozilla Firefox\firefox.exe"),
            ),
            (r#""C:\x\msedge.exe" --single"#, Some(r"C:\x\msedge.exe")),
            (r"C:\x y\iexplore.exe -home", Some(r"C:\x y\iexplore.exe")),
            ("", None),
            ("\"\"", None),
        ] {
            assert_eq!(program_of(command), program, "{command}");
        }
    }
}
