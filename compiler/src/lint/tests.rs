//! The lints on policies where they must say nothing, and comments that let findings stand.
#![expect(clippy::expect_used, reason = "a test says what it relies on")]

use crate::diagnostics::Sink;
use crate::pipeline::{self, Options, Outcome, Stage};
use crate::source::Source;
use crate::syscalls::Arch;

fn outcome(text: &str) -> Outcome {
    let options = Options {
        emit: Some(Stage::Ir),
        ..Options::default()
    };
    let source = Source::new("policy", text);
    pipeline::compile(&source, &options, Sink::new()).expect("no defect")
}

fn codes(text: &str) -> Vec<&'static str> {
    outcome(text)
        .diagnostics
        .iter()
        .map(|found| found.code)
        .collect()
}

fn syscalls(lines: &str) -> Vec<&'static str> {
    codes(&format!("name: a\nsyscalls:\n{lines}"))
}

fn files(immutable: &[(&str, &str)], output: &[(&str, &str)]) -> Vec<&'static str> {
    let list = |paths: &[(&str, &str)]| {
        let entry = |(host, inside): &(&str, &str)| {
            format!("{{host_path: {host:?}, sandbox_path: {inside:?}}}")
        };
        paths.iter().map(entry).collect::<Vec<_>>().join(", ")
    };
    codes(&format!(
        "name: a\nresources: {{session_timeout_seconds: 60}}\nfilesystem:\n  immutable_paths: [{}]\n  output_paths: [{}]\n",
        list(&[&[("/usr", "/usr")], immutable].concat()),
        list(output),
    ))
}

const START: &str =
    "arch_prctl, close, execve, exit_group, mmap, mprotect, newfstatat, openat, pread64, read";

#[test]
fn the_shipped_profile_draws_no_finding() {
    assert_eq!(
        codes(include_str!("../../../policies/ai-dev-safe.yaml")),
        Vec::<&str>::new()
    );
}

#[test]
fn a_start_is_judged_on_each_architecture_by_its_own_calls() {
    for arch in Arch::ALL.into_iter().filter(|arch| arch.is_native()) {
        let options = Options {
            architectures: vec![arch],
            emit: Some(Stage::Ir),
            ..Options::default()
        };
        let found = |text: &str| {
            let source = Source::new("policy", text);
            let outcome = pipeline::compile(&source, &options, Sink::new()).expect("no defect");
            outcome
                .diagnostics
                .iter()
                .any(|found| found.code == "start-calls-denied")
        };
        let all = format!(
            "name: a\nsyscalls:\n  allow: [{START}, mmap2, fstat, fstatat64, statx, set_thread_area, set_tls]\n"
        );
        assert!(!found(&all), "{arch}");
        assert!(found(&all.replace("mprotect, ", "")), "{arch}");
    }
}

#[test]
fn where_a_denial_kills_a_start_needs_every_call_it_makes() {
    let list = format!("  allow: [{START}]\n");
    assert_eq!(syscalls(&list), Vec::<&str>::new());
    assert_eq!(
        syscalls(&(list + "  on_deny: kill\n")),
        ["start-calls-denied"]
    );
}

