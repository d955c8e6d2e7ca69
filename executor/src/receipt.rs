//! What is in force, looked up just before the command starts.

use crate::files::open;
use crate::message::{OrRefuse, Refused, refuse};
use crate::shared::Shared;
use crate::text::number;
use core::ffi::CStr;
use core::sync::atomic::Ordering;
use purple_plan::{Capabilities, Plan, namespace_flags};
use rustix::fs::OFlags;
use rustix::io::Errno;

const STEP: &str = "receipt";

/// Where the namespaces of a process are files (namespaces(7)).
const DIRECTORY: &CStr = c"/proc/self/ns/";

/// A namespace: its name in reports, its file, its `CLONE_NEW*` flag (namespaces(7)).
pub(crate) struct NamespaceKind {
    pub(crate) name: &'static str,
    file: &'static CStr,
    pub(crate) flag: u64,
}

/// Every kind of namespace that a plan can ask for.
pub(crate) const NAMESPACES: [NamespaceKind; 7] = [
    NamespaceKind {
        name: "user",
        file: c"user",
        flag: namespace_flags::NEWUSER,
    },
    NamespaceKind {
        name: "pid",
        file: c"pid",
        flag: namespace_flags::NEWPID,
    },
    NamespaceKind {
        name: "mount",
        file: c"mnt",
        flag: namespace_flags::NEWNS,
    },
    NamespaceKind {
        name: "network",
        file: c"net",
        flag: namespace_flags::NEWNET,
    },
    NamespaceKind {
        name: "ipc",
        file: c"ipc",
        flag: namespace_flags::NEWIPC,
    },
    NamespaceKind {
        name: "uts",
        file: c"uts",
        flag: namespace_flags::NEWUTS,
    },
    NamespaceKind {
        name: "cgroup",
        file: c"cgroup",
        flag: namespace_flags::NEWCGROUP,
    },
];

/// Writes down the supervisor's namespaces, from which the payload's must differ.
pub(crate) fn outside(shared: &Shared) -> Result<(), Refused> {
    for (slot, found) in shared.outside.iter().zip(namespaces()?) {
        slot.store(found, Ordering::Release);
    }
    Ok(())
}

/// The number of each of this process's namespaces.
fn namespaces() -> Result<[u64; NAMESPACES.len()], Refused> {
    let failed =
        |name: &'static CStr| move |errno| refuse!(STEP, "reading /proc/self/ns/", name, errno);
    // Looked up once: in /proc, every step of a path costs an inode.
    let dir = open(DIRECTORY, OFlags::PATH | OFlags::DIRECTORY).map_err(failed(c""))?;
    let mut found = [0; NAMESPACES.len()];
    for (slot, kind) in found.iter_mut().zip(&NAMESPACES) {
        // Its name is `KIND:[NUMBER]`. To look at what it leads to would take longer.
        let mut buffer = [0; 64];
        let read = rustix::fs::readlinkat_raw(&dir, kind.file, &mut buffer[..]);
        let name = buffer
            .get(..read.map_err(failed(kind.file))?)
            .unwrap_or(&[]);
        let number = name
            .split(|byte| b"[]".contains(byte))
            .nth(1)
            .and_then(number);
        *slot = number.ok_or(Errno::BADMSG).map_err(failed(kind.file))?;
    }
    Ok(found)
}

/// Places of the shared page.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ReceiptField {
    Namespaces = 0,
    NoNewPrivileges = 1,
    Bounding = 2,
    Inheritable = 3,
    Permitted = 4,
    Effective = 5,
    Ambient = 6,
    Mounts = 7,
    Settings = 8,
    Instructions = 9,
    ProbeErrno = 10,
    Complete = 11,
    LandlockHost = 12,
    LandlockAbi = 13,
    LandlockRules = 14,
    LandlockProbe = 15,
    OutsideUid = 16,
    OutsideGid = 17,
    Routes = 18,
    HasSix = 19,
    Rules = 20,
    Generation = 21,
    Helper0 = 22,
    Helper1 = 23,
    Helper2 = 24,
    Helper3 = 25,
}

impl ReceiptField {
    /// The digest of the helper's program, 8 bytes a place.
    pub(crate) const HELPER: [Self; 4] =
        [Self::Helper0, Self::Helper1, Self::Helper2, Self::Helper3];
}

impl Shared {
    /// Writes a number of the receipt.
    pub(crate) fn write(&self, place: ReceiptField, value: u64) {
        if let Some(slot) = self.receipt.get(index(place)) {
            slot.store(value, Ordering::Release);
        }
    }

    /// Whether the receipt is complete: the payload has seen everything in force.
    pub(crate) fn is_complete(&self) -> bool {
        self.read(ReceiptField::Complete) == 1
    }

    /// Reads a number of the receipt.
    pub(crate) fn read(&self, place: ReceiptField) -> u64 {
        self.receipt
            .get(index(place))
            .map_or(0, |slot| slot.load(Ordering::Acquire))
    }
}

#[expect(clippy::as_conversions, reason = "the discriminant is the place")]
const fn index(place: ReceiptField) -> usize {
    place as usize
}

/// Checks and records what is in force in this process, all but the filter.
pub(crate) fn check(
    plan: &Plan<'_>,
    shared: &Shared,
    capabilities: &Capabilities,
) -> Result<(), Refused> {
    let wanted = plan.process.namespaces | plan.process.inner_namespaces;
    let mut differing = 0;
    for ((inside, outside), kind) in namespaces()?
        .into_iter()
        .zip(shared.outside)
        .zip(&NAMESPACES)
    {
        if inside != outside.load(Ordering::Acquire) {
            differing |= kind.flag;
        } else if wanted & kind.flag != 0 {
            return Err(refuse!(STEP, "still in the host's namespace: ", kind.name));
        }
    }
    shared.write(ReceiptField::Namespaces, differing);

    if !rustix::thread::no_new_privs().or_refuse(STEP, "no_new_privs")? {
        return Err(refuse!(STEP, "no_new_privs is not set"));
    }
    shared.write(ReceiptField::NoNewPrivileges, 1);

    shared.write(ReceiptField::Bounding, capabilities.bounding);
    shared.write(ReceiptField::Inheritable, capabilities.inheritable);
    shared.write(ReceiptField::Permitted, capabilities.permitted);
    shared.write(ReceiptField::Effective, capabilities.effective);
    shared.write(ReceiptField::Ambient, capabilities.ambient);
    Ok(())
}

/// Records that the filter is loaded and has answered the probe call as the plan says.
pub(crate) fn filtered(shared: &Shared, instructions: usize, probed: Option<Errno>) {
    shared.write(
        ReceiptField::Instructions,
        u64::try_from(instructions).unwrap_or(u64::MAX),
    );
    let errno = probed.map_or(0, |errno| u64::from(errno.raw_os_error().unsigned_abs()));
    shared.write(ReceiptField::ProbeErrno, errno);
    shared.write(ReceiptField::Complete, 1);
}
