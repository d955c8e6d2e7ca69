//! What a section resolves to, and what is said about it.
