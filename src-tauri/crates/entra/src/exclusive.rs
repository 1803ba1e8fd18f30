//! Loopback sockets that nobody else can share. Nothing but loopback is ever bound here.
//!
//! The invariant: a port is held in both address families that `localhost` may resolve to, or it is not held; another
//! process that listens on `[::1]` would otherwise be given the answer, and neither side would notice.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;

/// How often another port is asked for when somebody holds one of its halves.
const TRIES: u32 = 16;
const BACKLOG: i32 = 128;

/// A family of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// `127.0.0.1`.
    Ipv4,
    /// `[::1]`.
    Ipv6,
}

impl Family {
    /// Stable kebab-case name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
        }
    }

    const fn loopback(self) -> IpAddr {
        match self {
            Self::Ipv4 => IpAddr::V4(Ipv4Addr::LOCALHOST),
            Self::Ipv6 => IpAddr::V6(Ipv6Addr::LOCALHOST),
        }
    }
}

/// What `localhost` may mean.
pub(crate) const BOTH: &[Family] = &[Family::Ipv4, Family::Ipv6];
/// What `127.0.0.1` means.
pub(crate) const IPV4: &[Family] = &[Family::Ipv4];

/// A port that is held.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) port: u16,
    pub(crate) listeners: Vec<(Family, TcpListener)>,
    /// The families that this computer does not have.
    pub(crate) missing: Vec<Family>,
}

/// A port that is not held, and the half of it that is to blame.
#[derive(Debug)]
pub(crate) struct NotHeld {
    pub(crate) family: Family,
    pub(crate) error: io::Error,
}

/// Holds a port; any free one for port 0.
pub(crate) fn hold(port: u16, families: &[Family]) -> Result<Held, NotHeld> {
    let mut tries = if port == 0 { TRIES } else { 1 };
    loop {
        tries -= 1;
        match hold_once(port, families, Family::loopback) {
            Err(not_held) if tries > 0 && is_occupied(&not_held.error) => {}
            done => return done,
        }
    }
}

fn hold_once(port: u16, families: &[Family], address: impl Fn(Family) -> IpAddr) -> Result<Held, NotHeld> {
    let mut held = Held { port, listeners: Vec::new(), missing: Vec::new() };
    let mut last = None;
    for &family in families {
        let listener = listen(SocketAddr::new(address(family), held.port));
        match listener.and_then(|listener| Ok((listener.local_addr()?.port(), listener))) {
            Ok((port, listener)) => {
                held.port = port;
                held.listeners.push((family, listener));
            }
            Err(error) if is_occupied(&error) => return Err(NotHeld { family, error }),
            // This computer does not have that family.
            Err(error) => {
                held.missing.push(family);
                last = Some(NotHeld { family, error });
            }
        }
    }
    match last {
        Some(not_held) if held.listeners.is_empty() => Err(not_held),
        _ => Ok(held),
    }
}

/// Taken by another process, or reserved by the system (Windows keeps ranges for Hyper-V: WSAEACCES).
fn is_occupied(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied)
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    make_exclusive(&socket)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    TcpListener::from_std(socket.into())
}

/// On Unix a listening port is exclusive; the option only lets a fixed port be used again right after the last time.
#[cfg(unix)]
fn make_exclusive(socket: &Socket) -> io::Result<()> {
    socket.set_reuse_address(true)
}

/// On Windows another process of the same user could bind the same port with `SO_REUSEADDR`, unless told otherwise.
#[cfg(windows)]
#[expect(unsafe_code, reason = "no safe wrapper exists for SO_EXCLUSIVEADDRUSE")]
fn make_exclusive(socket: &Socket) -> io::Result<()> {
    use std::os::windows::io::AsRawSocket;
    use windows_sys::Win32::Networking::WinSock::{
        SO_EXCLUSIVEADDRUSE, SOCKET, SOCKET_ERROR, SOL_SOCKET, setsockopt,
    };

    let yes = 1_i32.to_ne_bytes();
    let handle = SOCKET::try_from(socket.as_raw_socket()).map_err(io::Error::other)?;
    // SAFETY: the handle is owned by `socket`, which outlives the call; the option's value is four readable bytes.
    let result = unsafe { setsockopt(handle, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, yes.as_ptr(), 4) };
    if result == SOCKET_ERROR { Err(io::Error::last_os_error()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn both_families_hold_the_same_port() {
        let held = hold(0, BOTH).unwrap();
        assert!(!held.listeners.is_empty());
        for (_, listener) in &held.listeners {
            let address = listener.local_addr().unwrap();
            assert!(address.ip().is_loopback());
            assert_eq!(address.port(), held.port);
        }
    }

    #[tokio::test]
    async fn a_held_port_is_held_against_others() {
        let held = hold(0, BOTH).unwrap();
        let refused = hold(held.port, IPV4).unwrap_err();
        assert_eq!(refused.family, Family::Ipv4);
        assert!(is_occupied(&refused.error));
    }

    #[tokio::test]
    async fn a_port_whose_other_half_is_taken_is_not_held_and_the_half_is_named() {
        let Ok(other) = listen("[::1]:0".parse().unwrap()) else { return };
        let port = other.local_addr().unwrap().port();
        let refused = hold(port, BOTH).unwrap_err();
        assert_eq!(refused.family, Family::Ipv6);
        assert!(is_occupied(&refused.error));
    }

    #[tokio::test]
    async fn a_family_that_this_computer_lacks_is_named_and_the_other_one_held() {
        // An address for documentation (RFC 3849), which no computer has.
        let nowhere: IpAddr = "2001:db8::1".parse().unwrap();
        let address = |family| if family == Family::Ipv6 { nowhere } else { Family::Ipv4.loopback() };
        let held = hold_once(0, BOTH, address).unwrap();
        assert_eq!(held.missing, [Family::Ipv6]);
        assert_eq!(held.listeners.len(), 1);
        assert_eq!(hold_once(0, &[Family::Ipv6], address).unwrap_err().family, Family::Ipv6);
    }
}
