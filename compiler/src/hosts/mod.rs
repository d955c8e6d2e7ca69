//! Groups of host names, `@github` and the like: those that come with the compiler, from `data/hosts/groups.txt`, and
//! those of the operator, a file each in a folder `hosts.d`.
//!
//! An operator's group is an input as a text under `extends` is: it is read only where the policy names it, and the plan
//! holds its digest and its name. Its file is named after it, `python-registry.yaml`, and has two keys: `source`, where
//! the names come from, and `hosts`, destinations as a policy writes them.

mod files;
mod folders;
mod gather;
mod shipped;

pub use files::{HostFile, HostFiles};
pub use folders::{HostFolders, ReadTrusted};
pub use gather::{HostGroups, MAX_HOSTS, gather};
pub use shipped::{ShippedGroup, shipped, shipped_groups};

#[cfg(test)]
mod tests;
