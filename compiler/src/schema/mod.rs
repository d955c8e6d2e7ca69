//! What a policy's document may look like: the JSON Schema that editors use, and its findings put into
//! words with their exact places.
//!
//! Deprecated spellings get their preferred names first, so that everything after them sees one name
//! for one thing.
//!
//! A key without a value (`allow:` and nothing after it, `null`, `~`) is an error, not an absent
//! key: whether its author meant "none" or "the default" cannot be seen, and the two may differ.

mod check;
mod deprecated;
mod duplicates;
mod editor;
mod expected;
mod findings;
mod fitting;
mod json_schema;
mod keys;
mod report;
mod values;
mod words;

pub(crate) use check::{check, key_order, meaning};
pub use editor::schema as editor_schema;
pub(crate) use expected::Expected;
pub(crate) use fitting::fitting;
pub(crate) use json_schema::Schema;
pub(crate) use report::step;

#[cfg(test)]
mod forms_tests;
