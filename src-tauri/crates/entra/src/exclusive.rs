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

/// Which families the redirect address may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Families {
    /// `localhost`: both, as far as this computer has them.
    Both,
    /// `127.0.0.1`.
    Ipv4,
}

/// Holds a port; any free one for port 0.
pub(crate) fn hold(port: u16, families: Families) -> io::Result<(u16, Vec<TcpListener>)> {
    let tries = if port == 0 { TRIES } else { 1 };
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    for _ in 0..tries {
        match hold_once(port, families) {
            Ok(held) => return Ok(held),
            Err(error) if is_occupied(&error) => last = error,
            Err(error) => return Err(error),
        }
    }
    Err(last)
}

fn hold_once(port: u16, families: Families) -> io::Result<(u16, Vec<TcpListener>)> {
    let mut listeners = Vec::new();
    let mut held = port;
    let mut missing = None;
    let addresses: &[IpAddr] = match families {
        Families::Both => &[IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)],
        Families::Ipv4 => &[IpAddr::V4(Ipv4Addr::LOCALHOST)],
    };
    for address in addresses {
        match listen(SocketAddr::new(*address, held)) {
            Ok(listener) => {
                held = listener.local_addr()?.port();
                listeners.push(listener);
            }
            Err(error) if is_occupied(&error) => return Err(error),
            // This computer does not have that family.
            Err(error) => missing = Some(error),
        }
    }
    match missing {
        Some(error) if listeners.is_empty() => Err(error),
        _ => Ok((held, listeners)),
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
        let (port, listeners) = hold(0, Families::Both).unwrap();
        assert!(!listeners.is_empty());
        for listener in &listeners {
            let address = listener.local_addr().unwrap();
            assert!(address.ip().is_loopback());
            assert_eq!(address.port(), port);
        }
    }

    #[tokio::test]
    async fn a_held_port_is_held_against_others() {
        let (port, _listeners) = hold(0, Families::Both).unwrap();
        assert!(is_occupied(&hold(port, Families::Ipv4).unwrap_err()));
    }

    #[tokio::test]
    async fn a_port_whose_other_half_is_taken_is_not_held() {
        let Ok(other) = listen("[::1]:0".parse().unwrap()) else { return };
        let port = other.local_addr().unwrap().port();
        assert!(is_occupied(&hold(port, Families::Both).unwrap_err()));
    }
}
