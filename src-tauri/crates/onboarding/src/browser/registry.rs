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
    use std::sync::{Mutex, MutexGuard, PoisonError};

    use super::*;

    /// The registry lists keys by number: one that goes while they are read has the next one passed over.
    fn alone() -> MutexGuard<'static, ()> {
        static ALONE: Mutex<()> = Mutex::new(());
        ALONE.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A browser that nobody has, entered in the person's part of the registry as an installer does it. Gone at its end.
    struct Invented {
        id: String,
        chose: bool,
    }

    impl Invented {
        fn install(name: &str, command: &str) -> Self {
            let id = format!("Invented-{name}-{}", std::process::id());
            let browser = CURRENT_USER.create(format!(r"{BROWSERS}\{id}")).unwrap();
            browser.set_string("", format!("Invented {name}")).unwrap();
            browser.create(r"shell\open\command").unwrap().set_string("", command).unwrap();
            let opens = browser.create(r"Capabilities\URLAssociations").unwrap();
            opens.set_string("https", format!("{id}.html")).unwrap();
            Self { id, chose: false }
        }

        /// Makes it the default, where nobody has chosen one: a person's own choice is not touched.
        fn choose(&mut self) -> bool {
            if CURRENT_USER.open(CHOICE).is_ok_and(|key| key.get_string("ProgId").is_ok()) {
                return false;
            }
            let chosen = CURRENT_USER
                .create(CHOICE)
                .and_then(|key| key.set_string("ProgId", format!("{}.html", self.id)));
            self.chose = chosen.is_ok();
            self.chose
        }

        fn found(&self) -> Option<Installed> {
            browsers().into_iter().find(|browser| browser.id == self.id)
        }
    }

    impl Drop for Invented {
        fn drop(&mut self) {
            let _ = CURRENT_USER.remove_tree(format!(r"{BROWSERS}\{}", self.id));
            if self.chose {
                let _ = CURRENT_USER.remove_tree(CHOICE);
            }
        }
    }

    fn this_program() -> String {
        std::env::current_exe().unwrap().display().to_string()
    }

    #[test]
    fn a_browser_is_found_as_its_installer_entered_it() {
        let _alone = alone();
        let program = this_program();
        let mut browser = Invented::install("Default", &format!("\"{program}\" --single-argument"));
        let found = browser.found().unwrap();
        assert_eq!(found.name, "Invented Default");
        assert_eq!(found.program.display().to_string(), program);
        assert!(found.arguments.is_empty() && !found.default);
        if browser.choose() {
            assert!(browser.found().unwrap().default, "the person chose it for https");
            let others = browsers().into_iter().filter(|other| other.id != browser.id);
            assert!(others.into_iter().all(|other| !other.default));
        }
    }

    #[test]
    fn a_browser_whose_program_is_gone_is_not_offered() {
        let _alone = alone();
        let gone = Invented::install("Gone", r#""C:\nobody has\this.exe""#);
        assert_eq!(gone.found(), None);
        let empty = Invented::install("Empty", "");
        assert_eq!(empty.found(), None);
    }

    #[test]
    fn a_browser_without_a_name_is_called_by_its_id() {
        let _alone = alone();
        let browser = Invented::install("Nameless", &this_program());
        let key = CURRENT_USER.create(format!(r"{BROWSERS}\{}", browser.id)).unwrap();
        key.set_string("", "").unwrap();
        assert_eq!(browser.found().unwrap().name, browser.id);
    }

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
