//! What the fuzzer found worth keeping, again: no panic, and every finding in its place.

use purple_tests::repository::root;
use std::fs;

#[path = "../fuzz/target.rs"]
mod target;

#[test]
fn what_the_fuzzer_kept() {
    let mut count = 0;
    for entry in fs::read_dir(root().join("tests/fuzz/corpus")).expect("the corpus is there") {
        let path = entry.expect("an entry can be read").path();
        target::examine(&fs::read(&path).expect("the file can be read"));
        count += 1;
    }
    assert!(count >= 100, "only {count} inputs");
}
