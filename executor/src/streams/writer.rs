//! What writes to a terminal that this process cannot open again: a process of its own.
//!
//! Another user's terminal, as after `su -c`, cannot be opened again, so it cannot be written to without
//! waiting: the flag belongs to the caller's open file, and there may be room for a part only of what
//! is written. So the supervisor writes into a socket, and this process from there to the terminal. It
//! has nothing else open, waits as long as the terminal does, and ends with the supervisor.

use crate::files::write_all;
use crate::message::{OrRefuse, Refused};
use crate::parent::{die_with, kill_by_handle};
use purple_sys::clone::{Forked, clone_into};
use purple_sys::descriptors::{close_all_but, input, output};
use purple_sys::process::exit_group;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fd::{AsFd, BorrowedFd, IntoRawFd, OwnedFd};
use rustix::io::{Errno, read, retry_on_intr};
use rustix::net::{
    AddressFamily, SendFlags, Shutdown, SocketFlags, SocketType, send, shutdown, socketpair,
};
use rustix::process::{Pid, PidfdFlags, getpid, pidfd_open};
use rustix::stdio::{dup2_stderr, dup2_stdin, dup2_stdout};

const STEP: &str = "start";

/// The running process, seen from the supervisor.
#[derive(Debug)]
pub(super) struct Writer {
    socket: OwnedFd,
    pid: Pid,
    handle: OwnedFd,
}

impl Writer {
    /// Starts it. Every signal that can be blocked is blocked, as in the supervisor.
    pub(super) fn start(terminal: BorrowedFd<'_>) -> Result<Self, Errno> {
        let kind = SocketType::STREAM;
        let (ours, its) = socketpair(AddressFamily::UNIX, kind, SocketFlags::CLOEXEC, None)?;
        let supervisor = getpid();
        match clone_into(0, None)? {
            Forked::Child => {
                let written = die_with(supervisor).is_ok() && carry(its, terminal).is_ok();
                exit_group(u8::from(!written))
            }
            Forked::Parent(pid) => Ok(Self {
                socket: ours,
                pid,
                handle: pidfd_open(pid, PidfdFlags::empty())?,
            }),
        }
    }

    /// Gives it as much as it takes for now.
    pub(super) fn write(&self, bytes: &[u8]) -> Result<usize, Errno> {
        send(
            &self.socket,
            bytes,
            SendFlags::DONTWAIT | SendFlags::NOSIGNAL,
        )
    }

    /// Says that there is nothing more to come: it ends once everything is written, and hangs up.
    pub(super) fn close(&self) -> Result<(), Errno> {
        shutdown(&self.socket, Shutdown::Write)
    }

    /// Ends it. What it has not written is lost.
    pub(super) fn end(&self) -> Result<(), Refused> {
        kill_by_handle(self.pid, &self.handle).or_refuse(STEP, "ending the writer to the terminal")
    }
}

impl AsFd for Writer {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Writes what comes, until there is nothing more to come or the terminal is hung up.
fn carry(socket: OwnedFd, terminal: BorrowedFd<'_>) -> Result<(), Errno> {
    dup2_stdout(terminal)?;
    dup2_stderr(terminal)?;
    dup2_stdin(&socket)?;
    // It is one of those that are closed now.
    let _number: i32 = socket.into_raw_fd();
    if !close_all_but(&[])? {
        return Err(Errno::NOSYS);
    }
    let mut bytes = [0; 4096];
    loop {
        let mut fds = [
            PollFd::from_borrowed_fd(input(), PollFlags::IN),
            PollFd::from_borrowed_fd(output(), PollFlags::empty()),
        ];
        let _ready: usize = retry_on_intr(|| poll(&mut fds, None))?;
        let [_, terminal] = fds;
        if !terminal.revents().is_empty() {
            return Err(Errno::IO);
        }
        let count = read(input(), &mut bytes[..])?;
        match bytes.get(..count) {
            Some(bytes) if !bytes.is_empty() => write_all(output(), bytes)?,
            _ => return Ok(()),
        }
    }
}
