//! The dynamic program: the cheapest search over each range of cells.

use super::cell::{Cell, SIZE};
use super::chain::Chains;
use super::table::{Step, Table};

/// Tests of bits, as the program tries them: ranges that start with one cell and grow by one each
/// time.
pub(super) trait BitTests {
    /// Starts with one cell.
    fn start(&mut self, from: usize);

    /// Of a range that has one cell more than the last time: the mask that looks best, and what the
    /// search costs with it; `None` where that is not less than `cost`.
    fn best(&mut self, cells: &[Cell], range: (usize, usize), cost: u64) -> Option<(u64, u32)>;
}

/// The cheapest search over each range, from short to long; with tests of bits where `ranges` says
/// what those make of them.
pub(super) fn fill(table: &mut Table, cells: &[Cell], mut ranges: Option<&mut dyn BitTests>) {
    let count = cells.len();
    table.renew(count);
    for from in (0..count).rev() {
        let mut weight = 0;
        let mut chains = Chains::default();
        if let Some(ranges) = &mut ranges {
            ranges.start(from);
        }
        for last in from..count {
            weight += cells.get(last).map_or(0, |cell| cell.weight);
            let chain = cells.get(from..=last).and_then(|cells| chains.over(cells));
            let mut best = match chain {
                Some((cost, to)) => (cost, Step::Chain(to)),
                None => (u64::MAX, Step::Unknown),
            };
            if let Some((parts, middle)) = table.split(from, last)
                && SIZE + weight + parts < best.0
            {
                best = (SIZE + weight + parts, Step::Split(middle));
            }
            if let Some(ranges) = &mut ranges
                && let Some((cost, mask)) = ranges.best(cells, (from, last), best.0)
                && cost < best.0
            {
                best = (cost, Step::Bits(mask));
            }
            table.set(from, last, best);
        }
    }
}
