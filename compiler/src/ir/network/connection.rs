//! One connection, and what can be said of its ends.

use super::name::{Name, NamePattern};
use crate::quantity::AddressBlock;
use crate::quantity::Protocol;
use std::net::IpAddr;

/// Who connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// The sandbox, to the outside.
    Out,
    /// The outside, to the sandbox.
    In,
}

impl Direction {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Out, Self::In];

    /// The word in the listing.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Out => "out",
            Self::In => "in",
        }
    }
}

/// With whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// Every address and every name.
    Anywhere,
    /// Every public address and every name.
    Public,
    /// Addresses.
    Addresses(AddressBlock),
    /// Hosts, by the names that the program asks for.
    Names(NamePattern),
}

/// A connection that a program makes or takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// Who connects.
    pub direction: Direction,
    /// The protocol.
    pub protocol: Protocol,
    /// The other side.
    pub host: Host,
    /// The port of the side that is connected to.
    pub port: u16,
}

/// The other side of a connection, as the program names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// By its address.
    Address(IpAddr),
    /// By its name, which something outside of the sandbox looks up.
    Name(Name),
}
