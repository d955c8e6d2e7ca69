//! Patterns in `masked_paths` and `read_only`: what they match when a run starts is hidden or kept as it is.

use super::protected::{clean, each_is_refused, tree};
use nix::unistd::Uid;
use purple_tests::inside::{PYTHON, script};
use purple_tests::operator::{finished, install, purple};
use purple_tests::policy::Policy;
use purple_tests::run::{Finished, Run};
use purple_tests::test_dir::TestDir;
use serde_json::json;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

scenarios! {
    what_matches_is_hidden_or_kept
    a_plan_is_resolved_where_it_runs
    the_executor_alone_refuses_a_pattern
    a_directory_that_cannot_be_read
    a_hundred_thousand_matches
}

/// Runs a plan by `purple`.
fn run(place: &TestDir, plan: &Path, command: &[&str]) -> Finished {
    let plan = plan.to_str().expect("a path in UTF-8");
    let mut words = vec!["run", "--plan", plan, "--"];
    words.extend(command);
    finished(purple(place, &words))
}

fn project(place: &TestDir) {
    install(place);
    for dir in ["project", "project/deep", "project/deep/er", "shown"] {
        place.dir(dir);
    }
    for file in ["project/.env", "project/deep/er/.env", "shown/.env"] {
        place.file(file, "secret");
    }
    place.file("project/deep/run.sh", "as it was");
    place.file("project/plain", "as it was");
}

fn policy(place: &TestDir) -> Policy {
    Policy::new(place)
        .shows(&place.text("shown"), "/shown")
        .keeps(&place.text("project"), "/tree", &["**/*.sh"])
        .filesystem("masked_paths: [\"/tree/**/.env\", \"/shown/*\"]")
}

/// Every way to read, change, move or replace what matches fails, and what does not match is the program's.
fn what_matches_is_hidden_or_kept(place: &TestDir) {
    project(place);
    let before = tree(&place.at("project"));
    let plan = policy(place).compile(place);
    let text = format!(
        "{}{}",
        include_str!("../probes/change_a_path.py"),
        include_str!("../probes/use_what_patterns_match.py")
    );
    let found = run(place, &plan, &[PYTHON, "-ISc", &script(&text)]).facts();
    assert_eq!(
        found["read"],
        json!(["EACCES", "EACCES", "EACCES", "ok", "ok"])
    );
    assert_eq!(found["moved"], json!(["EBUSY", "EXDEV"]));
    assert_eq!(found["plain"], "ok");
    for path in ["/tree/.env", "/tree/deep/er/.env", "/tree/deep/run.sh"] {
        each_is_refused(&found, path);
    }
    assert_eq!(place.read("project/plain"), "changed");
    place.file("project/plain", "as it was");
    clean(&place.at("project"));
    assert_eq!(tree(&place.at("project")), before);
}

/// One plan, two directories: in each its own files match.
fn a_plan_is_resolved_where_it_runs(place: &TestDir) {
    install(place);
    let plan = Policy::new(place)
        .shows(".", "/here")
        .filesystem("masked_paths: [\"/here/*.key\"]")
        .compile(place);
    let plan = plan.to_str().expect("a path in UTF-8");
    for (dir, hidden, open) in [("one", "a.key", "a"), ("two", "b.key", "a.key.txt")] {
        place.dir(dir);
        place.file(&format!("{dir}/{hidden}"), "secret");
        place.file(&format!("{dir}/{open}"), "open");
        let read = format!("cat /here/{open}; cat /here/{hidden} 2>/dev/null || echo hidden");
        let mut command = purple(place, &["run", "--plan", plan, "--", "sh", "-c", &read]);
        command.current_dir(place.at(dir));
        assert_eq!(finished(command).good(), "openhidden\n", "{dir}");
    }
    place.dir("three");
    let mut command = purple(place, &["run", "--plan", plan, "--", "true"]);
    command.current_dir(place.at("three"));
    let done = finished(command);
    assert!(done.status.success(), "{done}");
    let expected = "purple: the pattern /here/*.key (policy line 10) matches nothing: files that are created there during the run are not covered\n";
    assert_eq!(done.stderr, expected);
}

fn the_executor_alone_refuses_a_pattern(place: &TestDir) {
    project(place);
    let policy = policy(place);
    let plan = policy.compile(place);
    let line = policy.line_of("masked_paths");
    let refused = Run::new(place, &plan, &["true"]).finish();
    refused.refused(125, &to_be_resolved("/tree/**/.env", line));
    let kept = Policy::new(place).keeps(&place.text("project"), "/tree", &["**/*.sh"]);
    let plan = kept.compile(place);
    let refused = Run::new(place, &plan, &["true"]).finish();
    refused.refused(
        125,
        &to_be_resolved("/tree/**/*.sh", kept.line_of("**/*.sh")),
    );
}

fn to_be_resolved(pattern: &str, line: usize) -> String {
    format!(
        "filesystem: {pattern}: the pattern has to be resolved: start the plan by purple run --plan (policy line {line})"
    )
}

/// A user's own directory is looked through whatever its mode, and what is found there goes the way of a path that the
/// policy names. A directory of another user ends the run.
fn a_directory_that_cannot_be_read(place: &TestDir) {
    project(place);
    let closed = place.at("project/deep/er");
    fs::set_permissions(&closed, Permissions::from_mode(0o000)).expect("it is ours");
    let plan = policy(place).compile(place);
    let read = "chmod 700 /tree/deep/er; cat /tree/deep/er/.env || echo hidden";
    let done = run(place, &plan, &["sh", "-c", read]);
    if place.who.is_root() {
        assert_eq!(done.out(), "hidden\n", "{done}");
    } else {
        assert_eq!(done.code(), 125, "{done}");
        let said =
            "protected path: /tree/deep/er/.env does not exist, and no stub can be made for it";
        assert!(done.stderr.contains(said), "{done}");
    }
    fs::set_permissions(&closed, Permissions::from_mode(0o755)).expect("it is ours");
    if place.who.is_root() || !Uid::effective().is_root() {
        return;
    }
    // Root's.
    fs::create_dir(place.at("project/deep/other")).expect("a directory");
    fs::set_permissions(
        place.at("project/deep/other"),
        Permissions::from_mode(0o700),
    )
    .expect("it is ours");
    let done = run(place, &plan, &["true"]);
    assert_eq!(done.code(), 125, "{done}");
    let said = "could match in /tree/deep/other, which cannot be read: Permission denied; make it readable, or write a \
                pattern that does not match there";
    assert!(done.stderr.contains(said), "{done}");
}

fn a_hundred_thousand_matches(place: &TestDir) {
    install(place);
    place.dir("many");
    let many = if place.who.is_root() { 100_000 } else { 1_000 };
    for number in 0..many {
        fs::File::create(place.at(&format!("many/{number}"))).expect("room");
    }
    let plan = Policy::new(place)
        .shows(&place.text("many"), "/many")
        .filesystem("masked_paths: [\"/many/*\"]")
        .compile(place);
    let done = run(place, &plan, &["true"]);
    assert_eq!(done.code(), 125, "{done}");
    let said = "matches more than 512 paths, the limit of a plan: write a narrower pattern, or name a directory that holds them";
    assert!(done.stderr.contains(said), "{done}");
}
