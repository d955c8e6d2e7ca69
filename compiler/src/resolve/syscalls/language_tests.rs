//! The language of conditions: what each means on each architecture, and what is said about it.
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use super::tests::{EPERM, compile, verdict, x86};
use super::*;
use crate::diagnostics::{Diagnostic, Severity};
use crate::parse;
use crate::pipeline::{self, Options};
use crate::source::Source;
use crate::syscalls::constants;

fn allow(call: &str, condition: &str) -> String {
    format!("{{allow: [{{{call}: \"{condition}\"}}]}}")
}

/// The findings of a policy's text: code, underlined text, message, help.
fn found(yaml: &str) -> Vec<(&'static str, String, String, String)> {
    let text = format!("name: a\nsyscalls:\n  {yaml}\n");
    let mut sink = Sink::new();
    let source = parse::decode("p", text.into_bytes(), &mut sink);
    let outcome = pipeline::compile(&source, &Options::default(), sink).unwrap();
    let source: &Source = outcome.sources.policy();
    let described = |one: Diagnostic| {
        let under = source.slice(one.span).to_owned();
        (one.code, under, one.message, one.help.unwrap_or_default())
    };
    // No program can start under these lists, which is another matter.
    let start = |one: &Diagnostic| matches!(one.code, "execve-denied" | "start-calls-denied");
    outcome
        .diagnostics
        .into_iter()
        .filter(|one| !start(one))
        .map(described)
        .collect()
}

#[test]
fn conditions_mean_what_they_say() {
    let read_only = allow("openat", "flags & O_ACCMODE == O_RDONLY");
    assert_eq!(
        x86(&read_only, "openat", &[0, 0, 0o2_000_000]),
        Action::Allow
    );
    assert_eq!(x86(&read_only, "openat", &[0, 0, 1]), EPERM);
    assert_eq!(x86(&read_only, "openat", &[0, 0, 2]), EPERM);
    let families = allow("socket", "domain in {AF_UNIX, AF_NETLINK}");
    for (family, action) in [
        (1, Action::Allow),
        (16, Action::Allow),
        (2, EPERM),
        (40, EPERM),
    ] {
        assert_eq!(x86(&families, "socket", &[family]), action, "{family}");
    }
    let cases: [(&str, &str, &[u64], &[u64]); 14] = [
        ("fcntl", "cmd not in {F_SETOWN, F_SETSIG}", &[0, 1], &[0, 8]),
        ("fcntl", "arg < 3", &[0, 0, 2], &[0, 0, 3]),
        ("fcntl", "3 > arg", &[0, 0, 2], &[0, 0, 3]),
        ("fcntl", "arg <= 3 and arg >= 2", &[0, 0, 2], &[0, 0, 1]),
        ("fcntl", "cmd == 1 || arg > 0x10", &[0, 1, 0], &[0, 2, 16]),
        (
            "fcntl",
            "not (cmd == 1 || arg > 16)",
            &[0, 2, 16],
            &[0, 1, 0],
        ),
        (
            "openat",
            "flags & (O_CREAT|O_EXCL) == O_CREAT",
            &[0, 0, 0o100],
            &[0, 0, 0o300],
        ),
        ("openat", "flags & O_CREAT", &[0, 0, 0o100], &[0, 0, 0]),
        ("openat", "!(flags & O_CREAT)", &[0, 0, 0], &[0, 0, 0o100]),
        (
            "openat",
            "(flags & O_CREAT) == 0",
            &[0, 0, 0],
            &[0, 0, 0o100],
        ),
        (
            "openat",
            "flags & ~(O_RDWR|O_CLOEXEC) == 0",
            &[0, 0, 0o2_000_002],
            &[0, 0, 0o100],
        ),
        ("openat", "dirfd == AT_FDCWD", &[0xFFFF_FF9C], &[3]),
        ("openat", "dfd == -100", &[0xFFFF_FFFF_FFFF_FF9C], &[3]),
        ("chmod", "mode & 0o7000 == 0", &[0, 0o755], &[0, 0o4755]),
    ];
    for (call, condition, through, denied) in cases {
        let yaml = allow(call, condition);
        assert_eq!(x86(&yaml, call, through), Action::Allow, "{condition}");
        assert_eq!(x86(&yaml, call, denied), EPERM, "{condition}");
    }
}

#[test]
fn where_a_condition_may_stand() {
    for yaml in [
        "{default_deny: false, deny: [{kill: 'sig == SIGKILL'}]}",
        "{default_deny: false, deny: [{syscall: kill, when: 'sig == SIGKILL', reason: r}]}",
        "{default_deny: false, advanced_rules: [{syscall: kill, action: deny, conditions: 'sig == 9'}]}",
        "{default_deny: false, advanced_rules: [{syscall: kill, action: deny, conditions: \
         [{arg: sig, op: eq, value: SIGKILL}]}]}",
    ] {
        assert_eq!(x86(yaml, "kill", &[1, 9]), EPERM, "{yaml}");
        assert_eq!(x86(yaml, "kill", &[1, 15]), Action::Allow, "{yaml}");
    }
    let masked = "{advanced_rules: [{syscall: openat, action: allow, conditions: \
         [{arg: flags, op: masked_eq, mask: O_CREAT|O_EXCL, value: O_CREAT}]}]}";
    assert_eq!(x86(masked, "openat", &[0, 0, 0o100]), Action::Allow);
    assert_eq!(x86(masked, "openat", &[0, 0, 0o300]), EPERM);
}

