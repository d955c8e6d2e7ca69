//! Denied calls, in numbers: the executor knows no names.

use crate::declare::object;
use crate::kind::{Array, Flag, Nullable, Number, Text, Time, Word};

object! {
    /// Denied calls that are alike in number, policy line and arguments: the first of them, and how many.
    Denial {
        /// `AUDIT_ARCH_*` of the interface that it came through
        arch: Number,
        /// the call's number
        syscall: Number,
        /// how many there were
        count: Number,
        /// the thread, as it is numbered outside
        pid: Number,
        /// the policy's line; 0 for none
        line: Number,
        /// which policy the line is in: 0 for the plan's own, then its parents
        source: Number,
        /// the error that it got
        errno: Nullable<Text>,
        /// when
        first_at: Time,
        /// the thread's name
        comm: Nullable<Text>,
        /// its arguments
        args: Array<Word, 6>,
        /// [a path that it named](audit.md#what-is-denied)
        unreliable_path: Nullable<Text>,
        /// whether it stands for all calls of this number and line with more kinds of arguments than are listed: the latest of them, and how many
        varied: Flag,
    }
}

object! {
    /// Denied calls that found no room in the list.
    plain Unlisted {
        /// the call's number; 511 for all above
        syscall: Number,
        /// how many there were
        count: Number,
    }
}
