//! What is known of one 32-bit word of `struct seccomp_data`: a conjunction of comparisons of some
//! of its bits with constants, and one value that satisfies them all.

use super::solve::{Budget, Exhausted, Relation, WordTest, solve};

/// What is known of a word.
#[derive(Debug, Clone)]
pub(crate) struct Word {
    /// What the bounds and the known bits do not say.
    tests: Vec<WordTest>,
    /// The same in order, each as a question with its answer.
    said: Vec<(WordTest, bool)>,
    summary: Summary,
}

/// The part of what is known that has a short form, and a value that satisfies all of it.
#[derive(Debug, Clone, Copy)]
struct Summary {
    /// The value is not below.
    low: u32,
    /// The value is not above.
    high: u32,
    /// The bits that are known.
    mask: u32,
    /// What they are.
    bits: u32,
    witness: u32,
    /// Whether anything is known.
    any: bool,
}

const NOTHING: Summary = Summary {
    low: 0,
    high: u32::MAX,
    mask: 0,
    bits: 0,
    witness: 0,
    any: false,
};

impl Summary {
    /// Adds a test; gives whether the summary says all of it.
    fn add(&mut self, test: WordTest) -> bool {
        let WordTest {
            mask,
            relation,
            value,
        } = test;
        match relation {
            Relation::Above if mask == u32::MAX => self.low = self.low.max(value.saturating_add(1)),
            Relation::AtMost if mask == u32::MAX => self.high = self.high.min(value),
            Relation::Equal => {
                self.mask |= mask;
                self.bits |= value & mask;
                if mask == u32::MAX {
                    (self.low, self.high) = (value, value);
                }
            }
            // A bit that is not what it could be is the other.
            Relation::Different if mask.is_power_of_two() && value & !mask == 0 => {
                self.mask |= mask;
                self.bits |= value ^ mask;
            }
            _ => return false,
        }
        true
    }

    /// Whether it leaves no value for which a test holds. Not every such test is seen here.
    const fn excludes(self, test: WordTest) -> bool {
        let WordTest {
            mask,
            relation,
            value,
        } = test;
        let known = self.mask & mask;
        let whole = mask == u32::MAX;
        match relation {
            Relation::Equal => {
                (value ^ self.bits) & known != 0 || whole && (value < self.low || value > self.high)
            }
            Relation::Different => known == mask && self.bits & mask == value,
            Relation::Above => whole && self.high <= value,
            Relation::AtMost => whole && self.low > value,
        }
    }

    const fn fits(self, value: u32) -> bool {
        value >= self.low && value <= self.high && value & self.mask == self.bits
    }

    /// The same as tests.
    fn tests(self) -> impl Iterator<Item = WordTest> {
        let low = WordTest::at_least(u32::MAX, self.low);
        let high = WordTest::above(u32::MAX, self.high).negated();
        let bounds = [
            (self.low > 0).then_some(low),
            (self.high < u32::MAX).then_some(high),
        ];
        bounds
            .into_iter()
            .flatten()
            .chain([WordTest::equal(self.mask, self.bits)])
    }
}

impl Default for Word {
    fn default() -> Self {
        Self {
            tests: Vec::new(),
            said: Vec::new(),
            summary: NOTHING,
        }
    }
}

/// What is known of a word's answer to one more test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// All values give it.
    Always(bool),
    /// The witness gives the first; the value here gives the other.
    Either(bool, u32),
}

/// What [`Word::assume`] changed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WordState {
    summary: Summary,
    tests: usize,
}

impl Word {
    pub(crate) const fn witness(&self) -> u32 {
        self.summary.witness
    }

    /// Whether nothing is known: then any value is as good as the witness.
    pub(crate) const fn is_free(&self) -> bool {
        !self.summary.any
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.tests.clear();
        self.said.clear();
        self.summary = NOTHING;
    }

