//! The addresses that a list of ports alone does not reach: those that are not public. The compiler answers by this
//! table what a plan reaches, and the helper of a filtered network decides by it.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// IPv4 blocks that are not public (the IANA registry of special-purpose IPv4 addresses, RFC 6890).
pub const NOT_PUBLIC_4: [(Ipv4Addr, u32); 13] = [
    // This network (RFC 791, 3.2).
    (Ipv4Addr::UNSPECIFIED, 8),
    // Private (RFC 1918).
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    // Shared by the customers of a provider (RFC 6598).
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    // Loopback (RFC 1122, 3.2.1.3).
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    // Where one cloud's platform speaks to its machines: it looks public, and only they reach it
    // (learn.microsoft.com, "What is IP address 168.63.129.16").
    (Ipv4Addr::new(168, 63, 129, 16), 32),
    // Link-local, and where clouds keep the metadata of a machine (RFC 3927).
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    // Private (RFC 1918).
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    // For protocols (RFC 6890, 2.1).
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    // Relays of 6to4 (RFC 7526).
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    // Private (RFC 1918).
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    // Benchmarks of devices (RFC 2544).
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    // Multicast (RFC 5771).
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    // Reserved, and the broadcast address (RFC 1112, 4; RFC 919, 7).
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// IPv6 blocks that are not public (the IANA registry of special-purpose IPv6 addresses).
pub const NOT_PUBLIC_6: [(Ipv6Addr, u32); 13] = [
    // Unspecified, loopback, and IPv4-compatible ones (RFC 4291, 2.5).
    (Ipv6Addr::UNSPECIFIED, 96),
    // IPv4 addresses as IPv6 ones (RFC 4291, 2.5.5.2).
    (Ipv6Addr::new(0, 0, 0, 0, 0, 0xFFFF, 0, 0), 96),
    // The same in a translator (RFC 2765).
    (Ipv6Addr::new(0, 0, 0, 0, 0xFFFF, 0, 0, 0), 96),
    // Addresses behind NAT64 (RFC 6052, RFC 8215).
    (Ipv6Addr::new(0x64, 0xFF9B, 0, 0, 0, 0, 0, 0), 96),
    (Ipv6Addr::new(0x64, 0xFF9B, 1, 0, 0, 0, 0, 0), 48),
    // Discarded (RFC 6666).
    (Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 0), 64),
    // Protocols and tunnels, Teredo among them (RFC 2928, RFC 4380).
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    // IPv4 addresses in 6to4 (RFC 3056).
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    // Segment routing (RFC 9602).
    (Ipv6Addr::new(0x5F00, 0, 0, 0, 0, 0, 0, 0), 16),
    // Private (RFC 4193).
    (Ipv6Addr::new(0xFC00, 0, 0, 0, 0, 0, 0, 0), 7),
    // Link-local (RFC 4291, 2.5.6).
    (Ipv6Addr::new(0xFE80, 0, 0, 0, 0, 0, 0, 0), 10),
    // Site-local, as it was (RFC 3879).
    (Ipv6Addr::new(0xFEC0, 0, 0, 0, 0, 0, 0, 0), 10),
    // Multicast (RFC 4291, 2.7).
    (Ipv6Addr::new(0xFF00, 0, 0, 0, 0, 0, 0, 0), 8),
];

/// Whether an address is public.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_4(address),
        IpAddr::V6(address) => is_public_6(address),
    }
}

fn is_public_4(address: Ipv4Addr) -> bool {
    NOT_PUBLIC_4.iter().all(|(block, prefix)| {
        let behind = u32::MAX.checked_shr(*prefix).unwrap_or(0);
        address.to_bits() & !behind != block.to_bits()
    })
}

/// An address that stands for an IPv4 address is not public: no packet is sent to it.
fn is_public_6(address: Ipv6Addr) -> bool {
    NOT_PUBLIC_6.iter().all(|(block, prefix)| {
        let behind = u128::MAX.checked_shr(*prefix).unwrap_or(0);
        address.to_bits() & !behind != block.to_bits()
    })
}

#[cfg(test)]
mod tests {
    use super::{NOT_PUBLIC_4, NOT_PUBLIC_6, is_public_4, is_public_6};
    use core::net::{Ipv4Addr, Ipv6Addr};

    #[test]
    fn every_block_ends_where_it_says() {
        for (block, prefix) in NOT_PUBLIC_4 {
            let behind = u32::MAX.checked_shr(prefix).unwrap_or(0);
            assert_eq!(block.to_bits() & behind, 0, "{block}/{prefix}");
            let last = Ipv4Addr::from_bits(block.to_bits() | behind);
            assert!(
                !is_public_4(block) && !is_public_4(last),
                "{block}/{prefix}"
            );
        }
        for (block, prefix) in NOT_PUBLIC_6 {
            let behind = u128::MAX.checked_shr(prefix).unwrap_or(0);
            assert_eq!(block.to_bits() & behind, 0, "{block}/{prefix}");
            let last = Ipv6Addr::from_bits(block.to_bits() | behind);
            assert!(
                !is_public_6(block) && !is_public_6(last),
                "{block}/{prefix}"
            );
        }
    }

    #[test]
    fn addresses_beside_the_blocks_are_public() {
        for octets in [
            [1, 0, 0, 0],
            [9, 255, 255, 255],
            [11, 0, 0, 0],
            [100, 63, 255, 255],
            [100, 128, 0, 0],
            [128, 0, 0, 0],
            [169, 253, 255, 255],
            [172, 32, 0, 0],
            [192, 0, 2, 53],
            [192, 167, 255, 255],
            [203, 0, 113, 10],
            [223, 255, 255, 255],
        ] {
            assert!(is_public_4(Ipv4Addr::from(octets)), "{octets:?}");
        }
        for first in [
            [0x2001, 0x200],
            [0x2001, 0xDB8],
            [0x2003, 0],
            [0x2606, 0x4700],
        ] {
            let [one, two] = first;
            let address = Ipv6Addr::new(one, two, 0, 0, 0, 0, 0, 1);
            assert!(is_public_6(address), "{address}");
        }
    }
}
