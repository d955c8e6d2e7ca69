//! The IR's rules, checked after every stage that makes or changes it:
//!
//! 1. The interfaces besides the native one are compatible with it, in order, each once.
//! 2. Every number that something names is the number of that name in the interface's table, and
//!    not above the newest one unless it is listed as such.
//! 3. The numbers above the newest one are in order, each once, and all above it.
//! 4. An errno is 1 to 4095: 0 would fake success, and the kernel clamps what is above.
//! 5. A call's rules are ordered by strength.
//! 6. A condition or guard is about an argument from 0 to 5, of 8, 16, 32 or 64 bits, and a mask
//!    has no bits outside them. A guard has values.
//! 7. A denial action is never to allow: that would turn every `deny` into its opposite.

use std::fmt;

use super::definition::{Action, ArchMeaning, Meaning, Test};
use crate::syscalls::{newest, syscall_number};

/// Checks all rules.
pub fn verify(meaning: &Meaning) -> Result<(), Broken> {
    let mut allowed = meaning.native.arch.compat().iter();
    for other in &meaning.compat {
        if !allowed.any(|arch| *arch == other.arch) {
            return Err(Broken(format!(
                "{} beside {}",
                other.arch, meaning.native.arch
            )));
        }
    }
    meaning.interfaces().try_for_each(interface)
}

/// A rule that does not hold: a fault of the compiler, never of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken(pub String);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the filter's meaning breaks a rule: {}", self.0)
    }
}

impl std::error::Error for Broken {}

fn interface(one: &ArchMeaning) -> Result<(), Broken> {
    let arch = one.arch;
    let check = |holds: bool, what: &dyn fmt::Display| {
        if holds {
            Ok(())
        } else {
            Err(Broken(format!("{arch}: {what}")))
        }
    };
    check(
        one.newest == newest(arch),
        &"the newest number is not the table's",
    )?;
    let ordered = one.beyond.is_sorted_by(|a, b| a < b);
    check(ordered, &"the numbers above the newest are not in order")?;
    check(
        one.beyond.iter().all(|&nr| nr > one.newest),
        &"a number above the newest is not",
    )?;
    check(
        valid(one.denial) && one.denial != Action::Allow,
        &"the denial action",
    )?;
    check(valid(Action::Errno(one.enosys)), &"the value of ENOSYS")?;
    for (number, call) in &one.calls {
        let name = call.name;
        check(
            syscall_number(arch, name) == Some(*number),
            &format_args!("{name} is not {number}"),
        )?;
        let known = *number <= one.newest || one.beyond.contains(number);
        check(known, &format_args!("{name} is above the newest number"))?;
        let ordered = call.rules.is_sorted_by_key(|rule| rule.strength);
        check(
            ordered,
            &format_args!("the rules on {name} are not in order"),
        )?;
        for rule in &call.rules {
            check(
                valid(rule.action),
                &format_args!("the errno of a rule on {name}"),
            )?;
            for condition in &rule.conditions {
                let mask = match condition.test {
                    Test::MaskedEq { mask, .. } | Test::MaskedNe { mask, .. } => mask,
                    _ => 0,
                };
                let fits = argument(condition.arg, condition.width) && mask & !condition.width == 0;
                check(fits, &format_args!("a condition on {name}"))?;
            }
        }
        if let Some(guard) = &call.guard {
            let fits = argument(guard.arg, guard.width) && !guard.values.is_empty();
            check(fits, &format_args!("the guard of {name}"))?;
        }
    }
    Ok(())
}

fn valid(action: Action) -> bool {
    !matches!(action, Action::Errno(0 | 4096..))
}

fn argument(position: u8, width: u64) -> bool {
    position < 6 && matches!(width, 0xFF | 0xFFFF | 0xFFFF_FFFF | u64::MAX)
}
