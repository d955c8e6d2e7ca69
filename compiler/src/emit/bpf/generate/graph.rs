//! What a program decides, as a graph: a test and where each answer leads, down to the returns.
//!
//! Equal nodes exist once, so that equal pieces of different calls, and of different
//! architectures, are shared. A test names the word that it looks at; whether that takes a load is
//! found when the instructions are laid out.

use std::collections::BTreeMap;

use super::super::instruction::{JEQ, JGE, JGT, JSET};

/// A node of a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) struct Label(u32);

/// A word of `struct seccomp_data`, or the bits of one under a mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) struct Word {
    /// Where it lies, in bytes.
    pub(in super::super) offset: u32,
    /// The bits that are left of it.
    pub(in super::super) mask: u32,
}

impl Word {
    /// All bits of the word at an offset.
    pub(in super::super) const fn whole(offset: u32) -> Self {
        Self {
            offset,
            mask: u32::MAX,
        }
    }
}

/// One decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) enum Node {
    /// The verdict, as a program returns it.
    Return(u32),
    /// A comparison of a word with a constant.
    Test(Test),
}

/// A comparison, and where it leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) struct Test {
    /// What is compared.
    pub(in super::super) word: Word,
    /// How: `JEQ`, `JGE`, `JGT` or `JSET`.
    pub(in super::super) code: u16,
    /// With what.
    pub(in super::super) k: u32,
    /// Where it goes on if the comparison holds,
    pub(in super::super) yes: Label,
    /// and where if not.
    pub(in super::super) no: Label,
}

impl Test {
    /// The outcome for a value of the word.
    pub(super) fn holds(&self, value: u32) -> bool {
        match self.code {
            JEQ => value == self.k,
            JGT => value > self.k,
            JGE => value >= self.k,
            JSET => value & self.k != 0,
            _ => false,
        }
    }
}

/// All nodes made so far, each after those that it leads to.
#[derive(Debug, Default)]
pub(in super::super) struct Graph {
    nodes: Vec<Node>,
    made: BTreeMap<Node, Label>,
}

impl Graph {
    /// The end with a verdict.
    pub(in super::super) fn ret(&mut self, value: u32) -> Label {
        self.node(Node::Return(value))
    }

    /// A comparison; where both answers lead to the same place, that place.
    pub(in super::super) fn test(&mut self, test: Test) -> Label {
        if test.yes == test.no {
            test.yes
        } else {
            self.node(Node::Test(test))
        }
    }

    /// A node as it is.
    pub(in super::super) fn node(&mut self, node: Node) -> Label {
        if let Some(label) = self.made.get(&node) {
            return *label;
        }
        let label = Label(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push(node);
        self.made.insert(node, label);
        label
    }

    /// What a label stands for.
    pub(in super::super) fn get(&self, label: Label) -> Node {
        self.nodes
            .get(label.0 as usize)
            .copied()
            .unwrap_or(Node::Return(0))
    }

    /// Where a node leads.
    pub(in super::super) fn next(&self, label: Label) -> [Option<Label>; 2] {
        match self.get(label) {
            Node::Return(_) => [None, None],
            Node::Test(Test { yes, no, .. }) => [Some(yes), Some(no)],
        }
    }

    /// Every node that can be reached from one, each before those that it leads to.
    pub(in super::super) fn below(&self, root: Label) -> Vec<Label> {
        // A node is made after those that it leads to, so the order of making is an order.
        let mut found = std::collections::BTreeSet::from([root]);
        let mut order = Vec::new();
        while let Some(label) = found.pop_last() {
            order.push(label);
            found.extend(self.next(label).into_iter().flatten());
        }
        order
    }

    /// How a node is entered by one that leaves a word loaded.
    pub(in super::super) fn entry(&self, loaded: Option<Word>, to: Label) -> Entry {
        let wanted = match self.get(to) {
            Node::Return(_) => return Entry::Test,
            Node::Test(Test { word, .. }) => word,
        };
        match loaded {
            Some(word) if word == wanted => Entry::Test,
            Some(word) if word == Word::whole(wanted.offset) => Entry::Mask,
            _ => Entry::Load,
        }
    }

    /// What is loaded after a node.
    pub(in super::super) fn leaves(&self, label: Label) -> Option<Word> {
        match self.get(label) {
            Node::Return(_) => None,
            Node::Test(Test { word, .. }) => Some(word),
        }
    }

    /// The nodes that can be reached from one, each after those that it leads to, and the first
    /// entry of each that is used.
    pub(in super::super) fn entries(&self, root: Label) -> BTreeMap<Label, Entry> {
        let mut entries = BTreeMap::from([(root, Entry::Load)]);
        for label in self.below(root) {
            let loaded = self.leaves(label);
            for next in self.next(label).into_iter().flatten() {
                let entry = self.entry(loaded, next);
                entries
                    .entry(next)
                    .and_modify(|first: &mut Entry| *first = (*first).min(entry))
                    .or_insert(entry);
            }
        }
        entries
    }

    /// How many instructions the part from a node on takes, without the returns and without what
    /// was made up to `known`.
    pub(in super::super) fn size(&self, root: Label, known: Option<Label>) -> usize {
        let first = known.map_or(0, |known| known.0 + 1);
        // A node is made after those that it leads to: each is met after all that lead to it.
        let mut entries = vec![None; (root.0 + 1).saturating_sub(first) as usize];
        if let Some(entry) = entries.last_mut() {
            *entry = Some(Entry::Load);
        }
        let mut size = 0;
        for label in (first..=root.0).rev().map(Label) {
            let entry = entries.get((label.0 - first) as usize).copied().flatten();
            let (Some(entry), Node::Test(test)) = (entry, self.get(label)) else {
                continue;
            };
            size += match entry {
                Entry::Load => 2 + usize::from(test.word.mask != u32::MAX),
                Entry::Mask => 2,
                Entry::Test => 1,
            };
            for next in [test.yes, test.no] {
                let at = next.0.checked_sub(first).map(|at| at as usize);
                if let Some(place) = at.and_then(|at| entries.get_mut(at)) {
                    let entry = self.entry(Some(test.word), next);
                    *place = Some(place.map_or(entry, |first: Entry| first.min(entry)));
                }
            }
        }
        size
    }
}

/// Where the instructions of a node are entered: each goes on with the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) enum Entry {
    /// The word is loaded.
    Load,
    /// The mask is applied to it.
    Mask,
    /// It is compared.
    Test,
}
