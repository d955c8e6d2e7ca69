//! The filter of a plan, and the calls that show what it does.

use super::UNSEEN;
use purple_plan::Plan;
use purple_tests::test_dir::TestDir;
use purplec::emit::PlanMeaning;
use purplec::ir::syscalls::{Action, Call, Test};
use purplec::syscalls::{Arch, X32_BIT, names, newest, syscall_name};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The entry into the kernel by which a call is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Entry {
    Native,
    Int80,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Made {
    pub(super) entry: Entry,
    pub(super) number: u32,
    pub(super) args: [u64; 6],
}

impl Made {
    pub(super) fn arch(&self) -> Arch {
        match self.entry {
            Entry::Int80 => Arch::X86,
            Entry::Native if self.number & X32_BIT != 0 => Arch::X32,
            Entry::Native => Arch::X86_64,
        }
    }

    pub(super) fn description(&self) -> String {
        let arch = self.arch();
        let name = syscall_name(arch, self.number).unwrap_or("no known call");
        format!(
            "{name} ({:#x}) on {arch} with {:x?}",
            self.number, self.args
        )
    }
}

pub(super) struct Filter {
    pub(super) recorded: PlanMeaning,
    pub(super) bytes: Vec<u8>,
}

impl Filter {
    pub(super) fn read(plan: &Path) -> Self {
        let bytes = fs::read(plan).expect("a plan");
        let plan = Plan::decode(&bytes).expect("a plan");
        let audit = Arch::X86_64.audit();
        let recorded = PlanMeaning::read(&plan, audit).expect("its meaning");
        let filter = plan
            .filters
            .iter()
            .find(|one| one.audit_arch == audit)
            .expect("a filter");
        Self {
            recorded,
            bytes: filter.program.to_vec(),
        }
    }

    pub(super) fn program(&self, place: &TestDir) -> PathBuf {
        place.file("filter.bpf", &self.bytes)
    }

    pub(super) fn verdict(&self, made: &Made) -> Action {
        let call = Call {
            audit_arch: made.arch().audit(),
            number: made.number,
            args: made.args,
        };
        self.recorded.verdict(&call).0
    }

    /// What a call returns that gets the denial action, if it returns.
    pub(super) fn denial(&self) -> Option<i64> {
        match self.recorded.meaning().native.denial {
            Action::Errno(errno) => Some(-i64::from(errno)),
            _ => None,
        }
    }

    /// Every number that a table has and some that none has, by each entry; and calls whose
    /// arguments the filter looks at with many values near those that it knows.
    pub(super) fn calls(&self, has_int80: bool) -> Vec<Made> {
        let mut calls = BTreeSet::new();
        let mut plain = |entry, number| {
            calls.insert(Made {
                entry,
                number,
                args: [0; 6],
            })
        };
        for number in 0..=newest(Arch::X86_64) + 20 {
            plain(Entry::Native, number);
        }
        // Where the policy does not list an interface, each of its calls ends the process: a few do.
        let step = |arch| {
            if self.recorded.meaning().interface(arch).is_some() {
                1
            } else {
                16
            }
        };
        for (_, number) in names(Arch::X32).step_by(step(Arch::X32)) {
            plain(Entry::Native, number);
        }
        let edges = [
            600,
            9999,
            0x3FFF_FFFF,
            X32_BIT + 700,
            0x7FFF_FFFF,
            0x8000_0000,
            u32::MAX - 1,
            u32::MAX,
        ];
        for number in edges {
            plain(Entry::Native, number);
        }
        if has_int80 {
            let all = (0..=newest(Arch::X86) + 20).step_by(step(Arch::X86));
            for number in all.chain([9999, X32_BIT, u32::MAX]) {
                plain(Entry::Int80, number);
            }
        }
        for one in self.recorded.meaning().interfaces() {
            for (number, call) in &one.calls {
                let entry = if one.arch == Arch::X86 {
                    Entry::Int80
                } else {
                    Entry::Native
                };
                if entry == Entry::Int80 && !has_int80 {
                    continue;
                }
                let rules = call.rules.iter().map(|rule| {
                    let tests = rule
                        .conditions
                        .iter()
                        .map(|one| (one.arg, value_of(one.test)));
                    tests.collect::<Vec<(u8, u64)>>()
                });
                let guard = call
                    .guard
                    .iter()
                    .flat_map(|guard| guard.values.iter().map(|value| vec![(guard.arg, *value)]));
                for args in near(&rules.chain(guard).collect::<Vec<_>>()) {
                    // int 0x80 passes 32 bits each, and the helper five of them.
                    let fits = args.iter().all(|arg| u32::try_from(*arg).is_ok()) && args[5] == 0;
                    if entry == Entry::Native || fits {
                        calls.insert(Made {
                            entry,
                            number: *number,
                            args,
                        });
                    }
                }
            }
        }
        calls.retain(|made| made.entry == Entry::Int80 || !UNSEEN.contains(&made.number));
        calls.into_iter().collect()
    }
}

/// The constant of a comparison; of one for any bit, all of them.
pub(super) const fn value_of(test: Test) -> u64 {
    match test {
        Test::MaskedNe { mask, value: 0 } => mask,
        Test::Eq(value)
        | Test::Ne(value)
        | Test::Lt(value)
        | Test::Le(value)
        | Test::Gt(value)
        | Test::Ge(value)
        | Test::MaskedEq { value, .. }
        | Test::MaskedNe { value, .. } => value,
    }
}

/// Arguments that have the values of each list, and those with one of them changed a little.
pub(super) fn near(lists: &[Vec<(u8, u64)>]) -> BTreeSet<[u64; 6]> {
    let mut found = BTreeSet::new();
    for list in lists.iter().filter(|list| !list.is_empty()) {
        let mut args = [0; 6];
        for (arg, value) in list {
            args[usize::from(*arg)] = *value;
        }
        found.insert(args);
        for (arg, value) in list {
            let high = 1 << 32;
            for changed in [
                value.wrapping_sub(1),
                value.wrapping_add(1),
                value & value.wrapping_sub(1),
                !value,
                value ^ high,
                value.wrapping_sub(high),
                value & 0xFFFF_FFFF,
                0,
                u64::MAX,
            ] {
                let mut args = args;
                args[usize::from(*arg)] = changed;
                found.insert(args);
            }
        }
    }
    found
}
