//! From a call's rules to decisions on 32-bit words.
//!
//! A list of rules is decided word by word: a word that many rules look at is chosen, its values
//! are cut at all constants that it is compared with, and for each piece what is left of the rules
//! is decided in the same way. Pieces with the same rest lead to the same place, so that conditions
//! that rules have in common are tested once, and a set of constants becomes one search.
//! Where that would take too long, because of many words that have nothing to do with each other,
//! the list is cut in two, and the first half leads to the second.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::graph::{Graph, Label, Test, Word};
use super::term::{Evaluation, Fact, Term};
use super::tree::{Cell, search};
use crate::emit::bpf::instruction::JSET;

/// A rule: where it leads, if all of its terms hold.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RuleCase {
    /// In order, each once; shared by all lists in which the case has the same ones left.
    pub(super) terms: Rc<[Term]>,
    /// Where it leads.
    pub(super) then: Label,
}

/// The most words that a list may look at before it is cut in two. Arguments have 12 halves; only
/// many different masks need more, and they decide little about each other.
const MOST_WORDS: usize = 16;

/// How many different rests a list may have for each of its terms before it is cut in two,
const MOST_RESTS: usize = 6;

/// and how many terms may be looked at for all of them.
const MOST_WORK: usize = 4_000_000;

/// The longest list that is decided in several ways, of which the shortest is taken.
const FEW: usize = 48;

/// The decision on the first case that holds; if none does, `otherwise`.
pub(super) fn decide(graph: &mut Graph, cases: &[RuleCase], otherwise: Label) -> Label {
    let orders: &[Order] = if cases.len() <= FEW {
        &[Order::Shared, Order::Given, Order::Fewest]
    } else {
        &[Order::Shared]
    };
    let ways: Vec<Option<Label>> = orders
        .iter()
        .map(|order| {
            let most = 64 + MOST_RESTS * cases.iter().map(|case| case.terms.len()).sum::<usize>();
            let mut decider = Decider {
                graph,
                order: *order,
                known: BTreeMap::new(),
                most,
                work: 0,
            };
            decider.list(DecisionState {
                cases: cases.to_vec(),
                otherwise,
            })
        })
        .collect();
    // What the cases and the rest lead to is there in any case.
    let known = cases.iter().map(|case| case.then).chain([otherwise]).max();
    let best = ways
        .into_iter()
        .flatten()
        .min_by_key(|way| graph.size(*way, known));
    match best {
        Some(best) if cases.len() <= 1 || graph.size(best, known) <= one_by_one(cases) => best,
        // Rules with little in common take more room together than one behind the other.
        Some(best) => {
            let cut = halves(graph, cases, otherwise);
            if graph.size(cut, known) < graph.size(best, known) {
                cut
            } else {
                best
            }
        }
        None => halves(graph, cases, otherwise),
    }
}

/// How many instructions cases take at least, one behind the other: a load and a test for each word
/// of a term.
fn one_by_one(cases: &[RuleCase]) -> usize {
    2 * cases
        .iter()
        .flat_map(|case| case.terms.iter())
        .flat_map(Term::words)
        .count()
}

/// The first half of a list leads to the second, and the first half of one case's terms to the
/// others. A single term has two words at most, and never takes too long.
fn halves(graph: &mut Graph, cases: &[RuleCase], otherwise: Label) -> Label {
    if let [RuleCase { terms, then }] = cases {
        let (first, second) = terms.split_at(terms.len() / 2);
        let [first, second] = [first, second].map(Rc::from);
        let then = decide(
            graph,
            &[RuleCase {
                terms: second,
                then: *then,
            }],
            otherwise,
        );
        return decide(graph, &[RuleCase { terms: first, then }], otherwise);
    }
    let (first, second) = cases.split_at(cases.len() / 2);
    let second = decide(graph, second, otherwise);
    decide(graph, first, second)
}

/// Which word is asked for first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    /// The one that most cases look at.
    Shared,
    /// One that the first case looks at.
    Given,
    /// The one with the fewest constants.
    Fewest,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct DecisionState {
    cases: Vec<RuleCase>,
    otherwise: Label,
}

struct Decider<'a> {
    graph: &'a mut Graph,
    order: Order,
    known: BTreeMap<DecisionState, Label>,
    /// How many of them there may be.
    most: usize,
    work: usize,
}

