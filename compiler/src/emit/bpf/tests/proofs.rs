//! What the proof finds, how much work it is, and what it does where it is too much.

use std::time::Instant;

use super::*;
use crate::emit::bpf::proof::check_within;
use crate::emit::bpf::{check_and_name, names_of};
use crate::ir::syscalls::describe_call;

/// A policy whose rules on one call are made of a number each.
fn many(call: &str, count: u64, rule: impl Fn(u64) -> String) -> String {
    let rules: Vec<_> = (0..count)
        .map(|at| format!("{{syscall: {call}, {}}}", rule(at)))
        .collect();
    format!(
        "{{allow: [read, {call}, exit], advanced_rules: [{}]}}",
        rules.join(", ")
    )
}

/// Policies near the limits: 1,000 rules, 4,000 conditions, 4,096 instructions.
fn large() -> Vec<(&'static str, String)> {
    let errno = |at: u64| ["EIO", "EACCES", "ENOENT"][usize::try_from(at % 3).unwrap()];
    let deny = |at, conditions: String| {
        format!(
            "action: errno, errno: {}, conditions: [{conditions}]",
            errno(at)
        )
    };
    vec![
        (
            "numbers",
            many("close", 1000, |at| {
                deny(at, format!("{{arg: 0, op: eq, value: {}}}", at * 3))
            }),
        ),
        (
            "pairs of 64 bits",
            many("mmap", 500, |at| {
                let (length, offset) = ((1 << 40) + at * 3, (1 << 50) + at * 5);
                let first = format!("{{arg: 1, op: eq, value: {length}}}");
                deny(at, format!("{first}, {{arg: 5, op: eq, value: {offset}}}"))
            }),
        ),
        (
            "ranges",
            many("mmap", 400, |at| {
                let start = at * 0x1_0000_0010;
                let first = format!("{{arg: 1, op: ge, value: {start}}}");
                deny(
                    at,
                    format!("{first}, {{arg: 1, op: lt, value: {}}}", start + 9),
                )
            }),
        ),
        (
            "masks",
            many("openat", 1000, |at| {
                let mask = 0x80_0000 | (at.wrapping_mul(0x9E37_79B9) >> 9) & 0x7F_FFFF;
                let value = mask & (at.wrapping_mul(0x85EB_CA6B) >> 5);
                deny(
                    at,
                    format!("{{arg: 2, op: masked_eq, mask: {mask}, value: {value}}}"),
                )
            }),
        ),
        (
            "flags of two arguments",
            many("mmap", 300, |at| {
                let (prot, flags) = (1 << (at % 5), 1 << (at % 23));
                let first = format!("{{arg: 2, op: masked_ne, mask: {prot}, value: 0}}");
                deny(
                    at,
                    format!("{first}, {{arg: 3, op: masked_eq, mask: {flags}, value: {flags}}}"),
                )
            }),
        ),
        (
            "stairs",
            many("splice", 120, |at| {
                let edge = |arg, value| format!("{{arg: {arg}, op: lt, value: {value}}}");
                deny(
                    at,
                    format!(
                        "{}, {}, {}",
                        edge(0, at * 7 + 9),
                        edge(2, 900 - at * 7),
                        edge(4, at * at % 97 + 5)
                    ),
                )
            }),
        ),
    ]
}

#[test]
fn large_policies_are_proven_or_sampled_and_the_record_says_which() {
    for (name, yaml) in large() {
        let meaning = meaning(&yaml, Arch::X86_64);
        let program = generate(&meaning);
        let length = program.instructions.len();
        let start = Instant::now();
        let report = check(&meaning, &program).unwrap();
        println!(
            "{name}: {length} instructions, {:?}, {report:?}",
            start.elapsed()
        );
        let expected = if name == "stairs" {
            Method::Boundaries
        } else {
            Method::Exact
        };
        assert_eq!(report.method, expected, "{name}");
        let (_, sampled) = check_and_name(&meaning, &program).unwrap();
        let named: &[&str] = if name == "stairs" { &["splice"] } else { &[] };
        assert_eq!(names_of(&meaning, &sampled), named, "{name}");
        // The answer of a third of the rules changed: found by samples too. Single rules may be
        // hidden behind others, and then the program is right without them.
        let mut wrong = program.clone();
        for one in wrong
            .instructions
            .iter_mut()
            .filter(|one| one.k == 0x0005_0005)
        {
            one.k = 0x0005_0016;
        }
        let found = check(&meaning, &wrong).unwrap_err();
        assert_eq!(
            (found.expected, found.found),
            (0x0005_0005, Counterexample::Returned(0x0005_0016))
        );
    }
}

