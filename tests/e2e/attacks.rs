//! Ways out that were open in this or in another sandbox.

use super::inside::{facts_under, python};
use purple_tests::policy::Policy;
use purple_tests::run::Run;
use purple_tests::test_dir::TestDir;
use serde_json::json;
use std::fs;

scenarios! {
    directory_as_a_standard_descriptor
    parent_of_a_protected_directory_is_renamed
    the_executor_stays_as_it_is
    shown_path_is_a_link
}

/// A directory on a standard descriptor would be a door to the host.
fn directory_as_a_standard_descriptor(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    for (redirection, number) in [("<", 0), ("1<", 1), ("2<", 2)] {
        let wrapper = format!("exec \"$@\" {redirection} /");
        let read = format!("/proc/self/fd/{number}/etc/passwd");
        let run = Run::new(place, &plan, &["cp", &read, "/output/stolen"])
            .wrapped(&["sh", "-c", &wrapper, "sh"]);
        let done = run.finish();
        assert_eq!(done.code(), 125, "{done}");
        if number != 2 {
            let message = format!(
                "purple-exec: start: descriptor {number} is a directory, which would show it inside\n"
            );
            assert_eq!(done.stderr, message);
        }
        assert!(!place.at("output/stolen").exists());
    }
}

/// A read-only directory in a writable one stays in its place, and so do the directories between.
fn parent_of_a_protected_directory_is_renamed(place: &TestDir) {
    for dir in [
        "output/project",
        "output/project/.git",
        "output/project/.git/hooks",
    ] {
        place.dir(dir);
    }
    let policy = Policy::new(place).shows(
        &place.text("output/project/.git/hooks"),
        "/output/project/.git/hooks",
    );
    let found = facts_under(place, &policy, include_str!("../probes/rename_parents.py"));
    let expected = json!({"hook": "EROFS", "inner": "EBUSY", "parent": "EBUSY", "grandparent": "EBUSY",
        "other": "ok", "config": "EXDEV"});
    assert_eq!(found, expected);
    assert_eq!(
        fs::read_dir(place.at("output/project/.git/hooks"))
            .expect("the hooks")
            .count(),
        0
    );
    assert!(!place.at("output/project/gone").exists());
}

fn the_executor_stays_as_it_is(place: &TestDir) {
    let before = fs::read(place.executor()).expect("the executor");
    let plan = Policy::new(place).compile(place);
    let text = include_str!("../probes/write_the_executor.py");
    let found = python(place, &plan, text).finish().facts();
    let expected = json!({"one": "EACCES", "follow": "EACCES", "files": "EACCES", "parent": 1});
    assert_eq!(found, expected);
    assert!(fs::read(place.executor()).expect("the executor") == before);
}

/// A link that the program leaves in a writable directory leads nowhere outside in the next run.
fn shown_path_is_a_link(place: &TestDir) {
    place.dir("output/deep");
    let first = Policy::new(place).compile(place);
    let swap = "rmdir /output/deep && ln -s /usr /output/deep";
    assert_eq!(
        Run::new(place, &first, &["sh", "-c", swap]).finish().good(),
        ""
    );
    let policy = Policy::new(place).shows(&place.text("host"), "/output/deep/bin");
    let line = policy.line_of("/output/deep/bin");
    let done = Run::new(place, &policy.compile(place), &["true"]).finish();
    done.refused(
        125,
        &format!("mount: /output/deep: ELOOP (policy line {line})"),
    );
}
