//! The network that there is inside, and what a filtered one lets through.

use crate::layout::{enumeration, record};
use crate::source_line::SourceLine;
use core::ffi::CStr;

enumeration! {
    /// What network there is inside.
    pub enum NetworkMode {
        /// A network namespace with the loopback interface up and nothing else.
        Loopback = 1,
        /// A network namespace in which every address is local; rules and a helper outside decide
        /// what is reached.
        Filtered = 2,
        /// The host's network: no namespace.
        Host = 3,
    }
}

record! {
    /// The network.
    pub struct Network {
        /// What there is inside.
        pub mode: NetworkMode,
        /// See [`network_flags`].
        pub flags: u32,
        /// The line of the policy, if any.
        pub line: SourceLine,
    }
}

/// Bits of [`Network::flags`].
pub mod network_flags {
    /// The policy asks for more network than the mode gives; the operator is informed.
    pub const NARROWED: u32 = 1;
    /// Every bit there is.
    pub const ALL: u32 = NARROWED;
}

enumeration! {
    /// What a batch of netlink messages sets up.
    pub enum NetBatchKind {
        /// The loopback interface, its IPv4 address and routes (rtnetlink(7)).
        Routes4 = 1,
        /// Its IPv6 address and routes; sent only where the host has a route to IPv6.
        Routes6 = 2,
        /// The `nf_tables` rules (`linux/netfilter/nf_tables.h`).
        Rules = 3,
    }
}

record! {
    /// Finished netlink messages (netlink(7)), little endian, which init sends inside.
    pub struct NetBatch<'a> {
        /// What they set up.
        pub kind: NetBatchKind,
        /// The netlink protocol: `NETLINK_ROUTE` (0) or `NETLINK_NETFILTER` (12).
        pub protocol: u32,
        /// How many `NLMSG_ERROR` answers with the error 0 a complete success brings.
        pub acknowledgements: u32,
        /// The messages, one behind the other.
        pub bytes: &'a [u8],
    }
}

record! {
    /// A socket that init makes inside and hands to the helper.
    pub struct NetSocket {
        /// The address family (socket(2)).
        pub family: u32,
        /// The type (socket(2)).
        pub kind: u32,
        /// The protocol (socket(2)).
        pub protocol: u32,
        /// The port on the family's loopback address that it is bound to, 0 for none; with
        /// [`net_socket_flags::LOG`] the group that it listens to.
        pub port: u16,
        /// See [`net_socket_flags`].
        pub flags: u32,
    }
}

/// Bits of [`NetSocket::flags`].
pub mod net_socket_flags {
    /// `IP_TRANSPARENT` or `IPV6_TRANSPARENT` (ip(7), linux/in6.h).
    pub const TRANSPARENT: u32 = 1;
    /// `IP_RECVORIGDSTADDR` or `IPV6_RECVORIGDSTADDR`: a datagram comes with the address that it was sent to.
    pub const ORIGINAL_DESTINATION: u32 = 2;
    /// `SO_MARK` (socket(7)) with the mark of packets that are sent again, 0x77.
    pub const MARK: u32 = 4;
    /// listen(2).
    pub const LISTEN: u32 = 8;
    /// Receives logged packets (`linux/netfilter/nfnetlink_log.h`) of the group `port`.
    pub const LOG: u32 = 16;
    /// Every bit there is.
    pub const ALL: u32 = TRANSPARENT | ORIGINAL_DESTINATION | MARK | LISTEN | LOG;
}

enumeration! {
    /// What a rule of the network does.
    pub enum NetAction {
        /// Connections to it are carried.
        Allow = 1,
        /// Connections to it are refused, whatever else allows them.
        Block = 2,
        /// A service of the host is reached.
        HostService = 3,
        /// A port of the host leads to a port inside.
        Publish = 4,
        /// A port may be listened on inside.
        Listen = 5,
    }
}

record! {
    /// One entry of the network's policy, in the policy's order.
    pub struct NetRule<'a> {
        /// What it does.
        pub action: NetAction,
        /// `IPPROTO_TCP` (6), `IPPROTO_UDP` (17), or 0 for both.
        pub protocol: u32,
        /// The first port; the host's port (host service, publish).
        pub first_port: u16,
        /// The last port; the port inside (host service, publish).
        pub last_port: u16,
        /// 4, 6, or 0 for both and no address.
        pub family: u32,
        /// How many leading bits of the address count.
        pub prefix: u32,
        /// The address: an IPv4 one in the first four bytes.
        pub address: [u8; 16],
        /// See [`net_rule_flags`].
        pub flags: u32,
        /// The line of the policy, if any.
        pub line: SourceLine,
        /// The name, in lower case and without a dot at the end; empty for none.
        pub name: &'a CStr,
    }
}

/// Bits of [`NetRule::flags`].
pub mod net_rule_flags {
    /// The names strictly below `name`.
    pub const WILDCARD: u32 = 1;
    /// Public addresses only.
    pub const PUBLIC_ONLY: u32 = 2;
    /// On port 443 of TCP, the server name in TLS must be one of the names that gave the address.
    pub const SERVER_NAME: u32 = 4;
    /// Every bit there is.
    pub const ALL: u32 = WILDCARD | PUBLIC_ONLY | SERVER_NAME;
}

record! {
    /// A resolver outside, which the helper asks. Without any, the host's are asked.
    pub struct NetResolver {
        /// 4 or 6.
        pub family: u32,
        /// The port.
        pub port: u16,
        /// The address: an IPv4 one in the first four bytes.
        pub address: [u8; 16],
        /// The line of the policy, if any.
        pub line: SourceLine,
    }
}
