//! `purple-net` between a sandbox and a small internet, all of it in network namespaces.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod datagrams;
mod host_addresses;
mod kept;
mod lab;
mod life;
mod names;
mod ports;
mod server_names;
mod streams;
