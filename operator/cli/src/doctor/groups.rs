//! Control groups: one is made, limited, entered and killed, as for a run, and taken away again.
//!
//! The caller's group may hold no process while groups below it are limited, so this process moves
//! to one beside it meanwhile, as purple-exec does.

use super::child::words;
use super::report::{Check, State, UNTRIED};
use nix::errno::Errno;
use nix::sys::signal::{SigSet, SigmaskHow, Signal};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::geteuid;
use purple_host::group::{self, PROCESSES};
use purple_host::sys;
use purplec::target::Controller;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};

const THIS: (&str, &str, &str) = (
    "cgroup",
    "limits",
    "limits under `resources` cannot be set, and plans with limits are refused",
);
const INTO: (&str, &str, &str) = (
    "cgroup-clone",
    "limits",
    "a sandbox could not start inside its limits",
);
const KILL: (&str, &str, &str) = (
    "cgroup-kill",
    "limits",
    "what a sandbox leaves running could not be ended at once",
);

const SUBTREE: &str = "cgroup.subtree_control";

/// A group for as long as this lives, and what has to be undone in the end.
#[derive(Debug, Default)]
pub(super) struct Trial {
    /// The controllers that the group has.
    pub(super) controllers: BTreeSet<Controller>,
    group: Option<PathBuf>,
    base: PathBuf,
    side: Option<PathBuf>,
    enabled: Vec<&'static str>,
    blocked: Option<SigSet>,
}

/// Why there is no group, and what helps.
struct No(String, String);

impl Trial {
    /// Makes a group and tries it.
    pub(super) fn begin(checks: &mut Vec<Check>) -> Self {
        // Whoever interrupts this would leave the group behind.
        let blocked = SigSet::all().thread_swap_mask(SigmaskHow::SIG_BLOCK).ok();
        let mut trial = Self {
            blocked,
            ..Self::default()
        };
        match trial.make() {
            Ok(()) => trial.told(checks),
            Err(No(found, fix)) => {
                checks.push(Check::new(THIS, Err(found), || fix));
                for (id, layer, why) in [INTO, KILL] {
                    let found = Err(format!("{UNTRIED}it needs a group"));
                    checks.push(Check::new((id, layer, why), found, String::new));
                }
            }
        }
        trial
    }

    /// A group that may be divided, and holds no process.
    pub(super) fn group(&self) -> Option<&Path> {
        self.group.as_deref()
    }

    fn make(&mut self) -> Result<(), No> {
        let mount = group::mount_point().ok_or_else(|| {
            No(
                "no cgroup2 file system is mounted".to_owned(),
                "mount -t cgroup2 none /sys/fs/cgroup".to_owned(),
            )
        })?;
        let root = geteuid().is_root();
        let none = || {
            No(
                "this process is in no group of version 2".to_owned(),
                advice(false),
            )
        };
        self.base = if root {
            mount
        } else {
            group::own(&mount).ok_or_else(none)?
        };
        let shown = self.base.display().to_string();
        let given = fs::read_to_string(self.base.join("cgroup.controllers"))
            .map_err(|error| No(format!("{shown}: {error}"), advice(root)))?;
        let given: Vec<_> = Controller::ALL
            .into_iter()
            .filter(|one| given.split_whitespace().any(|word| word == one.name()))
            .collect();
        if given.is_empty() {
            let old = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
            let held = old
                .lines()
                .any(|line| line.contains(":memory:") || line.contains(":pids:"));
            return Err(if held {
                No(
                    "control groups of version 1 hold the controllers".to_owned(),
                    "boot with systemd.unified_cgroup_hierarchy=1, or without systemd with cgroup_no_v1=all".to_owned(),
                )
            } else {
                No(format!("{shown} has no controllers"), advice(root))
            });
        }
        self.step_aside(&shown, root)?;
        for controller in given {
            let is_on = || {
                let all = fs::read_to_string(self.base.join(SUBTREE)).unwrap_or_default();
                all.split_whitespace().any(|word| word == controller.name())
            };
            if !is_on() {
                let on = fs::write(self.base.join(SUBTREE), format!("+{}", controller.name()));
                if on.is_err() || !is_on() {
                    continue;
                }
                self.enabled.push(controller.name());
            }
            self.controllers.insert(controller);
        }
        if self.controllers.is_empty() {
            return Err(No(
                format!("{shown} gives no controller to groups below it"),
                advice(root),
            ));
        }
        let group = self
            .base
            .join(format!("purple-doctor-{}", std::process::id()));
        fs::create_dir(&group)
            .map_err(|error| No(format!("a group below {shown}: {error}"), advice(root)))?;
        self.group = Some(group.clone());
        for (controller, file, value) in [
            (Controller::Cpu, "cpu.weight", "50"),
            (Controller::Cpu, "cpu.max", "50000 100000"),
            (Controller::Memory, "memory.max", "67108864"),
            (Controller::Memory, "memory.oom.group", "1"),
            (Controller::Pids, "pids.max", "20"),
        ] {
            let path = group.join(file);
            let set = || fs::write(&path, value).and_then(|()| fs::read_to_string(&path));
            let works = || set().is_ok_and(|found| found.trim() == value);
            if self.controllers.contains(&controller) && !works() {
                self.controllers.remove(&controller);
            }
        }
        // What the trial has set would limit the run that comes next.
        for (file, value) in [
            ("cpu.max", "max"),
            ("memory.max", "max"),
            ("pids.max", "max"),
        ] {
            let path = group.join(file);
            if path.exists() {
                fs::write(&path, value)
                    .map_err(|error| No(format!("{file}: {error}"), advice(root)))?;
            }
        }
        Ok(())
    }

