//! The gate between the supervisor and init.

use crate::message::{Part, Refused, SETUP_REFUSED, refuse};
use rustix::fd::{AsFd, OwnedFd};
use rustix::io::Errno;
use rustix::pipe::PipeFlags;

/// Holds init back until its ids are mapped, and tells it whether the supervisor still lives: only
/// the supervisor holds the other end.
pub(crate) struct Gate {
    reader: OwnedFd,
    writer: OwnedFd,
}

impl Gate {
    pub(crate) fn new() -> Result<Self, Refused> {
        let (reader, writer) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC)
            .map_err(|errno| failed("a pipe to init", errno))?;
        Ok(Self { reader, writer })
    }

    /// Lets init go on. The gate stays until what is returned is dropped.
    pub(crate) fn open(self) -> Result<OwnedFd, Refused> {
        drop(self.reader);
        match rustix::io::write(self.writer.as_fd(), b".") {
            Ok(1) => Ok(self.writer),
            Ok(_) => Err(failed("telling init", Errno::IO)),
            Err(errno) => Err(failed("telling init", errno)),
        }
    }

    /// Waits until the gate is open. Returns the end that shows whether the supervisor lives.
    pub(crate) fn wait(self) -> Result<OwnedFd, Refused> {
        drop(self.writer);
        let mut byte = [0];
        match rustix::io::read(&self.reader, &mut byte[..]) {
            Ok(1) => Ok(self.reader),
            // The supervisor has failed, and has said why.
            Ok(_) => Err(Refused { status: SETUP_REFUSED }),
            Err(errno) => Err(failed("waiting for the supervisor", errno)),
        }
    }
}

fn failed(what: &'static str, errno: Errno) -> Refused {
    refuse("start", &[Part::Text(what), Part::Error(errno)])
}
