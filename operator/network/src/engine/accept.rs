//! Connections that arrive: from inside to anywhere, and from the host to published ports.

use super::state::Helper;
use super::tables::{OWN_PORT, Pair, Purpose};
use crate::outside::{loopback, own_address, start};
use rustix::io::Errno;
use rustix::net::{SocketFlags, acceptfrom_with, connect_unspec, sockopt};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

/// So many connections are accepted before others have their turn.
const ROUNDS: usize = 256;

/// Ends a connection with a reset (`SO_LINGER` with no time, socket(7)).
pub(super) fn reset(socket: OwnedFd) {
    // Without the option it ends like any other.
    let _ignored = sockopt::set_socket_linger(&socket, Some(Duration::ZERO)).is_ok();
    drop(socket);
}

enum Next {
    Connection(OwnedFd, SocketAddr),
    Again,
    Nothing,
    NoRoom,
}

fn next(listener: impl AsFd) -> Next {
    match acceptfrom_with(listener, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK) {
        Ok((socket, Some(peer))) => match SocketAddr::try_from(peer) {
            Ok(peer) => Next::Connection(socket, peer),
            Err(_) => Next::Again,
        },
        Err(Errno::AGAIN) => Next::Nothing,
        Err(Errno::MFILE | Errno::NFILE | Errno::NOMEM | Errno::NOBUFS) => Next::NoRoom,
        // No address, or an error of the connection itself, which accept(2) passes on.
        Ok((_, None)) | Err(_) => Next::Again,
    }
}

impl Helper {
    /// Takes the connections for which a SYN was sent again; others are reset.
    pub(super) fn accept(&mut self, v6: bool) {
        for _ in 0..ROUNDS {
            let [v4_listener, v6_listener] = &self.inside.listeners;
            match next(if v6 { v6_listener } else { v4_listener }) {
                Next::Connection(socket, peer) => self.accepted(socket, peer, v6),
                Next::Again => {}
                Next::Nothing => return,
                Next::NoRoom => {
                    self.counts.without_room += 1;
                    return self.pause();
                }
            }
        }
    }

    fn accepted(&mut self, socket: OwnedFd, peer: SocketAddr, v6: bool) {
        let Ok(to) = own_address(&socket) else {
            return reset(socket);
        };
        if to == SocketAddr::new(loopback(v6), OWN_PORT) && self.growing == Some(peer) {
            self.fresh = Some(socket);
            return;
        }
        let pair: Pair = (peer, to);
        let Some(dial) = self
            .dial_of
            .remove(&pair)
            .and_then(|key| self.dials.remove(key))
        else {
            return reset(socket);
        };
        // Small packets are not kept back: the one inside decides that for itself.
        let _ignored = sockopt::set_tcp_nodelay(&socket, true).is_ok();
        match dial.what {
            Purpose::Resolver => self.new_client(socket),
            Purpose::Carry {
                outside,
                rule,
                server_name,
            } => self.carry(socket, outside, to, rule, server_name),
        }
    }

    /// Takes the connections to a published port.
    pub(super) fn publish(&mut self, index: u32) {
        for _ in 0..ROUNDS {
            let Some(listening) = usize::try_from(index)
                .ok()
                .and_then(|index| self.published.get(index))
            else {
                return;
            };
            let (inside, rule) = (listening.inside, listening.rule);
            match next(&listening.socket) {
                Next::Connection(outside, _) => {
                    let to = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), inside);
                    if self.relays.is_full() {
                        self.counts.without_room += 1;
                        reset(outside);
                        continue;
                    }
                    let _ignored = sockopt::set_tcp_nodelay(&outside, true).is_ok();
                    match self.grow().filter(|socket| start(socket, to).is_ok()) {
                        Some(socket) => self.bring_in(socket, outside, to, rule),
                        None => reset(outside),
                    }
                }
                Next::Again => {}
                Next::Nothing => return,
                Next::NoRoom => {
                    self.counts.without_room += 1;
                    return self.pause();
                }
            }
        }
    }

    /// A socket inside that is connected to nothing.
    ///
    /// No new one can be made from here, but one makes two: the seed connects to the listener inside, and
    /// both ends are taken apart by connect(2) with `AF_UNSPEC`, which leaves two sockets as new.
    fn grow(&mut self) -> Option<OwnedFd> {
        let own = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), OWN_PORT);
        let seed = self.inside.seed.as_ref()?;
        start(seed, own).ok()?;
        self.growing = own_address(seed).ok();
        self.fresh = None;
        self.accept(false);
        self.growing = None;
        let fresh = self.fresh.take();
        connect_unspec(self.inside.seed.as_ref()?).ok()?;
        fresh.filter(|fresh| connect_unspec(fresh).is_ok())
    }
}
