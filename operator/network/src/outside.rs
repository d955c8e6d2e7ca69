//! Connections to the outside, and what of the outside is the host itself.

use rustix::io::Errno;
use rustix::net::{
    AddressFamily, SocketFlags, SocketType, connect, getsockname, socket_with, sockopt,
};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsFd, OwnedFd};

/// Why there is no connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoConnection {
    /// The address is the host's own.
    Host,
    /// The kernel said so.
    Error(Errno),
}

impl From<Errno> for NoConnection {
    fn from(error: Errno) -> Self {
        Self::Error(error)
    }
}

/// A socket of the address's family, which does not wait.
pub(crate) fn new_socket(to: SocketAddr, kind: SocketType) -> Result<OwnedFd, Errno> {
    let family = if to.is_ipv4() {
        AddressFamily::INET
    } else {
        AddressFamily::INET6
    };
    socket_with(
        family,
        kind,
        SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
        None,
    )
}

/// The address of a socket's own end.
pub(crate) fn own_address(socket: impl AsFd) -> Result<SocketAddr, Errno> {
    SocketAddr::try_from(getsockname(socket)?)
}

/// connect(2) that does not wait: a connection under way is no error.
pub(crate) fn start(socket: impl AsFd, to: SocketAddr) -> Result<(), Errno> {
    match connect(socket, &to) {
        Ok(()) | Err(Errno::INPROGRESS) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Begins a connection to `to`, which may be the host itself only where `host` says so.
pub(crate) fn dial(to: SocketAddr, host: bool) -> Result<OwnedFd, NoConnection> {
    if !host {
        // A socket of UDP finds the way and sends nothing.
        let _way = flow(to, false)?;
    }
    let socket = new_socket(to, SocketType::STREAM)?;
    sockopt::set_tcp_nodelay(&socket, true)?;
    sockopt::set_socket_keepalive(&socket, true)?;
    start(&socket, to)?;
    Ok(socket)
}

/// A socket of UDP for datagrams to `to` and from it.
pub(crate) fn flow(to: SocketAddr, host: bool) -> Result<OwnedFd, NoConnection> {
    let socket = new_socket(to, SocketType::DGRAM)?;
    connect(&socket, &to)?;
    let own = own_address(&socket)?.ip();
    if !host && (own == to.ip() || own.is_loopback()) {
        return Err(NoConnection::Host);
    }
    Ok(socket)
}

/// The address that a socket is bound to where any will do.
pub(crate) fn loopback(v6: bool) -> IpAddr {
    if v6 {
        Ipv6Addr::LOCALHOST.into()
    } else {
        Ipv4Addr::LOCALHOST.into()
    }
}
