//! The records of each section: what the executor is told to do.

use crate::SourceLine;
use crate::decode::DecodeError;
use crate::encode::EncodeError;
use crate::field::{Field, Reader, Record, Writer};
use core::ffi::CStr;

/// Defines a record: its fields stand in the bytes in the order they stand here, with no padding.
macro_rules! record {
    (
        $(#[$meta:meta])*
        pub struct $name:ident $(<$life:lifetime>)? {
            $($(#[$field_meta:meta])* pub $field:ident: $type:ty,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $name $(<$life>)? {
            $($(#[$field_meta])* pub $field: $type,)+
        }

        impl<'a> Record<'a> for record!(@type $name $($life)?) {
            const BYTES: usize = 0usize $(.saturating_add(<$type as Field<'_>>::BYTES))+;

            const LAYOUT: &'static [(&'static str, usize, usize)] = &{
                let mut at = 0usize;
                [$({
                    let start = at;
                    at = at.saturating_add(<$type as Field<'_>>::BYTES);
                    (stringify!($field), start, at.saturating_sub(start))
                },)+]
            };

            fn put(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
                $(self.$field.put(writer)?;)+
                Ok(())
            }

            fn take(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
                Ok(Self { $($field: Field::take(reader)?,)+ })
            }
        }
    };
    (@type $name:ident $life:lifetime) => { $name<'a> };
    (@type $name:ident) => { $name };
}

/// Defines an enumeration that stands in the bytes as a `u32`.
macro_rules! enumeration {
    (
        $(#[$meta:meta])*
        pub enum $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $number:literal,)+ }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[$variant_meta])* $variant,)+ }

        impl $name {
            /// Every one, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The number that stands for it in the bytes.
            pub const fn number(self) -> u32 {
                match self { $(Self::$variant => $number,)+ }
            }
        }

        impl<'a> Field<'a> for $name {
            const BYTES: usize = 4;
            fn put(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
                self.number().put(writer)
            }
            fn take(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
                match u32::take(reader)? {
                    $($number => Ok(Self::$variant),)+
                    _ => Err(DecodeError::Value),
                }
            }
        }
    };
}

mod landlock;
mod meaning;

pub use landlock::{
    Landlock, PathAccess, PortAccess, landlock_fs, landlock_net, landlock_scope, path_flags,
};
pub use meaning::{
    Basis, CallRule, Comparison, Condition, Interface, NamedCall, Number, Strength, interface_flags,
};

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
        /// The place in the policy that names the directory, if any.
        pub working_dir_line: SourceLine,
    }
}

/// Bits of [`Process::namespaces`] and [`Process::inner_namespaces`] (linux/sched.h). A plan can
/// ask `clone3` for namespaces and for nothing else.
pub mod namespace_flags {
    /// `CLONE_NEWTIME`, `NEWNS`, `NEWCGROUP`, `NEWUTS`, `NEWIPC`, `NEWUSER`, `NEWPID`, `NEWNET`.
    pub const ALL: u64 = 0x80 | 0x2_0000 | 0x7e00_0000;
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
    /// What network there is inside.
    pub enum NetworkMode {
        /// A network namespace with the loopback interface up and nothing else.
        Loopback = 1,
    }
}

record! {
    /// The network.
    pub struct Network {
        /// What there is inside.
        pub mode: NetworkMode,
        /// See [`network_flags`].
        pub flags: u32,
        /// The place in the policy, if any.
        pub line: SourceLine,
    }
}

/// Bits of [`Network::flags`].
pub mod network_flags {
    /// The policy asks for more network than the mode gives; the operator is told.
    pub const NARROWED: u32 = 1;
    /// Every bit there is.
    pub const ALL: u32 = NARROWED;
}

enumeration! {
    /// One kind of step that builds the file system.
    pub enum MountKind {
        /// Mount a tmpfs: `attrs`, `size`, `inodes`, `mode`.
        Tmpfs = 1,
        /// Bind the host's `source`: `attrs`, `flags`.
        Bind = 2,
        /// Mount a proc of the sandbox's pid namespace.
        Proc = 3,
        /// Mount sysfs.
        Sysfs = 4,
        /// Mount a devpts instance of its own.
        Devpts = 5,
        /// Write a file with `content` and `mode`.
        File = 6,
        /// Make a symbolic link to `content`.
        Symlink = 7,
        /// Make a directory with `mode`.
        Directory = 8,
        /// Cover a file or directory with an empty one that cannot be read or written.
        Mask = 9,
        /// Bind the target on itself with `attrs`.
        SelfBind = 10,
        /// Add `attrs` to the mount at the target.
        Attributes = 11,
        /// Write `content` to the existing file and read it back (for /proc/sys).
        Setting = 12,
    }
}

record! {
    /// One step that builds the file system. Steps are taken in order.
    pub struct Mount<'a> {
        /// What to do.
        pub kind: MountKind,
        /// See [`mount_flags`].
        pub flags: u32,
        /// `MOUNT_ATTR_*` bits to set (`mount_setattr(2)`). See [`mount_attrs`].
        pub attrs: u64,
        /// Tmpfs: bytes it may hold.
        pub size: u64,
        /// Tmpfs: files it may hold.
        pub inodes: u32,
        /// Permission bits of what is made.
        pub mode: u32,
        /// The place in the policy that asked for it, if any.
        pub line: SourceLine,
        /// Bind: the path on the host.
        pub source: &'a CStr,
        /// The path inside, absolute.
        pub target: &'a CStr,
        /// File, symbolic link, setting and stub of a file: the content.
        pub content: &'a [u8],
    }
}

