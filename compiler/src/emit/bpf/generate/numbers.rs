//! Which numbers of an interface lead where, and the search for them.

use std::collections::BTreeMap;

use super::call::arguments;
use super::graph::{Graph, Label, Word};
use super::tree::{Cell, search};
use super::weights::{UNKNOWN, weight};
use crate::emit::bpf::instruction::NUMBER;
use crate::emit::bpf::return_value::return_value;
use crate::ir::syscalls::{Action, ArchMeaning, Meaning};
use crate::syscalls::{Arch, X32_BIT};

/// The entrance to the native interface. On x86-64, numbers with the x32 bit are calls of another
/// one, or of none; the kernel's "no call" has the bit and is neither.
pub(super) fn native(graph: &mut Graph, meaning: &Meaning) -> Label {
    let mut cells = cells(graph, &meaning.native);
    if meaning.native.arch.has_x32() {
        // The last number is apart from all others.
        let mut beyond = if let Some(x32) = meaning.interface(Arch::X32) {
            self::cells(graph, x32)
        } else {
            let to = graph.ret(return_value(Action::KillProcess));
            vec![Cell {
                first: 0,
                last: u32::MAX,
                to,
                weight: UNKNOWN,
            }]
        };
        cut(&mut beyond, X32_BIT, u32::MAX - 1);
        let to = graph.ret(return_value(Action::Errno(meaning.native.enosys)));
        beyond.push(Cell {
            first: u32::MAX,
            last: u32::MAX,
            to,
            weight: UNKNOWN,
        });
        cut(&mut cells, 0, X32_BIT - 1);
        let weight = beyond.iter().map(|cell| cell.weight).sum();
        let to = search(graph, Word::whole(NUMBER), &beyond);
        cells.push(Cell {
            first: X32_BIT,
            last: u32::MAX,
            to,
            weight,
        });
    }
    search(graph, Word::whole(NUMBER), &cells)
}

/// The entrance to another interface.
pub(super) fn compat(graph: &mut Graph, one: &ArchMeaning) -> Label {
    let cells = cells(graph, one);
    search(graph, Word::whole(NUMBER), &cells)
}

/// Leaves what lies between two numbers.
fn cut(cells: &mut Vec<Cell>, first: u32, last: u32) {
    cells.retain(|cell| cell.first <= last && cell.last >= first);
    for cell in cells {
        cell.first = cell.first.max(first);
        cell.last = cell.last.min(last);
    }
}

/// Where every number leads: one cell for each known number, and one for each gap.
fn cells(graph: &mut Graph, one: &ArchMeaning) -> Vec<Cell> {
    let default = if one.default.deny {
        one.denial
    } else {
        Action::Allow
    };
    let unnamed = graph.ret(return_value(default));
    let unknown = graph.ret(return_value(Action::Errno(one.enosys)));
    let mut places: BTreeMap<u32, (Label, u64)> = BTreeMap::new();
    for &number in &one.beyond {
        places.insert(number, (unnamed, weight(graph, one, unnamed, "")));
    }
    for (number, call) in &one.calls {
        let to = arguments(graph, one, call);
        places.insert(*number, (to, weight(graph, one, to, call.name)));
    }
    let mut cells = Vec::with_capacity(2 * places.len() + 2);
    let gap = |first: u32, end: u32, cells: &mut Vec<Cell>| {
        // A gap may begin among the known numbers and end above them.
        let newest = one.newest;
        if first <= newest && first < end {
            let last = newest.min(end - 1);
            let count = u64::from(last - first) + 1;
            let each = weight(graph, one, unnamed, "");
            cells.push(Cell {
                first,
                last,
                to: unnamed,
                weight: count * each,
            });
        }
        if end > newest.saturating_add(1) && first.max(newest + 1) < end {
            let first = first.max(newest + 1);
            cells.push(Cell {
                first,
                last: end - 1,
                to: unknown,
                weight: UNKNOWN,
            });
        }
    };
    let mut next = 0;
    for (number, (to, weight)) in places {
        gap(next, number, &mut cells);
        cells.push(Cell {
            first: number,
            last: number,
            to,
            weight,
        });
        next = number + 1;
    }
    gap(next, u32::MAX, &mut cells);
    if let Some(last) = cells.last_mut() {
        last.last = u32::MAX;
    }
    cells
}
