//! The proof, on every compile, that a program does what its policy says.
//!
//! A classic BPF program has no loops, so each way through it is a finite conjunction of
//! comparisons of words with constants. The proof takes all calls there are, 2^544 of them, apart
//! until nothing is left to ask:
//!
//! 1. The audit architectures: each that the policy lists, and all others at once. The numbers:
//!    cut wherever the evaluator could distinguish two.
//! 2. In each such class, the program is followed with all other words unknown. A comparison that
//!    some calls of the set answer with yes and others with no cuts the set in two.
//! 3. Where the program returns, the conditions of the call's rules cut the set further, until all
//!    calls in it are alike to the evaluator too. Such a set is a cell.
//! 4. Of each cell, calls are given to the evaluator and to the interpreter: both must say what the
//!    followed path said.
//!
//! No set is empty and none is forgotten, so the cells are a partition of all calls: the program is
//! right about every one, also about bits that the kernel ignores. Where a call's cells are more
//! than the budget, it is sampled at boundaries instead, and the record says so.
//!
//! A call that no rule looks into must also be decided without a load of an argument: that is what
//! lets the kernel keep the verdict in its cache.

mod boundary;
mod counterexample;

pub use counterexample::{Counterexample, Mismatch};

use super::instruction::{
    AND, Instruction, JEQ, JGE, JGT, JSET, JUMP, LOAD, LONGEST, Program, RETURN,
};
use super::interpret::{Data, Trap, run};
use super::return_value::return_value;
use crate::ir::solver::{
    ARCH_WORD, CallSet, Class, Exhausted, NUMBER_WORD, Settled, Split, Stop, WORDS, WordTest,
    classes,
};
use crate::ir::syscalls::{Call, Meaning, evaluate};

/// Proves that a program does what a meaning says, or shows a call that it gets wrong.
pub fn check(meaning: &Meaning, program: &Program) -> Result<Report, Mismatch> {
    check_within(meaning, program, BUDGET).map(|(report, _)| report)
}

/// The same, with the calls that were sampled: the audit architecture and the number of each.
pub(crate) fn check_and_name(
    meaning: &Meaning,
    program: &Program,
) -> Result<(Report, Vec<(u32, u32)>), Mismatch> {
    check_within(meaning, program, BUDGET)
}

/// What was proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Report {
    /// How.
    pub method: Method,
    /// Classes of calls by architecture and number.
    pub classes: u64,
    /// Ways through the program, from each class.
    pub paths: u64,
    /// Sets of calls that are alike to the program and to the policy; for calls that were sampled,
    /// the samples.
    pub cells: u64,
}

/// How a program was compared with its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Method {
    /// Every call, by a partition into cells.
    #[default]
    Exact,
    /// Every number and architecture, but of some calls only combinations of arguments at the
    /// boundaries: their cells are too many.
    Boundaries,
}

/// Steps that a proof may take, each a look at a few comparisons: less than a tenth of a second.
const BUDGET: u64 = 2_200_000;

/// Steps that each class may take, however many the classes before it took.
const CLASS_BUDGET: u64 = 2_000;

/// [`check_and_name`] with so many steps for all classes together.
pub(super) fn check_within(
    meaning: &Meaning,
    program: &Program,
    budget: u64,
) -> Result<(Report, Vec<(u32, u32)>), Mismatch> {
    if let Some(found) = invalid(program) {
        let audit_arch = meaning.native.arch.audit();
        let call = Call {
            audit_arch,
            number: 0,
            args: [0; 6],
        };
        return Err(Mismatch::new(meaning, call, found));
    }
    let set = CallSet::new(meaning.native.arch.big_endian());
    let mut prover = Prover {
        meaning,
        program,
        set,
        report: Report::default(),
    };
    let (mut left, mut sampled) = (budget, Vec::new());
    let listed = meaning.interfaces().map(|one| one.arch.audit()).collect();
    for class in classes(meaning, &listed) {
        let granted = left.max(CLASS_BUDGET);
        prover.set.budget.grant(granted);
        prover.report.classes += 1;
        match prover.class(&class) {
            Ok(()) => {}
            Err(Failure::Mismatch(found)) => return Err(*found),
            Err(Failure::Exhausted) => {
                prover.report.method = Method::Boundaries;
                let (arch, number) = class.witness();
                sampled.push((arch, number));
                prover.report.cells += boundary::sample(meaning, program, arch, number)?;
            }
        }
        left = left.saturating_sub(granted - prover.set.budget.left());
    }
    Ok((prover.report, sampled))
}

