//! Addresses that are not of the public internet.
//!
//! The ranges are those of the IANA registries of special-purpose addresses (RFC 6890 and its updates) by
//! which a network of one's own, the host itself or another address in disguise can be reached. The ranges
//! for documentation lead nowhere and are not among them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether `address` is private, shared, loopback, link-local, multicast, reserved, or stands for another
/// address (mapped, compatible, NAT64, 6to4, Teredo).
pub fn is_special(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_special_v4(address),
        IpAddr::V6(address) => is_special_v6(address),
    }
}

fn is_special_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    match a {
        // "this network", private, loopback; multicast and reserved.
        0 | 10 | 127 | 224..=255 => true,
        // Shared with a provider (RFC 6598).
        100 => b & 0xc0 == 64,
        // Link-local, with the metadata services of clouds.
        169 => b == 254,
        172 => b & 0xf0 == 16,
        // IETF's own, relays of 6to4, private.
        192 => matches!((b, c), (0, 0) | (88, 99)) || b == 168,
        // Benchmarks (RFC 2544).
        198 => b & 0xfe == 18,
        _ => false,
    }
}

fn is_special_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, d, ..] = address.segments();
    match a {
        // Discard only (RFC 6666).
        0x100 => [b, c, d] == [0, 0, 0],
        // Teredo; ORCHID.
        0x2001 => b == 0 || b & 0xfff0 == 0x10 || b & 0xfff0 == 0x20,
        // Unspecified, loopback, compatible, mapped, NAT64: nothing below ::/8 is global unicast. 6to4; SRv6
        // segments (RFC 9602); unique local; link-local and site-local, multicast.
        0..=0xff | 0x2002 | 0x5f00 | 0xfc00..=0xfdff | 0xfe80..=0xffff => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::expect_used, reason = "a test fails by panicking")]

    use super::is_special;
    use std::net::IpAddr;

    #[test]
    fn special_and_public() {
        for (address, special) in [
            ("0.0.0.0", true),
            ("10.1.2.3", true),
            ("100.63.255.255", false),
            ("100.64.0.0", true),
            ("100.127.255.255", true),
            ("100.128.0.0", false),
            ("127.0.0.1", true),
            ("169.254.169.254", true),
            ("169.253.0.1", false),
            ("172.15.255.255", false),
            ("172.16.0.1", true),
            ("172.31.255.255", true),
            ("172.32.0.1", false),
            ("192.0.0.8", true),
            ("192.0.1.1", false),
            ("192.88.99.1", true),
            ("192.168.0.1", true),
            ("192.169.0.1", false),
            ("198.18.0.1", true),
            ("198.19.255.255", true),
            ("198.20.0.1", false),
            ("223.255.255.255", false),
            ("224.0.0.1", true),
            ("255.255.255.255", true),
            ("1.1.1.1", false),
            ("::", true),
            ("::1", true),
            ("::10.0.0.1", true),
            ("::ffff:8.8.8.8", true),
            ("64:ff9b::808:808", true),
            ("64:ff9b:1::1", true),
            ("100::1", true),
            ("2001::1", true),
            ("2001:4860:4860::8888", false),
            ("2001:db8::1", false),
            ("2002:a00:1::", true),
            ("2606:4700::1111", false),
            ("5f00::1", true),
            ("fc00::1", true),
            ("fd77::1", true),
            ("fe80::1", true),
            ("fec0::1", true),
            ("ff02::1", true),
        ] {
            let parsed: IpAddr = address.parse().expect("an address");
            assert_eq!(is_special(parsed), special, "{address}");
        }
    }
}
