//! What is kept of each thing that is under way.

use crate::dns::Query;
use crate::slab::Key;
use rustix::event::epoll::EventFlags;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::time::Instant;

/// Where a connection comes from inside, and where it goes.
pub(super) type Pair = (SocketAddr, SocketAddr);

/// Bytes that are moved at once.
pub(super) const BUFFER: usize = 128 << 10;

/// The port that the listeners inside are bound to.
pub(crate) const OWN_PORT: u16 = 9;

/// A connection that is being made.
#[derive(Debug)]
pub(super) struct Dial {
    pub(super) pair: Pair,
    pub(super) what: Purpose,
    pub(super) syn: Vec<u8>,
    pub(super) since: Instant,
    pub(super) up: bool,
}

/// What it will be.
#[derive(Debug)]
pub(super) enum Purpose {
    /// A connection to the outside.
    Carry {
        outside: OwnedFd,
        rule: usize,
        server_name: bool,
    },
    /// A connection to the resolver, which is here.
    Resolver,
}

/// An end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Inside,
    Outside,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// The connection inside is being made.
    Connecting,
    /// No byte goes out before a server name is read.
    Hello,
    /// The client's first message goes out; what the server answers says whether a second one follows.
    Answer,
    /// The server asks for another first message: its server name is read before it goes out.
    Retry,
    Open,
}

impl Stage {
    /// Whether it ends by itself when it takes too long.
    pub(super) fn has_deadline(self) -> bool {
        matches!(self, Self::Connecting | Self::Hello | Self::Retry)
    }

    /// Whether bytes have gone out, and are counted.
    pub(super) fn is_carried(self) -> bool {
        matches!(self, Self::Answer | Self::Retry | Self::Open)
    }
}

/// One way of a connection.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Way {
    /// The receiving end takes no more for now.
    pub(super) blocked: bool,
    /// The sending end has ended, and the receiving one was told.
    pub(super) done: bool,
    /// So many bytes may pass; without it, all.
    pub(super) gate: Option<usize>,
}

/// An open connection.
#[derive(Debug)]
pub(super) struct Relay {
    pub(super) inside: OwnedFd,
    pub(super) outside: OwnedFd,
    pub(super) to: SocketAddr,
    pub(super) rule: usize,
    pub(super) stage: Stage,
    pub(super) since: Instant,
    pub(super) outwards: Way,
    pub(super) inwards: Way,
    /// What is waited for, inside and outside.
    pub(super) waits: (EventFlags, EventFlags),
}

/// Datagrams between one socket inside and one address outside.
#[derive(Debug)]
pub(super) struct Flow {
    pub(super) outside: OwnedFd,
    pub(super) pair: Pair,
    pub(super) rule: usize,
    pub(super) last: Instant,
}

/// A connection that asks for names.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) socket: OwnedFd,
    pub(super) bytes: Vec<u8>,
    pub(super) last: Instant,
    /// A question is being answered; the next one waits.
    pub(super) waits: bool,
}

/// Who wants to know.
#[derive(Clone, Copy, Debug)]
pub(super) enum Asker {
    /// A socket inside, which asked an address by datagram.
    Datagram { from: SocketAddr, to: SocketAddr },
    /// A connection.
    Client(Key),
}

#[derive(Debug)]
pub(super) enum Progress {
    Datagram,
    Connecting,
    /// What has come of an answer, with its length before it.
    Reading(Vec<u8>),
}

/// A question that is being asked.
#[derive(Debug)]
pub(super) struct Lookup {
    pub(super) query: Query,
    pub(super) asker: Asker,
    /// The name that is asked for now: that of the query, or one that it leads to.
    pub(super) name: String,
    pub(super) ttl: u32,
    pub(super) hops: usize,
    pub(super) attempts: usize,
    pub(super) edns: bool,
    pub(super) id: u16,
    pub(super) socket: OwnedFd,
    pub(super) way: Progress,
    pub(super) since: Instant,
}