/// Where the instruction pointer's words are in `struct seccomp_data`: no policy can mean them.
const POINTER: [u32; 2] = [8, 12];

/// What the kernel's checker would refuse, or what no program of ours has (`bpf_check_classic` in
/// net/core/filter.c, `seccomp_check_filter` in kernel/seccomp.c).
fn invalid(program: &Program) -> Option<Counterexample> {
    let all = &program.instructions;
    let valid = |at: usize, skip: u32| at + 1 + (skip as usize) < all.len();
    let wrong = all.iter().enumerate().position(|(at, one)| match one.code {
        LOAD => one.k % 4 != 0 || one.k as usize / 4 >= WORDS,
        AND | RETURN => false,
        JUMP => !valid(at, one.k),
        JEQ | JGT | JGE | JSET => !valid(at, one.jt.into()) || !valid(at, one.jf.into()),
        _ => true,
    });
    let at = if let Some(at) = wrong {
        at + 1
    } else if all.len() > LONGEST {
        LONGEST + 1
    } else if all.last().is_none_or(|last| last.code != RETURN) {
        all.len()
    } else {
        let pointer = |one: &Instruction| one.code == LOAD && POINTER.contains(&one.k);
        return all
            .iter()
            .any(pointer)
            .then_some(Counterexample::LooksAtPointer);
    };
    Some(Counterexample::Trapped(Trap { at }))
}

/// Why a class was not proven.
enum Failure {
    Mismatch(Box<Mismatch>),
    Exhausted,
}

impl From<Exhausted> for Failure {
    fn from(Exhausted: Exhausted) -> Self {
        Self::Exhausted
    }
}

struct Prover<'a> {
    meaning: &'a Meaning,
    program: &'a Program,
    set: CallSet,
    report: Report,
}

/// How far a set of calls has been followed.
#[derive(Debug, Clone, Copy)]
struct Point {
    at: PathPosition,
    /// Whether an argument was loaded on the way.
    looked: bool,
}

#[derive(Debug, Clone, Copy)]
enum PathPosition {
    /// In the program; the accumulator holds the bits of a word under a mask.
    Program { at: usize, word: usize, mask: u32 },
    /// Returned; among the conditions of the call's rules.
    Meaning { value: u32, settled: Settled },
}

