//! A set of calls: what is known of each word of `struct seccomp_data`, and a way back to what was
//! known before. The words are independent of each other, so the set is empty only where what is
//! known of one word has no solution.

use super::solve::{Budget, Exhausted, WordTest};
use super::word::{Answer, Word, WordState};
use crate::ir::syscalls::{Call, CallMeaning, Condition, Test};

/// Words in `struct seccomp_data` (linux/seccomp.h).
pub(crate) const WORDS: usize = 16;

/// The word of the call's number.
pub(crate) const NUMBER_WORD: usize = 0;
/// The word of the audit architecture.
pub(crate) const ARCH_WORD: usize = 1;
/// The first word of the first argument; each argument takes two. The words before are the
/// instruction pointer's.
pub(crate) const ARGUMENT_WORDS: usize = 4;

/// A set of calls that is not empty.
#[derive(Debug)]
pub(crate) struct CallSet {
    words: [Word; WORDS],
    trail: Vec<(usize, WordState)>,
    big_endian: bool,
    pub(crate) budget: Budget,
}

/// Why a question has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Some calls of the set say yes and others no.
    Open(Split),
    /// The work is more than the budget.
    Exhausted,
}

impl From<Exhausted> for Stop {
    fn from(Exhausted: Exhausted) -> Self {
        Self::Exhausted
    }
}

/// A test that holds for a part of a set, the witness among it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Split {
    word: usize,
    test: WordTest,
    /// A value of the word for which it does not hold.
    other: u32,
}

impl Split {
    /// Whether the part that the witness is in is the one for which this holds.
    pub(crate) fn is(self, test: WordTest) -> bool {
        self.test == test
    }
}

impl CallSet {
    /// No call is left out. `big_endian`: the order of an argument's two words.
    pub(crate) fn new(big_endian: bool) -> Self {
        let words = std::array::from_fn(|_| Word::default());
        Self {
            words,
            trail: Vec::new(),
            big_endian,
            budget: Budget::of(0),
        }
    }

    /// Every call again.
    pub(crate) fn clear(&mut self) {
        self.words.iter_mut().for_each(Word::clear);
        self.trail.clear();
    }

    /// Leaves the calls for which a test holds; gives whether there are any.
    pub(crate) fn restrict(&mut self, word: usize, test: WordTest) -> Result<bool, Exhausted> {
        let Self { words, budget, .. } = self;
        words.get_mut(word).ok_or(Exhausted)?.restrict(test, budget)
    }

    /// Whether a test holds.
    pub(crate) fn holds(&mut self, word: usize, test: WordTest) -> Result<bool, Stop> {
        let Self { words, budget, .. } = self;
        match words.get(word).ok_or(Exhausted)?.answer(test, budget)? {
            Answer::Always(always) => Ok(always),
            Answer::Either(now, other) => {
                let test = if now { test } else { test.negated() };
                Err(Stop::Open(Split { word, test, other }))
            }
        }
    }

    /// Leaves the part of a split that the witness is in.
    pub(crate) fn keep(&mut self, split: Split) {
        if let Some(word) = self.words.get_mut(split.word) {
            let before = word.assume(split.test, word.witness());
            self.trail.push((split.word, before));
        }
    }

    /// How much is known, for [`CallSet::other_part`].
    pub(crate) fn known(&self) -> usize {
        self.trail.len()
    }

    /// Goes back to what was known before a split, and leaves its other part.
    pub(crate) fn other_part(&mut self, known: usize, split: Split) {
        while self.trail.len() > known {
            if let Some((word, before)) = self.trail.pop()
                && let Some(word) = self.words.get_mut(word)
            {
                word.forget(before);
            }
        }
        if let Some(word) = self.words.get_mut(split.word) {
            let before = word.assume(split.test.negated(), split.other);
            self.trail.push((split.word, before));
        }
    }

