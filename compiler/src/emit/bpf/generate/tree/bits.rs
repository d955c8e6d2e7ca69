//! Tests of bits: where some cells are taken apart best by whether a number has any of some bits.
//!
//! A mask that all exceptions in a range have a bit of, and half of the others have none of, settles
//! that half in one step. No interval says the same, and an exception more costs nothing.

use super::cell::{Cell, SIZE, join};
use super::fill::{BitTests, fill};
use super::table::Table;

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
    /// How many masks are tried on the ranges that start with each cell.
    masks: Vec<usize>,
    /// What each of those leaves of each cell.
    shares: Vec<Shares>,
    /// For each cell, the first one that leads to the same place.
    places: Vec<u16>,
}

/// What masks leave of a cell: of its values with any of the bits, and of those with none.
#[derive(Debug, Default)]
struct Shares {
    /// All ones where there is a value, else 0.
    any: [Vec<u16>; 2],
    /// The weight of those with none, by mask, and that of all.
    weight: Vec<u32>,
    total: u32,
}

impl Bits {
    /// A depth at which no bits are tested.
    pub(super) const NONE: usize = MOST.len();

    /// For cells that were joined from `pieces`.
    pub(super) fn of(pieces: &[Cell], cells: &[Cell], depth: usize) -> Self {
        let (values, masks, shares, places) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut bits = Self {
            depth,
            values,
            masks,
            shares,
            places,
        };
        if bits.most() == 0 || cells.len() < 3 {
            return bits;
        }
        let mut rest = pieces;
        for (at, cell) in cells.iter().enumerate() {
            let count = rest.partition_point(|piece| piece.last <= cell.last);
            let (own, others) = rest.split_at(count);
            rest = others;
            let narrow = cell.last - cell.first < SPAN;
            bits.values.push(if narrow {
                single_values(own)
            } else {
                Vec::new()
            });
            let first = cells.iter().position(|one| one.to == cell.to);
            bits.places.push(
                first
                    .and_then(|first| u16::try_from(first).ok())
                    .unwrap_or(NOWHERE),
            );
            // The longest range has the most masks.
            let reached = cells
                .iter()
                .skip(at)
                .take(bits.most())
                .map(|cell| cell.last);
            let last = reached.take_while(|last| last - cell.first < SPAN).last();
            bits.masks
                .push(last.map_or(0, |last| masks_between(cell.first, last)));
        }
        bits.shares = bits.shares();
        bits
    }

    fn shares(&self) -> Vec<Shares> {
        let share = |(last, values): (usize, &Vec<Cell>)| {
            let from = (last + 1).saturating_sub(self.most());
            let masks = self.masks.get(from..=last).unwrap_or_default();
            shares(values, masks.iter().copied().max().unwrap_or(0))
        };
        self.values.iter().enumerate().map(share).collect()
    }

    /// The most cells of a range that is looked at.
    fn most(&self) -> usize {
        MOST.get(self.depth).copied().unwrap_or(0)
    }

    /// What the masks make of ranges of these cells; `None` where bits are not tested.
    /// `deeper` says what the cheapest search among some cells costs behind so many tests of bits.
    pub(super) fn ranges(&self, deeper: fn(&[Cell], usize) -> u64) -> Option<Ranges<'_>> {
        let ranges = Ranges {
            bits: self,
            deeper,
            sides: [Side::default(), Side::default()],
            weight: Vec::new(),
            total: 0,
            tests: Vec::new(),
            cells: Vec::new(),
            table: Table::default(),
        };
        (!self.shares.is_empty()).then_some(ranges)
    }

    /// Forgets what only the choice of masks needs.
    pub(super) fn forget(&mut self) {
        self.shares = Vec::new();
    }

    /// The values of a range that have any of some bits, and those that have none.
    pub(super) fn sides(&self, (from, last): (usize, usize), mask: u32) -> [Vec<Cell>; 2] {
        let values = self
            .values
            .get(from..=last)
            .unwrap_or_default()
            .iter()
            .flatten();
        let (yes, no) = values.partition(|value| value.first & mask != 0);
        [yes, no]
    }
}

/// No place that any cell leads to.
const NOWHERE: u16 = u16::MAX;

/// What the masks make of the ranges that start with one cell, which grow by one cell each time.
pub(super) struct Ranges<'a> {
    bits: &'a Bits,
    deeper: fn(&[Cell], usize) -> u64,
    /// By mask, the values with any of its bits, and those with none.
    sides: [Side; 2],
    /// The weight of those with none, by mask, and that of all.
    weight: Vec<u32>,
    total: u32,
    /// By mask, how few tests its two sides take; the most where one has nothing.
    tests: Vec<u16>,
    /// Room for the values on one side of a mask, and for the searches among them.
    cells: Vec<Cell>,
    table: Table,
}

/// The values of a range on one side of each mask.
#[derive(Default)]
struct Side {
    /// How many cells they are, neighbours that lead to one place joined.
    count: Vec<u16>,
    /// Where the last of them leads.
    last: Vec<u16>,
}

impl Side {
    fn add(&mut self, any: &[u16], place: u16) {
        for ((count, last), any) in self.count.iter_mut().zip(&mut self.last).zip(any) {
            *count += u16::from(*last != place) & any;
            *last = (place & any) | (*last & !any);
        }
    }
}

