//! Which calls can no longer set the bits, and that all others go through as before.
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use super::*;
use crate::diagnostics::Sink;
use crate::emit::bpf;
use crate::ir::syscalls::{Call, Reason, Verdict, evaluate, verify};
use crate::parse::Document;
use crate::syscalls::{Kind, syscall_number};

const ALLOW: Action = Action::Allow;
const EPERM: Action = Action::Errno(1);
const ENOSYS: Action = Action::Errno(38);
const PLACE: Span = Span::new(7, 9);

fn forbidden(yaml: &str, arch: Arch) -> Meaning {
    closed(SetId::Both, yaml, arch)
}

fn closed(bits: SetId, yaml: &str, arch: Arch) -> Meaning {
    let section = serde_yaml::from_str(yaml).unwrap();
    let mut sink = Sink::new();
    let mut meaning = super::super::resolve(Some(&section), arch, &Document::default(), &mut sink);
    forbid_set_id(&mut meaning, bits, PLACE);
    verify(&meaning).unwrap();
    // The program is checked against the evaluator here.
    assert!(bpf::emit(&meaning, &mut sink).unwrap().is_some());
    meaning
}

fn verdict(meaning: &Meaning, arch: Arch, name: &str, args: [u64; 6]) -> Verdict {
    let number = syscall_number(arch, name).unwrap();
    evaluate(
        meaning,
        &Call {
            audit_arch: arch.audit(),
            number,
            args,
        },
    )
}

fn x86(yaml: &str, name: &str, args: [u64; 4]) -> Action {
    let meaning = forbidden(yaml, Arch::X86_64);
    let [first, second, third, fourth] = args;
    verdict(
        &meaning,
        Arch::X86_64,
        name,
        [first, second, third, fourth, 0, 0],
    )
    .action
}

const WIDE: &str = "{default_deny: false}";

#[test]
fn every_call_on_every_architecture() {
    for arch in Arch::ALL.into_iter().filter(|arch| arch.is_native()) {
        let others = arch
            .compat()
            .iter()
            .map(|other| other.name())
            .collect::<Vec<_>>()
            .join(", ");
        let meaning = forbidden(
            &format!("{{default_deny: false, architectures: [{others}]}}"),
            arch,
        );
        for one in meaning.interfaces().map(|one| one.arch) {
            let eperm = Action::Errno(errno_number(one, "EPERM").unwrap());
            for call in &CALLS {
                if syscall_number(one, call.name).is_none() {
                    continue;
                }
                let with = |flags: u64, mode: u64| {
                    let mut args = [u64::MAX; 6];
                    *args.get_mut(usize::from(call.mode)).unwrap() = mode;
                    if let Some(at) = call.flags {
                        *args.get_mut(usize::from(at)).unwrap() = flags;
                    }
                    verdict(&meaning, one, call.name, args)
                };
                for creates in [o_creat(one), 0o20_000_000, o_creat(one) | 0o20_000_003] {
                    for mode in [0o4755, 0o2755, 0o6755, 0o4000, 0o107_644] {
                        let found = with(creates, mode);
                        assert_eq!(found.action, eperm, "{one} {} {mode:o}", call.name);
                        assert_eq!((found.why, found.origin), (Reason::Rule, Some(PLACE)));
                    }
                    // The kernel takes 16 bits of the register.
                    for mode in [0, 0o755, 0o1777, 0o100_644, 0xDEAD_0000_0000_01FF, 0x1_0000] {
                        let found = with(creates, mode).action;
                        assert_eq!(found, ALLOW, "{one} {} {mode:o}", call.name);
                    }
                }
                if call.flags.is_some() {
                    // What stands in the mode's register then is anything.
                    for flags in [0, 0o2, 0o200_000, !(o_creat(one) | 0o20_000_000), 1 << 38] {
                        let found = with(flags, u64::MAX).action;
                        assert_eq!(found, ALLOW, "{one} {} {flags:o}", call.name);
                    }
                }
            }
            let hidden = verdict(&meaning, one, "openat2", [0; 6]);
            assert_eq!(
                hidden.action,
                Action::Errno(errno_number(one, "ENOSYS").unwrap())
            );
            assert_eq!((hidden.why, hidden.origin), (Reason::Hidden, Some(PLACE)));
        }
    }
}

