//! The proof has teeth: programs with one instruction changed.
//!
//! Each change of one field of one instruction: the operand by one and by each bit, each jump to
//! every other place that it can reach, the operation to every other of its kind. A change that
//! the proof refuses must come with a call that the interpreter and the evaluator really disagree
//! about (or be one that the kernel would not load, or that costs the kernel's cache); a change
//! that it takes must not show in any of many thousand calls at the program's boundaries.
//!
//! All of them take long: an ordinary run takes a sample, `PURPLE_MUTANTS=all` takes all.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::random::{Random, seed};
use super::*;
use crate::emit::bpf::instruction::{AND, JEQ, JGE, JGT, JSET, JUMP, LOAD, RETURN};
use crate::hosts::HostGroups;
use crate::lower::lower;
use crate::source::Source;
use crate::{parse, resolve, validate};

/// How many changes of each program an ordinary run tries.
const SAMPLE: usize = 100;

#[derive(Debug, Default)]
struct Count {
    mutants: usize,
    caught: usize,
    invalid: usize,
    uncached: usize,
    equivalent: usize,
}

#[test]
fn a_change_of_one_instruction_is_caught_or_changes_nothing() {
    let all = std::env::var("PURPLE_MUTANTS").is_ok_and(|value| value == "all");
    let seed = seed();
    println!("PURPLE_SEED={seed}");
    let mut random = Random(seed);
    let mut total = Count::default();
    for (name, meaning) in subjects(&mut random) {
        let Ok(Some((program, _))) = emit(&meaning, &mut Sink::new()) else {
            continue;
        };
        let mut mutants = mutants(&program);
        let possible = mutants.len();
        if !all {
            mutants = (0..SAMPLE)
                .map(|_| mutants[random.below(possible)])
                .collect();
        }
        let calls = boundary_calls(&meaning, &program, &mut random);
        let mut count = Count::default();
        for (at, mutant) in mutants {
            let mut changed = program.clone();
            changed.instructions[at] = mutant;
            let what = format!("{name}, instruction {at}: {mutant:?} PURPLE_SEED={seed}");
            judge(&meaning, &program, &changed, &calls, &what, &mut count);
        }
        println!(
            "{name}: {} instructions, {count:?}",
            program.instructions.len()
        );
        total.mutants += count.mutants;
        total.caught += count.caught;
        total.invalid += count.invalid;
        total.uncached += count.uncached;
        total.equivalent += count.equivalent;
    }
    println!("all: {total:?}");
    let refused = total.caught + total.invalid + total.uncached;
    assert!(
        total.caught > 500 && refused > 5 * total.equivalent,
        "{total:?}"
    );
}

fn judge(
    meaning: &Meaning,
    program: &Program,
    changed: &Program,
    calls: &[Call],
    what: &str,
    count: &mut Count,
) {
    let big_endian = meaning.native.arch.big_endian();
    let returned =
        |program: &Program, call: &Call| run(program, &Data::new(call, big_endian), |_, _| {});
    count.mutants += 1;
    match check(meaning, changed) {
        Ok(report) => {
            assert_eq!(report.method, Method::Exact, "{what}");
            let differs = calls
                .iter()
                .find(|call| returned(program, call) != returned(changed, call));
            assert_eq!(differs, None, "not caught: {what}");
            count.equivalent += 1;
        }
        Err(Mismatch {
            found: Counterexample::Trapped(_) | Counterexample::LooksAtPointer,
            ..
        }) => {
            count.invalid += 1;
        }
        Err(Mismatch {
            found: Counterexample::LookedAtArguments,
            call,
            ..
        }) => {
            let mut looked = false;
            let data = Data::new(&call, big_endian);
            run(changed, &data, |_, offset| looked |= offset >= 16).unwrap();
            // A load that no comparison uses is a look too.
            let loads = changed
                .instructions
                .iter()
                .filter(|one| one.code == LOAD && one.k >= 16);
            assert!(looked || loads.count() > 0, "{what}");
            count.uncached += 1;
        }
        Err(found) => {
            let expected = return_value(evaluate(meaning, &found.call).action);
            assert_ne!(
                returned(changed, &found.call),
                Ok(expected),
                "no counterexample: {what}"
            );
            count.caught += 1;
        }
    }
}

