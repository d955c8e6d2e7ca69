//! The kernel's surface that is closed in every policy, also where all other calls are allowed.

use super::inside::{facts_under, python, script};
use purple_tests::policy::Policy;
use purple_tests::test_dir::TestDir;
use purplec::syscalls::{Arch, BASELINE, syscall_number};
use serde_json::{Value, json};
use std::os::unix::process::CommandExt;
use std::process::Command;

scenarios! {
    every_call_of_the_baseline_is_denied
    no_other_family_of_sockets
    what_a_policy_names_is_open
    no_user_namespace_below_that_of_capabilities
}

/// Every call that x86-64 has of the baseline, under a policy that allows all but it, and under
/// one that allows all of its groups.
fn every_call_of_the_baseline_is_denied(place: &TestDir) {
    let calls: Vec<(&str, u32)> = BASELINE
        .iter()
        .filter_map(|entry| Some((entry.name, syscall_number(Arch::X86_64, entry.name)?)))
        .collect();
    assert!(calls.len() > 60, "{}", calls.len());
    let text = format!(
        "show(**{{name: syscall(number, -1, -1, -1, -1, -1, -1) for name, number in {}.items()}})",
        {
            let pairs: Vec<String> = calls
                .iter()
                .map(|(name, number)| format!("{name:?}: {number}"))
                .collect();
            format!("{{{}}}", pairs.join(", "))
        }
    );
    for syscalls in [
        &["default_deny: false"][..],
        &["default_deny: false", "allow: [\"@file-system\"]"],
    ] {
        let found = facts_under(place, &Policy::new(place).syscalls(syscalls), &text);
        for (name, result) in found.as_object().expect("an object") {
            assert_eq!(result, "EPERM", "{name}");
        }
        assert_eq!(
            found.as_object().map(serde_json::Map::len),
            Some(calls.len())
        );
    }
}

fn no_other_family_of_sockets(place: &TestDir) {
    let found = facts_under(
        place,
        &Policy::new(place).syscalls(&["default_deny: false"]),
        include_str!("../probes/socket_families.py"),
    );
    assert_eq!(
        found,
        json!({"socket": ["EPERM"], "pair": ["EPERM"], "unix": "ok"})
    );
}

/// What an ordinary program on the host gets of the same calls.
fn on_host(place: &TestDir, text: &str) -> Value {
    let mut command = Command::new(super::inside::PYTHON);
    command
        .args(["-ISc", &script(text)])
        .current_dir(place.at(""));
    if !place.who.is_root() && nix::unistd::Uid::effective().is_root() {
        command.uid(place.who.uid).gid(place.who.gid);
    }
    let done = command.output().expect("python runs");
    serde_json::from_slice(&done.stdout).expect("JSON")
}

/// The filter is what closes it: named in `allow`, the same calls do what they do on the host.
fn what_a_policy_names_is_open(place: &TestDir) {
    let text = include_str!("../probes/calls_that_a_policy_names.py");
    let closed = facts_under(
        place,
        &Policy::new(place).syscalls(&["default_deny: false"]),
        text,
    );
    for (what, result) in closed.as_object().expect("an object") {
        assert_eq!(result, "EPERM", "{what}");
    }
    let allow = "allow: [io_uring_setup, add_key, ptrace, kcmp, {socket: 'domain in {AF_ALG, AF_VSOCK, AF_NETLINK}'}]";
    let open = Policy::new(place)
        .syscalls(&["default_deny: false", allow])
        .compile(place);
    let found = python(place, &open, text).finish().facts();
    let outside = on_host(place, text);
    assert_eq!(found, outside);
    // At least these are there everywhere, so that something was shown.
    for name in ["key", "netlink", "trace"] {
        assert_eq!(found[name], "ok", "{found}");
    }
}

/// A program with capabilities has a user namespace of its own, and can make none below it.
fn no_user_namespace_below_that_of_capabilities(place: &TestDir) {
    let policy = Policy::new(place)
        .syscalls(&["default_deny: false", "allow: [unshare]"])
        .section("capabilities: {add: [CAP_NET_BIND_SERVICE, CAP_SETUID]}");
    let text = "show(unshare=syscall(SYS_unshare, CLONE_NEWUSER), raised=attempt(write, '/proc/sys/user/max_user_namespaces', '9'))";
    let found = facts_under(place, &policy, text);
    assert_eq!(found, json!({"unshare": "ENOSPC", "raised": "EROFS"}));
}
