//! Bringing the loopback interface up (netdevice(7)).
#![expect(unsafe_code, reason = "the ioctl takes a pointer to a structure")]

use crate::ioctl::ioctl;
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType};

/// `SIOCGIFFLAGS` and `SIOCSIFFLAGS` (linux/sockios.h).
const GET_FLAGS: usize = 0x8913;
const SET_FLAGS: usize = 0x8914;
/// `IFF_UP` (linux/if.h).
const UP: u16 = 1;

/// `struct ifreq` of linux/if.h with the flags member of its union.
#[repr(C)]
struct InterfaceRequest {
    name: [u8; 16],
    flags: u16,
    rest: [u8; 22],
}

/// Sets the interface up, and reads back that it is.
pub fn bring_up() -> Result<(), Errno> {
    let socket = rustix::net::socket_with(
        AddressFamily::INET,
        SocketType::DGRAM,
        SocketFlags::CLOEXEC,
        None,
    )?;
    let mut request = InterfaceRequest {
        name: *b"lo\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        flags: 0,
        rest: [0; 22],
    };
    make(&socket, GET_FLAGS, &mut request)?;
    request.flags |= UP;
    make(&socket, SET_FLAGS, &mut request)?;
    make(&socket, GET_FLAGS, &mut request)?;
    if request.flags & UP == 0 {
        return Err(Errno::NETDOWN);
    }
    Ok(())
}

fn make(socket: &OwnedFd, operation: usize, request: &mut InterfaceRequest) -> Result<(), Errno> {
    // SAFETY: both operations read and write one `struct ifreq`.
    unsafe { ioctl(socket, operation, request) }
}
