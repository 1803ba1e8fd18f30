//! The loopback listener that catches the redirect. It opens no browser and redeems nothing.
//!
//! The invariants: it is bound, and known to be ours, before anybody is sent to sign in; only the exact path with the
//! attempt's own `state` ends the wait, whatever else knocks; the browser has its answer before the caller has the
//! result; nothing is spawned, so that dropping the future or the catcher leaves no task and no socket behind.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout, timeout_at};
use url::Url;

use crate::desk::{Accepted, Desk, Waiting, locked, serve};
use crate::exclusive::{BOTH, IPV4, NotHeld, hold};
use crate::{Answer, Attempt, CallbackFault, Family, RedirectUri};

/// How long the clean page stays available after the answer.
const FAREWELL: Duration = Duration::from_secs(2);
/// How long the self-probe may take; loopback needs microseconds. Both families are probed at the same time.
const PROBE_TIME: Duration = Duration::from_millis(1500);

/// A listener that waits for the redirect.
#[derive(Debug)]
pub struct Catcher {
    listeners: Vec<TcpListener>,
    redirect: RedirectUri,
    port: u16,
    lacks: Vec<Family>,
    /// The port is this sign-in's alone: whatever the system had free.
    any_port: bool,
    /// The wait for it may have been cancelled.
    accepted: Accepted,
}

/// Why the redirect could not be caught.
#[derive(Debug, thiserror::Error)]
pub enum CatcherError {
    /// The redirect URI does not lead to this computer by plain `http`.
    #[error("the redirect URI is not of this computer")]
    NotLoopback,
    /// Another process holds the port.
    #[error("another program holds port {port} ({})", family.as_str())]
    PortTaken {
        /// The port; 0 stands for any.
        port: u16,
        /// The half of it that is taken.
        family: Family,
    },
    /// The system keeps the port for itself.
    #[error("port {port} is reserved by the system")]
    PortReserved {
        /// The port; 0 stands for any.
        port: u16,
    },
    /// A connection to the port ends elsewhere.
    #[error("a connection to port {port} ({}) does not arrive: {}", family.as_str(), how.as_str())]
    NotReached {
        /// The port.
        port: u16,
        /// By which family.
        family: Family,
        /// What became of it.
        how: Unreached,
    },
    /// The operating system gave no socket.
    #[error("no socket")]
    Socket(#[source] io::Error),
    /// Nothing came within the attempt's lifetime.
    #[error("nothing came in time")]
    Expired,
}

/// What became of a connection to our own listener that did not arrive at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreached {
    /// Silence: a firewall drops it.
    Dropped,
    /// It was refused, although somebody listens.
    Refused,
    /// It was accepted by somebody else.
    Elsewhere,
}

impl Unreached {
    /// Stable kebab-case name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dropped => "dropped",
            Self::Refused => "refused",
            Self::Elsewhere => "elsewhere",
        }
    }
}

impl CatcherError {
    /// Stable kebab-case name.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::NotLoopback => "not-loopback",
            Self::PortTaken { family: Family::Ipv4, .. } => "port-taken-ipv4",
            Self::PortTaken { family: Family::Ipv6, .. } => "port-taken-ipv6",
            Self::PortReserved { .. } => "port-reserved",
            Self::NotReached { how: Unreached::Dropped, .. } => "connection-dropped",
            Self::NotReached { how: Unreached::Refused, .. } => "connection-refused",
            Self::NotReached { how: Unreached::Elsewhere, .. } => "connection-elsewhere",
            Self::Socket(_) => "no-socket",
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
    /// Something spoke HTTP/2 without being asked to.
    Http2Spoken,
    /// A page wanted to open a WebSocket here.
    WebSocketAsked,
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
            Some("localhost") => BOTH,
            _ => IPV4,
        };
        let wanted = registered.port().unwrap_or(0);
        let held = hold(wanted, families).map_err(|not_held| refused(wanted, not_held))?;
        let port = held.port;
        let probes = held.listeners.iter().map(|(family, listener)| async move {
            let how = match listener.local_addr() {
                Ok(address) => probe(listener, address).await,
                Err(error) => return Err(CatcherError::Socket(error)),
            };
            how.map_err(|how| CatcherError::NotReached { port, family: *family, how })
        });
        futures_util::future::try_join_all(probes).await?;
        let redirect = match registered.port() {
            Some(_) => registered.clone(),
            None => registered.with_port(port),
        };
        let listeners = held.listeners.into_iter().map(|(_, listener)| listener).collect();
        let any_port = registered.port().is_none();
        let accepted = Accepted::default();
        Ok(Self { listeners, redirect, port, lacks: held.missing, any_port, accepted })
    }

    /// The address families of `localhost` that this computer does not have. The other one is held.
    pub fn lacks(&self) -> &[Family] {
        &self.lacks
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
        let accepted = locked(&self.accepted.answer).take();
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
    ///
    /// A port of the registration's own is freed as soon as the page was shown, for the next sign-in wants it; any other
    /// one stays to the end for whoever reloads the page or goes back.
    pub async fn farewell(self) {
        let desk = self.desk(None);
        let over = |ended| (!self.any_port && desk.shown_to(ended)).then_some(());
        let shown = serve(&self.listeners, &desk, over);
        // Not being asked for the page is no failure: not every browser follows.
        let _ = timeout(FAREWELL, shown).await;
    }

    fn desk<'a>(&'a self, waiting: Option<Waiting<'a>>) -> Desk<'a> {
        Desk::new(self.redirect.url().path(), self.port, &self.accepted, waiting)
    }
}