#[test]
fn constants_and_positions_are_those_of_each_architecture() {
    let yaml = allow("openat", "flags & O_DIRECTORY == O_DIRECTORY");
    let (x86_64, aarch64) = (
        constants::constant(Arch::X86_64, "O_DIRECTORY").unwrap(),
        constants::constant(Arch::Aarch64, "O_DIRECTORY").unwrap(),
    );
    assert_ne!(x86_64, aarch64);
    for (arch, own, other) in [
        (Arch::X86_64, x86_64, aarch64),
        (Arch::Aarch64, aarch64, x86_64),
    ] {
        let (meaning, found) = compile(&yaml, arch);
        assert!(found.is_empty(), "{found:?}");
        assert_eq!(
            verdict(&meaning, arch, "openat", &[0, 0, own]),
            Action::Allow
        );
        assert_eq!(verdict(&meaning, arch, "openat", &[0, 0, other]), EPERM);
    }
    // s390x takes the flags of clone second.
    let clone = allow("clone", "clone_flags & CLONE_NEWUSER == 0");
    let (meaning, _) = compile(&clone, Arch::S390x);
    assert_eq!(
        verdict(&meaning, Arch::S390x, "clone", &[0x1000_0000, 17]),
        Action::Allow
    );
    assert_eq!(
        verdict(&meaning, Arch::S390x, "clone", &[17, 0x1000_0000]),
        EPERM
    );
    let compat = "{allow: [{openat: 'flags & O_ACCMODE == O_RDONLY'}], architectures: [x86, x32]}";
    let (meaning, found) = compile(compat, Arch::X86_64);
    assert!(found.is_empty(), "{found:?}");
    for arch in [Arch::X86, Arch::X32] {
        assert_eq!(verdict(&meaning, arch, "openat", &[0, 0, 0]), Action::Allow);
        assert_eq!(verdict(&meaning, arch, "openat", &[0, 0, 1]), EPERM);
    }
}

#[test]
fn an_argument_that_another_interface_lacks_is_an_error_there() {
    // x86's own mmap takes a pointer to its arguments.
    let yaml = "{default_deny: false, deny: [{mmap: 'prot & PROT_EXEC'}], architectures: [x86]}";
    let (_, found) = compile(yaml, Arch::X86_64);
    let one = found
        .iter()
        .find(|one| one.severity == Severity::Error)
        .unwrap();
    assert_eq!(
        (one.code, one.message.as_str()),
        ("rule-not-here", "`mmap` on x86 has no argument `prot`")
    );
    let yaml = "{default_deny: false, deny: [{open: 'flags & O_CREAT'}]}";
    let (_, found) = compile(yaml, Arch::Aarch64);
    assert!(
        found.iter().any(|one| one.code == "rule-not-here"),
        "{found:?}"
    );
}

#[test]
fn each_error_has_its_own_place() {
    let condition =
        "openat: \"flgs & O_ACMODE == O_RDONLY || (mode == 5 && mode == 6) || filename == 0\"";
    let described = found(&format!("allow: [{{{condition}}}]"));
    let described: Vec<_> = described
        .iter()
        .map(|one| (one.0, one.1.as_str(), one.3.as_str()))
        .collect();
    assert_eq!(
        described,
        [
            (
                "condition-name-unknown",
                "flgs",
                "did you mean `flags`? `openat` has dfd, filename, flags, mode"
            ),
            (
                "condition-name-unknown",
                "O_ACMODE",
                "did you mean `O_ACCMODE`?"
            ),
            ("condition-never-holds", "(mode == 5 && mode == 6)", ""),
            (
                "condition-on-pointer",
                "filename",
                "a filter cannot read paths: use `filesystem` to choose which files are shown, `read_only` and masked"
            ),
        ]
    );
}

