//! Reads and writes the few packets that the helper sees: held SYNs, resets, datagrams, ICMP errors.
//!
//! Layouts: RFC 791 (IPv4), RFC 8200 (IPv6), RFC 9293 (TCP), RFC 768 (UDP), RFC 792 and 4443 (ICMP). A raw
//! socket of the protocol `IPPROTO_RAW` sends such a packet as it is; the kernel fills in the IPv4 header's
//! checksum and a missing identification (raw(7)).

use crate::cursor::Cursor;
use rustix::io::Errno;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

const TCP: u8 = 6;
const UDP: u8 = 17;
const ICMP: u8 = 1;
const ICMP_V6: u8 = 58;
const FRAGMENT: u8 = 44;
const HOPS: u8 = 64;

/// The MTU of the loopback interface (drivers/net/loopback.c).
const LOOPBACK_MTU: usize = 64 << 10;
/// How many bytes of a longer datagram the first fragment carries.
const FIRST_FRAGMENT: usize = 32 << 10;

/// The most of a packet that an ICMP error quotes: what the protocols need to find the socket.
const QUOTED: usize = 64;

/// A packet of TCP or UDP, as far as it is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'p> {
    /// Where it comes from.
    pub from: SocketAddr,
    /// Where it goes.
    pub to: SocketAddr,
    /// The number of the protocol.
    pub protocol: u8,
    /// All of it.
    pub bytes: &'p [u8],
    transport: usize,
}

/// Why a connection did not come about, in the kernel's terms for those inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreachable {
    /// `ENETUNREACH`.
    Network,
    /// `EHOSTUNREACH`.
    Host,
    /// `ECONNREFUSED`.
    Port,
    /// `EACCES`; no ICMP code of IPv4 gives it: `EHOSTUNREACH` there.
    Prohibited,
}

impl Unreachable {
    /// What an error of connect(2) outside says, unless a reset says it or nothing is said.
    pub fn of(error: Errno) -> Option<Self> {
        match error {
            Errno::NETUNREACH | Errno::NETDOWN | Errno::AFNOSUPPORT | Errno::ADDRNOTAVAIL => {
                Some(Self::Network)
            }
            Errno::HOSTUNREACH | Errno::HOSTDOWN => Some(Self::Host),
            Errno::ACCESS | Errno::PERM => Some(Self::Prohibited),
            _ => None,
        }
    }

    /// The code of "destination unreachable" in ICMP (`icmp_err_convert`, net/ipv4/icmp.c) and `ICMPv6`
    /// (`tab_unreach`, net/ipv6/icmp.c).
    fn code(self, is_v4: bool) -> u8 {
        match (self, is_v4) {
            (Self::Network, false) => 0,
            (Self::Prohibited, false) => 1,
            (Self::Host, false) | (Self::Port, true) => 3,
            (Self::Port, false) => 4,
            // "Unknown network" and "host prohibited": a socket of UDP hears only of errors that are final.
            (Self::Network, true) => 6,
            (Self::Host | Self::Prohibited, true) => 10,
        }
    }
}

impl<'p> Packet<'p> {
    /// Reads a packet. IPv6 extension headers are not read: a packet that has any is none.
    pub fn read(bytes: &'p [u8]) -> Option<Self> {
        let mut cursor = Cursor::new(bytes);
        let first = cursor.u8()?;
        let (from, to, protocol, transport): (IpAddr, IpAddr, u8, usize) = match first >> 4 {
            4 => {
                let mut cursor = Cursor::at(bytes, 9);
                let protocol = cursor.u8()?;
                let _checksum = cursor.u16()?;
                let from = Ipv4Addr::from(cursor.array::<4>()?);
                let to = Ipv4Addr::from(cursor.array::<4>()?);
                let header = usize::from(first & 15) * 4;
                (header >= 20).then_some((from.into(), to.into(), protocol, header))?
            }
            6 => {
                let mut cursor = Cursor::at(bytes, 6);
                let protocol = cursor.u8()?;
                let _hops = cursor.u8()?;
                let from = Ipv6Addr::from(cursor.array::<16>()?);
                let to = Ipv6Addr::from(cursor.array::<16>()?);
                (from.into(), to.into(), protocol, 40)
            }
            _ => return None,
        };
        let mut cursor = Cursor::at(bytes, transport);
        let (from_port, to_port) = match protocol {
            TCP | UDP => (cursor.u16()?, cursor.u16()?),
            _ => (0, 0),
        };
        Some(Self {
            from: SocketAddr::new(from, from_port),
            to: SocketAddr::new(to, to_port),
            protocol,
            bytes,
            transport,
        })
    }

