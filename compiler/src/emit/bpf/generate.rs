//! From a meaning to instructions: the architecture guard, the x32 guard, a search over intervals
//! of numbers with equal verdicts, and blocks that look at arguments.

use std::collections::BTreeMap;

use super::assemble::{Assembler, Label};
use super::instruction::{AND, ARCH, ARGUMENTS, JEQ, JGE, JGT, JSET, LOAD, NUMBER, Program};
use crate::ir::syscalls::{Action, ArchMeaning, CallMeaning, Condition, Meaning, Strength, Test};
use crate::syscalls::{Arch, X32_BIT};

/// The program for a meaning, however long it gets.
pub(super) fn generate(meaning: &Meaning) -> Program {
    let mut generator = Generator { assembler: Assembler::default() };
    let kill = generator.verdict(Action::KillProcess);
    let mut entry = kill;
    // From the end to the start: the native interface is asked for first.
    for one in meaning.compat.iter().rev().filter(|one| one.arch != Arch::X32) {
        let section = generator.numbers(one, None);
        entry = generator.assembler.branch(JEQ, one.arch.audit(), section, entry);
    }
    let x32 = meaning.native.arch.has_x32().then(|| {
        // A number with the x32 bit: its own table, or the end. The kernel's "no call" is neither.
        let listed = meaning.interface(Arch::X32);
        let inside = match listed {
            Some(x32) => generator.search(x32),
            None => generator.verdict(Action::KillProcess),
        };
        let none = generator.verdict(Action::Errno(meaning.native.enosys));
        generator.assembler.branch(JEQ, u32::MAX, none, inside)
    });
    let native = generator.numbers(&meaning.native, x32);
    let entry = generator.assembler.branch(JEQ, meaning.native.arch.audit(), native, entry);
    generator.assembler.step(LOAD, ARCH, entry);
    generator.assembler.finish()
}

/// The value that a seccomp program returns for a verdict (seccomp(2)).
pub(crate) const fn return_value(action: Action) -> u32 {
    match action {
        Action::Allow => 0x7FFF_0000,
        Action::Log => 0x7FFC_0000,
        Action::Notify => 0x7FC0_0000,
        Action::Errno(number) => 0x0005_0000 | number as u32,
        Action::KillProcess => 0x8000_0000,
    }
}

struct Generator {
    assembler: Assembler,
}

impl Generator {
    fn verdict(&mut self, action: Action) -> Label {
        self.assembler.ret(return_value(action))
    }

    /// Loads the number and finds its verdict; a number with the x32 bit goes to `x32`.
    fn numbers(&mut self, one: &ArchMeaning, x32: Option<Label>) -> Label {
        let mut search = self.search(one);
        if let Some(x32) = x32 {
            search = self.assembler.branch(JGE, X32_BIT, x32, search);
        }
        self.assembler.step(LOAD, NUMBER, search)
    }

    /// Finds the verdict on the number that is loaded.
    fn search(&mut self, one: &ArchMeaning) -> Label {
        let mut intervals: Vec<(u32, Label)> = Vec::new();
        for (start, outcome) in outcomes(one) {
            let label = match outcome {
                Outcome::Verdict(action) => self.verdict(action),
                Outcome::Arguments(number) => match one.calls.get(&number) {
                    Some(call) => self.arguments(one, call),
                    None => self.verdict(one.denial),
                },
            };
            intervals.push((start, label));
        }
        self.tree(&intervals)
    }

    /// A balanced search tree over intervals, each given by its first number. An interval of one
    /// number between two that are alike takes one JEQ.
    fn tree(&mut self, intervals: &[(u32, Label)]) -> Label {
        match intervals {
            [] => self.verdict(Action::KillProcess),
            [(_, only)] => *only,
            [(_, before), (start, inside), (end, after)]
                if before == after && *end == start.wrapping_add(1) =>
            {
                self.assembler.branch(JEQ, *start, *inside, *before)
            }
            _ => {
                let (low, high) = intervals.split_at(split(intervals));
                let high_label = self.tree(high);
                let low_label = self.tree(low);
                let start = high.first().map_or(0, |(start, _)| *start);
                self.assembler.branch(JGE, start, high_label, low_label)
            }
        }
    }

