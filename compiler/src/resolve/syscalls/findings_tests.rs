//! What is said about a section.

use super::tests::{codes, compile, rule};
use super::*;
use crate::diagnostics::Severity;

#[test]
fn findings() {
    use Severity::{Error, Note, Warning};
    let rule = |call: &str, condition: &str| {
        format!(
            "{{default_deny: false, advanced_rules: [{}]}}",
            rule(call, "deny", condition)
        )
    };
    let cases: &[(&str, Severity, &str)] = &[
        ("{allow: [opnat]}", Error, "syscall-unknown"),
        (
            "{default_deny: false, deny: [opnat]}",
            Error,
            "syscall-unknown",
        ),
        ("{deny: [opnat]}", Warning, "syscall-unknown-denied"),
        ("{allow: [fsinfo]}", Warning, "syscall-elsewhere"),
        ("{allow: [waitpid]}", Warning, "syscall-elsewhere"),
        (
            "{deny: [perfmonctl, osf_syscall]}",
            Warning,
            "syscall-elsewhere",
        ),
        ("{deny: [send]}", Warning, "syscall-replaced"),
        (
            "{allow: [read], deny: [read]}",
            Warning,
            "syscall-allowed-and-denied",
        ),
        ("{allow: [read, read]}", Note, "syscall-duplicate"),
        ("{allow: [kcmp]}", Note, "baseline-opened"),
        ("{architectures: [vax]}", Error, "architecture-unknown"),
        ("{architectures: [arm]}", Note, "architecture-not-here"),
        ("{on_deny: !errno EPREM}", Error, "errno-unknown"),
        ("{on_deny: !errno '0'}", Error, "errno-zero"),
        (
            &rule("openat", "arg: 1, op: eq, value: 0"),
            Error,
            "condition-on-pointer",
        ),
        (
            &rule("close", "arg: 1, op: eq, value: 0"),
            Error,
            "condition-argument-missing",
        ),
        (
            &rule("getpid", "arg: 0, op: eq, value: 0"),
            Error,
            "condition-argument-missing",
        ),
        (
            &rule("close", "arg: 0, op: eq, value: 0x100000000"),
            Error,
            "condition-constant-wide",
        ),
        (
            &rule("close", "arg: 0, op: eq, value: -2147483649"),
            Error,
            "condition-constant-wide",
        ),
        (
            &rule(
                "close",
                "arg: 0, op: masked_eq, value: 0, mask: 0x100000001",
            ),
            Error,
            "condition-constant-wide",
        ),
        (
            &rule("close", "arg: 0, op: masked_eq, value: 2, mask: 1"),
            Error,
            "condition-never-holds",
        ),
        (
            &rule("close", "arg: 0, op: lt, value: 0"),
            Error,
            "condition-never-holds",
        ),
        (
            &rule("close", "arg: 0, op: ge, value: 0"),
            Warning,
            "condition-always-holds",
        ),
        (
            &rule("close", "arg: 0, op: lt, value: -1"),
            Note,
            "condition-unsigned",
        ),
        (
            &rule("close", "arg: 0, op: masked_eq, value: 0"),
            Error,
            "condition-mask-missing",
        ),
        (
            &rule("close", "arg: 0, op: eq, value: 0, mask: 1"),
            Error,
            "condition-mask-unused",
        ),
        (
            &rule("waitpid", "arg: 0, op: eq, value: 0"),
            Error,
            "rule-not-here",
        ),
        (
            "{default_deny: false, architectures: [x86], advanced_rules: [{syscall: lseek, \
             action: deny, conditions: [{arg: 2, op: eq, value: 1}]}]}",
            Error,
            "rule-not-here",
        ),
        (
            "{default_deny: false, architectures: [x86], advanced_rules: [{syscall: pread64, \
             action: deny, conditions: [{arg: 3, op: gt, value: 4096}]}]}",
            Error,
            "rule-not-here",
        ),
        (
            &rule("nosuch", "arg: 0, op: eq, value: 0"),
            Error,
            "syscall-unknown",
        ),
        (
            "{advanced_rules: [{syscall: read, action: kill, errno: EIO}]}",
            Warning,
            "rule-errno-unused",
        ),
        (
            "{advanced_rules: [{syscall: read, action: kill}, {syscall: read, action: allow}]}",
            Warning,
            "rule-unreachable",
        ),
        (
            "{allow: [socketcall], architectures: [x86]}",
            Warning,
            "socketcall-families",
        ),
        (
            "{allow: [ipc], deny: [semop], architectures: [x86]}",
            Error,
            "syscall-multiplexed",
        ),
        (
            "{allow: [ipc], deny: [shmget], architectures: [x86]}",
            Error,
            "syscall-multiplexed",
        ),
        (
            "{default_deny: false, deny: [shmget], architectures: [x86]}",
            Warning,
            "syscall-multiplexed-denied",
        ),
        (
            &rule("uselib", "arg: 0, op: eq, value: 1"),
            Warning,
            "signature-unknown",
        ),
        (
            "{allow: [io_uring_setup]}",
            Warning,
            "io-uring-bypasses-filter",
        ),
        (
            "{advanced_rules: [{syscall: io_uring_setup, action: log}]}",
            Warning,
            "io-uring-bypasses-filter",
        ),
    ];
    for (yaml, severity, code) in cases {
        let (_, found) = compile(yaml, Arch::X86_64);
        let matching = found
            .iter()
            .any(|one| one.code == *code && one.severity == *severity);
        assert!(matching, "{yaml}: no {code} in {found:?}");
        let others = found.iter().filter(|one| one.code != *code);
        assert!(
            others.clone().all(|one| one.severity < Error),
            "{yaml}: {found:?}"
        );
    }
}

#[test]
fn rules_on_arguments_of_another_interface_are_checked_there_too() {
    // x86's own mmap takes a pointer to its arguments: a position means something else there.
    let deny = rule("mmap", "deny", "arg: 2, op: eq, value: 7");
    let yaml = format!("{{advanced_rules: [{deny}], architectures: [x86]}}");
    assert!(codes(&yaml, Arch::X86_64).contains(&(Severity::Error, "rule-not-here")));
}

#[test]
fn did_you_mean() {
    let (_, found) = compile("{allow: [exit_grup]}", Arch::X86_64);
    assert_eq!(
        found.first().and_then(|one| one.help.as_deref()),
        Some("did you mean `exit_group`?")
    );
}

#[test]
fn a_ring_that_cannot_be_made_draws_no_warning() {
    for yaml in [
        "{allow: [read, io_uring_enter, io_uring_register]}",
        "{default_deny: false}",
        "{allow: [io_uring_setup], deny: [io_uring_setup]}",
        "{allow: [io_uring_setup], advanced_rules: [{syscall: io_uring_setup, action: kill}]}",
    ] {
        let found = codes(yaml, Arch::X86_64);
        assert!(
            found
                .iter()
                .all(|(_, code)| *code != "io-uring-bypasses-filter"),
            "{yaml}"
        );
    }
}
