//! Masked paths, and protected paths on the way to them.

use super::super::inside::{facts_under, python};
use super::{WAYS, tree};
use purple_tests::policy::Policy;
use purple_tests::run::Run;
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

/// What the policy names below a directory of a group takes effect there, and leaves the directory protected, also where the
/// host has neither.
pub(super) fn what_is_named_below_a_group_leaves_it_protected(place: &TestDir) {
    let script = "mkdir -p .vscode 2>/dev/null; for file in tasks.json settings.json key out/file; do \
                  (echo changed > .vscode/$file) 2>/dev/null && echo $file; done; cat .vscode/key 2>/dev/null; true";
    for (list, exists, expected) in [
        ("read_only: [.vscode/settings.json]", true, "secret"),
        ("read_only: [.vscode/settings.json]", false, ""),
        ("masked_paths: [/tree/.vscode/key]", true, ""),
        ("masked_paths: [/tree/.vscode/key]", false, ""),
        ("masked_paths: [/tree/.vscode/none]", true, "secret"),
        (
            "scratch_paths: [/tree/.vscode/out]",
            true,
            "out/file\nsecret",
        ),
    ] {
        let project = place.at("project");
        if project.exists() {
            fs::remove_dir_all(&project).expect("its own");
        }
        place.dir("project");
        if exists {
            place.dir("project/.vscode");
            place.dir("project/.vscode/out");
            place.file("project/.vscode/settings.json", "{}");
            place.file("project/.vscode/key", "secret");
        }
        let before = tree(&project);
        let policy = Policy::new(place).starts_in("/tree");
        let host = place.text("project");
        let policy = if list.starts_with("read_only") {
            policy.keeps(&host, "/tree", &["@project", ".vscode/settings.json"])
        } else {
            policy.keeps(&host, "/tree", &["@project"]).filesystem(list)
        };
        let plan = policy.compile(place);
        let done = Run::new(place, &plan, &["/bin/sh", "-c", script]).finish();
        assert_eq!(done.out().trim_end(), expected, "{list} {exists}: {done}");
        assert_eq!(tree(&project), before, "{list} {exists}");
    }
}