    /// A call's rules, then what holds when none does.
    fn arguments(&mut self, one: &ArchMeaning, call: &CallMeaning) -> Label {
        let mut otherwise = match remainder(one, call) {
            Remainder::Verdict(action) => self.verdict(action),
            Remainder::Guarded => self.guard(one, call),
        };
        for rule in reachable(call).iter().rev() {
            let mut then = self.verdict(rule.action);
            for condition in rule.conditions.iter().rev() {
                then = self.test(one.arch, condition, then, otherwise);
            }
            otherwise = then;
        }
        otherwise
    }

    fn guard(&mut self, one: &ArchMeaning, call: &CallMeaning) -> Label {
        let allow = self.verdict(Action::Allow);
        let Some(guard) = &call.guard else { return allow };
        let deny = self.verdict(one.denial);
        let (listed, mut otherwise) = if guard.only { (allow, deny) } else { (deny, allow) };
        for &value in guard.values.iter().rev() {
            let span = one.default.span;
            let condition =
                Condition { arg: guard.arg, width: guard.width, test: Test::Eq(value), span };
            otherwise = self.test(one.arch, &condition, listed, otherwise);
        }
        otherwise
    }

    /// One comparison.
    fn test(&mut self, arch: Arch, condition: &Condition, yes: Label, no: Label) -> Label {
        let Condition { arg, width, test, .. } = *condition;
        let argument = Argument { arch, position: arg, width };
        match test {
            Test::Eq(value) => self.equal(argument, width, value, yes, no),
            Test::Ne(value) => self.equal(argument, width, value, no, yes),
            Test::MaskedEq { mask, value } => self.equal(argument, mask, value, yes, no),
            Test::MaskedNe { mask, value } => self.equal(argument, mask, value, no, yes),
            Test::Gt(value) => self.above(argument, JGT, value, yes, no),
            Test::Le(value) => self.above(argument, JGT, value, no, yes),
            Test::Ge(value) => self.above(argument, JGE, value, yes, no),
            Test::Lt(value) => self.above(argument, JGE, value, no, yes),
        }
    }

    /// Whether the bits of the argument under `mask` equal `value`.
    fn equal(&mut self, argument: Argument, mask: u64, value: u64, yes: Label, no: Label) -> Label {
        let mask = mask & argument.width;
        if value & !mask != 0 {
            return no;
        }
        let low = self.equal_half(argument, false, mask, value, yes, no);
        if high(mask) == 0 {
            return low;
        }
        self.equal_half(argument, true, mask, value, low, no)
    }

    fn equal_half(
        &mut self,
        argument: Argument,
        upper: bool,
        mask: u64,
        value: u64,
        yes: Label,
        no: Label,
    ) -> Label {
        let (mask, value) = if upper { (high(mask), high(value)) } else { (low(mask), low(value)) };
        let load = argument.offset(upper);
        match (mask, value) {
            (0, _) => yes,
            (u32::MAX, _) => {
                let test = self.assembler.branch(JEQ, value, yes, no);
                self.load(load, test, yes, no)
            }
            (_, 0) => {
                let test = self.assembler.branch(JSET, mask, no, yes);
                self.load(load, test, yes, no)
            }
            _ => {
                let test = self.assembler.branch(JEQ, value, yes, no);
                let masked = self.assembler.step(AND, mask, test);
                self.load(load, masked, yes, no)
            }
        }
    }

    /// Whether the argument is greater than (`JGT`), or at least (`JGE`), `value`.
    fn above(&mut self, argument: Argument, code: u16, value: u64, yes: Label, no: Label) -> Label {
        if value > argument.width {
            return no;
        }
        let mut lower = self.assembler.branch(code, low(value), yes, no);
        if low(argument.width) != u32::MAX {
            lower = self.assembler.step(AND, low(argument.width), lower);
        }
        let lower = self.load(argument.offset(false), lower, yes, no);
        if high(argument.width) == 0 {
            return lower;
        }
        let equal = self.assembler.branch(JEQ, high(value), lower, no);
        let above = self.assembler.branch(JGT, high(value), yes, equal);
        self.load(argument.offset(true), above, yes, no)
    }

    /// A load before a test; a test whose outcome does not depend on it needs none.
    fn load(&mut self, offset: u32, test: Label, yes: Label, no: Label) -> Label {
        if yes == no { yes } else { self.assembler.step(LOAD, offset, test) }
    }
}

#[derive(Clone, Copy)]
struct Argument {
    arch: Arch,
    position: u8,
    width: u64,
}

