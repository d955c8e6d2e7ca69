//! What the cheapest search over each range of cells costs, and how it begins.

use crate::emit::bpf::generate::graph::Label;

/// The costs and steps by first and last cell of the range. It may be used again for other cells.
#[derive(Default)]
pub(super) struct Table {
    count: usize,
    /// By first cell, then by last.
    steps: Vec<Step>,
    /// By first cell, then by last; and below the diagonal by last, then by first, so that the two
    /// rows that a split looks at lie in one piece each.
    costs: Vec<u64>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    /// A chain of tests for equality, and then this place.
    Chain(Label),
    /// A split before this cell.
    Split(u32),
    /// A test of these bits.
    Bits(u32),
    /// Not looked at yet.
    Unknown,
}

impl Table {
    /// Forgets everything, and makes room for the ranges of so many cells.
    pub(super) fn renew(&mut self, count: usize) {
        self.count = count;
        self.steps.clear();
        self.steps.resize(count * count, Step::Unknown);
        self.costs.clear();
        self.costs.resize(count * count, 0);
    }

    pub(super) fn step(&self, from: usize, last: usize) -> Step {
        self.steps
            .get(from * self.count + last)
            .copied()
            .unwrap_or(Step::Unknown)
    }

    /// What the search over all cells costs.
    pub(super) fn whole(&self) -> u64 {
        self.costs
            .get(self.count.saturating_sub(1))
            .copied()
            .unwrap_or(0)
    }

    pub(super) fn set(&mut self, from: usize, last: usize, (cost, step): (u64, Step)) {
        if let Some(place) = self.steps.get_mut(from * self.count + last) {
            *place = step;
        }
        for at in [from * self.count + last, last * self.count + from] {
            if let Some(place) = self.costs.get_mut(at) {
                *place = cost;
            }
        }
    }

    /// The cell before which a split costs the least, and what both sides cost then.
    pub(super) fn split(&self, from: usize, last: usize) -> Option<(u64, u32)> {
        let by_first = from * self.count;
        let by_last = last * self.count;
        let low = self.costs.get(by_first + from..by_first + last)?;
        let high = self.costs.get(by_last + from + 1..=by_last + last)?;
        let mut least = (u64::MAX, 0);
        for (at, (low, high)) in low.iter().zip(high).enumerate() {
            if low + high < least.0 {
                least = (low + high, at);
            }
        }
        let middle = u32::try_from(from + 1 + least.1).ok()?;
        (from < last).then_some((least.0, middle))
    }
}
