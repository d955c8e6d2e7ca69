//! What a policy says about the network: exact sets of connections, before anything enforces them.
//!
//! The kinds of what is said are few: how far the network goes at all ([`Extent`]), which connections
//! are allowed and which addresses are blocked ([`ConnectionRule`]). [`Network::verdict`] is the definition of
//! what they mean together; [`Network::reach`] is the same as one set, and a test compares the two.

mod connection;
mod connections;
mod definition;
mod evaluate;
mod name;
mod print;
mod set;
mod verify;

pub use connection::{Connection, Destination, Direction, Host};
pub use connections::Connections;
pub use definition::{
    ConnectionRule, Effect, Extent, Link, Network, Published, RESOLVER_PORT, own_blocks,
};
pub use evaluate::{Reason, Verdict};
pub use name::{Name, NamePattern};
pub(super) use verify::verify;

#[cfg(test)]
mod tests;
