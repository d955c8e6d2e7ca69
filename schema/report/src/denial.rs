//! Denied calls, in numbers: the executor knows no names.

use crate::declare::object;
use crate::kind::{Array, Flag, Nullable, Number, Text, Time, Word};

object! {
    /// Denied calls that are alike in number, policy line and arguments: the first of them, and how many.
    Denial {
        /// `AUDIT_ARCH_*` of the interface through which the call was made
        arch: Number,
        /// the call's number
        syscall: Number,
        /// the number of such calls
        count: Number,
        /// the thread's id outside
        pid: Number,
        /// the policy's line; 0 if there is none
        line: Number,
        /// the policy that contains the line: 0 for the plan's own, then its parents
        source: Number,
        /// the error that the call returned
        errno: Nullable<Text>,
        /// when the first was made
        first_at: Time,
        /// the thread's name
        comm: Nullable<Text>,
        /// the call's arguments
        args: Array<Word, 6>,
        /// [a path among the arguments](audit.md#what-is-denied)
        unreliable_path: Nullable<Text>,
        /// true if the item counts all calls of this number and line whose arguments are not listed; `args` is of the latest
        varied: Flag,
    }
}

object! {
    /// Denied calls that found no room in the list.
    plain Unlisted {
        /// the call's number; 511 for all above
        syscall: Number,
        /// the number of such calls
        count: Number,
    }
}
