//! What a section resolves to, what it then means, and what is said about it.
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use super::*;
use crate::diagnostics::{Diagnostic, Severity};
use crate::ir::syscalls::{Call, Reason, evaluate, verify};
use crate::syscalls::{BASELINE, X32_BIT, syscall_number, with_fallback};

pub(super) const EPERM: Action = Action::Errno(1);
const ENOSYS: Action = Action::Errno(38);

pub(super) fn compile(yaml: &str, arch: Arch) -> (Meaning, Vec<Diagnostic>) {
    let section: Syscalls = serde_yaml::from_str(yaml).unwrap();
    let mut sink = Sink::new();
    let meaning = resolve(Some(&section), arch, &Document::default(), &mut sink);
    verify(&meaning).unwrap();
    (meaning, sink.into_sorted())
}

pub(super) fn verdict(meaning: &Meaning, arch: Arch, name: &str, args: &[u64]) -> Action {
    let mut registers = [0; 6];
    registers
        .iter_mut()
        .zip(args)
        .for_each(|(register, arg)| *register = *arg);
    let number = syscall_number(arch, name).unwrap();
    evaluate(
        meaning,
        &Call {
            audit_arch: arch.audit(),
            number,
            args: registers,
        },
    )
    .action
}

/// The verdict on x86-64 under a section that may draw notes and warnings, but no errors.
pub(super) fn x86(yaml: &str, name: &str, args: &[u64]) -> Action {
    let (meaning, found) = compile(yaml, Arch::X86_64);
    assert!(
        found.iter().all(|one| one.severity < Severity::Error),
        "{found:?}"
    );
    verdict(&meaning, Arch::X86_64, name, args)
}

pub(super) fn codes(yaml: &str, arch: Arch) -> Vec<(Severity, &'static str)> {
    compile(yaml, arch)
        .1
        .iter()
        .map(|one| (one.severity, one.code))
        .collect()
}

#[test]
fn lists_and_defaults() {
    let tight = "{allow: [read], deny: [write]}";
    assert_eq!(x86(tight, "read", &[]), Action::Allow);
    assert_eq!(x86(tight, "write", &[]), EPERM);
    assert_eq!(x86(tight, "close", &[]), EPERM);
    let wide = "{default_deny: false, deny: [write], allow: [bpf]}";
    assert_eq!(x86(wide, "read", &[]), Action::Allow);
    assert_eq!(x86(wide, "write", &[]), EPERM);
    assert_eq!(x86(wide, "bpf", &[]), Action::Allow, "named");
    assert_eq!(x86(wide, "mount", &[]), EPERM, "baseline");
    assert_eq!(x86("{allow: [read], deny: [read]}", "read", &[]), EPERM);
}

#[test]
fn an_absent_section_allows_all_but_the_baseline() {
    let mut sink = Sink::new();
    let meaning = resolve(None, Arch::X86_64, &Document::default(), &mut sink);
    assert_eq!(verdict(&meaning, Arch::X86_64, "read", &[]), Action::Allow);
    for entry in BASELINE
        .iter()
        .filter(|one| syscall_number(Arch::X86_64, one.name).is_some())
    {
        assert_eq!(
            verdict(&meaning, Arch::X86_64, entry.name, &[]),
            EPERM,
            "{}",
            entry.name
        );
    }
    assert!(sink.into_sorted().is_empty());
}

#[test]
fn denial_actions() {
    assert_eq!(
        x86("{on_deny: !errno EACCES}", "read", &[]),
        Action::Errno(13)
    );
    assert_eq!(x86("{on_deny: kill}", "read", &[]), Action::KillProcess);
    assert_eq!(
        x86("{on_deny: kill_thread}", "read", &[]),
        Action::KillThread
    );
    assert_eq!(x86("{on_deny: trap}", "read", &[]), Action::Trap);
    assert_eq!(x86("{on_deny: notify}", "read", &[]), Action::Notify);
    assert_eq!(x86("{on_deny: log}", "read", &[]), Action::Log);
}

pub(super) fn rule(call: &str, action: &str, condition: &str) -> String {
    format!("{{syscall: {call}, action: {action}, conditions: [{{{condition}}}]}}")
}

