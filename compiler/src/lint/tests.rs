//! The lints on policies where they must say nothing, and on some where they must.
#![expect(clippy::expect_used, clippy::panic, reason = "a test says what it relies on")]
