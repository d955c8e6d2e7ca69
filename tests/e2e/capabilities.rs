//! Capabilities that a policy keeps hold in a user namespace of the program's own, and there only.

use super::inside::{facts, facts_under};
use purple_tests::policy::Policy;
use purple_tests::test_dir::TestDir;
use serde_json::json;

scenarios! { one_capability the_strongest_capabilities none_by_default }

const LOOK: &str = include_str!("../probes/list_capabilities.py");

fn one_capability(place: &TestDir) {
    let policy = Policy::new(place).section("capabilities: {add: [CAP_NET_BIND_SERVICE]}");
    let text = format!("{LOOK}{}", include_str!("../probes/one_capability.py"));
    let found = facts_under(place, &policy, &text);
    let bit = "0000000000000400";
    let expected = json!({"caps": [bit, bit, bit, bit, bit], "map": ["1000", "1000", "1"],
        "interfaces": ["lo"], "host": "ok", "nested": "EPERM", "raw": "EPERM", "chown": "EINVAL", "child": bit});
    assert_eq!(found, expected);
}

/// Even with every capability that matters, and with every call allowed, the mounts belong to
/// another user namespace.
fn the_strongest_capabilities(place: &TestDir) {
    let allow = "allow: [mount, umount2, pivot_root, chroot, open_tree, move_mount, fsopen, fsconfig, fsmount, \
        fspick, mount_setattr, setns, unshare, sethostname, ptrace, bpf, perf_event_open, keyctl, reboot, \
        settimeofday, open_by_handle_at, syslog]";
    let policy = Policy::new(place)
        .section("capabilities: {add: [CAP_SYS_ADMIN, CAP_SYS_PTRACE, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, \
                  CAP_CHOWN, CAP_FOWNER, CAP_SETUID, CAP_SETGID, CAP_SYS_CHROOT, CAP_MKNOD, CAP_NET_ADMIN, CAP_SYSLOG, \
                  CAP_SYS_TIME, CAP_SYS_BOOT, CAP_SYS_MODULE, CAP_SYS_RAWIO, CAP_BPF, CAP_SETFCAP]}")
        .syscalls(&["default_deny: false", allow]);
    let text = include_str!("../probes/strongest_capabilities.py");
    let found = facts_under(place, &policy, text);
    for (what, result) in found["before"].as_object().expect("an object") {
        let result = result.as_str().expect("a name");
        assert!(
            ["EPERM", "EROFS", "EACCES", "EINVAL"].contains(&result),
            "{what}: {result}: {found}"
        );
    }
    for (what, result) in found["inner"].as_object().expect("an object") {
        let result = result.as_str().expect("a name");
        let expected = if what == "user" {
            "ENOSPC"
        } else {
            "EPERM EINVAL"
        };
        assert!(expected.contains(result), "{what}: {result}: {found}");
    }
    assert_eq!(
        found["writes"],
        json!({"usr": "EROFS", "etc": "EROFS", "setting": "EROFS"}),
        "{found}"
    );
}

fn none_by_default(place: &TestDir) {
    let found = facts(
        place,
        &format!(
            "{LOOK}\n{}",
            include_str!("../probes/without_capabilities.py")
        ),
    );
    let none = "0000000000000000";
    let outside = place.who.outside().to_string();
    let expected = json!({"caps": [none, none, none, none, none], "low": "EACCES", "map": ["1000", outside, "1"]});
    assert_eq!(found, expected);
}
