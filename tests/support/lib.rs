//! Support for the tests that cross crate boundaries.

pub mod codes;
pub mod host;
pub mod host_service;
pub mod identity;
pub mod inside;
pub mod internet;
pub mod operator;
pub mod policy;
pub mod project;
pub mod repository;
pub mod run;
pub mod scenario;
pub mod stand_in;
pub mod test_dir;
pub mod wait;
