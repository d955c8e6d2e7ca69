//! How long programs are, how many instructions a call runs, what the kernel can cache, and how
//! long it takes to make them.

use crate::cpu_time::cpu_time;
use std::time::Duration;

use super::*;
use crate::emit::bpf::instruction::RETURN;
use crate::resolve::syscalls::{SetId, forbid_set_id};
use crate::source::Span;

/// What container engines allow.
const CONTAINER: &str = include_str!("../../../../../tests/bench/container.txt");

/// The conditions that they have beside the list.
const CONDITIONS: &str = "advanced_rules:
- {syscall: socket, action: allow, conditions: [{arg: 0, op: ne, value: 40}]}
- {syscall: personality, action: allow, conditions: [{arg: 0, op: eq, value: 0}]}
- {syscall: personality, action: allow, conditions: [{arg: 0, op: eq, value: 8}]}
- {syscall: personality, action: allow, conditions: [{arg: 0, op: eq, value: 0x20000}]}
- {syscall: personality, action: allow, conditions: [{arg: 0, op: eq, value: 0x20008}]}
- {syscall: personality, action: allow, conditions: [{arg: 0, op: eq, value: 0xffffffff}]}
- {syscall: clone, action: allow, conditions: [{arg: 0, op: masked_eq, mask: 0x7e020000, value: 0}]}
";

fn container(more: &str) -> Meaning {
    let names: Vec<&str> = CONTAINER
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    meaning(
        &format!("allow: [{}]\n{more}", names.join(", ")),
        Arch::X86_64,
    )
}

/// How many calls are allowed where the first argument is 1 and the others are 0, and how many
/// instructions they run together.
fn executed(meaning: &Meaning, program: &Program) -> (usize, usize) {
    let mut found = (0, 0);
    for (_, number) in names(Arch::X86_64) {
        let args = [1, 0, 0, 0, 0, 0];
        let call = Call {
            audit_arch: Arch::X86_64.audit(),
            number,
            args,
        };
        if evaluate(meaning, &call).action == Action::Allow {
            found = (found.0 + 1, found.1 + steps(program, &call));
        }
    }
    found
}

/// How many instructions a call runs.
fn steps(program: &Program, call: &Call) -> usize {
    // The interpreter reports comparisons; it stops at the first instruction that is none of its
    // own, so a copy that is cut short shows how far a call comes.
    let data = Data::new(call, false);
    let mut count = 0;
    for at in 0..program.instructions.len() {
        let mut cut = program.clone();
        cut.instructions[at] = Instruction {
            code: RETURN,
            jt: 0,
            jf: 0,
            k: 0x1234_5678,
        };
        count += usize::from(run(&cut, &data, |_, _| {}) == Ok(0x1234_5678));
    }
    count
}

#[test]
fn the_list_of_a_container_engine_takes_few_instructions() {
    let meaning = container("");
    let (program, _) = emitted(&meaning);
    let (allowed, steps) = executed(&meaning, &program);
    let length = program.instructions.len();
    println!("{length} instructions, {allowed} calls run {steps}");
    assert_eq!(allowed, 308);
    // Five of them for the two arguments of a netlink socket, and for calls that get ENOSYS.
    assert!(length <= 71, "{program}");
    // A mean of 8.71: `ioctl` is compared with the three values that a plain one leaves out.
    assert!(
        steps * 100 <= allowed * 871,
        "{steps} for {allowed} calls\n{program}"
    );

    let (with_conditions, _) = emitted(&container(CONDITIONS));
    println!(
        "{} instructions with conditions",
        with_conditions.instructions.len()
    );
    assert!(
        with_conditions.instructions.len() <= 90,
        "{with_conditions}"
    );
    let (three, _) = emitted(&container("architectures: [x86, x32]"));
    println!(
        "{} instructions for three interfaces",
        three.instructions.len()
    );
    assert!(three.instructions.len() < 270, "{three}");
}

#[test]
fn what_is_allowed_without_conditions_is_cached_by_the_kernel() {
    let shipped = include_str!("../../../../../policies/base.yaml");
    let shipped: serde_json::Value = serde_yaml::from_str(shipped).unwrap();
    let shipped = serde_json::to_string(&shipped["syscalls"]).unwrap();
    let mut shipped = meaning(&shipped, Arch::X86_64);
    forbid_set_id(&mut shipped, SetId::Both, Span::default());
    let both = container("architectures: [x86]");
    for (what, meaning) in [
        ("shipped", shipped),
        ("container", container("")),
        ("both", both),
    ] {
        let (program, _) = emitted(&meaning);
        let (mut plain, mut others) = (0, 0);
        for one in meaning.interfaces() {
            for (name, number) in names(one.arch) {
                let call = Call {
                    audit_arch: one.arch.audit(),
                    number,
                    args: [0; 6],
                };
                let conditions = one.calls.get(&number).is_some_and(|call| {
                    !call.rules.is_empty() || call.guard.is_some() && call.denied.is_none()
                });
                let allowed = evaluate(&meaning, &call).action == Action::Allow && !conditions;
                assert_eq!(
                    is_cacheable(&program, one.arch, number),
                    allowed,
                    "{what}: {name}"
                );
                *(if allowed { &mut plain } else { &mut others }) += 1;
            }
        }
        println!("{what}: {plain} allowed without conditions, all cached; {others} others");
        assert!(plain > 300 && others > 0, "{what}: {plain} {others}");
    }
}

