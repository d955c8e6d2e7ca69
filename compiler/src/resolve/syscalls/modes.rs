//! No set-user-id and set-group-id files where the host can run them, but where the policy allows the latter.
//!
//! What a program writes below an output path belongs to the directory's owner, outside too: a file
//! that it makes set-user-id runs as that owner for everybody on the host. A mount option keeps
//! such a file from working inside, and nothing keeps it from being made but the filter. A policy
//! without output paths needs it as well: standard output may be a file of the host, and a process
//! outside may send one over a socket.

use super::resolver::call_mut;
use crate::ir::syscalls::{
    Action, ArchMeaning, CallMeaning, Condition, Meaning, Rule, Strength, Test,
};
use crate::source::Span;
use crate::syscalls::{Arch, errno_number, signature, syscall};

/// Which of the two bits stay closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SetId {
    /// Both.
    Both,
    /// `S_ISUID`: a filter sees no file types, and directories have the other one to hand on their group.
    UserOnly,
}

impl SetId {
    /// As linux/stat.h has them.
    const fn bits(self) -> u64 {
        match self {
            Self::Both => 0o6000,
            Self::UserOnly => 0o4000,
        }
    }
}

/// Denies every call that sets one of the bits, before anything can let it through; `span` is what
/// of the policy it is shown at. Calls that cannot go through anyway stay as they are.
pub(crate) fn forbid_set_id(meaning: &mut Meaning, closed: SetId, span: Span) {
    for one in std::iter::once(&mut meaning.native).chain(&mut meaning.compat) {
        for call in &CALLS {
            if let Some((name, number)) = may_pass(one, call.name) {
                let rule = rule(one.arch, call, closed, span);
                let rules = &mut call_mut(one, name, number).rules;
                // Before the policy's own denials: with `on_deny: log` they let the call through.
                let at = rules.partition_point(|other| other.strength < Strength::Deny);
                rules.insert(at, rule);
            }
        }
        if let Some((name, number)) = may_pass(one, IN_MEMORY) {
            call_mut(one, name, number).hidden.get_or_insert(span);
        }
    }
}

/// `__O_TMPFILE`, the same on every architecture here (asm-generic/fcntl.h).
const O_TMPFILE: u64 = 0o20_000_000;

/// `O_CREAT` (asm-generic/fcntl.h; asm/fcntl.h of mips has its own).
const fn o_creat(arch: Arch) -> u64 {
    match arch {
        Arch::Mips64 => 0x100,
        _ => 0o100,
    }
}

/// A call that takes a file's mode.
struct ModeCall {
    name: &'static str,
    /// The position of the mode.
    mode: u8,
    /// The position of the flags without which the kernel does not look at the mode: it does where
    /// they have `O_CREAT` or `__O_TMPFILE` (`WILL_CREATE` in linux/fcntl.h).
    flags: Option<u8>,
}

/// All of them; those that make directories and queues take no such bits (mkdir(2), `mq_open(3)`).
const CALLS: [ModeCall; 9] = [
    ModeCall {
        name: "chmod",
        mode: 1,
        flags: None,
    },
    ModeCall {
        name: "creat",
        mode: 1,
        flags: None,
    },
    ModeCall {
        name: "fchmod",
        mode: 1,
        flags: None,
    },
    ModeCall {
        name: "fchmodat",
        mode: 2,
        flags: None,
    },
    ModeCall {
        name: "fchmodat2",
        mode: 2,
        flags: None,
    },
    ModeCall {
        name: "mknod",
        mode: 1,
        flags: None,
    },
    ModeCall {
        name: "mknodat",
        mode: 2,
        flags: None,
    },
    ModeCall {
        name: "open",
        mode: 2,
        flags: Some(1),
    },
    ModeCall {
        name: "openat",
        mode: 3,
        flags: Some(2),
    },
];

/// The call that takes its mode in memory, where no filter looks (openat2(2)).
const IN_MEMORY: &str = "openat2";

/// The call, where the interface has it and something lets it through.
pub(super) fn may_pass(one: &ArchMeaning, name: &str) -> Option<(&'static str, u32)> {
    let (name, number) = syscall(one.arch, name)?;
    let opens = |action| matches!(action, Action::Allow | Action::Log | Action::Notify);
    let passes = |call: &CallMeaning| {
        let rule = call.rules.iter().any(|rule| opens(rule.action));
        let unruled = call.allowed.is_some() || !(call.baseline || one.default.deny);
        rule || (call.denied.is_none() && unruled)
    };
    let known = one.calls.get(&number);
    let passes = opens(one.denial) || known.map_or(!one.default.deny, passes);
    passes.then_some((name, number))
}

fn rule(arch: Arch, call: &ModeCall, closed: SetId, span: Span) -> Rule {
    let arguments = signature(arch, call.name).unwrap_or_default();
    let any_of = |arg: u8, mask| {
        // `umode_t` has 16 bits, and flags are an `int`.
        let width = arguments
            .get(usize::from(arg))
            .map_or(0xFFFF_FFFF, |found| found.mask());
        Condition {
            arg,
            width,
            test: Test::MaskedNe { mask, value: 0 },
            span,
        }
    };
    let creates = call
        .flags
        .map(|flags| any_of(flags, o_creat(arch) | O_TMPFILE));
    Rule {
        strength: Strength::Deny,
        action: Action::Errno(errno_number(arch, "EPERM").unwrap_or(1)),
        conditions: creates
            .into_iter()
            .chain([any_of(call.mode, closed.bits())])
            .collect(),
        span,
    }
}

#[cfg(test)]
mod tests;
