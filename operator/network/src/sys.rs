//! The system calls that rustix does not have: all unsafe code of the helper.

#![expect(unsafe_code, reason = "system calls without a safe wrapper")]

use rustix::io::Errno;
use std::ffi::{c_int, c_void};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::{io, mem, ptr};

fn last() -> Errno {
    Errno::from_io_error(&io::Error::last_os_error()).unwrap_or(Errno::IO)
}

fn size_of<T>() -> libc::socklen_t {
    libc::socklen_t::try_from(mem::size_of::<T>()).unwrap_or(0)
}

/// A datagram's length, where it comes from and where it was sent to.
pub(crate) struct Received {
    pub(crate) length: usize,
    pub(crate) from: SocketAddr,
    pub(crate) to: SocketAddr,
}

/// Room for one control message with an address, aligned as `struct cmsghdr` must be.
#[repr(C, align(8))]
struct Control([u8; 128]);

/// Receives a datagram from a socket with `IP_RECVORIGDSTADDR` or `IPV6_RECVORIGDSTADDR` (ip(7)), without
/// waiting. `None`: one that does not say where it was sent to.
pub(crate) fn receive(
    socket: BorrowedFd<'_>,
    buffer: &mut [u8],
) -> Result<Option<Received>, Errno> {
    let mut vector = libc::iovec {
        iov_base: buffer.as_mut_ptr().cast(),
        iov_len: buffer.len(),
    };
    // SAFETY: all zero is a value of `sockaddr_storage`, which holds numbers alone.
    let mut from: libc::sockaddr_storage = unsafe { mem::zeroed() };
    let mut control = Control([0; 128]);
    // SAFETY: all zero is a value of `msghdr`: numbers, and pointers that may be null.
    let mut message: libc::msghdr = unsafe { mem::zeroed() };
    message.msg_name = (&raw mut from).cast();
    message.msg_namelen = size_of::<libc::sockaddr_storage>();
    message.msg_iov = &raw mut vector;
    message.msg_iovlen = 1;
    message.msg_control = (&raw mut control).cast();
    message.msg_controllen = mem::size_of::<Control>();
    // SAFETY: every pointer in `message` is to a local variable or to `buffer`, which outlive the call, with
    // the length that the field beside it says.
    let length = unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut message, libc::MSG_DONTWAIT) };
    let length = usize::try_from(length).map_err(|_| last())?;
    let Some(from) = address(&from) else {
        return Ok(None);
    };
    Ok(destination(&message).map(|to| Received { length, from, to }))
}

/// The address in a control message that says where a datagram was sent to.
fn destination(message: &libc::msghdr) -> Option<SocketAddr> {
    // SAFETY: `message` was filled in by recvmsg(2), and its control buffer lives: it is a local variable
    // of the only caller.
    let mut header = unsafe { libc::CMSG_FIRSTHDR(message) };
    while !header.is_null() {
        // SAFETY: `CMSG_FIRSTHDR` and `CMSG_NXTHDR` give null or a header that is whole inside the buffer,
        // and the buffer is aligned for it.
        let read = unsafe { ptr::read(header) };
        let long = match (read.cmsg_level, read.cmsg_type) {
            (libc::SOL_IP, libc::IP_ORIGDSTADDR) => mem::size_of::<libc::sockaddr_in>(),
            (libc::SOL_IPV6, libc::IPV6_ORIGDSTADDR) => mem::size_of::<libc::sockaddr_in6>(),
            _ => 0,
        };
        // SAFETY: it computes a number out of a number.
        let needed = unsafe { libc::CMSG_LEN(u32::try_from(long).ok()?) };
        if long != 0 && read.cmsg_len >= usize::try_from(needed).ok()? {
            // SAFETY: as above, zero is a value of it.
            let mut storage: libc::sockaddr_storage = unsafe { mem::zeroed() };
            // SAFETY: it computes the place behind a header that is inside the buffer.
            let data = unsafe { libc::CMSG_DATA(header) };
            // SAFETY: the message has at least `long` bytes of data, as was just compared with its length,
            // which the kernel keeps within the buffer; `storage` is larger than both addresses.
            unsafe {
                ptr::copy_nonoverlapping(data, (&raw mut storage).cast::<u8>(), long);
            }
            return address(&storage);
        }
        // SAFETY: as for `CMSG_FIRSTHDR`; `header` came from it.
        header = unsafe { libc::CMSG_NXTHDR(message, header) };
    }
    None
}

/// The address in a socket address of the kernel's.
fn address(storage: &libc::sockaddr_storage) -> Option<SocketAddr> {
    match c_int::from(storage.ss_family) {
        libc::AF_INET => {
            // SAFETY: `sockaddr_storage` is larger than `sockaddr_in` and aligned for it; the family says
            // which it is, and any bytes are a value of it.
            let inet: libc::sockaddr_in = unsafe { ptr::read(ptr::from_ref(storage).cast()) };
            Some(SocketAddr::new(
                Ipv4Addr::from(inet.sin_addr.s_addr.to_ne_bytes()).into(),
                u16::from_be(inet.sin_port),
            ))
        }
        libc::AF_INET6 => {
            // SAFETY: as above, for `sockaddr_in6`.
            let inet: libc::sockaddr_in6 = unsafe { ptr::read(ptr::from_ref(storage).cast()) };
            Some(SocketAddr::new(
                Ipv6Addr::from(inet.sin6_addr.s6_addr).into(),
                u16::from_be(inet.sin6_port),
            ))
        }
        _ => None,
    }
}

