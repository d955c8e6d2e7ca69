//! File descriptors by number: the standard ones, the caller's, closing all others
//! (`close_range(2)`), passing one to another process (unix(7), `SCM_RIGHTS`), and whether two are of
//! one open file (kcmp(2)).
#![expect(
    unsafe_code,
    reason = "a number says nothing about who owns the descriptor"
)]

use crate::architecture::numbers;
use crate::call::{call, number_of, word};
use core::mem::MaybeUninit;
use rustix::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd};
use rustix::io::{Errno, IoSlice, IoSliceMut};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};

/// The first descriptor that is not a standard one.
const FIRST: u32 = 3;
/// `F_GETFD` (asm-generic/fcntl.h).
const F_GETFD: usize = 1;

/// Standard input. It is open, as the next two are: the first thing a run does is to see to that.
pub fn input() -> BorrowedFd<'static> {
    // SAFETY: nothing here closes descriptor 0.
    unsafe { BorrowedFd::borrow_raw(0) }
}

/// Standard output.
pub fn output() -> BorrowedFd<'static> {
    // SAFETY: nothing here closes descriptor 1.
    unsafe { BorrowedFd::borrow_raw(1) }
}

/// Standard error.
pub fn error() -> BorrowedFd<'static> {
    // SAFETY: nothing here closes descriptor 2.
    unsafe { BorrowedFd::borrow_raw(2) }
}

/// A descriptor that the kernel has just made. NOSYS for the number of a standard one: these are open,
/// so the kernel has made none: the answer is not the kernel's.
pub fn made(fd: OwnedFd) -> Result<OwnedFd, Errno> {
    if u32::try_from(fd.as_raw_fd()).is_ok_and(|number| number >= FIRST) {
        return Ok(fd);
    }
    // It is the caller's, and stays open.
    let _number = fd.into_raw_fd();
    Err(Errno::NOSYS)
}

/// A descriptor of our own for what the caller has open by this number.
pub fn duplicate(number: i32) -> Result<OwnedFd, Errno> {
    if number < 0 {
        return Err(Errno::BADF);
    }
    // SAFETY: not -1, borrowed for this call only, and the kernel says when nothing is open there.
    let theirs = unsafe { BorrowedFd::borrow_raw(number) };
    made(rustix::io::fcntl_dupfd_cloexec(theirs, 3)?)
}

