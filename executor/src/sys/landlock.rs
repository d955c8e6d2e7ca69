//! landlock(7): the system calls of a second wall.
#![expect(unsafe_code, reason = "the calls take pointers to structures")]

use super::call::{call, number_of};
use rustix::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use rustix::io::Errno;

const CREATE_RULESET: u32 = 444;
const ADD_RULE: u32 = 445;
const RESTRICT_SELF: u32 = 446;

/// `struct landlock_path_beneath_attr`.
#[repr(C, packed)]
struct PathBeneath {
    access: u64,
    parent: i32,
}

/// The version of the kernel's interface.
pub fn version() -> Result<u32, Errno> {
    const VERSION: usize = 1;
    // SAFETY: with this flag the call takes no structure.
    let version = unsafe { call(CREATE_RULESET, [0, 0, VERSION, 0, 0, 0]) }?;
    u32::try_from(version).map_err(|_| Errno::RANGE)
}

/// Makes a ruleset that denies all of this unless a rule allows it.
pub fn ruleset(fs: u64, net: u64, scope: u64) -> Result<OwnedFd, Errno> {
    // `struct landlock_ruleset_attr` of linux/landlock.h. A kernel that knows only its beginning takes
    // it when the rest is zero.
    let attributes = [fs, net, scope];
    let at = attributes.as_ptr().expose_provenance();
    // SAFETY: a structure of the size given, alive.
    let fd = unsafe { call(CREATE_RULESET, [at, size_of_val(&attributes), 0, 0, 0, 0]) }?;
    let fd = i32::try_from(fd).map_err(|_| Errno::BADF)?;
    // SAFETY: the kernel has just made this descriptor for us (it is close-on-exec by itself).
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Allows this below what `parent` is open on.
pub fn allow_beneath(
    ruleset: BorrowedFd<'_>,
    parent: BorrowedFd<'_>,
    access: u64,
) -> Result<(), Errno> {
    const PATH_BENEATH: usize = 1;
    let rule = PathBeneath {
        access,
        parent: parent.as_raw_fd(),
    };
    add(ruleset, PATH_BENEATH, (&raw const rule).expose_provenance())
}

/// Allows this with a TCP port.
pub fn allow_port(ruleset: BorrowedFd<'_>, port: u16, access: u64) -> Result<(), Errno> {
    const NET_PORT: usize = 2;
    // `struct landlock_net_port_attr`.
    let rule = [access, u64::from(port)];
    add(ruleset, NET_PORT, rule.as_ptr().expose_provenance())
}

fn add(ruleset: BorrowedFd<'_>, kind: usize, rule: usize) -> Result<(), Errno> {
    // SAFETY: the callers pass the structure that this kind of rule is, alive.
    unsafe { call(ADD_RULE, [number_of(ruleset), kind, rule, 0, 0, 0]) }.map(|_| ())
}

/// Puts this thread, and all that it starts, behind the ruleset.
pub fn restrict(ruleset: BorrowedFd<'_>) -> Result<(), Errno> {
    // SAFETY: numbers only.
    unsafe { call(RESTRICT_SELF, [number_of(ruleset), 0, 0, 0, 0, 0]) }.map(|_| ())
}
