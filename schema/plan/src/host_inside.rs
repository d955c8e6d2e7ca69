//! Where a program in a filtered network finds its resolver and the services of its host. The compiler writes the address into
//! rules and files, and the helper answers at it.

use core::net::{IpAddr, Ipv4Addr};

/// The address.
pub const HOST_INSIDE: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 77, 0, 1));

/// The name of [`HOST_INSIDE`].
pub const HOST_INSIDE_NAME: &str = "host.purple.internal";
