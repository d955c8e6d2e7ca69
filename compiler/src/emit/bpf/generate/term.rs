//! Conditions as terms over 32-bit words, and what is left of them once a word is known.

use super::graph::Word;
use crate::emit::bpf::instruction::ARGUMENTS;
use crate::ir::syscalls::{Condition, Test};
use crate::syscalls::Arch;

/// A condition, or what is left of it. A part that is known already is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Term {
    /// Whether it holds where the comparison does not.
    negated: bool,
    /// Whether both parts must equal; otherwise the number that they make must be at least theirs.
    equal: bool,
    upper: Option<Part>,
    lower: Option<Part>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    word: Word,
    value: u32,
}

const fn low(value: u64) -> u32 {
    (value & 0xFFFF_FFFF) as u32
}

const fn high(value: u64) -> u32 {
    (value >> 32) as u32
}

/// What is left of a term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Evaluation {
    Holds,
    Fails,
    Open(Term),
}

/// A word lies between two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fact {
    pub(super) word: Word,
    pub(super) least: u32,
    pub(super) most: u32,
}

impl Term {
    /// A condition on an architecture's registers.
    pub(super) fn of(arch: Arch, condition: &Condition) -> Evaluation {
        let width = condition.width;
        let (negated, equal, mask, value) = match condition.test {
            Test::Eq(value) => (false, true, width, Some(value)),
            Test::Ne(value) => (true, true, width, Some(value)),
            Test::MaskedEq { mask, value } => (false, true, mask & width, Some(value)),
            Test::MaskedNe { mask, value } => (true, true, mask & width, Some(value)),
            Test::Ge(value) => (false, false, width, Some(value)),
            Test::Lt(value) => (true, false, width, Some(value)),
            Test::Gt(value) => (false, false, width, value.checked_add(1)),
            Test::Le(value) => (true, false, width, value.checked_add(1)),
        };
        let never = if negated {
            Evaluation::Holds
        } else {
            Evaluation::Fails
        };
        let Some(value) = value else { return never };
        if if equal {
            value & !mask != 0
        } else {
            value > width
        } {
            return never;
        }
        let part = |upper: bool| {
            let half = |all: u64| if upper { high(all) } else { low(all) };
            let place = if upper == arch.big_endian() { 0 } else { 4 };
            let offset = ARGUMENTS + 8 * u32::from(condition.arg) + place;
            let word = Word {
                offset,
                mask: half(mask),
            };
            (word.mask != 0).then(|| Part {
                word,
                value: half(value),
            })
        };
        let lower = part(false).filter(|part| equal || part.value != 0 || high(width) == 0);
        Self {
            negated,
            equal,
            upper: part(true),
            lower,
        }
        .outcome()
    }

    /// The words that it still looks at. The lower half of an order says nothing by itself.
    pub(super) fn words(&self) -> impl Iterator<Item = Word> {
        let ordered = !self.equal && self.upper.is_some();
        let lower = self.lower.filter(|_| !ordered);
        [self.upper, lower]
            .into_iter()
            .flatten()
            .map(|part| part.word)
    }

    /// Adds where the values of a word must be cut so that each piece decides about this term's part.
    pub(super) fn cuts(&self, word: Word, cuts: &mut Vec<u32>) {
        for (part, is_upper) in [(self.upper, true), (self.lower, false)] {
            let Some(part) = part.filter(|part| part.word == word) else {
                continue;
            };
            if part.value > 0 {
                cuts.push(part.value);
            }
            let exact = self.equal || (is_upper && self.lower.is_some());
            if exact && part.value < word.mask {
                cuts.push(part.value + 1);
            }
        }
    }

    /// Whether it asks nothing about the half of an argument that a word is of, but whether the word
    /// equals one value.
    pub(super) fn wants_one(&self, word: Word) -> bool {
        let parts = [self.upper, self.lower].into_iter().flatten();
        parts
            .filter(|part| part.word.offset == word.offset)
            .all(|part| self.equal && part.word == word)
    }

    /// What is left where a fact holds.
    pub(super) fn after(self, fact: Fact) -> Evaluation {
        let concerned =
            |part: &Option<Part>| part.is_some_and(|part| part.word.offset == fact.word.offset);
        if !concerned(&self.upper) && !concerned(&self.lower) {
            return Evaluation::Open(self);
        }
        let (fails, holds) = if self.negated {
            (Evaluation::Holds, Evaluation::Fails)
        } else {
            (Evaluation::Fails, Evaluation::Holds)
        };
        let mut left = self;
        if self.equal {
            for part in [&mut left.upper, &mut left.lower] {
                match part.and_then(|part| fact.equals(part)) {
                    Some(true) => *part = None,
                    Some(false) => return fails,
                    None => {}
                }
            }
            return left.outcome();
        }
        // The lower half first: whether it is reached says how far the upper one must go.
        if let Some(part) = left.lower {
            match (fact.reaches(part), left.upper) {
                (Some(true), None) => return holds,
                (Some(false), None) => return fails,
                (Some(true), Some(_)) => left.lower = None,
                (Some(false), Some(upper)) => {
                    let Some(value) = upper.value.checked_add(1) else {
                        return fails;
                    };
                    left.upper = Some(Part { value, ..upper });
                    left.lower = None;
                }
                (None, _) => {}
            }
        }
        if let Some(part) = left.upper {
            match (fact.reaches(part), left.lower) {
                (Some(false), _) => return fails,
                (Some(true), None) => return holds,
                (Some(true), Some(_)) if fact.passes(part) => return holds,
                (Some(true), Some(_)) if fact.equals(part) == Some(true) => left.upper = None,
                _ => {}
            }
        }
        left.outcome()
    }

    fn outcome(self) -> Evaluation {
        match (self.upper, self.lower, self.negated) {
            (None, None, false) => Evaluation::Holds,
            (None, None, true) => Evaluation::Fails,
            _ => Evaluation::Open(self),
        }
    }
}

impl Fact {
    /// Between what a word on the same half of an argument lies, and which of its bits are known,
    /// and how.
    fn about(self, word: Word) -> Option<(u32, u32, u32, u32)> {
        if word.offset != self.word.offset {
            return None;
        }
        // From the highest bit in which the two ends differ, nothing is known.
        let differ = self.least ^ self.most;
        let same = u32::MAX
            .checked_shl(32 - differ.leading_zeros())
            .unwrap_or(0);
        let known = self.word.mask & same & word.mask;
        let bits = self.least & known;
        if word == self.word {
            return Some((self.least, self.most, known, bits));
        }
        Some((bits, bits | (word.mask & !known), known, bits))
    }

    /// Whether the word of a part is its value, where that is known.
    fn equals(self, part: Part) -> Option<bool> {
        let (least, most, known, bits) = self.about(part.word)?;
        if least > part.value || most < part.value || part.value & known != bits {
            Some(false)
        } else {
            (least == most).then_some(true)
        }
    }

    /// Whether the word of a part is at least its value, where that is known.
    fn reaches(self, part: Part) -> Option<bool> {
        let (least, most, ..) = self.about(part.word)?;
        if least >= part.value {
            Some(true)
        } else {
            (most < part.value).then_some(false)
        }
    }

    /// Whether the word of a part is known to be greater than its value.
    fn passes(self, part: Part) -> bool {
        self.about(part.word)
            .is_some_and(|(least, ..)| least > part.value)
    }
}