    /// Whether it is a whole TCP header that opens a connection.
    pub fn opens(&self) -> bool {
        self.protocol == TCP
            && self.bytes.len() >= self.transport.saturating_add(20)
            && self
                .bytes
                .get(self.transport.saturating_add(13))
                .is_some_and(|flags| flags & 0x12 == 2)
    }

    /// Whether it is of TCP; `false` is anything else.
    pub fn is_tcp(&self) -> bool {
        self.protocol == TCP
    }

    /// Whether it is of UDP.
    pub fn is_udp(&self) -> bool {
        self.protocol == UDP
    }

    /// The packet again, up to its data, with the checksum of TCP that the kernel had left to a device. Data
    /// in a SYN (RFC 7413) may be cut here, and is sent again by the kernel that has it.
    pub fn again(&self) -> Option<Vec<u8>> {
        let words = self.bytes.get(self.transport.checked_add(12)?)? >> 4;
        let end = self.transport.checked_add(usize::from(words) * 4)?;
        let mut bytes = self.bytes.get(..end)?.to_vec();
        // The length: of all in IPv4, of what follows the header in IPv6.
        let (at, length) = if self.to.is_ipv4() {
            (2, end)
        } else {
            (4, end.checked_sub(self.transport)?)
        };
        let length = u16::try_from(length).ok()?.to_be_bytes();
        bytes.get_mut(at..at + 2)?.copy_from_slice(&length);
        seal(
            &mut bytes,
            self.transport,
            16,
            self.from.ip(),
            self.to.ip(),
            TCP,
        )?;
        Some(bytes)
    }

    /// The reset by which a closed port answers it (RFC 9293, 3.10.7.1).
    pub fn reset(&self) -> Option<Vec<u8>> {
        let sequence = Cursor::at(self.bytes, self.transport.checked_add(4)?).u32()?;
        let mut tcp = Vec::with_capacity(20);
        tcp.extend(self.to.port().to_be_bytes());
        tcp.extend(self.from.port().to_be_bytes());
        tcp.extend([0; 4]);
        tcp.extend(sequence.wrapping_add(1).to_be_bytes());
        // Five words of header; RST and ACK; no window, no checksum yet, nothing urgent.
        tcp.extend([0x50, 0x14, 0, 0, 0, 0, 0, 0]);
        around(&tcp, 16, self.to.ip(), self.from.ip(), TCP)
    }

    /// The ICMP error with which a router answers it.
    pub fn unreachable(&self, why: Unreachable) -> Option<Vec<u8>> {
        let is_v4 = self.to.is_ipv4();
        let mut icmp = vec![if is_v4 { 3 } else { 1 }, why.code(is_v4)];
        icmp.extend([0; 6]);
        icmp.extend(
            self.bytes
                .iter()
                .take(self.transport.min(QUOTED).saturating_add(28)),
        );
        let protocol = if is_v4 { ICMP } else { ICMP_V6 };
        around(&icmp, 2, self.to.ip(), self.from.ip(), protocol)
    }
}

/// A UDP datagram, unless it is too long for one or the addresses are of two families.
pub fn datagram(from: SocketAddr, to: SocketAddr, data: &[u8]) -> Option<Vec<u8>> {
    let length = u16::try_from(data.len().checked_add(8)?).ok()?;
    let mut udp = Vec::with_capacity(usize::from(length));
    udp.extend(from.port().to_be_bytes());
    udp.extend(to.port().to_be_bytes());
    udp.extend(length.to_be_bytes());
    udp.extend([0; 2]);
    udp.extend(data);
    around(&udp, 6, from.ip(), to.ip(), UDP)
}

