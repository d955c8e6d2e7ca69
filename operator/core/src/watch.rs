//! Staying the parent of purple-exec: signals are passed on, it stops and goes on with its caller,
//! and it does not outlive this program.

use crate::Problem;
use nix::errno::Errno;
use nix::sys::signal::{SigSet, Signal, kill, raise};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// Runs a command to its end and returns the exit status that stands for it.
///
/// It is a process group of its own: what the keyboard sends comes here alone, and is passed on once.
pub fn run(command: &mut Command) -> Result<u8, Problem> {
    refuse_ignored_children()?;
    let name = command.get_program().to_string_lossy().into_owned();
    let child = command
        .process_group(0)
        .spawn()
        .map_err(|error| Problem::new(format!("{name}: {error}")))?;
    let failed = |errno: Errno| Problem::new(format!("waiting for {name}: {}", errno.desc()));
    let child = i32::try_from(child.id())
        .map(Pid::from_raw)
        .map_err(|_| failed(Errno::ESRCH))?;
    // What came before this ended us, and with us the child.
    let all: SigSet = Signal::iterator().collect();
    all.thread_block().map_err(failed)?;
    let mut resumed = false;
    loop {
        while let Some(status) = look(child).map_err(failed)? {
            match status {
                Found::Ended(status) => return Ok(status),
                Found::Stopped => {
                    stop().map_err(failed)?;
                    kill(child, Signal::SIGCONT).map_err(failed)?;
                    resumed = true;
                }
            }
        }
        match all.wait().map_err(failed)? {
            Signal::SIGCHLD | Signal::SIGPIPE => {}
            // The one that has continued us, which the child has got already.
            Signal::SIGCONT if resumed => resumed = false,
            signal => match kill(child, signal) {
                Ok(()) | Err(Errno::ESRCH) => {}
                Err(errno) => return Err(failed(errno)),
            },
        }
    }
}

/// Where the caller ignores SIGCHLD, a child leaves no status behind (wait(2), NOTES).
fn refuse_ignored_children() -> Result<(), Problem> {
    let bit = 1_u64 << (Signal::SIGCHLD as u32 - 1);
    let status = std::fs::read_to_string("/proc/self/status")
        .map_err(|error| Problem::new(format!("/proc/self/status: {error}")))?;
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|set| u64::from_str_radix(set.trim(), 16).ok());
    match ignored {
        Some(set) if set & bit == 0 => Ok(()),
        _ => Err(Problem::new(
            "SIGCHLD is ignored by whoever started this, so nobody would see how the command ends",
        )),
    }
}

enum Found {
    Ended(u8),
    Stopped,
}

/// What has become of the child since the last look.
fn look(child: Pid) -> Result<Option<Found>, Errno> {
    let flags = WaitPidFlag::WNOHANG | WaitPidFlag::WUNTRACED;
    Ok(match waitpid(child, Some(flags))? {
        WaitStatus::Exited(_, status) => Some(Found::Ended(u8::try_from(status).unwrap_or(255))),
        WaitStatus::Signaled(_, signal, _) => Some(Found::Ended(
            u8::try_from(signal as i32 + 128).unwrap_or(255),
        )),
        WaitStatus::Stopped(..) => Some(Found::Stopped),
        _ => None,
    })
}

/// Stops as the keyboard's signal does by default; where nobody would continue us, nothing happens.
fn stop() -> Result<(), Errno> {
    let mut only = SigSet::empty();
    only.add(Signal::SIGTSTP);
    raise(Signal::SIGTSTP)?;
    only.thread_unblock()?;
    only.thread_block()
}
