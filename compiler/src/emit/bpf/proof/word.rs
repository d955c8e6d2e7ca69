//! What is known of one 32-bit word of `struct seccomp_data`: a conjunction of comparisons of some
//! of its bits with constants, and one value that satisfies them all.
//!
//! Whether a conjunction has a solution is decided exactly, from the highest bit to the lowest.

/// A comparison of the bits of a word under a mask with a constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Test {
    /// The bits compared.
    pub(super) mask: u32,
    /// The comparison, unsigned.
    pub(super) relation: Relation,
    /// The constant.
    pub(super) value: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    Equal,
    Different,
    Above,
    AtMost,
}

impl Test {
    pub(super) const fn equal(mask: u32, value: u32) -> Self {
        Self { mask, relation: Relation::Equal, value }
    }

    pub(super) const fn above(mask: u32, value: u32) -> Self {
        Self { mask, relation: Relation::Above, value }
    }

    /// At least a value: above the one before, and always so for 0.
    pub(super) const fn at_least(mask: u32, value: u32) -> Self {
        match value.checked_sub(1) {
            Some(before) => Self::above(mask, before),
            None => Self { mask: 0, relation: Relation::AtMost, value: 0 },
        }
    }

    pub(super) const fn negated(self) -> Self {
        let relation = match self.relation {
            Relation::Equal => Relation::Different,
            Relation::Different => Relation::Equal,
            Relation::Above => Relation::AtMost,
            Relation::AtMost => Relation::Above,
        };
        Self { relation, ..self }
    }

    pub(super) const fn holds(self, word: u32) -> bool {
        let seen = word & self.mask;
        match self.relation {
            Relation::Equal => seen == self.value,
            Relation::Different => seen != self.value,
            Relation::Above => seen > self.value,
            Relation::AtMost => seen <= self.value,
        }
    }

    /// Whether it leaves one value only.
    const fn pins(self) -> bool {
        self.mask == u32::MAX && matches!(self.relation, Relation::Equal)
    }

    /// What one bit says, where all higher bits under the mask are those of the value.
    const fn bit(self, bit: u32, word: u32) -> Bit {
        let seen = (word & self.mask) >> bit & 1;
        let wanted = self.value >> bit & 1;
        match self.relation {
            _ if seen == wanted => Bit::Open,
            Relation::Equal => Bit::Fails,
            Relation::Different => Bit::Holds,
            Relation::Above if seen > wanted => Bit::Holds,
            Relation::AtMost if seen < wanted => Bit::Holds,
            Relation::Above | Relation::AtMost => Bit::Fails,
        }
    }

    /// Values that are likely to satisfy it among others that `near` satisfies.
    fn candidates(self, near: u32) -> [u32; 3] {
        let Self { mask, value, .. } = self;
        let outside = near & !mask;
        match self.relation {
            Relation::Equal => [outside | value, value, value | !mask],
            Relation::Different => {
                let lowest = mask & mask.wrapping_neg();
                let highest = mask.checked_ilog2().map_or(0, |bit| 1 << bit);
                [near ^ lowest, near ^ highest, near ^ mask]
            }
            Relation::Above => [outside | value.wrapping_add(1), outside | mask, u32::MAX],
            Relation::AtMost => [outside | value, outside, 0],
        }
    }
}

enum Bit {
    Holds,
    Fails,
    Open,
}

