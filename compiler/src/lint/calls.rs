//! What a policy does with a call, as far as a lint has to know.

use crate::ir::syscalls::{Action, ArchMeaning, CallMeaning};
use crate::source::Span;
use crate::syscalls::syscall_number;

/// How far a call gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The interface has no such call.
    Missing,
    /// It is denied, whatever its arguments.
    Closed,
    /// It goes through where a rule's conditions hold.
    Narrow,
    /// It goes through, but for some arguments at most; the place says so.
    Open(Span),
}

impl Way {
    /// Whether the call can go through at all.
    pub const fn passes(self) -> bool {
        matches!(self, Self::Narrow | Self::Open(_))
    }
}

/// What becomes of a call. Where denied calls are let through and logged, all are open.
pub fn way(one: &ArchMeaning, name: &str) -> Way {
    let Some(number) = syscall_number(one.arch, name) else {
        return Way::Missing;
    };
    let default = one.default.span;
    if one.denial == Action::Log {
        return Way::Open(default);
    }
    let Some(call) = one.calls.get(&number) else {
        return if one.default.deny {
            Way::Closed
        } else {
            Way::Open(default)
        };
    };
    // What is told is denied.
    let opens = |action| matches!(action, Action::Allow | Action::Log);
    let mut narrow = false;
    for rule in &call.rules {
        match (opens(rule.action), rule.conditions.is_empty()) {
            _ if call.hidden.is_some() && opens(rule.action) => {}
            (true, true) => return Way::Open(rule.span),
            (true, false) => narrow = true,
            (false, true) => return if narrow { Way::Narrow } else { Way::Closed },
            (false, false) => {}
        }
    }
    match (narrow, call.hidden, call.denied, call.allowed) {
        (true, ..) => Way::Narrow,
        (_, Some(_), ..) | (_, _, Some(_), _) => Way::Closed,
        (_, _, _, Some(span)) => Way::Open(span),
        _ if call.baseline || one.default.deny => Way::Closed,
        _ => Way::Open(default),
    }
}

/// The meaning of a call that something names.
pub(super) fn named<'m>(one: &'m ArchMeaning, name: &str) -> Option<&'m CallMeaning> {
    one.calls.get(&syscall_number(one.arch, name)?)
}
