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

    /// Addresses that stay unreachable on every port.
    #[schemars(extend("examples" = [["192.0.2.1"]]))]
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

/// A port, as a number or as text: `443`, `"443"`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Port {
    /// A number from 1 to 65535.
    Number(#[schemars(range(min = 1))] u16),
    /// The same as text.
    Text(String),
}
