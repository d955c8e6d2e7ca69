//! Control groups of version 2, as files below their mount (Documentation/admin-guide/cgroup-v2.rst).

use crate::mountinfo;
use crate::users;
use nix::errno::Errno;
use std::fmt::{self, Display};
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

/// The processes of a group, an id a line; writing `0` moves the writer there.
const PROCESSES: &str = "cgroup.procs";
/// The controllers that a group gives to the groups below it.
const SUBTREE_CONTROL: &str = "cgroup.subtree_control";

/// A control group, by its directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cgroup {
    directory: PathBuf,
}

impl Cgroup {
    /// The group of this directory.
    pub fn at(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
        }
    }

    /// The first group that this process sees: where the first cgroup2 file system is mounted.
    pub fn first() -> Option<Self> {
        let mounts = mountinfo::mounts().into_iter();
        let mut groups = mounts.filter(|mount| mount.kind == "cgroup2");
        groups.next().map(|mount| Self::at(mount.point))
    }

    /// The group of this process, below the root.
    fn own(root: &Self) -> Option<Self> {
        let membership = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        Some(root.child(own_path(&membership)?))
    }

    /// Its directory.
    pub fn path(&self) -> &Path {
        &self.directory
    }

    /// The group of this name below it, which need not exist.
    #[must_use]
    pub fn child(&self, name: &str) -> Self {
        Self::at(self.directory.join(name))
    }

    /// Makes it.
    pub fn create(&self) -> io::Result<()> {
        fs::create_dir(&self.directory)
    }

    /// Removes it. A process that was killed in it counts until the kernel has released it.
    pub fn remove(&self) -> io::Result<()> {
        for _ in 0..1000 {
            match fs::remove_dir(&self.directory) {
                Err(error) if error.raw_os_error() == Some(Errno::EBUSY as i32) => {
                    std::thread::sleep(Duration::from_millis(1));
                }
                result => return result,
            }
        }
        fs::remove_dir(&self.directory)
    }

    /// Whether it is the first of all: that one has no type, and may hold processes beside groups.
    pub fn is_first(&self) -> bool {
        !self.directory.join("cgroup.type").exists()
    }

    /// The names of the controllers that it has.
    pub fn controllers(&self) -> io::Result<Vec<String>> {
        let names = self.read("cgroup.controllers")?;
        Ok(names.split_whitespace().map(str::to_owned).collect())
    }

    /// Whether it gives a controller to the groups below it.
    pub fn delegates(&self, controller: &str) -> bool {
        let names = self.read(SUBTREE_CONTROL).unwrap_or_default();
        names.split_whitespace().any(|name| name == controller)
    }

    /// Has it give a controller to the groups below it. The error is its refusal, or that nothing
    /// came of it.
    pub fn delegate(&self, controller: &str) -> io::Result<()> {
        self.write(SUBTREE_CONTROL, &format!("+{controller}"))?;
        if self.delegates(controller) {
            Ok(())
        } else {
            Err(Errno::EIO.into())
        }
    }

    /// Has it keep a controller from the groups below it.
    pub fn withdraw(&self, controller: &str) -> io::Result<()> {
        self.write(SUBTREE_CONTROL, &format!("-{controller}"))
    }

    /// The ids of its processes, in words.
    pub fn processes(&self) -> io::Result<Vec<String>> {
        let ids = self.read(PROCESSES)?;
        Ok(ids.lines().map(str::to_owned).collect())
    }

    /// Moves this process into it.
    pub fn enter(&self) -> io::Result<()> {
        self.write(PROCESSES, "0")
    }

    /// Kills every process in it.
    pub fn kill(&self) -> io::Result<()> {
        self.write("cgroup.kill", "1")
    }

    /// Whether it has an interface file of this name.
    pub fn has(&self, file: &str) -> bool {
        self.directory.join(file).exists()
    }

    /// Writes an interface file.
    pub fn write(&self, file: &str, value: &str) -> io::Result<()> {
        fs::write(self.directory.join(file), value)
    }

    /// Reads an interface file.
    pub fn read(&self, file: &str) -> io::Result<String> {
        fs::read_to_string(self.directory.join(file))
    }

    /// Moves this process out of its own group, which is this one, to a new group of that name below
    /// it: a group that delegates controllers may hold no process ("No Internal Process Constraint").
    ///
    /// `None` where nothing stands in the way: this is the first group of all, or holds no process.
    pub fn step_aside(&self, name: &str) -> Result<Option<Self>, StepAsideError> {
        if self.is_first() {
            return Ok(None);
        }
        let own = std::process::id().to_string();
        let processes = self.processes().map_err(StepAsideError::Refused)?;
        let others = processes.iter().filter(|id| **id != own).count();
        if others > 0 {
            return Err(StepAsideError::OtherProcesses(others));
        }
        if processes.is_empty() {
            return Ok(None);
        }
        let side = self.child(name);
        side.create().map_err(StepAsideError::Refused)?;
        if let Err(error) = side.enter() {
            // The reason is why it could not be entered, also where an empty group stays behind.
            let _removed = side.remove().is_ok();
            return Err(StepAsideError::Refused(error));
        }
        Ok(Some(side))
    }

    /// Removes the groups below it that runs have left whose purple-exec was killed.
    ///
    /// A group is a leftover if it was used, nothing runs in it, and no process has the id in its
    /// name. A group that a run makes at the same time has its own process, and was not used yet.
    /// What cannot be removed stays, and does no harm.
    pub fn remove_leftovers(&self) {
        for entry in fs::read_dir(&self.directory)
            .into_iter()
            .flatten()
            .flatten()
        {
            let run = entry.file_name().to_str().and_then(process_of_run);
            let group = Self::at(entry.path());
            if run.is_some_and(has_ended) && group.was_used_and_is_empty() {
                let _removed = fs::remove_dir(&group.directory).is_ok();
            }
        }
    }

    fn was_used_and_is_empty(&self) -> bool {
        let has = |file: &str, wanted: &dyn Fn(&str) -> bool| {
            self.read(file).is_ok_and(|text| text.lines().any(wanted))
        };
        has("cgroup.events", &|line| line == "populated 0")
            && has("cpu.stat", &|line| {
                line.starts_with("usage_usec ") && line != "usage_usec 0"
            })
    }
}

