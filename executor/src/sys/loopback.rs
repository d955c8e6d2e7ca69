//! Bringing the loopback interface up (netdevice(7)).
#![expect(unsafe_code, reason = "the ioctl takes a pointer to a structure")]

use super::call::{call, number_of};
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType};

/// `struct ifreq` of linux/if.h with the flags member of its union.
#[repr(C)]
struct Request {
    name: [u8; 16],
    flags: u16,
    rest: [u8; 22],
}

const GET_FLAGS: usize = 0x8913;
const SET_FLAGS: usize = 0x8914;
const UP: u16 = 1;

/// Sets the interface up and reads back that it is.
pub fn bring_up() -> Result<(), Errno> {
    let socket = rustix::net::socket_with(
        AddressFamily::INET,
        SocketType::DGRAM,
        SocketFlags::CLOEXEC,
        None,
    )?;
    let name = *b"lo\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    let mut request = Request {
        name,
        flags: 0,
        rest: [0; 22],
    };
    ioctl(&socket, GET_FLAGS, &mut request)?;
    request.flags |= UP;
    ioctl(&socket, SET_FLAGS, &mut request)?;
    ioctl(&socket, GET_FLAGS, &mut request)?;
    if request.flags & UP == 0 {
        Err(Errno::NETDOWN)
    } else {
        Ok(())
    }
}

fn ioctl(socket: &OwnedFd, operation: usize, request: &mut Request) -> Result<(), Errno> {
    const IOCTL: u32 = 16;
    let request = (&raw mut *request).expose_provenance();
    // SAFETY: both operations read and write one `struct ifreq`, which this is, alive.
    unsafe { call(IOCTL, [number_of(socket), operation, request, 0, 0, 0]) }.map(|_| ())
}
