//! Staying the parent of a command: signals are passed on, it stops and continues with its caller,
//! and it does not outlive this program.

use crate::FileError;
use nix::errno::Errno;
use nix::sys::signal::{SigSet, SigmaskHow, Signal, kill, raise};
use nix::sys::signalfd::{SfdFlags, SignalFd, siginfo};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use purple_report::Visible;
use std::fmt::{self, Display};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::process::Command;

/// How a command ended.
#[derive(Debug)]
pub struct EndedCommand {
    /// The exit status that a shell would report for it.
    pub status: u8,
    /// All signals, which were passed on to it. Who has written down what must not be lost restores
    /// them: then a signal ends this process again.
    pub signals: BlockedSignals,
}

/// Runs a command to its end. All signals are held back already, so that none is lost before the command
/// is there to get it; it inherits that, and must let through by itself what the caller had let through
/// ([`blocked_by_caller`]).
///
/// It is in the same process group, because a shell gives its terminal to the group of the job: so what
/// the keyboard sends reaches it without help, and all else is passed on.
pub fn supervise(
    command: &mut Command,
    signals: BlockedSignals,
) -> Result<EndedCommand, SuperviseError> {
    refuse_ignored_children()?;
    let program = Visible(command.get_program().as_bytes()).to_string();
    let child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return Err(SuperviseError::Start { program, error }),
    };
    let child = i32::try_from(child.id()).map_err(|_| Errno::ESRCH);
    child
        .and_then(|child| wait_and_forward(Pid::from_raw(child)))
        .map(|status| EndedCommand { status, signals })
        .map_err(|errno| SuperviseError::Wait { program, errno })
}

/// Waits for the child's end, and passes on every signal until then that it has not got itself.
fn wait_and_forward(child: Pid) -> Result<u8, Errno> {
    let all: SigSet = Signal::iterator().collect();
    let taker = SignalFd::with_flags(&all, SfdFlags::SFD_CLOEXEC)?;
    let mut resumed = false;
    loop {
        while let Some(change) = state_change(child)? {
            match change {
                StateChange::Ended(status) => return Ok(status),
                StateChange::Stopped(signal) => {
                    stop(signal)?;
                    kill(child, Signal::SIGCONT)?;
                    resumed = true;
                }
            }
        }
        let Some(taken) = taker.read_signal()? else {
            continue;
        };
        if has_reached_group(&taken, child) {
            continue;
        }
        let number = i32::try_from(taken.ssi_signo).unwrap_or(0);
        match Signal::try_from(number)? {
            Signal::SIGCHLD | Signal::SIGPIPE => {}
            // The one that has continued us, which the child has got already.
            Signal::SIGCONT if resumed => resumed = false,
            signal => match kill(child, signal) {
                Ok(()) | Err(Errno::ESRCH) => {}
                Err(errno) => return Err(errno),
            },
        }
    }
}

/// Whether the child has got this signal too: from the terminal, which sends it to the whole group, or
/// by sending it itself.
fn has_reached_group(taken: &siginfo, child: Pid) -> bool {
    /// `SI_KERNEL` (asm-generic/siginfo.h).
    const FROM_KERNEL: i32 = 0x80;
    const OF_TERMINALS: [Signal; 6] = [
        Signal::SIGINT,
        Signal::SIGQUIT,
        Signal::SIGTSTP,
        Signal::SIGTTIN,
        Signal::SIGTTOU,
        Signal::SIGWINCH,
    ];
    let number = i32::try_from(taken.ssi_signo).unwrap_or(0);
    let is_of_terminal = OF_TERMINALS.iter().any(|&signal| signal as i32 == number);
    let is_from_child = u32::try_from(child.as_raw()) == Ok(taken.ssi_pid);
    let is_from_kernel = taken.ssi_code == FROM_KERNEL;
    is_of_terminal && (is_from_kernel || is_from_child)
}

/// Why a command could not be run to its end.
#[derive(Debug)]
pub enum SuperviseError {
    /// The state of this process cannot be read.
    OwnState(FileError),
    /// Where the caller ignores SIGCHLD, a child leaves no status behind (wait(2), NOTES).
    IgnoredChildren,
    /// The command did not start.
    Start {
        /// The program.
        program: String,
        /// Why.
        error: io::Error,
    },
    /// Its end cannot be waited for.
    Wait {
        /// The program.
        program: String,
        /// Why.
        errno: Errno,
    },
}

