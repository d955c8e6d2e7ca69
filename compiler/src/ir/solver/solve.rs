//! Comparisons of the bits of one word with constants, and whether any word satisfies several of
//! them: decided exactly. Where an order is compared, from the highest bit to the lowest.

/// A comparison of the bits of a word under a mask with a constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct WordTest {
    /// The bits compared.
    pub(crate) mask: u32,
    /// The comparison, unsigned.
    pub(crate) relation: Relation,
    /// The constant.
    pub(crate) value: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Relation {
    Equal,
    Different,
    Above,
    AtMost,
}

impl WordTest {
    pub(crate) const fn equal(mask: u32, value: u32) -> Self {
        Self {
            mask,
            relation: Relation::Equal,
            value,
        }
    }

    pub(crate) const fn above(mask: u32, value: u32) -> Self {
        Self {
            mask,
            relation: Relation::Above,
            value,
        }
    }

    /// At least a value: above the one before, and always so for 0.
    pub(crate) const fn at_least(mask: u32, value: u32) -> Self {
        match value.checked_sub(1) {
            Some(before) => Self::above(mask, before),
            None => Self {
                mask: 0,
                relation: Relation::AtMost,
                value: 0,
            },
        }
    }

    pub(crate) const fn negated(self) -> Self {
        let relation = match self.relation {
            Relation::Equal => Relation::Different,
            Relation::Different => Relation::Equal,
            Relation::Above => Relation::AtMost,
            Relation::AtMost => Relation::Above,
        };
        Self { relation, ..self }
    }

    /// The one of it and its opposite that asks for equal or above, and whether it is that one.
    pub(crate) const fn question(self) -> (Self, bool) {
        match self.relation {
            Relation::Equal | Relation::Above => (self, true),
            Relation::Different | Relation::AtMost => (self.negated(), false),
        }
    }

    pub(crate) const fn holds(self, word: u32) -> bool {
        let seen = word & self.mask;
        match self.relation {
            Relation::Equal => seen == self.value,
            Relation::Different => seen != self.value,
            Relation::Above => seen > self.value,
            Relation::AtMost => seen <= self.value,
        }
    }

    /// Whether it leaves one value only.
    pub(crate) const fn pins(self) -> bool {
        self.mask == u32::MAX && matches!(self.relation, Relation::Equal)
    }

    /// What one bit says, where all higher bits under the mask are those of the value.
    const fn bit(self, bit: u32, word: u32) -> Bit {
        let seen = (word & self.mask) >> bit & 1;
        let wanted = self.value >> bit & 1;
        match self.relation {
            _ if seen == wanted => Bit::Open,
            Relation::Different => Bit::Holds,
            Relation::Above if seen > wanted => Bit::Holds,
            Relation::AtMost if seen < wanted => Bit::Holds,
            Relation::Equal | Relation::Above | Relation::AtMost => Bit::Fails,
        }
    }

