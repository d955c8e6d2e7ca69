//! Limits: those of the process and those of its control group.

use crate::layout::record;
use crate::source_line::SourceLine;
use core::ffi::CStr;

record! {
    /// A resource limit (setrlimit(2)).
    pub struct Rlimit {
        /// `RLIMIT_*`.
        pub resource: u32,
        /// The line of the policy, if any.
        pub line: SourceLine,
        /// The soft limit.
        pub soft: u64,
        /// The hard limit.
        pub hard: u64,
    }
}

record! {
    /// A value of a control group file.
    pub struct CgroupValue<'a> {
        /// The line of the policy, if any.
        pub line: SourceLine,
        /// The file's name in the group's directory.
        pub file: &'a CStr,
        /// What is written to it.
        pub value: &'a CStr,
    }
}