    /// Knows one thing more. The witness satisfies it.
    pub(crate) fn assume(&mut self, test: WordTest, witness: u32) -> WordState {
        let before = WordState {
            summary: self.summary,
            tests: self.tests.len(),
        };
        if !self.summary.add(test) {
            self.tests.push(test);
            let (question, answer) = test.question();
            match self.said(question) {
                Ok(at) => {
                    if let Some(said) = self.said.get_mut(at) {
                        said.1 = answer;
                    }
                }
                Err(at) => self.said.insert(at, (question, answer)),
            }
        }
        self.summary.witness = witness;
        self.summary.any = true;
        before
    }

    /// Undoes the last [`Word::assume`].
    pub(crate) fn forget(&mut self, before: WordState) {
        while self.tests.len() > before.tests
            && let Some(test) = self.tests.pop()
        {
            if let Ok(at) = self.said(test.question().0) {
                self.said.remove(at);
            }
        }
        self.summary = before.summary;
    }

    /// Adds a test about a word that has a solution with it; gives whether it has.
    pub(crate) fn restrict(
        &mut self,
        test: WordTest,
        budget: &mut Budget,
    ) -> Result<bool, Exhausted> {
        let witness = match self.answer(test, budget)? {
            Answer::Always(false) => return Ok(false),
            Answer::Always(true) | Answer::Either(true, _) => self.witness(),
            Answer::Either(false, other) => other,
        };
        let _: WordState = self.assume(test, witness);
        Ok(true)
    }

    /// Where a question is in the list of those that are answered, or belongs.
    fn said(&self, question: WordTest) -> Result<usize, usize> {
        self.said.binary_search_by(|(one, _)| one.cmp(&question))
    }

    /// Whether a test holds for all values that satisfy the others, for none, or for some.
    pub(crate) fn answer(&self, test: WordTest, budget: &mut Budget) -> Result<Answer, Exhausted> {
        budget.spend(1)?;
        let Summary {
            low, high, witness, ..
        } = self.summary;
        let now = test.holds(witness);
        let other = if now { test.negated() } else { test };
        if low == high || test.mask == 0 || self.summary.excludes(other) {
            return Ok(Answer::Always(now));
        }
        let (question, answer) = other.question();
        let said = self.said(question).ok().and_then(|at| self.said.get(at));
        if said.is_some_and(|(_, said)| *said != answer) {
            return Ok(Answer::Always(now));
        }
        let fits = |value: u32| {
            let all = || self.tests.iter().all(|one| one.holds(value));
            other.holds(value) && self.summary.fits(value) && all()
        };
        budget.spend(1 + self.tests.len() / 4)?;
        let candidates = other.candidates(witness);
        let found = candidates
            .into_iter()
            .chain([low, high])
            .find(|value| fits(*value));
        if let Some(value) = found {
            return Ok(Answer::Either(now, value));
        }
        if other.pins() {
            return Ok(Answer::Always(now));
        }
        let more = self.summary.tests().chain([other]);
        Ok(match solve(&self.tests, more, budget)? {
            Some(value) => Answer::Either(now, value),
            None => Answer::Always(now),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_is_answered_for_all_values_at_once() {
        let mut word = Word::default();
        let budget = &mut Budget::of(u64::MAX);
        assert_eq!(
            word.answer(WordTest::equal(1, 1), budget),
            Ok(Answer::Either(false, 1))
        );
        // Bits 0 and 1 are not both clear, and bit 1 is: so bit 0 is set.
        assert_eq!(
            word.restrict(WordTest::equal(3, 0).negated(), budget),
            Ok(true)
        );
        assert_eq!(word.restrict(WordTest::equal(2, 0), budget), Ok(true));
        assert_eq!(
            word.answer(WordTest::equal(1, 1), budget),
            Ok(Answer::Always(true))
        );
        assert_eq!(word.restrict(WordTest::equal(1, 0), budget), Ok(false));
        // At most 2, and not 1: nothing is left of the odd numbers.
        assert_eq!(
            word.restrict(WordTest::above(u32::MAX, 2).negated(), budget),
            Ok(true)
        );
        assert_eq!(
            word.restrict(WordTest::equal(u32::MAX, 1).negated(), budget),
            Ok(false)
        );
        assert_eq!(
            word.answer(WordTest::at_least(u32::MAX, 0), budget),
            Ok(Answer::Always(true))
        );
    }
}