impl Argument {
    /// Where the upper or lower half is in `struct seccomp_data`.
    fn offset(self, upper: bool) -> u32 {
        let half = if upper == self.arch.big_endian() { 0 } else { 4 };
        ARGUMENTS + 8 * u32::from(self.position) + half
    }
}

const fn low(value: u64) -> u32 {
    (value & 0xFFFF_FFFF) as u32
}

const fn high(value: u64) -> u32 {
    (value >> 32) as u32
}

/// What the number alone says of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Verdict(Action),
    Arguments(u32),
}

enum Remainder {
    Verdict(Action),
    Guarded,
}

/// The outcome of every number, as the starts of intervals, in order.
fn outcomes(one: &ArchMeaning) -> Vec<(u32, Outcome)> {
    let unnamed = Outcome::Verdict(if one.default.deny { one.denial } else { Action::Allow });
    let unknown = Outcome::Verdict(Action::Errno(one.enosys));
    let after = |number: u32| {
        if number < one.newest { unnamed } else { unknown }
    };
    let mut found = BTreeMap::from([(0, unnamed)]);
    for number in one.calls.keys().copied().chain(one.beyond.iter().copied()).chain([one.newest]) {
        let outcome = one.calls.get(&number).map_or(unnamed, |call| outcome(one, call, number));
        found.insert(number, outcome);
    }
    let mut intervals: Vec<(u32, Outcome)> = Vec::new();
    let mut add = |start, outcome| {
        if intervals.last().is_none_or(|(_, last)| *last != outcome) {
            intervals.push((start, outcome));
        }
    };
    let mut rest = found.iter().peekable();
    while let Some((&start, &outcome)) = rest.next() {
        let named = one.calls.contains_key(&start) || start >= one.newest;
        add(start, outcome);
        let next = rest.peek().map(|(start, _)| **start);
        if let Some(end) = start.checked_add(1).filter(|end| named && next != Some(*end)) {
            add(end, after(start));
        }
    }
    intervals
}

fn outcome(one: &ArchMeaning, call: &CallMeaning, number: u32) -> Outcome {
    let rules = reachable(call);
    if let Some(rule) = rules.first().filter(|rule| rule.conditions.is_empty()) {
        return Outcome::Verdict(rule.action);
    }
    match remainder(one, call) {
        Remainder::Verdict(action) if rules.is_empty() => Outcome::Verdict(action),
        _ => Outcome::Arguments(number),
    }
}

/// The rules up to the first that always holds. Those behind what hides a call do not count.
fn reachable(call: &CallMeaning) -> &[crate::ir::syscalls::Rule] {
    let hidden = call.hidden.is_some();
    let end = call.rules.iter().position(|rule| hidden && rule.strength > Strength::Deny);
    let rules = call.rules.get(..end.unwrap_or(call.rules.len())).unwrap_or_default();
    let always = rules.iter().position(|rule| rule.conditions.is_empty());
    rules.get(..always.map_or(rules.len(), |at| at + 1)).unwrap_or_default()
}

/// What holds for a call when no rule does.
fn remainder(one: &ArchMeaning, call: &CallMeaning) -> Remainder {
    let narrowed = call.rules.iter().any(|rule| rule.strength == Strength::Allow);
    if call.hidden.is_some() {
        Remainder::Verdict(Action::Errno(one.enosys))
    } else if narrowed || call.denied.is_some() {
        Remainder::Verdict(one.denial)
    } else if call.allowed.is_some() || (!call.baseline && !one.default.deny) {
        if call.guard.is_some() { Remainder::Guarded } else { Remainder::Verdict(Action::Allow) }
    } else {
        Remainder::Verdict(one.denial)
    }
}

/// Where to halve: the middle, moved so that an interval of one number and its two like neighbours
/// stay together.
fn split(intervals: &[(u32, Label)]) -> usize {
    let middle = intervals.len() / 2;
    let together = |at: usize| {
        matches!(intervals.get(at - 2..at + 1), Some([(_, a), (start, _), (end, b)])
            if a == b && *end == start.wrapping_add(1))
    };
    [middle, middle + 1, middle - 1]
        .into_iter()
        .filter(|at| (1..intervals.len()).contains(at))
        .find(|&at| at < 2 || !together(at))
        .unwrap_or(middle)
}
