//! Which calls come to which instruction of a program.

use std::collections::{BTreeMap, BTreeSet};

use crate::emit::bpf::instruction::{
    AND, ARCH, Instruction, JEQ, JGE, JGT, JSET, JUMP, LOAD, NUMBER, Program, RETURN,
};
use crate::ir::syscalls::Meaning;
use crate::syscalls::{Arch, names};

/// The calls that come to each instruction, and what is loaded then.
#[derive(Debug, Default)]
pub(super) struct Reached {
    calls: BTreeMap<usize, BTreeSet<(Arch, u32)>>,
    words: BTreeMap<usize, Word>,
}

/// What a program holds: a word of `struct seccomp_data`, under a mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) offset: u32,
    pub(super) mask: u32,
}

impl Word {
    const fn whole(offset: u32) -> Self {
        Self {
            offset,
            mask: u32::MAX,
        }
    }
}

impl Reached {
    /// Follows the program for every call that the policy's interfaces have, both ways at each test
    /// of an argument.
    pub(super) fn of(meaning: &Meaning, program: &Program) -> Self {
        let mut found = Self::default();
        for one in meaning.interfaces() {
            for (_, number) in names(one.arch) {
                found.follow(program, one.arch, number);
            }
        }
        found
    }

    /// The calls that come to an instruction, as their interfaces and numbers.
    pub(super) fn calls(&self, instruction: usize) -> &BTreeSet<(Arch, u32)> {
        const NONE: &BTreeSet<(Arch, u32)> = &BTreeSet::new();
        self.calls.get(&instruction).unwrap_or(NONE)
    }

    /// What is loaded when an instruction is reached.
    pub(super) fn word(&self, instruction: usize) -> Word {
        self.words
            .get(&instruction)
            .copied()
            .unwrap_or(Word::whole(NUMBER))
    }

    fn follow(&mut self, program: &Program, arch: Arch, number: u32) {
        let mut open = vec![(0_usize, Word::whole(NUMBER))];
        while let Some((at, word)) = open.pop() {
            let Some(one) = program.instructions.get(at).copied() else {
                continue;
            };
            if !self.calls.entry(at).or_default().insert((arch, number)) {
                continue;
            }
            self.words.insert(at, word);
            let known = match word.offset {
                NUMBER => Some(number & word.mask),
                ARCH => Some(arch.audit() & word.mask),
                _ => None,
            };
            let (yes, no) = targets(at, one);
            match (one.code, known.and_then(|value| holds(one, value))) {
                (RETURN, _) => {}
                (LOAD, _) => open.push((yes, Word::whole(one.k))),
                (AND, _) => open.push((
                    yes,
                    Word {
                        mask: word.mask & one.k,
                        ..word
                    },
                )),
                (JUMP, _) | (_, Some(true)) => open.push((yes, word)),
                (_, Some(false)) => open.push((no, word)),
                (_, None) => open.extend([(yes, word), (no, word)]),
            }
        }
    }
}

/// Where a program goes on after an instruction: where its test holds, and where it does not.
pub(super) fn targets(at: usize, one: Instruction) -> (usize, usize) {
    let next = at.saturating_add(1);
    match one.code {
        JEQ | JGT | JGE | JSET => (
            next.saturating_add(one.jt.into()),
            next.saturating_add(one.jf.into()),
        ),
        JUMP => {
            let to = next.saturating_add(usize::try_from(one.k).unwrap_or(usize::MAX));
            (to, to)
        }
        _ => (next, next),
    }
}

/// Whether a test holds for a value; `None` for what is no test.
const fn holds(one: Instruction, value: u32) -> Option<bool> {
    match one.code {
        JEQ => Some(value == one.k),
        JGT => Some(value > one.k),
        JGE => Some(value >= one.k),
        JSET => Some(value & one.k != 0),
        _ => None,
    }
}
