//! Chains: tests for equality in a row.

use super::cell::{Cell, SIZE};
use crate::emit::bpf::generate::graph::Label;

/// The most tests for equality in a row. A split never costs more than what a longer chain does.
const LONGEST_CHAIN: usize = 12;

/// The cells to be asked for where the others lead to `to`, the heaviest first.
pub(super) fn chained(cells: &[Cell], to: Label) -> Vec<&Cell> {
    let mut asked: Vec<&Cell> = cells.iter().filter(|cell| cell.to != to).collect();
    asked.sort_by_key(|cell| std::cmp::Reverse(cell.weight));
    asked
}

/// Chains over the ranges that start with one cell.
#[derive(Default)]
pub(super) struct Chains {
    /// Where all but the cells of one value lead.
    pub(super) to: Option<Label>,
    /// Whether there is no chain, nor will be over any longer range.
    pub(super) ended: bool,
}

impl Chains {
    /// The cheapest chain over some cells, one more than the last time.
    pub(super) fn over(&mut self, cells: &[Cell]) -> Option<(u64, Label)> {
        if let Some(wide) = cells.last().filter(|cell| !cell.single()) {
            self.ended |= self.to.is_some_and(|to| to != wide.to);
            self.to = Some(wide.to);
        }
        if self.ended {
            return None;
        }
        let Some(to) = self.to else {
            // Only single values: any place will do.
            let few = cells
                .get(..cells.len().min(2 * LONGEST_CHAIN))
                .unwrap_or_default();
            let costs = few
                .iter()
                .filter_map(|cell| Some((chain_cost(cells, cell.to)?, cell.to)));
            return costs.min_by_key(|(cost, _)| *cost);
        };
        let cost = chain_cost(cells, to);
        self.ended = cost.is_none();
        Some((cost?, to))
    }
}

/// What it costs to ask for all cells that do not lead to `to`, the heaviest first; `None` where
/// they are too many.
fn chain_cost(cells: &[Cell], to: Label) -> Option<u64> {
    let mut asked = [0_u64; LONGEST_CHAIN];
    let (mut count, mut left) = (0, 0);
    for cell in cells {
        left += cell.weight;
        if cell.to != to {
            *asked.get_mut(count)? = cell.weight;
            count += 1;
        }
    }
    let asked = asked.get_mut(..count)?;
    asked.sort_unstable_by_key(|weight| std::cmp::Reverse(*weight));
    let mut cost = 0;
    for weight in asked {
        cost += SIZE + left;
        left -= *weight;
    }
    Some(cost)
}
