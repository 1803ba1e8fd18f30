//! The wait for an answer: where it can come from, and what is told while it does not.
//!
//! The invariant: only what answers the attempt ends the wait; all else is told, and it goes on.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use entra::{Answer, Attempt, Catcher, CatcherEvent, EntraError, Leg, Refusal, TenantName};
use secrecy::ExposeSecret as _;
use url::Url;

use crate::access::Access;
use crate::contract::{Notice, Problem, ProblemCode, Progress};
use crate::host::Host;
use crate::paste::Pastes;
use crate::problems;
use crate::sign_in_window::{SignInWindow, WindowEvent};

/// For how long nothing may arrive before another way is offered.
const SILENCE: Duration = Duration::from_mins(1);
/// Connections are used again before servers and proxies on the way close them, which they do after a minute or two.
const IDLE: Duration = Duration::from_secs(45);

/// Where an answer can come from.
pub(super) struct Ways {
    pub(super) catcher: Option<Catcher>,
    pub(super) window: Option<SignInWindow>,
    pub(super) pastes: Pastes,
}

impl Ways {
    /// Whatever comes first: the redirect on the loopback or in the window, or a pasted address that holds.
    pub(super) async fn answer(
        &mut self,
        access: &Access,
        attempt: &mut Attempt,
        (redirect_uri, sign_in): (&str, &Url),
        notices: &Notices<'_>,
    ) -> Result<Answer, Problem> {
        let Ways { catcher, window, pastes } = self;
        loop {
            let caught = async {
                match &mut *catcher {
                    Some(catcher) => catcher.wait(attempt, sign_in, &mut |event| notices.caught(event)).await,
                    None => std::future::pending().await,
                }
            };
            let shown = async {
                match &mut *window {
                    Some(window) => window.next().await,
                    None => std::future::pending().await,
                }
            };
            // A paste interrupts the wait only for as long as it takes to look at it.
            let pasted = tokio::select! {
                answer = caught => return answer.map_err(|error| problems::of_catcher(&error)),
                event = shown => {
                    match of_window(event, redirect_uri, attempt, notices)? {
                        Some(answer) => return Ok(answer),
                        None => continue,
                    }
                }
                pasted = pastes.next() => pasted,
            };
            match entra::answer_from_address(&pasted.address, redirect_uri, attempt) {
                Ok(answer) => {
                    let _ = pasted.verdict.send(Ok(()));
                    return Ok(answer);
                }
                Err(fault) => {
                    // A page that refuses does not lead back. What it says ends the attempt, but proves nothing of it.
                    if let Some(refusal) = told_on_the_page(&pasted.address) {
                        let _ = pasted.verdict.send(Ok(()));
                        return Err(access.problem(&EntraError::Refused(Box::new(refusal))));
                    }
                    let _ = pasted.verdict.send(Err(problems::of_callback(fault)));
                }
            }
        }
    }
}

/// What happens while an answer is awaited, told without flooding whoever listens.
pub(super) struct Notices<'a> {
    host: &'a dyn Host,
    seen: Mutex<BTreeMap<(Notice, Option<&'static str>), u32>>,
}

impl<'a> Notices<'a> {
    pub(super) fn new(host: &'a dyn Host) -> Self {
        Self { host, seen: Mutex::default() }
    }

    fn caught(&self, event: CatcherEvent) {
        match event {
            CatcherEvent::Contact => self.note(Notice::Contact, None),
            CatcherEvent::TlsSpoken => self.note(Notice::TlsSpoken, None),
            CatcherEvent::Http2Spoken => self.note(Notice::Http2Spoken, None),
            CatcherEvent::WebSocketAsked => self.note(Notice::WebSocketAsked, None),
            CatcherEvent::NotAnAnswer(fault) => self.note(Notice::NotAnAnswer, Some(fault.as_str())),
        }
    }

    fn note(&self, notice: Notice, reason: Option<&'static str>) {
        let times = {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            let times = seen.entry((notice, reason)).or_default();
            *times = times.saturating_add(1);
            *times
        };
        if times.is_power_of_two() {
            self.host.progress(Progress::Noticed { notice, reason: reason.map(str::to_owned), times });
        }
    }

    /// Says once that nothing arrives, when that is so.
    pub(super) async fn tell_silence(&self) -> Infallible {
        tokio::time::sleep(SILENCE).await;
        let silent = self.seen.lock().unwrap_or_else(PoisonError::into_inner).is_empty();
        if silent {
            self.note(Notice::NothingArrives, None);
        }
        std::future::pending().await
    }
}

/// Keeps the connection to the sign-in host open while a person signs in, so that the code, which is worth something for
/// a moment only, waits for no name, no proxy and no handshake. What is asked is the document that everybody may read.
pub(super) async fn stay_connected(access: &Access, tenant: &TenantName) -> Infallible {
    loop {
        tokio::time::sleep(IDLE).await;
        // Whatever is wrong now is told when it matters.
        let _ = entra::discover(access.http.entra(), access.authority.login(), tenant).await;
    }
}

/// What the window says: an answer, nothing yet, or the end. Its address is checked like any other callback.
fn of_window(
    event: WindowEvent,
    redirect_uri: &str,
    attempt: &mut Attempt,
    notices: &Notices<'_>,
) -> Result<Option<Answer>, Problem> {
    match event {
        WindowEvent::Back(address) => {
            match entra::answer_from_address(address.expose_secret(), redirect_uri, attempt) {
                Ok(answer) => return Ok(Some(answer)),
                Err(fault) => notices.caught(CatcherEvent::NotAnAnswer(fault)),
            }
        }
        WindowEvent::TurnedAway => notices.note(Notice::PageTurnedAway, None),
        WindowEvent::Untrusted { host, certificate } => {
            return Err(problems::of_window_trust(host, certificate.as_deref()));
        }
        WindowEvent::Unreachable { host } => {
            return Err(problems::of_window_reach(host));
        }
        WindowEvent::Closed => return Err(Problem::new(ProblemCode::Cancelled)),
    }
    Ok(None)
}

/// The refusal that a person copied from the sign-in page, in place of an address.
fn told_on_the_page(text: &str) -> Option<Refusal> {
    let is_address = text.trim_start().get(..4).is_some_and(|begin| begin.eq_ignore_ascii_case("http"));
    if is_address || !text.to_ascii_uppercase().contains("AADSTS") {
        return None;
    }
    Refusal::from_text(Leg::SignIn, text)
}
