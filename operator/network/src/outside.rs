//! Connections to the outside, and what of the outside is the host itself.

use crate::routes::Routes;
use crate::rules::Protocol;
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, SocketFlags, SocketType, connect, getpeername, getsockname, socket_with, sockopt,
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

/// Whether a socket is connected to itself. Where no socket listens on a port of the host, the kernel can choose that port for
/// the own end of the connecting socket.
pub(crate) fn is_to_itself(socket: impl AsFd) -> bool {
    let far = getpeername(&socket).and_then(|far| far.ok_or(Errno::NOTCONN));
    let far = far.and_then(SocketAddr::try_from);
    far.is_ok_and(|far| own_address(&socket) == Ok(far))
}

/// Begins a connection to `to`, which may be the host itself only where `host` says so.
pub(crate) fn dial(
    to: SocketAddr,
    host: bool,
    routes: &mut Routes,
) -> Result<OwnedFd, NoConnection> {
    if !host {
        leads_away(Protocol::Tcp, to, routes)?;
    }
    let socket = new_socket(to, SocketType::STREAM)?;
    sockopt::set_tcp_nodelay(&socket, true)?;
    sockopt::set_socket_keepalive(&socket, true)?;
    start(&socket, to)?;
    is_away(socket, to, host)
}

/// A socket of UDP for datagrams to `to` and from it.
pub(crate) fn flow(
    to: SocketAddr,
    host: bool,
    routes: &mut Routes,
) -> Result<OwnedFd, NoConnection> {
    if !host {
        leads_away(Protocol::Udp, to, routes)?;
    }
    let socket = new_socket(to, SocketType::DGRAM)?;
    connect(&socket, &to)?;
    is_away(socket, to, host)
}

/// Asks the routing table whether `to` is another host.
fn leads_away(protocol: Protocol, to: SocketAddr, routes: &mut Routes) -> Result<(), NoConnection> {
    match routes.is_host(protocol, to) {
        Ok(false) => Ok(()),
        Ok(true) => Err(NoConnection::Host),
        // connect(2) has an error of its own for the same reason. Nothing is sent by a socket of UDP.
        Err(_) => {
            connect(new_socket(to, SocketType::DGRAM)?, &to)?;
            Err(NoConnection::Error(Errno::HOSTUNREACH))
        }
    }
}

/// The socket, unless its own address shows that it is connected to the host: the table may have changed since it was asked.
fn is_away(socket: OwnedFd, to: SocketAddr, host: bool) -> Result<OwnedFd, NoConnection> {
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::{is_to_itself, new_socket, own_address, start};
    use rustix::net::{SocketType, bind};
    use std::net::{SocketAddr, TcpListener};

    #[test]
    fn a_connection_to_itself_is_seen() {
        let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
        let socket = new_socket(any, SocketType::STREAM).unwrap();
        bind(&socket, &any).unwrap();
        assert!(!is_to_itself(&socket), "it is connected to nothing");
        // Both ends open at once (RFC 9293, 3.5).
        start(&socket, own_address(&socket).unwrap()).unwrap();
        assert!(is_to_itself(&socket));

        let listener = TcpListener::bind(any).unwrap();
        let socket = new_socket(any, SocketType::STREAM).unwrap();
        start(&socket, listener.local_addr().unwrap()).unwrap();
        assert!(!is_to_itself(&socket));
    }
}
