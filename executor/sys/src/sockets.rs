//! Options of sockets that are an int (setsockopt(2), getsockopt(2)).
#![expect(unsafe_code, reason = "the calls take pointers to values")]

use crate::architecture::numbers;
use crate::call::{address_of, address_of_mut, call, number_of, word};
use rustix::fd::BorrowedFd;
use rustix::io::Errno;

/// The size of an option.
const INT: u32 = 4;

/// Sets an option, and looks whether it has the value.
pub fn set_option(fd: BorrowedFd<'_>, level: u32, name: u32, value: u32) -> Result<(), Errno> {
    let arguments = [
        number_of(fd),
        word(level),
        word(name),
        address_of(&value),
        word(INT),
        0,
    ];
    // SAFETY: an int of the length given, alive.
    let _zero = unsafe { call(numbers::SETSOCKOPT, arguments) }?;
    if option(fd, level, name)? == value {
        Ok(())
    } else {
        Err(Errno::NOSYS)
    }
}

/// An option's value. NOSYS where the kernel has written none.
fn option(fd: BorrowedFd<'_>, level: u32, name: u32) -> Result<u32, Errno> {
    const UNWRITTEN: u32 = u32::MAX;
    let mut value = UNWRITTEN;
    let mut length = INT;
    let arguments = [
        number_of(fd),
        word(level),
        word(name),
        address_of_mut(&mut value),
        address_of_mut(&mut length),
        0,
    ];
    // SAFETY: an int to write, and its length, which the kernel reads first.
    let _zero = unsafe { call(numbers::GETSOCKOPT, arguments) }?;
    if value == UNWRITTEN {
        return Err(Errno::NOSYS);
    }
    Ok(value)
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a test fails by panicking")]
mod tests {
    use super::{option, set_option};
    use rustix::fd::AsFd;
    use rustix::io::Errno;
    use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};

    /// `SOL_SOCKET`, `SO_KEEPALIVE` and `SO_ERROR` (asm-generic/socket.h).
    const SOCKET: u32 = 1;
    const KEEP_ALIVE: u32 = 9;
    const ERROR: u32 = 4;

    #[test]
    fn options_are_read_back() {
        let pair = socketpair(
            AddressFamily::UNIX,
            SocketType::SEQPACKET,
            SocketFlags::CLOEXEC,
            None,
        );
        let (one, _other) = pair.expect("two sockets");
        assert_eq!(option(one.as_fd(), SOCKET, KEEP_ALIVE), Ok(0));
        assert_eq!(set_option(one.as_fd(), SOCKET, KEEP_ALIVE, 1), Ok(()));
        assert_eq!(option(one.as_fd(), SOCKET, KEEP_ALIVE), Ok(1));
        // The kernel makes one of it.
        let kept = set_option(one.as_fd(), SOCKET, KEEP_ALIVE, 7);
        assert_eq!(kept, Err(Errno::NOSYS));
        let read_only = set_option(one.as_fd(), SOCKET, ERROR, 1);
        assert_eq!(read_only, Err(Errno::NOPROTOOPT));
    }
}