impl BitTests for Ranges<'_> {
    fn start(&mut self, from: usize) {
        let masks = self.bits.masks.get(from).copied().unwrap_or(0);
        for side in &mut self.sides {
            renew(&mut side.count, masks, 0);
            renew(&mut side.last, masks, NOWHERE);
        }
        renew(&mut self.weight, masks, 0);
        self.total = 0;
    }

    fn best(
        &mut self,
        cells: &[Cell],
        (from, last): (usize, usize),
        cost: u64,
    ) -> Option<(u64, u32)> {
        let range = cells.get(from..=last)?;
        let ([first, ..], [.., end]) = (range, range) else {
            return None;
        };
        if range.len() > self.bits.most() || end.last - first.first >= SPAN {
            return None;
        }
        let (shares, place) = (self.bits.shares.get(last)?, self.bits.places.get(last)?);
        self.add(shares, *place);
        let here = SIZE + range.iter().map(|cell| cell.weight).sum::<u64>();
        // No test of bits takes less.
        if range.len() < 3 || cost <= here {
            return None;
        }
        let found = self.estimated(masks_between(first.first, end.last), here, cost)?;
        // More tests of bits behind this one take time: only where it saves a twentieth without.
        let plain = here
            + [true, false]
                .map(|any| self.plain((from, last), found, any))
                .iter()
                .sum::<u64>();
        if plain * 20 >= cost * 19 || self.bits.depth + 1 >= Bits::NONE {
            return Some((plain, found));
        }
        let sides = self.bits.sides((from, last), found);
        let deeper = sides.map(|side| (self.deeper)(&side, self.bits.depth + 1));
        Some((here + deeper.iter().sum::<u64>(), found))
    }
}

impl Ranges<'_> {
    fn add(&mut self, shares: &Shares, place: u16) {
        for (side, any) in self.sides.iter_mut().zip(&shares.any) {
            side.add(any, place);
        }
        for (weight, more) in self.weight.iter_mut().zip(&shares.weight) {
            *weight = weight.wrapping_add(*more);
        }
        self.total = self.total.wrapping_add(shares.total);
    }

    /// What a search costs, without tests of bits, among the values of a range that have any of some
    /// bits, or among those that have none.
    fn plain(&mut self, (from, last): (usize, usize), mask: u32, any: bool) -> u64 {
        let values = self
            .bits
            .values
            .get(from..=last)
            .unwrap_or_default()
            .iter()
            .flatten();
        self.cells.clear();
        let side = values.filter(|value| (value.first & mask != 0) == any);
        side.for_each(|value| join(&mut self.cells, value));
        fill(&mut self.table, &self.cells, None);
        self.table.whole()
    }

    /// The mask with which a search seems to cost the least, and less than `most`.
    fn estimated(&mut self, masks: usize, here: u64, mut most: u64) -> Option<u32> {
        let [yes, no] = &self.sides;
        self.tests.clear();
        let counts = yes.count.iter().zip(&no.count).take(masks);
        self.tests.extend(counts.map(|(yes, no)| {
            let nothing = if *yes.min(no) == 0 { u16::MAX } else { 0 };
            (yes / 2 + no / 2) | nothing
        }));
        // With so many tests it costs `most` already.
        let too_many = |most: u64| u16::try_from((most - here).div_ceil(SIZE)).unwrap_or(u16::MAX);
        let mut limit = too_many(most);
        let mut found = None;
        for (mask, tests) in self.tests.iter().enumerate() {
            if *tests >= limit {
                continue;
            }
            let side = |side: &Side, weight: u32| {
                let count = side.count.get(mask).copied().unwrap_or(0);
                let steps = STEPS
                    .get(usize::from(count))
                    .or(STEPS.last())
                    .copied()
                    .unwrap_or(0);
                u64::from(weight) * steps / 16
            };
            let none = self.weight.get(mask).copied().unwrap_or(0);
            let weights = side(yes, self.total.wrapping_sub(none)) + side(no, none);
            let estimate = here + u64::from(*tests) * SIZE + weights;
            if estimate < most {
                (most, found) = (estimate, u32::try_from(mask).ok());
                limit = too_many(most);
            }
        }
        found
    }
}

/// So many of one value.
fn renew<T: Copy>(list: &mut Vec<T>, count: usize, value: T) {
    list.clear();
    list.resize(count, value);
}

/// How many masks there are that separate some of two values and those between them.
fn masks_between(first: u32, last: u32) -> usize {
    (first ^ last)
        .checked_ilog2()
        .map_or(0, |bit| 2_usize << bit)
}

/// Each value of some cells as a cell.
fn single_values(cells: &[Cell]) -> Vec<Cell> {
    let values = |cell: &Cell| {
        let weight = cell.weight / (u64::from(cell.last - cell.first) + 1);
        let to = cell.to;
        (cell.first..=cell.last).map(move |value| Cell {
            first: value,
            last: value,
            to,
            weight,
        })
    };
    cells.iter().flat_map(values).collect()
}

/// What so many masks leave of some values.
fn shares(values: &[Cell], masks: usize) -> Shares {
    let any = [vec![0; masks], vec![0; masks]];
    let mut shares = Shares {
        any,
        weight: vec![0; masks],
        total: 0,
    };
    let [yes, no] = &mut shares.any;
    for value in values {
        // An estimate needs no more: the sums stay below 2^32.
        let weight = u32::try_from(value.weight)
            .unwrap_or(u32::MAX)
            .min(u32::MAX / SPAN);
        // No mask has a bit above these.
        let low = (value.first & (2 * SPAN - 1)) as u16;
        shares.total += weight;
        let sums = yes.iter_mut().zip(no.iter_mut()).zip(&mut shares.weight);
        for (mask, ((yes, no), sum)) in (0_u16..).zip(sums) {
            let none = if low & mask == 0 { u16::MAX } else { 0 };
            *yes |= !none;
            *no |= none;
            *sum += weight & (u32::from(none) | u32::from(none) << 16);
        }
    }
    shares
}
