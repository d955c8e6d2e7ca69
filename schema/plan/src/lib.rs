//! The sealed plan: the byte format between the compiler and the executor.
//!
//! A plan holds finished artefacts only. [`encode`] writes one, [`Plan::decode`] reads one, and
//! there is exactly one encoding of each plan: what decodes encodes to the same bytes again.
//! `FORMAT.md` describes the bytes. The sections are listed once, in `sections.rs`: to add one, add
//! a line there, its record in `records`, and both in `FORMAT.md`.
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

mod address_place;
mod define;
mod error;
mod field;
mod file;
mod host_inside;
mod layout;
mod limits;
mod meaning;
mod network;
mod public_addresses;
mod records;
mod rules;
mod sections;
mod sha256;
mod source_line;
mod source_name;
mod system_directories;
mod table;
mod verdict;

pub use address_place::AddressPlace;
pub use error::{DecodeError, EncodeError};
pub use field::{Field, Reader, Record, Writer};
pub use host_inside::{HOST_INSIDE, HOST_INSIDE_NAME, OWN_INSIDE};
pub use limits::{
    HEADER_BYTES, INSTRUCTION_BYTES, MAGIC, MAX_HOST_FACTS, MAX_INSTRUCTIONS, MAX_MOUNTS,
    MAX_NET_RESOLVERS, MAX_NET_RULES, MAX_NET_SOCKETS, MAX_PLAN_BYTES, MAX_SOURCES,
    MAX_TMPFS_BYTES, MAX_VARIABLES, SEAL_BYTES, SECTION_ENTRY_BYTES, VERSION,
};
pub use public_addresses::{NOT_PUBLIC_4, NOT_PUBLIC_6, is_public};
pub use records::{
    Audit, AuditFailure, Basis, CallRule, Capabilities, CgroupValue, Comparison, Condition,
    EnvKind, EnvVar, Filter, HostFact, Interface, Landlock, Layer, Meta, Method, Mount, MountKind,
    NamedCall, Need, NetAction, NetBatch, NetBatchKind, NetResolver, NetRule, NetSocket, Network,
    NetworkMode, Number, PathAccess, PortAccess, Process, Rlimit, Source, Strength, audit_flags,
    interface_flags, landlock_fs, landlock_net, landlock_scope, mount_attrs, mount_flags,
    namespace_flags, net_rule_flags, net_socket_flags, network_flags, path_flags, process_flags,
};
pub use sections::{Contents, Plan, Section, encode};
pub use sha256::{Digest, Sha256, sha256};
pub use source_line::SourceLine;
pub use system_directories::is_system_directory;
pub use table::{Table, TableIter};
pub use verdict::Call;
