//! Leaves out every test whose outcome is known from the tests before it on the same word.

use std::collections::BTreeMap;

use super::super::instruction::{JEQ, JGE, JGT};
use super::graph::{Graph, Label, Node, Test, Word};

/// The same decisions from `root` on, without the tests whose outcome is known; repeated until
/// nothing changes, for a test that goes can make another one superfluous.
pub(super) fn thread(graph: &mut Graph, root: Label) -> Label {
    let mut root = root;
    loop {
        let threaded = pass(graph, root);
        if threaded == root {
            return root;
        }
        root = threaded;
    }
}

/// What is known where a node is reached: the word that is loaded, and between what it lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fact {
    word: Word,
    least: u32,
    most: u32,
}

impl Fact {
    /// What is known after a test, given what was known before.
    fn after(before: Option<Self>, test: &Test, holds: bool) -> Self {
        let nothing = Self {
            word: test.word,
            least: 0,
            most: test.word.mask,
        };
        let Self {
            word,
            mut least,
            mut most,
        } = before
            .filter(|fact| fact.word == test.word)
            .unwrap_or(nothing);
        let k = test.k;
        match (test.code, holds) {
            (JEQ, true) => (least, most) = (k, k),
            (JEQ, false) if k == least => least = least.saturating_add(1),
            (JEQ, false) if k == most => most = most.saturating_sub(1),
            (JGE, true) => least = least.max(k),
            (JGE, false) => most = most.min(k.saturating_sub(1)),
            (JGT, true) => least = least.max(k.saturating_add(1)),
            (JGT, false) => most = most.min(k),
            _ => {}
        }
        Self { word, least, most }
    }

    /// The outcome of a test, where this decides it.
    fn decides(&self, test: &Test) -> Option<bool> {
        if test.word != self.word {
            return None;
        }
        let (least, most) = (test.holds(self.least), test.holds(self.most));
        let decided = match test.code {
            JGE | JGT => least == most,
            JEQ => self.least == self.most || test.k < self.least || test.k > self.most,
            _ => self.least == self.most,
        };
        decided.then_some(most)
    }

    /// What holds where both hold.
    fn or(self, other: Self) -> Option<Self> {
        (self.word == other.word).then_some(Self {
            word: self.word,
            least: self.least.min(other.least),
            most: self.most.max(other.most),
        })
    }
}

fn pass(graph: &mut Graph, root: Label) -> Label {
    let order = graph.below(root);
    let mut facts: BTreeMap<Label, Option<Fact>> = BTreeMap::from([(root, None)]);
    let mut targets: BTreeMap<Label, [Label; 2]> = BTreeMap::new();
    for label in &order {
        // Nobody leads here any more.
        let Some(&known) = facts.get(label) else {
            continue;
        };
        match graph.get(*label) {
            Node::Return(_) => {}
            Node::Test(test) => {
                let follow = |from: Label, holds: bool| {
                    let fact = Fact::after(known, &test, holds);
                    let mut to = from;
                    while let Node::Test(next) = graph.get(to) {
                        match fact.decides(&next) {
                            Some(true) => to = next.yes,
                            Some(false) => to = next.no,
                            None => break,
                        }
                    }
                    (to, fact)
                };
                let ends = [follow(test.yes, true), follow(test.no, false)];
                for (to, fact) in ends {
                    facts
                        .entry(to)
                        .and_modify(|known| *known = known.and_then(|known| known.or(fact)))
                        .or_insert(Some(fact));
                }
                targets.insert(*label, ends.map(|(to, _)| to));
            }
        }
    }
    let mut renewed: BTreeMap<Label, Label> = BTreeMap::new();
    for label in order.iter().rev() {
        if !facts.contains_key(label) {
            continue;
        }
        let new = |old: Label| renewed.get(&old).copied().unwrap_or(old);
        let label_now = match graph.get(*label) {
            Node::Return(_) => *label,
            Node::Test(test) => {
                let [yes, no] = targets.get(label).copied().unwrap_or([test.yes, test.no]);
                let (yes, no) = (new(yes), new(no));
                graph.test(Test { yes, no, ..test })
            }
        };
        renewed.insert(*label, label_now);
    }
    renewed.get(&root).copied().unwrap_or(root)
}
