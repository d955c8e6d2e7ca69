//! The one place in the operator's tools that talks to the kernel: control groups, mounts, files,
//! processes, users, and the probes by which `purple doctor` finds out what works.
//!
//! It knows no policy and no plan, prints nothing, and words no advice: what fails is a value with
//! the kernel's error in it. Unsafe code is in `sys` alone.

pub mod cgroup;
mod content;
pub mod directory;
pub mod errno;
pub mod files;
pub mod folder;
pub mod held;
pub mod links;
pub mod memory;
mod mountinfo;
pub mod own_file;
pub mod path;
pub mod probe;
pub mod process;
pub mod random;
pub mod reach;
pub mod settings;
mod sys;
pub mod users;

pub use errno::FileError;
pub use nix::errno::Errno;
