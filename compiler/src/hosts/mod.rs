//! Groups of host names, `@github` and the like: those that come with the compiler, from `data/hosts/groups.txt`, and
//! those of the operator, a file each in a folder `hosts.d`.
//!
//! An operator's group is an input as a text under `extends` is: it is read only where the policy names it, and the plan
//! holds its digest and its name. Its file is named after it, `python-registry.yaml`, and has two keys: `source`, where
//! the names come from, and `hosts`, destinations as a policy writes them.

mod folders;
mod gather;
mod shipped;

pub use folders::{HostFolders, ReadTrusted};
pub use gather::{HostGroups, MAX_HOSTS, gather};
pub use shipped::{ShippedGroup, shipped, shipped_groups};

use std::fmt::Debug;
use std::path::PathBuf;

/// Where operators' groups come from. The stages read nothing themselves.
pub trait HostFiles: Debug + Send + Sync {
    /// The folders that are looked through, in order, as messages call them.
    fn folders(&self) -> Vec<PathBuf>;

    /// The file with this name in the first folder that has it; `None` where none has it.
    fn read(&self, name: &str) -> Option<HostFile>;
}

/// A file with a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostFile {
    /// Where it lies.
    pub path: PathBuf,
    /// Its bytes, or why it is not read, in a few words.
    pub bytes: Result<Vec<u8>, String>,
}

#[cfg(test)]
mod tests;
