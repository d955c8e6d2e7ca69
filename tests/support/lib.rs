//! Support for the tests that cross crate boundaries.

pub mod codes;
pub mod repository;
