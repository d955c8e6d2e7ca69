//! What `--allow-host` names.

use purple_plan::{HOST_INSIDE, HOST_INSIDE_NAME};
use std::net::IpAddr;
use std::num::NonZeroU16;

/// What is meant by a host that was typed.
pub(super) enum Service {
    /// Another host.
    Elsewhere,
    /// A port of this one, by whichever of the names that it has outside or inside.
    Here(NonZeroU16),
    /// This one, and no port or a wrong one.
    WithoutPort,
}

impl Service {
    pub(super) fn of(typed: &str) -> Self {
        const NAMES: [&str; 2] = ["localhost", HOST_INSIDE_NAME];
        let is_here = |host: &str| {
            // An address with colons stands in brackets before a port.
            let inner = host
                .strip_prefix('[')
                .and_then(|rest| rest.strip_suffix(']'));
            let address = inner.map_or_else(
                || host.parse().map(IpAddr::V4),
                |inner| inner.parse().map(IpAddr::V6),
            );
            NAMES.contains(&host)
                || address.is_ok_and(|one| one.is_loopback() || one == HOST_INSIDE)
        };
        match typed.rsplit_once(':') {
            _ if is_here(typed) => Self::WithoutPort,
            Some((host, port)) if is_here(host) => {
                port.parse().map_or(Self::WithoutPort, Self::Here)
            }
            _ => Self::Elsewhere,
        }
    }
}