#[test]
fn a_call_beyond_the_budget_does_not_weaken_the_proof_of_others() {
    let meaning = meaning(RULES, Arch::X86_64);
    let (program, report) = emitted(&meaning);
    let (bounded, _) = check_within(&meaning, &program, 0).unwrap();
    assert_eq!(
        (report.method, bounded.method),
        (Method::Exact, Method::Exact),
        "small classes"
    );
    let (_, yaml) = large()
        .into_iter()
        .find(|(name, _)| *name == "stairs")
        .unwrap();
    let stairs = self::meaning(&yaml, Arch::X86_64);
    let mut program = generate(&stairs);
    assert_eq!(
        check_within(&stairs, &program, 0).map(|(one, _)| one.method),
        Ok(Method::Boundaries)
    );
    for one in program
        .instructions
        .iter_mut()
        .filter(|one| one.k == 0x0005_0001)
    {
        one.k = 0x0005_0002;
    }
    let found = check_within(&stairs, &program, 0).unwrap_err();
    assert_eq!(
        (found.expected, found.found),
        (0x0005_0001, Counterexample::Returned(0x0005_0002))
    );
}

#[test]
fn the_counterexample_is_a_call_in_names() {
    let yaml = "{allow: [read, openat], advanced_rules: [{syscall: openat, action: deny, \
        conditions: [{arg: 2, op: masked_ne, mask: 0x41, value: 0}]}]}";
    let meaning = meaning(yaml, Arch::X86_64);
    let (program, _) = emitted(&meaning);
    let message = |change: &dyn Fn(&mut Instruction)| {
        let mut wrong = program.clone();
        wrong.instructions.iter_mut().for_each(change);
        check(&meaning, &wrong).unwrap_err().to_string()
    };
    let seen = message(&|one| {
        if one.code == 0x45 && one.k == 0x41 {
            one.k = 0x40;
        }
    });
    let says = "openat(flags=1) on x86_64: the policy says errno EPERM, the filter allows";
    assert_eq!(seen, says);
    let seen = message(&|one| {
        if one.code == 0x15 && one.k == Arch::X86_64.audit() {
            one.k = 5;
        }
    });
    assert_eq!(
        seen,
        "read() on x86_64: the policy says allow, the filter kills the process"
    );
    let foreign = Call {
        audit_arch: 5,
        number: 7,
        args: [0; 6],
    };
    let says = "call 7 through the unknown architecture 0x00000005";
    assert_eq!(describe_call(&foreign, 0), says);
    let seen = message(&|one| {
        if one.code == 0x20 && one.k == 32 {
            one.k = 12;
        }
    });
    assert_eq!(seen, "the filter looks at the instruction pointer");
    let seen = message(&|one| {
        if one.code == 6 {
            one.code = 0x16;
        }
    });
    assert!(
        seen.starts_with("the kernel would not load the filter: no valid instruction"),
        "{seen}"
    );
}

#[test]
fn a_plain_allow_may_not_look_at_arguments() {
    let meaning = meaning("{allow: [read]}", Arch::X86_64);
    let (mut program, _) = emitted(&meaning);
    // The same verdicts, but every call's first argument is loaded before.
    program.instructions.insert(
        0,
        Instruction {
            code: 0x20,
            jt: 0,
            jf: 0,
            k: 16,
        },
    );
    let found = check(&meaning, &program).unwrap_err();
    assert_eq!(found.found, Counterexample::LookedAtArguments);
    let says = "whatever the arguments are, the filter looks at them";
    assert!(found.to_string().ends_with(says), "{found}");
}
