//! The part of DNS that a sandbox needs (RFC 1035): one question in, addresses out.
//!
//! A query from inside is read strictly and asked anew; an answer from outside is read strictly, and what
//! goes inside is written anew from the addresses in it. No byte of either passes through.

mod answer;
mod name;
mod numbers;
mod query;
mod reply;

pub use answer::{Answer, Found, read_answer};
pub use numbers::{Code, Kind, MAX_ADDRESSES, MAX_DATAGRAM, MAX_TTL};
pub use query::{BadQuery, Query, ask, read_query};
pub(crate) use reply::code_alone;
pub use reply::{reply, truncated};

#[cfg(test)]
mod tests;
