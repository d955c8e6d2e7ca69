//! ioctl(2) with a pointer to a structure.
#![expect(
    unsafe_code,
    reason = "what an ioctl reads and writes, its request says"
)]

use crate::architecture::numbers;
use crate::call::{address_of_mut, call, number_of};
use rustix::fd::AsFd;
use rustix::io::Errno;

/// Makes one request.
///
/// # Safety
///
/// `T` is the structure that the request reads and writes, in the kernel's layout.
pub(crate) unsafe fn ioctl<T>(
    fd: impl AsFd,
    request: usize,
    argument: &mut T,
) -> Result<(), Errno> {
    let arguments = [number_of(fd), request, address_of_mut(argument), 0, 0, 0];
    // SAFETY: the caller vouches for the structure, which is borrowed for this call.
    let _zero = unsafe { call(numbers::IOCTL, arguments) }?;
    Ok(())
}
