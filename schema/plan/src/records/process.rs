//! The process that is confined: namespaces, identity, capabilities, environment.

use crate::layout::{enumeration, record};
use crate::source_line::SourceLine;
use core::ffi::CStr;

record! {
    /// Namespaces, identity, session and timeout.
    pub struct Process<'a> {
        /// Namespaces that init is created in: `CLONE_NEW*` flags (namespaces(7)).
        pub namespaces: u64,
        /// Namespaces that the payload enters on top, from inside: a user namespace of its own for
        /// the capabilities it keeps, and the network it owns.
        pub inner_namespaces: u64,
        /// The payload's user id inside.
        pub uid: u32,
        /// The payload's group id inside.
        pub gid: u32,
        /// The user id outside when root starts the sandbox; an ordinary user keeps its own.
        pub root_uid: u32,
        /// The group id outside when root starts the sandbox.
        pub root_gid: u32,
        /// Milliseconds from the start to the end of the session; 0 for no limit.
        pub timeout_ms: u64,
        /// Milliseconds between TERM and KILL at a timeout.
        pub grace_ms: u64,
        /// See [`process_flags`].
        pub flags: u32,
        /// File mode creation mask (umask(2)).
        pub umask: u32,
        /// Host name inside (sethostname(2)).
        pub hostname: &'a CStr,
        /// The directory the payload starts in.
        pub working_dir: &'a CStr,
        /// The line of the policy that names the directory, if any.
        pub working_dir_line: SourceLine,
    }
}

/// Bits of [`Process::namespaces`] and [`Process::inner_namespaces`] (linux/sched.h). A plan can
/// ask `clone3` for namespaces and for nothing else; not for one of clocks (`CLONE_NEWTIME`), which
/// clone3(2) takes for children only and no sandbox has.
pub mod namespace_flags {
    /// `CLONE_NEWNS`: mounts.
    pub const NEWNS: u64 = 0x2_0000;
    /// `CLONE_NEWCGROUP`: the control groups that it sees.
    pub const NEWCGROUP: u64 = 0x200_0000;
    /// `CLONE_NEWUTS`: the host's name.
    pub const NEWUTS: u64 = 0x400_0000;
    /// `CLONE_NEWIPC`: System V objects and message queues.
    pub const NEWIPC: u64 = 0x800_0000;
    /// `CLONE_NEWUSER`: users, groups and capabilities.
    pub const NEWUSER: u64 = 0x1000_0000;
    /// `CLONE_NEWPID`: processes.
    pub const NEWPID: u64 = 0x2000_0000;
    /// `CLONE_NEWNET`: network devices and their settings.
    pub const NEWNET: u64 = 0x4000_0000;
    /// Every bit there is.
    pub const ALL: u64 = NEWNS | NEWCGROUP | NEWUTS | NEWIPC | NEWUSER | NEWPID | NEWNET;
}

/// Bits of [`Process::flags`].
pub mod process_flags {
    /// The payload gets a session of its own and so no controlling terminal (setsid(2)).
    pub const NEW_SESSION: u32 = 1;
    /// Every bit there is.
    pub const ALL: u32 = NEW_SESSION;
}

record! {
    /// The payload's capability sets, a bit a capability (capabilities(7)).
    pub struct Capabilities {
        /// The bounding set.
        pub bounding: u64,
        /// The inheritable set.
        pub inheritable: u64,
        /// The permitted set.
        pub permitted: u64,
        /// The effective set.
        pub effective: u64,
        /// The ambient set.
        pub ambient: u64,
    }
}

enumeration! {
    /// Where an environment variable's value comes from.
    pub enum EnvKind {
        /// `text` is `NAME=value`.
        Set = 1,
        /// `text` is the name of a variable of the caller.
        Pass = 2,
    }
}

record! {
    /// An environment variable of the payload.
    pub struct EnvVar<'a> {
        /// Where the value comes from.
        pub kind: EnvKind,
        /// `NAME=value` or `NAME`.
        pub text: &'a CStr,
    }
}
