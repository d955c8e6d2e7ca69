//! What a run says of itself: purple-exec's report with its receipt and denied calls, and the
//! operator's audit record.
//!
//! Each object is declared once: its keys in their order, what kind of value each takes, and what it
//! means. From the declaration come the type, the writer, the reader, the JSON Schema
//! (`schema/report/*.schema.json`) and the tables of keys in `docs/report.md` and `docs/audit.md`.
//!
//! A value is generic over how texts and lists are held ([`Storage`]): the executor, which has no
//! allocator, lends slices and iterators ([`Borrowed`]); a program that reads brings its own [`Storage`] and
//! [`Source`]. A reader refuses a key that is not declared, and a declared one that is missing.
//!
//! What a value proves: that each key is there with a value of its kind. What it does not
//! prove: that what it says is true, or that texts in it, which can come from inside a sandbox, are
//! fit for a terminal: [`Visible`] makes them so, here and in every other program of Purple's.
#![no_std]
#![deny(
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    unused_results
)]

#[cfg(test)]
extern crate std;

mod connections;
mod declare;
mod denial;
mod json;
mod kind;
mod outcome;
mod receipt;
mod record;
mod report;
mod repository;
mod shape;
mod sink;
mod storage;
mod time;
mod value;
mod visible;

pub use connections::{
    Attempts, Beyond, Carried, Connections, DeniedConnection, Place, Protocol, RefusedName,
    Resolver, UnansweredService, WithheldName, WrongServerName, counted,
};
pub use denial::{Denial, Unlisted};
pub use json::Json;
pub use kind::{
    Arguments, Array, Bits, Digest, Flag, Integer, List, Nullable, Number, Seconds, Text, Time,
    Word, parse_digest,
};
pub use outcome::{COMMAND_NOT_FOUND, Outcome, SETUP_REFUSED, Status};
pub use receipt::{CapabilitySets, FilteredNetwork, IdMap, Landlock, Receipt, Seccomp};
pub use record::{
    AuditRecord, EventType, RecordType, ResourceUsage, SecurityEvent, StartRecord, StartType,
};
pub use report::{CgroupUsage, NetworkUse, Report};
pub use repository::{FindingType, RepositoryFinding};
pub use shape::{Field, Object, Shape};
pub use sink::Sink;
pub use storage::{Borrowed, Declared};
pub use time::parse_time;
pub use value::{Argument, ArgumentsOf, Kind, ListOf, Members, Source, Storage, TextOf};
pub use visible::{Piece, Visible, VisibleJson, VisibleLines, is_hidden, pieces, push_visible};
