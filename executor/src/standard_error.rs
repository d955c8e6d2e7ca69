//! Standard error, written without waiting for whoever reads it.
//!
//! It is the caller's: a pipe that nobody reads, or a terminal that is stopped (`tcflow(3)`), would
//! hold a plain write up for good, and the program inside may be the one who has filled or stopped
//! it. What is said is never worth that: what does not go within [`PATIENCE`] is left out.

use crate::files::{open, write_all};
use core::sync::atomic::{AtomicBool, Ordering};
use purple_sys::descriptors;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, BorrowedFd};
use rustix::fs::{FileType, OFlags, fstat};
use rustix::io::{Errno, IoSlice, ReadWriteFlags, pwritev2};
use rustix::net::{SendFlags, send};

/// How long a line waits for room.
const PATIENCE: Timespec = Timespec {
    tv_sec: 1,
    tv_nsec: 0,
};

/// A write of at most so many bytes to a pipe goes as a whole (`PIPE_BUF`, pipe(7)).
const PIECE: usize = 4096;

/// Where a stream puts its bytes, by kind.
type Write<'w> = &'w dyn Fn(&[u8]) -> Result<usize, Errno>;

/// Whether one line was left out: the next ones do not wait again.
static HELD_UP: AtomicBool = AtomicBool::new(false);

/// Writes a line, or what goes of it. There is nowhere else to say what does not.
pub(crate) fn write(line: &[u8]) {
    let stream = descriptors::error();
    let Ok(status) = fstat(stream) else {
        return;
    };
    let written = match FileType::from_raw_mode(status.st_mode) {
        FileType::Fifo => write_to_reader(stream, line, PIECE),
        FileType::CharacterDevice => write_to_reader(stream, line, 1),
        FileType::Socket => write_patiently(stream, line, &|bytes| {
            send(stream, bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL)
        }),
        // A file is no one's to hold up.
        _ => write_all(stream, line),
    };
    if written == Err(Errno::TIMEDOUT) {
        HELD_UP.store(true, Ordering::Relaxed);
    }
}

/// Writes to a pipe or a terminal. `O_NONBLOCK` belongs to an open file, and this one is the
/// caller's: so it is opened again. One that another user has made cannot be: it is written to by
/// `piece`s, for which there is room where there is any.
fn write_to_reader(stream: BorrowedFd<'_>, line: &[u8], piece: usize) -> Result<(), Errno> {
    let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
    if let Ok(again) = open(c"/proc/self/fd/2", flags) {
        let write = |bytes: &[u8]| rustix::io::write(&again, bytes);
        return write_patiently(again.as_fd(), line, &write);
    }
    write_patiently(stream, line, &|bytes| {
        write_if_ready(stream, bytes.get(..piece).unwrap_or(bytes))
    })
}

/// Writes to what cannot be opened again. A kernel that knows no such write to a pipe (before Linux
/// 6.4) or to a terminal makes a plain one, and only where there was room just now.
fn write_if_ready(stream: BorrowedFd<'_>, bytes: &[u8]) -> Result<usize, Errno> {
    /// Where the file stands: minus one (preadv2(2)).
    const HERE: u64 = u64::MAX;
    wait_for_room(stream, Timespec::default())?;
    match pwritev2(stream, &[IoSlice::new(bytes)], HERE, ReadWriteFlags::NOWAIT) {
        Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => rustix::io::write(stream, bytes),
        written => written,
    }
}

/// Writes all of it, and waits for room now and then. TIMEDOUT: there was none for too long.
fn write_patiently(stream: BorrowedFd<'_>, line: &[u8], write: Write<'_>) -> Result<(), Errno> {
    let mut rest = line;
    while !rest.is_empty() {
        match write(rest.get(..PIECE).unwrap_or(rest)) {
            Ok(0) => return Err(Errno::IO),
            Ok(count) => rest = rest.get(count..).unwrap_or(&[]),
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) if HELD_UP.load(Ordering::Relaxed) => return Err(Errno::TIMEDOUT),
            Err(Errno::AGAIN) => match wait_for_room(stream, PATIENCE) {
                Err(Errno::AGAIN) => return Err(Errno::TIMEDOUT),
                waited => waited?,
            },
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// Waits until something can be written. AGAIN: for all that time nothing could.
fn wait_for_room(stream: BorrowedFd<'_>, patience: Timespec) -> Result<(), Errno> {
    let mut fds = [PollFd::from_borrowed_fd(stream, PollFlags::OUT)];
    match poll(&mut fds, Some(&patience)) {
        Ok(0) => Err(Errno::AGAIN),
        Ok(_) => Ok(()),
        Err(errno) => Err(errno),
    }
}
