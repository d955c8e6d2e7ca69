//! The call that shows that a program is wrong, as people write calls.

use std::fmt;

use crate::emit::bpf::interpret::Trap;
use crate::emit::bpf::return_value::return_value;
use crate::ir::syscalls::{Call, Meaning, describe_call, evaluate, interface};
use crate::syscalls::{Arch, errno_name};

/// A call that the program and the meaning disagree about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The call.
    pub call: Call,
    /// The value that the meaning's verdict has.
    pub expected: u32,
    /// What the program did.
    pub found: Counterexample,
    /// The arguments that the policy looks at, a bit each.
    looked_at: u8,
}

/// What a program did with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counterexample {
    /// It returned this value.
    Returned(u32),
    /// It is no valid program.
    Trapped(Trap),
    /// It loads the instruction pointer, which no policy can mean.
    LooksAtPointer,
    /// It looked at an argument of a call whose verdict does not depend on any.
    LookedAtArguments,
}

impl Mismatch {
    pub(super) fn new(meaning: &Meaning, call: Call, found: Counterexample) -> Self {
        let expected = return_value(evaluate(meaning, &call).action);
        let mut looked_at = 0;
        let named = meaning
            .interfaces()
            .filter(|one| one.arch.audit() == call.audit_arch);
        for one in named.filter_map(|one| one.calls.get(&call.number)) {
            let conditions = one.rules.iter().flat_map(|rule| &rule.conditions);
            let all = conditions
                .map(|condition| condition.arg)
                .chain(one.guard.iter().map(|g| g.arg));
            looked_at |= all.fold(0, |bits, arg| bits | 1 << arg);
        }
        Self {
            call,
            expected,
            found,
            looked_at,
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arch = interface(&self.call).unwrap_or(Arch::X86_64);
        let call = describe_call(&self.call, self.looked_at);
        match self.found {
            Counterexample::Returned(value) => write!(
                f,
                "{call}: the policy says {}, the filter {}",
                verdict(arch, self.expected, false),
                verdict(arch, value, true)
            ),
            Counterexample::Trapped(trap) => {
                write!(f, "the kernel would not load the filter: {trap}")
            }
            Counterexample::LooksAtPointer => {
                f.write_str("the filter looks at the instruction pointer")
            }
            Counterexample::LookedAtArguments => write!(
                f,
                "{call}: the policy says {} whatever the arguments are, the filter looks at them",
                verdict(arch, self.expected, false)
            ),
        }
    }
}

/// A program's value in words; `verb`: as what a filter does.
fn verdict(arch: Arch, value: u32, verb: bool) -> String {
    let data = u16::try_from(value & 0xFFFF).unwrap_or(u16::MAX);
    let words = match (value & 0xFFFF_0000, data) {
        (0x7FFF_0000, 0) => ["allow", "allows"],
        (0x7FFC_0000, 0) => ["log", "logs"],
        (0x7FC0_0000, 0) => ["notify", "notifies"],
        (0x8000_0000, 0) => ["kill", "kills the process"],
        (0, 0) => ["kill the thread", "kills the thread"],
        (0x0003_0000, 0) => ["trap", "traps"],
        (0x0005_0000, errno) => {
            let name = errno_name(arch, errno).map_or_else(|| errno.to_string(), str::to_owned);
            return format!("{}{name}", if verb { "gives errno " } else { "errno " });
        }
        _ => return format!("{}{value:#010x}", if verb { "returns " } else { "" }),
    };
    words
        .into_iter()
        .nth(usize::from(verb))
        .unwrap_or_default()
        .to_owned()
}
