//! Which sockets and sends lead past a list of ports, and that all others go through as before.
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use super::*;
use crate::diagnostics::Sink;
use crate::emit::bpf;
use crate::ir::syscalls::{Call, Reason, Verdict, evaluate, verify};
use crate::parse::Document;
use crate::syscalls::constants::constant;
use crate::syscalls::{Arch, signature, syscall_number};

const ALLOW: Action = Action::Allow;
const OUT: Span = Span::new(7, 9);
const IN: Span = Span::new(11, 13);
const OUTGOING: Listed = Listed {
    first: OUT,
    outgoing: Some(OUT),
};
const INCOMING: Listed = Listed {
    first: IN,
    outgoing: None,
};

const MPTCP: u64 = 262;
const SMC: u64 = 256;
const FAST: u64 = 0x2000_0000;

fn kept(yaml: &str, arch: Arch, listed: Listed) -> Meaning {
    let section = serde_yaml::from_str(yaml).unwrap();
    let mut sink = Sink::new();
    let mut meaning = super::super::resolve(Some(&section), arch, &Document::default(), &mut sink);
    keep_to_ports(&mut meaning, listed);
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

fn has(arch: Arch, call: &str) -> bool {
    syscall_number(arch, call).is_some()
}

fn x86(yaml: &str, name: &str, args: [u64; 4]) -> Action {
    let meaning = kept(yaml, Arch::X86_64, OUTGOING);
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
fn every_way_on_every_architecture() {
    for arch in Arch::ALL.into_iter().filter(|arch| arch.is_native()) {
        let others = arch
            .compat()
            .iter()
            .map(|other| other.name())
            .collect::<Vec<_>>()
            .join(", ");
        let yaml = format!("{{default_deny: false, architectures: [{others}]}}");
        let (out, incoming) = (kept(&yaml, arch, OUTGOING), kept(&yaml, arch, INCOMING));
        for one in out.interfaces().map(|one| one.arch) {
            let errno = |name| Action::Errno(errno_number(one, name).unwrap());
            for (meaning, place) in [(&out, OUT), (&incoming, IN)] {
                let socket = |args| verdict(meaning, one, "socket", args);
                for family in FAMILIES {
                    for protocol in [MPTCP, SMC, 0xDEAD_0000_0106, u64::MAX] {
                        let found = socket([family, 1, protocol, 0, 0, 0]);
                        assert_eq!(found.action, errno("EPROTONOSUPPORT"), "{one} {protocol}");
                        assert_eq!((found.why, found.origin), (Reason::Rule, Some(place)));
                    }
                    for protocol in [0, 6, 17, 58, 132, 255, 1 << 32] {
                        let found = socket([family, 1, protocol, 0, 0, 0]).action;
                        assert_eq!(found, ALLOW, "{one} {protocol}");
                    }
                }
                assert_eq!(
                    socket([1, 1, 262, 0, 0, 0]).action,
                    ALLOW,
                    "{one}: a unix socket"
                );
            }
            for (call, flags) in SENDS.into_iter().filter(|(call, _)| has(one, call)) {
                let with = |meaning, value| {
                    let mut args = [FAST; 6];
                    *args.get_mut(usize::from(flags)).unwrap() = value;
                    verdict(meaning, one, call, args)
                };
                for value in [FAST, FAST | 0x4000, u64::MAX] {
                    let found = with(&out, value);
                    assert_eq!(found.action, errno("EOPNOTSUPP"), "{one} {call}");
                    assert_eq!((found.why, found.origin), (Reason::Rule, Some(OUT)));
                    assert_eq!(
                        with(&incoming, value).action,
                        ALLOW,
                        "{one} {call}: no connection"
                    );
                }
                for value in [0, 0x4000, !FAST, FAST << 32] {
                    assert_eq!(with(&out, value).action, ALLOW, "{one} {call} {value:x}");
                }
            }
        }
    }
}

#[test]
fn the_numbers_are_those_of_the_headers_and_signatures() {
    for arch in Arch::ALL {
        let names = [
            ("IPPROTO_MPTCP", MPTCP),
            ("IPPROTO_SMC", SMC),
            ("MSG_FASTOPEN", MSG_FASTOPEN),
        ];
        for (name, value) in names {
            assert_eq!(constant(arch, name), Some(value), "{arch} {name}");
        }
        assert!(constant(arch, "IPPROTO_RAW").unwrap() < FIRST_OF_THE_KERNEL);
        let name_of = |call, at: u8| {
            let arguments = signature(arch, call).unwrap();
            let found = arguments.get(usize::from(at)).unwrap();
            (found.name, found.bits)
        };
        assert_eq!(name_of("socket", FAMILY), ("family", 32));
        assert_eq!(name_of("socket", PROTOCOL), ("protocol", 32));
        for (call, flags) in SENDS.into_iter().filter(|(call, _)| has(arch, call)) {
            assert_eq!(name_of(call, flags), ("flags", 32), "{arch} {call}");
        }
    }
}

#[test]
fn a_protocol_that_a_rule_names_goes_through_and_no_other() {
    let named = "{allow: [{socket: 'family == AF_INET && protocol in {0, IPPROTO_MPTCP}'}]}";
    assert_eq!(x86(named, "socket", [2, 1, MPTCP, 0]), ALLOW);
    assert_eq!(x86(named, "socket", [2, 1, SMC, 0]), Action::Errno(93));
    assert_eq!(x86(named, "socket", [10, 1, MPTCP, 0]), Action::Errno(93));
    let logged = "{default_deny: false, advanced_rules: [{syscall: socket, action: log, \
                  conditions: 'family == AF_INET && protocol == IPPROTO_MPTCP'}]}";
    assert_eq!(x86(logged, "socket", [2, 1, MPTCP, 0]), Action::Log);
    assert_eq!(
        x86(logged, "socket", [10, 1, MPTCP, 0]),
        Action::Errno(93),
        "the other family"
    );
    for unnamed in [
        "protocol != IPPROTO_TCP",
        "protocol > 255",
        "type == SOCK_STREAM",
    ] {
        let yaml = format!("{{allow: [{{socket: '{unnamed}'}}]}}");
        assert_eq!(
            x86(&yaml, "socket", [2, 1, MPTCP, 0]),
            Action::Errno(93),
            "{unnamed}"
        );
    }
}

#[test]
fn what_cannot_go_through_stays_as_it_is() {
    let meaning = kept("{allow: [read], on_deny: kill}", Arch::X86_64, OUTGOING);
    for name in ["socket", "sendto", "sendmsg", "sendmmsg"] {
        let found = verdict(&meaning, Arch::X86_64, name, [FAST; 6]).action;
        assert_eq!(found, Action::KillProcess, "{name}");
    }
    let kill = "{default_deny: false, advanced_rules: [{syscall: sendto, action: kill}]}";
    assert_eq!(x86(kill, "sendto", [0, 0, 0, FAST]), Action::KillProcess);
}

/// What does the same job is denied as it was where that kills, and alike where that fails.
#[test]
fn a_call_beside_another_fails_alike_and_is_killed_as_before() {
    let send = |yaml: &str| {
        let meaning = kept(yaml, Arch::Arm, OUTGOING);
        verdict(&meaning, Arch::Arm, "send", [0, 0, 0, FAST, 0, 0]).action
    };
    assert_eq!(send("{allow: [sendto]}"), Action::Errno(95));
    assert_eq!(
        send("{allow: [sendto], on_deny: kill}"),
        Action::KillProcess
    );
    assert_eq!(send("{allow: [read]}"), Action::Errno(1));
}

#[test]
fn a_denial_that_lets_calls_through_does_not_let_these() {
    for on_deny in ["log", "notify"] {
        let yaml = format!("{{on_deny: {on_deny}, deny: [socket, sendto]}}");
        assert_eq!(
            x86(&yaml, "socket", [2, 1, MPTCP, 0]),
            Action::Errno(93),
            "{on_deny}"
        );
        assert_eq!(
            x86(&yaml, "sendto", [0, 0, 0, FAST]),
            Action::Errno(95),
            "{on_deny}"
        );
    }
}

#[test]
fn calls_that_carry_others_are_hidden() {
    let yaml = "{default_deny: false, architectures: [x86], allow: [socketcall]}";
    let meaning = kept(yaml, Arch::X86_64, OUTGOING);
    let found = verdict(&meaning, Arch::X86, "socketcall", [1, 0, 0, 0, 0, 0]);
    assert_eq!(
        (found.action, found.why),
        (Action::Errno(38), Reason::Hidden)
    );
    let found = verdict(
        &kept(WIDE, Arch::S390x, OUTGOING),
        Arch::S390x,
        "socketcall",
        [1; 6],
    );
    assert_eq!(
        found.action,
        Action::Errno(1),
        "the baseline denies it already"
    );
}
