//! The set-group-id bit: closed unless the policy opens it, and the set-user-id bit stays closed then.

use super::inside::facts_under;
use purple_tests::operator::{finished, install, purple};
use purple_tests::policy::Policy;
use purple_tests::run::bare;
use purple_tests::test_dir::TestDir;
use serde_json::json;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

scenarios! {
    without_the_key_the_bit_is_closed_to_directories_too
    with_the_key_shared_repositories_work
    a_recorded_denial_names_the_key
}

const PROBE: &str = include_str!("../probes/set_group_id.py");

/// A repository and a directory, as somebody outside has made them.
fn prepare(place: &TestDir) {
    bare(
        place,
        &["git", "init", "-q", "--shared=group", "output/repository"],
    )
    .good();
    let tree = place.dir("output/tree");
    fs::set_permissions(tree, Permissions::from_mode(0o2775)).expect("its own");
}

fn mode(place: &TestDir, name: &str) -> u32 {
    let status = place.at(name).metadata().expect("it was made");
    status.permissions().mode() & 0o7777
}

fn without_the_key_the_bit_is_closed_to_directories_too(place: &TestDir) {
    prepare(place);
    let found = facts_under(place, &Policy::new(place), PROBE);
    let denied = json!({
        "git": 128, "cp": 1, "archived": 0, "tar": 2,
        "directory": "EPERM", "file": "EPERM", "user": "EPERM", "both": "EPERM", "openat2": "ENOSYS",
    });
    assert_eq!(found, denied);
    assert_eq!(mode(place, "output/directory"), 0o755);
    assert_eq!(mode(place, "output/program"), 0o644);
}

fn with_the_key_shared_repositories_work(place: &TestDir) {
    prepare(place);
    let policy = Policy::new(place).filesystem("allow_set_group_id: true");
    let found = facts_under(place, &policy, PROBE);
    let allowed = json!({
        "git": 0, "cp": 0, "archived": 0, "tar": 0,
        "directory": "ok", "file": "ok", "user": "EPERM", "both": "EPERM", "openat2": "ENOSYS",
    });
    assert_eq!(found, allowed);
    for name in ["output/directory", "output/copied", "output/unpacked/tree"] {
        assert_eq!(mode(place, name), 0o2775, "{name}");
    }
    // Which is what the key's page says of it.
    assert_eq!(mode(place, "output/program"), 0o2755);
}

/// Where the run is recorded, and only for this bit.
fn a_recorded_denial_names_the_key(place: &TestDir) {
    install(place);
    let said = "purple: a file mode with the set-group-id bit was denied: `filesystem: {allow_set_group_id: true}` would allow it, \
                for files too";
    let log = place.text("home/log");
    let policy = Policy::new(place).section(&format!(
        "audit: {{enabled: true, detail_level: [syscall], log_path: {log}}}"
    ));
    policy.write(place);
    for (mode, expected) in [("2755", true), ("4755", false), ("6755", false)] {
        let command = format!("mkdir -p d; chmod {mode} d");
        let words = ["run", "--policy", "policy.yaml", "--", "sh", "-c", &command];
        let done = finished(purple(place, &words));
        assert_eq!(
            done.stderr.lines().any(|line| line == said),
            expected,
            "{mode}: {done}"
        );
        assert!(
            done.stderr.contains("purple: denied 1x fchmodat"),
            "{mode}: {done}"
        );
    }
}
