//! The sealed plan: the byte format between the compiler and the executor.
//!
//! A plan holds finished artefacts only. [`encode`] writes one, [`Plan::decode`] reads one, and
//! there is exactly one encoding of each plan: what decodes encodes to the same bytes again.
//! `FORMAT.md` describes the bytes.
//!
//! What a decoded [`Plan`] proves: the seal is right, every length and offset is inside the file,
//! every text ends in one NUL, every enumerated value and flag is known, nothing stands where it
//! has no meaning. What it does not prove: that the plan was made by an honest compiler, or that
//! what it asks for is safe.
#![no_std]
#![deny(
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    unused_results
)]

#[cfg(test)]
extern crate std;

mod decode;
mod encode;
mod field;
mod meaning;
mod records;
mod rules;
mod sha256;
mod source_line;
mod verdict;

pub use decode::{DecodeError, Plan, Table, TableIter};
pub use encode::{Contents, EncodeError, encode};
pub use field::{Field, Reader, Record, Writer};
pub use records::{
    Audit, AuditFailure, Basis, CallRule, Capabilities, CgroupValue, Comparison, Condition,
    EnvKind, EnvVar, Filter, Interface, Landlock, Layer, Meta, Method, Mount, MountKind, NamedCall,
    Need, Network, NetworkMode, Number, PathAccess, PortAccess, Process, Rlimit, Source, Strength,
    audit_flags, interface_flags, landlock_fs, landlock_net, landlock_scope, mount_attrs,
    mount_flags, namespace_flags, network_flags, path_flags, process_flags,
};
pub use sha256::{Digest, Sha256, sha256};
pub use source_line::SourceLine;
pub use verdict::Call;

/// The first eight bytes of a plan. The line ends show a file that a text mode has mangled.
pub const MAGIC: [u8; 8] = *b"PURPLE\r\n";

/// The version of the format that this crate reads and writes.
pub const VERSION: u16 = 3;

/// The largest plan there may be, in bytes.
pub const MAX_PLAN_BYTES: usize = 1 << 20;

/// The most steps that build the file system: a reader without an allocator has room for them.
pub const MAX_MOUNTS: usize = 512;

/// The most environment variables: with the NULL behind them, 512 pointers for execve(2).
pub const MAX_VARIABLES: usize = 511;

/// The most policies that one may inherit from: a place has 8 bits for them.
pub const MAX_SOURCES: usize = 255;

/// Bytes of the header: magic, version, section count, total length.
pub const HEADER_BYTES: usize = 16;

/// Bytes of one entry of the section table: kind, offset, length, record count.
pub const SECTION_ENTRY_BYTES: usize = 16;

/// Bytes of the seal, a SHA-256 digest of everything before it, at the end of the file.
pub const SEAL_BYTES: usize = 32;

/// The most instructions that the kernel takes in one seccomp program (`BPF_MAXINSNS`,
/// `linux/bpf_common.h`).
pub const MAX_INSTRUCTIONS: usize = 4096;

/// Bytes of one seccomp instruction (`struct sock_filter`, linux/filter.h).
pub const INSTRUCTION_BYTES: usize = 8;

/// The sections, in the order they stand in a file. Each is there exactly once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// Where the plan comes from.
    Meta,
    /// Namespaces, identity, session, timeout.
    Process,
    /// Capability sets.
    Capabilities,
    /// Network.
    Network,
    /// The steps that build the file system, in order.
    Mounts,
    /// Resource limits.
    Rlimits,
    /// Environment variables.
    Environment,
    /// Seccomp programs, one an architecture.
    Filters,
    /// Control group files and their values.
    Cgroup,
    /// Other layers that must be in force.
    Needs,
    /// The audit record and the denial log.
    Audit,
    /// What Landlock restricts, by the version of its interface.
    Landlock,
    /// What may be done below which path.
    Paths,
    /// TCP ports that may be used.
    Ports,
    /// The policies that this one inherits from.
    Sources,
    /// What the policy means: an interface of the kernel each.
    Interfaces,
    /// The interfaces' known calls above the newest.
    Numbers,
    /// The interfaces' calls that something names.
    Calls,
    /// The calls' rules.
    Rules,
    /// The rules' and the guards' conditions.
    Conditions,
    /// The bytes of all texts and blobs.
    Heap,
}

impl Section {
    /// Every section in file order.
    pub const ALL: [Self; 21] = [
        Self::Meta,
        Self::Process,
        Self::Capabilities,
        Self::Network,
        Self::Mounts,
        Self::Rlimits,
        Self::Environment,
        Self::Filters,
        Self::Cgroup,
        Self::Needs,
        Self::Audit,
        Self::Landlock,
        Self::Paths,
        Self::Ports,
        Self::Sources,
        Self::Interfaces,
        Self::Numbers,
        Self::Calls,
        Self::Rules,
        Self::Conditions,
        Self::Heap,
    ];

    /// The number that stands for it in the section table.
    pub const fn kind(self) -> u32 {
        match self {
            Self::Meta => 1,
            Self::Process => 2,
            Self::Capabilities => 3,
            Self::Network => 4,
            Self::Mounts => 5,
            Self::Rlimits => 6,
            Self::Environment => 7,
            Self::Filters => 8,
            Self::Cgroup => 9,
            Self::Needs => 10,
            Self::Audit => 11,
            Self::Landlock => 12,
            Self::Paths => 13,
            Self::Ports => 14,
            Self::Sources => 15,
            Self::Interfaces => 16,
            Self::Numbers => 17,
            Self::Calls => 18,
            Self::Rules => 19,
            Self::Conditions => 20,
            Self::Heap => 21,
        }
    }

    /// The most records that it may have, where there is a limit of its own.
    pub const fn most_records(self) -> Option<usize> {
        match self {
            Self::Mounts => Some(MAX_MOUNTS),
            Self::Environment => Some(MAX_VARIABLES),
            Self::Audit => Some(1),
            Self::Sources => Some(MAX_SOURCES),
            _ => None,
        }
    }

    /// Bytes of one of its records; 1 for the heap, whose record is a byte.
    pub const fn record_bytes(self) -> usize {
        match self {
            Self::Meta => Meta::BYTES,
            Self::Process => Process::BYTES,
            Self::Capabilities => Capabilities::BYTES,
            Self::Network => Network::BYTES,
            Self::Mounts => Mount::BYTES,
            Self::Rlimits => Rlimit::BYTES,
            Self::Environment => EnvVar::BYTES,
            Self::Filters => Filter::BYTES,
            Self::Cgroup => CgroupValue::BYTES,
            Self::Needs => Need::BYTES,
            Self::Audit => Audit::BYTES,
            Self::Landlock => Landlock::BYTES,
            Self::Paths => PathAccess::BYTES,
            Self::Ports => PortAccess::BYTES,
            Self::Sources => Source::BYTES,
            Self::Interfaces => Interface::BYTES,
            Self::Numbers => Number::BYTES,
            Self::Calls => NamedCall::BYTES,
            Self::Rules => CallRule::BYTES,
            Self::Conditions => Condition::BYTES,
            Self::Heap => 1,
        }
    }
}

/// Where the section table ends and the first section starts.
pub const SECTIONS_START: usize =
    HEADER_BYTES.saturating_add(SECTION_ENTRY_BYTES.saturating_mul(Section::ALL.len()));
