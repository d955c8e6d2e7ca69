//! Locks of an open file description on a byte of a file (fcntl(2), "Open file description locks").
//!
//! A lock for reading needs no more than that the file is open for reading, so a directory can have one, and
//! no program has one for writing there, which would be in its way. It goes when the description does.
#![expect(unsafe_code, reason = "fcntl takes a pointer to a structure")]

use crate::architecture::numbers;
use crate::call::{address_of_mut, call, number_of};
use rustix::fd::AsFd;
use rustix::io::Errno;

/// `F_OFD_GETLK` and `F_OFD_SETLK` (asm-generic/fcntl.h).
const GET: usize = 36;
const SET: usize = 37;
/// `F_RDLCK`, `F_WRLCK` and `F_UNLCK` (asm-generic/fcntl.h).
const READ: i16 = 0;
const WRITE: i16 = 1;
const NONE: i16 = 2;

/// `struct flock` of asm-generic/fcntl.h, with 64-bit offsets from the start of the file (`SEEK_SET`).
#[repr(C)]
struct Flock {
    kind: i16,
    whence: i16,
    start: i64,
    length: i64,
    pid: i32,
}

/// Shares the lock of a byte with whoever else has it so. It never waits.
pub fn share(file: impl AsFd, byte: i64) -> Result<(), Errno> {
    let _own = lock(file, SET, READ, byte)?;
    Ok(())
}

/// Gives the lock of a byte up.
pub fn release(file: impl AsFd, byte: i64) -> Result<(), Errno> {
    let _own = lock(file, SET, NONE, byte)?;
    Ok(())
}

/// Whether another description has the lock of a byte: one for writing would be in its way.
pub fn is_held_by_another(file: impl AsFd, byte: i64) -> Result<bool, Errno> {
    Ok(lock(file, GET, WRITE, byte)? != NONE)
}

fn lock(file: impl AsFd, command: usize, kind: i16, byte: i64) -> Result<i16, Errno> {
    let mut lock = Flock {
        kind,
        whence: 0,
        start: byte,
        length: 1,
        pid: 0,
    };
    let arguments = [number_of(file), command, address_of_mut(&mut lock), 0, 0, 0];
    // SAFETY: both commands read and write one `struct flock`, which is borrowed for this call.
    let _zero = unsafe { call(numbers::FCNTL, arguments) }?;
    Ok(lock.kind)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::{is_held_by_another, release, share};
    use rustix::fs::{Mode, OFlags, open};

    #[test]
    fn a_directory_tells_who_shares_a_byte() {
        let dir = || open(c"/", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).unwrap();
        let (one, other) = (dir(), dir());
        // Nobody else asks for these bytes.
        let byte = 1 << 40 | i64::from(rustix::process::getpid().as_raw_nonzero().get());
        assert_eq!(is_held_by_another(&one, byte), Ok(false));
        assert_eq!(share(&other, byte), Ok(()));
        assert_eq!(is_held_by_another(&one, byte), Ok(true));
        assert_eq!(is_held_by_another(&other, byte), Ok(false), "its own");
        assert_eq!(share(&one, byte), Ok(()), "it is shared");
        assert_eq!(release(&other, byte), Ok(()));
        assert_eq!(is_held_by_another(&one, byte), Ok(false));
        assert_eq!(is_held_by_another(&other, byte), Ok(true));
    }
}
