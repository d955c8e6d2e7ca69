//! Cells: ranges of a word's values that lead to one place.

use crate::emit::bpf::generate::graph::Label;

/// What an instruction costs, in the same unit as weights; see `docs/decisions/0006`.
pub(in crate::emit::bpf::generate) const SIZE: u64 = 150;

/// A range of values that leads to one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::emit::bpf::generate) struct Cell {
    /// The first value.
    pub(in crate::emit::bpf::generate) first: u32,
    /// The last value.
    pub(in crate::emit::bpf::generate) last: u32,
    /// Where it leads.
    pub(in crate::emit::bpf::generate) to: Label,
    /// How much an instruction on the way costs.
    pub(in crate::emit::bpf::generate) weight: u64,
}

impl Cell {
    pub(in crate::emit::bpf::generate) fn single(&self) -> bool {
        self.first == self.last
    }
}

/// Neighbours that lead to the same place as one.
pub(super) fn joined(cells: &[Cell]) -> Vec<Cell> {
    let mut all = Vec::with_capacity(cells.len());
    for cell in cells {
        join(&mut all, cell);
    }
    all
}

/// Adds a cell behind others, as one with the last where both lead to the same place.
pub(super) fn join(all: &mut Vec<Cell>, cell: &Cell) {
    match all.last_mut().filter(|last| last.to == cell.to) {
        Some(last) => {
            last.last = cell.last;
            last.weight += cell.weight;
        }
        None => all.push(*cell),
    }
}
