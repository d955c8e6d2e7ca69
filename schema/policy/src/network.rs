//! The `network` section.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Network access. The sandbox always has a network namespace of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Network {
    /// No network but a loopback interface of the sandbox's own. Default: `true`.
    #[schemars(title = "Isolated")]
    pub isolated: bool,

    /// Destination ports that the program may connect to.
    #[schemars(extend("examples" = [[443, 53]]))]
    #[schemars(title = "Outgoing ports")]
    pub allowed_outgoing_ports: Vec<Port>,

    /// Ports on which the program may accept connections.
    #[schemars(extend("examples" = [[8080]]))]
    #[schemars(title = "Incoming ports")]
    pub allowed_incoming_ports: Vec<Port>,

    /// Addresses and blocks of them that stay unreachable on every port.
    #[schemars(extend("examples" = [["192.0.2.1", "198.51.100.0/24"]]))]
    #[schemars(title = "Blocked addresses")]
    pub blocked_ips: Vec<String>,

    /// Name servers written to the sandbox's `/etc/resolv.conf`.
    #[schemars(extend("examples" = [["8.8.8.8"]]))]
    #[schemars(title = "Name servers")]
    pub dns_servers: Vec<String>,
}

impl Default for Network {
    fn default() -> Self {
        Self {
            isolated: true,
            allowed_outgoing_ports: Vec::new(),
            allowed_incoming_ports: Vec::new(),
            blocked_ips: Vec::new(),
            dns_servers: Vec::new(),
        }
    }
}

/// A port, as a number or as text, or several: `443`, `"443"`, `53/udp`, `8000-8100/tcp`. Without
/// a protocol it means TCP and UDP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Port {
    /// A number from 1 to 65535.
    Number(#[schemars(range(min = 1))] u16),
    /// A port or a range of them, and `/tcp` or `/udp` for one of the protocols.
    Text(String),
}