    /// A call of the set; words of which nothing is known are `fill`.
    pub(crate) fn call(&self, fill: u32) -> Call {
        let value = |word: usize| match self.words.get(word) {
            Some(word) if !word.is_free() => word.witness(),
            _ => fill,
        };
        let mut args = [0; 6];
        for (position, arg) in args.iter_mut().enumerate() {
            let (low, high) = self.halves(position);
            *arg = u64::from(value(high)) << 32 | u64::from(value(low));
        }
        Call {
            audit_arch: value(ARCH_WORD),
            number: value(NUMBER_WORD),
            args,
        }
    }

    /// The words of an argument: the lower half, the upper half.
    const fn halves(&self, position: usize) -> (usize, usize) {
        let first = ARGUMENT_WORDS + 2 * position;
        if self.big_endian {
            (first + 1, first)
        } else {
            (first, first + 1)
        }
    }

    /// Whether a condition holds.
    fn condition(&mut self, condition: &Condition) -> Result<bool, Stop> {
        let Condition {
            arg, width, test, ..
        } = *condition;
        match test {
            Test::Eq(value) => self.equal(arg, width, value),
            Test::Ne(value) => Ok(!self.equal(arg, width, value)?),
            Test::MaskedEq { mask, value } => self.equal(arg, mask & width, value),
            Test::MaskedNe { mask, value } => Ok(!self.equal(arg, mask & width, value)?),
            Test::Gt(value) => self.above(arg, width, value),
            Test::Le(value) => Ok(!self.above(arg, width, value)?),
            Test::Ge(value) => self.at_least(arg, width, value),
            Test::Lt(value) => Ok(!self.at_least(arg, width, value)?),
        }
    }

    fn equal(&mut self, arg: u8, mask: u64, value: u64) -> Result<bool, Stop> {
        let (low, high) = self.halves(usize::from(arg));
        Ok(
            self.holds(high, WordTest::equal(upper(mask), upper(value)))?
                && self.holds(low, WordTest::equal(lower(mask), lower(value)))?,
        )
    }

    fn above(&mut self, arg: u8, mask: u64, value: u64) -> Result<bool, Stop> {
        let (low, high) = self.halves(usize::from(arg));
        Ok(
            self.holds(high, WordTest::above(upper(mask), upper(value)))?
                || self.holds(high, WordTest::equal(upper(mask), upper(value)))?
                    && self.holds(low, WordTest::above(lower(mask), lower(value)))?,
        )
    }

    fn at_least(&mut self, arg: u8, mask: u64, value: u64) -> Result<bool, Stop> {
        value
            .checked_sub(1)
            .map_or(Ok(true), |before| self.above(arg, mask, before))
    }

    /// Goes through the conditions of a call, in the evaluator's order, up to where every call of
    /// the set gets the same verdict for the same reason. `at` is how far that is known.
    pub(crate) fn settle(&mut self, call: &CallMeaning, at: &mut Settled) -> Result<(), Stop> {
        'rules: while let Some(rule) = call.rules.get(at.rule) {
            while let Some(condition) = rule.conditions.get(at.condition) {
                if !self.condition(condition)? {
                    *at = Settled {
                        rule: at.rule + 1,
                        condition: 0,
                    };
                    continue 'rules;
                }
                at.condition += 1;
            }
            return Ok(());
        }
        let Some(guard) = &call.guard else {
            return Ok(());
        };
        while let Some(value) = guard.values.get(at.condition) {
            if self.equal(guard.arg, guard.width, *value)? {
                return Ok(());
            }
            at.condition += 1;
        }
        Ok(())
    }
}

/// The first condition of a call that is not settled: all rules before are known not to hold, and
/// all conditions of the rule before it to hold. Behind the rules, the guard's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Settled {
    rule: usize,
    condition: usize,
}

const fn lower(value: u64) -> u32 {
    (value & 0xFFFF_FFFF) as u32
}

const fn upper(value: u64) -> u32 {
    (value >> 32) as u32
}
