//! Lays a graph out as instructions, from the end to the start, so that every target is known when
//! a jump to it is made: a jump that would be too long is replaced at once.

use std::collections::{BTreeMap, BTreeSet};

use super::generate::graph::{Entry, Graph, Label, Node, Test};
use super::instruction::{AND, Instruction, JUMP, LOAD, Program, RETURN};

/// The program that starts with `root`.
pub(super) fn assemble(graph: &Graph, root: Label) -> Program {
    let entries = graph.entries(root);
    let mut assembler = Assembler {
        graph,
        reversed: Vec::new(),
        places: BTreeMap::new(),
    };
    for label in order(graph, root) {
        assembler.add(label, entries.get(&label).copied().unwrap_or(Entry::Load));
    }
    assembler.reversed.reverse();
    Program {
        instructions: assembler.reversed,
    }
}

/// Every node after those that it leads to, and of two that a node leads to, the one with less
/// below it last: jumps get short where the nearer piece is the smaller one.
fn order(graph: &Graph, root: Label) -> Vec<Label> {
    let mut below: BTreeMap<Label, usize> = BTreeMap::new();
    for label in graph.below(root).into_iter().rev() {
        let next = graph.next(label).into_iter().flatten();
        let size = next.fold(1_usize, |sum, next| {
            sum.saturating_add(below.get(&next).copied().unwrap_or(0))
        });
        below.insert(label, size);
    }
    let mut order = Vec::new();
    let mut done = BTreeSet::new();
    let mut open = vec![(root, false)];
    while let Some((label, entered)) = open.pop() {
        if entered {
            order.push(label);
        } else if done.insert(label) {
            open.push((label, true));
            let mut next: Vec<Label> = graph.next(label).into_iter().flatten().collect();
            next.sort_by_key(|next| below.get(next).copied().unwrap_or(0));
            open.extend(next.into_iter().map(|next| (next, false)));
        }
    }
    order
}

struct Assembler<'a> {
    graph: &'a Graph,
    /// The last instruction of the program first.
    reversed: Vec<Instruction>,
    /// Where a node is entered, counted from the end: the nearest place.
    places: BTreeMap<(Label, Entry), usize>,
}

impl Assembler<'_> {
    /// The instructions of a node whose targets are there already.
    fn add(&mut self, label: Label, first: Entry) {
        let word = match self.graph.get(label) {
            Node::Return(value) => {
                self.push(RETURN, value);
                self.place(label, Entry::Test);
                return;
            }
            Node::Test(Test {
                word,
                code,
                k,
                yes,
                no,
            }) => {
                let [yes, no] = [yes, no].map(|to| (to, self.graph.entry(Some(word), to)));
                // Making one target nearer moves the other one instruction away: leave room.
                self.bring_near(yes, 2);
                self.bring_near(no, 1);
                let [jt, jf] = [yes, no].map(|to| u8::try_from(self.distance(to)).unwrap_or(0));
                self.reversed.push(Instruction { code, jt, jf, k });
                word
            }
        };
        self.place(label, Entry::Test);
        if first <= Entry::Mask && word.mask != u32::MAX {
            self.push(AND, word.mask);
            self.place(label, Entry::Mask);
        }
        if first == Entry::Load {
            self.push(LOAD, word.offset);
            self.place(label, Entry::Load);
        }
    }

    fn push(&mut self, code: u16, k: u32) {
        self.reversed.push(Instruction {
            code,
            jt: 0,
            jf: 0,
            k,
        });
    }

    /// The instruction made last is where a node is entered.
    fn place(&mut self, label: Label, entry: Entry) {
        self.places.insert((label, entry), self.reversed.len());
    }

    /// How many instructions one made next would skip to get there.
    fn distance(&self, to: (Label, Entry)) -> usize {
        self.reversed.len() - self.places.get(&to).copied().unwrap_or(0)
    }

    /// Where a place is too far for a jump from `spare` instructions after the next: a copy of it
    /// (a return), or a jump to it.
    fn bring_near(&mut self, to: (Label, Entry), spare: usize) {
        if u8::try_from(self.distance(to) + spare).is_ok() {
            return;
        }
        match self.graph.get(to.0) {
            Node::Return(value) => self.push(RETURN, value),
            Node::Test(_) => self.jump(to),
        }
        self.place(to.0, to.1);
    }

    fn jump(&mut self, to: (Label, Entry)) {
        self.push(JUMP, u32::try_from(self.distance(to)).unwrap_or(u32::MAX));
    }
}
