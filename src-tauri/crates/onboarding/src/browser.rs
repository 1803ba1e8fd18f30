//! The one place that opens a browser: the default one, any that is installed, or a private window of it. `$BROWSER` is
//! honoured, with `%s` for the address as the convention has it.
//!
//! That a browser was started does not mean that a page was shown: callers always show the address too. The invariants:
//! nobody waits for a browser's end; nothing but an `http` or `https` address is ever handed to another program, and never through a shell.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::contract::{BrowserChoice, BrowserView, Problem, ProblemCode};

#[cfg(all(unix, not(target_os = "macos")))]
mod desktop;
mod opened;
mod private;
#[cfg(windows)]
mod registry;

pub use opened::Opened;

/// Stands among the arguments for the address.
const ADDRESS: &str = "%u";
/// How long is waited for the word that no browser could be started, where nothing else is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// A browser and how it is started.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Installed {
    id: String,
    name: String,
    program: PathBuf,
    /// With [`ADDRESS`] where the address goes.
    arguments: Vec<String>,
    default: bool,
}

/// The browsers that are installed, the default one first.
pub fn installed() -> Vec<BrowserView> {
    all().iter().map(Installed::view).collect()
}

/// Opens an `http` or `https` address in the default browser.
///
/// # Errors
///
/// `no-browser` when none could be started; `internal` for any other kind of address, which is never handed to the
/// operating system.
pub async fn open(address: &str) -> Result<(), Problem> {
    let mut opened = open_default(address)?;
    tokio::time::timeout(PATIENCE, opened.started()).await.unwrap_or(Ok(()))
}

/// Opens an `http` or `https` address in the chosen browser, and waits for nothing.
///
/// # Errors
///
/// As [`open`], and `invalid-input` when there is no such browser, or nobody knows how to open its private window.
pub fn open_with(address: &str, choice: &BrowserChoice) -> Result<Opened, Problem> {
    check(address)?;
    let wanted = match (&choice.id, choice.private) {
        (None, false) => return open_default(address),
        (None, true) => from_variable().next().or_else(|| all().into_iter().find(|browser| browser.default)),
        (Some(id), _) => {
            let called = |name: &str| name.eq_ignore_ascii_case(id.trim());
            all().into_iter().find(|browser| called(&browser.id) || called(&browser.name))
        }
    };
    let refused = |reason: &str| {
        Problem::new(ProblemCode::InvalidInput).with("field", "browser").with("reason", reason)
    };
    let Some(browser) = wanted else {
        return Err(match choice.id {
            Some(_) => refused("browser-unknown"),
            None => refused("no-private-window"),
        });
    };
    let arguments =
        browser.arguments_for(address, choice.private).ok_or_else(|| refused("no-private-window"))?;
    Opened::program(&browser.program, &arguments)
}

/// The first browser of `$BROWSER` that can be started, else whatever the system has for this.
#[expect(clippy::disallowed_methods, reason = "the one home that opens browsers")]
fn open_default(address: &str) -> Result<Opened, Problem> {
    check(address)?;
    let started = from_variable().find_map(|browser| {
        let arguments = browser.arguments_for(address, false)?;
        Opened::program(&browser.program, &arguments).ok()
    });
    Ok(started.unwrap_or_else(|| {
        let address = address.to_owned();
        Opened::by(move || {
            webbrowser::open(&address).map_err(|error| Problem::new(ProblemCode::NoBrowser).caused_by(&error))
        })
    }))
}

fn check(address: &str) -> Result<(), Problem> {
    let is_web = url::Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if is_web { Ok(()) } else { Err(Problem::new(ProblemCode::Internal).with("reason", "not-a-web-address")) }
}

fn all() -> Vec<Installed> {
    #[cfg(all(unix, not(target_os = "macos")))]
    let mut found = desktop::browsers();
    #[cfg(windows)]
    let mut found = registry::browsers();
    #[cfg(target_os = "macos")]
    let mut found: Vec<Installed> = Vec::new();
    found.sort_by_cached_key(|browser| (!browser.default, browser.name.to_lowercase()));
    found
}

/// The browsers that `$BROWSER` names, in their order.
fn from_variable() -> impl Iterator<Item = Installed> {
    of_variable(&std::env::var("BROWSER").unwrap_or_default()).into_iter()
}

fn of_variable(value: &str) -> Vec<Installed> {
    let separator = if cfg!(windows) { ';' } else { ':' };
    let entries = value.split(separator).filter_map(|entry| {
        let mut words = entry.split_whitespace().map(word_of_variable);
        let program = words.next()?;
        Some(Installed {
            id: "$BROWSER".to_owned(),
            name: stem(Path::new(&program)),
            program: program.into(),
            arguments: words.collect(),
            default: true,
        })
    });
    entries.collect()
}

