//! The caller's terminal, from outside: what the program prints goes to it, and what is typed comes
//! from it while the program has it.
//!
//! The program has the terminal while the caller's shell lets this process have it (the foreground,
//! `tcgetpgrp(3)`) and the program wants it: from the start where both its input and its output are
//! the terminal, otherwise once it reads or sets modes. Only then is the caller's terminal in raw
//! mode and read from. So what is typed at a shell, or at another program of a pipeline, is never
//! read here.

use super::buffer::Buffer;
use super::classify::of_caller;
use super::writer::Writer;
use crate::files::open;
use crate::message::Refused;
use crate::text::Text;
use core::time::Duration;
use rustix::event::PollFlags;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::OFlags;
use rustix::io::{Errno, write};
use rustix::process::getpgrp;
use rustix::termios::{
    LocalModes, OptionalActions, OutputModes, Termios, tcgetattr, tcgetpgrp, tcgetwinsize,
    tcsetattr, tcsetwinsize,
};

/// How much is read at a time. What a program prints waits in the kernel meanwhile.
const ROOM: usize = 16 << 10;

/// How often it is looked whether the shell has given the terminal back: a shell does not say so to a
/// job that was not stopped.
const SOON: Duration = Duration::from_millis(250);

/// The relay between the two terminals.
#[derive(Debug)]
pub(super) struct Terminal {
    /// The caller's, opened again, so that waiting for nothing is this process's alone.
    ours: OwnedFd,
    /// What writes to it where it could not be opened again; it is never read from then.
    writer: Option<Writer>,
    /// The other side of the sandbox's. `None` before init has sent it, and after the end.
    master: Option<OwnedFd>,
    /// Whether the program's output is this terminal too.
    is_output: bool,
    /// Whether the program wants what is typed.
    is_wanted: bool,
    /// Whether it gets it.
    is_read: bool,
    /// The caller's modes, while they are changed.
    saved: Option<Termios>,
    /// The modes that the sandbox's terminal has got while the caller's was its shell's, which has set its own.
    of_shell: Option<Termios>,
    typed: Buffer,
    printed: Buffer,
}

impl Terminal {
    /// The relay for the terminal that the caller has at `number`.
    #[inline(never)]
    pub(super) fn new(number: usize, is_input: bool, is_output: bool) -> Result<Self, Errno> {
        let (ours, writer) = if let Some(ours) = open_again(number)? {
            (ours, None)
        } else {
            let ours = rustix::io::fcntl_dupfd_cloexec(of_caller(number), 3)?;
            let writer = Writer::start(ours.as_fd())?;
            (ours, Some(writer))
        };
        let mut terminal = Self {
            ours,
            writer,
            master: None,
            is_output,
            is_wanted: is_input && is_output,
            is_read: false,
            saved: None,
            of_shell: None,
            typed: Buffer::new(ROOM)?,
            printed: Buffer::new(ROOM)?,
        };
        terminal.is_read = terminal.is_wanted && terminal.is_in_foreground();
        Ok(terminal)
    }