#[test]
fn numbers_with_the_x32_bit_and_logged_calls_are_not_cached() {
    let yaml =
        "{allow: [read], architectures: [x32], advanced_rules: [{syscall: write, action: log}]}";
    let (program, _) = emitted(&meaning(yaml, Arch::X86_64));
    let read = syscall_number(Arch::X32, "read").unwrap();
    let cached = [
        (Arch::X86_64, 0),
        (Arch::X86_64, 1),
        (Arch::X32, read),
        (Arch::X86_64, read),
    ];
    let cached = cached.map(|(arch, number)| is_cacheable(&program, arch, number));
    assert_eq!(cached, [true, false, false, false]);
}

#[test]
fn equal_blocks_and_common_conditions_exist_once() {
    let length = |rules: &str| {
        let yaml = format!("{{allow: [read, write, exit], advanced_rules: [{rules}]}}");
        emitted(&meaning(&yaml, Arch::X86_64)).0.instructions.len()
    };
    let set = |call: &str, values: &[u32]| {
        let rule = |value: &u32| {
            format!(
                "{{syscall: {call}, action: allow, conditions: [{{arg: 1, op: eq, value: {value}}}]}}, "
            )
        };
        values.iter().map(rule).collect::<String>()
    };
    let few = set("fcntl", &[5, 50, 500]);
    // One more constant in a set is one more comparison: no second load.
    assert_eq!(length(&set("fcntl", &[5, 50, 500, 5000])), length(&few) + 1);
    // Another call with the same rules takes its number, and shares the rest.
    assert!(length(&(set("ioctl", &[5, 50, 500]) + &few)) <= length(&few) + 2);
    // Rules that begin alike look at what they have in common once.
    let pair = |first: u64, second: u64| {
        format!(
            "{{syscall: lseek, action: allow, conditions: [{{arg: 1, op: eq, value: {first}}}, \
             {{arg: 2, op: eq, value: {second}}}]}}, "
        )
    };
    assert_eq!(
        length(&(pair(1 << 40, 1) + &pair(1 << 40, 7))),
        length(&pair(1 << 40, 1)) + 1
    );
}

/// Policies with as many rules as there may be, or as fit, of the kinds that take longest.
fn worst() -> Vec<(&'static str, String)> {
    let rules = |count: u64, rule: &dyn Fn(u64) -> String| {
        let rules: Vec<String> = (0..count).map(|at| format!("{{{}}}", rule(at))).collect();
        format!("{{allow: [mmap], advanced_rules: [{}]}}", rules.join(", "))
    };
    let all: Vec<&str> = names(Arch::X86_64).map(|(name, _)| name).collect();
    let name = |at: u64| all[usize::try_from(at).unwrap() % all.len()];
    let action = |at: u64| {
        ["errno, errno: EIO", "errno, errno: EACCES", "log"][usize::try_from(at % 3).unwrap()]
    };
    let pairs = rules(1000, &|at| {
        format!(
            "syscall: mmap, action: {}, conditions: [{{arg: 1, op: eq, value: {}}}, \
             {{arg: 5, op: eq, value: {}}}]",
            action(at),
            at * 3,
            at * 5
        )
    });
    let ranges = rules(1000, &|at| {
        format!(
            "syscall: mmap, action: {}, conditions: [{{arg: 1, op: gt, value: {}}}]",
            action(at),
            (1000 - at) << 20
        )
    });
    let masks = rules(500, &|at| {
        format!(
            "syscall: mmap, action: {}, conditions: [{{arg: 3, op: masked_eq, mask: {}, value: 1}}, \
             {{arg: 1, op: masked_ne, mask: {}, value: 0}}]",
            action(at),
            2 * at + 1,
            4 * at + 2
        )
    });
    let calls = rules(1000, &|at| {
        format!(
            "syscall: {}, action: {}, conditions: [{{arg: 0, op: eq, value: {at}}}, \
             {{arg: 2, op: lt, value: {}}}]",
            name(at),
            action(at),
            at * 7 + 1
        )
    });
    let one_rule = rules(1, &|_| {
        let conditions: Vec<String> = (1..60)
            .map(|at| {
                format!(
                    "{{arg: {}, op: masked_ne, mask: {}, value: 0}}",
                    at % 2,
                    at << 28
                )
            })
            .collect();
        format!(
            "syscall: mmap, action: log, conditions: [{}]",
            conditions.join(", ")
        )
    });
    vec![
        ("pairs of constants", pairs),
        ("ranges", ranges),
        ("masks", masks),
        ("many calls", calls),
        ("one rule with many masks", one_rule),
    ]
}

#[test]
fn the_longest_policies_are_generated_in_time() {
    for (what, yaml) in worst() {
        let section = serde_yaml::from_str(&yaml).unwrap();
        let meaning = resolve_section(
            Some(&section),
            Arch::X86_64,
            &Document::default(),
            &mut Sink::new(),
        );
        let start = cpu_time();
        let program = generate(&meaning);
        let time = cpu_time().saturating_sub(start);
        let start = cpu_time();
        let proof = check(&meaning, &program).map(|report| report.method);
        let (length, proven) = (program.instructions.len(), cpu_time().saturating_sub(start));
        println!("{what}: {length} instructions in {time:?}, {proof:?} in {proven:?}");
        // Several times what it takes.
        let most = if cfg!(debug_assertions) {
            20_000
        } else {
            1_000
        };
        assert!(time < Duration::from_millis(most), "{what}: {time:?}");
    }
}
