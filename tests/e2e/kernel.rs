//! Kernel files and mounts: nothing there to change or to learn.

use super::inside::{PYTHON, facts, facts_under, script};
use purple_tests::identity::skip;
use purple_tests::policy::Policy;
use purple_tests::run::Run;
use purple_tests::test_dir::TestDir;
use serde_json::{Value, json};
use std::process::Command;

scenarios! {
    kernel_settings_cannot_be_written
    kernel_secrets_cannot_be_read
    the_hosts_domain_name_stays_outside
    mounts_cannot_be_changed
    mounts_cannot_be_changed_without_the_filter
    no_nested_user_namespace
    keys_of_the_caller_stay_outside
}

/// Every system call of the baseline that changes mounts or namespaces, allowed by name.
const MOUNT_CALLS: &str = "[mount, umount2, pivot_root, chroot, open_tree, move_mount, fsopen, \
                           fsconfig, fsmount, fspick, mount_setattr, setns, unshare]";

fn each_is_one_of(found: &Value, names: &[&str]) {
    for (what, result) in found.as_object().expect("an object") {
        assert!(
            names.contains(&result.as_str().expect("a name")),
            "{what}: {result}"
        );
    }
}

fn kernel_settings_cannot_be_written(place: &TestDir) {
    let found = facts(place, include_str!("../probes/write_settings.py"));
    each_is_one_of(&found, &["EROFS", "EACCES", "EPERM", "ENOENT"]);
    assert_eq!(found["/proc/sys/kernel/hostname"], "EROFS");
    assert_eq!(found["/proc/sys/user/max_user_namespaces"], "EROFS");
}

fn kernel_secrets_cannot_be_read(place: &TestDir) {
    let found = facts(place, include_str!("../probes/read_secrets.py"));
    each_is_one_of(&found, &["EACCES", "ENOENT", "EPERM", "empty"]);
    assert_eq!(found["/sys/kernel"], "EACCES");
}

/// A namespace of names begins as a copy of the host's, whose NIS domain names an organisation.
fn the_hosts_domain_name_stays_outside(place: &TestDir) {
    if !nix::unistd::Uid::effective().is_root() {
        return skip(
            "kernel-the-hosts-domain-name",
            "only root can give a host one",
        );
    }
    let named = "echo secret.example > /proc/sys/kernel/domainname && exec \"$@\"";
    let wrapper = ["unshare", "--uts", "sh", "-c", named, "sh"];
    let plan = Policy::new(place).compile(place);
    let text = "cat /proc/sys/kernel/domainname";
    let seen = Run::new(place, &plan, &["sh", "-c", text]).wrapped_by_root(&wrapper);
    assert_eq!(seen.finish().good(), "(none)\n");
    let outside = [&wrapper[..], &["sh", "-c", text]].concat();
    let done = Command::new(outside[0]).args(&outside[1..]).output();
    assert_eq!(done.expect("it runs").stdout, b"secret.example\n");
}

/// Attempts to make read-only mounts writable and to uncover what is covered.
const ATTEMPTS: &str = include_str!("../probes/change_mounts.py");

fn mounts_cannot_be_changed(place: &TestDir) {
    each_is_one_of(&facts(place, ATTEMPTS), &["EPERM"]);
}

/// The filter is not what holds: without it, the capability is missing.
fn mounts_cannot_be_changed_without_the_filter(place: &TestDir) {
    let allow = format!("allow: {MOUNT_CALLS}");
    let policy = Policy::new(place).syscalls(&["default_deny: false", &allow]);
    each_is_one_of(&facts_under(place, &policy, ATTEMPTS), &["EPERM"]);
}

fn no_nested_user_namespace(place: &TestDir) {
    let attempts = include_str!("../probes/make_user_namespaces.py");
    let found = facts(place, attempts);
    assert_eq!(
        found,
        json!({"unshare": "EPERM", "clone": "ENOSPC", "clone3": "ENOSPC"})
    );
    let policy = Policy::new(place).syscalls(&["default_deny: false", "allow: [unshare]"]);
    let found = facts_under(place, &policy, attempts);
    assert_eq!(
        found,
        json!({"unshare": "ENOSPC", "clone": "ENOSPC", "clone3": "ENOSPC"})
    );
}

/// A key in the caller's session keyring is found outside, and not inside, even where `keyctl` is
/// allowed.
fn keys_of_the_caller_stay_outside(place: &TestDir) {
    let search = include_str!("../probes/search_the_session_keyring.py");
    let outside = script(&format!(
        "{search}{}",
        include_str!("../probes/keep_a_key_and_run.py")
    ));
    let policy = Policy::new(place).syscalls(&["default_deny: false", "allow: [keyctl]"]);
    let inside = script(&format!("{search}print(search())"));
    let done = Run::new(place, &policy.compile(place), &[PYTHON, "-c", &inside])
        .wrapped(&[PYTHON, "-c", &outside])
        .finish();
    assert_eq!(done.good(), "ENOKEY\n");
}
