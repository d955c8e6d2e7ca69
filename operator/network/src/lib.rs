//! `purple-net` carries the connections of a filtered sandbox.
//!
//! In the sandbox's network namespace every address is local, and no packet leaves it. The kernel's rules
//! refuse what the policy never opens; the rest comes here, to sockets that were made inside: SYNs that wait
//! ([`mod@nflog`]), connections, datagrams. The helper asks the plan ([`rules`]), connects to the outside, and
//! moves bytes. It is the sandbox's only resolver ([`dns`]), so it knows which name gave which address.
//!
//! It believes nothing that comes from inside or from outside, keeps bounded tables only, and holds no
//! right but to open connections ([`confine`]).

pub mod confine;
pub mod control;
mod counts;
mod cursor;
pub mod dns;
mod engine;
mod known;
pub mod nflog;
#[cfg(test)]
mod noise;
mod outside;
pub mod packet;
mod poll;
mod resolv;
mod routes;
pub mod rules;
mod slab;
mod sockets;
mod start;
mod sys;
pub mod tls;

pub use start::{StartError, run};
