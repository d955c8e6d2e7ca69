//! Calls, and rules on them.

use super::{START, codes, syscalls};

#[test]
fn the_shipped_profile_draws_no_finding() {
    assert_eq!(
        codes(include_str!("../../../../policies/ai-dev-safe.yaml")),
        Vec::<&str>::new()
    );
}

#[test]
fn denying_what_a_filter_cannot_see_is_no_mistake() {
    for deny in [
        "clone3",
        "openat2",
        "openat2, clone3",
        "chroot",
        "mount",
        "ptrace",
    ] {
        assert_eq!(
            syscalls(&format!("  default_deny: false\n  deny: [{deny}]\n")),
            Vec::<&str>::new(),
            "{deny}"
        );
    }
    for deny in [
        "open",
        "kill",
        "fork",
        "chmod",
        "unlink",
        "rename",
        "sendto",
        "setuid",
        "creat",
        "execveat",
        "renameat2",
        "write",
        "mkdirat",
        "linkat",
        "symlinkat",
    ] {
        let found = syscalls(&format!("  default_deny: false\n  deny: [{deny}]\n"));
        assert_eq!(found, ["deny-leaves-equivalent"], "{deny}");
    }
    let whole = "  default_deny: false\n  deny: [kill, tkill, tgkill, pidfd_send_signal, rt_sigqueueinfo, rt_tgsigqueueinfo]\n";
    assert_eq!(syscalls(whole), Vec::<&str>::new());
    // An allow list that has one call of a kind denies nothing on purpose.
    assert_eq!(
        syscalls(&format!("  allow: [{START}, renameat2]\n")),
        Vec::<&str>::new()
    );
}

#[test]
fn a_rule_behind_a_wider_one_is_never_reached() {
    let rules = |first: &str, second: &str| {
        syscalls(&format!(
            "  default_deny: false\n  advanced_rules:\n    \
             - {{syscall: setpriority, action: kill, conditions: [{first}]}}\n    \
             - {{syscall: setpriority, action: deny, conditions: [{second}]}}\n"
        ))
    };
    let unreached = ["rule-unreachable"];
    assert_eq!(
        rules("{arg: 0, op: lt, value: 8}", "{arg: 0, op: eq, value: 3}"),
        unreached
    );
    assert_eq!(
        rules(
            "{arg: 0, op: masked_eq, mask: 1, value: 1}",
            "{arg: 0, op: eq, value: 3}, {arg: 1, op: eq, value: 0}"
        ),
        unreached
    );
    for (first, second) in [
        ("{arg: 0, op: lt, value: 3}", "{arg: 0, op: eq, value: 3}"),
        ("{arg: 1, op: eq, value: 3}", "{arg: 0, op: eq, value: 3}"),
        (
            "{arg: 0, op: eq, value: 3}, {arg: 1, op: eq, value: 0}",
            "{arg: 0, op: eq, value: 3}",
        ),
    ] {
        assert_eq!(
            rules(first, second),
            Vec::<&str>::new(),
            "{first} before {second}"
        );
    }
}

#[test]
fn an_error_is_not_linted_about() {
    assert_eq!(syscalls("  allow: [exekve]\n"), ["syscall-unknown"]);
}

#[test]
fn a_rule_that_opens_what_a_plain_allow_leaves_out_is_reported() {
    let found = |entry: &str| {
        syscalls(&format!(
            "  default_deny: false\n  advanced_rules: [{entry}]\n"
        ))
    };
    let rule = |call: &str, action: &str, condition: &str| {
        found(&format!(
            "{{syscall: {call}, action: {action}, conditions: '{condition}'}}"
        ))
    };
    for family in [
        "AF_ALG",
        "AF_PACKET",
        "AF_VSOCK",
        "AF_NETLINK",
        "AF_CAN",
        "63",
    ] {
        let condition = format!("family == {family}");
        assert_eq!(
            rule("socket", "log", &condition),
            ["guarded-value-allowed"],
            "{family}"
        );
        assert_eq!(
            rule("socket", "deny", &condition),
            Vec::<&str>::new(),
            "{family}"
        );
    }
    for command in ["TIOCSTI", "TIOCLINUX", "TIOCSETD"] {
        let condition = format!("cmd == {command}");
        assert_eq!(
            rule("ioctl", "log", &condition),
            ["guarded-value-allowed"],
            "{command}"
        );
    }
    assert_eq!(
        rule("socket", "log", "family == AF_INET"),
        ["rule-logs-only"]
    );
}

