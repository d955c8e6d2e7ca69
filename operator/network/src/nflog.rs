//! Packets that the kernel's rules log: `struct nfgenmsg` and attributes (`linux/netfilter/nfnetlink_log.h`).
//!
//! The kernel makes these messages, but the packets in them are the sandbox's.

use std::iter;

/// `NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET`.
const PACKET_MESSAGE: u16 = 4 << 8;

/// `NFULA_PAYLOAD`, `NFULA_PREFIX`, `NFULA_SEQ`.
const PAYLOAD: u16 = 9;
const PREFIX: u16 = 10;
const SEQUENCE: u16 = 12;

/// `NLA_TYPE_MASK`.
const TYPE_MASK: u16 = 0x3fff;

/// A logged packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Logged<'b> {
    /// The number of the message in its group.
    pub sequence: Option<u32>,
    /// What the rule says of itself, without the NUL at the end.
    pub prefix: &'b [u8],
    /// The packet from its network header on, as much as was copied.
    pub packet: &'b [u8],
}

fn host_u16(bytes: &[u8]) -> Option<u16> {
    bytes
        .get(..2)
        .and_then(|bytes| bytes.try_into().ok())
        .map(u16::from_ne_bytes)
}

/// The part after the first `length` bytes rounded up to four, which may be missing at the end.
fn behind(bytes: &[u8], length: usize) -> &[u8] {
    bytes.get(length.next_multiple_of(4)..).unwrap_or_default()
}

/// The logged packets in what one recv(2) brought.
pub fn logged(bytes: &[u8]) -> impl Iterator<Item = Logged<'_>> {
    messages(bytes).filter_map(|(kind, body)| {
        if kind != PACKET_MESSAGE {
            return None;
        }
        let mut logged = Logged::default();
        for (kind, value) in attributes(body.get(4..)?) {
            match kind {
                PAYLOAD => logged.packet = value,
                PREFIX => logged.prefix = value.strip_suffix(&[0]).unwrap_or(value),
                SEQUENCE => logged.sequence = value.try_into().ok().map(u32::from_be_bytes),
                _ => {}
            }
        }
        (!logged.packet.is_empty()).then_some(logged)
    })
}

/// The type and the body of each message (netlink(7)), up to the first one that is cut.
fn messages(mut bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    iter::from_fn(move || {
        let length = bytes.get(..4)?.try_into().ok().map(u32::from_ne_bytes)?;
        let length = usize::try_from(length).ok()?;
        let kind = host_u16(bytes.get(4..)?)?;
        let body = bytes.get(16..length)?;
        bytes = behind(bytes, length);
        Some((kind, body))
    })
}

fn attributes(mut bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    iter::from_fn(move || {
        let length = usize::from(host_u16(bytes)?);
        let kind = host_u16(bytes.get(2..)?)?;
        let value = bytes.get(4..length)?;
        bytes = behind(bytes, length);
        Some((kind & TYPE_MASK, value))
    })
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::cast_possible_truncation,
        clippy::indexing_slicing,
        reason = "a test fails by panicking"
    )]

    use super::{Logged, logged};
    use crate::noise::Noise;

    fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
        let mut bytes = ((value.len() + 4) as u16).to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    fn message(kind: u16, attributes: &[Vec<u8>]) -> Vec<u8> {
        let body = attributes.concat();
        let mut bytes = ((body.len() + 20) as u32).to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend([0; 10]);
        bytes.extend([2, 0, 0, 6]);
        bytes.extend(body);
        bytes
    }

    #[test]
    fn packets_with_prefix_and_number() {
        let mut bytes = message(
            0x400,
            &[
                attribute(1, &[8, 0, 3, 0]),
                attribute(10, b"17\0"),
                attribute(12, &7_u32.to_be_bytes()),
                attribute(9, b"packet"),
            ],
        );
        bytes.extend(message(3, &[]));
        bytes.extend(message(0x400, &[attribute(9, b"other")]));
        assert_eq!(
            logged(&bytes).collect::<Vec<_>>(),
            [
                Logged {
                    sequence: Some(7),
                    prefix: b"17",
                    packet: b"packet"
                },
                Logged {
                    sequence: None,
                    prefix: b"",
                    packet: b"other"
                },
            ]
        );
    }

    #[test]
    fn what_is_cut_or_wrong_ends_the_reading() {
        let whole = message(0x400, &[attribute(10, b"1\0"), attribute(9, b"abcdef")]);
        for cut in 0..whole.len() {
            let seen = logged(&whole[..cut]).count();
            assert!(seen == 0 || cut + 4 > whole.len(), "{cut}");
        }
        let mut noise = Noise::new(1);
        for _ in 0..20_000 {
            let mut bytes = [whole.clone(), whole.clone()].concat();
            noise.spoil(&mut bytes);
            for one in logged(&bytes) {
                assert!(one.packet.len() < bytes.len());
            }
        }
    }
}
