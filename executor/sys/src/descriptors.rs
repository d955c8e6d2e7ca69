//! File descriptors by number: the standard ones, the caller's, closing all others
//! (`close_range(2)`), passing one to another process (unix(7), `SCM_RIGHTS`), and whether two are of
//! one open file (kcmp(2)).
#![expect(
    unsafe_code,
    reason = "a number says nothing about who owns the descriptor"
)]

use crate::architecture::numbers;
use crate::call::{address_of, address_of_mut, call, number_of, word};
use rustix::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd};
use rustix::io::Errno;

/// The first descriptor that is not a standard one.
const FIRST: u32 = 3;
/// `F_GETFD` (asm-generic/fcntl.h).
const F_GETFD: usize = 1;

/// `SOL_SOCKET` and `SCM_RIGHTS` (linux/socket.h).
const SOCKET: u32 = 1;
const RIGHTS: u32 = 1;
/// `MSG_DONTWAIT`, `MSG_NOSIGNAL` and `MSG_CMSG_CLOEXEC` (linux/socket.h).
const WITHOUT_WAITING: u32 = 0x40;
const WITHOUT_SIGNAL: u32 = 0x4000;
const CLOSED_AT_EXEC: u32 = 0x4000_0000;

/// The most descriptors in one message here.
pub const MOST: usize = 16;

/// `struct cmsghdr` of linux/socket.h, and the descriptors behind it.
#[repr(C)]
struct Control {
    /// How many bytes it has with its descriptors: 16 of its own and 4 for each.
    length: usize,
    level: u32,
    kind: u32,
    fds: [i32; MOST],
}

/// A control message with nothing in it.
const NO_CONTROL: Control = Control {
    length: 0,
    level: 0,
    kind: 0,
    fds: [-1; MOST],
};

/// The bytes of one with so many descriptors.
const fn control_length(fds: usize) -> usize {
    fds.saturating_mul(4).saturating_add(16)
}

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
    let passed = take(socket, 0)?;
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

/// Sends a word, and with it a descriptor or none, as [`pass_all`] does.
pub fn pass(socket: BorrowedFd<'_>, word: u8, fd: Option<BorrowedFd<'_>>) -> Result<(), Errno> {
    pass_all(socket, word, fd.as_slice())
}

/// Sends a word, and with it descriptors, at most [`MOST`]. AGAIN where there is no room: who is to take it may be
/// stopped, and this does not wait.
pub fn pass_all(socket: BorrowedFd<'_>, text: u8, fds: &[BorrowedFd<'_>]) -> Result<(), Errno> {
    let mut control = Control {
        length: control_length(fds.len()),
        level: SOCKET,
        kind: RIGHTS,
        ..NO_CONTROL
    };
    if fds.len() > MOST {
        return Err(Errno::NOBUFS);
    }
    for (number, fd) in control.fds.iter_mut().zip(fds) {
        *number = fd.as_raw_fd();
    }
    let used = if fds.is_empty() { 0 } else { control.length };
    let vector = [address_of(&text), 1];
    let message = [0, 0, address_of(&vector), 1, address_of(&control), used, 0];
    let flags = word(WITHOUT_SIGNAL | WITHOUT_WAITING);
    let arguments = [number_of(socket), address_of(&message), flags, 0, 0, 0];
    // SAFETY: `struct msghdr` as the kernel has it on 64 bits: no name, one vector (`struct iovec`) with the one byte, and a
    // control message of the length given, which `Control` has room for. All of them are alive, and read only.
    match unsafe { call(numbers::SENDMSG, arguments) }? {
        1 => Ok(()),
        // The kernel sends the word, or says why not.
        _ => Err(Errno::NOSYS),
    }
}

/// Takes a word that is there already: AGAIN where there is none yet, `None` when the other end is
/// closed.
pub fn take_passed(socket: BorrowedFd<'_>) -> Result<Option<Passed>, Errno> {
    take(socket, WITHOUT_WAITING)
}

