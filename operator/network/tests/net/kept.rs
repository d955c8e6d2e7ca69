//! What the fuzzer of `scripts/fuzz --network` found worth keeping, again.

use std::fs;
use std::path::Path;

#[path = "../../../../tests/fuzz/wire.rs"]
mod wire;

#[test]
fn what_the_fuzzer_kept() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/network");
    let mut count = 0;
    for entry in fs::read_dir(kept).expect("the corpus is there") {
        let path = entry.expect("an entry can be read").path();
        wire::examine(&fs::read(&path).expect("the file can be read"));
        count += 1;
    }
    assert!(count >= 100, "only {count} inputs");
}