    /// Values that are likely to satisfy it among others that `near` satisfies.
    pub(crate) fn candidates(self, near: u32) -> [u32; 3] {
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

/// How much work may still be done, and room for it.
#[derive(Debug)]
pub(crate) struct Budget {
    left: u64,
    /// Tests that are looked at together lie at the end; those that it is about, before them.
    room: Vec<WordTest>,
}

/// The work would be more than the budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exhausted;

impl Budget {
    pub(crate) const fn of(left: u64) -> Self {
        Self {
            left,
            room: Vec::new(),
        }
    }

    pub(crate) const fn left(&self) -> u64 {
        self.left
    }

    /// So much may be done from here on.
    pub(crate) const fn grant(&mut self, left: u64) {
        self.left = left;
    }

    pub(crate) fn spend(&mut self, steps: usize) -> Result<(), Exhausted> {
        self.left = self.left.checked_sub(steps as u64).ok_or(Exhausted)?;
        Ok(())
    }
}

/// A word that satisfies all tests, and some more.
pub(crate) fn solve(
    tests: &[WordTest],
    more: impl Iterator<Item = WordTest>,
    budget: &mut Budget,
) -> Result<Option<u32>, Exhausted> {
    budget.room.clear();
    budget.room.extend_from_slice(tests);
    budget.room.extend(more);
    let ordered = |test: &WordTest| matches!(test.relation, Relation::Above | Relation::AtMost);
    if budget.room.iter().any(ordered) {
        by_bits(0, u32::BITS, 0, budget)
    } else {
        by_masks(budget)
    }
}

/// The same for tests that compare no order: each that is not an equality is a choice of bits, one
/// of which must differ.
fn by_masks(budget: &mut Budget) -> Result<Option<u32>, Exhausted> {
    let mut known = Bits::default();
    for test in budget
        .room
        .iter()
        .filter(|test| test.relation == Relation::Equal)
    {
        let conflict = (known.value ^ test.value) & known.mask & test.mask;
        if test.value & !test.mask != 0 || conflict != 0 {
            return Ok(None);
        }
        known = Bits {
            mask: known.mask | test.mask,
            value: known.value | test.value,
        };
    }
    // One that the mask rules out differs always.
    let choice =
        |test: &WordTest| test.relation == Relation::Different && test.value & !test.mask == 0;
    budget.room.retain(choice);
    choose(0, known, budget)
}

/// Bits of which the value is known.
#[derive(Debug, Clone, Copy, Default)]
struct Bits {
    mask: u32,
    value: u32,
}

/// A word that differs in all tests from `open` on, with the bits that are known.
fn choose(open: usize, mut known: Bits, budget: &mut Budget) -> Result<Option<u32>, Exhausted> {
    loop {
        budget.spend(1 + (budget.room.len() - open) / 4)?;
        // What differs already is done; what has one bit left must differ in it.
        let (mut impossible, before) = (false, known.mask);
        let keeps = |test: &WordTest| {
            if (known.value ^ test.value) & known.mask & test.mask != 0 {
                return false;
            }
            let free = test.mask & !known.mask;
            impossible |= free == 0;
            if free.is_power_of_two() {
                known.mask |= free;
                known.value |= !test.value & free;
                return false;
            }
            true
        };
        retain_from(&mut budget.room, open, keeps);
        if impossible {
            return Ok(None);
        }
        if known.mask == before {
            break;
        }
    }
    let left = budget.room.get(open..).unwrap_or_default().iter();
    let shortest = left.min_by_key(|test| (test.mask & !known.mask).count_ones());
    let Some(test) = shortest.copied() else {
        return Ok(Some(known.value));
    };
    let free = test.mask & !known.mask;
    let bit = free & free.wrapping_neg();
    let end = budget.room.len();
    for value in [!test.value & bit, test.value & bit] {
        let tried = Bits {
            mask: known.mask | bit,
            value: known.value | value,
        };
        budget.room.extend_from_within(open..end);
        if let Some(found) = choose(end, tried, budget)? {
            return Ok(Some(found));
        }
        budget.room.truncate(end);
    }
    Ok(None)
}

/// Leaves those from a place on that are to be kept.
fn retain_from(room: &mut Vec<WordTest>, from: usize, mut keeps: impl FnMut(&WordTest) -> bool) {
    let Some(tests) = room.get_mut(from..) else {
        return;
    };
    let mut kept = 0;
    for at in 0..tests.len() {
        if tests.get(at).is_some_and(&mut keeps) {
            tests.swap(kept, at);
            kept += 1;
        }
    }
    room.truncate(from + kept);
}

/// A word that satisfies all tests from `open` on, with these bits from `bit` on; only the bits below
/// are free, and the tests are those that the bits above leave open.
fn by_bits(
    open: usize,
    bit: u32,
    word: u32,
    budget: &mut Budget,
) -> Result<Option<u32>, Exhausted> {
    let end = budget.room.len();
    budget.spend(1 + (end - open))?;
    if open == end {
        return Ok(Some(word));
    }
    let Some(bit) = bit.checked_sub(1) else {
        // Every bit is that of the value.
        let equal = |test: &WordTest| matches!(test.relation, Relation::Equal | Relation::AtMost);
        let all = budget
            .room
            .get(open..)
            .unwrap_or_default()
            .iter()
            .all(equal);
        return Ok(all.then_some(word));
    };
    // Where those begin that the first choice left open, if it had to be tried.
    let mut tried = None;
    for choice in [word, word | 1 << bit] {
        let start = budget.room.len();
        let mut possible = true;
        for at in open..end {
            let Some(test) = budget.room.get(at).copied() else {
                break;
            };
            match test.bit(bit, choice) {
                Bit::Holds => {}
                Bit::Fails => {
                    possible = false;
                    break;
                }
                Bit::Open => budget.room.push(test),
            }
        }
        // What has no solution has none with more tests.
        let known = |tried: usize| {
            let (before, left) = budget.room.split_at(start);
            before.get(tried..).is_some_and(|tried| within(tried, left))
        };
        if !possible || tried.is_some_and(known) {
            budget.room.truncate(start);
            continue;
        }
        if let Some(found) = by_bits(start, bit, choice, budget)? {
            return Ok(Some(found));
        }
        tried = Some(start);
    }
    budget.room.truncate(end);
    Ok(None)
}

/// Whether the first is a part of the second; both are in the order of one list.
fn within(part: &[WordTest], whole: &[WordTest]) -> bool {
    let mut rest = whole.iter();
    part.iter().all(|test| rest.any(|one| one == test))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    /// All tests with a few masks and values, each relation.
    fn some() -> Vec<WordTest> {
        let mut all = Vec::new();
        for mask in [0x0F, 0x05, 0x0A, 0x03, 0x0C, u32::MAX] {
            for value in [0, 1, 2, 4, 5, 7, 10, 15] {
                for test in [WordTest::equal(mask, value), WordTest::above(mask, value)] {
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
                for third in all.iter().skip(at % 41).step_by(41) {
                    let tests = [*first, *second, *third];
                    let found = solve(&tests, [].into_iter(), &mut Budget::of(u64::MAX)).unwrap();
                    let fits = |word: u32| tests.iter().all(|test| test.holds(word));
                    let there = (0..16).chain(16..32).any(fits);
                    assert_eq!(found.is_some(), there, "{tests:?}");
                    let mut room = Budget {
                        left: u64::MAX,
                        room: tests.to_vec(),
                    };
                    let bits = by_bits(0, 32, 0, &mut room).unwrap();
                    assert_eq!(bits.is_some(), there, "{tests:?}");
                    assert!(found.is_none_or(fits), "{tests:?} {found:?}");
                    if there { with += 1 } else { without += 1 }
                }
            }
        }
        assert!(with > 5_000 && without > 5_000, "{with} {without}");
    }

    #[test]
    fn hard_questions_end_at_the_budget() {
        // All 16 values of four bits excluded one by one, for many groups of four bits.
        let groups = [
            0x000F_u32, 0x0F0F, 0xF00F, 0x0FF0, 0xF0F0, 0xFF00, 0x5555, 0xAAAA,
        ];
        let mut tests = Vec::new();
        for (at, mask) in groups.iter().cycle().take(64).enumerate() {
            let value = u32::try_from(at).unwrap().wrapping_mul(0x9E37_79B9) & mask;
            tests.push(WordTest::equal(*mask, value).negated());
        }
        assert!(solve(&tests, [].into_iter(), &mut Budget::of(10)).is_err());
        assert!(solve(&tests, [].into_iter(), &mut Budget::of(1_000_000)).is_ok());
    }
}
