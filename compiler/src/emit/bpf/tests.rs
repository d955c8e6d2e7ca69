//! Programs against the evaluator, with more policies and calls than one compile looks at, and
//! against a real kernel.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may stop at the first surprise"
)]

mod kernel;
mod mutants;
mod proofs;
pub(crate) mod random;
mod size;
mod verdicts;

use super::generate::generate;
use super::return_value::return_value;
use super::*;
use crate::ir::syscalls::{Action, Call, evaluate};
use crate::lower::probe::probe;
use crate::parse::Document;
use crate::resolve::syscalls::resolve as resolve_section;
use crate::syscalls::{Arch, names, syscall_number};

/// A meaning from the text of a `syscalls` section that has no errors.
pub(super) fn meaning(yaml: &str, arch: Arch) -> Meaning {
    let section = serde_yaml::from_str(yaml).unwrap();
    let mut sink = Sink::new();
    let meaning = resolve_section(Some(&section), arch, &Document::default(), &mut sink);
    assert!(!sink.has_errors(), "{yaml}: {:?}", sink.into_sorted());
    meaning
}

fn emitted(meaning: &Meaning) -> (Program, Report) {
    emit(meaning, &mut Sink::new()).unwrap().unwrap()
}

pub(super) const RULES: &str = "{on_deny: !errno EACCES, allow: [read, openat, socket, ioctl, mmap, lseek, \
    clone, clone3, personality, fchmod, exit_group], deny: [write], advanced_rules: [\
    {syscall: openat, action: allow, conditions: [{arg: 2, op: masked_eq, value: 0, mask: 3}]}, \
    {syscall: socket, action: kill, conditions: [{arg: 0, op: eq, value: 40}]}, \
    {syscall: mmap, action: errno, errno: ENOMEM, conditions: [{arg: 1, op: gt, value: 0x180000005}]}, \
    {syscall: mmap, action: deny, conditions: [{arg: 2, op: masked_eq, value: 6, mask: 6}]}, \
    {syscall: lseek, action: log, conditions: [{arg: 1, op: le, value: 0xffffffff}, {arg: 2, op: ne, value: 1}]}, \
    {syscall: fchmod, action: deny, conditions: [{arg: 1, op: lt, value: 8}]}, \
    {syscall: personality, action: allow, conditions: [{arg: 0, op: eq, value: 0xffffffff}]}, \
    {syscall: personality, action: allow, conditions: [{arg: 0, op: eq, value: 0}]}, \
    {syscall: clone, action: deny, conditions: [{arg: 0, op: masked_ne, value: 0, mask: 0x7e020000}]}]}";

#[test]
fn programs_on_every_architecture_do_what_the_evaluator_says() {
    for arch in Arch::ALL {
        if matches!(arch, Arch::X32 | Arch::X86 | Arch::Arm | Arch::S390x) {
            continue; // no native kernel of its own, 32 bits, or another order of clone's arguments
        }
        let (_, report) = emitted(&meaning(RULES, arch));
        assert_eq!(report.method, Method::Exact, "{arch}");
        assert!(
            report.paths > 60 && report.cells > report.paths,
            "{arch}: {report:?}"
        );
    }
    let both = RULES.replacen('{', "{architectures: [x86, x32], ", 1);
    let both = both
        .replace("{syscall: mmap", "{syscall: mremap")
        .replace("lseek", "_llseek");
    let both = both.replace("0x180000005", "5");
    let section = serde_yaml::from_str(&both).unwrap();
    let mut sink = Sink::new();
    // Errors about x86's own signatures do not keep a program from being right about the rest.
    let three = resolve_section(
        Some(&section),
        Arch::X86_64,
        &Document::default(),
        &mut sink,
    );
    assert_eq!(three.compat.len(), 2);
    assert!(emitted(&three).0.instructions.len() < 400);
}

#[test]
fn a_program_encodes_as_the_kernel_reads_it() {
    let program = Program {
        instructions: vec![Instruction {
            code: 0x15,
            jt: 1,
            jf: 2,
            k: 0x0A0B_0C0D,
        }],
    };
    assert_eq!(
        program.to_le_bytes(),
        [0x15, 0, 1, 2, 0x0D, 0x0C, 0x0B, 0x0A]
    );
}

#[test]
fn programs_are_made_the_same_way_every_time() {
    let one = emitted(&meaning(RULES, Arch::X86_64)).0;
    assert!(one == emitted(&meaning(RULES, Arch::X86_64)).0);
}