/// `%s` stands for the address, `%c` for the colon that would separate, `%%` for the sign itself.
fn word_of_variable(word: &str) -> String {
    let mut pieces = word.split("%%");
    let plain = |piece: &str| piece.replace("%s", ADDRESS).replace("%c", ":");
    let first = pieces.next().map(plain).unwrap_or_default();
    pieces.fold(first, |whole, piece| whole + "%" + &plain(piece))
}

/// The name of a program without folder and ending.
fn stem(program: &Path) -> String {
    program.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

impl Installed {
    fn view(&self) -> BrowserView {
        BrowserView {
            id: self.id.clone(),
            name: self.name.clone(),
            private: self.private_option().is_some(),
            default: self.default,
        }
    }

    fn private_option(&self) -> Option<&'static str> {
        // Sandboxes and wrappers carry the browser's name among their arguments.
        let names = std::iter::once(stem(&self.program)).chain(self.arguments.iter().cloned());
        names.chain([self.id.clone()]).find_map(|name| private::option(&name))
    }

    /// The arguments with the address in its place; `None` when a private window is asked for and not known.
    fn arguments_for(&self, address: &str, private: bool) -> Option<Vec<String>> {
        let option = if private { Some(self.private_option()?) } else { None };
        let mut arguments = self.arguments.clone();
        if !arguments.iter().any(|argument| argument.contains(ADDRESS)) {
            arguments.push(ADDRESS.to_owned());
        }
        if let Some(option) = option {
            // Flatpak marks the address with an argument of its own before it.
            let before = |argument: &String| argument.contains(ADDRESS) || argument.starts_with("@@");
            let place = arguments.iter().position(before).unwrap_or(0);
            arguments.insert(place, option.to_owned());
        }
        Some(arguments.iter().map(|argument| argument.replace(ADDRESS, address)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "https://login.example/authorize?a=1&state=%20x";

    fn browser(program: &str, arguments: &[&str]) -> Installed {
        Installed {
            id: program.to_owned(),
            name: program.to_owned(),
            program: program.into(),
            arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
            default: false,
        }
    }

    #[test]
    fn only_web_addresses_leave_the_house() {
        for bad in ["file:///etc/passwd", "javascript:alert(1)", "--help", "mailto:a@contoso.example", ""] {
            let choice = BrowserChoice { id: Some("firefox".to_owned()), private: false };
            assert_eq!(open_default(bad).unwrap_err().code, ProblemCode::Internal, "{bad}");
            assert_eq!(open_with(bad, &choice).unwrap_err().code, ProblemCode::Internal, "{bad}");
        }
    }

    #[test]
    fn the_address_stands_where_the_browser_wants_it() {
        assert_eq!(browser("firefox", &["%u"]).arguments_for(PAGE, false).unwrap(), [PAGE]);
        assert_eq!(browser("firefox", &[]).arguments_for(PAGE, false).unwrap(), [PAGE]);
        assert_eq!(
            browser("firefox", &["-P", "work", "%u"]).arguments_for(PAGE, true).unwrap(),
            ["-P", "work", "--private-window", PAGE]
        );
        assert_eq!(
            browser("msedge", &["--single", "%u"]).arguments_for(PAGE, true).unwrap(),
            ["--single", "--inprivate", PAGE]
        );
    }

    #[test]
    fn a_sandboxed_browser_has_its_private_window_too() {
        let sandboxed = browser(
            "/usr/bin/flatpak",
            &["run", "--command=firefox", "org.mozilla.firefox", "@@u", "%u", "@@"],
        );
        assert_eq!(
            sandboxed.arguments_for(PAGE, true).unwrap(),
            ["run", "--command=firefox", "org.mozilla.firefox", "--private-window", "@@u", PAGE, "@@"]
        );
    }

    #[test]
    fn a_private_window_that_nobody_knows_is_not_replaced_by_an_open_one() {
        assert_eq!(browser("lynx", &["%u"]).arguments_for(PAGE, true), None);
        assert!(!browser("lynx", &["%u"]).view().private);
    }

    #[cfg(unix)]
    #[test]
    fn the_variable_is_read_as_its_convention_has_it() {
        let all = of_variable("/opt/chromium/chromium --flag %s:firefox");
        assert_eq!(all[0].arguments_for(PAGE, true).unwrap(), ["--flag", "--incognito", PAGE]);
        assert_eq!(all.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["chromium", "firefox"]);
        assert_eq!(of_variable("::firefox")[0].arguments_for(PAGE, false).unwrap(), [PAGE]);
        let coded = &of_variable("x --at=%s%%s --proxy=p%c8080")[0];
        let whole = format!("--at={PAGE}%s");
        assert_eq!(coded.arguments_for(PAGE, false).unwrap(), [whole.as_str(), "--proxy=p:8080"]);
        assert!(of_variable("").is_empty());
    }

    #[test]
    fn a_browser_that_is_not_installed_is_refused() {
        let choice = BrowserChoice { id: Some("no such browser".to_owned()), private: false };
        let problem = open_with(PAGE, &choice).unwrap_err();
        assert_eq!(problem.params["reason"], "browser-unknown");
    }
}
