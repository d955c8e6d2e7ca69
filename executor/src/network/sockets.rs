//! The sockets that are made inside for the helper, with options that take `CAP_NET_ADMIN` (ip(7), socket(7),
//! `linux/netfilter/nfnetlink_log.h`). What was asked is read back.

use super::netlink::{ACKNOWLEDGE, ANSWER_TO_ONE, Request, STEP, answer, answer_to_asked, ask};
use crate::message::{EMULATED, OrRefuse, Refused, refuse};
use core::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4, SocketAddrV6};
use core::num::NonZeroU32;
use purple_plan::{NetSocket, net_socket_flags};
use purple_sys::descriptors::{MOST, made, pass_all};
use purple_sys::sockets::set_option;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, Protocol, SocketFlags, SocketType, bind, getsockname, listen, socket_with,
    sockopt,
};

/// `SOL_IP`, `SOL_SOCKET`, `SOL_IPV6` and `SOL_NETLINK` (linux/socket.h).
const IP: u32 = 0;
const SOCKET: u32 = 1;
const IPV6: u32 = 41;
const NETLINK: u32 = 270;

/// `SO_MARK` (asm-generic/socket.h), and the mark of packets that the helper sends again.
const MARK: u32 = 36;
const SENT_AGAIN: u32 = 0x77;
/// `IP_TRANSPARENT` and `IPV6_TRANSPARENT` (linux/in.h, linux/in6.h).
const TRANSPARENT: [(u32, u32); 2] = [(IP, 19), (IPV6, 75)];
/// `IP_RECVORIGDSTADDR` and `IPV6_RECVORIGDSTADDR`.
const ORIGINAL_DESTINATION: [(u32, u32); 2] = [(IP, 20), (IPV6, 74)];
/// `NETLINK_NO_ENOBUFS` (linux/netlink.h): what does not fit is missing, and the numbers of packets show it.
const NO_OVERRUNS: u32 = 5;

/// How many connections may wait to be accepted; the kernel has its own limit too (listen(2)).
const BACKLOG: i32 = 4096;
/// How many bytes of logged packets may wait, as far as the host lets a user.
const LOGGED: usize = 4 << 20;

/// `NFNL_SUBSYS_ULOG` and `NFULNL_MSG_CONFIG`.
const CONFIGURE: u16 = 4 << 8 | 1;
/// `NFULA_CFG_CMD` with `NFULNL_CFG_CMD_BIND`; `NFULA_CFG_MODE` with 128 bytes and `NFULNL_COPY_PACKET`;
/// `NFULA_CFG_TIMEOUT` of 0 and `NFULA_CFG_QTHRESH` of 1, so that no packet waits for others;
/// `NFULA_CFG_FLAGS` with `NFULNL_CFG_F_SEQ`. Numbers of attributes are in the processor's order (little
/// endian, as the plan's batches), values in the network's.
const BIND: [u8; 8] = [5, 0, 1, 0, 1, 0, 0, 0];
const SETTINGS: [u8; 36] = [
    10, 0, 2, 0, 0, 0, 0, 128, 2, 0, 0, 0, // the mode
    8, 0, 4, 0, 0, 0, 0, 0, // the time
    8, 0, 5, 0, 0, 0, 0, 1, // how many
    6, 0, 6, 0, 0, 1, 0, 0, // the flags
];

