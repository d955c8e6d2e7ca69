//! What every sandbox has: `/proc`, `/sys`, `/dev`, files in `/etc`, and the root itself.

use super::attributes::{DEVICE, FIXED, PLAIN, PROCESSES, SEAL, TERMINALS};
use crate::ir::{Action, Attributes, Step};
use crate::lower::process::{host_name, inside};
use crate::resolve::{Filesystem, Resolved};
use crate::source::Span;
use purple_plan::HOST_INSIDE;
use purple_policy::NetworkMode;
use std::fmt::Write as _;
use std::net::IpAddr;

/// Files that a scratch directory may hold.
const SCRATCH_FILES: u32 = 1 << 17;

/// The name of the user inside, unless the policy has another one.
const USER: &str = "agent";

/// The root holds directories, links and a few small files.
const ROOT_BYTES: u64 = 1 << 20;
const ROOT_FILES: u32 = 4096;

/// Trees that every sandbox has and no policy can put something into.
pub(super) const RESERVED: [&str; 3] = ["/proc", "/sys", "/dev"];

/// Device files that every sandbox has (null(4), random(4), tty(4)).
const DEVICES: [&str; 6] = [
    "/dev/full",
    "/dev/null",
    "/dev/random",
    "/dev/tty",
    "/dev/urandom",
    "/dev/zero",
];

const DEVICE_LINKS: [(&str, &str); 5] = [
    ("/dev/fd", "/proc/self/fd"),
    ("/dev/ptmx", "pts/ptmx"),
    ("/dev/stderr", "/proc/self/fd/2"),
    ("/dev/stdin", "/proc/self/fd/0"),
    ("/dev/stdout", "/proc/self/fd/1"),
];

/// What the kernel shows of itself and of the host, and no program inside needs.
pub(super) const MASKED: [&str; 15] = [
    "/proc/acpi",
    "/proc/asound",
    "/proc/cmdline",
    "/proc/interrupts",
    "/proc/kallsyms",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/proc/timer_list",
    "/proc/vmallocinfo",
    "/sys/devices/virtual/powercap",
    "/sys/firmware",
    "/sys/kernel",
];

/// What names the host, below what is made read-only: it is covered after that.
pub(super) const MASKED_BELOW: [&str; 1] = ["/proc/sys/kernel/random/boot_id"];

/// What one user namespace may use of what the kernel counts by user, through all namespaces (`struct ucounts` in
/// `linux/user_namespace.h`): less than half of what a host gives a user by default, so that one
/// sandbox leaves the others and the user's own programs some. A host without the mechanism has not
/// the file.
const COUNTED_BY_USER: [(&str, &str); 4] = [
    // The defaults are 128, and a share of the memory: 8192 and more (inotify(7)).
    ("/proc/sys/user/max_inotify_instances", "48"),
    ("/proc/sys/user/max_inotify_watches", "32768"),
    // The defaults are 128, and a share of the memory (fanotify(7)).
    ("/proc/sys/user/max_fanotify_groups", "48"),
    ("/proc/sys/user/max_fanotify_marks", "32768"),
];

/// Settings of a filtered network's namespace (`Documentation/networking/ip-sysctl.rst`): packets to the outside come back
/// from the sandbox's own address, and the program listens on every port, for nothing listens there but what is its own.
const FILTERED: [(&str, &str); 3] = [
    ("/proc/sys/net/ipv4/conf/all/accept_local", "1"),
    ("/proc/sys/net/ipv4/conf/lo/accept_local", "1"),
    ("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0"),
];

/// Kernel files that change the host when written.
const READ_ONLY_KERNEL: [&str; 6] = [
    "/proc/bus",
    "/proc/fs",
    "/proc/irq",
    "/proc/pressure",
    "/proc/sys",
    "/proc/sysrq-trigger",
];

/// Each file takes whole pages, which are no larger than this on any architecture.
const LARGEST_PAGE: u64 = 64 << 10;

/// The first step: an empty root, with room for the files of the policy.
pub(super) fn root(wanted: &Filesystem) -> Step {
    let size = |content: &str| u64::try_from(content.len()).unwrap_or(u64::MAX);
    let sizes = wanted.files.iter().map(|file| size(&file.content));
    let pages = sizes.map(|size| size.div_ceil(LARGEST_PAGE).saturating_mul(LARGEST_PAGE));
    let root = Action::Tmpfs {
        bytes: pages.fold(ROOT_BYTES, u64::saturating_add),
        files: ROOT_FILES,
        mode: 0o755,
    };
    own("/", root, PLAIN)
}

/// The last step: nothing is added to the root any more.
pub(super) fn seal() -> Step {
    own("/", Action::Seal, SEAL)
}

/// A step that every sandbox has.
fn own(target: &str, action: Action, attributes: Attributes) -> Step {
    Step {
        action,
        target: target.to_owned(),
        attributes,
        optional: false,
        existing: false,
        span: None,
    }
}

