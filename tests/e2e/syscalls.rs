//! The filter in force.

use super::inside::{facts, facts_under, python};
use purple_tests::identity::skip;
use purple_tests::policy::Policy;
use purple_tests::run::Run;
use purple_tests::test_dir::TestDir;
use serde_json::json;
use std::path::Path;

scenarios! {
    denied_calls
    numbers_above_the_table
    socket_families
    other_entry_points_kill
    denial_that_kills
    denial_with_another_error
    rule_on_an_argument
    deny_by_default
    notification_without_a_listener_is_refused
}

/// The exit status of a program that SIGSYS ended.
const BAD_CALL: i32 = 128 + 31;

fn denied_calls(place: &TestDir) {
    let found = facts(place, include_str!("../probes/baseline_calls.py"));
    for (name, result) in found.as_object().expect("an object") {
        assert_eq!(result, "EPERM", "{name}");
    }
}

fn numbers_above_the_table(place: &TestDir) {
    let found = facts(
        place,
        "show(**{str(n): syscall(n) for n in [600, 9999, 0x3fffffff]})",
    );
    assert_eq!(
        found,
        json!({"600": "ENOSYS", "9999": "ENOSYS", "1073741823": "ENOSYS"})
    );
}

fn socket_families(place: &TestDir) {
    let found = facts(place, include_str!("../probes/sockets_by_family.py"));
    let good = [
        "unix",
        "inet",
        "inet6",
        "high_inet",
        "routes",
        "high_routes",
    ];
    for (name, result) in found.as_object().expect("an object") {
        assert_eq!(
            result,
            if good.contains(&name.as_str()) {
                "ok"
            } else {
                "EPERM"
            },
            "{name}"
        );
    }
}

fn other_entry_points_kill(place: &TestDir) {
    if !Path::new("/usr/bin/gcc").exists() {
        return skip("syscalls-other_entry_points_kill", "gcc is not installed");
    }
    let plan = Policy::new(place).compile(place);
    let source = "#include <stdio.h>\n#include <stdlib.h>\n#include <unistd.h>\n#include <sys/syscall.h>\n\
        int main(int n, char **v) {\n  long r = 0, number = atol(v[2]);\n  \
        if (*v[1] == 'i') __asm__ volatile (\"int $0x80\" : \"=a\"(r) : \"a\"(number), \"b\"(0), \"c\"(0), \"d\"(0));\n  \
        else r = syscall(number, 0, 0, 0);\n  printf(\"%ld\\n\", r);\n}\n";
    place.file("output/call.c", source);
    let built = Run::new(place, &plan, &["gcc", "-o", "call", "call.c"]).finish();
    assert_eq!(built.good(), "");
    // getpid does no harm and is allowed, so only the way in can be what kills.
    let native = Run::new(place, &plan, &["./call", "n", "39"]).finish();
    assert_eq!(native.good(), "2\n");
    let x32 = |number: u32| (0x4000_0000_u32 | number).to_string();
    let (getpid, mount) = (x32(39), x32(165));
    // In the 32-bit table 20 is getpid, 21 mount, 26 ptrace, 359 socket.
    for (way, number) in [
        ("i", "20"),
        ("i", "21"),
        ("i", "26"),
        ("i", "359"),
        ("n", &getpid),
        ("n", &mount),
    ] {
        let done = Run::new(place, &plan, &["./call", way, number])
            .report()
            .finish();
        assert_eq!(
            (done.code(), done.out().as_str()),
            (BAD_CALL, ""),
            "{way} {number}"
        );
        assert_eq!(done.report.expect("a report")["signal"], 31);
    }
}

fn denial_that_kills(place: &TestDir) {
    let policy = Policy::new(place).syscalls(&[
        "default_deny: false",
        "deny: [sethostname]",
        "on_deny: kill",
    ]);
    let done = python(
        place,
        &policy.compile(place),
        "syscall(SYS_sethostname, b'x', 1); show(alive=1)",
    )
    .finish();
    assert_eq!((done.code(), done.out().as_str()), (BAD_CALL, ""), "{done}");
}

fn denial_with_another_error(place: &TestDir) {
    let policy = Policy::new(place).syscalls(&[
        "default_deny: false",
        "deny: [getcpu]",
        "on_deny: {errno: EXDEV}",
    ]);
    let found = facts_under(
        place,
        &policy,
        "show(denied=syscall(SYS_getcpu, 0, 0), baseline=syscall(SYS_mount), fine=syscall(SYS_getpid))",
    );
    assert_eq!(
        found,
        json!({"denied": "EXDEV", "baseline": "EXDEV", "fine": "ok"})
    );
}

fn rule_on_an_argument(place: &TestDir) {
    // O_CREAT is 64.
    let rule = "advanced_rules: [{syscall: openat, action: errno, errno: EROFS, \
                conditions: [{arg: 2, op: masked_eq, value: 64, mask: 64}]}]";
    let policy = Policy::new(place).syscalls(&["default_deny: false", rule]);
    let found = facts_under(place, &policy, include_str!("../probes/open_to_make.py"));
    assert_eq!(
        found,
        json!({"make": "EROFS", "read": "ok", "high": "EROFS", "left": []})
    );
}

fn deny_by_default(place: &TestDir) {
    let allow = "allow: [execve, brk, mmap, munmap, mprotect, openat, close, read, pread64, fstat, newfstatat, \
        access, arch_prctl, set_tid_address, set_robust_list, rseq, prlimit64, getrandom, write, exit_group, futex]";
    let plan = Policy::new(place)
        .syscalls(&["default_deny: true", allow])
        .compile(place);
    let done = Run::new(place, &plan, &["cat", "/etc/hostname"]).finish();
    assert_eq!(done.out(), "purple\n", "{done}");
    assert_eq!(done.code(), 0);
    let done = Run::new(place, &plan, &["mkdir", "/tmp/new"]).finish();
    assert_eq!(done.code(), 1);
    assert!(
        done.stderr.contains("cannot create directory")
            && done.stderr.contains("Operation not permitted"),
        "{done}"
    );

    // Without execve in it, the program cannot even start, and that is said.
    let plan = Policy::new(place)
        .syscalls(&["default_deny: true", "allow: [read, write, exit_group]"])
        .compile(place);
    Run::new(place, &plan, &["true"])
        .finish()
        .refused(126, "exec: true: EPERM");
}

fn notification_without_a_listener_is_refused(place: &TestDir) {
    let policy =
        Policy::new(place).syscalls(&["default_deny: false", "deny: [getcpu]", "on_deny: notify"]);
    let line = policy.line_of("on_deny");
    let plan = policy.compile(place);
    let done = Run::new(place, &plan, &["true"]).finish();
    done.refused(125, &format!(
        "audit: the plan needs a record, which purple run keeps; take it by --report FILE, or run without it by --unenforced audit (policy line {line})"
    ));
}
