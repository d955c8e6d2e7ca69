//! The meaning of system calls: for an interface, for a call, for a rule.

use std::collections::BTreeMap;

use crate::source::Span;
use crate::syscalls::Arch;

/// A filter's meaning: the native interface's, and that of each other one that the policy lists.
/// A call through any other interface kills the process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meaning {
    /// For the architecture that the plan is made for.
    pub native: ArchMeaning,
    /// For the interfaces beside it that the policy lists, in [`Arch`]'s order.
    pub compat: Vec<ArchMeaning>,
}

impl Meaning {
    /// Native first, then the others.
    pub fn interfaces(&self) -> impl Iterator<Item = &ArchMeaning> {
        std::iter::once(&self.native).chain(&self.compat)
    }

    /// The meaning for one interface, if the policy gives it one.
    pub fn interface(&self, arch: Arch) -> Option<&ArchMeaning> {
        self.interfaces().find(|one| one.arch == arch)
    }
}

impl Meaning {
    /// The same, but that the filter notifies the supervisor of each call that would fail with an
    /// error of the policy's: the supervisor answers with that error. ENOSYS for calls that are
    /// unknown or hidden stays.
    #[must_use]
    pub fn with_notification(&self) -> Self {
        let mut made = self.clone();
        let notify = |action: &mut Action| {
            if matches!(action, Action::Errno(_)) {
                *action = Action::Notify;
            }
        };
        for one in std::iter::once(&mut made.native).chain(&mut made.compat) {
            notify(&mut one.denial);
            let rules = one.calls.values_mut().flat_map(|call| &mut call.rules);
            rules.for_each(|rule| notify(&mut rule.action));
        }
        made
    }
}

/// The meaning for one system call interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchMeaning {
    /// The interface.
    pub arch: Arch,
    /// The newest number known; higher ones that are not in `beyond` get ENOSYS.
    pub newest: u32,
    /// Known numbers above `newest`, in order.
    pub beyond: Vec<u32>,
    /// The value of ENOSYS here.
    pub enosys: u16,
    /// What a denied call gets.
    pub denial: Action,
    /// What a call gets that nothing below names.
    pub default: Unnamed,
    /// The calls that something names: a list, a rule, the baseline or a guard.
    pub calls: BTreeMap<u32, CallMeaning>,
}

/// The verdict on calls that nothing names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unnamed {
    /// Whether it is the denial action, or to allow.
    pub deny: bool,
    /// The place in the policy that says so: the key, or the section that lacks it.
    pub span: Span,
}

/// The meaning of one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallMeaning {
    /// The call's name on this interface.
    pub name: &'static str,
    /// The rules, strongest first and then in the policy's order.
    pub rules: Vec<Rule>,
    /// Set where a filter cannot see what rules on another call look at (clone3 beside rules on
    /// clone, openat2 where no file gets set-user-id): ENOSYS, so that libraries fall back. The
    /// place is what the policy has those rules for.
    pub hidden: Option<Span>,
    /// The entry of `deny` that names it, or leads to it.
    pub denied: Option<Span>,
    /// The entry of `allow` that names it.
    pub allowed: Option<Span>,
    /// Whether it belongs to the hardened baseline.
    pub baseline: bool,
    /// What a plain allow of it leaves out.
    pub guard: Option<Guard>,
}

/// A rule that looks at arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// What the policy wrote; gives the order.
    pub strength: Strength,
    /// What happens when every condition holds.
    pub action: Action,
    /// All must hold. None: always holds.
    pub conditions: Vec<Condition>,
    /// The rule in the policy.
    pub span: Span,
}

/// The kinds of rule, strongest first. A `deny` rule keeps its rank whatever the denial action is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// `kill`.
    Kill,
    /// `kill_thread`.
    KillThread,
    /// `trap`.
    Trap,
    /// `deny` and `errno`.
    Deny,
    /// `notify`.
    Notify,
    /// `log`.
    Log,
    /// `allow`.
    Allow,
}

/// A verdict on a call (seccomp(2)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// The call goes through.
    Allow,
    /// The call goes through and the kernel logs it.
    Log,
    /// The supervisor is notified.
    Notify,
    /// The call fails with this error, 1 to 4095.
    Errno(u16),
    /// The thread gets SIGSYS, which it may handle.
    Trap,
    /// The thread ends; the process dies of SIGSYS if it was the only one.
    KillThread,
    /// The process dies of SIGSYS.
    KillProcess,
}

/// A comparison of one argument with a constant, unsigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Condition {
    /// The argument's position, 0 to 5.
    pub arg: u8,
    /// The bits of the register that the kernel looks at; the others are ignored.
    pub width: u64,
    /// The comparison.
    pub test: Test,
    /// The condition in the policy.
    pub span: Span,
}

/// A comparison. Constants may exceed the argument's width: then it never, or always, holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Test {
    /// Equal.
    Eq(u64),
    /// Not equal.
    Ne(u64),
    /// Less than.
    Lt(u64),
    /// Less than or equal.
    Le(u64),
    /// Greater than.
    Gt(u64),
    /// Greater than or equal.
    Ge(u64),
    /// The bits under the mask are equal to the value.
    MaskedEq {
        /// The bits compared.
        mask: u64,
        /// What they must be.
        value: u64,
    },
    /// The bits under the mask are not equal to the value.
    MaskedNe {
        /// The bits compared.
        mask: u64,
        /// What they must not be.
        value: u64,
    },
}

impl Test {
    /// The comparison that holds exactly where this one does not.
    #[must_use]
    pub const fn negated(self) -> Self {
        match self {
            Self::Eq(value) => Self::Ne(value),
            Self::Ne(value) => Self::Eq(value),
            Self::Lt(value) => Self::Ge(value),
            Self::Le(value) => Self::Gt(value),
            Self::Gt(value) => Self::Le(value),
            Self::Ge(value) => Self::Lt(value),
            Self::MaskedEq { mask, value } => Self::MaskedNe { mask, value },
            Self::MaskedNe { mask, value } => Self::MaskedEq { mask, value },
        }
    }
}

impl Condition {
    /// Whether it holds for these registers.
    pub fn holds(&self, args: &[u64; 6]) -> bool {
        let register = args.get(usize::from(self.arg)).copied().unwrap_or(0);
        let seen = register & self.width;
        match self.test {
            Test::Eq(value) => seen == value,
            Test::Ne(value) => seen != value,
            Test::Lt(value) => seen < value,
            Test::Le(value) => seen <= value,
            Test::Gt(value) => seen > value,
            Test::Ge(value) => seen >= value,
            Test::MaskedEq { mask, value } => seen & mask == value,
            Test::MaskedNe { mask, value } => seen & mask != value,
        }
    }
}

/// What a plain allow of a call leaves out, by one argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    /// The argument's position.
    pub arg: u8,
    /// The bits of the register that the kernel looks at.
    pub width: u64,
    /// The constants.
    pub values: Vec<u64>,
    /// Whether only these values pass, or all but these.
    pub only: bool,
    /// Why, in a few words.
    pub why: &'static str,
}

impl Guard {
    /// Whether the call may go through.
    pub fn passes(&self, args: &[u64; 6]) -> bool {
        let register = args.get(usize::from(self.arg)).copied().unwrap_or(0);
        self.values.contains(&(register & self.width)) == self.only
    }
}