#[test]
fn namespaces_and_mounts_have_a_warning() {
    for call in ["unshare", "setns", "mount", "move_mount", "pivot_root"] {
        let found = syscalls(&format!("  default_deny: false\n  allow: [{call}]\n"));
        assert_eq!(found, ["dangerous-call-allowed"], "{call}");
    }
}

#[test]
fn a_comparison_of_what_may_be_negative_is_noted_where_it_surprises() {
    let found = |action: &str, call: &str, condition: &str| {
        let rule = format!("{{syscall: {call}, action: {action}, conditions: '{condition}'}}");
        let text = format!("  default_deny: false\n  advanced_rules: [{rule}]\n");
        syscalls(&text).contains(&"condition-unsigned")
    };
    assert!(found("log", "kill", "pid > 0"));
    assert!(found("log", "kill", "pid >= 100"));
    assert!(found("deny", "setpriority", "niceval < 5"));
    for (action, call, condition) in [
        ("log", "kill", "pid > 0 && pid < 0x80000000"),
        ("log", "kill", "pid > 0 && pid & 0x80000000 == 0"),
        ("log", "kill", "pid == 5"),
        ("deny", "kill", "pid > 0"),
        ("log", "setpriority", "niceval < 5"),
        ("log", "dup2", "newfd > 2"),
    ] {
        assert!(
            !found(action, call, condition),
            "{action} {call} {condition}"
        );
    }
}

#[test]
fn a_rule_on_one_of_two_forms_of_a_call_is_easy_to_avoid() {
    let found = |deny: &str| {
        syscalls(&format!(
            "  default_deny: false\n  architectures: [x86]\n  deny: [{deny}]\n  \
             advanced_rules: [{{syscall: lseek, action: allow, conditions: 'whence == SEEK_SET'}}]\n"
        ))
    };
    assert!(found("getcpu").contains(&"rule-leaves-equivalent"));
}

/// A call that a supervisor is notified of is denied, so that no lint takes it for a way through.
#[test]
fn what_a_supervisor_is_notified_of_does_not_go_through() {
    let rule = |call: &str| {
        syscalls(&format!(
            "  default_deny: false\n  advanced_rules: [{{syscall: {call}, action: notify}}]\n"
        ))
    };
    for call in ["bpf", "ptrace", "io_uring_setup", "keyctl"] {
        assert_eq!(rule(call), Vec::<&str>::new(), "{call}");
    }
    assert_eq!(rule("execve"), ["execve-denied"]);
    assert_eq!(rule("mmap"), ["start-calls-denied"]);
    let listed = "  on_deny: notify\n  allow: [execve, read]\n";
    assert_eq!(syscalls(listed), ["start-calls-denied"]);
    let denied = "  on_deny: notify\n  default_deny: false\n  deny: [mmap]\n";
    assert_eq!(
        syscalls(denied),
        ["deny-leaves-equivalent", "start-calls-denied"]
    );
}

#[test]
fn a_rule_without_which_calls_get_the_same_verdict_is_named() {
    let with = |rules: &str| {
        let found = syscalls(&format!(
            "  default_deny: false\n  advanced_rules: [{rules}]\n"
        ));
        found.contains(&"entry-without-effect")
    };
    let always = "{syscall: getcpu, action: allow}";
    let narrow = "{syscall: fcntl, action: deny, conditions: 'cmd == 3'}";
    let wide = "{syscall: fcntl, action: deny, conditions: 'cmd == 3 || cmd == 4'}";
    assert!(with(always));
    assert!(!with("{syscall: kcmp, action: allow}"));
    assert!(with(&format!("{narrow}, {wide}")));
    assert!(!with(narrow));
    let other = wide.replace("deny", "errno, errno: EIO");
    assert!(!with(&format!("{narrow}, {other}")));
}
