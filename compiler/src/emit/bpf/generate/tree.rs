//! The search for where a number lies: a tree of `JGE`, `JEQ` and `JSET`, chosen by a dynamic
//! program.
//!
//! Given are cells, which are ranges of a word's values that lead to the same place, each with a
//! weight. A search costs [`SIZE`] for each instruction, and each instruction on the way to a cell
//! costs the cell's weight. Over all ranges of cells, from short to long, the cheapest of these is
//! chosen:
//!
//! - a *split*: one `JGE` between two cells, and the cheapest searches on both sides;
//! - a *chain*: where all cells but some of one value lead to the same place, one `JEQ` for each of
//!   those, the heaviest first;
//! - a test of *bits*: one `JSET`, and the cheapest searches among the values with any of these
//!   bits and among those with none ([`bits`]).
//!
//! Before all that, the heaviest cells of one value may have a `JEQ` each; whether they do is
//! decided by the cost of the whole. Nothing is gained by a `JEQ` in other places: it could as well
//! come after the split that follows it, in the half that needs it.

mod bits;
mod cell;
mod chain;
mod fill;
mod table;

pub(super) use self::cell::{Cell, SIZE};

use self::bits::Bits;
use self::cell::joined;
use self::chain::chained;
use self::fill::{BitTests, fill};
use self::table::{Step, Table};
use super::graph::{Graph, Label, Test, Word};
use crate::emit::bpf::instruction::{JEQ, JGE, JSET, NUMBER};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// The most cells that are searched through at once. More are halved until they are few, because
/// the time grows with the third power.
const MOST_CELLS: usize = 160;
const FEW_CELLS: usize = 48;

/// How many searches for numbers are remembered.
const MOST_PLANNED: usize = 16;

/// The search for a value of `word`. The cells are in order; what lies between them
/// does not occur.
pub(super) fn search(graph: &mut Graph, word: Word, cells: &[Cell]) -> Label {
    at_most(MOST_CELLS, graph, word, cells)
}

/// The same, halved where there are more than `most` cells.
fn at_most(most: usize, graph: &mut Graph, word: Word, cells: &[Cell]) -> Label {
    let all = joined(cells);
    if all.len() > most {
        let k = all.get(all.len() / 2).map_or(0, |cell| cell.first);
        let (low, high) = cells.split_at(cells.partition_point(|cell| cell.first < k));
        let [no, yes] = [low, high].map(|half| at_most(FEW_CELLS, graph, word, half));
        return graph.test(Test {
            word,
            code: JGE,
            k,
            yes,
            no,
        });
    }
    let search = if word == Word::whole(NUMBER) {
        Search::remembered(cells.to_vec())
    } else {
        Arc::new(Search::of(cells.to_vec(), Bits::NONE))
    };
    let mut label = search.then.build(graph, word);
    for cell in search.first.iter().rev() {
        label = equal(graph, word, cell, label);
    }
    label
}

/// A search as it was planned.
struct Search {
    /// The cells to be asked for before everything else, in this order.
    first: Vec<Cell>,
    /// And then this.
    then: Plan,
}

/// The last searches for numbers that were planned in this process, and their cells. Policies that
/// extend one profile have them in common, and tests of bits take time.
static PLANNED: Mutex<VecDeque<(Vec<Cell>, Arc<Search>)>> = Mutex::new(VecDeque::new());

impl Search {
    /// For cells that lie behind so many tests of bits.
    fn of(mut rest: Vec<Cell>, depth: usize) -> Self {
        let all = joined(&rest);
        let total: u64 = all.iter().map(|cell| cell.weight).sum();
        // Asking for a cell first makes every other one wait: nothing light is worth it.
        let heavy = |cell: &Cell| cell.single() && cell.weight * 8 > total;
        let mut first: Vec<Cell> = all.iter().copied().filter(heavy).collect();
        first.sort_by_key(|cell| std::cmp::Reverse(cell.weight));
        // How many of them is decided by the cost without tests of bits.
        let (mut count, mut least) = (0, u64::MAX);
        let (mut left, mut before) = (total, 0);
        let (mut others, mut table) = (all, Table::default());
        for at in 0..=first.len() {
            fill(&mut table, &joined(&others), None);
            let cost = before + table.whole();
            if cost < least {
                (count, least) = (at, cost);
            }
            if let Some(cell) = first.get(at) {
                before += SIZE + left;
                left -= cell.weight;
                others.retain(|one| one.first != cell.first);
            }
        }
        first.truncate(count);
        rest.retain(|one| first.iter().all(|cell| cell.first != one.first));
        Self {
            first,
            then: Plan::of(&rest, depth),
        }
    }

    /// For numbers, planned or remembered.
    fn remembered(cells: Vec<Cell>) -> Arc<Self> {
        let planned = || PLANNED.lock().unwrap_or_else(PoisonError::into_inner);
        let known = planned()
            .iter()
            .find(|(of, _)| *of == cells)
            .map(|(_, one)| Arc::clone(one));
        known.unwrap_or_else(|| {
            let search = Arc::new(Self::of(cells.clone(), 0));
            let mut planned = planned();
            planned.truncate(MOST_PLANNED - 1);
            planned.push_front((cells, Arc::clone(&search)));
            search
        })
    }
}

fn equal(graph: &mut Graph, word: Word, cell: &Cell, no: Label) -> Label {
    graph.test(Test {
        word,
        code: JEQ,
        k: cell.first,
        yes: cell.to,
        no,
    })
}

/// The cheapest search over every range of some cells.
struct Plan {
    /// Neighbours lead to different places.
    cells: Vec<Cell>,
    bits: Bits,
    depth: usize,
    table: Table,
}

impl Plan {
    /// For cells that lie behind so many tests of bits.
    fn of(pieces: &[Cell], depth: usize) -> Self {
        let cells = joined(pieces);
        let mut bits = Bits::of(pieces, &cells, depth);
        let mut table = Table::default();
        let mut ranges = bits.ranges(|side, depth| Self::of(side, depth).cost());
        let tests = ranges.as_mut().map(|ranges| ranges as &mut dyn BitTests);
        fill(&mut table, &cells, tests);
        bits.forget();
        Self {
            cells,
            bits,
            depth,
            table,
        }
    }

    fn cost(&self) -> u64 {
        self.table.whole()
    }

    fn build(&self, graph: &mut Graph, word: Word) -> Label {
        self.range(graph, word, 0, self.cells.len().saturating_sub(1))
    }

    fn range(&self, graph: &mut Graph, word: Word, from: usize, last: usize) -> Label {
        match self.table.step(from, last) {
            Step::Unknown => graph.ret(0),
            Step::Split(middle) => {
                let middle = middle as usize;
                let yes = self.range(graph, word, middle, last);
                let no = self.range(graph, word, from, middle - 1);
                let k = self.cells.get(middle).map_or(0, |cell| cell.first);
                graph.test(Test {
                    word,
                    code: JGE,
                    k,
                    yes,
                    no,
                })
            }
            Step::Bits(mask) => {
                let sides = self.bits.sides((from, last), mask);
                let [yes, no] =
                    sides.map(|side| Self::of(&side, self.depth + 1).build(graph, word));
                graph.test(Test {
                    word,
                    code: JSET,
                    k: mask,
                    yes,
                    no,
                })
            }
            Step::Chain(to) => {
                let cells = self.cells.get(from..=last).unwrap_or_default();
                chained(cells, to)
                    .iter()
                    .rev()
                    .fold(to, |no, cell| equal(graph, word, cell, no))
            }
        }
    }
}

#[cfg(test)]
mod tests;
