//! Threats 4, 5 and 6: files by which the kernel is steered, or tells too much.

use super::attack::{AS_ROOT_OF_ITS_OWN, attack, outside_by, stopped};
use purple_tests::inside::{facts, python};
use purple_tests::policy::Policy;
use purple_tests::test_dir::TestDir;
use serde_json::json;
use std::fs::{self, Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

scenarios! {
    files_that_steer_the_kernel
    files_that_tell_of_the_kernel
    control_groups
    the_executors_file_is_written
}

const DENIED: [&str; 4] = ["EROFS", "EACCES", "EPERM", "ENOENT"];

/// To open one for writing is harmless, and all that it takes.
fn files_that_steer_the_kernel(place: &TestDir) {
    let text = include_str!("../probes/steering_files.py");
    attack(
        place,
        &Policy::new(place),
        "kernel::files_that_steer_the_kernel",
        text,
        &DENIED,
    );
}

fn files_that_tell_of_the_kernel(place: &TestDir) {
    let text = include_str!("../probes/telling_files.py");
    let test = "kernel::files_that_tell_of_the_kernel";
    attack(
        place,
        &Policy::new(place),
        test,
        text,
        &["EACCES", "EPERM", "ENOENT", "empty"],
    );
}

/// A process moves itself to another group, and names a program that the kernel starts as root.
fn control_groups(place: &TestDir) {
    let text = include_str!("../probes/control_groups.py");
    attack(
        place,
        &Policy::new(place),
        "kernel::control_groups",
        text,
        &["ENOENT", "EACCES"],
    );

    // A group file system of its own would have them again.
    let text = include_str!("../probes/mount_a_group_tree.py");
    let free = outside_by(
        place,
        &[&AS_ROOT_OF_ITS_OWN[..], &["--cgroup"]].concat(),
        text,
    );
    stopped(
        place,
        "kernel::control_groups-mount",
        &free,
        &facts(place, text),
        &["EPERM"],
    );
}

/// The way from a running program to its file, which outlives the process (CVE-2019-5736).
fn the_executors_file_is_written(place: &TestDir) {
    let sleeper = place.at("sleeper");
    assert!(
        Command::new("cp")
            .arg("/usr/bin/sleep")
            .arg(&sleeper)
            .status()
            .is_ok()
    );
    for program in [&sleeper, &place.executor()] {
        set_permissions(program, Permissions::from_mode(0o777)).expect("its own");
    }
    let text = include_str!("../probes/reopened.py");
    let outside = format!(
        "{text}\n{}",
        include_str!("../probes/reopen_a_running_program.py")
    );
    let free = super::attack::outside(place, &outside);
    assert_eq!(free, json!({"running": "ETXTBSY", "ended": "ok"}));

    let before = fs::read(place.executor()).expect("the executor");
    let plan = Policy::new(place).compile(place);
    let inside = format!(
        "{text}show(init=reopened('/proc/1/exe'), files=attempt(os.listdir, '/proc/1/map_files'))"
    );
    let found = python(place, &plan, &inside).finish().facts();
    assert_eq!(found, json!({"init": "EACCES", "files": "EACCES"}));
    assert!(fs::read(place.executor()).expect("the executor") == before);
    set_permissions(place.executor(), Permissions::from_mode(0o755)).expect("its own");
}
