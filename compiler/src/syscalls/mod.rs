//! What the kernel's system calls are: architectures, numbers, arguments, errors, and the groups
//! that a policy takes for granted. Facts only; what a policy makes of them is in [`crate::ir`].

mod arch;
mod baseline;
mod capabilities;
mod closest;
pub mod constants;
pub(crate) mod dangers;
mod errno;
mod fallback;
mod families;
pub mod groups;
mod replaced;
mod signature;
mod since;
mod table;

pub use arch::{Arch, UnknownArch, X32_BIT};
pub use baseline::{BASELINE, Baseline, Beside, Guarded, baseline, guarded, parts_of};
pub use capabilities::CAPABILITIES;
pub use closest::closest_name;
pub use errno::{closest_errno, errno_name, errno_number};
pub use fallback::with_fallback;
pub use replaced::{Replaced, replaced, variants};
pub use signature::{Argument, Kind, argument_position, kernel_names, signature};
pub use since::{NotAVersion, Version, since};
pub use table::{
    beyond, exists_elsewhere, names, newest, syscall, syscall_name, syscall_number,
    syscall_number_anywhere,
};

#[cfg(test)]
mod constants_tests;
#[cfg(test)]
mod groups_tests;
#[cfg(test)]
mod tests;
