//! The relay to the program: what comes from the caller goes into a pipe that the program reads.
//!
//! A program takes from its input what it needs, and leaves the rest to the next: in a shell's
//! `while read line; do COMMAND; done`, to the loop. So at first nothing is taken from the caller's
//! pipe or socket but what the program has read: its bytes are lent, a page at a time, and are taken
//! when our pipe is empty again. A program that has read [`MUCH`] gets the rest in bulk, for the sake
//! of speed; then what it has not read of the last pipe full is lost to the next.

use super::classify::{Kind, of_caller};
use rustix::event::PollFlags;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{OFlags, SeekFrom, seek, tell};
use rustix::io::{Errno, ioctl_fionread, write};
use rustix::net::{RecvFlags, recv};
use rustix::pipe::{SpliceFlags, fcntl_setpipe_size, splice, tee};

/// How many bytes are lent at a time: a pipe of one page holds one buffer, so it has room only when
/// it is empty.
const LENT: usize = 4096;
/// After how many bytes the relay goes on in bulk.
const MUCH: usize = 1 << 20;
/// The size of the pipe then; a user has 64 MiB of pipes (pipe(7), `pipe-user-pages-soft`).
pub(super) const BULK: usize = 256 << 10;

pub(super) const AT_ONCE: SpliceFlags = SpliceFlags::NONBLOCK.union(SpliceFlags::MOVE);

/// How it goes on.
#[derive(Debug, Clone, Copy)]
enum Pace {
    /// So many bytes are in our pipe and not yet taken from the caller's.
    Lending(usize),
    /// Bytes are moved; `full` where our pipe takes no more for now.
    Bulk { full: bool },
}

/// The relay of one descriptor.
#[derive(Debug)]
pub(super) struct Input {
    number: usize,
    kind: Kind,
    /// What takes the bytes that were lent and read: /dev/null.
    taker: OwnedFd,
    /// Our end, to be written to. `None` once there is nothing more to come.
    pipe: Option<OwnedFd>,
    /// The program's end: it says how much is not read, also once there is no program.
    reader: OwnedFd,
    pace: Pace,
    /// How many bytes the program has read while they were lent.
    read: usize,
    /// The position in a file up to which it has been copied.
    at: u64,
    /// Why it has ended before its end.
    failed: Option<Errno>,
}

impl Input {
    /// The relay of what the caller has at `number` into a pipe.
    pub(super) fn new(
        number: usize,
        kind: Kind,
        taker: OwnedFd,
        pipe: OwnedFd,
        reader: OwnedFd,
    ) -> Result<Self, Errno> {
        rustix::fs::fcntl_setfl(&pipe, OFlags::WRONLY | OFlags::NONBLOCK)?;
        let (pace, at) = if kind == Kind::OtherFile {
            (Pace::Bulk { full: true }, tell(of_caller(number))?)
        } else {
            let _bytes = fcntl_setpipe_size(&pipe, LENT)?;
            (Pace::Lending(0), 0)
        };
        Ok(Self {
            number,
            kind,
            taker,
            pipe: Some(pipe),
            reader,
            pace,
            read: 0,
            at,
            failed: None,
        })
    }

    /// The error by which it has ended before its end.
    pub(super) fn failed(&self) -> Option<(usize, Errno)> {
        self.failed.map(|errno| (self.number, errno))
    }