#[test]
fn what_is_said_of_a_condition() {
    let cases: &[(&str, &str, &str, &str, &str)] = &[
        (
            "close",
            "fd = 1",
            "condition-syntax",
            "=",
            "`=` does not compare",
        ),
        (
            "close",
            "",
            "condition-syntax",
            "\"\"",
            "the condition is empty",
        ),
        (
            "close",
            "fd",
            "condition-operands",
            "fd",
            "`fd` alone is not a condition",
        ),
        (
            "close",
            "3",
            "condition-operands",
            "3",
            "this is a constant, not a condition",
        ),
        (
            "close",
            "1 == 1",
            "condition-operands",
            "1 == 1",
            "this compares two constants, and not an argument",
        ),
        (
            "socket",
            "type == protocol",
            "condition-operands",
            "type == protocol",
            "a filter cannot compare two arguments",
        ),
        (
            "socket",
            "type & protocol == 0",
            "condition-operands",
            "type & protocol",
            "a filter cannot mask an argument with an argument",
        ),
        (
            "socket",
            "type & 15 < 3",
            "condition-operands",
            "type & 15 < 3",
            "masked bits are compared with `==` and `!=`, not `<`",
        ),
        (
            "socket",
            "type & 1 | 2 == 0",
            "condition-operands",
            "type & 1 | 2",
            "`|` joins constants, and `&` binds stronger",
        ),
        (
            "socket",
            "-type == 0",
            "condition-operands",
            "-type",
            "a filter cannot calculate with an argument",
        ),
        (
            "socket",
            "(type == 1) == 1",
            "condition-operands",
            "(type == 1)",
            "this is a condition, where a value is expected",
        ),
        (
            "getpid",
            "fd == 1",
            "condition-name-unknown",
            "fd",
            "`fd` is neither an argument of `getpid` nor a constant",
        ),
        (
            "close",
            "fd == 0x100000000",
            "condition-constant-wide",
            "0x100000000",
            "the kernel reads 32 bits of argument `fd` of `close`, and this value needs more",
        ),
        (
            "close",
            "fd & 0x100000000 == 0",
            "condition-constant-wide",
            "fd & 0x100000000",
            "the kernel reads 32 bits of argument `fd` of `close`, and this mask needs more",
        ),
        (
            "close",
            "fd < 0",
            "condition-never-holds",
            "fd < 0",
            "this condition never holds, so the rule has no effect",
        ),
        (
            "close",
            "fd & 3 == 4",
            "condition-never-holds",
            "fd & 3 == 4",
            "this condition never holds, so the rule has no effect",
        ),
        (
            "openat",
            "flags & O_RDONLY",
            "condition-never-holds",
            "flags & O_RDONLY",
            "this condition never holds, so the rule has no effect",
        ),
        (
            "close",
            "fd == 1 && fd == 2",
            "condition-never-holds",
            "fd == 1 && fd == 2",
            "this condition never holds, so the rule has no effect",
        ),
        (
            "close",
            "fd > 5 && fd < 6",
            "condition-never-holds",
            "fd > 5 && fd < 6",
            "this condition never holds, so the rule has no effect",
        ),
        (
            "close",
            "fd >= 0",
            "condition-always-holds",
            "fd >= 0",
            "this condition always holds",
        ),
        (
            "close",
            "fd != 1 || fd != 2",
            "condition-always-holds",
            "fd != 1 || fd != 2",
            "this condition always holds",
        ),
        (
            "close",
            "fd & 1 == 0 || fd & 1 == 1",
            "condition-always-holds",
            "fd & 1 == 0 || fd & 1 == 1",
            "this condition always holds",
        ),
        (
            "close",
            "fd < -1",
            "condition-unsigned",
            "fd < -1",
            "the comparison is unsigned: a negative number counts as larger than every positive one",
        ),
        (
            "mmap",
            "flags == MAP_UNINITIALISED",
            "condition-name-unknown",
            "MAP_UNINITIALISED",
            "there is no constant `MAP_UNINITIALISED`",
        ),
        (
            "mmap",
            "prot == PROT_SAO",
            "condition-constant-elsewhere",
            "PROT_SAO",
            "x86_64 has no constant `PROT_SAO`",
        ),
    ];
    for (call, condition, code, under, message) in cases {
        let described = found(&format!("allow: [{{{call}: \"{condition}\"}}]"));
        let first = described.first().unwrap();
        assert_eq!(
            (first.0, first.1.as_str(), first.2.as_str()),
            (*code, *under, *message),
            "{condition}"
        );
        assert_eq!(described.len(), 1, "{condition}: {described:?}");
    }
}

#[test]
fn a_condition_with_too_many_alternatives_is_refused() {
    let values = |count: u32| {
        (0..count)
            .map(|value| value.to_string())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let described = found(&format!("allow: [{{close: \"fd in {{{}}}\"}}]", values(64)));
    assert!(described.is_empty(), "{described:?}");
    let described = found(&format!("allow: [{{close: \"fd in {{{}}}\"}}]", values(65)));
    assert_eq!(
        described.first().map(|one| one.0),
        Some("condition-too-complex")
    );
    let product = "fd in {1, 2, 3, 4, 5, 6, 7, 8, 9} && cmd in {1, 2, 3, 4, 5, 6, 7, 8, 9}";
    let described = found(&format!("allow: [{{fcntl: \"{product}\"}}]"));
    assert_eq!(
        described.first().map(|one| one.0),
        Some("condition-too-complex")
    );
    let many: Vec<_> = (0..17)
        .map(|at| {
            format!(
                "{{close: \"fd in {{{}}}\"}}",
                (0..60)
                    .map(|value| (at * 100 + value).to_string())
                    .collect::<Vec<_>>()
                    .join(", ")
            )
        })
        .collect();
    let described = found(&format!("allow: [{}]", many.join(", ")));
    assert_eq!(described.first().map(|one| one.0), Some("too-many-rules"));
}
