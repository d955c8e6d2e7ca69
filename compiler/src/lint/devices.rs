//! Devices of the host that give a program more than a device.

use super::scope::Scope;
use crate::diagnostics::{Diagnostic, quote};
use std::collections::BTreeSet;

/// Beginnings of the names of devices below `/dev`, with what a program gets by them (Documentation/admin-guide/devices.txt of the
/// kernel).
const DANGEROUS: [(&str, &str); 44] = [
    ("autofs", "mounts of the host"),
    ("bcache", "the disks of the host"),
    ("block/", "the disks of the host"),
    ("btrfs-control", "the disks of the host"),
    ("bus/usb", "every USB device, also keyboards and disks"),
    ("console", "the console of the host"),
    ("cpu/", "the registers of the processors"),
    ("disk/", "the disks of the host"),
    ("dm-", "the disks of the host"),
    ("drbd", "the disks of the host"),
    ("fb", "the screen of the host"),
    ("hd", "the disks of the host"),
    ("hidraw", "what is typed on the host"),
    ("hugepages", "memory that all sandboxes share"),
    ("input", "what is typed on the host"),
    ("kmem", "the memory of the kernel"),
    ("kmsg", "the messages of the kernel"),
    ("log", "the log of the host"),
    ("loop", "the disks of the host"),
    ("mapper", "the disks of the host"),
    ("md", "the disks of the host"),
    ("mem", "the memory of the host"),
    ("mmcblk", "the disks of the host"),
    ("mtd", "the firmware of the host"),
    ("nbd", "the disks of the host"),
    ("net/tun", "network interfaces of the host"),
    ("nvme", "the disks of the host"),
    ("nvram", "the firmware of the host"),
    ("pmem", "the disks of the host"),
    ("port", "the ports of the hardware"),
    ("rbd", "the disks of the host"),
    ("sd", "the disks of the host"),
    ("sg", "the disks of the host"),
    ("snapshot", "the memory of the host"),
    ("uinput", "what is typed on the host"),
    (
        "userfaultfd",
        "page faults of the kernel, which slow it down at will",
    ),
    ("vcs", "what the screen of the host shows"),
    ("vd", "the disks of the host"),
    ("vfio", "devices that reach the memory of the host"),
    ("vhost", "network interfaces of the host"),
    ("watchdog", "the restart of the host"),
    ("xvd", "the disks of the host"),
    ("zram", "the disks of the host"),
    ("zvol", "the disks of the host"),
];

/// Whether a device gives a program what the sandbox separates, and what that is.
pub fn dangerous(path: &str) -> Option<&'static str> {
    let name = path.strip_prefix("/dev/")?;
    let number = name.strip_prefix("tty");
    let is_number = |rest: &str| rest.starts_with(|first: char| first.is_ascii_digit());
    if number.is_some_and(is_number) {
        return Some("a terminal of the host");
    }
    let mut known = DANGEROUS.iter();
    known.find_map(|(start, what)| name.starts_with(start).then_some(*what))
}

/// Runs the lints.
pub(super) fn lint(scope: &mut Scope<'_>) {
    let mut seen = BTreeSet::new();
    for device in &scope.resolved.filesystem.devices {
        if !seen.insert(device.span) {
            continue;
        }
        if let Some(what) = dangerous(&device.path) {
            let message = format!("{} gives the program {what}", quote(&device.path));
            scope.report(
                Diagnostic::warning("dangerous-device", device.span, message)
                    .with_help("leave it out, unless the program is trusted with that"),
            );
        } else if device.path == "/dev/fuse" {
            let message = "`/dev/fuse` cannot be used: no program inside may mount a file system";
            scope.report(
                Diagnostic::warning("device-unusable", device.span, message)
                    .with_help("mount the file system on the host, and show its directory"),
            );
        }
    }
}