impl Display for SuperviseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OwnState(error) => error.fmt(f),
            Self::IgnoredChildren => f.write_str(
                "SIGCHLD is ignored by the caller, so the command's exit status would be lost",
            ),
            Self::Start { program, error } => write!(f, "{program}: {error}"),
            Self::Wait { program, errno } => write!(f, "waiting for {program}: {}", errno.desc()),
        }
    }
}

impl std::error::Error for SuperviseError {}

fn refuse_ignored_children() -> Result<(), SuperviseError> {
    let ignored = own_signals("SigIgn:").map_err(SuperviseError::OwnState)?;
    if ignored & (1 << (Signal::SIGCHLD as u32 - 1)) == 0 {
        return Ok(());
    }
    Err(SuperviseError::IgnoredChildren)
}

/// The signals that are blocked in this process, a bit each, from signal 1 on: before
/// [`BlockedSignals::block`], those that its caller had blocked.
pub fn blocked_by_caller() -> Result<u64, FileError> {
    own_signals("SigBlk:")
}

/// A set of signals of this process's (`proc_pid_status(5)`).
fn own_signals(key: &str) -> Result<u64, FileError> {
    const STATUS: &str = "/proc/self/status";
    let failed = FileError::at(STATUS);
    let status = match std::fs::read_to_string(STATUS) {
        Ok(status) => status,
        Err(error) => return Err(failed(error)),
    };
    signals_of(&status, key).ok_or_else(|| failed(io::Error::other(format!("it has no {key}"))))
}

fn signals_of(status: &str, key: &str) -> Option<u64> {
    let set = status.lines().find_map(|line| line.strip_prefix(key))?;
    u64::from_str_radix(set.trim(), 16).ok()
}

enum StateChange {
    Ended(u8),
    Stopped(Signal),
}

/// What has become of the child since the last call.
fn state_change(child: Pid) -> Result<Option<StateChange>, Errno> {
    let flags = WaitPidFlag::WNOHANG | WaitPidFlag::WUNTRACED;
    Ok(match waitpid(child, Some(flags))? {
        WaitStatus::Exited(_, status) => {
            Some(StateChange::Ended(u8::try_from(status).unwrap_or(255)))
        }
        WaitStatus::Signaled(_, signal, _) => Some(StateChange::Ended(
            u8::try_from(signal as i32 + 128).unwrap_or(255),
        )),
        WaitStatus::Stopped(_, signal) => Some(StateChange::Stopped(signal)),
        _ => None,
    })
}

/// Stops as the child was stopped, or else as the keyboard's signal does by default; in a group without a parent to continue
/// it, nothing happens.
fn stop(signal: Signal) -> Result<(), Errno> {
    let signal = match signal {
        Signal::SIGTTIN | Signal::SIGTTOU => signal,
        _ => Signal::SIGTSTP,
    };
    let mut only = SigSet::empty();
    only.add(signal);
    raise(signal)?;
    only.thread_unblock()?;
    only.thread_block()
}

/// All signals held back, until they are let through again.
#[derive(Debug)]
pub struct BlockedSignals(SigSet);

impl BlockedSignals {
    /// Holds them back in this thread.
    pub fn block() -> Result<Self, Errno> {
        SigSet::all()
            .thread_swap_mask(SigmaskHow::SIG_BLOCK)
            .map(Self)
    }

    /// Sets the mask that was before.
    pub fn restore(&self) -> Result<(), Errno> {
        self.0.thread_set_mask()
    }
}

#[cfg(test)]
mod tests {
    use super::{BlockedSignals, signals_of, supervise};
    use std::process::Command;

    #[test]
    fn sets_of_signals_are_hexadecimal() {
        let status = "SigBlk:\t0000000000000000\nSigIgn:\t0000000000010000\n";
        assert_eq!(signals_of(status, "SigIgn:"), Some(1 << 16));
        assert_eq!(signals_of(status, "SigBlk:"), Some(0));
        assert_eq!(signals_of("SigIgn:\tx\n", "SigIgn:"), None);
        assert_eq!(signals_of("", "SigIgn:"), None);
    }

    #[test]
    fn a_program_that_does_not_start_is_named() {
        let missing = BlockedSignals::block()
            .map(|signals| supervise(&mut Command::new("/nonexistent"), signals));
        assert!(missing.is_ok_and(|missing| {
            missing.is_err_and(|error| error.to_string().starts_with("/nonexistent: "))
        }));
    }
}