/// Makes every socket of the plan, and hands them to the helper in the plan's order.
pub(super) fn hand_over(
    sockets: impl Iterator<Item = NetSocket>,
    helper: BorrowedFd<'_>,
) -> Result<(), Refused> {
    let mut made = [const { None::<OwnedFd> }; MOST];
    let mut count = 0_usize;
    for socket in sockets {
        let number = u64::try_from(count).unwrap_or(u64::MAX);
        let slot = made
            .get_mut(count)
            .ok_or_else(|| refuse!(STEP, "the plan has too many sockets"))?;
        let failed = |errno| match errno {
            Errno::NOSYS => refuse!(STEP, "socket ", number, EMULATED),
            _ => refuse!(STEP, "socket ", number, errno),
        };
        *slot = Some(make(&socket).map_err(failed)?);
        count = count.saturating_add(1);
    }
    let mut fds = [helper; MOST];
    for (fd, made) in fds.iter_mut().zip(made.iter().flatten()) {
        *fd = made.as_fd();
    }
    let fds = fds.get(..count).unwrap_or(&[]);
    match pass_all(helper, b's', fds) {
        // It has ended, and has said why or not: whoever waits for it finds that out.
        Err(Errno::PIPE | Errno::CONNRESET) => Ok(()),
        passed => passed.or_refuse(STEP, "handing the sockets to purple-net"),
    }
}

/// Makes one. NOSYS where something was answered with success and not done.
#[inline(never)]
fn make(wanted: &NetSocket) -> Result<OwnedFd, Errno> {
    let family = u16::try_from(wanted.family).map_err(|_| Errno::AFNOSUPPORT)?;
    let family = AddressFamily::from_raw(family);
    let protocol = NonZeroU32::new(wanted.protocol).map(Protocol::from_raw);
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = made(socket_with(
        family,
        SocketType::from_raw(wanted.kind),
        flags,
        protocol,
    )?)?;
    let has = |flag| wanted.flags & flag != 0;
    let fd = socket.as_fd();
    let of_family = |[four, six]: [(u32, u32); 2]| {
        let (level, name) = if family == AddressFamily::INET6 {
            six
        } else {
            four
        };
        set_option(fd, level, name, 1)
    };
    if has(net_socket_flags::TRANSPARENT) {
        of_family(TRANSPARENT)?;
    }
    if has(net_socket_flags::ORIGINAL_DESTINATION) {
        of_family(ORIGINAL_DESTINATION)?;
    }
    if has(net_socket_flags::MARK) {
        set_option(fd, SOCKET, MARK, SENT_AGAIN)?;
    }
    if has(net_socket_flags::LOG) {
        log(fd, wanted.port)?;
    } else if wanted.port != 0 {
        bind_to(fd, family, wanted.port)?;
    }
    if has(net_socket_flags::LISTEN) {
        listen(fd, BACKLOG)?;
        if !sockopt::socket_acceptconn(fd)? {
            return Err(Errno::NOSYS);
        }
    }
    Ok(socket)
}

/// Binds to a port of the loopback address.
fn bind_to(fd: BorrowedFd<'_>, family: AddressFamily, port: u16) -> Result<(), Errno> {
    let is_bound = if family == AddressFamily::INET6 {
        let address = SocketAddrV6::new(Ipv6Addr::LOCALHOST, port, 0, 0);
        bind(fd, &address)?;
        SocketAddrV6::try_from(getsockname(fd)?) == Ok(address)
    } else {
        let address = SocketAddrV4::new(Ipv4Addr::LOCALHOST, port);
        bind(fd, &address)?;
        SocketAddrV4::try_from(getsockname(fd)?) == Ok(address)
    };
    if is_bound { Ok(()) } else { Err(Errno::NOSYS) }
}

/// Has the packets of a group come to this socket.
fn log(fd: BorrowedFd<'_>, group: u16) -> Result<(), Errno> {
    set_option(fd, NETLINK, NO_OVERRUNS, 1)?;
    sockopt::set_socket_recv_buffer_size(fd, LOGGED)?;
    let [high, low] = group.to_be_bytes();
    for attributes in [&BIND[..], &SETTINGS] {
        let request = Request {
            kind: CONFIGURE,
            flags: ACKNOWLEDGE,
            // The family, the version, and the group (`struct nfgenmsg`).
            head: &[0, 0, high, low],
            attributes,
        };
        ask(fd, request)?;
        let mut buffer = [0; ANSWER_TO_ONE];
        let answer = answer_to_asked(answer(fd, &mut buffer)?)?;
        answer.error().ok_or(Errno::BADMSG)??;
    }
    Ok(())
}
