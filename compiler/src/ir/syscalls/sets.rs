//! Whether any arguments fulfil a number of conditions: decided exactly, with a bound on the work.

use super::definition::{Condition, Test};

/// How often a condition is asked about a partial value before the answer is "unknown". What people
/// write takes a few hundred.
const MOST_STEPS: usize = 100_000;

/// Whether no arguments fulfil all conditions: then those on one of the arguments clash. `false`
/// where it takes too long to say.
pub(crate) fn impossible(conditions: &[Condition]) -> bool {
    (0..6).any(|arg| satisfiable(&on(conditions, arg)) == Some(false))
}

/// Whether the second conditions hold nowhere but where the first do; `false` where it takes too
/// long to say.
pub(crate) fn covers(first: &[Condition], second: &[Condition]) -> bool {
    first.iter().all(|condition| {
        let mut both = on(second, condition.arg);
        both.push(negated(condition));
        satisfiable(&both) == Some(false)
    })
}

/// Whether two of the conditions clash at first sight: quick, and `false` for some that are
/// [impossible] together.
pub(crate) fn clashing(conditions: &[Condition]) -> bool {
    (0..6).any(|arg| fixed(conditions.iter().filter(|one| one.arg == arg)).is_none())
}

/// The conditions about one argument.
fn on(conditions: &[Condition], arg: u8) -> Vec<Condition> {
    conditions
        .iter()
        .filter(|one| one.arg == arg)
        .copied()
        .collect()
}

/// Whether some value of the argument fulfils all conditions, which are about one argument;
/// `None` where it takes too long to say, or where they look at different bits.
fn satisfiable(conditions: &[Condition]) -> Option<bool> {
    let Some(first) = conditions.first() else {
        return Some(true);
    };
    if conditions
        .iter()
        .any(|one| one.width != first.width || one.arg != first.arg)
    {
        return None;
    }
    let width = first.width;
    // Nearly all that people write is decided without a search: by what clashes, or by a value at
    // the edge of a condition.
    let Some((known, bits)) = fixed(conditions.iter()) else {
        return Some(false);
    };
    if conditions
        .iter()
        .any(|one| says(one.test, bits, width & !known) == RangeRelation::Never)
    {
        return Some(false);
    }
    let fits = |value: u64| {
        conditions
            .iter()
            .all(|one| says(one.test, value, 0) == RangeRelation::Always)
    };
    let near = |edge: u64| fits(bits | edge & !known);
    if conditions
        .iter()
        .any(|one| edges(one.test, width).into_iter().any(near))
    {
        return Some(true);
    }
    let mut search = Search {
        tests: conditions,
        width,
        steps: 0,
    };
    search.from(width.checked_ilog2().unwrap_or(0), 0)
}

/// The bits of which tests ask for a value, and the values. `None` where a test holds nowhere, the
/// ranges that tests ask for have nothing in common, or two of them ask for different values of a
/// bit.
fn fixed<'c>(conditions: impl Iterator<Item = &'c Condition>) -> Option<(u64, u64)> {
    let (mut least, mut most) = (0, u64::MAX);
    let (mut known, mut bits) = (0, 0);
    for &Condition {
        ref test, width, ..
    } in conditions
    {
        most = most.min(width);
        if says(*test, 0, width) == RangeRelation::Never {
            return None;
        }
        let (mask, value) = match *test {
            Test::Eq(value) => (width, value),
            Test::MaskedEq { mask, value } => (mask, value),
            Test::MaskedNe { mask, value } if mask.is_power_of_two() && value & !mask == 0 => {
                (mask, value ^ mask)
            }
            _ => (0, 0),
        };
        if (bits ^ value) & known & mask != 0 {
            return None;
        }
        (known, bits) = (known | mask, bits | value);
        match *test {
            Test::Eq(value) => (least, most) = (value.max(least), value.min(most)),
            Test::Ge(value) => least = value.max(least),
            Test::Gt(value) => least = value.saturating_add(1).max(least),
            Test::Le(value) => most = value.min(most),
            Test::Lt(value) => most = value.saturating_sub(1).min(most),
            _ => {}
        }
    }
    (least.max(bits) <= most.min(bits | !known)).then_some((known, bits))
}

