//! Limits: a control group is made, limited, entered and killed, as for a run, and taken away again.
//!
//! It is made where those of runs are ([`RunsParent`]). A user's own group may hold no process while
//! groups below it are limited, so this process moves to one below it meanwhile, as purple-exec does.

use super::report::{Check, CheckResult, Subject};
use purple_host::cgroup::{
    Cgroup, NoGroup, RunsParent, StepAsideError, version_1_holds_controllers,
};
use purple_host::path::shown;
use purple_host::probe::cgroup::start_and_kill;
use purple_host::process::BlockedSignals;
use purple_host::{Errno, errno, users};
use purplec::target::Controller;
use std::collections::BTreeSet;
use std::io;

const CGROUP: Subject = Subject {
    id: "cgroup",
    layer: "limits",
    why: "limits under `resources` cannot be set, and plans with limits are refused",
};
const CGROUP_CLONE: Subject = Subject {
    id: "cgroup-clone",
    layer: "limits",
    why: "a sandbox could not start inside its limits",
};
const CGROUP_KILL: Subject = Subject {
    id: "cgroup-kill",
    layer: "limits",
    why: "processes that a sandbox leaves running could not be killed together",
};

/// Limits to try, with the controller that each needs.
const TRIED_LIMITS: [(Controller, &str, &str); 5] = [
    (Controller::Cpu, "cpu.weight", "50"),
    (Controller::Cpu, "cpu.max", "50000 100000"),
    (Controller::Memory, "memory.max", "67108864"),
    (Controller::Memory, "memory.oom.group", "1"),
    (Controller::Pids, "pids.max", "20"),
];

/// The limits that would hold for the run that comes next.
const LIMITS_TO_LIFT: [&str; 3] = ["cpu.max", "memory.max", "pids.max"];

/// A group for as long as this lives, and what has to be undone in the end.
#[derive(Debug)]
pub(super) struct TrialGroup {
    /// The controllers that limits work with.
    controllers: BTreeSet<Controller>,
    undo: Undo,
}

/// What was changed on the host, to be undone from the last to the first.
#[derive(Debug, Default)]
struct Undo {
    signals: Option<BlockedSignals>,
    /// The group above, and the one below it that this process moved to.
    stepped_aside: Option<(Cgroup, Cgroup)>,
    /// The controllers that a group gives on only for the trial.
    delegated: Vec<(Cgroup, Controller)>,
    /// The group for runs, where it was missing.
    parent: Option<Cgroup>,
    group: Option<Cgroup>,
}

/// Why there is no group, and what helps.
#[derive(Debug)]
struct Unavailable {
    found: String,
    fix: String,
}

impl Unavailable {
    /// With the advice for this user.
    fn new(found: impl Into<String>) -> Self {
        Self {
            found: found.into(),
            fix: advice(users::is_root()).to_owned(),
        }
    }
}

impl From<NoGroup> for Unavailable {
    fn from(error: NoGroup) -> Self {
        match error {
            NoGroup::NotMounted => Self {
                found: error.to_string(),
                fix: "mount -t cgroup2 none /sys/fs/cgroup".to_owned(),
            },
            NoGroup::NoMember => Self::new(error.to_string()),
        }
    }
}

impl TrialGroup {
    /// Makes a group and tries it.
    pub(super) fn begin(checks: &mut Vec<Check>) -> Self {
        // A signal that ended this process would leave the group behind.
        let mut trial = Self {
            controllers: BTreeSet::new(),
            undo: Undo {
                signals: BlockedSignals::block().ok(),
                ..Undo::default()
            },
        };
        match trial.make() {
            Ok(group) => {
                let found = controllers_found(&trial.controllers);
                checks.push(Check::required(CGROUP, found));
                check_processes(&group, checks);
            }
            Err(Unavailable { found, fix }) => {
                let missing = CheckResult::Missing { found, fix };
                checks.push(Check::required(CGROUP, missing));
                for subject in [CGROUP_CLONE, CGROUP_KILL] {
                    let needs = "a group".to_owned();
                    checks.push(Check::required(subject, CheckResult::Untried { needs }));
                }
            }
        }
        trial
    }

    /// A group that may be divided, and holds no process.
    pub(super) fn group(&self) -> Option<&Cgroup> {
        self.undo.group.as_ref()
    }

    /// The controllers that limits work with.
    pub(super) fn controllers(&self) -> BTreeSet<Controller> {
        self.controllers.clone()
    }

