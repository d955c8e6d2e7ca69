//! The `capabilities` section: names to bits.

use super::{Placed, Scope};
use crate::diagnostics::{Diagnostic, nearest, quote};
use purple_policy::{Capabilities, CapabilityEntry};

/// Capability names by number (capabilities(7), linux/capability.h).
pub const NAMES: [&str; 41] = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETPCAP",
    "CAP_LINUX_IMMUTABLE",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST",
    "CAP_NET_ADMIN",
    "CAP_NET_RAW",
    "CAP_IPC_LOCK",
    "CAP_IPC_OWNER",
    "CAP_SYS_MODULE",
    "CAP_SYS_RAWIO",
    "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE",
    "CAP_SYS_PACCT",
    "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT",
    "CAP_SYS_NICE",
    "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG",
    "CAP_MKNOD",
    "CAP_LEASE",
    "CAP_AUDIT_WRITE",
    "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP",
    "CAP_MAC_OVERRIDE",
    "CAP_MAC_ADMIN",
    "CAP_SYSLOG",
    "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND",
    "CAP_AUDIT_READ",
    "CAP_PERFMON",
    "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE",
];

/// The capabilities to keep.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// Their numbers, and the entries that name them first.
    pub numbers: Vec<Placed<usize>>,
}

impl Kept {
    /// Bit N for capability N.
    pub fn mask(&self) -> u64 {
        self.numbers
            .iter()
            .fold(0, |mask, one| mask | 1 << one.value)
    }
}

/// The capabilities to keep.
pub(super) fn resolve(section: Option<&Capabilities>, scope: &mut Scope<'_>) -> Kept {
    let mut kept = Kept::default();
    let Some(section) = section else {
        return kept;
    };
    if !section.default_drop {
        scope.error(
            "capabilities-not-dropped",
            "/capabilities/default_drop",
            "`default_drop: false` would keep every capability".to_owned(),
            "leave it out or set it to `true`, and name under `add` the capabilities to keep",
        );
    }
    for (index, entry) in section.add.iter().enumerate() {
        let name = entry.name();
        if let Some(value) = NAMES.iter().position(|known| *known == name) {
            if kept.mask() >> value & 1 == 0 {
                let span = scope.span(&format!("/capabilities/add/{index}"));
                kept.numbers.push(Placed { value, span });
            }
        } else {
            let inner = match entry {
                CapabilityEntry::Name(_) => "",
                CapabilityEntry::Long(_) => "/capability",
            };
            unknown(scope, &format!("/capabilities/add/{index}{inner}"), name);
        }
    }
    kept
}

fn unknown(scope: &mut Scope<'_>, pointer: &str, name: &str) {
    let upper = name.to_ascii_uppercase();
    let full = if upper.starts_with("CAP_") {
        upper
    } else {
        format!("CAP_{upper}")
    };
    let room = scope.sink.has_room("unknown-capability");
    let span = scope.span(pointer);
    let message = format!("there is no capability {}", quote(name));
    let guess = || nearest(name, NAMES).or_else(|| nearest(&full, NAMES));
    let found = Diagnostic::error("unknown-capability", span, message);
    scope.report(match room.then(guess).flatten() {
        _ if full == "CAP_ALL" => found.with_help("name each capability that the program needs"),
        Some(near) => found.with_guess(&full, near),
        None => found,
    });
}
