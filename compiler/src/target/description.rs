//! The description of a host: its form, and how it is read and written.

use crate::ir::Namespace;
use crate::syscalls::{Arch, Version};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The JSON Schema (draft-07) of a target description.
pub const JSON_SCHEMA: &str = include_str!("../../../schema/target.schema.json");

/// The number of the form that this compiler reads and writes.
pub const FORMAT: u32 = 2;

/// The most bytes that a description may have.
pub const MAX_BYTES: usize = 64 << 10;

/// What a host can enforce.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// The number of this form: [`FORMAT`].
    pub purple_target: u32,
    /// The kernel's version, two numbers: `6.12`.
    pub kernel: String,
    /// The system call interfaces whose programs the kernel runs, as policies name them.
    pub architectures: BTreeSet<String>,
    /// Who starts sandboxes.
    pub user: User,
    /// The kinds of namespaces that this user can make.
    pub namespaces: BTreeSet<Namespace>,
    /// The version of Landlock's interface; 0 where there is none.
    pub landlock: u32,
    /// Whether a filter can notify a supervisor of calls.
    pub user_notification: bool,
    /// The controllers of control groups that this user can use.
    pub controllers: BTreeSet<Controller>,
    /// Whether this user can map the owners of a mount to others.
    pub id_mapped_mounts: bool,
    /// The parts of a filtered network that work for this user.
    pub filtered_network: BTreeSet<NetworkPart>,
}

/// Only the number of the form: other forms have other keys.
#[derive(Deserialize)]
struct Form {
    purple_target: u32,
}

/// Who starts sandboxes on a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum User {
    /// Root.
    Root,
    /// Anybody else.
    Ordinary,
}

/// A controller of control groups that limits need (Documentation/admin-guide/cgroup-v2.rst).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Controller {
    /// The processor.
    Cpu,
    /// Disks.
    Io,
    /// Memory.
    Memory,
    /// Processes and threads.
    Pids,
}

impl Controller {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Cpu, Self::Io, Self::Memory, Self::Pids];

    /// The kernel's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Io => "io",
            Self::Memory => "memory",
            Self::Pids => "pids",
        }
    }
}

/// The parts of a filtered network. Without `Routes`, no other part of the kernel can be tried; without `NfTables`, neither
/// `NftTproxy` nor `NfLog`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NetworkPart {
    /// Routes that make every address local, in a user and a network namespace.
    Routes,
    /// The rules.
    NfTables,
    /// The rule that hands connections to purple-net.
    NftTproxy,
    /// The rules that tell purple-net of connections.
    NfLog,
    /// The program that carries the connections.
    PurpleNet,
}

impl NetworkPart {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Routes,
        Self::NfTables,
        Self::NftTproxy,
        Self::NfLog,
        Self::PurpleNet,
    ];

    /// Its name in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Routes => "a network namespace with routes of its own",
            Self::NfTables => "`nf_tables`",
            Self::NftTproxy => "`nft_tproxy`",
            Self::NfLog => "`nf_log`",
            Self::PurpleNet => "`purple-net`",
        }
    }

    /// The kernel modules that it takes.
    pub const fn modules(self) -> &'static [Module] {
        match self {
            Self::Routes | Self::PurpleNet => &[],
            Self::NfTables => &[
                Module("nf_tables", &["CONFIG_NF_TABLES", "CONFIG_NF_TABLES_INET"]),
                Module("nft_reject_inet", &["CONFIG_NFT_REJECT_INET"]),
                Module("nft_ct", &["CONFIG_NFT_CT"]),
            ],
            Self::NftTproxy => &[Module("nft_tproxy", &["CONFIG_NFT_TPROXY"])],
            Self::NfLog => &[
                Module("nft_log", &["CONFIG_NFT_LOG"]),
                Module("nfnetlink_log", &["CONFIG_NETFILTER_NETLINK_LOG"]),
            ],
        }
    }

    /// What to do where the part is missing.
    pub fn fix(self) -> String {
        match self {
            Self::Routes => {
                "run `purple doctor` there; it says why it cannot be created".to_owned()
            }
            Self::NfTables | Self::NftTproxy | Self::NfLog => {
                module_fix(self.modules(), " on the target")
            }
            Self::PurpleNet => INSTALL_PURPLE_NET.to_owned(),
        }
    }
}

/// A kernel module, and the options that a kernel has which holds it.
#[derive(Debug, Clone, Copy)]
pub struct Module(&'static str, &'static [&'static str]);

/// What to do where purple-net is missing.
pub const INSTALL_PURPLE_NET: &str = "install purple, purple-exec and purple-net from one release in one directory, as this user or root";

/// What to do where modules are missing. `place` says where, behind a space, if it is elsewhere.
pub fn module_fix(modules: &[Module], place: &str) -> String {
    let names: Vec<&str> = modules.iter().map(|module| module.0).collect();
    let all = if names.len() > 1 { "-a " } else { "" };
    let options: Vec<&str> = modules
        .iter()
        .flat_map(|module| module.1)
        .copied()
        .collect();
    let options = match options.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        _ => options.concat(),
    };
    let names = names.join(" ");
    format!(
        "run `modprobe {all}{names}` as root{place}; where the module does not exist, use a kernel with {options}"
    )
}

impl Target {
    /// Reads a description. The error says what is wrong with it.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() > MAX_BYTES {
            return Err(format!(
                "a target description has at most {MAX_BYTES} bytes"
            ));
        }
        let not_a_description =
            |error: serde_json::Error| format!("this is not a target description: {error}");
        let Form { purple_target } = serde_json::from_slice(bytes).map_err(not_a_description)?;
        if purple_target != FORMAT {
            return Err(format!(
                "the target description has format {purple_target}, and this version reads format {FORMAT}; \
                 write it again with `purple doctor --target FILE`"
            ));
        }
        let target: Self = serde_json::from_slice(bytes).map_err(not_a_description)?;
        if target.kernel_version().is_none() {
            return Err(format!(
                "`{}` is not the version of a kernel",
                target.kernel
            ));
        }
        if target.architectures.is_empty() {
            return Err("the target description lists no architecture".to_owned());
        }
        match target.architectures.iter().find(|name| !known(name)) {
            Some(name) => Err(format!("no architecture is called `{name}`")),
            None => Ok(target),
        }
    }

    /// The kernel's version; `None` where it is not one.
    pub fn kernel_version(&self) -> Option<Version> {
        self.kernel.parse().ok()
    }

    pub(super) fn runs(&self, arch: Arch) -> bool {
        self.architectures.contains(arch.name())
    }
}

/// Whether it is a name that we print, not another spelling of one.
fn known(name: &str) -> bool {
    Arch::ALL.iter().any(|arch| arch.name() == name)
}
