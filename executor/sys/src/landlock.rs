//! The system calls of landlock(7): a ruleset, its rules, and the restriction of this process.
#![expect(unsafe_code, reason = "the calls take pointers to structures")]

use crate::architecture::numbers;
use crate::call::{address_of, call, number_of};
use rustix::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use rustix::io::Errno;

/// `LANDLOCK_CREATE_RULESET_VERSION` (linux/landlock.h).
const CREATE_RULESET_VERSION: usize = 1;
/// `LANDLOCK_RULE_PATH_BENEATH`.
const RULE_PATH_BENEATH: usize = 1;
/// `LANDLOCK_RULE_NET_PORT`.
const RULE_NET_PORT: usize = 2;

/// `struct landlock_ruleset_attr`: what a ruleset denies unless a rule allows it.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Handled {
    /// `LANDLOCK_ACCESS_FS_*`.
    pub fs: u64,
    /// `LANDLOCK_ACCESS_NET_*`.
    pub net: u64,
    /// `LANDLOCK_SCOPE_*`.
    pub scope: u64,
}

/// `struct landlock_path_beneath_attr`.
#[repr(C, packed)]
struct PathBeneath {
    access: u64,
    parent: i32,
}

/// `struct landlock_net_port_attr`.
#[repr(C)]
struct NetPort {
    access: u64,
    port: u64,
}

/// The version of the kernel's interface.
pub fn version() -> Result<u32, Errno> {
    let arguments = [0, 0, CREATE_RULESET_VERSION, 0, 0, 0];
    // SAFETY: with this flag the call takes no structure.
    let version = unsafe { call(numbers::LANDLOCK_CREATE_RULESET, arguments) }?;
    u32::try_from(version).map_err(|_| Errno::RANGE)
}

/// Makes a ruleset without rules. A kernel that knows only the beginning of the structure takes all
/// of it where the rest is zero.
pub fn ruleset(handled: &Handled) -> Result<OwnedFd, Errno> {
    let arguments = [address_of(handled), size_of::<Handled>(), 0, 0, 0, 0];
    // SAFETY: a structure of the size given, alive.
    let fd = unsafe { call(numbers::LANDLOCK_CREATE_RULESET, arguments) }?;
    let fd = i32::try_from(fd).map_err(|_| Errno::BADF)?;
    // SAFETY: the kernel has just made this descriptor for us (it is close-on-exec by itself).
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Allows this access below what `parent` is open on.
pub fn allow_beneath(
    ruleset: BorrowedFd<'_>,
    parent: BorrowedFd<'_>,
    access: u64,
) -> Result<(), Errno> {
    let rule = PathBeneath {
        access,
        parent: parent.as_raw_fd(),
    };
    add_rule(ruleset, RULE_PATH_BENEATH, address_of(&rule))
}

/// Allows this access to a TCP port.
pub fn allow_port(ruleset: BorrowedFd<'_>, port: u16, access: u64) -> Result<(), Errno> {
    let rule = NetPort {
        access,
        port: u64::from(port),
    };
    add_rule(ruleset, RULE_NET_PORT, address_of(&rule))
}

fn add_rule(ruleset: BorrowedFd<'_>, kind: usize, rule: usize) -> Result<(), Errno> {
    let arguments = [number_of(ruleset), kind, rule, 0, 0, 0];
    // SAFETY: both callers pass the structure that this kind of rule is, alive.
    let _zero = unsafe { call(numbers::LANDLOCK_ADD_RULE, arguments) }?;
    Ok(())
}

/// Restricts this thread, and all that it starts, by the ruleset.
pub fn restrict(ruleset: BorrowedFd<'_>) -> Result<(), Errno> {
    let arguments = [number_of(ruleset), 0, 0, 0, 0, 0];
    // SAFETY: numbers only.
    let _zero = unsafe { call(numbers::LANDLOCK_RESTRICT_SELF, arguments) }?;
    Ok(())
}
