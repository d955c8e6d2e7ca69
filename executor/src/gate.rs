//! The gate between the supervisor and init.

use crate::files::{pipe, write_all};
use crate::message::{OrRefuse, Refused, SETUP_REFUSED};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, OwnedFd};
use rustix::io::Errno;

const STEP: &str = "start";

/// No time to wait.
const AT_ONCE: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 0,
};

/// Holds init back until its ids are mapped, and shows it whether the supervisor still lives.
///
/// Both processes have a copy of it after the clone, and each closes the end that is not its own. So
/// an open gate proves that the supervisor has mapped the ids and written down its namespaces; a
/// closed one, that the supervisor has failed or is dead, because only it holds the other end. The
/// parent's death signal alone would not do: changing ids clears it, and it is not sent to a process
/// whose parent died before it asked.
pub(crate) struct Gate {
    reader: OwnedFd,
    writer: OwnedFd,
}

impl Gate {
    pub(crate) fn new() -> Result<Self, Refused> {
        let (reader, writer) = pipe().or_refuse(STEP, "a pipe to init")?;
        Ok(Self { reader, writer })
    }

    /// Lets init go on. The gate stays until what is returned is dropped.
    pub(crate) fn open(self) -> Result<OwnedFd, Refused> {
        drop(self.reader);
        write_all(&self.writer, b".").or_refuse(STEP, "telling init")?;
        Ok(self.writer)
    }

    /// Waits until the gate is open. Returns the end that shows whether the supervisor lives.
    pub(crate) fn wait(self) -> Result<OwnedFd, Refused> {
        drop(self.writer);
        let read = rustix::io::read(&self.reader, &mut [0][..]);
        match read.or_refuse(STEP, "waiting for the supervisor")? {
            // The supervisor has failed, and has said why.
            0 => Err(Refused {
                status: SETUP_REFUSED,
            }),
            _ => Ok(self.reader),
        }
    }
}

/// Whether what is read here comes to an end: no process holds the other side any more. A listener of
/// a filter ends with the last process that has the filter.
pub(crate) fn is_closed(reader: impl AsFd) -> Result<bool, Errno> {
    let mut fds = [PollFd::new(&reader, PollFlags::IN)];
    let _ready: usize = poll(&mut fds, Some(&AT_ONCE))?;
    Ok(fds.iter().any(|fd| fd.revents().contains(PollFlags::HUP)))
}
