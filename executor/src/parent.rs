//! What a process and its parent mean to each other: none of ours outlives its parent, and no child
//! is left running where the run has failed.

use crate::message::{EMULATED, OrRefuse, Refused, refuse};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::OwnedFd;
use rustix::io::{Errno, retry_on_intr};
use rustix::process::{
    Pid, Signal, WaitOptions, getppid, kill_process, parent_process_death_signal,
    pidfd_send_signal, set_parent_process_death_signal, waitpid,
};

const STEP: &str = "supervision";

/// Has the kernel kill this process when its parent dies.
///
/// This does not say that the parent was alive when the call was made. Who needs to know that looks
/// afterwards: [`die_with`], or whether the supervisor's end of the gate is still open.
pub(crate) fn die_with_parent() -> Result<(), Refused> {
    const SETTING: &str = "prctl, PR_SET_PDEATHSIG";
    set_parent_process_death_signal(Some(Signal::KILL)).or_refuse(STEP, SETTING)?;
    if parent_process_death_signal().or_refuse(STEP, SETTING)? == Some(Signal::KILL) {
        return Ok(());
    }
    Err(refuse!(STEP, SETTING, EMULATED))
}

/// Has the kernel kill this process when its parent dies, which must be this one.
pub(crate) fn die_with(parent: Pid) -> Result<(), Refused> {
    die_with_parent()?;
    if getppid() == Some(parent) {
        Ok(())
    } else {
        Err(refuse!(STEP, "the parent is gone"))
    }
}

/// Kills a child and waits for its end.
pub(crate) fn kill_and_wait(child: Pid) -> Result<(), Errno> {
    kill_process(child, Signal::KILL)?;
    let _ended = waitpid(Some(child), WaitOptions::empty())?;
    Ok(())
}

/// The same by a handle, for a child that may have been waited for with the others: its id may be another
/// process's then. NOSYS where it does not end, so that it was not killed.
pub(crate) fn kill_by_handle(child: Pid, handle: &OwnedFd) -> Result<(), Errno> {
    /// More than a process takes to end that was killed.
    const PATIENCE: Timespec = Timespec {
        tv_sec: 5,
        tv_nsec: 0,
    };
    match pidfd_send_signal(handle, Signal::KILL) {
        Err(Errno::SRCH) => return Ok(()),
        sent => sent?,
    }
    let mut fds = [PollFd::new(handle, PollFlags::IN)];
    if retry_on_intr(|| poll(&mut fds, Some(&PATIENCE)))? == 0 {
        return Err(Errno::NOSYS);
    }
    match waitpid(Some(child), WaitOptions::NOHANG) {
        Ok(_) | Err(Errno::CHILD) => Ok(()),
        Err(errno) => Err(errno),
    }
}
