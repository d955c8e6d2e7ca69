//! The entry of a policy that would allow what was refused.

use purple_plan::{HOST_INSIDE, HOST_INSIDE_NAME};
use purple_report::Protocol;
use purplec::ir::network::own_blocks;
use purplec::quantity::{AddressBlock, Hosts, target};

/// The port that an entry without one means.
pub(super) const DEFAULT_PORT: u64 = 443;

/// The smallest entry of the section `network` that allows this; `None` where none can.
pub(super) fn allowing(to: &str, port: u64, protocol: Protocol) -> Option<String> {
    let is_host = to == HOST_INSIDE_NAME || to.parse() == Ok(HOST_INSIDE);
    if is_host {
        return host_service(port, protocol);
    }
    let to = bracketed(to);
    let behind = match port {
        DEFAULT_PORT => String::new(),
        port => format!(":{port}"),
    };
    let entry = match protocol {
        Protocol::Tcp => to + &behind,
        Protocol::Udp => to + &behind + "/udp",
    };
    // To the sandbox itself no connection is refused, and to several hosts nothing is carried.
    let is_never = |block: &AddressBlock| {
        let mut never = own_blocks().chain(AddressBlock::TO_MANY);
        never.any(|all| all.contains(block))
    };
    match target(&entry).ok()?.hosts {
        Hosts::Block(block) if is_never(&block) => None,
        _ => Some(format!("allow: [{entry:?}]")),
    }
}

/// The entry that opens a port of the host's loopback interface. Names are looked up at port 53, and there is no UDP.
pub(super) fn host_service(port: u64, protocol: Protocol) -> Option<String> {
    /// The port of DNS.
    const NAMES: u64 = 53;
    let is_open = protocol == Protocol::Tcp && port != NAMES && port != 0;
    is_open.then(|| format!("host_services: [{port}]"))
}

/// A name or an address; in brackets where it has colons, so that a port can follow.
pub(super) fn bracketed(to: &str) -> String {
    if to.contains(':') {
        format!("[{to}]")
    } else {
        to.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::{Protocol, allowing};

    #[test]
    fn the_smallest_entry() {
        let entry = |to, port, protocol| allowing(to, port, protocol).unwrap_or_default();
        assert_eq!(
            entry("example.org", 443, Protocol::Tcp),
            r#"allow: ["example.org"]"#
        );
        assert_eq!(
            entry("example.org", 80, Protocol::Tcp),
            r#"allow: ["example.org:80"]"#
        );
        assert_eq!(
            entry("2001:db8::1", 443, Protocol::Udp),
            r#"allow: ["[2001:db8::1]/udp"]"#
        );
        assert_eq!(
            entry("10.0.0.7", 53, Protocol::Udp),
            r#"allow: ["10.0.0.7:53/udp"]"#
        );
        assert_eq!(
            entry("10.77.0.1", 8080, Protocol::Tcp),
            "host_services: [8080]"
        );
        assert_eq!(
            entry("host.purple.internal", 443, Protocol::Tcp),
            "host_services: [443]"
        );
        // No entry opens these.
        for (to, port, protocol) in [
            ("10.77.0.1", 8080, Protocol::Udp),
            ("10.77.0.1", 53, Protocol::Tcp),
            ("10.77.0.2", 80, Protocol::Tcp),
            ("224.0.0.251", 5353, Protocol::Udp),
            ("255.255.255.255", 67, Protocol::Udp),
            ("ff02::fb", 5353, Protocol::Udp),
            ("::1", 80, Protocol::Tcp),
            ("0.0.0.0", 80, Protocol::Tcp),
            ("192.0.2.1", 0, Protocol::Tcp),
        ] {
            assert_eq!(allowing(to, port, protocol), None, "{to}:{port}");
        }
    }
}