#[test]
fn long_jumps_are_split() {
    let rules: Vec<_> = (0..400)
        .map(|value| {
            format!(
                "{{syscall: close, action: errno, errno: {}, \
                 conditions: [{{arg: 0, op: eq, value: {}}}]}}",
                ["EIO", "EACCES", "ENOENT"][value % 3],
                value * 5
            )
        })
        .collect();
    let yaml = format!(
        "{{allow: [read, close, exit], advanced_rules: [{}]}}",
        rules.join(", ")
    );
    let (program, _) = emitted(&meaning(&yaml, Arch::X86_64));
    // A return that is too far away is made again.
    let codes = |code| {
        program
            .instructions
            .iter()
            .filter(|one| one.code == code)
            .count()
    };
    let verdicts: std::collections::BTreeSet<u32> = program
        .instructions
        .iter()
        .filter(|one| one.code == 0x06)
        .map(|one| one.k)
        .collect();
    assert!(
        codes(0x06) > verdicts.len() && program.instructions.len() > 400,
        "{program}"
    );
}

#[test]
fn a_program_that_the_kernel_would_not_load_is_a_finding() {
    let rules: Vec<_> = (0..1000_u64)
        .map(|at| {
            let (length, offset) = ((at << 40) + at * 3, (at << 50) + at * 5);
            format!(
                "{{syscall: mmap, action: deny, conditions: [{{arg: 1, op: eq, value: {length}}}, \
                 {{arg: 5, op: eq, value: {offset}}}]}}"
            )
        })
        .collect();
    let yaml = format!("{{allow: [mmap], advanced_rules: [{}]}}", rules.join(", "));
    let mut sink = Sink::new();
    assert!(matches!(
        emit(&meaning(&yaml, Arch::X86_64), &mut sink),
        Ok(None)
    ));
    let found = sink.into_sorted();
    assert_eq!(found[0].code, "filter-too-long");
    let help = found[0].help.as_deref().unwrap();
    assert!(
        help.starts_with("1000 rules on `mmap` (x86_64) take "),
        "{help}"
    );
    // The first rule, whose upper halves are zero like the others', is no shorter by itself.
    let related: Vec<_> = found[0]
        .related
        .iter()
        .map(|one| one.message.as_str())
        .collect();
    assert_eq!(related, ["8 instructions by itself"; 3]);
}

#[test]
fn a_wrong_program_is_refused_with_the_call_that_shows_it() {
    let meaning = meaning("{allow: [read]}", Arch::X86_64);
    let (mut program, _) = emitted(&meaning);
    for one in program
        .instructions
        .iter_mut()
        .filter(|one| one.k == 0x0005_0001)
    {
        one.k = 0x7FFF_0000;
    }
    let found = check(&meaning, &program).unwrap_err();
    let shown = evaluate(&meaning, &found.call).action;
    assert_eq!(
        (shown, found.found),
        (Action::Errno(1), Counterexample::Returned(0x7FFF_0000))
    );
    let message = found.to_string();
    assert!(
        message.ends_with(": the policy says errno EPERM, the filter allows"),
        "{message}"
    );
}

#[test]
fn a_program_that_runs_off_its_end_is_a_trap() {
    let meaning = meaning("{allow: [read]}", Arch::X86_64);
    let program = Program {
        instructions: vec![Instruction {
            code: 0x20,
            jt: 0,
            jf: 0,
            k: 0,
        }],
    };
    let found = check(&meaning, &program).unwrap_err().found;
    assert_eq!(found, Counterexample::Trapped(Trap { at: 1 }));
    assert!(check(&meaning, &Program::default()).is_err());
}

#[test]
fn a_probe_is_a_call_that_the_filter_denies_in_a_way_the_kernel_would_not() {
    for yaml in [
        "{}",
        "{default_deny: false}",
        "{on_deny: !errno EINVAL}",
        RULES,
    ] {
        for arch in [Arch::X86_64, Arch::Aarch64, Arch::Mips64] {
            let meaning = meaning(yaml, arch);
            let probe = probe(&meaning).unwrap();
            let call = Call {
                audit_arch: arch.audit(),
                number: probe.nr,
                args: probe.args,
            };
            assert_eq!(evaluate(&meaning, &call).action, Action::Errno(probe.errno));
        }
    }
    assert_eq!(probe(&meaning("{on_deny: kill}", Arch::X86_64)), None);
    let invalid = probe(&meaning("{on_deny: !errno EINVAL}", Arch::X86_64)).unwrap();
    assert_eq!(Some(invalid.nr), syscall_number(Arch::X86_64, "mount"));
}

#[test]
fn generating_is_apart_from_checking() {
    let meaning = meaning(RULES, Arch::X86_64);
    assert_eq!(generate(&meaning), emitted(&meaning).0);
}
