//! statx(2) into memory that holds nothing. rustix leaves what was there before, which may be the answer to an earlier call: where a
//! call is answered and not made, that would be taken for its own.
#![expect(unsafe_code, reason = "statx writes to a structure")]

use crate::architecture::numbers;
use crate::call::{address_of, address_of_mut, call, number_of, word};
use core::mem::zeroed;
use rustix::fd::BorrowedFd;
use rustix::fs::{AtFlags, Statx, StatxFlags};
use rustix::io::Errno;

/// What statx(2) says of an open file. NOSYS where it does not say all that is wanted.
pub fn of_file(file: BorrowedFd<'_>, wanted: StatxFlags) -> Result<Statx, Errno> {
    // SAFETY: every field is a number or an array of numbers, of which zero is a value.
    let mut status: Statx = unsafe { zeroed() };
    let arguments = [
        number_of(file),
        address_of(c""),
        word(AtFlags::EMPTY_PATH.bits()),
        word(wanted.bits()),
        address_of_mut(&mut status),
        0,
    ];
    // SAFETY: the path is a C string, and `status` is what the call fills.
    let _zero = unsafe { call(numbers::STATX, arguments) }?;
    if status.stx_mask & wanted.bits() != wanted.bits() {
        return Err(Errno::NOSYS);
    }
    Ok(status)
}