/// The two fragments (RFC 8200, 4.5) of a datagram of IPv6 that is longer than a packet of the loopback interface may be;
/// `None` for any other packet. An IPv4 packet is never that long.
pub fn fragments(packet: &[u8]) -> Option<[Vec<u8>; 2]> {
    if packet.len() <= LOOPBACK_MTU {
        return None;
    }
    let (header, datagram) = packet.split_first_chunk::<40>()?;
    let protocol = *header.get(6)?;
    // The UDP length and checksum. Two equal datagrams get the same identification; their fragments are equal too.
    let identification = datagram.get(4..8)?;
    let (first, second) = datagram.split_at_checked(FIRST_FRAGMENT)?;
    let fragment = |part: &[u8], place: u16| {
        let length = u16::try_from(part.len().checked_add(8)?).ok()?;
        let mut bytes = header.to_vec();
        bytes.get_mut(4..6)?.copy_from_slice(&length.to_be_bytes());
        *bytes.get_mut(6)? = FRAGMENT;
        bytes.extend([protocol, 0]);
        bytes.extend(place.to_be_bytes());
        bytes.extend(identification);
        bytes.extend(part);
        Some(bytes)
    };
    // The place is in units of eight bytes, three bits up; the lowest bit says that more comes.
    let place = u16::try_from(FIRST_FRAGMENT).ok()?;
    Some([fragment(first, 1)?, fragment(second, place)?])
}

/// A network header before `transport`, whose checksum is at `checksum`.
fn around(
    transport: &[u8],
    checksum: usize,
    from: IpAddr,
    to: IpAddr,
    protocol: u8,
) -> Option<Vec<u8>> {
    let (mut bytes, header) = match (from, to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            let length = u16::try_from(transport.len().checked_add(20)?).ok()?;
            let mut bytes = Vec::with_capacity(usize::from(length));
            bytes.extend([0x45, 0]);
            bytes.extend(length.to_be_bytes());
            // No identification, not to be fragmented.
            bytes.extend([0, 0, 0x40, 0, HOPS, protocol, 0, 0]);
            bytes.extend(from.octets());
            bytes.extend(to.octets());
            (bytes, 20)
        }
        (IpAddr::V6(from), IpAddr::V6(to)) => {
            let length = u16::try_from(transport.len()).ok()?;
            let mut bytes = Vec::with_capacity(transport.len().saturating_add(40));
            bytes.extend([0x60, 0, 0, 0]);
            bytes.extend(length.to_be_bytes());
            bytes.extend([protocol, HOPS]);
            bytes.extend(from.octets());
            bytes.extend(to.octets());
            (bytes, 40)
        }
        _ => return None,
    };
    bytes.extend(transport);
    seal(&mut bytes, header, checksum, from, to, protocol)?;
    Some(bytes)
}

/// Writes the checksum of the transport header at `header`, whose place in it is `at` (RFC 1071).
fn seal(
    bytes: &mut [u8],
    header: usize,
    at: usize,
    from: IpAddr,
    to: IpAddr,
    protocol: u8,
) -> Option<()> {
    let at = header.checked_add(at)?;
    bytes.get_mut(at..at.checked_add(2)?)?.fill(0);
    let transport = bytes.get(header..)?;
    let mut sum = Sum::default();
    // ICMP of IPv4 has no pseudo header.
    if protocol != ICMP {
        match (from, to) {
            (IpAddr::V4(from), IpAddr::V4(to)) => {
                sum.add(&from.octets());
                sum.add(&to.octets());
            }
            (IpAddr::V6(from), IpAddr::V6(to)) => {
                sum.add(&from.octets());
                sum.add(&to.octets());
            }
            _ => return None,
        }
        sum.add(&[0, protocol]);
        sum.add(&u16::try_from(transport.len()).ok()?.to_be_bytes());
    }
    sum.add(transport);
    let mut value = sum.value();
    // Nought says that there is no checksum (RFC 768).
    if protocol == UDP && value == 0 {
        value = 0xffff;
    }
    bytes
        .get_mut(at..at.checked_add(2)?)?
        .copy_from_slice(&value.to_be_bytes());
    Some(())
}

/// A sum of 16-bit words in ones' complement.
#[derive(Default)]
struct Sum(u64);

impl Sum {
    fn add(&mut self, bytes: &[u8]) {
        let (words, odd) = bytes.as_chunks::<4>();
        for word in words {
            self.0 = self.0.wrapping_add(u64::from(u32::from_be_bytes(*word)));
        }
        let mut last = [0; 4];
        for (to, from) in last.iter_mut().zip(odd) {
            *to = *from;
        }
        self.0 = self.0.wrapping_add(u64::from(u32::from_be_bytes(last)));
    }

    fn value(&self) -> u16 {
        let mut sum = self.0;
        while sum >> 16 != 0 {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        !u16::try_from(sum).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests;
