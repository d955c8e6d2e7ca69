//! The host's resolvers, as resolv.conf(5) names them.

use crate::rules::DNS_PORT;
use std::net::{IpAddr, SocketAddr, SocketAddrV6};

/// So many resolvers are used (`MAXNS`, resolv.conf(5)).
const MAX_RESOLVERS: usize = 3;

/// The `nameserver` lines of a file. What is not understood is left out, as the C library does.
pub(crate) fn resolvers(text: &str) -> Vec<SocketAddr> {
    text.lines()
        .filter_map(|line| line.strip_prefix("nameserver"))
        .filter(|rest| rest.starts_with([' ', '\t']))
        .filter_map(|rest| address(rest.split_whitespace().next()?))
        .take(MAX_RESOLVERS)
        .collect()
}

/// An address, with the number of an interface where it needs one.
fn address(text: &str) -> Option<SocketAddr> {
    match text.split_once('%') {
        None => Some(SocketAddr::new(text.parse::<IpAddr>().ok()?, DNS_PORT)),
        Some((address, interface)) => Some(SocketAddr::V6(SocketAddrV6::new(
            address.parse().ok()?,
            DNS_PORT,
            0,
            rustix::net::netdevice::name_to_index(rustix_socket()?, interface).ok()?,
        ))),
    }
}

/// A socket through which the kernel is asked for an interface (netdevice(7)).
fn rustix_socket() -> Option<rustix::fd::OwnedFd> {
    rustix::net::socket(
        rustix::net::AddressFamily::INET6,
        rustix::net::SocketType::DGRAM,
        None,
    )
    .ok()
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::expect_used,
        clippy::indexing_slicing,
        reason = "a test fails by panicking"
    )]

    use super::resolvers;

    #[test]
    fn nameserver_lines_and_no_others() {
        let text = "# nameserver 1.1.1.1\nsearch example.org\nnameserver 127.0.0.53\nnameserver\t::1 # x\n\
                    nameserverx 2.2.2.2\nnameserver host\n nameserver 3.3.3.3\nnameserver 9.9.9.9\n\
                    nameserver 8.8.8.8\n";
        assert_eq!(
            resolvers(text),
            [
                "127.0.0.53:53".parse().expect("an address"),
                "[::1]:53".parse().expect("an address"),
                "9.9.9.9:53".parse().expect("an address"),
            ]
        );
        assert_eq!(resolvers(""), []);
    }

    #[test]
    fn an_interface_is_asked_for() {
        let found = resolvers("nameserver fe80::1%lo\nnameserver fe80::1%none-such\n");
        assert_eq!(found.len(), 1);
        assert!(matches!(found[0], std::net::SocketAddr::V6(v6) if v6.scope_id() == 1));
    }
}
