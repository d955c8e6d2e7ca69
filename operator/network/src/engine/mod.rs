//! The helper at work: one thread that waits for all descriptors at once.
//!
//! `state` is what it knows; each other module is what it does on one occasion, as methods of [`Helper`].

mod accept;
mod client;
mod control;
mod datagram;
mod held;
mod hello;
mod lookup;
mod relay;
mod state;
mod tables;

pub(crate) use state::{Helper, Limits, Listening, Parts};
pub(crate) use tables::OWN_PORT;
