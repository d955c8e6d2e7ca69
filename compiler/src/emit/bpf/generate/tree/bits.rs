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
    /// What each mask leaves of each cell: of its values with any of the bits, and of those with
    /// none.
    shares: Vec<[Shares; 2]>,
    /// For each cell, the first one that leads to the same place.
    places: Vec<u32>,
}

/// Some values of a cell, by mask.
#[derive(Debug, Default)]
struct Shares {
    /// All ones where there is a value, else 0.
    any: Vec<u32>,
    weight: Vec<u32>,
}

impl Bits {
    /// A depth at which no bits are tested.
    pub(super) const NONE: usize = MOST.len();

    /// For cells that were joined from `pieces`.
    pub(super) fn of(pieces: &[Cell], cells: &[Cell], depth: usize) -> Self {
        let mut bits = Self { depth, values: Vec::new(), shares: Vec::new(), places: Vec::new() };
        if bits.most() == 0 || cells.len() < 3 {
            return bits;
        }
        let mut rest = pieces;
        for cell in cells {
            let count = rest.partition_point(|piece| piece.last <= cell.last);
            let (own, others) = rest.split_at(count);
            rest = others;
            let narrow = cell.last - cell.first < SPAN;
            bits.values.push(if narrow { single_values(own) } else { Vec::new() });
            let first = cells.iter().position(|one| one.to == cell.to);
            bits.places.push(first.and_then(|first| u32::try_from(first).ok()).unwrap_or(NOWHERE));
        }
        let ends = bits.values.iter().flatten().map(|value| value.first);
        let (all, any) = ends.fold((u32::MAX, 0), |(all, any), value| (all & value, any | value));
        let masks = ((all ^ any) & (SPAN - 1)).checked_ilog2().map_or(0, |bit| 2_usize << bit);
        bits.shares = bits.values.iter().map(|values| shares(values, masks)).collect();
        bits
    }

    /// The most cells of a range that is looked at.
    fn most(&self) -> usize {
        MOST.get(self.depth).copied().unwrap_or(0)
    }

    /// Looks at the ranges that start with one cell.
    pub(super) fn start(&self) -> Ranges<'_> {
        let masks = self.shares.iter().map(|[yes, _no]| yes.any.len()).max().unwrap_or(0);
        Ranges { bits: self, sides: [Side::of(masks), Side::of(masks)] }
    }

    /// Forgets what only the choice of masks needs.
    pub(super) fn forget(&mut self) {
        self.shares = Vec::new();
    }

    /// The values of a range that have any of some bits, and those that have none.
    pub(super) fn sides(&self, (from, last): (usize, usize), mask: u32) -> [Vec<Cell>; 2] {
        let values = self.values.get(from..=last).unwrap_or_default().iter().flatten();
        let (yes, no) = values.partition(|value| value.first & mask != 0);
        [yes, no]
    }
}

/// No place that any cell leads to.
const NOWHERE: u32 = u32::MAX;

/// What the masks make of the ranges that start with one cell, which grow by one cell each time.
pub(super) struct Ranges<'a> {
    bits: &'a Bits,
    sides: [Side; 2],
}

/// The values of a range on one side of each mask.
struct Side {
    weight: Vec<u32>,
    /// How many cells they are, neighbours that lead to one place joined.
    count: Vec<u32>,
    /// Where the last of them leads.
    last: Vec<u32>,
}

impl Side {
    fn of(masks: usize) -> Self {
        Self { weight: vec![0; masks], count: vec![0; masks], last: vec![NOWHERE; masks] }
    }

    fn add(&mut self, shares: &Shares, place: u32) {
        let sums = self.weight.iter_mut().zip(&mut self.count).zip(&mut self.last);
        for (((weight, count), last), (more, any)) in
            sums.zip(shares.weight.iter().zip(&shares.any))
        {
            *weight = weight.wrapping_add(*more);
            *count += u32::from(*last != place) & any;
            *last = (place & any) | (*last & !any);
        }
    }
}

impl Ranges<'_> {
    /// Of a range that has one cell more than the last time: the mask that looks best, and what the
    /// search costs with it; `None` where that is not less than `cost`.
    pub(super) fn best(
        &mut self,
        cells: &[Cell],
        (from, last): (usize, usize),
        cost: u64,
    ) -> Option<(u64, u32)> {
        let range = cells.get(from..=last)?;
        let ([first, ..], [.., end]) = (range, range) else { return None };
        if range.len() > self.bits.most() || end.last - first.first >= SPAN {
            return None;
        }
        let (shares, place) = (self.bits.shares.get(last)?, self.bits.places.get(last)?);
        for (side, shares) in self.sides.iter_mut().zip(shares) {
            side.add(shares, *place);
        }
        let here = SIZE + range.iter().map(|cell| cell.weight).sum::<u64>();
        // No test of bits takes less.
        if range.len() < 3 || cost <= here {
            return None;
        }
        let masks = 2_usize << (first.first ^ end.last).checked_ilog2()?;
        let found = self.estimated(masks, here, cost)?;
        let sides = self.bits.sides((from, last), found);
        let all = |depth| here + sides.iter().map(|side| Plan::of(side, depth).cost()).sum::<u64>();
        // More tests of bits behind this one take time: only where it saves a twentieth without.
        let plain = all(Bits::NONE);
        let clear = plain * 20 < cost * 19 && self.bits.depth + 1 < Bits::NONE;
        Some((if clear { all(self.bits.depth + 1) } else { plain }, found))
    }

    /// The mask with which a search seems to cost the least, and less than `most`.
    fn estimated(&self, masks: usize, here: u64, mut most: u64) -> Option<u32> {
        let [yes, no] = &self.sides;
        let mut found = None;
        let counts = yes.count.iter().zip(&no.count).take(masks);
        let weights = yes.weight.iter().zip(&no.weight);
        for (mask, (counts, weights)) in (0_u32..).zip(counts.zip(weights)) {
            if *counts.0 == 0 || *counts.1 == 0 {
                continue;
            }
            let tests = u64::from(counts.0 / 2 + counts.1 / 2);
            if here + tests * SIZE >= most {
                continue;
            }
            let side = |count: u32, weight: u32| {
                let steps = STEPS.get(count as usize).or(STEPS.last()).copied().unwrap_or(0);
                u64::from(weight) * steps / 16
            };
            let estimate =
                here + tests * SIZE + side(*counts.0, *weights.0) + side(*counts.1, *weights.1);
            if estimate < most {
                (most, found) = (estimate, Some(mask));
            }
        }
        found
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

/// By mask, the values with any of its bits, and those with none.
fn shares(values: &[Cell], masks: usize) -> [Shares; 2] {
    let [mut yes, mut no] =
        [(); 2].map(|()| Shares { any: vec![0; masks], weight: vec![0; masks] });
    for value in values {
        // An estimate needs no more: the sums stay below 2^32.
        let weight = u32::try_from(value.weight).unwrap_or(u32::MAX).min(u32::MAX / SPAN);
        let yes = yes.any.iter_mut().zip(&mut yes.weight);
        let no = no.any.iter_mut().zip(&mut no.weight);
        for (mask, (yes, no)) in (0_u32..).zip(yes.zip(no)) {
            let has = if value.first & mask == 0 { 0 } else { u32::MAX };
            *yes.0 |= has;
            *yes.1 += weight & has;
            *no.0 |= !has;
            *no.1 += weight & !has;
        }
    }
    [yes, no]
}
