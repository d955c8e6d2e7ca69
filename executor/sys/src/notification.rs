//! `seccomp_unotify(2)`: the calls of which a filter notifies, and their answers.
#![expect(unsafe_code, reason = "the requests take pointers to structures")]

use crate::ioctl::ioctl;
use rustix::fd::BorrowedFd;
use rustix::io::Errno;

/// `SECCOMP_IOCTL_NOTIF_RECV` (linux/seccomp.h): each of these has the size of its structure in it.
const RECEIVE: usize = 0xC050_2100;
/// `SECCOMP_IOCTL_NOTIF_SEND`.
const SEND: usize = 0xC018_2101;
/// `SECCOMP_IOCTL_NOTIF_ID_VALID`.
const ID_VALID: usize = 0x4008_2102;

/// `struct seccomp_notif` of linux/seccomp.h: a call that waits for its answer.
///
/// Only the number, the architecture and the arguments are facts. What `pid` stands for, and what an
/// argument points to, may change while one looks: [`is_waiting`] says whether the thread is still
/// the one that called, and nothing says that its memory is still what the kernel saw.
#[derive(Debug, Clone, Copy, Default)]
#[repr(C)]
pub struct Notification {
    /// What the answer names it by.
    pub id: u64,
    /// The thread, as this process sees it.
    pub pid: u32,
    flags: u32,
    /// The call's number.
    pub number: u32,
    /// `AUDIT_ARCH_*` of the interface that it came through.
    pub audit_arch: u32,
    instruction: u64,
    /// Its arguments.
    pub args: [u64; 6],
}

/// `struct seccomp_notif_resp`. The flags are always 0: no answer of ours lets a call go on.
#[derive(Debug)]
#[repr(C)]
struct Answer {
    id: u64,
    value: i64,
    error: i32,
    flags: u32,
}

/// Waits for a call. NOENT: its caller has died meanwhile, or no process has the filter any more.
pub fn receive(listener: BorrowedFd<'_>) -> Result<Notification, Errno> {
    let mut found = Notification::default();
    // SAFETY: the request writes a `struct seccomp_notif`, which has to be all zeroes before.
    unsafe { ioctl(listener, RECEIVE, &mut found) }?;
    Ok(found)
}

/// Lets a call fail with an error. NOENT: its caller has died.
pub fn deny(listener: BorrowedFd<'_>, id: u64, errno: u32) -> Result<(), Errno> {
    let errno = i32::try_from(errno).map_err(|_| Errno::RANGE)?;
    let mut answer = Answer {
        id,
        value: 0,
        error: errno.wrapping_neg(),
        flags: 0,
    };
    // SAFETY: the request reads a `struct seccomp_notif_resp`.
    unsafe { ioctl(listener, SEND, &mut answer) }
}

/// Whether the caller still waits: if not, what was looked up by its id may be another process's.
pub fn is_waiting(listener: BorrowedFd<'_>, mut id: u64) -> bool {
    // SAFETY: the request reads a 64-bit number.
    unsafe { ioctl(listener, ID_VALID, &mut id) }.is_ok()
}

#[cfg(test)]
mod tests {
    use super::{Answer, ID_VALID, Notification, RECEIVE, SEND};

    #[test]
    fn a_requests_number_has_the_size_of_its_structure() {
        const SIZE_BITS: usize = 0x3fff;
        for (request, size) in [
            (RECEIVE, size_of::<Notification>()),
            (SEND, size_of::<Answer>()),
            (ID_VALID, size_of::<u64>()),
        ] {
            assert_eq!((request >> 16) & SIZE_BITS, size, "{request:x}");
        }
    }
}
