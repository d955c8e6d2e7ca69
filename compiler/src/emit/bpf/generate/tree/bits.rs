//! Tests of bits: where some cells are taken apart best by whether a number has any of some bits.
//!
//! A mask that all exceptions in a range have a bit of, and half of the others have none of, settles
//! that half in one step. No interval says the same, and an exception more costs nothing.

use super::{Cell, Plan, SIZE};

/// The most values that lie between the first and the last of a range that is looked at, and so
/// the masks.
const SPAN: u32 = 512;

/// The most cells that a range may have for all masks to be tried on it: behind no test of bits
/// and behind one. Each mask takes time.
const MOST: [usize; 2] = [10, 6];

/// 13 times the binary logarithm of a count: about 16 times the steps that a search takes that is
/// not the same for all cells.
const STEPS: [u64; 11] = [0, 0, 13, 20, 26, 30, 33, 36, 39, 41, 43];

/// What the masks make of some cells.
pub(super) struct Bits {
    /// How many tests of bits lie before these cells.
    depth: usize,
    /// The values of each cell, with the weight of each; none where they are too many.
    values: Vec<Vec<Cell>>,
    /// By cell and mask: the values without any of its bits.
    clear: Vec<Vec<Share>>,
}

/// Some values of a cell.
#[derive(Debug, Clone, Copy, Default)]
struct Share {
    count: u32,
    weight: u64,
}

impl Share {
    fn add(&mut self, other: Self) {
        self.count += other.count;
        self.weight += other.weight;
    }
}

impl Bits {
    /// A depth at which no bits are tested.
    pub(super) const NONE: usize = MOST.len();

    /// For cells that were joined from `pieces`.
    pub(super) fn of(pieces: &[Cell], cells: &[Cell], depth: usize) -> Self {
        let mut bits = Self { depth, values: Vec::new(), clear: Vec::new() };
        if bits.most() == 0 {
            return bits;
        }
        let mut rest = pieces;
        for cell in cells {
            let count = rest.partition_point(|piece| piece.last <= cell.last);
            let (own, others) = rest.split_at(count);
            rest = others;
            let narrow = cell.last - cell.first < SPAN;
            bits.values.push(if narrow { single_values(own) } else { Vec::new() });
        }
        let ends = bits.values.iter().flatten().map(|value| value.first);
        let (all, any) = ends.fold((u32::MAX, 0), |(all, any), value| (all & value, any | value));
        let masks = ((all ^ any) & (SPAN - 1)).checked_ilog2().map_or(0, |bit| 2_usize << bit);
        bits.clear = bits.values.iter().map(|values| shares(values, masks)).collect();
        bits
    }

    /// The most cells of a range that is looked at.
    fn most(&self) -> usize {
        MOST.get(self.depth).copied().unwrap_or(0)
    }

    /// The mask that looks best for the cells of a range, and what the search costs with it; `None`
    /// where that is not less than `cost`.
    pub(super) fn best(
        &self,
        cells: &[Cell],
        (from, last): (usize, usize),
        mut cost: u64,
    ) -> Option<(u64, u32)> {
        let range = cells.get(from..=last)?;
        let ([first, ..], [.., end]) = (range, range) else { return None };
        if range.len() < 3 || range.len() > self.most() || end.last - first.first >= SPAN {
            return None;
        }
        let clear = self.clear.get(from..=last)?;
        let highest = (first.first ^ end.last).checked_ilog2()?;
        let weight: u64 = range.iter().map(|cell| cell.weight).sum();
        let mut found = None;
        for mask in 1..(2_u32 << highest).min(SPAN) {
            let estimate = estimate(range, clear, mask, SIZE + weight, cost);
            if let Some(estimate) = estimate {
                (cost, found) = (estimate, Some(mask));
            }
        }
        let mask = found?;
        let sides =
            self.sides((from, last), mask).map(|side| Plan::of(&side, self.depth + 1).cost());
        Some((SIZE + weight + sides.iter().sum::<u64>(), mask))
    }

    /// The values of a range that have any of some bits, and those that have none.
    pub(super) fn sides(&self, (from, last): (usize, usize), mask: u32) -> [Vec<Cell>; 2] {
        let values = self.values.get(from..=last).unwrap_or_default().iter().flatten();
        let (yes, no) = values.partition(|value| value.first & mask != 0);
        [yes, no]
    }
}

/// Each value of some cells as a cell.
fn single_values(cells: &[Cell]) -> Vec<Cell> {
    let values = |cell: &Cell| {
        let weight = cell.weight / (u64::from(cell.last - cell.first) + 1);
        let to = cell.to;
        (cell.first..=cell.last).map(move |value| Cell { first: value, last: value, to, weight })
    };
    cells.iter().flat_map(values).collect()
}

/// By mask, the values without any of its bits.
fn shares(values: &[Cell], masks: usize) -> Vec<Share> {
    if values.is_empty() || masks == 0 {
        return Vec::new();
    }
    // First by the bits that values have, then summed up over all subsets of the bits outside a
    // mask, one bit after the other.
    let mut sums = vec![Share::default(); masks];
    for value in values {
        if let Some(sum) = sums.get_mut(value.first as usize & (masks - 1)) {
            sum.add(Share { count: 1, weight: value.weight });
        }
    }
    let mut bit = 1;
    while bit < masks {
        for pair in sums.chunks_exact_mut(2 * bit) {
            let (without, with) = pair.split_at_mut(bit);
            with.iter_mut().zip(without).for_each(|(with, without)| with.add(*without));
        }
        bit *= 2;
    }
    // The bits outside a mask are its complement.
    sums.reverse();
    sums
}

/// About what a search costs that begins with a test of bits; `None` where that is not less than
/// `most`, or where all values are on one side.
fn estimate(cells: &[Cell], clear: &[Vec<Share>], mask: u32, here: u64, most: u64) -> Option<u64> {
    let mut weights = [0_u64; 2];
    let mut counts = [0_usize; 2];
    let mut last = [None; 2];
    for (cell, clear) in cells.iter().zip(clear) {
        let no = clear.get(mask as usize)?;
        let all = clear.first()?;
        let yes = Share { count: all.count - no.count, weight: all.weight - no.weight };
        for (side, share) in [yes, *no].into_iter().enumerate() {
            if share.count > 0
                && let (Some(weight), Some(count), Some(last)) =
                    (weights.get_mut(side), counts.get_mut(side), last.get_mut(side))
            {
                *weight += share.weight;
                *count += usize::from(*last != Some(cell.to));
                *last = Some(cell.to);
            }
        }
        let [yes, no] = counts;
        if here + (yes / 2 + no / 2) as u64 * SIZE >= most {
            return None;
        }
    }
    let side = |(count, weight): (&usize, &u64)| {
        let steps = STEPS.get(*count).or(STEPS.last()).copied().unwrap_or(0);
        (count / 2) as u64 * SIZE + weight * steps / 16
    };
    let cost = here + counts.iter().zip(&weights).map(side).sum::<u64>();
    (counts.iter().all(|count| *count > 0) && cost < most).then_some(cost)
}