#[test]
fn the_stronger_rule_wins_and_of_two_equals_the_first() {
    let all = [
        ("allow", "", Action::Allow),
        ("log", "", Action::Log),
        ("notify", "", Action::Notify),
        ("errno", "EACCES", Action::Errno(13)),
        ("trap", "", Action::Trap),
        ("kill_thread", "", Action::KillThread),
        ("kill", "", Action::KillProcess),
    ];
    for last in 0..all.len() {
        let rules: Vec<_> = all
            .iter()
            .take(last + 1)
            .map(|(action, errno, _)| match *errno {
                "" => rule("close", action, "arg: 0, op: eq, value: 7"),
                errno => format!(
                    "{{syscall: close, action: {action}, errno: {errno}, \
                     conditions: [{{arg: 0, op: eq, value: 7}}]}}"
                ),
            })
            .collect();
        let yaml = format!("{{advanced_rules: [{}]}}", rules.join(", "));
        let expected = all.get(last).map(|(_, _, expected)| *expected);
        assert_eq!(Some(x86(&yaml, "close", &[7])), expected, "{yaml}");
    }
    let two = "{advanced_rules: [\
        {syscall: close, action: errno, errno: EIO, conditions: [{arg: 0, op: gt, value: 3}]}, \
        {syscall: close, action: errno, errno: EACCES, conditions: [{arg: 0, op: gt, value: 2}]}]}";
    assert_eq!(x86(two, "close", &[9]), Action::Errno(5));
    assert_eq!(x86(two, "close", &[3]), Action::Errno(13));
}

#[test]
fn a_conditional_allow_narrows_an_allow_and_opens_a_deny() {
    let allow = rule("close", "allow", "arg: 0, op: eq, value: 7");
    let narrow = format!("{{default_deny: false, allow: [close], advanced_rules: [{allow}]}}");
    assert_eq!(x86(&narrow, "close", &[7]), Action::Allow);
    assert_eq!(x86(&narrow, "close", &[8]), EPERM);
    assert_eq!(
        codes(&narrow, Arch::X86_64),
        [(Severity::Note, "rule-narrows-allow")]
    );
    let hole = format!("{{deny: [close], advanced_rules: [{allow}]}}");
    assert_eq!(x86(&hole, "close", &[7]), Action::Allow);
    assert_eq!(x86(&hole, "close", &[8]), EPERM);
    assert_eq!(
        codes(&hole, Arch::X86_64),
        [(Severity::Note, "rule-opens-deny")]
    );
}

#[test]
fn arguments_are_compared_in_the_kernels_width() {
    let deny = rule("close", "deny", "arg: 0, op: eq, value: 7");
    let yaml = format!("{{allow: [close], advanced_rules: [{deny}]}}");
    assert_eq!(
        x86(&yaml, "close", &[0xFFFF_FFFF_0000_0007]),
        EPERM,
        "high bits are dropped"
    );
    let deny = rule("mmap", "deny", "arg: 1, op: eq, value: 7");
    let yaml = format!("{{allow: [mmap], advanced_rules: [{deny}]}}");
    assert_eq!(
        x86(&yaml, "mmap", &[0, 0x1_0000_0007]),
        Action::Allow,
        "64 bits count"
    );
    let deny = rule(
        "chmod",
        "deny",
        "arg: 1, op: masked_ne, value: 0, mask: 0o6000",
    );
    let yaml = format!("{{allow: [chmod], advanced_rules: [{deny}]}}");
    assert_eq!(x86(&yaml, "chmod", &[0, 0o4755]), EPERM);
    assert_eq!(
        x86(&yaml, "chmod", &[0, 0xFFFF_0000 | 0o755]),
        Action::Allow
    );
    let deny = rule("openat", "deny", "arg: 0, op: eq, value: -100");
    let yaml = format!("{{allow: [openat], advanced_rules: [{deny}]}}");
    assert_eq!(x86(&yaml, "openat", &[0xFFFF_FF9C]), EPERM);
}