/// `/proc`, `/sys` and `/dev`.
pub(super) fn kernel(wanted: &Filesystem, capable: bool, network: NetworkMode) -> Vec<Step> {
    // A new one takes a network namespace of the sandbox's own: it shows that one's interfaces (sysfs_init_fs_context
    // in the kernel's fs/sysfs/mount.c). On the host's network there is the host's.
    let devices = if network == NetworkMode::Host {
        Action::Bind {
            source: "/sys".to_owned(),
            owned: false,
            link: None,
        }
    } else {
        Action::Sysfs
    };
    let mut steps = vec![
        own("/proc", Action::Proc, PROCESSES),
        own("/sys", devices, FIXED),
    ];
    // A program with capabilities lives in one user namespace below, which takes the only place
    // that there is; others have none.
    let namespaces = if capable { "1" } else { "0" };
    let setting = Action::Setting(namespaces.to_owned());
    let limit = "/proc/sys/user/max_user_namespaces";
    steps.push(own(limit, setting, Attributes::NONE));
    steps.extend(COUNTED_BY_USER.map(|(path, most)| Step {
        optional: true,
        ..own(path, Action::Setting(most.to_owned()), Attributes::NONE)
    }));
    if network == NetworkMode::Filtered {
        let settings = FILTERED.map(|(path, value)| {
            let setting = Action::Setting(value.to_owned());
            own(path, setting, Attributes::NONE)
        });
        steps.extend(settings);
    }
    steps.extend(MASKED.map(|path| mask(path, None)));
    steps.extend(READ_ONLY_KERNEL.map(|path| Step {
        optional: true,
        ..own(path, Action::ReadOnly, FIXED)
    }));
    steps.extend(MASKED_BELOW.map(|path| mask(path, None)));
    let device = |path: &str| {
        let device = Action::Bind {
            source: path.to_owned(),
            owned: false,
            link: None,
        };
        own(path, device, DEVICE)
    };
    steps.extend(DEVICES.map(device));
    steps.extend(wanted.devices.iter().map(|one| Step {
        optional: one.optional,
        span: Some(one.span),
        ..device(&one.path)
    }));
    steps.push(own("/dev/pts", Action::Devpts, TERMINALS));
    steps.push(own("/dev/shm", scratch(wanted.scratch_bytes), PLAIN));
    steps.extend(
        DEVICE_LINKS
            .map(|(path, target)| own(path, Action::Symlink(target.to_owned()), Attributes::NONE)),
    );
    steps
}

/// What covers a path of the kernel's, where the kernel has it.
pub(super) fn mask(path: &str, span: Option<Span>) -> Step {
    Step {
        optional: true,
        span,
        ..own(path, Action::Mask, FIXED)
    }
}

/// Files that programs expect in `/etc`.
pub(super) fn files(resolved: &Resolved) -> [(&'static str, String); 6] {
    let (network, host_name) = (&resolved.network, host_name(resolved));
    let servers: Vec<IpAddr> = match network.mode {
        // The helper is the only resolver, and asks the others.
        NetworkMode::Filtered => vec![HOST_INSIDE],
        NetworkMode::None | NetworkMode::Host => {
            network.dns_servers.iter().map(|one| one.value).collect()
        }
    };
    let mut resolv = String::new();
    for server in servers {
        // Writing to a string cannot fail.
        if writeln!(resolv, "nameserver {server}").is_err() {
            break;
        }
    }
    let hosts = format!("127.0.0.1 localhost {host_name}\n::1 localhost {host_name}\n");
    let switch = "passwd: files\ngroup: files\nhosts: files dns\nservices: files\n".to_owned();
    let (user, group) = (inside(resolved.ids.user), inside(resolved.ids.group));
    let name = resolved.process.user.as_ref();
    let name = name.map_or(USER, |name| &name.value);
    // A field of passwd(5) ends at a colon.
    let fits = |home: &&str| home.starts_with('/') && !home.contains([':', '\n']);
    let home = resolved.environment.iter().find(|one| one.name == "HOME");
    let home = home.and_then(|home| home.value.as_deref()).filter(fits);
    let home = home.unwrap_or("/tmp");
    let passwd = format!(
        "{name}:x:{user}:{group}:{name}:{home}:/bin/sh\n\
         nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"
    );
    let group = format!("{name}:x:{group}:\nnogroup:x:65534:\n");
    [
        ("/etc/group", group),
        ("/etc/hostname", format!("{host_name}\n")),
        ("/etc/hosts", hosts),
        ("/etc/nsswitch.conf", switch),
        ("/etc/passwd", passwd),
        ("/etc/resolv.conf", resolv),
    ]
}

/// An empty directory in memory.
pub(super) const fn scratch(bytes: u64) -> Action {
    Action::Tmpfs {
        bytes,
        files: SCRATCH_FILES,
        mode: 0o1777,
    }
}
