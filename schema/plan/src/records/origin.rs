//! Where a plan comes from.

use crate::layout::record;
use core::ffi::CStr;

record! {
    /// Where the plan comes from.
    pub struct Meta<'a> {
        /// The policy's name.
        pub policy_name: &'a CStr,
        /// The compiler's name and version.
        pub compiler: &'a CStr,
        /// SHA-256 of the policy text.
        pub source_digest: [u8; 32],
    }
}

record! {
    /// A policy that this one inherits from. A source line names it by its position, from 1.
    pub struct Source<'a> {
        /// Its name, as the policy that inherits writes it.
        pub name: &'a CStr,
    }
}

record! {
    /// A fact of the host that the policy names, such as the directory of the project.
    pub struct HostFact<'a> {
        /// Its name.
        pub name: &'a CStr,
        /// The value that the policy was compiled for.
        pub value: &'a CStr,
    }
}