/// Bits of [`Mount::attrs`] (linux/mount.h).
pub mod mount_attrs {
    /// `MOUNT_ATTR_RDONLY`, `NOSUID`, `NODEV`, `NOEXEC`, the access time bits, `NODIRATIME` and
    /// `NOSYMFOLLOW`. An id map is asked for by [`mount_flags::OWNED`](super::mount_flags::OWNED).
    pub const ALL: u64 = 0x20_00ff;
}

/// Bits of [`Mount::flags`].
pub mod mount_flags {
    /// Everything mounted below the source comes with it, and `attrs` hold for all of it.
    pub const RECURSIVE: u32 = 1;
    /// Leave the step out when its source (bind) or target (mask, rebind) does not exist.
    pub const OPTIONAL: u32 = 2;
    /// The target lies in a part of the tree that belongs to the host: it must exist already.
    pub const EXISTING: u32 = 4;
    /// Files belong to the payload inside and to the source's owner outside, also when root
    /// starts the sandbox (an id-mapped mount).
    pub const OWNED: u32 = 8;
    /// Where the target is missing on the host, an empty file, or one with `content`, stands there
    /// while the sandbox runs; where a directory above it is missing, an empty directory (mask,
    /// rebind).
    pub const STUB_FILE: u32 = 16;
    /// The same with an empty directory for the target itself.
    pub const STUB_DIRECTORY: u32 = 32;
    /// Every bit there is.
    pub const ALL: u32 = RECURSIVE | OPTIONAL | EXISTING | OWNED | STUB_FILE | STUB_DIRECTORY;
}

record! {
    /// A resource limit (setrlimit(2)).
    pub struct Rlimit {
        /// `RLIMIT_*`.
        pub resource: u32,
        /// The place in the policy, if any.
        pub line: SourceLine,
        /// The soft limit.
        pub soft: u64,
        /// The hard limit.
        pub hard: u64,
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

record! {
    /// A value of a control group file.
    pub struct CgroupValue<'a> {
        /// The place in the policy, if any.
        pub line: SourceLine,
        /// The file's name in the group's directory.
        pub file: &'a CStr,
        /// What is written to it.
        pub value: &'a CStr,
    }
}

enumeration! {
    /// A layer of the confinement that an operator can let go by name.
    pub enum Layer {
        /// Control group limits.
        Cgroup = 1,
        /// The audit record and the denial log.
        Audit = 2,
        /// Tracing from outside.
        Monitor = 3,
        /// Landlock, the second wall around files, ports and signals.
        Landlock = 4,
    }
}

impl Layer {
    /// The name on command lines and in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cgroup => "cgroup",
            Self::Audit => "audit",
            Self::Monitor => "monitor",
            Self::Landlock => "landlock",
        }
    }
}

record! {
    /// A layer that must be in force before the payload runs.
    pub struct Need {
        /// Which.
        pub layer: Layer,
        /// The place in the policy that asks for it, if any.
        pub line: SourceLine,
    }
}

enumeration! {
    /// What happens when a record of the run cannot be written any more.
    pub enum AuditFailure {
        /// The run ends.
        End = 1,
        /// The run goes on, and its end says that the record is not whole.
        Continue = 2,
    }
}

record! {
    /// The audit record of the run.
    pub struct Audit<'a> {
        /// What is recorded. See [`audit_flags`].
        pub flags: u32,
        /// What happens when it cannot be written any more.
        pub failure: AuditFailure,
        /// The place in the policy that asks for it, if any.
        pub line: SourceLine,
        /// The log's path on the host; empty where the operator chooses.
        pub log_path: &'a CStr,
    }
}

/// Bits of [`Audit::flags`].
pub mod audit_flags {
    /// What the run used.
    pub const RESOURCE: u32 = 1;
    /// What was written and read of files.
    pub const FILESYSTEM: u32 = 2;
    /// System calls that were denied: the filter tells the supervisor of each.
    pub const SYSCALL: u32 = 4;
    /// What was connected to.
    pub const NETWORK: u32 = 8;
    /// Every bit there is.
    pub const ALL: u32 = RESOURCE | FILESYSTEM | SYSCALL | NETWORK;
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

record! {
    /// A policy that this one inherits from. A place names it by its position, from 1.
    pub struct Source<'a> {
        /// Its name, as the policy that inherits writes it.
        pub name: &'a CStr,
    }
}
