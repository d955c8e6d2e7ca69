//! The sandbox's own terminal, from inside: init opens it, and the payload is a job on it.
//!
//! Init leads the session of the terminal, and the payload a process group of its own in it, as a
//! shell and its job do: so the keyboard's signals reach the payload, and one that stops it does, for
//! its group has a parent outside of the group (setpgid(2), orphaned process groups).

use super::classify::of_caller;
use crate::files::open;
use crate::shared::Shared;
use purple_sys::descriptors::pass;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::process::{Pid, getpgrp, ioctl_tiocsctty, setpgid};
use rustix::pty::{OpenptFlags, ioctl_tiocgptpeer, unlockpt};
use rustix::termios::{
    LocalModes, OptionalActions, OutputModes, tcgetattr, tcgetpgrp, tcgetwinsize, tcsetattr,
    tcsetpgrp, tcsetwinsize,
};

/// What init tells the supervisor besides the number of a file: that this is the terminal's other side.
pub(super) const MASTER: u8 = 3;
/// That the payload is stopped, with the number of the signal.
pub(super) const STOPPED: u8 = 0x80;

/// A new terminal in the sandbox's own devpts, like the caller's in modes and size.
#[derive(Debug)]
pub(super) struct Pty {
    pub(super) master: OwnedFd,
    pub(super) slave: OwnedFd,
}

impl Pty {
    /// Opens it, and makes it the controlling terminal of this session. Where the caller's terminal is
    /// not in raw mode, it is that one which ends lines for the screen.
    pub(super) fn open(caller: BorrowedFd<'_>, is_raw_outside: bool) -> Result<Self, Errno> {
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK;
        let master = open(c"/dev/pts/ptmx", flags)?;
        unlockpt(&master)?;
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let slave = ioctl_tiocgptpeer(&master, flags)?;

        let theirs = tcgetattr(caller)?;
        let mut modes = tcgetattr(&slave)?;
        modes.input_modes = theirs.input_modes;
        modes.output_modes = theirs.output_modes;
        modes.local_modes = theirs.local_modes & !LocalModes::EXTPROC;
        modes.special_codes = theirs.special_codes;
        if !is_raw_outside {
            modes.output_modes &= !OutputModes::OPOST;
        }
        tcsetattr(&slave, OptionalActions::Now, &modes)?;
        tcsetwinsize(&slave, tcgetwinsize(caller)?)?;
        ioctl_tiocsctty(&slave)?;
        Ok(Self { master, slave })
    }
}

/// What init has of the terminal, once it is in its place.
#[derive(Debug)]
pub(crate) struct Job {
    /// Leads to the supervisor.
    channel: OwnedFd,
    /// The terminal: a standard descriptor.
    terminal: BorrowedFd<'static>,
    /// The group that had the terminal when it was taken from inside.
    held: Option<Pid>,
}

impl Job {
    pub(super) fn new(channel: OwnedFd, number: usize) -> Self {
        Self {
            channel,
            terminal: of_caller(number),
            held: None,
        }
    }

    /// What must stay open beside the standard descriptors.
    pub(crate) fn channel(&self) -> BorrowedFd<'_> {
        self.channel.as_fd()
    }

    /// In the payload: makes it a group of its own, which has the terminal where the supervisor lets
    /// what is typed go inside. A group that has not is stopped when it reads: init then tells the
    /// supervisor.
    pub(crate) fn enter(&self, shared: &Shared) -> Result<(), Errno> {
        setpgid(None, None)?;
        if shared.has_terminal() {
            // Every signal is blocked, so TTOU does not stop this.
            tcsetpgrp(self.terminal, getpgrp())?;
        }
        Ok(())
    }

    /// In init: gives the terminal to the payload, or takes it, as the supervisor has decided.
    pub(crate) fn follow(&mut self, shared: &Shared, payload: Pid) {
        let own = getpgrp();
        let Ok(now) = tcgetpgrp(self.terminal) else {
            // It is hung up: nobody gets it.
            return;
        };
        let wanted = match (shared.has_terminal(), now == own) {
            (true, true) => self.held.take().unwrap_or(payload),
            (false, false) => {
                self.held = Some(now);
                own
            }
            _ => return,
        };
        if tcsetpgrp(self.terminal, wanted).is_err() && wanted != own {
            // That group is gone. Where the payload is too, init is about to end.
            let _given: Result<(), Errno> = tcsetpgrp(self.terminal, payload);
        }
    }

    /// In init: sends the supervisor the signal that has stopped the payload. A full channel contains
    /// messages of this kind, so this one is dropped.
    pub(crate) fn tell_stopped(&self, signal: u32) -> Result<(), Errno> {
        let signal = u8::try_from(signal).unwrap_or(0) & !STOPPED;
        match pass(self.channel.as_fd(), STOPPED | signal, None) {
            Err(Errno::AGAIN) => Ok(()),
            sent => sent,
        }
    }
}
