//! Control groups around a run: leaving the one that is to be divided.

use std::fs;
use std::path::{Path, PathBuf};

/// The processes of a group, an id a line; writing `0` moves the writer there.
pub(crate) const PROCESSES: &str = "cgroup.procs";

/// Where control groups of version 2 are: the first mount of them.
pub(crate) fn mount_point() -> Option<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
    mounts.lines().find_map(|line| {
        let (mount, kind) = line.split_once(" - ")?;
        let place = mount.split(' ').nth(4)?.replace("\\040", " ");
        kind.starts_with("cgroup2 ").then(|| PathBuf::from(place))
    })
}

/// The group of this process below such a mount.
pub(crate) fn own(mount: &Path) -> Option<PathBuf> {
    let all = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let own = all.lines().find_map(|line| line.strip_prefix("0::/"))?;
    Some(mount.join(own))
}

/// Moves this process to a new group below its own, and returns its own, below which the run's group
/// can be made then: a group that gives controllers on may hold no process
/// (Documentation/admin-guide/cgroup-v2.rst, "No Internal Process Constraint").
///
/// `None` where it cannot: purple-exec finds the same, and refuses the run with the reason. The new
/// group stays for as long as this process is in it, and so behind it: systemd removes it with the scope.
pub(crate) fn step_aside() -> Option<PathBuf> {
    let base = own(&mount_point()?)?;
    let id = std::process::id();
    let all = fs::read_to_string(base.join(PROCESSES)).ok()?;
    // The first group of all has no type: it may hold processes, and is not a user's to divide.
    if all.trim() != id.to_string() || !base.join("cgroup.type").exists() {
        return None;
    }
    let side = base.join(format!("purple-{id}.supervisor"));
    fs::create_dir(&side).ok()?;
    if fs::write(side.join(PROCESSES), "0").is_ok() {
        return Some(base);
    }
    // It only tidies up: there is no run in this way.
    let _removed = fs::remove_dir(&side).is_ok();
    None
}
