//! Decisions on a call's arguments as sets of values that no two verdicts share, each set some bits
//! of some words: what a comparison under a mask can say.

use std::collections::BTreeMap;

use crate::emit::action;
use crate::emit::bpf::generate::{Graph, Label, Node, Test};
use crate::emit::bpf::instruction::{JEQ, JGE, JGT};
use crate::ir::syscalls::Action;

/// The most rules for one call.
const MOST: usize = 4096;

/// The values of a word that have these bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Cube {
    /// The bits that are known.
    pub(super) known: u32,
    /// What they are; the others are clear here.
    pub(super) bits: u32,
}

/// A verdict, and the words that lead to it, by offset; words that do not matter are left out.
pub(super) type Rule = (Action, BTreeMap<u32, Cube>);

/// All verdicts of the decisions from a node on; `None` where they take too many rules.
pub(super) fn rules(graph: &Graph, root: Label) -> Option<Vec<Rule>> {
    let mut found = Vec::new();
    walk(graph, root, &BTreeMap::new(), &mut found)?;
    Some(found)
}

fn walk(
    graph: &Graph,
    at: Label,
    words: &BTreeMap<u32, Vec<Cube>>,
    found: &mut Vec<Rule>,
) -> Option<()> {
    match graph.get(at) {
        Node::Return(value) => {
            let mut all: Vec<Rule> = vec![(action(value)?, BTreeMap::new())];
            for (offset, cubes) in words {
                let with = |(action, rule): &Rule| {
                    let (action, rule) = (*action, rule.clone());
                    cubes.iter().map(move |cube| {
                        let mut rule = rule.clone();
                        rule.insert(*offset, *cube);
                        (action, rule)
                    })
                };
                if all.len().saturating_mul(cubes.len()) > MOST {
                    return None;
                }
                all = all.iter().flat_map(with).collect();
            }
            found.extend(all);
            (found.len() <= MOST).then_some(())
        }
        Node::Test(test) => {
            let offset = test.word.offset;
            let whole = [Cube::default()];
            let now = words.get(&offset).map_or(whole.as_slice(), Vec::as_slice);
            let mut parts = [Vec::new(), Vec::new()];
            let [yes, no] = &mut parts;
            for cube in now {
                cube.cut(&test, yes, no);
            }
            for (part, next) in parts.into_iter().zip([test.yes, test.no]) {
                if !part.is_empty() {
                    let mut words = words.clone();
                    words.insert(offset, part);
                    walk(graph, next, &words, found)?;
                }
            }
            Some(())
        }
    }
}

impl Cube {
    /// Adds to `yes` the values for which a test holds, and to `no` the others.
    fn cut(self, test: &Test, yes: &mut Vec<Self>, no: &mut Vec<Self>) {
        match self.answer(test) {
            Ok(true) => yes.push(self),
            Ok(false) => no.push(self),
            Err(bit) => {
                let known = self.known | bit;
                for bits in [self.bits, self.bits | bit] {
                    Self { known, bits }.cut(test, yes, no);
                }
            }
        }
    }

    /// Whether a test holds for all values or for none; else a bit that it depends on.
    fn answer(self, test: &Test) -> Result<bool, u32> {
        let Test { word, code, k, .. } = *test;
        let free = !self.known & word.mask;
        let low = self.bits & word.mask;
        let high = low | free;
        let open = |free: u32| 1 << free.checked_ilog2().unwrap_or(0);
        match code {
            JGE if low >= k => Ok(true),
            JGE if high < k => Ok(false),
            JGT if low > k => Ok(true),
            JGT if high <= k => Ok(false),
            JEQ if k & !high != 0 || low & !k != 0 => Ok(false),
            JEQ if free == 0 => Ok(true),
            JGE | JGT | JEQ => Err(open(free)),
            // `JSET`.
            _ if low & k != 0 => Ok(true),
            _ if high & k == 0 => Ok(false),
            _ => Err(open(free & k)),
        }
    }
}