    /// Makes the group, and drops the controllers whose limits do not work in it.
    fn make(&mut self) -> Result<Cgroup, Unavailable> {
        let parent = RunsParent::find(Cgroup::first())?;
        self.controllers = match &parent {
            RunsParent::Own(own) => {
                let available = available_controllers(own)?;
                step_aside(own, &mut self.undo)?;
                delegate(own, available, &mut self.undo)?
            }
            RunsParent::ForRoot { first, group } => {
                let available = available_controllers(first)?;
                without_processes(first)?;
                let available = delegate(first, available, &mut self.undo)?;
                if make_parent(group)? {
                    self.undo.parent = Some(group.clone());
                }
                without_processes(group)?;
                delegate(group, available, &mut self.undo)?
            }
        };
        let parent = parent.group();
        let shown = shown(parent.path());
        let group = parent.child(&format!("purple-doctor-{}", std::process::id()));
        group
            .create()
            .map_err(|error| Unavailable::new(format!("a group below {shown}: {error}")))?;
        self.undo.group = Some(group.clone());
        for (controller, file, value) in TRIED_LIMITS {
            let works = || {
                let set = group.write(file, value).and_then(|()| group.read(file));
                set.is_ok_and(|found| found.trim() == value)
            };
            if self.controllers.contains(&controller) && !works() {
                self.controllers.remove(&controller);
            }
        }
        for file in LIMITS_TO_LIFT.into_iter().filter(|file| group.has(file)) {
            group
                .write(file, "max")
                .map_err(|error| Unavailable::new(format!("{file}: {error}")))?;
        }
        Ok(group)
    }

    /// Takes everything away again. The error says what could not be.
    pub(super) fn end(self) -> Result<(), Vec<String>> {
        self.undo.run()
    }
}

impl Undo {
    fn run(self) -> Result<(), Vec<String>> {
        let mut failed = Vec::new();
        let mut undone = |group: &Cgroup, result: io::Result<()>| {
            if let Err(error) = result {
                failed.push(format!("{}: {error}", shown(group.path())));
            }
        };
        if let Some(group) = &self.group {
            undone(group, group.remove());
        }
        let mut delegated = self.delegated;
        if let Some(parent) = &self.parent {
            match parent.remove() {
                // A run has begun in it: it stays, with its controllers, as runs leave it.
                Err(error) if error.kind() == io::ErrorKind::ResourceBusy => delegated.clear(),
                removed => {
                    undone(parent, removed);
                    delegated.retain(|(base, _)| base != parent);
                }
            }
        }
        for (base, controller) in delegated.iter().rev() {
            undone(base, base.withdraw(controller.name()));
        }
        if let Some((base, side)) = &self.stepped_aside {
            undone(base, base.enter());
            undone(side, side.remove());
        }
        if let Some(signals) = self.signals
            && let Err(error) = signals.restore()
        {
            failed.push(format!("the signal mask: {}", errno::words(error)));
        }
        if failed.is_empty() {
            Ok(())
        } else {
            Err(failed)
        }
    }
}

/// The controllers that a group has of those that limits need.
fn available_controllers(base: &Cgroup) -> Result<Vec<Controller>, Unavailable> {
    let shown = shown(base.path());
    let names = base
        .controllers()
        .map_err(|error| Unavailable::new(format!("{shown}: {error}")))?;
    let available: Vec<_> = Controller::ALL
        .into_iter()
        .filter(|one| names.iter().any(|name| name == one.name()))
        .collect();
    if !available.is_empty() {
        return Ok(available);
    }
    Err(if version_1_holds_controllers() {
        Unavailable {
            found: "control groups of version 1 hold the controllers".to_owned(),
            fix: "boot with systemd.unified_cgroup_hierarchy=1, or without systemd with cgroup_no_v1=all".to_owned(),
        }
    } else {
        Unavailable::new(format!("{shown} has no controllers"))
    })
}

/// Leaves the group that is to be divided, where it is one that must hold no process.
fn step_aside(base: &Cgroup, undo: &mut Undo) -> Result<(), Unavailable> {
    let shown = shown(base.path());
    let name = format!("purple-doctor-{}.supervisor", std::process::id());
    match base.step_aside(&name) {
        Ok(side) => {
            undo.stepped_aside = side.map(|side| (base.clone(), side));
            Ok(())
        }
        Err(StepAsideError::OtherProcesses(count)) => Err(Unavailable::new(format!(
            "{shown} holds {count} other processes"
        ))),
        Err(StepAsideError::Refused(error)) => Err(Unavailable::new(format!(
            "{shown} is not delegated to you: {error}"
        ))),
    }
}

