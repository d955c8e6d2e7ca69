//! The tree and its places.
