//! The embedded sign-in window, as the engine sees it: which addresses it may load, and what it says.
//!
//! It is the way for registrations whose redirect address no listener on this computer can hold, such as
//! `https://SiemMsspConnector`. How the window is made is the host's affair. The invariants: the redirect address is
//! never loaded, it is only told; an address is loaded over `https`, or plainly from the chosen cloud's own sign-in pages
//! where the cloud file says so; what the window says counts no more than any other callback.

use catalog::Cloud;
use secrecy::SecretString;
use tokio::sync::mpsc;
use url::{Origin, Url};

use crate::contract::{Problem, ProblemCode};
use crate::reasons;

mod way;

pub use way::{WindowProxy, WindowWay};

/// What a page that means harm can have waiting. More is dropped.
const WAITING: usize = 16;

/// What the host is to show.
pub struct SignInPage {
    /// Where the sign-in begins. Carries `state` and `nonce`, no secret.
    pub address: Url,
    /// Where it may lead.
    pub rules: PageRules,
    /// By which way it gets there.
    pub way: WindowWay,
    /// Where the window says what happens.
    pub voice: WindowVoice,
}

/// Where a sign-in may lead.
#[derive(Debug, Clone)]
pub struct PageRules {
    redirect_uri: Url,
    plain: Option<Origin>,
}

/// What an address is to the sign-in window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leads {
    /// To a page of the sign-in: it may be loaded.
    On,
    /// Back to the app: it is told, and not loaded.
    Back,
    /// Elsewhere: it is neither.
    Nowhere,
}

impl PageRules {
    pub(crate) fn new(redirect_uri: &Url, cloud: &Cloud) -> Self {
        let plain = (cloud.login.scheme() == "http").then(|| cloud.login.origin());
        Self { redirect_uri: redirect_uri.clone(), plain }
    }

    /// Judges an address before anything of it is loaded.
    pub fn judge(&self, address: &Url) -> Leads {
        if entra::leads_back(address, &self.redirect_uri) {
            return Leads::Back;
        }
        match address.scheme() {
            "https" => Leads::On,
            "http" if self.plain.as_ref() == Some(&address.origin()) => Leads::On,
            // Empty frames, which sign-in pages fill by script.
            "about" if matches!(address.path(), "blank" | "srcdoc") => Leads::On,
            _ => Leads::Nowhere,
        }
    }
}

/// What happens in the window.
#[derive(Debug)]
pub enum WindowEvent {
    /// A page led back: the whole address, which may hold a code.
    Back(SecretString),
    /// A page wanted to lead to an address that is not loaded, or to save a file.
    TurnedAway,
    /// The web engine does not trust a page's certificate. It asks the operating system alone.
    Untrusted {
        /// Whose.
        host: String,
        /// The certificate as PEM, where the web engine tells it.
        certificate: Option<String>,
    },
    /// A page could not be fetched.
    Unreachable {
        /// Whose.
        host: String,
    },
    /// The person closed the window.
    Closed,
}

/// Where the host says what happens in the window. Cheap to clone, and never waits.
#[derive(Debug, Clone)]
pub struct WindowVoice(mpsc::Sender<WindowEvent>);

impl WindowVoice {
    /// Says it. What nobody listens to any more, or what is too much, is dropped.
    pub fn say(&self, event: WindowEvent) {
        let _ = self.0.try_send(event);
    }
}

/// The open window: what it says, and what closes it when it is dropped.
pub(crate) struct SignInWindow {
    said: mpsc::Receiver<WindowEvent>,
    _open: Box<dyn Send + Sync>,
}

impl SignInWindow {
    /// Has the host open it.
    pub(crate) fn open(
        host: &dyn crate::Host,
        address: Url,
        rules: PageRules,
        way: WindowWay,
    ) -> Result<Self, Problem> {
        let (sender, said) = mpsc::channel(WAITING);
        let open = host.open_window(SignInPage { address, rules, way, voice: WindowVoice(sender) })?;
        Ok(Self { said, _open: open })
    }

    /// What happened next. A window that is gone without a word was closed.
    pub(crate) async fn next(&mut self) -> WindowEvent {
        self.said.recv().await.unwrap_or(WindowEvent::Closed)
    }
}