    /// What is waited for: our pipe and the caller's descriptor, with the events of each.
    pub(super) fn interest(&self) -> [Option<(BorrowedFd<'_>, PollFlags)>; 2] {
        let Some(pipe) = &self.pipe else {
            return [None, None];
        };
        match self.pace {
            Pace::Lending(0) | Pace::Bulk { full: false } => {
                [None, Some((of_caller(self.number), PollFlags::IN))]
            }
            Pace::Lending(_) | Pace::Bulk { full: true } => {
                [Some((pipe.as_fd(), PollFlags::OUT)), None]
            }
        }
    }

    /// Goes on after something has happened to our pipe or to the caller's descriptor. What fails ends
    /// the input, and the status says so.
    pub(super) fn go_on(&mut self, pipe: PollFlags) {
        if pipe.contains(PollFlags::ERR) {
            // It is broken: nothing goes in any more.
            return self.end();
        }
        let Some(pipe) = self.pipe.take() else {
            return;
        };
        let goes_on = match self.pace {
            Pace::Lending(0) => self.lend(pipe.as_fd()),
            Pace::Lending(lent) => self.take_what_was_read(pipe.as_fd(), lent),
            Pace::Bulk { full } => self.move_on(pipe.as_fd(), full),
        };
        self.pipe = match goes_on {
            Ok(true) | Err(Errno::AGAIN | Errno::INTR) => Some(pipe),
            // A peer that went away is an end like another, and so is one that never was.
            Ok(false) | Err(Errno::CONNRESET) => None,
            Err(Errno::INVAL) if self.kind == Kind::Socket => None,
            Err(errno) => {
                self.failed = Some(errno);
                None
            }
        };
    }

    /// Lends what is there. False at the end.
    fn lend(&mut self, pipe: BorrowedFd<'_>) -> Result<bool, Errno> {
        let caller = of_caller(self.number);
        let lent = if self.kind == Kind::Socket {
            let mut bytes = [0; LENT];
            let flags = RecvFlags::PEEK | RecvFlags::DONTWAIT;
            let (_, count) = recv(caller, &mut bytes[..], flags).inspect_err(|_| {
                // A byte out of band alone (`MSG_OOB`) makes it readable, and is passed over by a read;
                // this one takes nothing else.
                let _nothing: Result<_, Errno> = recv(caller, &mut [0; 0][..], RecvFlags::DONTWAIT);
            })?;
            match bytes.get(..count) {
                Some(bytes) if !bytes.is_empty() => write(pipe, bytes)?,
                _ => 0,
            }
        } else {
            tee(caller, pipe, LENT, SpliceFlags::NONBLOCK)?
        };
        self.pace = Pace::Lending(lent);
        Ok(lent != 0)
    }

    /// Takes from the caller what the program has read of what was lent.
    fn take_what_was_read(&mut self, pipe: BorrowedFd<'_>, lent: usize) -> Result<bool, Errno> {
        let rest = usize::try_from(ioctl_fionread(pipe)?).unwrap_or(usize::MAX);
        if rest != 0 {
            // There is room beside it: the program has made the pipe larger. Room does not say any
            // more that it is empty, so all of it is taken now.
            self.take(lent)?;
            self.pace = Pace::Bulk { full: true };
            return Ok(true);
        }
        self.take(lent)?;
        self.read = self.read.saturating_add(lent);
        self.pace = if self.read < MUCH {
            Pace::Lending(0)
        } else {
            // A user who has too many pipes keeps a small one.
            let _larger = fcntl_setpipe_size(pipe, BULK).is_ok();
            Pace::Bulk { full: false }
        };
        Ok(true)
    }

    /// Takes so many bytes from the caller's pipe or socket.
    fn take(&self, count: usize) -> Result<(), Errno> {
        let caller = of_caller(self.number);
        let mut left = count;
        while left > 0 {
            let taken = if self.kind == Kind::Socket {
                let mut bytes = [0; LENT];
                let room = bytes.get_mut(..left.min(LENT)).unwrap_or_default();
                recv(caller, room, RecvFlags::DONTWAIT)?.1
            } else {
                splice(caller, None, &self.taker, None, left, AT_ONCE)?
            };
            if taken == 0 {
                break;
            }
            left = left.saturating_sub(taken);
        }
        Ok(())
    }

    /// Moves what is there and has room. False at the end.
    fn move_on(&mut self, pipe: BorrowedFd<'_>, full: bool) -> Result<bool, Errno> {
        let caller = of_caller(self.number);
        let is_file = self.kind == Kind::OtherFile;
        let at = is_file.then_some(&mut self.at);
        match splice(caller, at, pipe, None, BULK, AT_ONCE) {
            Err(Errno::AGAIN) => {
                // A file is always there; of the others, one of both is what there is not.
                self.pace = Pace::Bulk {
                    full: is_file || !full,
                };
                Ok(true)
            }
            moved => {
                self.pace = Pace::Bulk { full: is_file };
                Ok(moved? != 0)
            }
        }
    }

    /// Takes what the program has read, once it has ended; a file's position is set to behind that.
    pub(super) fn end(&mut self) {
        let is_open = self.pipe.take().is_some();
        let rest = ioctl_fionread(&self.reader).unwrap_or(0);
        let left = match self.pace {
            Pace::Lending(lent) if is_open => {
                let rest = usize::try_from(rest).unwrap_or(usize::MAX);
                self.pace = Pace::Lending(0);
                self.take(lent.saturating_sub(rest))
            }
            Pace::Bulk { .. } if self.kind == Kind::OtherFile => {
                self.leave_at(self.at.saturating_sub(rest))
            }
            Pace::Lending(_) | Pace::Bulk { .. } => Ok(()),
        };
        if left.is_err() {
            // What is there is left to the next reader: nobody waits for this any more.
        }
    }

    /// Sets a file's position to behind what the program has read, and never back: the program can fill
    /// our pipe itself, and one that writes to the same open file has moved its position.
    fn leave_at(&self, position: u64) -> Result<(), Errno> {
        let caller = of_caller(self.number);
        if position > tell(caller)? {
            let _at: u64 = seek(caller, SeekFrom::Start(position))?;
        }
        Ok(())
    }
}