/// The shipped policies, the corpus, and some random ones.
fn subjects(random: &mut Random) -> Vec<(String, Meaning)> {
    let mut subjects = vec![("rules".to_owned(), meaning(RULES, Arch::X86_64))];
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files: Vec<PathBuf> = ["policies", "tests/spec/corpus"]
        .iter()
        .flat_map(|folder| std::fs::read_dir(root.join(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        })
        .collect();
    files.sort();
    for file in files {
        let source = Source::new("policy", std::fs::read_to_string(&file).unwrap());
        let sink = &mut Sink::new();
        let mut document = parse::parse(&source, sink).unwrap();
        let policy = validate::validate(&mut document, sink).unwrap();
        let resolved = resolve::resolve(
            &policy,
            &[Arch::X86_64],
            None,
            &HostGroups::default(),
            None,
            &document,
            sink,
        );
        for meaning in lower(&resolved, sink).meanings().cloned() {
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            subjects.push((name, meaning));
        }
    }
    for (at, arch) in [Arch::X86_64, Arch::S390x, Arch::X86_64, Arch::Aarch64]
        .iter()
        .enumerate()
    {
        let (text, _) = random.section(*arch);
        let section = serde_yaml::from_str(&text).unwrap();
        let meaning = resolve_section(
            Some(&section),
            *arch,
            &Document::default(),
            &mut Sink::new(),
        );
        subjects.push((format!("random {at}"), meaning));
    }
    subjects
}

fn mutants(program: &Program) -> Vec<(usize, Instruction)> {
    let length = program.instructions.len();
    let mut found = Vec::new();
    for (at, &one) in program.instructions.iter().enumerate() {
        let operands = [one.k.wrapping_add(1), one.k.wrapping_sub(1)];
        let flipped = (0..32).map(|bit| one.k ^ 1 << bit);
        let operands = operands.into_iter().chain(flipped);
        let mut all: Vec<_> = operands.map(|k| Instruction { k, ..one }).collect();
        let kinds: &[u16] = match one.code {
            JEQ | JGT | JGE | JSET => &[JEQ, JGT, JGE, JSET, JUMP],
            // BPF_LD of an immediate and of the length; BPF_LDX of an immediate.
            LOAD => &[LOAD, 0x00, 0x80, 0x01],
            // BPF_ALU: add, subtract, or, shift both ways, negate, exclusive or.
            AND => &[AND, 0x04, 0x14, 0x44, 0x64, 0x74, 0x84, 0xA4],
            // The accumulator's value is returned.
            RETURN => &[RETURN, 0x16],
            JUMP => &[JUMP, JEQ],
            _ => &[],
        };
        all.extend(kinds.iter().map(|&code| Instruction { code, ..one }));
        if matches!(one.code, JEQ | JGT | JGE | JSET) {
            for skip in 0..=u8::MAX {
                if at + 1 + usize::from(skip) < length {
                    all.push(Instruction { jt: skip, ..one });
                    all.push(Instruction { jf: skip, ..one });
                }
            }
        }
        all.retain(|mutant| *mutant != one);
        all.sort_unstable();
        all.dedup();
        found.extend(all.into_iter().map(|mutant| (at, mutant)));
    }
    found
}

/// Calls by number and architecture around everything that the program or the meaning compares
/// with, each with several arguments made of the program's constants.
fn boundary_calls(meaning: &Meaning, program: &Program, random: &mut Random) -> Vec<Call> {
    let constants: BTreeSet<u32> = program.instructions.iter().map(|one| one.k).collect();
    let around = |k: u32| {
        let flipped = (0..32).map(move |bit| k ^ 1 << bit);
        [k, k.wrapping_add(1), k.wrapping_sub(1)]
            .into_iter()
            .chain(flipped)
    };
    let mut numbers: BTreeSet<u32> = constants.iter().copied().flat_map(around).collect();
    let mut architectures: BTreeSet<u32> = numbers.iter().copied().collect();
    architectures.retain(|arch| {
        meaning.interfaces().any(|one| {
            (one.arch.audit() ^ arch).count_ones() <= 1 || one.arch.audit().abs_diff(*arch) == 1
        })
    });
    for one in meaning.interfaces() {
        numbers.extend(one.calls.keys());
        numbers.extend(one.arch.base()..one.newest + 2);
    }
    let known: Vec<u64> = constants
        .iter()
        .flat_map(|&low| [u64::from(low), u64::from(low) << 32])
        .chain([0, 1, u64::MAX])
        .collect();
    let mut calls = Vec::new();
    for &audit_arch in &architectures {
        let listed = meaning
            .interfaces()
            .any(|one| one.arch.audit() == audit_arch);
        for &number in &numbers {
            let looks = meaning
                .interfaces()
                .filter_map(|one| one.calls.get(&number))
                .any(|call| !call.rules.is_empty() || call.guard.is_some());
            let count = if !listed {
                1
            } else if looks {
                600
            } else {
                2
            };
            for at in 0..count {
                let args = if at == 0 { [0; 6] } else { random.args(&known) };
                calls.push(Call {
                    audit_arch,
                    number,
                    args,
                });
            }
        }
    }
    calls
}
