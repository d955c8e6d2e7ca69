//! Exact sets that are made of one another: ports, addresses with ports, names with ports.
//!
//! A set has one form only, so that two sets are equal exactly where `==` says so, and a set is empty
//! exactly where it is the default.

use std::collections::BTreeMap;

/// How two sets are combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    /// What is in one of them.
    Union,
    /// What is in both.
    Intersection,
    /// What is in the first and not in the second.
    Difference,
}

/// A set in its one form.
pub(super) trait Set: Clone + Default + Eq {
    /// Whether nothing is in it.
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The two sets combined.
    fn combine(&self, other: &Self, operation: Operation) -> Self;
}

/// The set that has one element at most: `true` where it has it.
impl Set for bool {
    fn combine(&self, other: &Self, operation: Operation) -> Self {
        match operation {
            Operation::Union => *self || *other,
            Operation::Intersection => *self && *other,
            Operation::Difference => *self && !*other,
        }
    }
}

/// A number that intervals are made of.
pub(super) trait Number: Copy + Ord {
    /// The largest one.
    const LAST: Self;

    /// The next one; `None` after the largest.
    fn next(self) -> Option<Self>;

    /// The one before; the number itself for 0.
    fn before(self) -> Self;
}

impl Number for u16 {
    const LAST: Self = Self::MAX;

    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }

    fn before(self) -> Self {
        self.saturating_sub(1)
    }
}

impl Number for u128 {
    const LAST: Self = Self::MAX;

    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }

    fn before(self) -> Self {
        self.saturating_sub(1)
    }
}

/// Intervals of numbers, each with a set that is not empty: disjoint, in order, and two that touch
/// differ in their sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Intervals<N, S> {
    parts: Vec<(N, N, S)>,
}

impl<N, S> Default for Intervals<N, S> {
    fn default() -> Self {
        Self { parts: Vec::new() }
    }
}

impl<N: Number, S: Set> Intervals<N, S> {
    /// The numbers from `first` to `last`, with a set.
    pub(super) fn new(first: N, last: N, set: S) -> Self {
        let mut made = Self::default();
        if first <= last {
            made.push(first, last, set);
        }
        made
    }

    /// The intervals, in order.
    pub(super) fn parts(&self) -> &[(N, N, S)] {
        &self.parts
    }

    /// The set at a number.
    pub(super) fn at(&self, number: N) -> Option<&S> {
        let after = self.parts.partition_point(|(_, last, _)| *last < number);
        self.parts
            .get(after)
            .filter(|(first, ..)| *first <= number)
            .map(|(.., set)| set)
    }

    /// The numbers alone, whatever their sets.
    pub(super) fn numbers(&self) -> Intervals<N, bool> {
        let mut made = Intervals::default();
        for (first, last, _) in &self.parts {
            made.push(*first, *last, true);
        }
        made
    }

    /// Adds an interval behind the others.
    fn push(&mut self, first: N, last: N, set: S) {
        if set.is_empty() {
            return;
        }
        match self.parts.last_mut() {
            Some((_, end, before)) if end.next() == Some(first) && *before == set => *end = last,
            _ => self.parts.push((first, last, set)),
        }
    }

    /// Where a set begins or ends.
    fn cuts(&self) -> impl Iterator<Item = N> {
        self.parts
            .iter()
            .flat_map(|(first, last, _)| [Some(*first), last.next()])
            .flatten()
    }
}

impl<N: Number, S: Set> Set for Intervals<N, S> {
    fn combine(&self, other: &Self, operation: Operation) -> Self {
        let mut cuts: Vec<N> = self.cuts().chain(other.cuts()).collect();
        cuts.sort_unstable();
        cuts.dedup();
        let nothing = S::default();
        let mut made = Self::default();
        let (mut own, mut others) = (Cursor::new(&self.parts), Cursor::new(&other.parts));
        for (at, &first) in cuts.iter().enumerate() {
            let last = cuts.get(at + 1).map_or(N::LAST, |next| next.before());
            let (one, two) = (own.at(first), others.at(first));
            let both = one
                .unwrap_or(&nothing)
                .combine(two.unwrap_or(&nothing), operation);
            made.push(first, last, both);
        }
        made
    }
}

/// A place in a list of intervals that only moves on.
struct Cursor<'i, N, S> {
    rest: &'i [(N, N, S)],
}

impl<'i, N: Number, S> Cursor<'i, N, S> {
    const fn new(rest: &'i [(N, N, S)]) -> Self {
        Self { rest }
    }

    /// The set at a number, which is not below the last one asked for.
    fn at(&mut self, number: N) -> Option<&'i S> {
        while let [(_, last, _), rest @ ..] = self.rest
            && *last < number
        {
            self.rest = rest;
        }
        let (first, _, set) = self.rest.first()?;
        (*first <= number).then_some(set)
    }
}

/// Names, as a tree of their labels from the last one on, each with a set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Names<S> {
    /// The set at this name.
    here: S,
    /// The set at each name below that no child stands for.
    below: S,
    /// Names below that differ from that.
    children: BTreeMap<String, Names<S>>,
}

impl<S: Set> Names<S> {
    /// Every name, with a set.
    pub(super) fn all(set: S) -> Self {
        Self {
            here: S::default(),
            below: set,
            children: BTreeMap::new(),
        }
    }

    /// The name with these labels, the last one first, or all names below it.
    pub(super) fn new<'l>(
        mut labels: impl Iterator<Item = &'l str>,
        is_below: bool,
        set: S,
    ) -> Self {
        if set.is_empty() {
            // One form: an empty set has no nodes, whatever name it is at.
            return Self::default();
        }
        match labels.next() {
            Some(label) => {
                let child = Self::new(labels, is_below, set);
                Self {
                    here: S::default(),
                    below: S::default(),
                    children: BTreeMap::from([(label.to_owned(), child)]),
                }
            }
            None if is_below => Self::all(set),
            None => Self {
                here: set,
                below: S::default(),
                children: BTreeMap::new(),
            },
        }
    }

    /// The set at the name with these labels, the last one first.
    pub(super) fn at<'l>(&self, labels: impl Iterator<Item = &'l str>) -> &S {
        let mut node = self;
        for label in labels {
            match node.children.get(label) {
                Some(child) => node = child,
                None => return &node.below,
            }
        }
        &node.here
    }

    /// Every set in the tree, in order.
    pub(super) fn sets<'s>(&'s self, all: &mut Vec<&'s S>) {
        all.extend([&self.here, &self.below]);
        self.children.values().for_each(|child| child.sets(all));
    }

    /// What a label stands for that has no child.
    fn uniform(&self) -> Self {
        Self {
            here: self.below.clone(),
            below: self.below.clone(),
            children: BTreeMap::new(),
        }
    }
}

impl<S: Set> Set for Names<S> {
    fn combine(&self, other: &Self, operation: Operation) -> Self {
        let mut made = Self {
            here: self.here.combine(&other.here, operation),
            below: self.below.combine(&other.below, operation),
            children: BTreeMap::new(),
        };
        let (own, others) = (self.uniform(), other.uniform());
        let rest = made.uniform();
        for label in self.children.keys().chain(other.children.keys()) {
            if made.children.contains_key(label) {
                continue;
            }
            let one = self.children.get(label).unwrap_or(&own);
            let two = other.children.get(label).unwrap_or(&others);
            let both = one.combine(two, operation);
            if both != rest {
                made.children.insert(label.clone(), both);
            }
        }
        made
    }
}