#[test]
fn the_set_group_id_bit_can_be_left_open() {
    let meaning = closed(SetId::UserOnly, WIDE, Arch::X86_64);
    for (mode, expected) in [
        (0o2775, ALLOW),
        (0o2755, ALLOW),
        (0o4755, EPERM),
        (0o6755, EPERM),
    ] {
        for (name, args) in [
            ("chmod", [0, mode, 0, 0, 0, 0]),
            ("fchmodat", [0, 0, mode, 0, 0, 0]),
            ("openat", [0, 0, 0o100, mode, 0, 0]),
        ] {
            let found = verdict(&meaning, Arch::X86_64, name, args).action;
            assert_eq!(found, expected, "{name} {mode:o}");
        }
    }
    // What hides its mode may set the other bit.
    let hidden = verdict(&meaning, Arch::X86_64, "openat2", [0; 6]).action;
    assert_eq!(hidden, ENOSYS);
}

#[test]
fn the_arguments_are_modes_and_flags() {
    for arch in Arch::ALL {
        for call in CALLS
            .iter()
            .filter(|call| syscall(arch, call.name).is_some())
        {
            let kind = |at: u8| {
                let arguments = signature(arch, call.name).unwrap();
                arguments
                    .get(usize::from(at))
                    .map(|found| (found.kind, found.bits))
            };
            assert_eq!(
                kind(call.mode),
                Some((Kind::Mode, 16)),
                "{arch} {}",
                call.name
            );
            if let Some(at) = call.flags {
                assert_eq!(kind(at), Some((Kind::Flags, 32)), "{arch} {}", call.name);
            }
        }
    }
}

#[test]
fn mips_numbers_o_creat_its_own_way() {
    assert_eq!(o_creat(Arch::Mips64), 0x100);
    assert_eq!(o_creat(Arch::Aarch64), 0x40);
    let meaning = forbidden(WIDE, Arch::Mips64);
    let open = |flags| verdict(&meaning, Arch::Mips64, "open", [0, flags, 0o4755, 0, 0, 0]).action;
    assert_eq!(open(0x100), EPERM);
    assert_eq!(open(0x40), ALLOW);
}

#[test]
fn what_cannot_go_through_stays_as_it_is() {
    let meaning = forbidden(
        "{allow: [read], deny: [chmod], on_deny: kill}",
        Arch::X86_64,
    );
    for name in ["chmod", "fchmod", "openat", "openat2"] {
        let found = verdict(&meaning, Arch::X86_64, name, [0o4755; 6]).action;
        assert_eq!(found, Action::KillProcess, "{name}");
    }
    let tight = "{allow: [chmod]}";
    assert_eq!(x86(tight, "chmod", [0, 0o755, 0, 0]), ALLOW);
    assert_eq!(x86(tight, "chmod", [0, 0o4755, 0, 0]), EPERM);
    let named = "{on_deny: !errno EPERM, allow: [chmod]}";
    assert_eq!(x86(named, "openat2", [0; 4]), EPERM, "denied, not hidden");
    assert_eq!(x86("{allow: [openat2]}", "openat2", [0; 4]), ENOSYS);
}

#[test]
fn no_rule_lets_the_bits_through() {
    for action in ["allow", "log", "notify"] {
        let yaml = format!("{{advanced_rules: [{{syscall: chmod, action: {action}}}]}}");
        assert_eq!(x86(&yaml, "chmod", [0, 0o4755, 0, 0]), EPERM, "{action}");
        assert_ne!(x86(&yaml, "chmod", [0, 0o755, 0, 0]), EPERM, "{action}");
    }
    let two =
        "{default_deny: false, advanced_rules: [{syscall: chmod, action: errno, errno: EIO}]}";
    assert_eq!(x86(two, "chmod", [0, 0o755, 0, 0]), Action::Errno(5));
    let kill = "{default_deny: false, advanced_rules: [{syscall: chmod, action: kill}]}";
    assert_eq!(x86(kill, "chmod", [0, 0o4755, 0, 0]), Action::KillProcess);
    let openat2 = "{advanced_rules: [{syscall: openat2, action: allow}]}";
    assert_eq!(x86(openat2, "openat2", [0; 4]), ENOSYS);
}

#[test]
fn a_denial_that_lets_calls_through_does_not_let_these() {
    for on_deny in ["log", "notify"] {
        for said in [
            "deny: [chmod]",
            "advanced_rules: [{syscall: chmod, action: deny}]",
            "allow: []",
        ] {
            let yaml = format!("{{on_deny: {on_deny}, {said}}}");
            assert_eq!(x86(&yaml, "chmod", [0, 0o4755, 0, 0]), EPERM, "{yaml}");
            assert_ne!(x86(&yaml, "chmod", [0, 0o755, 0, 0]), EPERM, "{yaml}");
            assert_eq!(x86(&yaml, "openat2", [0; 4]), ENOSYS, "{yaml}");
        }
    }
}
