//! Conditions joined by "and", "or" and "not", as alternatives: lists of conditions of which all
//! must hold. That is the form that rules have.

use std::collections::BTreeSet;

use crate::ir::syscalls::{Condition, Test, clashing, impossible};

/// The most alternatives that one condition may come to.
pub(super) const MOST_ALTERNATIVES: usize = 64;

/// The most pairs that joining two lists of alternatives looks at.
const MOST_PAIRS: usize = 512;

/// A truth about arguments, and its opposite. Each may be unknown, where it has too many
/// alternatives.
#[derive(Debug, Clone)]
pub(super) struct Truth {
    pub(super) yes: Option<Alternatives>,
    pub(super) no: Option<Alternatives>,
}

/// Lists of conditions, one of which must hold as a whole.
#[derive(Debug, Clone)]
pub(super) struct Alternatives {
    /// Never empty: where none can hold, there is one that cannot. A rule must not vanish, for a
    /// call with an allow rule is allowed by nothing else.
    pub(super) lists: Vec<Vec<Condition>>,
    /// Whether one of them can hold.
    pub(super) possible: bool,
}

impl Truth {
    /// A single comparison.
    pub(super) fn of(condition: Condition) -> Self {
        let opposite = Condition {
            test: condition.test.negated(),
            ..condition
        };
        Self {
            yes: Some(Alternatives::new(vec![vec![condition]])),
            no: Some(Alternatives::new(vec![vec![opposite]])),
        }
    }

    /// The opposite.
    pub(super) fn negated(self) -> Self {
        Self {
            yes: self.no,
            no: self.yes,
        }
    }

    /// Whether it can hold; `true` where that is not known.
    pub(super) fn can_hold(&self) -> bool {
        self.yes.as_ref().is_none_or(|yes| yes.possible)
    }

    /// Whether it can fail to hold; `true` where that is not known.
    pub(super) fn can_fail(&self) -> bool {
        self.no.as_ref().is_none_or(|no| no.possible)
    }

    /// All of these together.
    pub(super) fn all(parts: Vec<Self>) -> Self {
        let (yes, no): (Vec<_>, Vec<_>) = parts.into_iter().map(|part| (part.yes, part.no)).unzip();
        Self {
            yes: every(yes),
            no: any(no),
        }
    }

    /// One of these, or several.
    pub(super) fn any(parts: Vec<Self>) -> Self {
        Self::all(parts.into_iter().map(Self::negated).collect()).negated()
    }
}

impl Alternatives {
    /// The lists that do not clash at first sight, each condition and each list once.
    fn new(lists: Vec<Vec<Condition>>) -> Self {
        let (mut kept, mut seen) = (Vec::new(), BTreeSet::new());
        let mut witness = None;
        for mut list in lists {
            if clashing(&list) {
                witness.get_or_insert(list);
                continue;
            }
            let mut known = BTreeSet::new();
            list.retain(|condition| known.insert(key(condition)));
            if seen.insert(known) {
                kept.push(list);
            }
        }
        let possible = !kept.is_empty();
        if !possible {
            kept.extend(witness);
        }
        Self {
            lists: kept,
            possible,
        }
    }

    /// The lists of which one can hold: decided exactly.
    fn exact(mut self) -> Self {
        let possible: Vec<bool> = self.lists.iter().map(|list| !impossible(list)).collect();
        if possible.contains(&true) {
            let mut each = possible.into_iter();
            self.lists.retain(|_| each.next() == Some(true));
        } else {
            self.lists.truncate(1);
            self.possible = false;
        }
        self
    }
}

/// One of each, in every combination.
fn every(parts: Vec<Option<Alternatives>>) -> Option<Alternatives> {
    let mut lists: Vec<Vec<Condition>> = vec![Vec::new()];
    let mut possible = true;
    for part in parts {
        let part = part?;
        if lists.len().checked_mul(part.lists.len())? > MOST_PAIRS {
            return None;
        }
        let pairs = lists.iter().flat_map(|list| {
            part.lists
                .iter()
                .map(move |more| list.iter().chain(more).copied().collect())
        });
        let joined = Alternatives::new(pairs.collect());
        possible = possible && part.possible && joined.possible;
        lists = joined.lists;
        if lists.len() > MOST_ALTERNATIVES {
            return None;
        }
    }
    Some(Alternatives { lists, possible }.exact())
}

/// Any of them.
fn any(parts: Vec<Option<Alternatives>>) -> Option<Alternatives> {
    let mut lists = Vec::new();
    for part in parts {
        lists.extend(part?.lists);
        if lists.len() > MOST_PAIRS {
            return None;
        }
    }
    let joined = Alternatives::new(lists);
    (joined.lists.len() <= MOST_ALTERNATIVES).then_some(joined)
}

/// What distinguishes comparisons, wherever they are written.
const fn key(condition: &Condition) -> (u8, u8, u64, u64) {
    let (kind, mask, value) = match condition.test {
        Test::Eq(value) => (0, 0, value),
        Test::Ne(value) => (1, 0, value),
        Test::Lt(value) => (2, 0, value),
        Test::Le(value) => (3, 0, value),
        Test::Gt(value) => (4, 0, value),
        Test::Ge(value) => (5, 0, value),
        Test::MaskedEq { mask, value } => (6, mask, value),
        Test::MaskedNe { mask, value } => (7, mask, value),
    };
    (condition.arg, kind, mask, value)
}
