//! What the policy means: the records that programs are proven against.

use crate::layout::{enumeration, record};
use crate::source_line::SourceLine;

record! {
    /// What the policy says of the calls that come through one interface of the kernel.
    pub struct Interface {
        /// The filter that enforces it: that one's `audit_arch`.
        pub filter: u32,
        /// `AUDIT_ARCH_*` of the calls.
        pub audit_arch: u32,
        /// See [`interface_flags`].
        pub flags: u32,
        /// The newest call known; a higher number that is not listed gets ENOSYS.
        pub newest: u32,
        /// The value of ENOSYS here.
        pub enosys: u32,
        /// What a denied call gets, as a seccomp return value.
        pub denial: u32,
        /// The line that says what a call gets that nothing names.
        pub line: SourceLine,
        /// How many of the numbers are its: known calls above the newest.
        pub beyond: u32,
        /// How many of the calls are its.
        pub calls: u32,
    }
}

/// Bits of [`Interface::flags`].
pub mod interface_flags {
    /// A call that nothing names is denied; without it, it is allowed.
    pub const DEFAULT_DENY: u32 = 1;
    /// The calls are those with the x32 bit in their number (`__X32_SYSCALL_BIT`, asm/unistd.h).
    pub const X32: u32 = 2;
    /// Every bit there is.
    pub const ALL: u32 = DEFAULT_DENY | X32;
}

record! {
    /// A known call above the newest.
    pub struct Number {
        /// Its number.
        pub number: u32,
    }
}

enumeration! {
    /// What decides about a call when none of its rules does.
    pub enum Basis {
        /// ENOSYS: a filter cannot see what rules on a like call look at.
        Hidden = 1,
        /// An entry of `deny`.
        Denied = 2,
        /// An entry of `allow`.
        Allowed = 3,
        /// The hardened baseline.
        Baseline = 4,
        /// What the policy says of all other calls.
        Default = 5,
    }
}

record! {
    /// A call that the policy, the baseline or a guard names.
    pub struct NamedCall {
        /// Its number.
        pub number: u32,
        /// What decides when no rule does.
        pub basis: Basis,
        /// The line of that; none for the baseline and the default.
        pub line: SourceLine,
        /// How many of the rules are its.
        pub rules: u16,
        /// How many of the conditions behind those of its rules are its guard: what a plain allow
        /// leaves out.
        pub guard: u16,
    }
}

enumeration! {
    /// The kinds of rule, strongest first.
    pub enum Strength {
        /// `kill`.
        Kill = 1,
        /// `kill_thread`.
        KillThread = 2,
        /// `trap`.
        Trap = 3,
        /// `deny` and `errno`.
        Deny = 4,
        /// `notify`.
        Notify = 5,
        /// `log`.
        Log = 6,
        /// `allow`.
        Allow = 7,
    }
}

record! {
    /// A rule that looks at arguments.
    pub struct CallRule {
        /// What the policy wrote.
        pub strength: Strength,
        /// What happens when every condition holds, as a seccomp return value.
        pub action: u32,
        /// Its line.
        pub line: SourceLine,
        /// How many of the conditions are its.
        pub conditions: u32,
    }
}

enumeration! {
    /// A comparison of an argument with a constant, unsigned.
    pub enum Comparison {
        /// Equal.
        Eq = 1,
        /// Not equal.
        Ne = 2,
        /// Less.
        Lt = 3,
        /// Less or equal.
        Le = 4,
        /// Greater.
        Gt = 5,
        /// Greater or equal.
        Ge = 6,
        /// The bits under the mask are equal.
        MaskedEq = 7,
        /// The bits under the mask are not equal.
        MaskedNe = 8,
    }
}

record! {
    /// A comparison of one argument with a constant.
    pub struct Condition {
        /// Which.
        pub comparison: Comparison,
        /// The argument's position, from 0.
        pub arg: u16,
        /// How many low bits of the register count.
        pub bits: u16,
        /// Its line.
        pub line: SourceLine,
        /// The constant.
        pub value: u64,
        /// The mask; 0 where the comparison has none.
        pub mask: u64,
    }
}
