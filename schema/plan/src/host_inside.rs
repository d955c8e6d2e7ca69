//! The addresses inside a filtered network: the sandbox's own, and that of its resolver and of the services of its host. The
//! compiler writes them into rules and files, and the helper answers at the latter.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The address of the resolver and of the services of the host.
pub const HOST_INSIDE: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 77, 0, 1));

/// The name of [`HOST_INSIDE`].
pub const HOST_INSIDE_NAME: &str = "host.purple.internal";

/// The sandbox's own addresses, beside its loopback ones: one of each family.
pub const OWN_INSIDE: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(10, 77, 0, 2)),
    IpAddr::V6(Ipv6Addr::new(0xFD77, 0, 0, 0, 0, 0, 0, 2)),
];
