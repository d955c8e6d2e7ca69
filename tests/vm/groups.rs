//! Control groups for scenarios: groups that their owner may divide, and runs in them.

use purple_tests::policy::Policy;
use purple_tests::run::{Finished, Run};
use purple_tests::test_dir::TestDir;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) const GROUPS: &str = "/sys/fs/cgroup";
const CONTROLLERS: &str = "+cpu +io +memory +pids";

/// A group that its owner may divide, removed in the end.
pub(crate) struct Delegated(pub(crate) PathBuf);

impl Delegated {
    pub(crate) fn new(place: &TestDir) -> Self {
        Self(given(place, "delegated"))
    }

    /// Starts the executor in it, in a group below it where one is named.
    pub(crate) fn start<'p>(&self, run: Run<'p>, below: &str) -> Run<'p> {
        let path = self.0.join(below);
        if !below.is_empty() {
            fs::create_dir(&path).expect("a new group");
        }
        run.wrapped_by_root(&["sh", "-c", &join(&path), "sh"])
    }
}

/// A new group that the place's owner may divide.
pub(crate) fn given(place: &TestDir, name: &str) -> PathBuf {
    let group = Path::new(GROUPS).join(format!("{name}-{}", place.name()));
    fs::write(
        Path::new(GROUPS).join("cgroup.subtree_control"),
        CONTROLLERS,
    )
    .expect("process 1 divides the first group");
    fs::create_dir(&group).expect("a new group");
    for file in [
        "",
        "cgroup.procs",
        "cgroup.subtree_control",
        "cgroup.threads",
    ] {
        chown(group.join(file), Some(place.who.uid), Some(place.who.gid))
            .expect("root gives it away");
    }
    group
}

/// A shell's line that joins a group and becomes the command behind it.
pub(crate) fn join(group: &Path) -> String {
    format!("echo 0 > {}/cgroup.procs && exec \"$@\"", group.display())
}

/// A command in a group, as the place's owner; its words are to be added.
pub(crate) fn owners_command(place: &TestDir, group: &Path) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &join(group), "sh"]);
    command.args(place.who.setpriv());
    command
}

impl Drop for Delegated {
    fn drop(&mut self) {
        for entry in fs::read_dir(&self.0).expect("the group").flatten() {
            if entry.path().is_dir() {
                fs::remove_dir(entry.path()).expect("nothing runs in it");
            }
        }
        fs::remove_dir(&self.0).expect("nothing runs in it");
    }
}

/// Runs as the place's owner would: root anywhere, a user in a group of its own. Whatever comes of
/// it, no group of a run is left.
pub(crate) fn finish(place: &TestDir, run: Run<'_>) -> Finished {
    let group = Delegated::new(place);
    let run = if place.who.is_root() {
        run
    } else {
        group.start(run, "")
    };
    let done = run.report().finish();
    assert!(groups().is_empty(), "{:?}: {done}", groups());
    done
}

/// The groups of runs that there are.
pub(crate) fn groups() -> Vec<PathBuf> {
    let below = |path: &Path| {
        let entries = fs::read_dir(path).into_iter().flatten().flatten();
        entries
            .map(|entry| entry.path())
            .filter(|path| path.is_dir())
            .collect::<Vec<_>>()
    };
    let mut found = below(Path::new(GROUPS));
    found.extend(found.clone().iter().flat_map(|group| below(group)));
    let of_run = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("purple-") && !name.ends_with(".supervisor")
    };
    found.retain(of_run);
    found
}

pub(crate) fn report(done: &Finished) -> &Value {
    done.report.as_ref().expect("a report")
}

pub(crate) fn limited(place: &TestDir, resources: &str) -> Policy {
    Policy::new(place).section(&format!("resources: {{{resources}}}"))
}
