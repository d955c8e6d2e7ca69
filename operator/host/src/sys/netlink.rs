//! Netlink sockets (netlink(7)).
#![expect(
    unsafe_code,
    reason = "nix has them with a feature that brings much more"
)]

use super::{Result, call, descriptor};
use nix::errno::Errno;
use nix::libc;
use std::fs::File;

/// A socket of a protocol, which does not wait. What is written to it goes to the kernel, and a read takes one answer.
pub(crate) fn socket(protocol: u32) -> Result<File> {
    let argument = |number: i32| usize::try_from(number).map_err(|_| Errno::EINVAL);
    let kind = libc::SOCK_RAW | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    let protocol = usize::try_from(protocol).map_err(|_| Errno::EINVAL)?;
    let arguments = [argument(libc::AF_NETLINK)?, argument(kind)?, protocol];
    let [family, kind, protocol] = arguments;
    // SAFETY: numbers only.
    let found = unsafe { call(libc::SYS_socket, [family, kind, protocol, 0, 0, 0]) }?;
    descriptor(found).map(File::from)
}
