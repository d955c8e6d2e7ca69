//! All calls there are, cut into classes by architecture and number.

use std::collections::BTreeSet;

use super::call_set::{ARCH_WORD, NUMBER_WORD};
use super::solve::WordTest;
use crate::ir::syscalls::{CallMeaning, Meaning};
use crate::syscalls::X32_BIT;

/// Calls that are alike to the evaluator but for their arguments.
#[derive(Debug)]
pub(crate) struct Class<'a> {
    /// The architecture; `None` for all that the policy does not list.
    arch: Option<u32>,
    /// The ones that it does.
    listed: &'a BTreeSet<u32>,
    /// The first and the last number.
    numbers: (u32, u32),
    /// What the policy says of it, where it is a call that something names.
    pub(crate) call: Option<&'a CallMeaning>,
}

impl Class<'_> {
    /// Whether the verdict may depend on arguments.
    pub(crate) fn looks(&self) -> bool {
        self.call
            .is_some_and(|call| !call.rules.is_empty() || call.guard.is_some())
    }

    /// The architecture and number of one call in it.
    pub(crate) fn witness(&self) -> (u32, u32) {
        (self.arch.unwrap_or(0), self.numbers.0)
    }

    /// What is known of every call in it.
    pub(crate) fn tests(&self) -> Vec<(usize, WordTest)> {
        const ALL: u32 = u32::MAX;
        let (first, last) = self.numbers;
        let mut tests = if let Some(arch) = self.arch {
            vec![(ARCH_WORD, WordTest::equal(ALL, arch))]
        } else {
            let not = |arch: &u32| (ARCH_WORD, WordTest::equal(ALL, *arch).negated());
            self.listed.iter().map(not).collect()
        };
        if first == last {
            tests.push((NUMBER_WORD, WordTest::equal(ALL, first)));
        } else {
            tests.push((NUMBER_WORD, WordTest::at_least(ALL, first)));
            tests.push((NUMBER_WORD, WordTest::above(ALL, last).negated()));
        }
        tests
    }
}

/// All calls there are, by architecture and number. The cuts are at everything that the evaluator
/// compares a number with.
pub(crate) fn classes<'a>(meaning: &'a Meaning, listed: &'a BTreeSet<u32>) -> Vec<Class<'a>> {
    let mut found: Vec<Class<'a>> = Vec::new();
    // Native first: it makes the counterexample that people understand best.
    for audit in meaning.interfaces().map(|one| one.arch.audit()) {
        if found.iter().any(|class| class.arch == Some(audit)) {
            continue;
        }
        let mut starts = BTreeSet::from([0, X32_BIT, u32::MAX]);
        let sharing = || {
            meaning
                .interfaces()
                .filter(move |one| one.arch.audit() == audit)
        };
        for one in sharing() {
            starts.extend(one.newest.checked_add(1));
            for number in one.calls.keys().chain(&one.beyond) {
                starts.extend([Some(*number), number.checked_add(1)].into_iter().flatten());
            }
        }
        let mut rest = starts.iter().copied().peekable();
        while let Some(first) = rest.next() {
            let last = rest.peek().map_or(u32::MAX, |next| next - 1);
            let call = sharing().find_map(|one| one.calls.get(&first));
            found.push(Class {
                arch: Some(audit),
                listed,
                numbers: (first, last),
                call,
            });
        }
    }
    found.push(Class {
        arch: None,
        listed,
        numbers: (0, u32::MAX),
        call: None,
    });
    found
}
