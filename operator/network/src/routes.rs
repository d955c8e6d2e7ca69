//! What the host's routing table says of a destination (rtnetlink(7), `RTM_GETROUTE`).
//!
//! The socket is made before the helper is confined. Asking takes no right.

use crate::cursor::Cursor;
use crate::rules::Protocol;
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socket_with,
};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::OwnedFd;

/// Message types and flags (linux/netlink.h, linux/rtnetlink.h).
const NLMSG_ERROR: u16 = 2;
const NLM_F_REQUEST: u16 = 1;
const RTM_NEWROUTE: u16 = 24;
const RTM_GETROUTE: u16 = 26;

/// Attributes of a route. The last two are for rules of the routing policy (`ip-rule(8)`) that look at ports.
const RTA_DST: u16 = 1;
const RTA_IP_PROTO: u16 = 27;
const RTA_DPORT: u16 = 29;

/// Types of routes: packets go to the host itself, or to several hosts of which it may be one.
const RTN_LOCAL: u8 = 2;
const RTN_BROADCAST: u8 = 3;
const RTN_ANYCAST: u8 = 4;
const RTN_MULTICAST: u8 = 5;

/// The bytes before the body of a message.
const HEAD: usize = 16;

/// A socket that asks the routing table.
#[derive(Debug)]
pub(crate) struct Routes {
    socket: OwnedFd,
    sequence: u32,
}

impl Routes {
    /// A socket of the network namespace that this process is in.
    pub(crate) fn new() -> Result<Self, Errno> {
        let socket = socket_with(
            AddressFamily::NETLINK,
            SocketType::RAW,
            SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
            // 0: `NETLINK_ROUTE`.
            None,
        )?;
        Ok(Self {
            socket,
            sequence: 0,
        })
    }

    /// Whether what is sent to an address reaches the host itself. The error is that of the lookup.
    pub(crate) fn is_host(&mut self, protocol: Protocol, to: SocketAddr) -> Result<bool, Errno> {
        self.sequence = self.sequence.wrapping_add(1);
        let question = question(self.sequence, protocol, to);
        let sent = send(&self.socket, &question, SendFlags::DONTWAIT)?;
        if sent != question.len() {
            return Err(Errno::IO);
        }
        // The kernel answers before send(2) returns. An older answer is of a lookup that failed half way.
        let mut bytes = [0; 1024];
        loop {
            let (length, _) = recv(&self.socket, &mut bytes, RecvFlags::DONTWAIT)?;
            let message = bytes.get(..length).unwrap_or_default();
            if let Some((sequence, kind)) = answer(message)
                && sequence == self.sequence
            {
                return kind.map(|kind| {
                    [RTN_LOCAL, RTN_BROADCAST, RTN_ANYCAST, RTN_MULTICAST].contains(&kind)
                });
            }
        }
    }
}

fn question(sequence: u32, protocol: Protocol, to: SocketAddr) -> Vec<u8> {
    let (family, address) = match to.ip() {
        IpAddr::V4(address) => (AddressFamily::INET, address.octets().to_vec()),
        IpAddr::V6(address) => (AddressFamily::INET6, address.octets().to_vec()),
    };
    let family = u8::try_from(family.as_raw()).unwrap_or(0);
    let bits = u8::try_from(address.len() * 8).unwrap_or(0);
    // `struct rtmsg`: the family and the length of the destination; what is 0 is any.
    let mut body = vec![family, bits, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let mut attribute = |kind: u16, value: &[u8]| {
        let length = u16::try_from(value.len() + 4).unwrap_or(0);
        body.extend(length.to_ne_bytes());
        body.extend(kind.to_ne_bytes());
        body.extend(value);
        body.resize(body.len().next_multiple_of(4), 0);
    };
    attribute(RTA_DST, &address);
    attribute(RTA_IP_PROTO, &[protocol.number()]);
    attribute(RTA_DPORT, &to.port().to_be_bytes());
    let length = u32::try_from(HEAD + body.len()).unwrap_or(0);
    [
        length.to_ne_bytes().as_slice(),
        &RTM_GETROUTE.to_ne_bytes(),
        &NLM_F_REQUEST.to_ne_bytes(),
        &sequence.to_ne_bytes(),
        &[0; 4],
        &body,
    ]
    .concat()
}

/// The number of the question that a message answers, and the type of the route or the error.
fn answer(message: &[u8]) -> Option<(u32, Result<u8, Errno>)> {
    let mut cursor = Cursor::new(message);
    let _length = cursor.take(4)?;
    let kind = u16::from_ne_bytes(cursor.array()?);
    let _flags = cursor.take(2)?;
    let sequence = u32::from_ne_bytes(cursor.array()?);
    let _port = cursor.take(4)?;
    let result = match kind {
        RTM_NEWROUTE => {
            let [_, _, _, _, _, _, _, kind] = cursor.array()?;
            Ok(kind)
        }
        NLMSG_ERROR => {
            let error = i32::from_ne_bytes(cursor.array()?);
            Err(Errno::from_raw_os_error(error.saturating_neg()))
        }
        _ => return None,
    };
    Some((sequence, result))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::{Routes, answer};
    use crate::rules::Protocol;
    use rustix::io::Errno;

    #[test]
    fn the_hosts_own_addresses() {
        let mut routes = Routes::new().unwrap();
        for (to, is_host) in [
            ("127.0.0.1:80", true),
            ("127.99.0.1:80", true),
            ("[::1]:80", true),
            ("224.0.0.251:5353", true),
        ] {
            for protocol in [Protocol::Tcp, Protocol::Udp] {
                let said = routes.is_host(protocol, to.parse().unwrap());
                // A host without a way out has no route to the last one.
                if said != Err(Errno::NETUNREACH) {
                    assert_eq!(said, Ok(is_host), "{to}");
                }
            }
        }
    }

    #[test]
    fn answers_that_are_cut_are_none() {
        let bytes = [0; 40];
        for length in 0..=bytes.len() {
            assert_eq!(answer(bytes.get(..length).unwrap()), None);
        }
        let mut error = [0; 20];
        error[4..6].copy_from_slice(&2_u16.to_ne_bytes());
        error[8..12].copy_from_slice(&7_u32.to_ne_bytes());
        error[16..].copy_from_slice(&(-101_i32).to_ne_bytes());
        assert_eq!(answer(&error), Some((7, Err(Errno::NETUNREACH))));
        assert_eq!(answer(&error[..19]), None);
    }
}
