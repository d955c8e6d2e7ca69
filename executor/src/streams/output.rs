//! The relay from the program: what it writes into a pipe goes to where the caller wants it.

use super::buffer::Buffer;
use super::classify::{Kind, of_caller};
use super::input::AT_ONCE;
use rustix::event::PollFlags;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::OFlags;
use rustix::io::{Errno, ioctl_fionread, write};
use rustix::net::{SendFlags, send};
use rustix::pipe::{fcntl_setpipe_size, splice};

/// How much is moved at a time, and the size of the pipe once there is much.
const MOST: usize = 1 << 20;
/// From how many bytes in one piece on there is much to come.
const MUCH: usize = 32 << 10;

/// The relay of one descriptor.
#[derive(Debug)]
pub(super) struct Output {
    number: usize,
    kind: Kind,
    /// Our end, to be read from. `None` once there is nothing more to come, or nobody to take it: then
    /// the program learns it as it would have from the caller's pipe.
    pipe: Option<OwnedFd>,
    /// What was read and is not written, for what a pipe cannot be moved to.
    buffer: Buffer,
    /// Whether the caller's end takes no more for now.
    blocked: bool,
    /// Whether no process inside is left: nothing is written into the pipe any more.
    ended: bool,
    is_large: bool,
    /// Why what the program has written was not taken.
    failed: Option<Errno>,
}

impl Output {
    /// The relay of a pipe to what the caller has at `number`.
    pub(super) fn new(number: usize, kind: Kind, pipe: OwnedFd) -> Result<Self, Errno> {
        // The program can open the pipe of its own for reading, and take what we were to read.
        rustix::fs::fcntl_setfl(&pipe, OFlags::RDONLY | OFlags::NONBLOCK)?;
        Ok(Self {
            number,
            kind,
            pipe: Some(pipe),
            buffer: Buffer::new(if kind == Kind::Pipe { 0 } else { 64 << 10 })?,
            blocked: false,
            ended: false,
            is_large: false,
            failed: None,
        })
    }

    /// Whether there is nothing more to come.
    pub(super) fn is_over(&self) -> bool {
        self.pipe.is_none() && self.buffer.is_empty()
    }

    /// The error by which something is lost.
    pub(super) fn failed(&self) -> Option<(usize, Errno)> {
        self.failed.map(|errno| (self.number, errno))
    }

    /// What is waited for: our pipe and the caller's descriptor, with the events of each. A reader who
    /// goes away is seen at once.
    pub(super) fn interest(&self) -> [Option<(BorrowedFd<'_>, PollFlags)>; 2] {
        if self.is_over() {
            return [None, None];
        }
        let caller = of_caller(self.number);
        if self.blocked {
            return [None, Some((caller, PollFlags::OUT))];
        }
        let pipe = self.pipe.as_ref();
        let is_watched = self.kind != Kind::OtherFile;
        [
            pipe.map(|pipe| (pipe.as_fd(), PollFlags::IN)),
            is_watched.then_some((caller, PollFlags::empty())),
        ]
    }

    /// Goes on after something has happened to our pipe or to the caller's descriptor. Whether anything
    /// was moved.
    pub(super) fn go_on(&mut self, caller: PollFlags) -> bool {
        if caller.intersects(PollFlags::ERR | PollFlags::HUP) {
            self.give_up(None);
            return false;
        }
        self.blocked = false;
        let moved = if self.kind == Kind::Pipe {
            self.move_on()
        } else {
            self.copy_on()
        };
        match moved {
            Ok(count) => count != 0,
            Err(Errno::AGAIN) => {
                if self.ended && !self.blocked && self.buffer.is_empty() {
                    self.pipe = None;
                }
                false
            }
            Err(Errno::INTR) => false,
            // The reader has gone away.
            Err(Errno::PIPE | Errno::CONNRESET) => {
                self.give_up(None);
                false
            }
            Err(errno) => {
                self.give_up(Some(errno));
                false
            }
        }
    }

    /// Once everything inside has ended: passes on what is there, as far as it is taken now. What holds the
    /// program's end open still is no process of the sandbox.
    pub(super) fn end(&mut self) {
        self.ended = true;
        while self.go_on(PollFlags::empty()) {}
    }

    /// Nobody takes it any more.
    fn give_up(&mut self, failed: Option<Errno>) {
        self.pipe = None;
        self.buffer.clear();
        self.blocked = false;
        self.failed = self.failed.or(failed);
    }

    /// Moves pages from pipe to pipe.
    fn move_on(&mut self) -> Result<usize, Errno> {
        let Some(pipe) = &self.pipe else {
            return Ok(0);
        };
        match splice(pipe, None, of_caller(self.number), None, MOST, AT_ONCE) {
            Ok(0) => {
                self.pipe = None;
                Ok(0)
            }
            Err(Errno::AGAIN) => {
                // Either the caller's pipe is full, or the program has read what was in ours.
                self.blocked = ioctl_fionread(pipe)? != 0;
                Err(Errno::AGAIN)
            }
            moved => {
                let moved = moved?;
                self.enlarge(moved);
                Ok(moved)
            }
        }
    }

    /// Makes our pipe larger where much comes at once.
    fn enlarge(&mut self, moved: usize) {
        if let Some(pipe) = &self.pipe
            && !self.is_large
            && moved >= MUCH
        {
            self.is_large = true;
            // A user who has too many pipes keeps a small one (pipe(7)).
            let _larger = fcntl_setpipe_size(pipe, MOST).is_ok();
        }
    }

    /// Reads from our pipe, and writes to the caller's file or socket.
    fn copy_on(&mut self) -> Result<usize, Errno> {
        let caller = of_caller(self.number);
        if self.buffer.is_empty()
            && let Some(pipe) = &self.pipe
        {
            let count = self.buffer.fill(pipe.as_fd())?;
            if count == 0 {
                self.pipe = None;
                return Ok(0);
            }
            self.enlarge(count);
        }
        let mut count = 0_usize;
        while !self.buffer.is_empty() {
            let written = if self.kind == Kind::Socket {
                let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
                send(caller, self.buffer.bytes(), flags)
            } else {
                write(caller, self.buffer.bytes())
            };
            self.blocked = written == Err(Errno::AGAIN);
            let written = written?;
            self.buffer.drop_first(written);
            count = count.saturating_add(written);
        }
        Ok(count)
    }
}
