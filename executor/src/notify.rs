//! The recorder: a process outside that answers the calls which the filter tells of, always with
//! the error of the plan, and keeps what they were.
//!
//! It does nothing for the program. It looks at the program's memory, so whatever the program does
//! to that may stop it: then no denied call returns, and the supervisor, which waits for nobody but
//! the clock, still ends the run.

use crate::denied::{COMM_BYTES, First, PATH_BYTES, Path};
use crate::message::{Part, Refused, Text, refuse, say};
use crate::paths::path_argument;
use crate::receipt::Place;
use crate::report::Report;
use crate::run::Run;
use crate::sys::call::exit_group;
use crate::sys::notify::{Notification, deny, is_waiting, read_memory, receive, take_over};
use crate::sys::process::{Side, clone_into, close_but};
use core::ffi::CStr;
use purple_plan::{Audit, AuditFailure, Call};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use rustix::process::{Pid, Signal, WaitOptions, getpid, getppid, kill_process, waitpid};

const STEP: &str = "audit";

/// `SECCOMP_RET_USER_NOTIF` in an instruction that returns it (linux/seccomp.h, linux/filter.h).
const TELL: [u8; 8] = [0x06, 0, 0, 0, 0, 0, 0xc0, 0x7f];

/// The running recorder, seen from the supervisor.
#[derive(Debug)]
pub(crate) struct Recorder {
    pid: Pid,
    running: bool,
    whole: bool,
}

/// Whether a program tells of calls, so that somebody must listen.
pub(crate) fn tells(program: &[u8]) -> bool {
    program.chunks_exact(8).any(|instruction| instruction == TELL)
}

/// Starts a recorder where the filter needs one. Init gets the socket through which it hands over
/// the payload's listener.
pub(crate) fn start(run: &Run) -> Result<Option<(Recorder, OwnedFd)>, Refused> {
    if !tells(run.filter.program) {
        return Ok(None);
    }
    let fail = |errno| refuse(STEP, &[Part::Text("starting the recorder"), Part::Error(errno)]);
    let flags = SocketFlags::CLOEXEC;
    let (ours, inits) =
        socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None).map_err(fail)?;
    let supervisor = getpid();
    match clone_into(0).map_err(fail)? {
        Side::Child => {
            drop(inits);
            record(run, &ours, supervisor)
        }
        Side::Parent(pid) => Ok(Some((Recorder { pid, running: true, whole: true }, inits))),
    }
}

/// The recorder itself.
fn record(run: &Run, socket: &OwnedFd, supervisor: Pid) -> ! {
    let listener = rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
        .and_then(|()| if getppid() == Some(supervisor) { Ok(()) } else { Err(Errno::SRCH) })
        .and_then(|()| close_but(Some(socket.as_fd())))
        .and_then(|()| take_over(socket.as_fd()));
    let done = match listener {
        Ok(Some(listener)) => answer_all(run, listener.as_fd()),
        // The run has ended before there was a filter.
        Ok(None) => Ok(()),
        Err(errno) => Err(errno),
    };
    if let Err(errno) = done {
        say(STEP, &[Part::Text("the recorder"), Part::Error(errno)]);
        exit_group(crate::message::SETUP_REFUSED);
    }
    exit_group(0)
}

/// Answers until no process has the filter any more.
fn answer_all(run: &Run, listener: BorrowedFd<'_>) -> Result<(), Errno> {
    loop {
        let told = match receive(listener) {
            Ok(told) => told,
            Err(Errno::INTR) => continue,
            Err(Errno::NOENT) if is_over(listener)? => return Ok(()),
            Err(Errno::NOENT) => continue,
            Err(errno) => return Err(errno),
        };
        let Notification { number, audit_arch, args, .. } = told;
        let call = Call { number, audit_arch, args };
        let (errno, line) = run.plan.answer(run.filter.audit_arch, &call);
        // Before that it is the payload's own probe.
        if run.shared.read(Place::Complete) == 1 {
            let mut room = [0; PATH_BYTES];
            run.shared.denied.note(&call, line, || {
                let (comm, path) = (comm(told.pid), path(&told, run.filter.audit_arch, &mut room));
                let same = is_waiting(listener, told.id);
                let path = if same || path == Path::None { path } else { Path::Unreadable };
                let comm = if same { comm } else { [0; COMM_BYTES] };
                First { at: Report::clock(), pid: told.pid, comm, call, errno, line, path }
            });
        }
        match deny(listener, told.id, errno) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(errno) => return Err(errno),
        }
    }
}

/// Whether no process has the filter any more.
fn is_over(listener: BorrowedFd<'_>) -> Result<bool, Errno> {
    let mut fds = [PollFd::new(&listener, PollFlags::IN)];
    let _ready: usize = poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }))?;
    Ok(fds.iter().any(|fd| fd.revents().contains(PollFlags::HUP)))
}

/// A thread's name; empty where it cannot be looked up.
fn comm(pid: u32) -> [u8; COMM_BYTES] {
    let mut name = Text::<32>::new();
    name.push("/proc/");
    name.push_number(pid.into());
    name.push("/comm");
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let path = name.c_str().unwrap_or(c"");
    let mut comm = [0; COMM_BYTES];
    let file = rustix::fs::open(path, flags, Mode::empty());
    match file.and_then(|file| rustix::io::read(file, &mut comm[..])) {
        Ok(_) => comm.map(|byte| if byte == b'\n' { 0 } else { byte }),
        Err(_) => [0; COMM_BYTES],
    }
}

/// The path that a call takes, as it is in memory now.
fn path<'r>(told: &Notification, native: u32, room: &'r mut [u8; PATH_BYTES]) -> Path<'r> {
    let position = path_argument(told.number).filter(|_| told.audit_arch == native);
    let Some(at) = position.and_then(|position| told.args.get(position)) else {
        return Path::None;
    };
    match read_memory(told.pid, *at, room).ok().and_then(|length| room.get(..length)) {
        Some(bytes) => {
            let text = CStr::from_bytes_until_nul(bytes);
            Path::Read(text.map_or(bytes, CStr::to_bytes))
        }
        None => Path::Unreadable,
    }
}

impl Recorder {
    /// Takes note of a child that has ended. Where it was the recorder and the record is no longer
    /// whole, the plan says whether the run goes on: an error ends it.
    pub(crate) fn ended(&mut self, run: &Run, pid: Pid, well: bool) -> Result<(), ()> {
        if pid != self.pid || !self.running {
            return Ok(());
        }
        self.running = false;
        self.whole = well;
        let go_on = |audit: Audit<'_>| audit.failure == AuditFailure::Continue;
        if well {
            return Ok(());
        }
        say(STEP, &[Part::Text("the recorder has ended; what is denied is not recorded any more")]);
        if run.plan.audit.iter().next().is_some_and(go_on) { Ok(()) } else { Err(()) }
    }

    /// Ends it. Nobody is left to be answered.
    pub(crate) fn end(mut self) -> Result<bool, Refused> {
        let fail = |errno| refuse(STEP, &[Part::Text("ending the recorder"), Part::Error(errno)]);
        if self.running {
            kill_process(self.pid, Signal::KILL).map_err(fail)?;
            let _ended = waitpid(Some(self.pid), WaitOptions::empty()).map_err(fail)?;
            self.running = false;
        }
        Ok(self.whole)
    }
}