#[test]
fn denying_what_a_filter_cannot_see_is_no_mistake() {
    for deny in [
        "clone3",
        "openat2",
        "openat2, clone3",
        "execveat",
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
        "open", "kill", "fork", "chmod", "unlink", "rename", "sendto", "setuid", "creat",
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
fn a_part_of_a_writable_tree_that_is_protected_there_is_no_finding() {
    let clean = Vec::<&str>::new();
    assert_eq!(
        files(&[("./src", "/project/src")], &[("./x", "/project")]),
        clean
    );
    assert_eq!(
        files(&[("./x/src", "/project/src")], &[("./x", "/project")]),
        clean
    );
    assert_eq!(
        files(&[("./x/src", "/src")], &[("./x", "/project")]),
        ["read-only-also-writable"]
    );
    assert_eq!(
        files(&[("./x", "/src")], &[("./x", "/project")]),
        ["read-only-also-writable"]
    );
    // The directory around an output path is read-only but for it, which is plain to see.
    assert_eq!(
        files(&[(".", "/project")], &[("./output", "/output")]),
        clean
    );
    assert_eq!(
        files(&[(".git", "/project/.git")], &[(".", "/project")]),
        clean
    );
    assert_eq!(files(&[], &[("./.", "/project")]), clean);
    assert_eq!(
        files(&[], &[("./.git/hooks", "/hooks")]),
        ["project-writable"]
    );
}

#[test]
fn an_error_is_not_linted_about() {
    assert_eq!(syscalls("  allow: [exekve]\n"), ["syscall-unknown"]);
}

#[test]
fn findings_stand_where_a_comment_says_why() {
    let text = "name: a\nsyscalls:\n  default_deny: false\n  allow:\n";
    for entry in [
        "    - ptrace # purple: allow[dangerous-call-allowed] debugging\n",
        "    # purple: allow[dangerous-call-allowed] debugging\n    - ptrace\n",
        "    # purple: allow[dangerous-call-allowed] debugging\n    # more words\n    - ptrace\n",
        "    #purple: allow[ dangerous-call-allowed ]: debugging\n    - \"ptrace\"\n",
    ] {
        let found = outcome(&format!("{text}{entry}"));
        assert_eq!(found.diagnostics, [], "{entry}");
        let [one] = found.suppressed.as_slice() else {
            unreachable!("{entry}")
        };
        assert_eq!(
            (one.diagnostic.code, one.reason.as_str()),
            ("dangerous-call-allowed", "debugging")
        );
    }
    let several = "    - ptrace # purple: allow[dangerous-call-allowed, syscall-duplicate] both\n";
    assert_eq!(codes(&format!("{text}{several}")), ["suppression-unused"]);
    assert_eq!(
        codes(&format!(
            "{text}    - ptrace\n    # purple: allow[dangerous-call-allowed] below it\n    - read\n"
        )),
        ["dangerous-call-allowed", "suppression-unused"]
    );
}

#[test]
fn a_hash_inside_a_text_begins_no_comment() {
    for description in [
        "\"x # purple: nonsense\"",
        "'x # purple: nonsense'",
        "x#purple: nonsense",
        "|\n  # purple: nonsense\n  text",
        ">-\n  text\n  # purple: nonsense",
    ] {
        let text = format!("name: a\ndescription: {description}\n");
        let found = codes(&text);
        assert!(
            !found.iter().any(|code| code.starts_with("suppression-")),
            "{text}{found:?}"
        );
    }
    assert_eq!(
        codes("name: a # purple: nonsense\n"),
        ["suppression-malformed"]
    );
}

#[test]
fn an_error_does_not_stand() {
    let found = codes("name: a\nresources:\n  pids_limit: 0 # purple: allow[out-of-range] few\n");
    assert_eq!(found, ["out-of-range", "suppression-of-error"]);
}

/// What is worst about a path is not all: that it can be changed is said too.
#[test]
fn a_dangerous_path_that_is_writable_is_called_both() {
    for (host, shown) in [
        ("/", "host-root-shown"),
        ("/etc", "credentials-shown"),
        ("/root/.ssh", "credentials-shown"),
        ("/home/bob", "home-shown"),
        ("/usr/..", "host-root-shown"),
    ] {
        let found = files(&[], &[(host, "/out")]);
        assert!(
            found.contains(&shown) && found.contains(&"host-system-writable"),
            "{found:?}"
        );
        let found = files(&[(host, "/in")], &[]);
        assert!(
            found.contains(&shown) && !found.contains(&"host-system-writable"),
            "{found:?}"
        );
    }
}

#[test]
fn a_start_is_judged_by_the_arguments_of_its_calls() {
    let found = |list: &str, condition: &str| {
        let text =
            format!("name: a\nsyscalls:\n  default_deny: false\n  {list}: [{{{condition}}}]\n");
        let outcome = outcome(&text);
        let mut starts = outcome
            .diagnostics
            .iter()
            .filter(|one| one.code == "start-calls-denied");
        starts
            .next()
            .map(|one| one.message.clone())
            .unwrap_or_default()
    };
    for (list, condition, call) in [
        (
            "allow",
            "openat: 'flags == O_RDONLY'",
            "`openat(AT_FDCWD, address, O_RDONLY|O_CLOEXEC)`",
        ),
        (
            "allow",
            "mmap: 'prot & PROT_EXEC == 0'",
            "PROT_READ|PROT_EXEC",
        ),
        ("allow", "read: 'fd < 3'", "`read(3, address, 832)`"),
        (
            "deny",
            "mprotect: 'prot == PROT_READ'",
            "`mprotect(address, 4096, PROT_READ)`",
        ),
    ] {
        let message = found(list, condition);
        assert!(
            message.contains("cannot start") && message.contains(call),
            "{message}"
        );
    }
    for (list, condition) in [
        ("allow", "openat: 'flags & O_ACCMODE == O_RDONLY'"),
        (
            "allow",
            "mmap: 'prot & PROT_WRITE == 0 || prot & PROT_EXEC == 0'",
        ),
        ("deny", "mprotect: 'prot & PROT_EXEC'"),
        ("deny", "close: 'fd < 3'"),
    ] {
        assert_eq!(found(list, condition), "", "{condition}");
    }
}

#[test]
fn programs_of_glibc_open_with_openat_and_those_of_musl_with_open() {
    let found = |deny: &str| {
        let outcome = outcome(&format!(
            "name: a\nsyscalls:\n  default_deny: false\n  deny: [{deny}]\n"
        ));
        let mut starts = outcome
            .diagnostics
            .iter()
            .filter(|one| one.code == "start-calls-denied");
        starts.next().map(|one| one.message.clone())
    };
    let glibc = "a program that is linked to glibc cannot start: `openat` is denied";
    assert_eq!(found("openat").as_deref(), Some(glibc));
    assert_eq!(found("open"), None);
    let both = "a dynamically linked program cannot start: `openat` is denied";
    assert_eq!(found("open, openat").as_deref(), Some(both));
}

#[test]
fn a_rule_that_opens_what_a_plain_allow_leaves_out_is_told() {
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
    for command in ["TIOCSTI", "TIOCLINUX"] {
        let condition = format!("cmd == {command}");
        assert_eq!(
            rule("ioctl", "log", &condition),
            ["guarded-value-allowed"],
            "{command}"
        );
    }
    assert_eq!(
        rule("socket", "log", "family == AF_INET"),
        Vec::<&str>::new()
    );
}

#[test]
fn a_protocol_beside_a_list_of_ports_is_told_and_without_a_list_is_not() {
    let guarded = |network: &str, condition: &str| {
        let text = format!(
            "name: a\nnetwork: {{isolated: false, {network}}}\nsyscalls:\n  default_deny: false\n  \
             allow: [{{socket: 'domain == AF_INET && {condition}'}}]\n"
        );
        codes(&text)
            .iter()
            .filter(|code| **code == "guarded-value-allowed")
            .count()
    };
    for ports in [
        "allowed_outgoing_ports: [443]",
        "allowed_incoming_ports: [80]",
    ] {
        for (condition, found) in [
            ("protocol == IPPROTO_MPTCP", 1),
            ("protocol in {IPPROTO_MPTCP, IPPROTO_SMC}", 2),
            ("protocol == IPPROTO_UDP", 0),
            ("protocol != IPPROTO_MPTCP", 0),
        ] {
            assert_eq!(guarded(ports, condition), found, "{ports}: {condition}");
        }
    }
    assert_eq!(guarded("dns_servers: []", "protocol == IPPROTO_MPTCP"), 0);
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

#[test]
fn a_working_directory_that_cannot_be_there_is_an_error() {
    let found = |inside: &str| {
        codes(&format!(
            "name: a\nfilesystem:\n  scratch_paths: [/tmp, /project/scratch]\n  working_dir: {inside}\n  \
             immutable_paths: [{{host_path: /usr, sandbox_path: /usr}}]\n"
        ))
    };
    for path in ["/nowhere", "/tmp/below", "/usrs", "/etc/hostname"] {
        assert_eq!(found(path), ["working-dir-missing"], "{path}");
    }
    for path in [
        "/",
        "/usr",
        "/usr/perhaps",
        "/lib/perhaps",
        "/tmp",
        "/project",
        "/dev",
        "/proc/1",
    ] {
        assert_eq!(found(path), Vec::<&str>::new(), "{path}");
    }
}

#[test]
fn a_suppression_is_read_in_whatever_letters_and_says_why() {
    let with = |comment: &str| {
        codes(&format!(
            "name: a\nsyscalls:\n  default_deny: false\n  allow:\n    - ptrace # {comment}\n"
        ))
    };
    assert_eq!(
        with("Purple: allow[dangerous-call-allowed] debugging"),
        Vec::<&str>::new()
    );
    assert_eq!(
        with("PURPLE: nonsense"),
        ["dangerous-call-allowed", "suppression-malformed"]
    );
    for reason in ["", ".", "--", "!?", "x"] {
        let found = with(&format!("purple: allow[dangerous-call-allowed] {reason}"));
        assert_eq!(found, ["suppression-reason-missing"], "{reason}");
    }
}

#[test]
fn what_a_shell_would_replace_is_not() {
    for path in ["~", "~/x", "~bob/x", "$HOME/x", "/srv/${NAME}"] {
        assert_eq!(
            files(&[(path, "/x")], &[]),
            ["host-path-not-expanded"],
            "{path}"
        );
    }
    for path in ["..", "../x", "./a/../../x"] {
        assert_eq!(files(&[(path, "/x")], &[]), ["host-path-upward"], "{path}");
    }
    assert_eq!(
        files(&[("a/../x", "/x"), ("a~b", "/y")], &[]),
        Vec::<&str>::new()
    );
}

/// What is told is denied, so that no lint takes it for a way through.
#[test]
fn what_a_supervisor_is_told_of_does_not_go_through() {
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
fn ports_that_no_socket_can_use_are_told_whatever_denies_the_sockets() {
    let found = |network: &str, lists: &str| {
        let text = format!(
            "name: a\nresources: {{session_timeout_seconds: 9}}\nnetwork: {{isolated: false, {network}}}\n\
             syscalls: {{default_deny: false, {lists}}}\n"
        );
        let outcome = outcome(&text);
        let mut all = outcome.diagnostics.iter();
        all.find(|one| one.code == "ports-without-socket")
            .map(|one| one.message.clone())
    };
    let families = "`socket` is denied for the families inet and inet6";
    for (lists, why) in [
        (
            "deny: [{socket: 'domain in {AF_INET, AF_INET6}'}]",
            Some(families),
        ),
        ("allow: [{socket: 'domain == AF_UNIX'}]", Some(families)),
        (
            "advanced_rules: [{syscall: socket, action: notify}]",
            Some("`socket` is denied"),
        ),
        ("deny: [socket, connect, bind]", Some("`socket` and")),
        ("deny: [{socket: 'domain == AF_INET6'}]", None),
        ("deny: [{socket: 'type & 0xf == SOCK_DGRAM'}]", None),
        (
            "allow: [{socket: 'domain == AF_INET && type == (SOCK_STREAM | SOCK_CLOEXEC)'}]",
            None,
        ),
        (
            "allow: [{socket: 'domain == AF_INET6 && protocol == IPPROTO_UDP'}]",
            None,
        ),
        ("advanced_rules: [{syscall: socket, action: log}]", None),
    ] {
        for network in [
            "allowed_outgoing_ports: [443]",
            "allowed_incoming_ports: [80/udp]",
        ] {
            let message = found(network, lists);
            let said = message
                .as_deref()
                .is_some_and(|text| why.is_some_and(|why| text.contains(why)));
            assert!(
                said || message.is_none() && why.is_none(),
                "{lists}: {message:?}"
            );
        }
    }
}