/// What is known of a word.
#[derive(Debug, Clone)]
pub(super) struct Word {
    /// What the bounds and the known bits do not say.
    tests: Vec<Test>,
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

const NOTHING: Summary =
    Summary { low: 0, high: u32::MAX, mask: 0, bits: 0, witness: 0, any: false };

impl Summary {
    /// Adds a test; gives whether the summary says all of it.
    fn add(&mut self, test: Test) -> bool {
        let Test { mask, relation, value } = test;
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
    const fn excludes(self, test: Test) -> bool {
        let Test { mask, relation, value } = test;
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
    const fn tests(self) -> [Test; 3] {
        [
            Test::at_least(u32::MAX, self.low),
            Test::above(u32::MAX, self.high).negated(),
            Test::equal(self.mask, self.bits),
        ]
    }
}

impl Default for Word {
    fn default() -> Self {
        Self { tests: Vec::new(), summary: NOTHING }
    }
}

/// What is known of a word's answer to one more test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// All values give it.
    Always(bool),
    /// The witness gives the first; the value here gives the other.
    Either(bool, u32),
}

/// How much work may still be done.
#[derive(Debug)]
pub(super) struct Budget(pub(super) u64);

/// The work would be more than the budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Exhausted;

impl Budget {
    pub(super) fn spend(&mut self, steps: usize) -> Result<(), Exhausted> {
        self.0 = self.0.checked_sub(steps as u64).ok_or(Exhausted)?;
        Ok(())
    }
}

/// What [`Word::assume`] changed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Before {
    summary: Summary,
    tests: usize,
}

impl Word {
    pub(super) const fn witness(&self) -> u32 {
        self.summary.witness
    }

    /// Whether nothing is known: then any value is as good as the witness.
    pub(super) const fn is_free(&self) -> bool {
        !self.summary.any
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.tests.clear();
        self.summary = NOTHING;
    }

    /// Knows one thing more. The witness satisfies it.
    pub(super) fn assume(&mut self, test: Test, witness: u32) -> Before {
        let before = Before { summary: self.summary, tests: self.tests.len() };
        if !self.summary.add(test) {
            self.tests.push(test);
        }
        self.summary.witness = witness;
        self.summary.any = true;
        before
    }

    /// Undoes the last [`Word::assume`].
    pub(super) fn forget(&mut self, before: Before) {
        self.tests.truncate(before.tests);
        self.summary = before.summary;
    }

    /// Adds a test about a word that has a solution with it; gives whether it has.
    pub(super) fn restrict(&mut self, test: Test, budget: &mut Budget) -> Result<bool, Exhausted> {
        let witness = match self.answer(test, budget)? {
            Answer::Always(false) => return Ok(false),
            Answer::Always(true) | Answer::Either(true, _) => self.witness(),
            Answer::Either(false, other) => other,
        };
        let _: Before = self.assume(test, witness);
        Ok(true)
    }

