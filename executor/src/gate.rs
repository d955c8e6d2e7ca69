//! The gate between the supervisor and init.

use crate::files::{pipe, write_all};
use crate::message::{OrRefuse, Refused, SETUP_REFUSED};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, OwnedFd};
use rustix::io::Errno;

const STEP: &str = "start";
const TELLING: &str = "telling init";

/// No time to wait.
const AT_ONCE: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 0,
};

/// Holds init back until its ids are mapped, and again until what stays as it is is known; and shows it
/// whether the supervisor still lives.
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

/// The supervisor's end of an open gate. Init knows that nothing waits for it when this is dropped.
pub(crate) struct OpenGate(OwnedFd);

/// Init's end.
pub(crate) struct PassedGate(OwnedFd);

impl Gate {
    pub(crate) fn new() -> Result<Self, Refused> {
        let (reader, writer) = pipe().or_refuse(STEP, "a pipe to init")?;
        Ok(Self { reader, writer })
    }

    /// Lets init go on.
    pub(crate) fn open(self) -> Result<OpenGate, Refused> {
        drop(self.reader);
        write_all(&self.writer, b".").or_refuse(STEP, TELLING)?;
        Ok(OpenGate(self.writer))
    }

    /// Waits until the gate is open.
    pub(crate) fn wait(self) -> Result<PassedGate, Refused> {
        drop(self.writer);
        let passed = PassedGate(self.reader);
        passed.wait_again()?;
        Ok(passed)
    }
}

impl OpenGate {
    /// Lets init go on where it waits, or will wait, again.
    pub(crate) fn let_on(&self) -> Result<(), Refused> {
        match write_all(&self.0, b".") {
            // It has ended meanwhile, and has said why: who watches it sees that.
            Err(Errno::PIPE) => Ok(()),
            written => written.or_refuse(STEP, TELLING),
        }
    }
}

impl PassedGate {
    /// Waits until the supervisor lets this process on.
    pub(crate) fn wait_again(&self) -> Result<(), Refused> {
        let read = rustix::io::read(&self.0, &mut [0][..]);
        match read.or_refuse(STEP, "waiting for the supervisor")? {
            // The supervisor has failed, and has said why.
            0 => Err(Refused {
                status: SETUP_REFUSED,
            }),
            _ => Ok(()),
        }
    }

    /// Whether the supervisor is gone.
    pub(crate) fn is_closed(&self) -> Result<bool, Errno> {
        is_closed(&self.0)
    }
}

/// Whether what is read here comes to an end: no process holds the other side any more. A listener of
/// a filter ends with the last process that has the filter.
pub(crate) fn is_closed(reader: impl AsFd) -> Result<bool, Errno> {
    let mut fds = [PollFd::new(&reader, PollFlags::IN)];
    let _ready: usize = poll(&mut fds, Some(&AT_ONCE))?;
    Ok(fds.iter().any(|fd| fd.revents().contains(PollFlags::HUP)))
}