    /// The caller's terminal.
    pub(super) fn outside(&self) -> BorrowedFd<'_> {
        self.ours.as_fd()
    }

    /// By what it is written to where that is another process.
    pub(super) fn writer(&self) -> Option<BorrowedFd<'_>> {
        self.writer.as_ref().map(AsFd::as_fd)
    }

    /// Whether the program gets what is typed.
    pub(super) fn is_read(&self) -> bool {
        self.is_read
    }

    /// Whether it is the terminal of this session, whose shell stops and continues its jobs.
    pub(super) fn is_controlling(&self) -> bool {
        self.writer.is_none() && tcgetpgrp(&self.ours).is_ok()
    }

    /// Whether the caller's shell lets this process have the terminal. One that is not this session's
    /// own is another's.
    fn is_in_foreground(&self) -> bool {
        self.writer.is_none() && tcgetpgrp(&self.ours) == Ok(getpgrp())
    }

    /// Starts, once init has sent the other side.
    pub(super) fn connect(&mut self, master: OwnedFd) {
        if self.is_read {
            self.enter_raw_mode();
        } else {
            self.of_shell = tcgetattr(&master).ok();
        }
        self.master = Some(master);
    }

    /// Gives the terminal to the program if the shell lets it, and says whether that is so.
    pub(super) fn give(&mut self) -> bool {
        self.is_wanted = true;
        self.resume()
    }

    /// After a stop: gives the terminal to the program if it wants it and the shell lets it, and takes it
    /// otherwise. Says whether the program has it.
    pub(super) fn resume(&mut self) -> bool {
        let is_read = self.is_wanted && self.master.is_some() && self.is_in_foreground();
        if !self.is_read && is_read {
            self.take_modes_inside();
        }
        self.is_read = is_read;
        if is_read {
            self.enter_raw_mode();
        } else {
            // The shell has set its own.
            self.saved = None;
        }
        let _resized: bool = self.resize();
        is_read
    }

    /// Whether the shell has given it back without a word.
    pub(super) fn is_given_back(&self) -> bool {
        self.is_waited_for() && self.is_in_foreground()
    }

    /// Whether the program wants it and has it not.
    fn is_waited_for(&self) -> bool {
        self.is_wanted && !self.is_read && self.master.is_some()
    }

    /// How soon to look whether it is given back.
    pub(super) fn look_after(&self) -> Option<Duration> {
        self.is_waited_for().then_some(SOON)
    }

    /// The sandbox's terminal ends lines for the screen from here on: the caller's does not any more. At the first time it gets
    /// the caller's other modes too, unless the program has set its own.
    fn take_modes_inside(&mut self) {
        let of_shell = self.of_shell.take();
        let Some(master) = self.master.as_ref() else {
            return;
        };
        if let (Ok(theirs), Ok(mut modes)) = (tcgetattr(&self.ours), tcgetattr(master)) {
            if self.is_output {
                modes.output_modes |= theirs.output_modes & OutputModes::OPOST;
            }
            if of_shell.is_some_and(|first| {
                (first.input_modes, first.local_modes) == (modes.input_modes, modes.local_modes)
            }) {
                modes.input_modes = theirs.input_modes;
                modes.local_modes = theirs.local_modes & !LocalModes::EXTPROC;
                modes.special_codes = theirs.special_codes;
            }
            // A terminal that was hung up takes no modes, and shows nothing.
            let _set: Result<(), Errno> = tcsetattr(master, OptionalActions::Now, &modes);
        }
    }

    /// Has every byte come as it is typed, and where the program prints to this terminal, go as it is
    /// printed. The modes that were there are kept for [`Self::leave`].
    fn enter_raw_mode(&mut self) {
        let Ok(before) = tcgetattr(&self.ours) else {
            return;
        };
        let before = self.saved.take().unwrap_or(before);
        let mut raw = before.clone();
        raw.make_raw();
        if !self.is_output {
            raw.output_modes = before.output_modes;
        }
        // Nothing waits for output that is stopped. Every signal is blocked, so TTOU stops nothing.
        if tcsetattr(&self.ours, OptionalActions::Now, &raw).is_ok() {
            self.saved = Some(before);
        }
    }

    /// Gives the caller's modes back.
    pub(super) fn leave(&mut self) {
        let Some(saved) = self.saved.take() else {
            return;
        };
        if self.is_in_foreground() {
            // What fails is a terminal that was hung up.
            let _set: Result<(), Errno> = tcsetattr(&self.ours, OptionalActions::Now, &saved);
        }
    }

    /// Makes the sandbox's terminal as large as the caller's. True where it was not: the kernel then
    /// tells the program.
    pub(super) fn resize(&self) -> bool {
        let Some(master) = &self.master else {
            return false;
        };
        match (tcgetwinsize(&self.ours), tcgetwinsize(master)) {
            (Ok(wanted), Ok(found)) if wanted != found => tcsetwinsize(master, wanted).is_ok(),
            _ => false,
        }
    }

    /// Whether there is nothing more to print.
    pub(super) fn is_over(&self) -> bool {
        self.is_printed() && self.writer.is_none()
    }

    fn is_printed(&self) -> bool {
        self.master.is_none() && self.printed.is_empty()
    }

    /// Has the writer end, where everything is with it. This comes after what is said in the end.
    pub(super) fn close(&self) {
        if let Some(writer) = self.writer.as_ref().filter(|_| self.is_printed()) {
            // What fails has ended already.
            let _closed: Result<(), Errno> = writer.close();
        }
    }

    /// Ends the writer. Output that the terminal has not taken is lost.
    pub(super) fn end(&self) -> Result<(), Refused> {
        self.writer.as_ref().map_or(Ok(()), Writer::end)
    }

    /// What is waited for: the sandbox's terminal and the caller's, with the events of each.
    pub(super) fn interest(&self) -> [Option<(BorrowedFd<'_>, PollFlags)>; 2] {
        let mut inside = PollFlags::empty();
        inside.set(PollFlags::IN, self.printed.is_empty());
        inside.set(PollFlags::OUT, self.typed.is_held);
        let mut outside = PollFlags::empty();
        outside.set(PollFlags::IN, self.is_read && self.typed.is_empty());
        outside.set(PollFlags::OUT, self.printed.is_held);
        if self.is_over() {
            return [None, None];
        }
        let master = self.master.as_ref();
        [
            master
                .filter(|_| !inside.is_empty())
                .map(|master| (master.as_fd(), inside)),
            Some((self.writer().unwrap_or(self.outside()), outside)),
        ]
    }

    /// Goes on after something has happened to either. Whether anything was printed.
    pub(super) fn go_on(&mut self, outside: PollFlags) -> bool {
        if outside.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) {
            // The caller's terminal is gone, and with it the sandbox's.
            self.hang_up();
            return false;
        }
        self.pass_in(outside.contains(PollFlags::IN));
        match self.pass_out() {
            Ok(count) => count != 0,
            Err(Errno::AGAIN | Errno::INTR) => false,
            Err(_) => {
                self.hang_up();
                false
            }
        }
    }

    fn hang_up(&mut self) {
        self.master = None;
        self.writer = None;
        self.printed.clear();
        self.is_read = false;
        self.printed.is_held = false;
    }

    /// Reads what is typed, if the program has the terminal still, and passes it on.
    fn pass_in(&mut self, is_there: bool) {
        if is_there && self.typed.is_empty() && self.is_read {
            self.is_read = self.is_in_foreground();
            if self.is_read && self.typed.fill(self.ours.as_fd()) == Err(Errno::IO) {
                self.is_read = false;
            }
        }
        let Some(master) = &self.master else {
            return;
        };
        self.typed.is_held = false;
        while !self.typed.is_empty() {
            match write(master, self.typed.bytes()) {
                Ok(count) => self.typed.drop_first(count),
                Err(Errno::AGAIN) => {
                    self.typed.is_held = true;
                    return;
                }
                Err(_) => self.typed.clear(),
            }
        }
    }

    /// Reads what the program prints, and prints it.
    fn pass_out(&mut self) -> Result<usize, Errno> {
        if self.printed.is_empty()
            && let Some(master) = &self.master
        {
            match self.printed.fill(master.as_fd()) {
                // No process inside has it any more.
                Ok(0) | Err(Errno::IO) => self.master = None,
                filled => {
                    let _count: usize = filled?;
                }
            }
        }
        let mut count = 0_usize;
        self.printed.is_held = false;
        while !self.printed.is_empty() {
            let bytes = self.printed.bytes();
            let written = match &self.writer {
                Some(writer) => writer.write(bytes),
                None => write(&self.ours, bytes),
            };
            self.printed.is_held = written == Err(Errno::AGAIN);
            let written = written?;
            self.printed.drop_first(written);
            count = count.saturating_add(written);
        }
        Ok(count)
    }
}

/// Opens the caller's terminal again, where this process may: under its own name, or as the terminal
/// of this session (tty(4)). `None` where it may not.
fn open_again(number: usize) -> Result<Option<OwnedFd>, Errno> {
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK;
    let mut link = Text::<32>::of(b"/proc/self/fd/");
    link.push_number(u64::try_from(number).unwrap_or(u64::MAX));
    let is_controlling = tcgetpgrp(of_caller(number)).is_ok();
    for path in [link.c_str()?, c"/dev/tty"] {
        // What was opened as /dev/tty in another session is this one's now, or nothing.
        if let Ok(ours) = open(path, flags)
            && tcgetpgrp(&ours).is_ok() == is_controlling
            && (is_controlling || path != c"/dev/tty")
        {
            return Ok(Some(ours));
        }
    }
    Ok(None)
}