/// Closes every file descriptor but the standard ones and `kept`. False where some are still open
/// although the kernel is said to have closed them.
pub fn close_all_but(kept: &[Option<BorrowedFd<'_>>]) -> Result<bool, Errno> {
    let mut first = FIRST;
    let mut closed = true;
    // The standard ones stay anyway.
    while let Some(next) = kept
        .iter()
        .flatten()
        .filter_map(|fd| u32::try_from(fd.as_raw_fd()).ok())
        .filter(|&number| number >= first)
        .min()
    {
        if next > first {
            closed = close_range(first, next.saturating_sub(1))? && closed;
        }
        first = next.saturating_add(1);
    }
    Ok(close_range(first, u32::MAX)? && closed)
}

/// Closes a range, and looks whether one of it is closed that was open just before: the kernel closes
/// all of a range or none.
fn close_range(first: u32, last: u32) -> Result<bool, Errno> {
    let open = open_in(first, last)?;
    let arguments = [word(first), word(last), 0, 0, 0, 0];
    // SAFETY: numbers only. Descriptors that Rust values own are closed behind their back, so the
    // callers use none of these afterwards, and never return to code that does.
    let _zero = unsafe { call(numbers::CLOSE_RANGE, arguments) }?;
    Ok(!is_open(open))
}

/// The number of a descriptor of a range that is open, made for it where there is room.
fn open_in(first: u32, last: u32) -> Result<u32, Errno> {
    let wanted = i32::try_from(first).map_err(|_| Errno::BADF)?;
    let made = match rustix::io::fcntl_dupfd_cloexec(input(), wanted) {
        Ok(made) => u32::try_from(made.into_raw_fd()).map_err(|_| Errno::BADF)?,
        // All that this process may have are open, so the first is; or it may have none so high.
        Err(Errno::MFILE | Errno::INVAL) => return Ok(first),
        Err(errno) => return Err(errno),
    };
    // Where it is behind the range, all of the range were open before.
    Ok(if made <= last { made } else { first })
}

fn is_open(number: u32) -> bool {
    let arguments = [word(number), F_GETFD, 0, 0, 0, 0];
    // SAFETY: numbers only; the request reads a flag.
    let answer = unsafe { call(numbers::FCNTL, arguments) };
    answer != Err(Errno::BADF)
}

/// Sends a descriptor that a process with which we share our table has opened, and closes it.
pub fn send(socket: BorrowedFd<'_>, number: u32) -> Result<(), Errno> {
    let number = i32::try_from(number).map_err(|_| Errno::BADF)?;
    // SAFETY: the other process has opened it in the table that we share, and leaves it to us.
    let fd = unsafe { OwnedFd::from_raw_fd(number) };
    pass(socket, b'.', Some(fd.as_fd()))
}

/// Waits for a descriptor; `None` when the other end is closed without one.
pub fn receive(socket: BorrowedFd<'_>) -> Result<Option<OwnedFd>, Errno> {
    let passed = take(socket, RecvFlags::CMSG_CLOEXEC)?;
    Ok(passed.and_then(|passed| passed.fd))
}

/// What one process has told another.
#[derive(Debug)]
pub struct Passed {
    /// Its word.
    pub word: u8,
    /// A descriptor of ours for what it has open.
    pub fd: Option<OwnedFd>,
}

/// Sends a word, and with it a descriptor or none. AGAIN where there is no room: who is to take it may be
/// stopped, and this does not wait.
pub fn pass(socket: BorrowedFd<'_>, word: u8, fd: Option<BorrowedFd<'_>>) -> Result<(), Errno> {
    let word = [word];
    let bytes = [IoSlice::new(&word)];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let fds;
    if let Some(fd) = fd {
        fds = [fd];
        if !control.push(SendAncillaryMessage::ScmRights(&fds)) {
            return Err(Errno::NOBUFS);
        }
    }
    let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
    match sendmsg(socket, &bytes, &mut control, flags)? {
        1 => Ok(()),
        // The kernel sends the word, or says why not.
        _ => Err(Errno::NOSYS),
    }
}

/// Takes a word that is there already: AGAIN where there is none yet, `None` when the other end is
/// closed.
pub fn take_passed(socket: BorrowedFd<'_>) -> Result<Option<Passed>, Errno> {
    take(socket, RecvFlags::CMSG_CLOEXEC | RecvFlags::DONTWAIT)
}

fn take(socket: BorrowedFd<'_>, flags: RecvFlags) -> Result<Option<Passed>, Errno> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut word = [0];
    let mut bytes = [IoSliceMut::new(&mut word)];
    let message = recvmsg(socket, &mut bytes, &mut control, flags)?;
    if message.bytes == 0 {
        return Ok(None);
    }
    let mut fd = None;
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(mut fds) = message {
            fd = fds.next();
        }
    }
    let [word] = word;
    Ok(Some(Passed { word, fd }))
}

/// Whether two descriptors of this process are of one open file, with one position and one set of
/// flags; an error where the kernel does not say.
pub fn is_one_open_file(one: BorrowedFd<'_>, other: BorrowedFd<'_>) -> Result<bool, Errno> {
    /// `KCMP_FILE` (linux/kcmp.h).
    const FILE: usize = 0;
    let process = usize::try_from(rustix::process::getpid().as_raw_pid()).unwrap_or(0);
    let arguments = [process, process, FILE, number_of(one), number_of(other), 0];
    // SAFETY: numbers only.
    let order = unsafe { call(numbers::KCMP, arguments) }?;
    Ok(order == 0)
}
