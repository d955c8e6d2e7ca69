//! Rules for imports: no circle of files in any crate, and in the compiler no module that looks at a
//! later one. The sources are parsed and each path is followed through re-exports to the file that
//! defines what it names. What is compiled for tests alone does not count, and `mod x;` is no import.

mod circles;
mod modules;
mod references;

use std::collections::BTreeSet;

use purple_tests::repository::{Tracked, tracked};

use super::{none_of, one_of};
use circles::circles;
use modules::{Crate, crates};

/// The modules of the compiler's library, each with what it is for. A module may import those
/// before it and no other. docs/architecture.md has the same list.
const ORDER: [&str; 22] = [
    "source",
    "diagnostics",
    "syscalls",
    "profiles",
    "quantity",
    "parse",
    "schema",
    "inherit",
    "validate",
    "ir",
    "resolve",
    "lower",
    "lint",
    "score",
    "target",
    "emit",
    "seal",
    "pipeline",
    "format",
    "fix",
    "show",
    "cli",
];

fn circles_of_files(files: &[Tracked]) -> Vec<String> {
    crates(files)
        .iter()
        .flat_map(|one| circles(&references::imports(one)))
        .collect()
}

#[test]
fn no_circle_of_files() {
    none_of(&circles_of_files(&tracked()));
}
