//! Masked paths, and protected paths on the way to them.

use super::super::inside::{facts_under, python};
use super::{WAYS, tree};
use purple_tests::policy::Policy;
use purple_tests::test_dir::TestDir;
use serde_json::json;
use std::fs;

pub(super) fn masked_paths_cannot_be_read_or_made(place: &TestDir) {
    for dir in ["shown", "shown/keys", "project", "project/secrets"] {
        place.dir(dir);
    }
    for file in [
        "shown/key",
        "shown/keys/one",
        "project/.env",
        "project/secrets/one",
    ] {
        place.file(file, "secret");
    }
    let before = tree(&place.at("project"));
    let policy = Policy::new(place)
        .shows(&place.text("shown"), "/shown")
        .writes(&place.text("project"), "/tree")
        .filesystem(
            "masked_paths: [/shown/key, /shown/keys, /shown/none/at/all, /tree/.env, /tree/secrets/, /tree/none, \
             /tree/far/away, /tree/dir/, /proc/version, /sys/class/net]",
        );
    let found = facts_under(
        place,
        &policy,
        &format!(
            "{WAYS}\n{}",
            include_str!("../../probes/use_masked_paths.py")
        ),
    );
    let all = |name: &str, expected: &[&str]| {
        for result in found[name].as_array().expect("a list") {
            assert!(
                expected.contains(&result.as_str().expect("a name")),
                "{name}: {found}"
            );
        }
    };
    all("read", &["EACCES"]);
    all("write", &["EACCES", "EROFS"]);
    all("into", &["EACCES", "ENOTDIR"]);
    all("away", &["EBUSY"]);
    all("remove", &["EBUSY"]);
    assert_eq!(
        (&found["none"], &found["far"]),
        (&json!("ENOENT"), &json!("ENOTDIR"))
    );
    assert_eq!(found["uptime"], "ok");
    assert_eq!(tree(&place.at("project")), before);
}

/// A protected path below the sibling of one, a mount of the policy's own in a protected directory, and a
/// file where a directory is meant.
pub(super) fn masks_and_protected_paths_on_the_way_down(place: &TestDir) {
    for dir in ["project", "project/a", "project/a/b", "more"] {
        place.dir(dir);
    }
    place.file("project/a/b/kept", "as it was");
    place.file("project/file", "as it was");
    place.file("more/x", "more");
    let before = tree(&place.at("project"));
    let policy = Policy::new(place)
        .keeps(
            &place.text("project"),
            "/tree",
            &["a/b/", "file/below", "a/c"],
        )
        .shows(&place.text("more"), "/tree/a/b/more")
        .filesystem("masked_paths: [/tree/a/d/e]");
    place.dir("project/a/b/more");
    let plan = policy.compile(place);
    let text = include_str!("../../probes/change_around_masks.py");
    let found = python(place, &plan, text).finish().facts();
    let expected = json!({"more": "more", "write": "EROFS", "file": "EROFS", "c": "EACCES", "d": "ENOTDIR",
        "up": "EBUSY", "fine": "ok"});
    assert_eq!(found, expected);
    fs::remove_file(place.at("project/a/fine")).expect("the program's");
    fs::remove_dir(place.at("project/a/b/more")).expect("its own");
    assert_eq!(tree(&place.at("project")), before);
}
