//! Every program against the evaluator, on every compile.
//!
//! Numbers and interfaces: all numbers up to the newest and some beyond, around every constant
//! that the program compares a number with, through every interface that exists. Arguments: for
//! each call that looks at any, all combinations of the values around each constant of its rules
//! and of the program's own comparisons, with the upper half and the bits outside masks flipped;
//! where that is too many, each argument alone and a fixed number of mixed ones. From one such
//! combination for each way through the program, every single bit of each argument is flipped.
//! Any other call's verdict must not come from a look at an argument at all, which is also what
//! keeps it in the kernel's cache.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::generate::return_value;
use super::instruction::{ARGUMENTS, Program};
use super::interpret::{Data, Trap, run};
use crate::ir::syscalls::{ArchMeaning, Call, CallMeaning, Meaning, Test, evaluate};
use crate::syscalls::{Arch, X32_BIT};

/// Compares a program with a meaning.
pub fn check(meaning: &Meaning, program: &Program) -> Result<Report, Mismatch> {
    let mut checker = Checker { meaning, program, report: Report::default() };
    checker.numbers()?;
    for one in meaning.interfaces() {
        for (number, call) in &one.calls {
            if looks(call) {
                checker.arguments(one, *number, call)?;
            }
        }
    }
    Ok(checker.report)
}

/// What was compared, and found equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Report {
    /// Calls by number and interface.
    pub numbers: usize,
    /// Combinations of arguments.
    pub cells: usize,
}

/// A call that the program and the meaning disagree about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The call.
    pub call: Call,
    /// The value that the meaning's verdict has.
    pub expected: u32,
    /// What the program did.
    pub found: Found,
}

/// What a program did with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// It returned this value.
    Returned(u32),
    /// It is no valid program.
    Trapped(Trap),
    /// It looked at an argument of a call whose verdict does not depend on any.
    LookedAtArguments,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the filter is wrong about {}: {:#010x} expected, ", self.call, self.expected)?;
        match self.found {
            Found::Returned(value) => write!(f, "{value:#010x} returned"),
            Found::Trapped(trap) => trap.fmt(f),
            Found::LookedAtArguments => f.write_str("an argument looked at"),
        }
    }
}

/// The most combinations tried for one call.
const MOST_CELLS: usize = 2048;

/// The most ways through the program from which single bits are flipped, for one call.
const MOST_WAYS: usize = 64;

struct Checker<'a> {
    meaning: &'a Meaning,
    program: &'a Program,
    report: Report,
}

type Constants = BTreeMap<u8, BTreeSet<u64>>;