/// Takes a descriptor that this program was started with.
///
/// It must be called at most once for each number, before anything else opens descriptors.
pub(crate) fn inherited(number: i32) -> Result<OwnedFd, Errno> {
    if number < 3 {
        return Err(Errno::BADF);
    }
    // SAFETY: fcntl(F_GETFD) takes no pointer, and changes nothing.
    if unsafe { libc::fcntl(number, libc::F_GETFD) } < 0 {
        return Err(last());
    }
    // SAFETY: it is open, it is none of the standard streams, and nothing in this program owns it: the
    // callers take each number once, at the start of `main`.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Closes every descriptor from `first` to `last` (`close_range(2)`, Linux 5.9).
pub(crate) fn close_range(first: u32, last_one: u32) -> Result<(), Errno> {
    if first > last_one {
        return Ok(());
    }
    // SAFETY: no pointer is passed. The callers give numbers between those that they own.
    let result = unsafe { libc::syscall(libc::SYS_close_range, first, last_one, 0) };
    if result == 0 { Ok(()) } else { Err(last()) }
}

/// unshare(2) with `CLONE_NEWUSER`.
pub(crate) fn new_user_namespace() -> Result<(), Errno> {
    // SAFETY: no pointer is passed, and no descriptor table is unshared.
    let result = unsafe { libc::unshare(libc::CLONE_NEWUSER) };
    if result == 0 { Ok(()) } else { Err(last()) }
}

/// `struct landlock_ruleset_attr` (linux/landlock.h), with the fields of its sixth version.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub(crate) struct Ruleset {
    pub(crate) files: u64,
    pub(crate) net: u64,
    pub(crate) scoped: u64,
}

/// `struct landlock_net_port_attr`.
#[repr(C)]
struct PortRule {
    access: u64,
    port: u64,
}

/// `LANDLOCK_CREATE_RULESET_VERSION`, `LANDLOCK_RULE_NET_PORT`.
const RULESET_VERSION: u32 = 1;
const NET_PORT: u32 = 2;

/// The version of Landlock that the kernel has.
pub(crate) fn landlock_version() -> Result<i64, Errno> {
    // SAFETY: with this flag the kernel wants a null pointer and a size of 0, and writes nothing.
    let version = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            ptr::null::<c_void>(),
            0_usize,
            RULESET_VERSION,
        )
    };
    if version > 0 {
        Ok(version)
    } else {
        Err(last())
    }
}

/// A new ruleset. The kernel takes a longer structure than it knows, if what it does not know is 0.
pub(crate) fn landlock_ruleset(ruleset: Ruleset) -> Result<OwnedFd, Errno> {
    // SAFETY: the kernel reads `size_of::<Ruleset>()` bytes from a local variable of that size.
    let number = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            &raw const ruleset,
            mem::size_of::<Ruleset>(),
            0_u32,
        )
    };
    match i32::try_from(number) {
        // SAFETY: the call gave a new descriptor, which nothing else owns.
        Ok(number) if number >= 0 => Ok(unsafe { OwnedFd::from_raw_fd(number) }),
        _ => Err(last()),
    }
}

/// Allows `access` to a TCP port.
pub(crate) fn landlock_port(set: BorrowedFd<'_>, access: u64, port: u16) -> Result<(), Errno> {
    let rule = PortRule {
        access,
        port: u64::from(port),
    };
    // SAFETY: the kernel reads a `landlock_net_port_attr` from a local variable of that layout.
    let result = unsafe {
        libc::syscall(
            libc::SYS_landlock_add_rule,
            set.as_raw_fd(),
            NET_PORT,
            &raw const rule,
            0_u32,
        )
    };
    if result == 0 { Ok(()) } else { Err(last()) }
}

/// Restricts this thread, the only one.
pub(crate) fn landlock_restrict(set: BorrowedFd<'_>) -> Result<(), Errno> {
    // SAFETY: no pointer is passed.
    let result = unsafe { libc::syscall(libc::SYS_landlock_restrict_self, set.as_raw_fd(), 0_u32) };
    if result == 0 { Ok(()) } else { Err(last()) }
}

/// Puts a program before every system call from now on (seccomp(2)); it needs `no_new_privs`.
pub(crate) fn seccomp(program: &[libc::sock_filter]) -> Result<(), Errno> {
    let program = libc::sock_fprog {
        len: u16::try_from(program.len()).map_err(|_| Errno::INVAL)?,
        filter: program.as_ptr().cast_mut(),
    };
    // SAFETY: the kernel reads `len` instructions from the slice, which outlives the call, and writes none.
    let result = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            0_u32,
            &raw const program,
        )
    };
    if result == 0 { Ok(()) } else { Err(last()) }
}
