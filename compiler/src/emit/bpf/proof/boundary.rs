//! A call whose arguments make too many cells, sampled: all combinations of the values around each
//! constant of its rules and of the program's own comparisons, with the upper half and the bits
//! outside masks flipped; where that is too many, each argument alone and a fixed number of mixed
//! ones. From one such combination for each path through the program, every single bit of each
//! argument is flipped.

use std::collections::{BTreeMap, BTreeSet};

use super::counterexample::{Counterexample, Mismatch};
use crate::emit::bpf::instruction::{
    AND, ARCH, ARGUMENTS, JEQ, JGE, JGT, JUMP, LOAD, NUMBER, Program, RETURN,
};
use crate::emit::bpf::interpret::{Data, run};
use crate::emit::bpf::return_value::return_value;
use crate::ir::syscalls::{Call, CallMeaning, Meaning, Test, evaluate};

/// Compares a program with a meaning on samples of one call; gives how many.
pub(super) fn sample(
    meaning: &Meaning,
    program: &Program,
    audit_arch: u32,
    number: u32,
) -> Result<u64, Mismatch> {
    let mut checker = Checker {
        meaning,
        program,
        cells: 0,
    };
    let mut reached = meaning
        .interfaces()
        .filter(|one| one.arch.audit() == audit_arch);
    match reached.find_map(|one| one.calls.get(&number)) {
        Some(call) => checker.arguments(audit_arch, number, call)?,
        None => {
            checker.compare(
                &Call {
                    audit_arch,
                    number,
                    args: [0; 6],
                },
                |_, _| {},
            )?;
        }
    }
    Ok(checker.cells)
}

/// The most combinations tried for one call.
const MOST_CELLS: usize = 2048;

/// The most paths through the program from which single bits are flipped, for one call.
const MOST_PATHS: usize = 64;

struct Checker<'a> {
    meaning: &'a Meaning,
    program: &'a Program,
    cells: u64,
}

type Constants = BTreeMap<u8, BTreeSet<u64>>;

