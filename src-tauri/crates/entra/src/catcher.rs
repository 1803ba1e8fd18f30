//! The loopback listener that catches the redirect. It opens no browser and redeems nothing.
//!
//! The invariants: it is bound, and known to be ours, before anybody is sent to sign in; only the exact path with the
//! attempt's own `state` ends the wait, whatever else knocks; the browser has its answer before the caller has the
//! result; nothing is spawned, so that dropping the future or the catcher leaves no task and no socket behind.

use std::io;
use std::sync::Mutex;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use url::Url;

use crate::desk::{Desk, Waiting, locked, serve};
use crate::exclusive::{Families, hold};
use crate::{Answer, Attempt, CallbackFault, RedirectUri};

/// How long the clean page stays available after the answer.
const FAREWELL: Duration = Duration::from_secs(2);
/// How long the self-probe may take; loopback needs microseconds.
const PROBE_TIME: Duration = Duration::from_secs(2);

/// A listener that waits for the redirect.
#[derive(Debug)]
pub struct Catcher {
    listeners: Vec<TcpListener>,
    redirect: RedirectUri,
    port: u16,
    /// An answer that was accepted when the wait for it was cancelled.
    answer: Mutex<Option<(u64, Answer)>>,
}

/// Why the redirect could not be caught.
#[derive(Debug, thiserror::Error)]
pub enum CatcherError {
    /// The redirect URI does not lead to this computer by plain `http`.
    #[error("the redirect URI is not of this computer")]
    NotLoopback,
    /// Another process holds the port.
    #[error("port {port} is taken")]
    PortTaken {
        /// The port; 0 stands for any.
        port: u16,
    },
    /// The system keeps the port for itself.
    #[error("port {port} is reserved by the system")]
    PortReserved {
        /// The port; 0 stands for any.
        port: u16,
    },
    /// A connection to the port ends elsewhere.
    #[error("a connection to port {port} does not arrive")]
    NotReached {
        /// The port.
        port: u16,
    },
    /// The operating system gave no socket.
    #[error("no socket")]
    Socket(#[source] io::Error),
    /// Nothing came within the attempt's lifetime.
    #[error("nothing came in time")]
    Expired,
}

impl CatcherError {
    /// Stable kebab-case name.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::NotLoopback => "not-loopback",
            Self::PortTaken { .. } => "port-taken",
            Self::PortReserved { .. } => "port-reserved",
            Self::NotReached { .. } => "not-reached",
            Self::Socket(_) => "socket",
            Self::Expired => "expired",
        }
    }
}

/// What happens at the listener while it waits; for showing and for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CatcherEvent {
    /// A request arrived at the redirect's path, true or not.
    Contact,
    /// A browser spoke TLS to the plain port: it insists on `https://localhost` (HSTS, HTTPS-only mode).
    TlsSpoken,
    /// Something came to the redirect's path that is no answer.
    NotAnAnswer(CallbackFault),
}

impl Catcher {
    /// Binds the listener and makes sure that connections arrive at it.
    ///
    /// A redirect URI without a port gets any free one, which is put into it; one with a port gets exactly that.
    ///
    /// # Errors
    /// The redirect URI is not a loopback one, or the port cannot be held.
    pub async fn bind(registered: &RedirectUri) -> Result<Self, CatcherError> {
        if !registered.is_loopback() {
            return Err(CatcherError::NotLoopback);
        }
        let families = match registered.url().host_str() {
            Some("localhost") => Families::Both,
            _ => Families::Ipv4,
        };
        let wanted = registered.port().unwrap_or(0);
        let (port, listeners) = hold(wanted, families).map_err(|error| {
            if error.kind() == io::ErrorKind::AddrInUse {
                CatcherError::PortTaken { port: wanted }
            } else if error.kind() == io::ErrorKind::PermissionDenied {
                CatcherError::PortReserved { port: wanted }
            } else {
                CatcherError::Socket(error)
            }
        })?;
        for listener in &listeners {
            probe(listener).await.map_err(|()| CatcherError::NotReached { port })?;
        }
        let redirect = match registered.port() {
            Some(_) => registered.clone(),
            None => registered.with_port(port),
        };
        Ok(Self { listeners, redirect, port, answer: Mutex::new(None) })
    }

    /// The redirect URI for this sign-in: the same bytes go into the sign-in address and into the token request.
    pub fn redirect_uri(&self) -> &RedirectUri {
        &self.redirect
    }

    /// The port that is held.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Waits for the answer. Dropping the future cancels; afterwards the catcher can wait again.
    ///
    /// The result comes as soon as the browser has been sent to the clean page, which [`Catcher::farewell`] serves.
    ///
    /// # Errors
    /// The attempt's lifetime is over.
    pub async fn wait(
        &mut self,
        attempt: &mut Attempt,
        sign_in: &Url,
        on_event: &mut (dyn FnMut(CatcherEvent) + Send),
    ) -> Result<Answer, CatcherError> {
        let accepted = locked(&self.answer).take();
        if let Some((_, answer)) = accepted.filter(|_| attempt.is_spent()) {
            return Ok(answer);
        }
        let deadline = attempt.deadline();
        let desk = self.desk(Some(Waiting { attempt, sign_in, on_event }));
        let answer = serve(&self.listeners, &desk, |ended| desk.answer_of(ended));
        tokio::time::timeout_at(deadline, answer).await.map_err(|_| CatcherError::Expired)
    }

    /// Lets the browser see that something was received, then frees the port. Takes at most two seconds, beside which
    /// the code can be redeemed; dropping the future frees the port at once.
    pub async fn farewell(self) {
        let desk = self.desk(None);
        let shown = serve(&self.listeners, &desk, |ended| desk.shown_to(ended).then_some(()));
        // Not being asked for the page is no failure: not every browser follows.
        let _ = timeout(FAREWELL, shown).await;
    }

    fn desk<'a>(&'a self, waiting: Option<Waiting<'a>>) -> Desk<'a> {
        Desk::new(self.redirect.url().path(), self.port, &self.answer, waiting)
    }
}

/// Connects to the listener and looks whether the very connection arrives.
async fn probe(listener: &TcpListener) -> Result<(), ()> {
    let arrives = async {
        let address = listener.local_addr()?;
        let probe = TcpStream::connect(address).await?;
        let from = probe.local_addr()?;
        // Whoever else knocks before anybody was sent here has no business here.
        while listener.accept().await?.1 != from {}
        io::Result::Ok(())
    };
    match timeout(PROBE_TIME, arrives).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(()),
    }
}
