//! What a policy does with a call, as far as a lint has to know.

use crate::ir::syscalls::{Action, ArchMeaning, CallMeaning};
use crate::source::Span;
use crate::syscalls::syscall_number;

/// How far a call gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// The interface has no such call.
    Absent,
    /// It is denied, whatever its arguments.
    Denied,
    /// It goes through where a rule's conditions hold.
    Conditional,
    /// It goes through, but for some arguments at most; the place says so.
    Allowed(Span),
}

impl Access {
    /// Whether the call can go through at all.
    pub const fn passes(self) -> bool {
        matches!(self, Self::Conditional | Self::Allowed(_))
    }
}

/// What becomes of a call. Where denied calls are let through and logged, all are open.
pub fn access(one: &ArchMeaning, name: &str) -> Access {
    let Some(number) = syscall_number(one.arch, name) else {
        return Access::Absent;
    };
    let default = one.default.span;
    if one.denial == Action::Log {
        return Access::Allowed(default);
    }
    let Some(call) = one.calls.get(&number) else {
        return if one.default.deny {
            Access::Denied
        } else {
            Access::Allowed(default)
        };
    };
    // A call that the supervisor is notified of is denied.
    let opens = |action| matches!(action, Action::Allow | Action::Log);
    let mut narrow = false;
    for rule in &call.rules {
        match (opens(rule.action), rule.conditions.is_empty()) {
            _ if call.hidden.is_some() && opens(rule.action) => {}
            (true, true) => return Access::Allowed(rule.span),
            (true, false) => narrow = true,
            (false, true) => {
                return if narrow {
                    Access::Conditional
                } else {
                    Access::Denied
                };
            }
            (false, false) => {}
        }
    }
    match (narrow, call.hidden, call.denied, call.allowed) {
        (true, ..) => Access::Conditional,
        (_, Some(_), ..) | (_, _, Some(_), _) => Access::Denied,
        (_, _, _, Some(span)) => Access::Allowed(span),
        _ if call.baseline || one.default.deny => Access::Denied,
        _ => Access::Allowed(default),
    }
}

/// The meaning of a call that something names.
pub(super) fn named<'m>(one: &'m ArchMeaning, name: &str) -> Option<&'m CallMeaning> {
    one.calls.get(&syscall_number(one.arch, name)?)
}