fn refused(port: u16, NotHeld { family, error }: NotHeld) -> CatcherError {
    if error.kind() == io::ErrorKind::AddrInUse {
        CatcherError::PortTaken { port, family }
    } else if error.kind() == io::ErrorKind::PermissionDenied {
        CatcherError::PortReserved { port }
    } else {
        CatcherError::Socket(error)
    }
}

/// Connects to an address and looks whether the very connection arrives at the listener.
async fn probe(listener: &TcpListener, address: SocketAddr) -> Result<(), Unreached> {
    let deadline = Instant::now() + PROBE_TIME;
    let connected =
        timeout_at(deadline, TcpStream::connect(address)).await.map_err(|_| Unreached::Dropped)?;
    let connection = connected.map_err(|_| Unreached::Refused)?;
    let from = connection.local_addr().map_err(|_| Unreached::Refused)?;
    let arrives = async {
        // Whoever else knocks before anybody was sent here has no business here.
        while listener.accept().await?.1 != from {}
        io::Result::Ok(())
    };
    match timeout_at(deadline, arrives).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(Unreached::Elsewhere),
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::Instant;

    use super::*;

    async fn listener() -> TcpListener {
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap()
    }

    #[tokio::test]
    async fn a_connection_that_somebody_else_takes_is_noticed_in_time() {
        let (ours, theirs) = (listener().await, listener().await);
        let started = Instant::now();
        assert_eq!(probe(&ours, theirs.local_addr().unwrap()).await, Err(Unreached::Elsewhere));
        assert!(started.elapsed() < Duration::from_secs(2));
        assert_eq!(probe(&ours, ours.local_addr().unwrap()).await, Ok(()));
    }

    #[tokio::test]
    async fn a_refused_connection_is_told_from_a_dropped_one() {
        let (ours, gone) = (listener().await, listener().await);
        let nobody = gone.local_addr().unwrap();
        drop(gone);
        let how = probe(&ours, nobody).await;
        // Windows keeps trying a refused port for two seconds.
        assert!(how == Err(Unreached::Refused) || cfg!(windows) && how == Err(Unreached::Dropped), "{how:?}");
    }

    /// A listener whose queue is full drops what comes, as a firewall does.
    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_dropped_connection_is_named_in_two_seconds() {
        let full = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        full.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
        full.listen(0).unwrap();
        let address = full.local_addr().unwrap().as_socket().unwrap();
        let mut queue = Vec::new();
        while let Ok(connected) = timeout(Duration::from_millis(200), TcpStream::connect(address)).await {
            queue.push(connected.unwrap());
        }
        let started = Instant::now();
        assert_eq!(probe(&listener().await, address).await, Err(Unreached::Dropped));
        assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    }

    #[test]
    fn a_reserved_port_is_told_from_a_taken_one() {
        let not_held = |kind: io::ErrorKind| NotHeld { family: Family::Ipv6, error: kind.into() };
        assert!(matches!(
            refused(80, not_held(io::ErrorKind::AddrInUse)),
            CatcherError::PortTaken { port: 80, family: Family::Ipv6 }
        ));
        // What Windows says of a range that Hyper-V keeps (WSAEACCES), and Unix of a port below 1024.
        assert!(matches!(
            refused(80, not_held(io::ErrorKind::PermissionDenied)),
            CatcherError::PortReserved { port: 80 }
        ));
        assert!(matches!(refused(80, not_held(io::ErrorKind::OutOfMemory)), CatcherError::Socket(_)));
    }
}
