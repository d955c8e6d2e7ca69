//! The seccomp programs.

use crate::layout::{enumeration, record};

record! {
    /// A seccomp program for one architecture, and a call that shows that it is in force.
    pub struct Filter<'a> {
        /// The native architecture it is for: `AUDIT_ARCH_*` (linux/audit.h).
        pub audit_arch: u32,
        /// The error that the program answers the probe call with, and that the kernel would not;
        /// 0 where the policy leaves no such call.
        pub probe_errno: u32,
        /// The probe call's number.
        pub probe_nr: u32,
        /// The probe call's arguments.
        pub probe_args: [u64; 6],
        /// How the compiler proved the program.
        pub method: Method,
        /// Classes of calls by architecture and number that the proof went through.
        pub classes: u32,
        /// Ways through the program that it followed.
        pub paths: u64,
        /// Sets of calls that it found alike.
        pub cells: u64,
        /// `struct sock_filter` array, little endian.
        pub program: &'a [u8],
    }
}

enumeration! {
    /// How a program was compared with what its policy means.
    pub enum Method {
        /// Every call, by a partition of all calls into cells.
        Exact = 1,
        /// Every number and architecture, but of some calls only boundary cases of the arguments.
        Boundaries = 2,
    }
}