/// Where the groups of runs are made, as purple-exec does where none is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunsParent {
    /// For root: the group `purple` below the first of all, made where it is missing. Neither may hold
    /// a process.
    ForRoot {
        /// The first of all.
        first: Cgroup,
        /// The one below it.
        group: Cgroup,
    },
    /// For a user: the group of this process, which leaves it for one below it.
    Own(Cgroup),
}

impl RunsParent {
    /// The one of this user, below the first group of all.
    pub fn find(first: Option<Cgroup>) -> Result<Self, NoGroup> {
        let first = first.ok_or(NoGroup::NotMounted)?;
        if users::is_root() {
            let group = first.child("purple");
            return Ok(Self::ForRoot { first, group });
        }
        Cgroup::own(&first).map(Self::Own).ok_or(NoGroup::NoMember)
    }

    /// The group itself.
    pub const fn group(&self) -> &Cgroup {
        match self {
            Self::ForRoot { group, .. } | Self::Own(group) => group,
        }
    }
}

/// Why there is no group to make those of runs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoGroup {
    /// No cgroup2 file system is mounted.
    NotMounted,
    /// This process is in no group of version 2.
    NoMember,
}

impl Display for NoGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotMounted => "no cgroup2 file system is mounted",
            Self::NoMember => "this process is in no group of version 2",
        })
    }
}

impl std::error::Error for NoGroup {}

/// Why this process could not leave its group.
#[derive(Debug)]
pub enum StepAsideError {
    /// So many other processes are in it.
    OtherProcesses(usize),
    /// The kernel refused it.
    Refused(io::Error),
}

impl Display for StepAsideError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherProcesses(count) => write!(f, "{count} other processes"),
            Self::Refused(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for StepAsideError {}

/// Whether control groups of version 1 hold controllers that limits need.
pub fn version_1_holds_controllers() -> bool {
    let membership = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    membership
        .lines()
        .any(|line| line.contains(":memory:") || line.contains(":pids:"))
}

/// The path of the group of version 2 in a list of memberships (cgroups(7)).
fn own_path(membership: &str) -> Option<&str> {
    membership
        .lines()
        .find_map(|line| line.strip_prefix("0::/"))
}

/// The process that a group of a run is named by.
fn process_of_run(name: &str) -> Option<u32> {
    let name = name.strip_prefix("purple-")?;
    name.strip_suffix(".supervisor")
        .unwrap_or(name)
        .parse()
        .ok()
}

fn has_ended(process: u32) -> bool {
    fs::exists(format!("/proc/{process}")).is_ok_and(|exists| !exists)
}

#[cfg(test)]
mod tests {
    use super::{Cgroup, has_ended, own_path, process_of_run};
    use std::fs;

    #[test]
    fn groups_of_runs_are_known_by_their_names() {
        assert_eq!(process_of_run("purple-12"), Some(12));
        assert_eq!(process_of_run("purple-12.supervisor"), Some(12));
        for other in [
            "purple-doctor-12",
            "purple-",
            "purple",
            "12",
            "purple-12.scope",
            "purple--1",
        ] {
            assert_eq!(process_of_run(other), None, "{other}");
        }
    }

    #[test]
    fn a_running_process_has_not_ended() {
        assert!(!has_ended(std::process::id()));
        // Linux gives out no id of more than 22 bits (PID_MAX_LIMIT of linux/threads.h).
        assert!(has_ended(1 << 30));
    }

    #[test]
    fn the_own_group_is_the_one_of_version_2() {
        let both = "12:memory:/old\n1:name=systemd:/x\n0::/user.slice/a b\n";
        assert_eq!(own_path(both), Some("user.slice/a b"));
        assert_eq!(own_path("0::/\n"), Some(""));
        assert_eq!(own_path("3:pids:/old\n"), None);
    }

    /// On directories that look like groups: what the kernel refuses is for tests with real ones.
    #[test]
    fn only_a_group_that_was_used_and_is_empty_can_be_a_leftover() {
        let parent = std::env::temp_dir().join(format!("purple-cgroup-{}", std::process::id()));
        for (populated, usage, leftover) in [
            ("1", "5", false),
            ("0", "5", true),
            ("0", "0", false),
            ("1", "0", false),
        ] {
            let group = Cgroup::at(&parent);
            assert!(fs::create_dir_all(group.path()).is_ok());
            let events = format!("populated {populated}\nfrozen 0\n");
            assert!(group.write("cgroup.events", &events).is_ok());
            let usage = format!("usage_usec {usage}\nuser_usec 0\n");
            assert!(group.write("cpu.stat", &usage).is_ok());
            let judged = group.was_used_and_is_empty();
            assert!(fs::remove_dir_all(&parent).is_ok());
            assert_eq!(judged, leftover, "{events}{usage}");
        }
    }
}