impl Checker<'_> {
    /// Runs the program.
    fn compare(&mut self, call: &Call, seen: impl FnMut(usize, u32)) -> Result<u32, Mismatch> {
        let data = Data::new(call, self.meaning.native.arch.big_endian());
        match run(self.program, &data, seen) {
            Ok(value) => self.returned(call, value),
            Err(trap) => Err(Mismatch::new(
                self.meaning,
                *call,
                Counterexample::Trapped(trap),
            )),
        }
    }

    /// Compares what the program returns for a call with what the evaluator says; gives it.
    fn returned(&mut self, call: &Call, value: u32) -> Result<u32, Mismatch> {
        self.cells += 1;
        if value == return_value(evaluate(self.meaning, call).action) {
            return Ok(value);
        }
        Err(Mismatch::new(
            self.meaning,
            *call,
            Counterexample::Returned(value),
        ))
    }

    fn arguments(
        &mut self,
        audit_arch: u32,
        number: u32,
        call: &CallMeaning,
    ) -> Result<(), Mismatch> {
        let mut constants = written(call);
        let big_endian = self.meaning.native.arch.big_endian();
        compared(
            self.program,
            (audit_arch, number),
            big_endian,
            &mut constants,
        );
        let mut paths = BTreeMap::new();
        for args in cells(&constants) {
            let (mut path, mut words) = (0_u64, 0_u64);
            let value = self.compare(
                &Call {
                    audit_arch,
                    number,
                    args,
                },
                |at, offset| {
                    path = (path ^ at as u64).wrapping_mul(0x0100_0000_01B3);
                    words |= 1 << (offset % 64);
                },
            )?;
            paths.entry(path).or_insert(Path { args, words, value });
        }
        for path in paths.values().take(MOST_PATHS) {
            for position in constants.keys() {
                for bit in 0..64 {
                    let mut args = path.args;
                    if let Some(arg) = args.get_mut(usize::from(*position)) {
                        *arg ^= 1 << bit;
                    }
                    let call = Call {
                        audit_arch,
                        number,
                        args,
                    };
                    let second = (bit >= 32) != big_endian;
                    let offset = ARGUMENTS + 8 * u32::from(*position) + if second { 4 } else { 0 };
                    // A word that no comparison on the path looks at does not change the path.
                    if path.words & 1 << (offset % 64) == 0 {
                        self.returned(&call, path.value)?;
                    } else {
                        self.compare(&call, |_, _| {})?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// A path through the program.
struct Path {
    /// A call's arguments that it is taken for.
    args: [u64; 6],
    /// The offsets of the words that are compared on it, as bits.
    words: u64,
    /// What it returns.
    value: u32,
}

/// What the accumulator holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Loaded {
    Value(u32),
    /// Some bits of the word at an offset.
    Argument(u32),
}

/// Adds the values around what a program compares the arguments of one call with.
fn compared(program: &Program, (arch, number): (u32, u32), big_endian: bool, to: &mut Constants) {
    // No instruction leads back: each is met after all that lead to it.
    let mut loaded = vec![BTreeSet::new(); program.instructions.len() + 1];
    if let Some(first) = loaded.first_mut() {
        first.insert(Loaded::Value(0));
    }
    for (at, one) in program.instructions.iter().enumerate() {
        for before in loaded.get_mut(at).map(std::mem::take).into_iter().flatten() {
            let on = |skip: usize, loaded: Loaded| (at + 1 + skip, loaded);
            let (yes, no) = (on(one.jt.into(), before), on(one.jf.into(), before));
            let next = match (one.code, before) {
                (RETURN, _) => [None, None],
                (JUMP, _) => [Some(on(one.k as usize, before)), None],
                (LOAD, _) => {
                    let loaded = match one.k {
                        NUMBER => Loaded::Value(number),
                        ARCH => Loaded::Value(arch),
                        offset => Loaded::Argument(offset),
                    };
                    [Some(on(0, loaded)), None]
                }
                (AND, Loaded::Value(value)) => [Some(on(0, Loaded::Value(value & one.k))), None],
                (AND, Loaded::Argument(_)) => [Some(on(0, before)), None],
                (code, Loaded::Value(value)) => {
                    let holds = match code {
                        JEQ => value == one.k,
                        JGT => value > one.k,
                        JGE => value >= one.k,
                        _ => value & one.k != 0,
                    };
                    [Some(if holds { yes } else { no }), None]
                }
                (_, Loaded::Argument(offset)) => {
                    if let Some((position, upper)) = half(offset, big_endian) {
                        let value = u64::from(one.k) << if upper { 32 } else { 0 };
                        to.entry(position).or_default().extend(around(value));
                    }
                    [Some(yes), Some(no)]
                }
            };
            for (at, after) in next.into_iter().flatten() {
                if let Some(loaded) = loaded.get_mut(at) {
                    loaded.insert(after);
                }
            }
        }
    }
}

/// Which argument, and whether its upper half, lies at an offset.
fn half(offset: u32, big_endian: bool) -> Option<(u8, bool)> {
    let within = offset.checked_sub(ARGUMENTS)?;
    let position = u8::try_from(within / 8).ok()?;
    Some((position, (within % 8 == 4) != big_endian))
}

/// The values around the constants of a call's rules and guard, by argument.
fn written(call: &CallMeaning) -> Constants {
    let mut found = Constants::new();
    let mut add = |position: u8, values: &[u64]| {
        found.entry(position).or_default().extend(values);
    };
    for condition in call.rules.iter().flat_map(|rule| &rule.conditions) {
        let width = condition.width;
        match condition.test {
            Test::MaskedEq { mask, value } | Test::MaskedNe { mask, value } => {
                let lowest = mask & mask.wrapping_neg();
                let highest = mask.checked_ilog2().map_or(0, |bit| 1 << bit);
                let flips = [0, !mask, mask, lowest, highest, !mask & width];
                add(condition.arg, &flips.map(|flip| value ^ flip));
                add(condition.arg, &around(value));
            }
            Test::Eq(value)
            | Test::Ne(value)
            | Test::Lt(value)
            | Test::Le(value)
            | Test::Gt(value)
            | Test::Ge(value) => {
                add(condition.arg, &around(value));
                add(condition.arg, &around(width));
            }
        }
    }
    if let Some(guard) = &call.guard {
        guard
            .values
            .iter()
            .for_each(|value| add(guard.arg, &around(*value)));
    }
    found
}

/// A constant, its neighbours, and each with another upper half.
fn around(value: u64) -> [u64; 6] {
    [
        value,
        value.wrapping_sub(1),
        value.wrapping_add(1),
        value ^ (1 << 32),
        value ^ (1 << 63),
        value ^ (1 << 16),
    ]
}

/// Combinations of the arguments' values: all of them, or a spread of at most [`MOST_CELLS`] in
/// which every value of every argument occurs, with each of the others' first values and mixed.
fn cells(constants: &Constants) -> Vec<[u64; 6]> {
    let lists: Vec<(usize, Vec<u64>)> = constants
        .iter()
        .map(|(position, values)| {
            let all: BTreeSet<u64> = values.iter().copied().chain([0, u64::MAX]).collect();
            (usize::from(*position), all.into_iter().collect())
        })
        .collect();
    let total = lists
        .iter()
        .try_fold(1_usize, |total, (_, list)| total.checked_mul(list.len()));
    let longest = lists.iter().map(|(_, list)| list.len()).max().unwrap_or(1);
    let (count, mixed) = match total {
        Some(total) if total <= MOST_CELLS => (total, false),
        _ => (MOST_CELLS.max(longest * lists.len()), true),
    };
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let cell = |index: usize| {
        let mut args = [0; 6];
        let mut rest = index;
        for (at, (position, list)) in lists.iter().enumerate() {
            let pick = if !mixed {
                rest % list.len()
            } else if index % lists.len() == at {
                // One argument goes through its values in turn; the others are spread.
                (index / lists.len()) % list.len()
            } else {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                usize::try_from(state >> 33).unwrap_or(0) % list.len()
            };
            rest /= list.len();
            if let (Some(arg), Some(value)) = (args.get_mut(*position), list.get(pick)) {
                *arg = *value;
            }
        }
        args
    };
    (0..count).map(cell).collect()
}