impl Checker<'_> {
    fn compare(&self, call: &Call, seen: impl FnMut(usize, u32)) -> Result<(), Mismatch> {
        let data = Data::new(call, self.meaning.native.arch.big_endian());
        let found = run(self.program, &data, seen);
        let expected = return_value(evaluate(self.meaning, call).action);
        let found = match found {
            Ok(value) if value == expected => return Ok(()),
            Ok(value) => Found::Returned(value),
            Err(trap) => Found::Trapped(trap),
        };
        Err(Mismatch { call: *call, expected, found })
    }

    fn numbers(&mut self) -> Result<(), Mismatch> {
        let mut numbers: BTreeSet<u32> = BTreeSet::new();
        for one in self.meaning.interfaces() {
            numbers.extend(0..=one.newest - one.arch.base());
            numbers.extend(one.arch.base()..=one.newest.saturating_add(600));
            numbers.extend(one.calls.keys());
            numbers.extend(&one.beyond);
        }
        for edge in [0, X32_BIT, 0x8000_0000, 0xC000_0000] {
            numbers.extend([edge, edge | 1, edge.wrapping_sub(1), edge.wrapping_sub(2)]);
        }
        let own = self.program.instructions.iter().map(|one| one.k);
        numbers.extend(own.flat_map(|k| [k.wrapping_sub(1), k, k.wrapping_add(1)]));
        let listed: BTreeSet<u32> = self.meaning.interfaces().map(|one| one.arch.audit()).collect();
        let all: BTreeSet<u32> = Arch::ALL
            .iter()
            .flat_map(|arch| [arch.audit(), arch.audit() ^ 0x4000_0000, arch.audit() ^ 0x8000_0000])
            .chain([0, u32::MAX])
            .chain(listed.iter().flat_map(|audit| [audit - 1, audit + 1]))
            .collect();
        for audit_arch in all {
            let few = [0, 1, 59, X32_BIT, u32::MAX];
            let calls: Vec<u32> = if listed.contains(&audit_arch) {
                numbers.iter().copied().collect()
            } else {
                few.to_vec()
            };
            for number in calls {
                for fill in [0, u64::MAX] {
                    let call = Call { audit_arch, number, args: [fill; 6] };
                    let mut looked = false;
                    self.compare(&call, |_, offset| looked |= offset >= ARGUMENTS)?;
                    if looked && !self.may_look(audit_arch, number) {
                        let expected = return_value(evaluate(self.meaning, &call).action);
                        let found = Found::LookedAtArguments;
                        return Err(Mismatch { call, expected, found });
                    }
                }
                self.report.numbers += 1;
            }
        }
        Ok(())
    }

    fn arguments(
        &mut self,
        one: &ArchMeaning,
        number: u32,
        call: &CallMeaning,
    ) -> Result<(), Mismatch> {
        let audit_arch = one.arch.audit();
        let mut constants = written(call);
        // What the program itself compares on the paths that the rules' own constants lead down.
        let mut met = vec![None; self.program.instructions.len()];
        for args in cells(&constants) {
            self.compare(&Call { audit_arch, number, args }, |at, offset| {
                if let Some(met) = met.get_mut(at) {
                    *met = Some(offset);
                }
            })?;
            self.report.cells += 1;
        }
        for (instruction, offset) in self.program.instructions.iter().zip(met) {
            let place = offset.and_then(|offset| half(offset, one.arch.big_endian()));
            if let Some((position, upper)) = place {
                let value = u64::from(instruction.k) << if upper { 32 } else { 0 };
                constants.entry(position).or_default().extend(around(value));
            }
        }
        let mut ways = BTreeMap::new();
        for args in cells(&constants) {
            let mut way = 0_u64;
            self.compare(&Call { audit_arch, number, args }, |at, _| {
                way = (way ^ at as u64).wrapping_mul(0x0100_0000_01B3);
            })?;
            self.report.cells += 1;
            ways.entry(way).or_insert(args);
        }
        for args in ways.values().take(MOST_WAYS) {
            for position in constants.keys() {
                for bit in 0..64 {
                    let mut args = *args;
                    if let Some(arg) = args.get_mut(usize::from(*position)) {
                        *arg ^= 1 << bit;
                    }
                    self.compare(&Call { audit_arch, number, args }, |_, _| {})?;
                    self.report.cells += 1;
                }
            }
        }
        Ok(())
    }

    /// Whether the verdict on a number may depend on arguments.
    fn may_look(&self, audit_arch: u32, number: u32) -> bool {
        let reached = self.meaning.interfaces().filter(|one| one.arch.audit() == audit_arch);
        reached.filter_map(|one| one.calls.get(&number)).any(looks)
    }
}

/// Whether a call has rules, or something that a plain allow leaves out.
fn looks(call: &CallMeaning) -> bool {
    !call.rules.is_empty() || call.guard.is_some()
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
        let all = found.entry(position).or_default();
        all.extend(values.iter().copied().flat_map(around));
    };
    for condition in call.rules.iter().flat_map(|rule| &rule.conditions) {
        let width = condition.width;
        match condition.test {
            Test::MaskedEq { mask, value } | Test::MaskedNe { mask, value } => {
                let lowest = mask & mask.wrapping_neg();
                let highest = mask.checked_ilog2().map_or(0, |bit| 1 << bit);
                let flips = [0, !mask, mask, lowest, highest, !mask & width];
                add(condition.arg, &flips.map(|flip| value ^ flip));
            }
            Test::Eq(value)
            | Test::Ne(value)
            | Test::Lt(value)
            | Test::Le(value)
            | Test::Gt(value)
            | Test::Ge(value) => add(condition.arg, &[value, width]),
        }
    }
    if let Some(guard) = &call.guard {
        add(guard.arg, &guard.values);
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
    let total = lists.iter().try_fold(1_usize, |total, (_, list)| total.checked_mul(list.len()));
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
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
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