    /// Leaves the group that is to be divided, where it is one that must hold no process.
    fn step_aside(&mut self, shown: &str, root: bool) -> Result<(), No> {
        let failed = |error: std::io::Error| {
            No(
                format!("{shown} is not yours to divide: {error}"),
                advice(root),
            )
        };
        if !self.base.join("cgroup.type").exists() {
            return Ok(());
        }
        let own = std::process::id().to_string();
        let procs = fs::read_to_string(self.base.join(PROCESSES)).map_err(failed)?;
        let others = procs.lines().filter(|line| *line != own).count();
        if others > 0 {
            return Err(No(
                format!("{shown} holds {others} other processes"),
                advice(root),
            ));
        }
        if procs.is_empty() {
            return Ok(());
        }
        let side = self.base.join(format!("purple-doctor-{own}.supervisor"));
        fs::create_dir(&side).map_err(failed)?;
        self.side = Some(side.clone());
        fs::write(side.join(PROCESSES), "0").map_err(failed)
    }

    fn told(&self, checks: &mut Vec<Check>) {
        let names = |all: &[&str]| all.join(", ");
        let has: Vec<_> = self.controllers.iter().map(|one| one.name()).collect();
        let lacks = Controller::ALL
            .into_iter()
            .filter(|one| !self.controllers.contains(one));
        let lacks: Vec<_> = lacks.map(Controller::name).collect();
        let check = Check::new(THIS, Ok(names(&has)), String::new);
        let delegate = if geteuid().is_root() {
            "a kernel with CONFIG_MEMCG, CONFIG_CGROUP_PIDS, CONFIG_CFS_BANDWIDTH and CONFIG_BLK_DEV_THROTTLING; \
             where version 1 holds them: boot with systemd.unified_cgroup_hierarchy=1"
        } else {
            "root writes [Service] and Delegate=cpu io memory pids to \
             /etc/systemd/system/user@.service.d/delegate.conf, then systemctl daemon-reload and a new login"
        };
        checks.push(match lacks.as_slice() {
            [] => check,
            // No shipped profile limits disks.
            ["io"] => check
                .found(format!("{}; not io", names(&has)))
                .is(State::Degraded, delegate),
            more => check
                .found(format!("{}; not {}", names(&has), names(more)))
                .is(State::Missing, delegate),
        });
        let (into, killed) = self.enter();
        let old = || "a kernel from Linux 5.14 on".to_owned();
        let say = |found: Result<(), Errno>| found.map(|()| String::new()).map_err(words);
        checks.push(Check::new(INTO, say(into), old));
        checks.push(Check::new(KILL, say(killed), old));
    }

    /// Starts a process in the group, looks whether it is there, and kills the group.
    fn enter(&self) -> (Result<(), Errno>, Result<(), Errno>) {
        let raw = |error: std::io::Error| Errno::from_raw(error.raw_os_error().unwrap_or(0));
        let Some(group) = &self.group else {
            return (Err(Errno::ENOENT), Err(Errno::ENOENT));
        };
        let child = File::open(group)
            .map_err(raw)
            .and_then(|dir| sys::wait_in_group(dir.as_fd()));
        let child = match child {
            Ok(child) => child,
            Err(errno) => return (Err(errno), Err(Errno::ENOENT)),
        };
        let inside = fs::read_to_string(group.join(PROCESSES)).map_err(raw);
        let inside = match inside {
            Ok(all) if all.trim() == child.to_string() => Ok(()),
            Ok(_) => Err(Errno::EIO),
            Err(errno) => Err(errno),
        };
        let killed = fs::write(group.join("cgroup.kill"), "1").map_err(raw);
        if killed.is_err() && nix::sys::signal::kill(child, Signal::SIGKILL).is_err() {
            return (inside, Err(Errno::ESRCH));
        }
        let ended = match waitpid(child, None) {
            Ok(WaitStatus::Signaled(_, Signal::SIGKILL, _)) => killed,
            Ok(_) => Err(Errno::EIO),
            Err(errno) => Err(errno),
        };
        (inside, ended)
    }

    /// Takes everything away again. The error says what could not be.
    pub(super) fn end(self) -> Result<(), String> {
        let mut left = Vec::new();
        let mut undo = |what: &Path, done: std::io::Result<()>| {
            if let Err(error) = done {
                left.push(format!("{}: {error}", what.display()));
            }
        };
        if let Some(group) = &self.group {
            undo(group, remove(group));
        }
        for controller in self.enabled.iter().rev() {
            let off = fs::write(self.base.join(SUBTREE), format!("-{controller}"));
            undo(&self.base, off);
        }
        if let Some(side) = &self.side {
            undo(&self.base, fs::write(self.base.join(PROCESSES), "0"));
            undo(side, remove(side));
        }
        if let Some(blocked) = self.blocked
            && let Err(errno) = blocked.thread_set_mask()
        {
            left.push(format!("the signal mask: {}", words(errno)));
        }
        if left.is_empty() {
            Ok(())
        } else {
            Err(left.join("; "))
        }
    }
}

/// Removes a group. What was killed in it counts until the kernel has let it go.
fn remove(group: &Path) -> std::io::Result<()> {
    for _ in 0..1000 {
        match fs::remove_dir(group) {
            Err(error) if error.raw_os_error() == Some(Errno::EBUSY as i32) => {
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
            result => return result,
        }
    }
    fs::remove_dir(group)
}

fn advice(root: bool) -> String {
    if root {
        "in a container: give it a cgroup namespace whose root holds no process; elsewhere boot with systemd.unified_cgroup_hierarchy=1".to_owned()
    } else {
        "`systemd-run --user --scope -p Delegate=yes purple doctor`, and purple run in the same way"
            .to_owned()
    }
}
