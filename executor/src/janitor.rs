//! The janitor: a process outside that takes the stubs away where the supervisor has been killed.
//!
//! It is made once there is something to take away and init is there, waits until the supervisor and init are both
//! gone, and removes what the supervisor would have removed. Where the supervisor ends by itself, it ends the
//! janitor first. A janitor that is killed too leaves the stubs to the next run.

use crate::files::pipe;
use crate::filesystem::kept::KeptSet;
use crate::filesystem::protected;
use crate::filesystem::step::Step;
use crate::message::{OrRefuse, Refused};
use crate::parent::kill_by_handle;
use crate::streams::Streams;
use purple_sys::clone::{Forked, clone_into};
use purple_sys::process::exit_group;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fd::{AsFd, OwnedFd};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, pidfd_open, setsid};

const STEP: &str = "protected path";
const STARTING: &str = "starting the janitor";

/// The running janitor, seen from the supervisor.
pub(crate) struct Janitor {
    pid: Pid,
    /// A handle of it: its id may be another process's once it has been waited for.
    handle: OwnedFd,
    /// While this is open, the supervisor lives. Init was made before it was.
    _alive: OwnedFd,
}

/// Starts a janitor where there are stubs. Init must not have been waited for.
pub(crate) fn start(
    init: Pid,
    steps: &mut [Step],
    kept: &mut KeptSet,
    streams: &mut Streams,
) -> Result<Option<Janitor>, Refused> {
    if steps.iter().all(|step| step.stub.is_none()) && !kept.has_stubs() {
        return Ok(None);
    }
    let init = pidfd_open(init, PidfdFlags::empty()).or_refuse(STEP, STARTING)?;
    let (reader, alive) = pipe().or_refuse(STEP, STARTING)?;
    match clone_into(0, None).or_refuse(STEP, STARTING)? {
        Forked::Child => {
            drop(alive);
            // A pipe ends when nobody has its other end any more.
            streams.close();
            let status = match clean_up_after(&reader, &init, steps, kept) {
                Ok(()) => 0,
                Err(_) => 1,
            };
            exit_group(status)
        }
        Forked::Parent(pid) => {
            let handle = pidfd_open(pid, PidfdFlags::empty()).or_refuse(STEP, STARTING)?;
            Ok(Some(Janitor {
                pid,
                handle,
                _alive: alive,
            }))
        }
    }
}

/// What the janitor does. Every signal that can be blocked is blocked, as in the supervisor.
fn clean_up_after(
    supervisor: &OwnedFd,
    init: &OwnedFd,
    steps: &mut [Step],
    kept: &mut KeptSet,
) -> Result<(), Errno> {
    // What the keyboard sends, and a session that ends, is not for it.
    let _session: Pid = setsid()?;
    wait_for(supervisor, PollFlags::HUP)?;
    // Init ends after everything inside: until then something could still be planted.
    wait_for(init, PollFlags::IN)?;
    protected::remove_stubs(steps);
    kept.remove_stubs();
    Ok(())
}

fn wait_for(fd: impl AsFd, event: PollFlags) -> Result<(), Errno> {
    let mut fds = [PollFd::new(&fd, PollFlags::IN)];
    loop {
        match poll(&mut fds, None) {
            Ok(_) if fds.iter().any(|fd| fd.revents().contains(event)) => return Ok(()),
            // There is no end to the time, so the kernel has not waited.
            Ok(0) => return Err(Errno::NOSYS),
            Ok(_) | Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
}

impl Janitor {
    /// Ends it: there is nothing left for it to do.
    pub(crate) fn end(self) -> Result<(), Refused> {
        kill_by_handle(self.pid, &self.handle).or_refuse(STEP, "ending the janitor")
    }
}