/// Looks that no process is in a group that root's sandboxes need without: purple-exec moves none out
/// of it, itself neither. The first of all may hold processes.
fn without_processes(group: &Cgroup) -> Result<(), Unavailable> {
    if group.is_first() {
        return Ok(());
    }
    let shown = shown(group.path());
    let processes = group
        .processes()
        .map_err(|error| Unavailable::new(format!("{shown}: {error}")))?;
    let own = std::process::id().to_string();
    match processes.iter().filter(|id| **id != own).count() {
        0 if processes.is_empty() => Ok(()),
        0 => Err(Unavailable::new(format!("{shown} holds this process"))),
        count => Err(Unavailable::new(format!(
            "{shown} holds {count} other processes"
        ))),
    }
}

/// Makes the group for runs where it is missing; gives whether it was.
fn make_parent(group: &Cgroup) -> Result<bool, Unavailable> {
    match group.create() {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => {
            let shown = shown(group.path());
            Err(Unavailable::new(format!("{shown}: {error}")))
        }
    }
}

/// Has a group give controllers to the groups below it; gives those that it does.
fn delegate(
    base: &Cgroup,
    available: impl IntoIterator<Item = Controller>,
    undo: &mut Undo,
) -> Result<BTreeSet<Controller>, Unavailable> {
    let mut delegated = BTreeSet::new();
    for controller in available {
        if !base.delegates(controller.name()) {
            if base.delegate(controller.name()).is_err() {
                continue;
            }
            undo.delegated.push((base.clone(), controller));
        }
        delegated.insert(controller);
    }
    if delegated.is_empty() {
        return Err(Unavailable::new(format!(
            "{} delegates no controller to groups below it",
            shown(base.path())
        )));
    }
    Ok(delegated)
}

/// What the controllers that work, and those that do not, mean for limits.
fn controllers_found(controllers: &BTreeSet<Controller>) -> CheckResult {
    let names = |works: bool| {
        let all = Controller::ALL.into_iter();
        let some = all.filter(|one| controllers.contains(one) == works);
        some.map(Controller::name).collect::<Vec<_>>()
    };
    let has: Vec<_> = controllers.iter().map(|one| one.name()).collect();
    let (has, lacks) = (has.join(", "), names(false));
    let fix = if users::is_root() {
        "a kernel with CONFIG_MEMCG, CONFIG_CGROUP_PIDS, CONFIG_CFS_BANDWIDTH and CONFIG_BLK_DEV_THROTTLING; \
         where version 1 holds them: boot with systemd.unified_cgroup_hierarchy=1"
    } else {
        "root writes [Service] and Delegate=cpu io memory pids to \
         /etc/systemd/system/user@.service.d/delegate.conf, then systemctl daemon-reload and a new login"
    }
    .to_owned();
    match lacks.as_slice() {
        [] => CheckResult::Ok(has),
        // No shipped profile limits disks.
        ["io"] => CheckResult::Degraded {
            found: format!("{has}; not io"),
            fix,
        },
        lacks => CheckResult::Missing {
            found: format!("{has}; not {}", lacks.join(", ")),
            fix,
        },
    }
}

/// Whether processes can start in the group, and end with it.
fn check_processes(group: &Cgroup, checks: &mut Vec<Check>) {
    let tried = start_and_kill(group);
    let check = |tried: Result<(), Errno>| match tried {
        Ok(()) => CheckResult::ok(),
        Err(error) => CheckResult::Missing {
            found: errno::words(error),
            fix: "a kernel from Linux 5.14 on".to_owned(),
        },
    };
    checks.push(Check::required(CGROUP_CLONE, check(tried.started)));
    checks.push(Check::required(CGROUP_KILL, check(tried.killed)));
}

const fn advice(root: bool) -> &'static str {
    if root {
        "in a container: give it a cgroup namespace whose root holds no process; elsewhere boot with systemd.unified_cgroup_hierarchy=1"
    } else {
        "`systemd-run --user --scope -p Delegate=yes purple doctor`, and purple run in the same way"
    }
}

#[cfg(test)]
mod tests {
    use super::{CheckResult, Controller, controllers_found};
    use std::collections::BTreeSet;

    #[test]
    fn only_disks_may_be_without_limits() {
        let found = |without: &[Controller]| {
            let all = Controller::ALL.into_iter();
            let some: BTreeSet<_> = all.filter(|one| !without.contains(one)).collect();
            controllers_found(&some)
        };
        assert!(found(&[]).is_ok());
        let disks = found(&[Controller::Io]);
        assert!(
            matches!(disks, CheckResult::Degraded { found, .. } if found.ends_with("; not io"))
        );
        let more = found(&[Controller::Io, Controller::Pids]);
        assert!(
            matches!(more, CheckResult::Missing { found, .. } if found.contains("; not io, pids"))
        );
    }
}
