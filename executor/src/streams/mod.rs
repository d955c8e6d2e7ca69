//! Standard input, output and error: what the caller has connected does not go inside.
//!
//! By a descriptor of the caller's a program could do more than read or write: connect a socket
//! elsewhere, change a file's mode, open a pipe the other way, read the terminal in the background.
//! So each gets something in its place ([`classify`]): what only reads or is a device is opened again
//! ([`reopen`]), in place of a terminal there is one of the sandbox's own ([`job`], [`terminal`]), and
//! for all else a pipe; the supervisor has the other end of these, and relays ([`input`], [`output`]).
//! A descriptor for which there is no such thing refuses the run.
//!
//! Nothing here waits for anything but in [`Streams::next`] and [`Streams::finish`], where the
//! supervisor waits for all at once.

mod buffer;
mod classify;
mod event;
mod input;
mod job;
mod output;
mod relay;
mod reopen;
mod terminal;
mod writer;

use crate::arguments::Options;
use crate::files::{is_same, pipe};
use crate::message::{OrRefuse, Refused, refuse, say};
use crate::run::Run;
use crate::shared::Shared;
use classify::{Direction, Kind, Standard, of_caller};
use input::Input;
use job::{MASTER, Pty};
use output::Output;
use purple_sys::descriptors::{is_one_open_file, pass};
use purple_sys::signal;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{Mode, OFlags, RawMode, fchmod, fstat};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use rustix::stdio::{dup2_stderr, dup2_stdin, dup2_stdout};
use terminal::Terminal;

pub(crate) use event::Event;
pub(crate) use job::Job;

const STEP: &str = "start";

/// The standard descriptors of a run, in each of its processes.
#[derive(Debug)]
pub(crate) struct Streams {
    standard: [Standard; 3],
    /// What init puts in their places.
    inside: [Option<OwnedFd>; 3],
    relays: [Option<Relay>; 3],
    terminal: Option<Terminal>,
    /// The open files that were opened again, in the supervisor: the position of each is carried back.
    reopened: [Option<OwnedFd>; 3],
    /// Readable while there is a signal to take.
    signals: Option<OwnedFd>,
    /// By this, init tells the supervisor; the supervisor's end and init's.
    channel: Option<OwnedFd>,
    inits: Option<OwnedFd>,
    /// The signal by which the payload was stopped, of which the supervisor has not heard yet.
    stopped: Option<u32>,
}

/// A relay, to or from the program.
#[derive(Debug)]
enum Relay {
    In(Input),
    Out(Output),
}

impl Streams {
    /// Looks at what the caller has connected. This comes before anything else is opened.
    pub(crate) fn of_caller(options: &Options) -> Result<Self, Refused> {
        Ok(Self {
            standard: classify::look(options)?,
            inside: [const { None }; 3],
            relays: [const { None }; 3],
            terminal: None,
            reopened: [const { None }; 3],
            signals: None,
            channel: None,
            inits: None,
            stopped: None,
        })
    }

    /// Opens, outside, what the run needs: the pipes, and as root the files.
    #[inline(never)]
    pub(crate) fn open(&mut self, run: &Run) -> Result<(), Refused> {
        for number in 0..3 {
            let Some(standard) = self.to_replace(number) else {
                continue;
            };
            match standard.kind {
                Kind::Pipe | Kind::Socket | Kind::OtherFile => {
                    self.open_relay(number, standard).map_err(|errno| {
                        refuse!(STEP, "a pipe for descriptor ", shown(number), errno)
                    })?;
                }
                Kind::ReadOnlyFile if run.outside.root => {
                    let file = reopen_file(number)?;
                    let kept = rustix::io::fcntl_dupfd_cloexec(&file, 3);
                    set(
                        &mut self.reopened,
                        number,
                        Some(kept.or_refuse(STEP, "a file")?),
                    );
                    set(&mut self.inside, number, Some(file));
                }
                Kind::ReadOnlyFile => self.open_channel().or_refuse(STEP, "a socket to init")?,
                Kind::Terminal => self.open_terminal(number, &run.shared)?,
                Kind::Device(_) | Kind::HandedOn => {}
            }
        }
        if let Some(writer) = self.terminal.as_ref().and_then(Terminal::writer)
            && let [_, _, error] = &self.standard
            && error.kind == Kind::Terminal
        {
            // What is said goes the same way, and does not wait either.
            place(writer, 2).or_refuse(STEP, "placing descriptor 2")?;
        }
        if self.is_busy() {
            let signals = signal::descriptor(signal::Set::ALL);
            self.signals = Some(signals.or_refuse(STEP, "a descriptor for signals")?);
        }
        Ok(())
    }