#[test]
fn sockets_are_unix_and_inet_unless_a_rule_names_more() {
    for yaml in ["{default_deny: false}", "{allow: [socket, socketpair]}"] {
        for family in [1, 2, 10, 0x1_0000_0002] {
            assert_eq!(x86(yaml, "socket", &[family]), Action::Allow, "{family}");
        }
        for family in [0, 3, 16, 17, 38, 40, 0x1_0000_0028] {
            assert_eq!(x86(yaml, "socket", &[family, 3, 4]), EPERM, "{family}");
            assert_eq!(x86(yaml, "socketpair", &[family]), EPERM, "{family}");
        }
        // Netlink with one protocol, of which the kernel looks at 32 bits.
        for (protocol, action) in [(0, Action::Allow), (1, EPERM), (16, EPERM)] {
            for high in [0, 1 << 32] {
                let arguments = [16 | high, 3, protocol | high];
                assert_eq!(x86(yaml, "socket", &arguments), action, "{protocol}");
            }
        }
    }
    let netlink = rule("socket", "allow", "arg: 0, op: eq, value: 16");
    assert_eq!(
        x86(
            &format!("{{advanced_rules: [{netlink}]}}"),
            "socket",
            &[16, 3, 4]
        ),
        Action::Allow
    );
    let other = rule("socket", "deny", "arg: 0, op: eq, value: 2");
    let yaml = format!("{{default_deny: false, advanced_rules: [{other}]}}");
    assert_eq!(x86(&yaml, "socket", &[16, 3, 0]), Action::Allow);
    assert_eq!(x86(&yaml, "socket", &[16, 3, 4]), EPERM);
    assert_eq!(x86(&yaml, "socket", &[2, 3, 0]), EPERM);
    let stream = rule(
        "socket",
        "allow",
        "arg: 1, op: masked_eq, value: 1, mask: 0xf",
    );
    let yaml = format!("{{advanced_rules: [{stream}]}}");
    assert_eq!(x86(&yaml, "socket", &[2, 1]), Action::Allow);
    assert_eq!(x86(&yaml, "socket", &[17, 1]), EPERM, "no family named");
    assert_eq!(x86(&yaml, "socket", &[16, 1, 4]), EPERM, "no family named");
    assert_eq!(x86(&yaml, "socket", &[16, 1, 0]), Action::Allow);
    assert_eq!(x86(&yaml, "socket", &[2, 2]), EPERM);
    assert_eq!(
        codes(&yaml, Arch::X86_64),
        [(Severity::Note, "rule-guarded")]
    );
}

#[test]
fn terminals_are_not_typed_into() {
    let yaml = "{allow: [ioctl]}";
    assert_eq!(x86(yaml, "ioctl", &[0, 0x5401]), Action::Allow);
    for request in [0x5412, 0x541C, 0xFFFF_FFFF_0000_5412] {
        assert_eq!(x86(yaml, "ioctl", &[0, request]), EPERM);
    }
    let named = rule("ioctl", "allow", "arg: 1, op: eq, value: 0x5412");
    assert_eq!(
        x86(
            &format!("{{advanced_rules: [{named}]}}"),
            "ioctl",
            &[0, 0x5412]
        ),
        Action::Allow
    );
    let some = rule(
        "ioctl",
        "allow",
        "arg: 1, op: masked_eq, value: 0x5400, mask: 0xff00",
    );
    let yaml = format!("{{advanced_rules: [{some}]}}");
    assert_eq!(x86(&yaml, "ioctl", &[0, 0x5401]), Action::Allow);
    assert_eq!(x86(&yaml, "ioctl", &[0, 0x5412]), EPERM);
}

#[test]
fn clone3_is_hidden_beside_rules_on_clone() {
    let rule = rule(
        "clone",
        "allow",
        "arg: 0, op: masked_eq, value: 0, mask: 0x7e020000",
    );
    let yaml = format!("{{allow: [clone, clone3], advanced_rules: [{rule}]}}");
    assert_eq!(x86(&yaml, "clone3", &[]), ENOSYS);
    assert_eq!(x86(&yaml, "clone", &[0x1000_0000]), EPERM);
    assert_eq!(x86(&yaml, "clone", &[17]), Action::Allow);
    assert!(codes(&yaml, Arch::X86_64).contains(&(Severity::Note, "clone3-hidden")));
    assert_eq!(x86("{allow: [clone3]}", "clone3", &[]), Action::Allow);
}