/// Values where a test begins or ends to hold.
const fn edges(test: Test, width: u64) -> [u64; 3] {
    let values = match test {
        Test::Eq(value) | Test::Ge(value) | Test::Le(value) => [value, value, value],
        Test::Ne(value) => [value.wrapping_add(1), value.wrapping_sub(1), 0],
        Test::Lt(value) => [value.wrapping_sub(1), 0, 0],
        Test::Gt(value) => [value.wrapping_add(1), width, width],
        Test::MaskedEq { mask, value } => [value, value | !mask, value],
        Test::MaskedNe { mask, value } => [value ^ mask, !value, value ^ lowest(mask)],
    };
    let [one, two, three] = values;
    [one & width, two & width, three & width]
}

/// The lowest bit of a mask.
const fn lowest(mask: u64) -> u64 {
    mask & mask.wrapping_neg()
}

/// The condition that holds exactly where this one does not.
const fn negated(condition: &Condition) -> Condition {
    Condition {
        test: condition.test.negated(),
        ..*condition
    }
}

/// A search for a value, from its highest bit down. What is fixed so far leaves a range of values,
/// and a branch ends where no value of the range can fulfil some condition, or where all do.
struct Search<'c> {
    tests: &'c [Condition],
    width: u64,
    steps: usize,
}

/// What a condition says of all values with some high bits fixed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum RangeRelation {
    Always,
    Never,
    Depends,
}

impl Search<'_> {
    /// Looks for a value with the bits above `bit` as in `high`.
    fn from(&mut self, bit: u32, high: u64) -> Option<bool> {
        let steps = self.steps.checked_add(self.tests.len());
        self.steps = steps.filter(|steps| *steps < MOST_STEPS)?;
        let open = (1_u64 << bit) | ((1_u64 << bit) - 1);
        let mut all = true;
        for condition in self.tests {
            match says(condition.test, high, open & self.width) {
                RangeRelation::Never => return Some(false),
                RangeRelation::Depends => all = false,
                RangeRelation::Always => {}
            }
        }
        if all {
            return Some(true);
        }
        for value in [high, high | (1 << bit)] {
            let found = match bit.checked_sub(1) {
                Some(next) => self.from(next, value)?,
                None => self
                    .tests
                    .iter()
                    .all(|one| says(one.test, value, 0) == RangeRelation::Always),
            };
            if found {
                return Some(true);
            }
        }
        Some(false)
    }
}

/// What a test says of the values from `low` on whose other bits lie in `open`.
const fn says(test: Test, low: u64, open: u64) -> RangeRelation {
    let high = low | open;
    match test {
        Test::Eq(value) => equal(low, open, u64::MAX, value),
        Test::Ne(value) => opposite(equal(low, open, u64::MAX, value)),
        Test::MaskedEq { mask, value } => equal(low, open, mask, value),
        Test::MaskedNe { mask, value } => opposite(equal(low, open, mask, value)),
        Test::Lt(value) => below(low, high, value),
        Test::Ge(value) => opposite(below(low, high, value)),
        Test::Gt(value) => opposite(at_most(low, high, value)),
        Test::Le(value) => at_most(low, high, value),
    }
}

const fn equal(low: u64, open: u64, mask: u64, value: u64) -> RangeRelation {
    let fixed = mask & !open;
    if low & fixed != value & !open || value & !mask != 0 {
        RangeRelation::Never
    } else if mask & open == 0 {
        RangeRelation::Always
    } else {
        RangeRelation::Depends
    }
}

const fn below(low: u64, high: u64, value: u64) -> RangeRelation {
    if high < value {
        RangeRelation::Always
    } else if low >= value {
        RangeRelation::Never
    } else {
        RangeRelation::Depends
    }
}

