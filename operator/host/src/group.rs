//! Control groups around a run: leaving the one that is to be divided, and taking away what runs that
//! were killed have left.

use std::fs;
use std::path::{Path, PathBuf};

/// The processes of a group, an id a line; writing `0` moves the writer there.
pub const PROCESSES: &str = "cgroup.procs";

/// Where control groups of version 2 are: the first mount of them.
pub fn mount_point() -> Option<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
    mounts.lines().find_map(|line| {
        let (mount, kind) = line.split_once(" - ")?;
        let place = mount.split(' ').nth(4)?.replace("\\040", " ");
        kind.starts_with("cgroup2 ").then(|| PathBuf::from(place))
    })
}

/// The group of this process below such a mount.
pub fn own(mount: &Path) -> Option<PathBuf> {
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
pub fn step_aside() -> Option<PathBuf> {
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

/// Removes the groups below one that runs have left whose purple-exec was killed.
///
/// One is left if it was used, nothing runs in it, and no process has the id in its name. What a run
/// makes at the same time has its own process, and was not used yet. What cannot be removed stays,
/// and does no harm.
pub fn sweep(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let group = entry.path();
        if entry.file_name().to_str().and_then(id).is_some_and(is_gone) && is_used_and_empty(&group)
        {
            let _removed = fs::remove_dir(&group).is_ok();
        }
    }
}

/// The process that a group of a run is named by.
fn id(name: &str) -> Option<u32> {
    let name = name.strip_prefix("purple-")?;
    name.strip_suffix(".supervisor")
        .unwrap_or(name)
        .parse()
        .ok()
}

fn is_gone(process: u32) -> bool {
    fs::exists(format!("/proc/{process}")).is_ok_and(|there| !there)
}

fn is_used_and_empty(group: &Path) -> bool {
    let has = |file: &str, wanted: &dyn Fn(&str) -> bool| {
        fs::read_to_string(group.join(file)).is_ok_and(|text| text.lines().any(wanted))
    };
    has("cgroup.events", &|line| line == "populated 0")
        && has("cpu.stat", &|line| {
            line.starts_with("usage_usec ") && line != "usage_usec 0"
        })
}

#[cfg(test)]
mod tests {
    use super::{id, is_gone};

    #[test]
    fn groups_of_runs_are_known_by_their_names() {
        assert_eq!(id("purple-12"), Some(12));
        assert_eq!(id("purple-12.supervisor"), Some(12));
        for other in [
            "purple-doctor-12",
            "purple-",
            "purple",
            "12",
            "purple-12.scope",
            "purple--1",
        ] {
            assert_eq!(id(other), None, "{other}");
        }
    }

    #[test]
    fn who_runs_is_not_gone() {
        assert!(!is_gone(std::process::id()));
        // Linux gives out no id of more than 22 bits (PID_MAX_LIMIT of linux/threads.h).
        assert!(is_gone(1 << 30));
    }
}
