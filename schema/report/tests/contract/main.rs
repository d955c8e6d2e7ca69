//! What the declarations promise: the schemas in this folder, the tables in `docs/`, and what is
//! written.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

mod pages;
#[path = "../../examples/schema.rs"]
#[expect(dead_code, reason = "the example's own command line")]
mod schema;
mod schemas;
mod written;

use std::fs;
use std::path::Path;

/// The text of a file, by its path from the repository's root.
fn read(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    fs::read_to_string(root.join(path)).unwrap_or_default()
}
