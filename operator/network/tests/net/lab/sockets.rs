//! What init does inside: sends the rules, and makes the sockets that the plan lists.

use super::netlink::{Messages, rules};
use purple_plan::{NetSocket, net_socket_flags as flags};
use std::ffi::c_int;
use std::io::{Error, Read, Write};
use std::mem::size_of;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// `IPPROTO_RAW`, `NETLINK_NETFILTER`.
const RAW: u32 = 255;
const NETFILTER: u32 = 12;

/// The sockets of every plan, in their order, with the seed at the end.
pub(super) fn records() -> Vec<NetSocket> {
    let netlink = |group| socket(16, 3, NETFILTER, group, flags::LOG);
    let [v4, v6] = [2, 10];
    let listener = flags::TRANSPARENT | flags::LISTEN;
    let datagrams = flags::TRANSPARENT | flags::ORIGINAL_DESTINATION;
    vec![
        netlink(6),
        netlink(5),
        socket(v4, 3, RAW, 0, flags::MARK),
        socket(v6, 3, RAW, 0, flags::MARK),
        socket(v4, 1, 0, 9, listener),
        socket(v4, 2, 0, 9, datagrams),
        socket(v6, 1, 0, 9, listener),
        socket(v6, 2, 0, 9, datagrams),
        socket(v4, 1, 0, 0, 0),
    ]
}

fn socket(family: u32, kind: u32, protocol: u32, port: u16, flags: u32) -> NetSocket {
    NetSocket {
        family,
        kind,
        protocol,
        port,
        flags,
    }
}

fn number(value: u32) -> c_int {
    c_int::try_from(value).expect("a small number")
}

fn check(result: c_int, what: &str) -> c_int {
    assert!(result >= 0, "{what}: {}", Error::last_os_error());
    result
}

fn open(family: u32, kind: u32, protocol: u32) -> OwnedFd {
    let kind = number(kind) | libc::SOCK_CLOEXEC;
    // SAFETY: no pointer is passed.
    let raw = check(
        unsafe { libc::socket(number(family), kind, number(protocol)) },
        "socket",
    );
    // SAFETY: the descriptor is new and nobody's.
    unsafe { OwnedFd::from_raw_fd(raw) }
}

fn set(socket: &OwnedFd, level: c_int, option: c_int, value: c_int) {
    let length = u32::try_from(size_of::<c_int>()).expect("four");
    // SAFETY: the kernel reads an int from a local variable.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            option,
            (&raw const value).cast(),
            length,
        )
    };
    let _done = check(result, "setsockopt");
}

/// Sends messages and takes one acknowledgement each time one is asked for.
fn exchange(socket: &OwnedFd, bytes: &[u8]) {
    let mut file = std::fs::File::from(socket.try_clone().expect("a descriptor"));
    file.write_all(bytes).expect("the kernel takes messages");
    let mut answer = [0; 4096];
    let length = file.read(&mut answer).expect("the kernel answers");
    let error = answer[16..20].try_into().map(i32::from_ne_bytes).ok();
    assert!(length >= 20 && error == Some(0), "netlink: {error:?}");
}

/// Loads the rules into the namespace of this thread.
pub(super) fn load_rules() {
    exchange(&open(16, 3, NETFILTER), &rules());
}

/// Makes the sockets in the namespace of this thread.
pub(super) fn make(records: &[NetSocket]) -> Vec<OwnedFd> {
    records.iter().map(one).collect()
}

fn one(record: &NetSocket) -> OwnedFd {
    let has = |flag: u32| record.flags & flag != 0;
    let socket = open(record.family, record.kind, record.protocol);
    let v6 = record.family == 10;
    if has(flags::LOG) {
        log(&socket, record.port);
    }
    if has(flags::MARK) {
        set(&socket, libc::SOL_SOCKET, libc::SO_MARK, 0x77);
    }
    if has(flags::TRANSPARENT) {
        if v6 {
            set(&socket, libc::SOL_IPV6, libc::IPV6_TRANSPARENT, 1);
        } else {
            set(&socket, libc::SOL_IP, libc::IP_TRANSPARENT, 1);
        }
    }
    if has(flags::ORIGINAL_DESTINATION) {
        if v6 {
            set(&socket, libc::SOL_IPV6, libc::IPV6_RECVORIGDSTADDR, 1);
        } else {
            set(&socket, libc::SOL_IP, libc::IP_RECVORIGDSTADDR, 1);
        }
    }
    if record.port != 0 && !has(flags::LOG) {
        let address = if v6 { "[::1]:" } else { "127.0.0.1:" };
        let address: std::net::SocketAddr = format!("{address}{}", record.port)
            .parse()
            .expect("an address");
        rustix::net::bind(&socket, &address).expect("the port is free");
    }
    if has(flags::LISTEN) {
        rustix::net::listen(&socket, 4096).expect("it listens");
    }
    rustix::io::ioctl_fionbio(&socket, true).expect("it does not wait");
    socket
}

/// Listens to a group of logged packets: `NFULNL_CFG_CMD_BIND` with a copy of 128 bytes, then no waiting for
/// more packets, and numbers.
fn log(socket: &OwnedFd, group: u16) {
    set(socket, libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, 4 << 20);
    set(socket, libc::SOL_NETLINK, libc::NETLINK_NO_ENOBUFS, 1);
    for attributes in [
        vec![(1, vec![1]), (2, vec![0, 0, 0, 128, 2, 0])],
        vec![(4, vec![0; 4]), (5, vec![0, 0, 0, 1]), (6, vec![0, 1])],
    ] {
        let mut m = Messages::default();
        m.message(4 << 8 | 1, 4, |m| {
            m.raw(&[0, 0]);
            m.raw(&group.to_be_bytes());
            for (kind, value) in attributes {
                m.attribute(kind, &value);
            }
        });
        exchange(socket, &m.bytes);
    }
}
