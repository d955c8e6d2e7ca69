//! The `network` section.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Network access. The sandbox has its own network namespace, and reaches only what is listed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Network {
    /// The kind of network. Default: as `isolated` says; without it, `filtered` if `allow`, `host_services`
    /// or `publish` has an entry, otherwise `none`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Mode", example = &"filtered")]
    pub mode: Option<NetworkMode>,

    /// `true`: only the sandbox's own loopback interface; `false`: a filtered network. Default: `true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Isolated")]
    pub isolated: Option<bool>,

    /// The destinations that the program may connect to: names, addresses, blocks of addresses and groups of
    /// names, each with its ports. The default is 443/tcp.
    #[schemars(extend("examples" = [["api.github.com", "*.example.org:443", "10.1.0.0/16:5432/tcp"]]))]
    #[schemars(title = "Allowed destinations")]
    pub allow: Vec<AllowEntry>,

    /// Ports of the host's loopback interface that the program may connect to, by TCP, under the name
    /// `host.purple.internal`.
    #[schemars(extend("examples" = [[11434]]))]
    #[schemars(title = "Services of the host")]
    pub host_services: Vec<HostService>,

    /// Ports of the host that lead to a port inside.
    #[schemars(extend("examples" = [[{"host": 18080, "inside": 8080}]]))]
    #[schemars(title = "Published ports")]
    pub publish: Vec<Publish>,

    /// Ports that the program may connect to at every public address.
    #[schemars(extend("examples" = [[443, 53]]))]
    #[schemars(title = "Outgoing ports")]
    pub allowed_outgoing_ports: Vec<Port>,

    /// Ports on which the program may accept connections.
    #[schemars(extend("examples" = [[8080]]))]
    #[schemars(title = "Incoming ports")]
    pub allowed_incoming_ports: Vec<Port>,

    /// Addresses and blocks of addresses that are unreachable on every port, even if another entry allows
    /// them.
    #[schemars(extend("examples" = [["192.0.2.1", "198.51.100.0/24"]]))]
    #[schemars(title = "Blocked addresses")]
    pub blocked_ips: Vec<String>,

    /// The name servers that resolve names. Default: those of the host.
    #[schemars(extend("examples" = [["8.8.8.8"]]))]
    #[schemars(title = "Name servers")]
    pub dns_servers: Vec<String>,

    /// Why the program needs the host's network; required with the mode `host`. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Reason", example = &"it measures the host's own network")]
    #[schemars(length(min = 1))]
    pub reason: Option<String>,
}

/// The kind of network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NetworkMode {
    /// Only the sandbox's own loopback interface.
    None,
    /// Only the destinations that the policy lists.
    Filtered,
    /// Everything that the host reaches, and the host itself: there is no network namespace.
    Host,
}

/// A destination, or one with more keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum AllowEntry {
    /// `api.github.com`, `*.example.org:443`, `10.1.0.0/16:5432/tcp`, `[2001:db8::]/32:443`, `@github`.
    To(String),
    /// The same, with more keys.
    Long(AllowGrant),
}

impl AllowEntry {
    /// The destination as written.
    pub fn to(&self) -> &str {
        match self {
            Self::To(to) => to,
            Self::Long(long) => &long.to,
        }
    }
}

/// A destination with a reason, an owner or an end date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AllowGrant {
    /// The destination.
    #[schemars(title = "Destination", example = &"api.github.com")]
    pub to: String,
    /// Why the program needs it. Default: none.
    #[schemars(title = "Reason", example = &"the agent opens pull requests")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub reason: Option<String>,
    /// Who is responsible for it. Default: none.
    #[schemars(title = "Owner", example = &"build-team")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub owner: Option<String>,
    /// The last day on which it is valid; after it the policy does not compile. Default: no end.
    #[schemars(title = "Expires")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"2027-01-31")]
    pub expires: Option<String>,
}

/// A service of the host: its port, or the port with more keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum HostService {
    /// A number from 1 to 65535.
    Port(#[schemars(range(min = 1))] u16),
    /// The same, with more keys.
    Long(HostServiceGrant),
}

impl HostService {
    /// The port.
    pub const fn port(&self) -> u16 {
        match self {
            Self::Port(port) => *port,
            Self::Long(long) => long.port,
        }
    }
}

/// A service of the host with a reason, an owner or an end date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HostServiceGrant {
    /// Its port on the host's loopback interface.
    #[schemars(title = "Port", range(min = 1), example = &11434)]
    pub port: u16,
    /// Why the program needs it. Default: none.
    #[schemars(title = "Reason", example = &"the model runs on the host")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub reason: Option<String>,
    /// Who is responsible for it. Default: none.
    #[schemars(title = "Owner", example = &"build-team")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub owner: Option<String>,
    /// The last day on which it is valid; after it the policy does not compile. Default: no end.
    #[schemars(title = "Expires")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"2027-01-31")]
    pub expires: Option<String>,
}

/// A port of the host that leads to a port inside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Publish {
    /// The port on the host.
    #[schemars(title = "Port on the host", range(min = 1), example = &18080)]
    pub host: u16,
    /// The port inside.
    #[schemars(title = "Port inside", range(min = 1), example = &8080)]
    pub inside: u16,
    /// The address on the host. Default: `127.0.0.1`, which other machines cannot reach.
    #[schemars(title = "Address on the host", example = &"127.0.0.1")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub address: Option<String>,
    /// Why it is needed. Default: none.
    #[schemars(title = "Reason", example = &"the developer looks at the preview")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub reason: Option<String>,
    /// Who is responsible for it. Default: none.
    #[schemars(title = "Owner", example = &"build-team")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub owner: Option<String>,
    /// The last day on which it is valid; after it the policy does not compile. Default: no end.
    #[schemars(title = "Expires")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"2027-01-31")]
    pub expires: Option<String>,
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