impl Prover<'_> {
    /// Follows a class to all its ends.
    fn class(&mut self, class: &Class<'_>) -> Result<(), Failure> {
        self.set.clear();
        for (word, test) in class.tests() {
            if !self.set.restrict(word, test)? {
                return Ok(());
            }
        }
        let start = PathPosition::Program {
            at: 0,
            word: 0,
            mask: 0,
        };
        let mut point = Point {
            at: start,
            looked: false,
        };
        let mut pending: Vec<(Point, usize, Split)> = Vec::new();
        loop {
            if let Some((split, other)) = self.follow(class, &mut point)? {
                pending.push((other, self.set.known(), split));
                self.set.keep(split);
            } else {
                let Some((other, known, split)) = pending.pop() else {
                    return Ok(());
                };
                self.set.other_part(known, split);
                point = other;
            }
        }
    }

    /// Follows a set of calls to its end, or to where it must be cut: then also where the calls go
    /// on for which the test of the cut does not hold.
    fn follow(
        &mut self,
        class: &Class<'_>,
        point: &mut Point,
    ) -> Result<Option<(Split, Point)>, Failure> {
        if let PathPosition::Program { at, word, mask } = point.at {
            match self.walk(at, word, mask, &mut point.looked)? {
                PathEnd::Returned(value) => {
                    self.report.paths += 1;
                    point.at = PathPosition::Meaning {
                        value,
                        settled: Settled::default(),
                    };
                }
                PathEnd::Open { split, now, other } => {
                    point.at = now;
                    return Ok(Some((
                        split,
                        Point {
                            at: other,
                            ..*point
                        },
                    )));
                }
            }
        }
        let PathPosition::Meaning { value, settled } = &mut point.at else {
            return Ok(None);
        };
        if let Some(call) = class.call {
            match self.set.settle(call, settled) {
                Ok(()) => {}
                Err(Stop::Open(split)) => return Ok(Some((split, *point))),
                Err(Stop::Exhausted) => return Err(Failure::Exhausted),
            }
        }
        self.set.budget.spend(1)?;
        self.report.cells += 1;
        let looked = point.looked && !class.looks();
        self.cell(*value, looked)
            .map_err(|found| Failure::Mismatch(Box::new(found)))?;
        Ok(None)
    }

    fn walk(
        &mut self,
        mut at: usize,
        mut word: usize,
        mut mask: u32,
        looked: &mut bool,
    ) -> Result<PathEnd, Failure> {
        loop {
            // A program was found valid before: nothing leads out of it.
            let one = *self
                .program
                .instructions
                .get(at)
                .ok_or(Failure::Exhausted)?;
            at += 1;
            let (yes, no) = (at + usize::from(one.jt), at + usize::from(one.jf));
            let test = match one.code {
                LOAD => {
                    (word, mask) = (one.k as usize / 4, u32::MAX);
                    *looked |= word != NUMBER_WORD && word != ARCH_WORD;
                    continue;
                }
                AND => {
                    mask &= one.k;
                    continue;
                }
                JUMP => {
                    at += one.k as usize;
                    continue;
                }
                RETURN => return Ok(PathEnd::Returned(one.k)),
                JEQ => WordTest::equal(mask, one.k),
                JGT => WordTest::above(mask, one.k),
                JGE => WordTest::at_least(mask, one.k),
                _ => WordTest::equal(mask & one.k, 0).negated(),
            };
            match self.set.holds(word, test) {
                Ok(holds) => at = if holds { yes } else { no },
                Err(Stop::Exhausted) => return Err(Failure::Exhausted),
                Err(Stop::Open(split)) => {
                    let to = |at| PathPosition::Program { at, word, mask };
                    let (now, other) = if split.is(test) { (yes, no) } else { (no, yes) };
                    return Ok(PathEnd::Open {
                        split,
                        now: to(now),
                        other: to(other),
                    });
                }
            }
        }
    }

    /// Compares what was found about a cell with what the evaluator and the interpreter say of
    /// two calls in it, in which the words that are not known differ in every bit.
    fn cell(&self, value: u32, looked: bool) -> Result<(), Mismatch> {
        for fill in [0, u32::MAX] {
            let call = self.set.call(fill);
            let expected = return_value(evaluate(self.meaning, &call).action);
            let data = Data::new(&call, self.meaning.native.arch.big_endian());
            let found = match run(self.program, &data, |_, _| {}) {
                Ok(_) if looked => Counterexample::LookedAtArguments,
                Ok(ran) if ran == expected && value == expected => continue,
                // Where the interpreter and the path disagree, the path must be wrong about it.
                Ok(ran) if ran == expected => Counterexample::Returned(value),
                Ok(ran) => Counterexample::Returned(ran),
                Err(trap) => Counterexample::Trapped(trap),
            };
            return Err(Mismatch::new(self.meaning, call, found));
        }
        Ok(())
    }
}

enum PathEnd {
    Returned(u32),
    /// A comparison that some calls answer with yes and others with no.
    Open {
        split: Split,
        now: PathPosition,
        other: PathPosition,
    },
}
