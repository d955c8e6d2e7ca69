//! The addresses inside a filtered network: the sandbox's own, and where a program finds its resolver and the services of its host. The compiler writes the address into
//! rules and files, and the helper answers at it.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The address.
pub const HOST_INSIDE: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 77, 0, 1));

/// The sandbox's own addresses, beside its loopback ones.
pub const OWN_INSIDE: (Ipv4Addr, Ipv6Addr) = (
    Ipv4Addr::new(10, 77, 0, 2),
    Ipv6Addr::new(0xFD77, 0, 0, 0, 0, 0, 0, 2),
);

/// The name of [`HOST_INSIDE`].
pub const HOST_INSIDE_NAME: &str = "host.purple.internal";
