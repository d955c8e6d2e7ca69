//! A process that starts inside a control group, and the end of everything in it.

use crate::cgroup::Cgroup;
use crate::errno;
use crate::sys::process::start_in_cgroup;
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;
use std::fs::File;
use std::os::fd::AsFd as _;

/// What came of it.
#[derive(Debug)]
pub struct StartedAndKilled {
    /// Whether the process was in the group from its start.
    pub started: Result<(), Errno>,
    /// Whether killing the group ended it.
    pub killed: Result<(), Errno>,
}

/// Starts a process in the group, looks whether it is there, and kills the group.
pub fn start_and_kill(group: &Cgroup) -> StartedAndKilled {
    let child = File::open(group.path())
        .map_err(|error| errno::of(&error))
        .and_then(|directory| start_in_cgroup(directory.as_fd()));
    match child {
        Ok(child) => {
            let started = match group.processes() {
                Ok(ids) if ids == [child.to_string()] => Ok(()),
                Ok(_) => Err(Errno::EIO),
                Err(error) => Err(errno::of(&error)),
            };
            let killed = kill_group(group, child);
            StartedAndKilled { started, killed }
        }
        Err(errno) => StartedAndKilled {
            started: Err(errno),
            killed: Err(Errno::ENOENT),
        },
    }
}

/// Kills the group, and the child in it by itself where that does not work.
fn kill_group(group: &Cgroup, child: Pid) -> Result<(), Errno> {
    let killed = group.kill().map_err(|error| errno::of(&error));
    if killed.is_err() && kill(child, Signal::SIGKILL).is_err() {
        return Err(Errno::ESRCH);
    }
    match waitpid(child, None)? {
        WaitStatus::Signaled(_, Signal::SIGKILL, _) => killed,
        _ => Err(Errno::EIO),
    }
}