/// There is room for one descriptor: the kernel opens no other (`scm_detach_fds` of net/core/scm.c).
fn take(socket: BorrowedFd<'_>, flags: u32) -> Result<Option<Passed>, Errno> {
    const ONE: usize = control_length(1);
    let (mut text, mut control) = (0_u8, NO_CONTROL);
    let mut vector = [address_of_mut(&mut text), 1];
    let (vectors, controls) = (address_of_mut(&mut vector), address_of_mut(&mut control));
    let mut message = [0, 0, vectors, 1, controls, ONE, 0];
    let flags = word(flags | CLOSED_AT_EXEC);
    let arguments = [
        number_of(socket),
        address_of_mut(&mut message),
        flags,
        0,
        0,
        0,
    ];
    // SAFETY: as in `pass_all`; the kernel writes the one byte, a control message of at most the length given, and how long
    // it is.
    if unsafe { call(numbers::RECVMSG, arguments) }? == 0 {
        return Ok(None);
    }
    let Control {
        length,
        level,
        kind,
        fds: [number, ..],
    } = control;
    let is_one = (length, level, kind) == (ONE, SOCKET, RIGHTS) && number >= 0;
    // SAFETY: the kernel has just opened it for us, and nobody else knows its number.
    let fd = is_one.then(|| unsafe { OwnedFd::from_raw_fd(number) });
    Ok(Some(Passed { word: text, fd }))
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

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a test fails by panicking")]
mod tests {
    use super::{MOST, pass, pass_all, receive, take_passed};
    use rustix::fd::{AsFd, OwnedFd};
    use rustix::io::{Errno, FdFlags, fcntl_getfd, read, write};
    use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};

    fn pair() -> (OwnedFd, OwnedFd) {
        of_kind(SocketType::SEQPACKET)
    }

    fn of_kind(kind: SocketType) -> (OwnedFd, OwnedFd) {
        let pair = socketpair(AddressFamily::UNIX, kind, SocketFlags::CLOEXEC, None);
        pair.expect("two sockets")
    }

    #[test]
    fn more_descriptors_than_there_is_room_for() {
        let (one, _other) = pair();
        let fds = [one.as_fd(); MOST + 1];
        assert_eq!(pass_all(one.as_fd(), b's', &fds[..MOST]), Ok(()));
        assert_eq!(pass_all(one.as_fd(), b's', &fds), Err(Errno::NOBUFS));
    }

    #[test]
    fn a_word_comes_with_the_descriptor_that_was_sent_or_with_none() {
        let (one, other) = pair();
        let nothing = take_passed(other.as_fd()).map(|_| ());
        assert_eq!(nothing, Err(Errno::AGAIN));
        let (reader, writer) = of_kind(SocketType::STREAM);
        assert_eq!(pass(one.as_fd(), b'a', None), Ok(()));
        assert_eq!(pass(one.as_fd(), b'b', Some(writer.as_fd())), Ok(()));
        let fds = [writer.as_fd(), writer.as_fd(), writer.as_fd()];
        assert_eq!(pass_all(one.as_fd(), b'c', &fds), Ok(()));
        assert_eq!(pass(one.as_fd(), b'd', Some(writer.as_fd())), Ok(()));
        drop(writer);

        let next = || take_passed(other.as_fd()).expect("a message").expect("one");
        let first = next();
        assert!(first.word == b'a' && first.fd.is_none());
        let second = next();
        let third = next();
        assert_eq!((second.word, third.word), (b'b', b'c'));
        let fourth = receive(other.as_fd()).expect("a message");
        for fd in [second.fd, third.fd, fourth] {
            let fd = fd.expect("a descriptor");
            assert_eq!(fcntl_getfd(&fd), Ok(FdFlags::CLOEXEC));
            assert_eq!(write(&fd, b"x"), Ok(1));
        }
        // No other is open: there is an end behind what was written.
        let mut bytes = [0; 8];
        assert_eq!(read(&reader, &mut bytes[..]), Ok(3));
        assert_eq!(read(&reader, &mut bytes[..]), Ok(0));
        drop(one);
        assert!(take_passed(other.as_fd()).is_ok_and(|end| end.is_none()));
    }
}
