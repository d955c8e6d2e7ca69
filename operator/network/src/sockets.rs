//! The sockets that the executor made inside, by what the plan says of each.

use purple_plan::{NetSocket, net_socket_flags};
use rustix::net::AddressFamily;
use std::fmt;
use std::os::fd::OwnedFd;

/// The groups of logged packets: SYNs that wait, and packets that were refused.
const HELD_GROUP: u16 = 6;
const DENIED_GROUP: u16 = 5;

/// `SOCK_STREAM`, `SOCK_DGRAM`, `SOCK_RAW` (socket(2)).
const STREAM: u32 = 1;
const DATAGRAM: u32 = 2;
const RAW: u32 = 3;

/// The sockets inside.
#[derive(Debug)]
pub(crate) struct Inside {
    /// SYNs that wait for the outside.
    pub(crate) held: OwnedFd,
    /// Packets that the rules refused.
    pub(crate) denied: OwnedFd,
    /// Send whole packets, of IPv4 and IPv6.
    pub(crate) raw: [OwnedFd; 2],
    /// Accept connections to any address, of IPv4 and IPv6.
    pub(crate) listeners: [OwnedFd; 2],
    /// Receive datagrams to any address, of IPv4 and IPv6.
    pub(crate) datagrams: [OwnedFd; 2],
    /// A socket that is connected to nothing, out of which others are made.
    pub(crate) seed: Option<OwnedFd>,
}

/// The sockets are not those of the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrongSockets {
    /// So many were expected, and so many came.
    Count {
        /// The plan's.
        expected: usize,
        /// The executor's.
        got: usize,
    },
    /// The plan has no socket for this.
    Missing(&'static str),
}

impl fmt::Display for WrongSockets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count { expected, got } => {
                write!(f, "the plan has {expected} sockets, {got} came from inside")
            }
            Self::Missing(what) => write!(f, "the plan has no socket for {what}"),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Role {
    Held,
    Denied,
    Raw(bool),
    Listener(bool),
    Datagrams(bool),
    Seed,
}

fn role(socket: &NetSocket) -> Option<Role> {
    let has = |flag: u32| socket.flags & flag != 0;
    if has(net_socket_flags::LOG) {
        return match socket.port {
            HELD_GROUP => Some(Role::Held),
            DENIED_GROUP => Some(Role::Denied),
            _ => None,
        };
    }
    let v6 = socket.family == u32::from(AddressFamily::INET6.as_raw());
    match socket.kind {
        RAW => Some(Role::Raw(v6)),
        STREAM if has(net_socket_flags::LISTEN) => Some(Role::Listener(v6)),
        STREAM if !v6 && socket.flags == 0 && socket.port == 0 => Some(Role::Seed),
        DATAGRAM => Some(Role::Datagrams(v6)),
        _ => None,
    }
}

impl Inside {
    /// Gives each descriptor the role of the plan's record at its place.
    pub(crate) fn new(
        records: &[NetSocket],
        descriptors: Vec<OwnedFd>,
    ) -> Result<Self, WrongSockets> {
        let expected = records.len();
        if descriptors.len() != expected {
            return Err(WrongSockets::Count {
                expected,
                got: descriptors.len(),
            });
        }
        let mut sockets: Vec<_> = records
            .iter()
            .map(role)
            .zip(descriptors.into_iter().map(Some))
            .collect();
        let mut take = |wanted: Role| {
            sockets
                .iter_mut()
                .find(|(role, socket)| *role == Some(wanted) && socket.is_some())
                .and_then(|(_, socket)| socket.take())
        };
        let mut must =
            |wanted: Role, what: &'static str| take(wanted).ok_or(WrongSockets::Missing(what));
        Ok(Self {
            held: must(Role::Held, "held connections")?,
            denied: must(Role::Denied, "refused packets")?,
            raw: [
                must(Role::Raw(false), "IPv4 packets")?,
                must(Role::Raw(true), "IPv6 packets")?,
            ],
            listeners: [
                must(Role::Listener(false), "IPv4 connections")?,
                must(Role::Listener(true), "IPv6 connections")?,
            ],
            datagrams: [
                must(Role::Datagrams(false), "IPv4 datagrams")?,
                must(Role::Datagrams(true), "IPv6 datagrams")?,
            ],
            seed: take(Role::Seed),
        })
    }
}
