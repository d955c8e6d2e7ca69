//! Support for the tests that cross crate boundaries.

pub mod repository;