/// Denied by a list, by default and by a rule, on every architecture; not where the policy names an error.
#[test]
fn calls_with_a_fallback_get_enosys() {
    for arch in Arch::ALL.into_iter().filter(|arch| arch.is_native()) {
        for &name in with_fallback() {
            if syscall_number(arch, name).is_none() {
                continue;
            }
            let deny = format!("{{syscall: {name}, action: deny}}");
            for (policy, is_named) in [
                (format!("{{default_deny: false, deny: [{name}]}}"), false),
                ("{allow: [read]}".to_owned(), false),
                (
                    format!("{{default_deny: false, advanced_rules: [{deny}]}}"),
                    false,
                ),
                (
                    format!("{{default_deny: false, on_deny: !errno EPERM, deny: [{name}]}}"),
                    true,
                ),
                (
                    format!(
                        "{{advanced_rules: [{{syscall: {name}, action: errno, errno: EPERM}}]}}"
                    ),
                    true,
                ),
            ] {
                let (meaning, _) = compile(&policy, arch);
                let enosys = Action::Errno(meaning.native.enosys);
                let expected = if is_named {
                    meaning.native.denial
                } else {
                    enosys
                };
                let found = verdict(&meaning, arch, name, &[]);
                assert_eq!(found, expected, "{arch} {policy}");
            }
        }
    }
    assert_eq!(x86("{allow: [clone3]}", "clone3", &[]), Action::Allow);
    assert_eq!(x86("{allow: [read]}", "write", &[]), EPERM);
    let kill = "{on_deny: kill, allow: [read]}";
    assert_eq!(x86(kill, "clone3", &[]), Action::KillProcess);
}

#[test]
fn foreign_interfaces_and_unknown_numbers() {
    let (meaning, _) = compile("{default_deny: false}", Arch::X86_64);
    let at = |audit_arch, number| {
        let verdict = evaluate(
            &meaning,
            &Call {
                audit_arch,
                number,
                args: [0; 6],
            },
        );
        (verdict.action, verdict.why)
    };
    let native = Arch::X86_64.audit();
    assert_eq!(
        at(Arch::X86.audit(), 3),
        (Action::KillProcess, Reason::ForeignArchitecture)
    );
    assert_eq!(
        at(native, X32_BIT),
        (Action::KillProcess, Reason::ForeignArchitecture)
    );
    assert_eq!(
        at(native, X32_BIT + 520),
        (Action::KillProcess, Reason::ForeignArchitecture)
    );
    assert_eq!(at(native, u32::MAX), (ENOSYS, Reason::AboveTable));
    assert_eq!(at(native, 472), (ENOSYS, Reason::AboveTable));
    assert_eq!(at(native, 512), (ENOSYS, Reason::AboveTable));
    assert_eq!(at(native, 400), (Action::Allow, Reason::Default));
}

#[test]
fn listed_interfaces_have_their_own_tables() {
    let yaml = "{allow: [openat], architectures: [x32, x86]}";
    let (meaning, found) = compile(yaml, Arch::X86_64);
    assert!(found.is_empty(), "{found:?}");
    for arch in [Arch::X86_64, Arch::X86, Arch::X32] {
        assert_eq!(verdict(&meaning, arch, "openat", &[]), Action::Allow);
        assert_eq!(verdict(&meaning, arch, "read", &[]), EPERM);
    }
    let beyond = Call {
        audit_arch: Arch::X32.audit(),
        number: X32_BIT + 472,
        args: [0; 6],
    };
    assert_eq!(evaluate(&meaning, &beyond).action, ENOSYS);
    let (meaning, _) = compile("{default_deny: false, architectures: [x86]}", Arch::X86_64);
    assert_eq!(
        verdict(&meaning, Arch::X86, "socketcall", &[1]),
        EPERM,
        "its family is unseen"
    );
}

#[test]
fn a_deny_list_does_not_leak_through_other_spellings() {
    for name in ["umount", "unmount"] {
        let yaml = format!("{{default_deny: false, allow: [umount2], deny: [{name}]}}");
        assert_eq!(x86(&yaml, "umount2", &[]), EPERM, "{name}");
    }
    let (meaning, found) = compile("{default_deny: false, deny: [stat]}", Arch::Aarch64);
    assert_eq!(verdict(&meaning, Arch::Aarch64, "newfstatat", &[]), EPERM);
    assert!(found.iter().any(|one| one.code == "syscall-replaced"
        && one.severity == Severity::Warning
        && one.message.contains("newfstatat")));
    let yaml = "{default_deny: false, deny: [setuid], architectures: [x86]}";
    let (meaning, _) = compile(yaml, Arch::X86_64);
    assert_eq!(verdict(&meaning, Arch::X86, "setuid32", &[]), EPERM);
}