    /// Whether a test holds for all values that satisfy the others, for none, or for some.
    pub(super) fn answer(&self, test: Test, budget: &mut Budget) -> Result<Answer, Exhausted> {
        budget.spend(1)?;
        let Summary { low, high, witness, .. } = self.summary;
        let now = test.holds(witness);
        let other = if now { test.negated() } else { test };
        if low == high || test.mask == 0 || self.summary.excludes(other) {
            return Ok(Answer::Always(now));
        }
        let fits = |value: u32| {
            let all = || self.tests.iter().all(|one| one.holds(value));
            other.holds(value) && self.summary.fits(value) && all()
        };
        budget.spend(1 + self.tests.len() / 4)?;
        let candidates = other.candidates(witness);
        let found = candidates.into_iter().chain([low, high]).find(|value| fits(*value));
        if let Some(value) = found {
            return Ok(Answer::Either(now, value));
        }
        if other.pins() {
            return Ok(Answer::Always(now));
        }
        let mut all = self.tests.clone();
        all.extend(self.summary.tests());
        all.push(other);
        Ok(match solve(&all, u32::BITS, 0, budget)? {
            Some(value) => Answer::Either(now, value),
            None => Answer::Always(now),
        })
    }
}

/// A word that satisfies all tests, with these bits from `bit` on; only the bits below are free,
/// and the tests are those that the bits above leave open.
fn solve(
    open: &[Test],
    bit: u32,
    word: u32,
    budget: &mut Budget,
) -> Result<Option<u32>, Exhausted> {
    budget.spend(1 + open.len())?;
    if open.is_empty() {
        return Ok(Some(word));
    }
    let Some(bit) = bit.checked_sub(1) else {
        // Every bit is that of the value.
        let equal = |test: &Test| matches!(test.relation, Relation::Equal | Relation::AtMost);
        return Ok(open.iter().all(equal).then_some(word));
    };
    let mut tried: Option<Vec<Test>> = None;
    for choice in [word, word | 1 << bit] {
        let mut left = Vec::with_capacity(open.len());
        let possible = open.iter().all(|test| match test.bit(bit, choice) {
            Bit::Holds => true,
            Bit::Fails => false,
            Bit::Open => {
                left.push(*test);
                true
            }
        });
        // What has no solution has none with more tests.
        if !possible || tried.as_ref().is_some_and(|tried| within(tried, &left)) {
            continue;
        }
        if let Some(found) = solve(&left, bit, choice, budget)? {
            return Ok(Some(found));
        }
        tried = Some(left);
    }
    Ok(None)
}

/// Whether the first is a part of the second; both are in the order of one list.
fn within(part: &[Test], whole: &[Test]) -> bool {
    let mut rest = whole.iter();
    part.iter().all(|test| rest.any(|one| one == test))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    /// All tests with a few masks and values, each relation.
    fn some() -> Vec<Test> {
        let mut all = Vec::new();
        for mask in [0x0F, 0x05, 0x0A, 0x03, 0x0C, u32::MAX] {
            for value in [0, 1, 2, 4, 5, 7, 10, 15] {
                for test in [Test::equal(mask, value), Test::above(mask, value)] {
                    all.extend([test, test.negated()]);
                }
            }
        }
        all
    }

    /// Every conjunction of up to three tests on the low four bits, compared with trying them all.
    /// The upper bits can only matter through the full mask, where one value stands for all.
    #[test]
    fn a_solution_is_found_exactly_where_there_is_one() {
        let all = some();
        let (mut with, mut without) = (0, 0);
        for (at, first) in all.iter().enumerate() {
            for second in &all {
                for third in all.iter().skip(at % 7).step_by(7) {
                    let tests = [*first, *second, *third];
                    let found = solve(&tests, 32, 0, &mut Budget(u64::MAX)).unwrap();
                    let fits = |word: u32| tests.iter().all(|test| test.holds(word));
                    let there = (0..16).chain(16..32).any(fits);
                    assert_eq!(found.is_some(), there, "{tests:?}");
                    assert!(found.is_none_or(fits), "{tests:?} {found:?}");
                    if there { with += 1 } else { without += 1 }
                }
            }
        }
        assert!(with > 10_000 && without > 10_000, "{with} {without}");
    }

    #[test]
    fn a_test_is_answered_for_all_values_at_once() {
        let mut word = Word::default();
        let budget = &mut Budget(u64::MAX);
        assert_eq!(word.answer(Test::equal(1, 1), budget), Ok(Answer::Either(false, 1)));
        // Bits 0 and 1 are not both clear, and bit 1 is: so bit 0 is set.
        assert_eq!(word.restrict(Test::equal(3, 0).negated(), budget), Ok(true));
        assert_eq!(word.restrict(Test::equal(2, 0), budget), Ok(true));
        assert_eq!(word.answer(Test::equal(1, 1), budget), Ok(Answer::Always(true)));
        assert_eq!(word.restrict(Test::equal(1, 0), budget), Ok(false));
        // At most 2, and not 1: nothing is left of the odd numbers.
        assert_eq!(word.restrict(Test::above(u32::MAX, 2).negated(), budget), Ok(true));
        assert_eq!(word.restrict(Test::equal(u32::MAX, 1).negated(), budget), Ok(false));
        assert_eq!(word.answer(Test::at_least(u32::MAX, 0), budget), Ok(Answer::Always(true)));
    }

    #[test]
    fn hard_questions_end_at_the_budget() {
        // All 16 values of four bits excluded one by one, for many groups of four bits.
        let groups = [0x000F_u32, 0x0F0F, 0xF00F, 0x0FF0, 0xF0F0, 0xFF00, 0x5555, 0xAAAA];
        let mut tests = Vec::new();
        for (at, mask) in groups.iter().cycle().take(64).enumerate() {
            let value = (at as u32).wrapping_mul(0x9E37_79B9) & mask;
            tests.push(Test::equal(*mask, value).negated());
        }
        assert!(solve(&tests, 32, 0, &mut Budget(10)).is_err());
        assert!(solve(&tests, 32, 0, &mut Budget(1_000_000)).is_ok());
    }
}
