//! Threats 11 and 17: programs that the policy does not show, and programs with privileges.

use super::attack::{attack, has, outside};
use nix::unistd::{Gid, Uid, chown};
use purple_tests::identity::skip;
use purple_tests::inside::facts_under;
use purple_tests::policy::Policy;
use purple_tests::test_dir::TestDir;
use serde_json::json;
use std::fs::{self, Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

scenarios! { a_program_that_is_not_shown programs_with_privileges }

fn copy(program: &str, place: &TestDir, name: &str) {
    let copied = Command::new("cp").arg(program).arg(place.at(name)).status();
    assert!(copied.is_ok_and(|status| status.success()), "{program}");
}

/// By its path, by the loader, by a copy in memory, through the roots of processes.
fn a_program_that_is_not_shown(place: &TestDir) {
    copy("/usr/bin/true", place, "host-tool");
    let program = place.text("host-tool");
    let text = format!(
        "PROGRAM = {program:?}\n{}",
        include_str!("../probes/run_a_program.py")
    );
    let loader = "/lib64/ld-linux-x86-64.so.2";
    if has(loader, "files::a_program_that_is_not_shown") {
        let test = "files::a_program_that_is_not_shown";
        attack(
            place,
            &Policy::new(place),
            test,
            &text,
            &["ENOENT", "ENOEXEC"],
        );
    }
}

/// Set-user-id and file capabilities, in a tree that is shown and in one that is written to.
fn programs_with_privileges(place: &TestDir) {
    if !Uid::effective().is_root() {
        return skip(
            "files::programs_with_privileges",
            "only root can make such programs",
        );
    }
    if !has("/usr/sbin/setcap", "files::programs_with_privileges") {
        return;
    }
    place.dir("output/shown");
    place.dir("tree");
    // What a user gets is root; what root gets is somebody else.
    let owner = if place.who.is_root() { 4242 } else { 0 };
    for dir in ["output", "output/shown", "tree"] {
        copy("/usr/bin/id", place, &format!("{dir}/id"));
        copy("/usr/bin/grep", place, &format!("{dir}/grep"));
        let id = place.at(&format!("{dir}/id"));
        chown(&id, Some(Uid::from_raw(owner)), Some(Gid::from_raw(owner))).expect("root may");
        set_permissions(&id, Permissions::from_mode(0o6755)).expect("root may");
        let grep = place.text(&format!("{dir}/grep"));
        let given = Command::new("/usr/sbin/setcap")
            .args(["cap_net_raw,cap_sys_admin+ep", &grep])
            .status();
        assert!(given.is_ok_and(|status| status.success()), "setcap");
    }
    // The loader shows the auxiliary vector of a program that is not privileged (ld.so(8)).
    let text = include_str!("../probes/programs_with_privileges.py");
    let free = outside(place, text);
    for dir in ["shown", "written"] {
        assert_eq!(free[dir]["user"], owner.to_string(), "{free}");
        assert_eq!(free[dir]["group"], owner.to_string(), "{free}");
        assert_eq!(free[dir]["secure"], json!([]), "{free}");
        assert_ne!(free[dir]["caps"], "0000000000000000", "{free}");
    }
    let policy = Policy::new(place).shows(&place.text("tree"), "/output/shown");
    let inside = facts_under(place, &policy, text);
    let plain =
        json!({"user": "1000", "group": "1000", "secure": ["0"], "caps": "0000000000000000"});
    assert_eq!(inside, json!({"shown": plain, "written": plain}));
    for dir in ["output", "tree"] {
        fs::remove_dir_all(place.at(dir)).expect("the test's own");
    }
}