const fn at_most(low: u64, high: u64, value: u64) -> RangeRelation {
    if high <= value {
        RangeRelation::Always
    } else if low > value {
        RangeRelation::Never
    } else {
        RangeRelation::Depends
    }
}

const fn opposite(says: RangeRelation) -> RangeRelation {
    match says {
        RangeRelation::Always => RangeRelation::Never,
        RangeRelation::Never => RangeRelation::Always,
        RangeRelation::Depends => RangeRelation::Depends,
    }
}

#[cfg(test)]
mod tests {
    use super::{Search, covers, impossible, negated, satisfiable};
    use crate::ir::syscalls::{Condition, Test};
    use crate::source::Span;
    use proptest::prelude::*;

    fn condition(test: Test) -> Condition {
        Condition {
            arg: 0,
            width: 0xFF,
            test,
            span: Span::default(),
        }
    }

    fn test() -> impl Strategy<Value = Test> {
        (0..8_u8, 0..=0xFF_u64, 0..=0x1FF_u64).prop_map(|(kind, mask, value)| match kind {
            0 => Test::Eq(value),
            1 => Test::Ne(value),
            2 => Test::Lt(value),
            3 => Test::Le(value),
            4 => Test::Gt(value),
            5 => Test::Ge(value),
            6 => Test::MaskedEq {
                mask,
                value: value & mask,
            },
            _ => Test::MaskedNe {
                mask,
                value: value & mask,
            },
        })
    }

    proptest! {
        #[test]
        fn agrees_with_trying_every_value(tests in proptest::collection::vec(test(), 0..6)) {
            let conditions: Vec<Condition> = tests.into_iter().map(condition).collect();
            let tried = (0..=0xFF_u64)
                .any(|value| conditions.iter().all(|one| one.holds(&[value, 0, 0, 0, 0, 0])));
            prop_assert_eq!(satisfiable(&conditions), Some(tried));
        }

        #[test]
        fn a_condition_and_its_negation_never_agree(test in test(), value in 0..=0xFF_u64) {
            let one = condition(test);
            let args = [value, 0, 0, 0, 0, 0];
            prop_assert_ne!(one.holds(&args), negated(&one).holds(&args));
        }
    }

    #[test]
    fn sixty_four_bits_are_decided_without_trying_them() {
        let wide = |test| Condition {
            width: u64::MAX,
            ..condition(test)
        };
        let between = [wide(Test::Gt(7)), wide(Test::Lt(9)), wide(Test::Ne(8))];
        assert_eq!(satisfiable(&between), Some(false));
        let high = [
            wide(Test::MaskedEq {
                mask: 1 << 63,
                value: 1 << 63,
            }),
            wide(Test::Ne(1 << 63)),
        ];
        assert_eq!(satisfiable(&high), Some(true));
    }
    /// What a start, a filter and a reviewer wait for: each pair of a few hundred rules is compared.
    #[test]
    fn a_decision_takes_few_steps() {
        let wide = |test| Condition {
            width: u64::MAX,
            ..condition(test)
        };
        let one = [
            wide(Test::Gt(0x10000)),
            wide(Test::MaskedNe { mask: 5, value: 0 }),
        ];
        let other = [
            wide(Test::Gt(0x10001)),
            wide(Test::MaskedEq { mask: 6, value: 2 }),
        ];
        assert!(!covers(&one, &other) && !covers(&other, &one));
        assert!(covers(&one[..1], &other[..1]) && !impossible(&other));
        let steps = |tests: &[Condition]| {
            let mut search = Search {
                tests,
                width: u64::MAX,
                steps: 0,
            };
            (search.from(63, 0), search.steps)
        };
        let clash = [wide(Test::Gt(7)), wide(Test::Lt(9)), wide(Test::Ne(8))];
        let (found, taken) = steps(&clash);
        assert!(found == Some(false) && taken < 900, "{taken}");
    }
}
