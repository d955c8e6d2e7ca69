//! What each architecture provides, under one name. Another architecture is another folder beside
//! `x86_64` with the same items, and another pair of lines here.
//!
//! - `AUDIT_ARCH`: the number by which a filter knows the architecture;
//! - `numbers`: the numbers of the system calls, with their names;
//! - `path_argument`: which argument of a call is a path;
//! - `arguments_taken`: how many arguments a call takes;
//! - `syscall`: the instruction that makes a call;
//! - `stop`: an instruction that ends the process, for when not even exiting is allowed;
//! - `copy_forward`, `copy_backward` and `fill`: moving bytes without calling a library;
//! - the macro `entry_point!`: the program's first instructions.

#[cfg(not(target_arch = "x86_64"))]
compile_error!(
    "purple-exec does not run on this architecture yet: it needs a folder beside sys/src/x86_64"
);

#[cfg(target_arch = "x86_64")]
pub use crate::x86_64::{
    AUDIT_ARCH, arguments::arguments_taken, bytes::fill, paths::path_argument,
};
#[cfg(target_arch = "x86_64")]
pub(crate) use crate::x86_64::{
    bytes::{copy_backward, copy_forward},
    instruction::{stop, syscall},
    numbers,
};