    /// What is to be replaced by something of its own.
    fn to_replace(&self, number: usize) -> Option<Standard> {
        let standard = self.standard.get(number).copied()?;
        standard.same_as.is_none().then_some(standard)
    }

    /// The mode of the program's end lets it be opened again under `/dev/stdin` and its like for what
    /// it is there for. As root, the program does not own the pipe; an ordinary user's program that
    /// opens it the other way has its own bytes.
    fn open_relay(&mut self, number: usize, standard: Standard) -> Result<(), Errno> {
        let (reader, writer) = pipe()?;
        let (relay, program) = match standard.direction {
            Direction::In => {
                set_mode(&reader, 0o444)?;
                let taker = crate::files::open(c"/dev/null", OFlags::WRONLY)?;
                let ours = rustix::io::fcntl_dupfd_cloexec(&reader, 3)?;
                let relay = Input::new(number, standard.kind, taker, writer, ours)?;
                (Relay::In(relay), reader)
            }
            Direction::Out => {
                set_mode(&writer, 0o222)?;
                let relay = Output::new(number, standard.kind, reader)?;
                (Relay::Out(relay), writer)
            }
        };
        set(&mut self.relays, number, Some(relay));
        set(&mut self.inside, number, Some(program));
        Ok(())
    }

    #[inline(never)]
    fn open_terminal(&mut self, number: usize, shared: &Shared) -> Result<(), Refused> {
        let is_one = |number: usize| {
            let standard = self.standard.get(number);
            standard.is_some_and(|standard| standard.kind == Kind::Terminal)
        };
        // One of them may be open for reading only.
        let is_written = |number: &usize| {
            let standard = self.standard.get(*number);
            standard.is_some_and(|standard| standard.access() != OFlags::RDONLY)
        };
        let mut terminals = (0..3).filter(|&number| is_one(number));
        let number = terminals.find(is_written).unwrap_or(number);
        let terminal = Terminal::new(number, is_one(0), is_one(1));
        let terminal = terminal.or_refuse(STEP, "the terminal")?;
        if is_one(0) && is_one(1) && !terminal.is_controlling() {
            say!(
                STEP,
                "standard input is a terminal of another session (after `su -c` or `setsid`): it is not read; \
                 `script` starts a command with a terminal of its own"
            );
        }
        shared.give_terminal(terminal.is_read());
        self.terminal = Some(terminal);
        self.open_channel().or_refuse(STEP, "a socket to init")
    }

    /// Whether a standard descriptor is a terminal, so that the sandbox gets one of its own.
    pub(crate) fn has_terminal(&self) -> bool {
        self.terminal.is_some()
    }

    fn open_channel(&mut self) -> Result<(), Errno> {
        if self.channel.is_none() {
            let (ours, inits) = socketpair(
                AddressFamily::UNIX,
                SocketType::SEQPACKET,
                SocketFlags::CLOEXEC,
                None,
            )?;
            self.channel = Some(ours);
            self.inits = Some(inits);
        }
        Ok(())
    }

    /// In init, as long as it sees the host's files: opens the caller's files again where the supervisor
    /// could not, and sends it what it needs of them.
    pub(crate) fn reopen_files(&mut self) -> Result<(), Refused> {
        let Some(channel) = self.inits.as_ref() else {
            return Ok(());
        };
        for number in 0..3 {
            let Some(standard) = self.to_replace(number) else {
                continue;
            };
            if standard.kind != Kind::ReadOnlyFile {
                continue;
            }
            let file = reopen_file(number)?;
            let word = u8::try_from(number).unwrap_or(u8::MAX);
            pass(channel.as_fd(), word, Some(file.as_fd())).or_refuse(STEP, "telling outside")?;
            set(&mut self.inside, number, Some(file));
        }
        Ok(())
    }

