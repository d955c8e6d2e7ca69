//! `seccomp_unotify(2)`: the calls that a filter tells of, their answers, and the table of them.
#![expect(
    unsafe_code,
    reason = "the calls take pointers to structures, and pass descriptors"
)]

use super::call::{call, number_of};
use super::memory::map;
use core::mem::MaybeUninit;
use core::time::Duration;
use purple_plan::SourceLine;
use rustix::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd};
use rustix::io::{Errno, IoSlice, IoSliceMut};
use rustix::mm::MapFlags;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};

/// `struct seccomp_notif` of linux/seccomp.h.
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

/// `SECCOMP_IOCTL_NOTIF_*` (linux/seccomp.h).
const RECEIVE: usize = 0xC050_2100;
const SEND: usize = 0xC018_2101;
const ID_VALID: usize = 0x4008_2102;

fn ioctl(listener: BorrowedFd<'_>, request: usize, at: usize) -> Result<(), Errno> {
    const IOCTL: u32 = 16;
    // SAFETY: the callers pass the structure that the request takes, alive.
    unsafe { call(IOCTL, [number_of(listener), request, at, 0, 0, 0]) }.map(|_| ())
}

/// Waits for a call. NOENT: its caller has died meanwhile, or no process has the filter any more.
pub fn receive(listener: BorrowedFd<'_>) -> Result<Notification, Errno> {
    let mut found = Notification::default();
    ioctl(listener, RECEIVE, (&raw mut found).expose_provenance())?;
    Ok(found)
}

/// Lets a call fail with an error. NOENT: its caller has died.
pub fn deny(listener: BorrowedFd<'_>, id: u64, errno: u32) -> Result<(), Errno> {
    let error = i32::try_from(errno)
        .map_err(|_| Errno::RANGE)?
        .wrapping_neg();
    let answer = Answer {
        id,
        value: 0,
        error,
        flags: 0,
    };
    ioctl(listener, SEND, (&raw const answer).expose_provenance())
}

/// Whether the caller still waits: if not, what was looked up by its id may be another process's.
pub fn is_waiting(listener: BorrowedFd<'_>, id: u64) -> bool {
    ioctl(listener, ID_VALID, (&raw const id).expose_provenance()).is_ok()
}

/// The longest beginning of a path that is kept, in bytes.
pub const PATH_BYTES: usize = 256;

/// Denied calls that are alike in number and place: the first in full, and how many there were.
#[derive(Debug, Clone, Copy)]
pub struct Denied {
    /// How many.
    pub count: u64,
    /// When the first came, since 1970.
    pub at: Duration,
    /// The call, and the thread that made it.
    pub told: Notification,
    /// The error that it got.
    pub errno: u32,
    /// The place in the policy that says so.
    pub line: SourceLine,
    /// The thread's name: NULs behind it. All NULs where it could not be looked up.
    pub comm: [u8; 16],
    /// How many bytes of its path there are, and the path; none where it takes none or could not be
    /// read.
    pub path: (usize, [u8; PATH_BYTES]),
}

/// What was denied. The recorder writes it, and the supervisor reads it when the recorder is gone.
#[derive(Debug)]
pub struct Table {
    /// How many rows are in use.
    pub used: usize,
    /// How many calls found no row.
    pub beyond: u64,
    /// The rows.
    pub rows: [Denied; 256],
}

/// An empty table in memory that stays common to this process and the one it clones. One of the two
/// may use it at a time.
pub fn table() -> Result<&'static mut Table, Errno> {
    let start = map(size_of::<Table>(), MapFlags::SHARED)?;
    // SAFETY: page-aligned, large enough, never unmapped, and zeroes are a valid table: numbers,
    // a time of 0, no place. After a clone each process has its own name for the memory.
    Ok(unsafe { &mut *start.cast::<Table>() })
}

/// Sends a descriptor that a process with which we share our table has opened, and closes it.
pub fn hand_over(socket: BorrowedFd<'_>, number: u32) -> Result<(), Errno> {
    let number = i32::try_from(number).map_err(|_| Errno::BADF)?;
    // SAFETY: the other process has opened it in the table that we share, and leaves it to us.
    let fd = unsafe { OwnedFd::from_raw_fd(number) };
    let fds = [fd.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !control.push(SendAncillaryMessage::ScmRights(&fds)) {
        return Err(Errno::NOBUFS);
    }
    sendmsg(
        socket,
        &[IoSlice::new(b".")],
        &mut control,
        SendFlags::NOSIGNAL,
    )
    .map(|_| ())
}

/// Waits for a descriptor; `None` when the other end is closed without one.
pub fn take_over(socket: BorrowedFd<'_>) -> Result<Option<OwnedFd>, Errno> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    let flags = RecvFlags::CMSG_CLOEXEC;
    let _message = recvmsg(
        socket,
        &mut [IoSliceMut::new(&mut byte)],
        &mut control,
        flags,
    )?;
    let mut messages = control.drain();
    Ok(messages.find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut fds) => fds.next(),
        _ => None,
    }))
}