impl Decider<'_> {
    /// `None`: it takes too long.
    fn list(&mut self, mut state: DecisionState) -> Option<Label> {
        state.tidy();
        if state.cases.is_empty() {
            return Some(state.otherwise);
        }
        if let Some(label) = self.known.get(&state) {
            return Some(*label);
        }
        if self.known.len() > self.most {
            return None;
        }
        let InspectedWord { word, cuts, .. } = self.choose(&state)?;
        // Where every term wants one value, whatever lies between them is the same.
        let mut all = state.cases.iter().flat_map(|case| case.terms.iter());
        let sets = all.all(|term| term.wants_one(word));
        let terms = state
            .cases
            .iter()
            .map(|case| 1 + case.terms.len())
            .sum::<usize>();
        let mut others: Option<Label> = None;
        let mut cells = Vec::with_capacity(cuts.len() + 1);
        let mut first = 0;
        for next in cuts.into_iter().map(Some).chain([None]) {
            let last = next.map_or(word.mask, |next: u32| next - 1);
            if let Some(first) = least_within(word.mask, first, last) {
                let fact = Fact {
                    word,
                    least: first,
                    most: last,
                };
                let range = first != last;
                let to = if let Some(to) = others.filter(|_| range) {
                    to
                } else {
                    self.work += terms;
                    if self.work > MOST_WORK {
                        return None;
                    }
                    let to = self.list(state.after(fact))?;
                    others = others.or((sets && range).then_some(to));
                    to
                };
                cells.push(Cell {
                    first,
                    last,
                    to,
                    weight: 1,
                });
            }
            first = next.unwrap_or(0);
        }
        let label = self.split(word, cells);
        self.known.insert(state, label);
        Some(label)
    }

    fn choose(&self, state: &DecisionState) -> Option<InspectedWord> {
        let mut words: Vec<InspectedWord> = Vec::new();
        for (at, case) in state.cases.iter().enumerate() {
            for word in case.terms.iter().flat_map(Term::words) {
                let known = words.iter().position(|looked| looked.word == word);
                let known = known.unwrap_or(words.len());
                if known == MOST_WORDS {
                    return None;
                }
                if known == words.len() {
                    words.push(InspectedWord {
                        word,
                        cases: 0,
                        cuts: Vec::new(),
                        first: at,
                        last: at,
                    });
                }
                let Some(looked) = words.get_mut(known) else {
                    continue;
                };
                // A case counts once.
                if looked.cases == 0 || looked.last != at {
                    looked.cases += 1;
                    looked.last = at;
                    case.terms
                        .iter()
                        .for_each(|term| term.cuts(word, &mut looked.cuts));
                }
            }
        }
        for looked in &mut words {
            looked.cuts.sort_unstable();
            looked.cuts.dedup();
        }
        words.into_iter().min_by_key(|looked| {
            let InspectedWord {
                word,
                cases,
                ref cuts,
                first,
                ..
            } = *looked;
            // A word under a mask is left for later than the whole, which says all about it.
            let masked = word.mask != u32::MAX;
            let shared = usize::MAX - cases;
            match self.order {
                Order::Shared => (shared, cuts.len(), first, masked, word),
                Order::Given => (first, cuts.len(), shared, masked, word),
                Order::Fewest => (cuts.len(), shared, first, masked, word),
            }
        })
    }

    /// Where the values of a word lead. Bits that are all clear, or not, take no mask: `JSET`.
    fn split(&mut self, word: Word, mut cells: Vec<Cell>) -> Label {
        if word.mask != u32::MAX
            && let [zero, rest @ ..] = cells.as_slice()
            && let [other, others @ ..] = rest
            && zero.last == 0
            && others.iter().all(|cell| cell.to == other.to)
        {
            let whole = Word::whole(word.offset);
            let (yes, no) = (other.to, zero.to);
            return self.graph.test(Test {
                word: whole,
                code: JSET,
                k: word.mask,
                yes,
                no,
            });
        }
        // Values that the mask rules out do not occur.
        for cell in &mut cells {
            cell.last = most_within(word.mask, cell.last);
        }
        search(self.graph, word, &cells)
    }
}

/// A word that cases look at.
struct InspectedWord {
    word: Word,
    /// How many.
    cases: usize,
    /// Where they cut its values.
    cuts: Vec<u32>,
    /// The first of them, and the last.
    first: usize,
    last: usize,
}

impl DecisionState {
    /// Leaves out what does not matter: cases behind one that always holds, and those at the end
    /// that lead where it goes anyway.
    fn tidy(&mut self) {
        if let Some(always) = self.cases.iter().position(|case| case.terms.is_empty()) {
            if let Some(case) = self.cases.get(always) {
                self.otherwise = case.then;
            }
            self.cases.truncate(always);
        }
        while self
            .cases
            .last()
            .is_some_and(|case| case.then == self.otherwise)
        {
            self.cases.pop();
        }
        // Neighbours that lead to the same place may stand in any order: one of them.
        for group in self.cases.chunk_by_mut(|a, b| a.then == b.then) {
            group.sort_unstable();
        }
        self.cases.dedup();
    }

    fn after(&self, fact: Fact) -> Self {
        let mut cases = Vec::with_capacity(self.cases.len());
        for case in &self.cases {
            let Some(case) = case.after(fact) else {
                continue;
            };
            let always = case.terms.is_empty();
            cases.push(case);
            if always {
                break;
            }
        }
        Self {
            cases,
            otherwise: self.otherwise,
        }
    }
}

impl RuleCase {
    /// What is left of it; `None` where it never holds.
    fn after(&self, fact: Fact) -> Option<Self> {
        // Most cases do not look at most words.
        let mut left: Option<Vec<Term>> = None;
        for (at, term) in self.terms.iter().enumerate() {
            let before = || self.terms.get(..at).unwrap_or_default().to_vec();
            match term.after(fact) {
                Evaluation::Open(open) if open == *term => {
                    if let Some(left) = &mut left {
                        left.push(open);
                    }
                }
                Evaluation::Open(open) => left.get_or_insert_with(before).push(open),
                Evaluation::Holds => {
                    left.get_or_insert_with(before);
                }
                Evaluation::Fails => return None,
            }
        }
        let Some(mut terms) = left else {
            return Some(self.clone());
        };
        terms.sort_unstable();
        terms.dedup();
        Some(Self {
            terms: terms.into(),
            then: self.then,
        })
    }
}

/// The least value from `first` to `last` that has no bit outside a mask.
fn least_within(mask: u32, first: u32, last: u32) -> Option<u32> {
    // Bits outside the mask carry over: the next larger value that has none of them.
    let mut value = first;
    while value & !mask != 0 {
        let highest = (value & !mask).ilog2();
        let above = value.checked_add(1 << highest)?;
        value = above & !((1_u32 << highest) - 1);
    }
    (value <= last).then_some(value)
}

/// The greatest value up to `last` that has no bit outside a mask.
const fn most_within(mask: u32, last: u32) -> u32 {
    let outside = last & !mask;
    if outside == 0 {
        return last;
    }
    let low = (1_u32 << outside.ilog2()) - 1;
    (last & mask & !low) | (mask & low)
}