    /// In init, in the new root: puts everything in its place. From here on, no process inside has a
    /// descriptor of the caller's, but one that is handed on. Gives what init needs of a terminal.
    #[inline(never)]
    pub(crate) fn enter(&mut self, shared: &Shared) -> Result<Option<Job>, Refused> {
        let mut terminal = None;
        for number in 0..3 {
            let Some(standard) = self.standard.get(number).copied() else {
                continue;
            };
            let placed = match (standard.kind, standard.same_as) {
                (Kind::HandedOn, _) => Ok(()),
                (_, Some(earlier)) => place(of_caller(earlier), number),
                (Kind::Device(path), None) => reopen::device(path, standard.access())
                    .and_then(|device| place(device.as_fd(), number)),
                (Kind::Terminal, None) => {
                    terminal = Some(number);
                    self.enter_terminal(number, shared)
                }
                _ => match self.inside.get(number) {
                    Some(Some(inside)) => place(inside.as_fd(), number),
                    _ => Err(Errno::BADF),
                },
            };
            placed.map_err(|errno| refuse!(STEP, "placing descriptor ", shown(number), errno))?;
        }
        self.inside = [const { None }; 3];
        let job = self.inits.take().zip(terminal);
        Ok(job.map(|(channel, number)| Job::new(channel, number)))
    }

    fn enter_terminal(&self, number: usize, shared: &Shared) -> Result<(), Errno> {
        let channel = self.inits.as_ref().ok_or(Errno::BADF)?;
        let terminal = self.terminal.as_ref().ok_or(Errno::BADF)?;
        let pty = Pty::open(terminal.outside(), shared.has_terminal())?;
        pass(channel.as_fd(), MASTER, Some(pty.master.as_fd()))?;
        place(pty.slave.as_fd(), number)
    }

    /// In a process that has no part in it: closes everything.
    pub(crate) fn close(&mut self) {
        self.leave_to_init();
        self.relays = [const { None }; 3];
        self.terminal = None;
        self.reopened = [const { None }; 3];
        self.channel = None;
    }

    /// In the supervisor: what is init's is init's alone.
    pub(crate) fn leave_to_init(&mut self) {
        self.inside = [const { None }; 3];
        self.inits = None;
    }

    /// Gives the terminal's modes back: this process is about to be stopped, or the run is over.
    pub(crate) fn leave_terminal(&mut self) {
        if let Some(terminal) = &mut self.terminal {
            terminal.leave();
        }
    }

    /// After a stop: gives the terminal to the program again, if the shell lets it.
    pub(crate) fn resume_terminal(&mut self, shared: &Shared) {
        if let Some(terminal) = &mut self.terminal {
            shared.give_terminal(terminal.resume());
        }
    }

    /// Gives the terminal to the program, which wants it. False where the shell does not let it.
    pub(crate) fn give_terminal(&mut self, shared: &Shared) -> bool {
        let Some(terminal) = &mut self.terminal else {
            return false;
        };
        let is_given = terminal.give();
        shared.give_terminal(is_given);
        is_given
    }

    /// Makes the sandbox's terminal as large as the caller's. True where that tells the program.
    pub(crate) fn resize_terminal(&self) -> bool {
        self.terminal.as_ref().is_some_and(Terminal::resize)
    }

    /// Whether the caller's terminal is the one of this session, and the run a job of its shell.
    pub(crate) fn is_job(&self) -> bool {
        self.terminal.as_ref().is_some_and(Terminal::is_controlling)
    }
}

fn reopen_file(number: usize) -> Result<OwnedFd, Refused> {
    reopen::file(number).map_err(|errno| {
        let advice = "; --inherit-stdio hands it on as it is";
        let what = ", which is a file to read, again";
        let number = shown(number);
        refuse!(STEP, "opening descriptor ", number, what, advice, errno)
    })
}

/// Sets the mode of a pipe's end, and reads it back.
fn set_mode(end: &OwnedFd, mode: RawMode) -> Result<(), Errno> {
    fchmod(end, Mode::from_raw_mode(mode))?;
    if fstat(end)?.st_mode & 0o777 == mode {
        return Ok(());
    }
    Err(Errno::NOSYS)
}

/// Puts a copy of a descriptor in the place of a standard one, and looks whether it is there. NOSYS where
/// the caller's is there still.
fn place(fd: BorrowedFd<'_>, number: usize) -> Result<(), Errno> {
    match number {
        0 => dup2_stdin(fd)?,
        1 => dup2_stdout(fd)?,
        _ => dup2_stderr(fd)?,
    }
    let placed = of_caller(number);
    let is_there = match is_one_open_file(fd, placed) {
        // A kernel without kcmp(2), or one that keeps it from this process.
        Err(Errno::NOSYS | Errno::PERM) => is_same(&fstat(fd)?, &fstat(placed)?),
        answer => answer?,
    };
    if is_there {
        return Ok(());
    }
    Err(Errno::NOSYS)
}

fn set<T>(slots: &mut [Option<T>; 3], number: usize, value: Option<T>) {
    if let Some(slot) = slots.get_mut(number) {
        *slot = value;
    }
}

fn shown(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