/// The problem of a host that has no window to show.
pub(crate) fn no_window() -> Problem {
    Problem::new(ProblemCode::InvalidInput)
        .with("field", "catcher")
        .with("reason", reasons::NO_SIGN_IN_WINDOW)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(redirect_uri: &str, plain: Option<&str>) -> PageRules {
        let url = |text: &str| Url::parse(text).unwrap();
        PageRules { redirect_uri: url(redirect_uri), plain: plain.map(|plain| url(plain).origin()) }
    }

    #[track_caller]
    fn judged(rules: &PageRules, address: &str) -> Leads {
        rules.judge(&Url::parse(address).unwrap())
    }

    #[test]
    fn only_the_redirect_address_itself_leads_back() {
        let rules = rules("https://SiemMsspConnector", None);
        for back in [
            "https://siemmsspconnector/?code=x&state=y",
            "https://SiemMsspConnector?code=x",
            "https://SIEMMSSPCONNECTOR:443/#code=x",
        ] {
            assert_eq!(judged(&rules, back), Leads::Back, "{back}");
        }
        for alike in [
            "https://siemmsspconnector.evil.example/?code=x",
            "https://siemmsspconnector:8443/?code=x",
            "https://siemmsspconnector/elsewhere?code=x",
            "https://evil.example/siemmsspconnector/?code=x",
            "https://siemmsspconnector@evil.example/?code=x",
            "https://siemmsspconnector./?code=x",
        ] {
            assert_eq!(judged(&rules, alike), Leads::On, "{alike}: a page like any other");
        }
        assert_eq!(judged(&rules, "http://siemmsspconnector/?code=x"), Leads::Nowhere);
    }

    #[test]
    fn the_path_of_a_redirect_address_counts_letter_by_letter() {
        let rules = rules("https://contoso.example/SiemMsspConnector", None);
        assert_eq!(judged(&rules, "https://CONTOSO.example/SiemMsspConnector?code=x"), Leads::Back);
        for alike in
            ["siemmsspconnector", "SiemMsspConnector/", "SiemMsspConnector%2F", "a/SiemMsspConnector"]
        {
            assert_eq!(
                judged(&rules, &format!("https://contoso.example/{alike}?code=x")),
                Leads::On,
                "{alike}"
            );
        }
    }

    #[test]
    fn plain_pages_are_loaded_from_the_chosen_cloud_only() {
        let commercial = rules("https://SiemMsspConnector", None);
        let practice = rules("https://SiemMsspConnector", Some("http://127.0.0.1:50123"));
        assert_eq!(judged(&practice, "http://127.0.0.1:50123/t/oauth2/v2.0/authorize"), Leads::On);
        for plain in [
            "http://127.0.0.1:50123/",
            "http://login.example/",
            "http://localhost:50123/",
            "http://127.0.0.1/",
        ] {
            assert_eq!(judged(&commercial, plain), Leads::Nowhere, "{plain}");
            assert_eq!(judged(&practice, plain) == Leads::On, plain.contains("127.0.0.1:50123"), "{plain}");
        }
    }

    #[test]
    fn nothing_but_pages_is_loaded() {
        let rules = rules("https://SiemMsspConnector", None);
        for other in [
            "file:///etc/passwd",
            "tauri://localhost/",
            "ipc://localhost/customers",
            "data:text/html,x",
            "javascript:alert(1)",
            "blob:https://login.example/0",
            "companyportal://enroll",
            "ftp://login.example/",
            "about:config",
        ] {
            assert_eq!(judged(&rules, other), Leads::Nowhere, "{other}");
        }
        assert_eq!(judged(&rules, "about:blank"), Leads::On);
    }

    #[tokio::test]
    async fn a_flood_is_dropped_and_a_window_that_is_gone_was_closed() {
        let (sender, said) = mpsc::channel(WAITING);
        let voice = WindowVoice(sender);
        for _ in 0..1000 {
            voice.say(WindowEvent::TurnedAway);
        }
        let mut window = SignInWindow { said, _open: Box::new(()) };
        drop(voice);
        for _ in 0..WAITING {
            assert!(matches!(window.next().await, WindowEvent::TurnedAway));
        }
        assert!(matches!(window.next().await, WindowEvent::Closed));
    }
}
