//! The recorder: a process outside that answers the calls which the filter tells of, always with
//! the error of the plan, and keeps what they were.
//!
//! It does nothing for the program. It looks at the program's memory, so whatever the program does
//! to that may stop it: then no denied call returns, and the supervisor, which waits for nobody but
//! the clock, still ends the run.

use crate::gate::is_closed;
use crate::message::{OrRefuse, Refused, Text, say};
use crate::receipt::ReceiptField;
use crate::run::Run;
use crate::supervisor::{die_with, now};
use crate::transfer::open;
use core::time::Duration;
use purple_plan::{AuditFailure, Call};
use purple_sys::clone::{Side, clone_into};
use purple_sys::denials::{Denied, PATH_BYTES, Table, table};
use purple_sys::descriptors::{self, close_all_but};
use purple_sys::notification::{deny, is_waiting, receive};
use purple_sys::path_argument;
use purple_sys::process::exit_group;
use purple_sys::wait::Ended;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, waitpid};
use rustix::time::ClockId;

const STEP: &str = "audit";

/// `SECCOMP_RET_USER_NOTIF` in an instruction that returns it (linux/seccomp.h, linux/filter.h).
const TELL: [u8; 8] = [0x06, 0, 0, 0, 0, 0, 0xc0, 0x7f];

/// The running recorder, seen from the supervisor.
#[derive(Debug)]
pub(crate) struct Recorder {
    pid: Pid,
    running: bool,
    whole: bool,
    table: &'static mut Table,
}

/// Whether a program tells of calls, so that somebody must listen.
pub(crate) fn tells(program: &[u8]) -> bool {
    program
        .chunks_exact(8)
        .any(|instruction| instruction == TELL)
}

/// Starts a recorder where the filter needs one. Init gets the socket through which it hands over
/// the payload's listener.
pub(crate) fn start(run: &Run) -> Result<Option<(Recorder, OwnedFd)>, Refused> {
    if !tells(run.filter.program) {
        return Ok(None);
    }
    let flags = SocketFlags::CLOEXEC;
    let (ours, inits) = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None)
        .or_refuse(STEP, "starting the recorder")?;
    let table = table().or_refuse(STEP, "starting the recorder")?;
    let supervisor = getpid();
    match clone_into(0, None).or_refuse(STEP, "starting the recorder")? {
        Side::Child => {
            drop(inits);
            record(run, &ours, supervisor, table)
        }
        Side::Parent(pid) => Ok(Some((
            Recorder {
                pid,
                running: true,
                whole: true,
                table,
            },
            inits,
        ))),
    }
}

/// The recorder itself.
fn record(run: &Run, socket: &OwnedFd, supervisor: Pid, table: &mut Table) -> ! {
    const RECORDER: &str = "the recorder";
    let done = die_with(supervisor).and_then(|()| {
        close_all_but(Some(socket.as_fd())).or_refuse(STEP, RECORDER)?;
        match descriptors::receive(socket.as_fd()).or_refuse(STEP, RECORDER)? {
            Some(listener) => answer_all(run, listener.as_fd(), table).or_refuse(STEP, RECORDER),
            // The run has ended before there was a filter.
            None => Ok(()),
        }
    });
    exit_group(done.map_or_else(|refused| refused.status, |()| 0))
}

/// Answers until no process has the filter any more.
fn answer_all(run: &Run, listener: BorrowedFd<'_>, table: &mut Table) -> Result<(), Errno> {
    loop {
        let told = match receive(listener) {
            Ok(told) => told,
            Err(Errno::NOENT) if is_closed(listener)? => return Ok(()),
            Err(Errno::INTR | Errno::NOENT) => continue,
            Err(errno) => return Err(errno),
        };
        let call = Call {
            number: told.number,
            audit_arch: told.audit_arch,
            args: told.args,
        };
        let (errno, line) = run.plan.answer(run.filter.audit_arch, &call);
        let denied = Denied {
            count: 1,
            first_at: Duration::ZERO,
            call: told,
            errno,
            line: line.number(),
            comm: [0; 16],
            path_length: 0,
            path: [0; PATH_BYTES],
        };
        // Before that it is the payload's own probe.
        if run.shared.read(ReceiptField::Complete) == 1
            && let Some(row) = note(table, &denied)
        {
            row.first_at = now(ClockId::Realtime);
            if look(told.pid, "/comm", 0, &mut row.comm).is_some() {
                row.comm = row.comm.map(|byte| if byte == b'\n' { 0 } else { byte });
            }
            let native = told.audit_arch == run.filter.audit_arch;
            let path = path_argument(told.number).filter(|_| native);
            if let Some(at) = path.and_then(|position| told.args.get(position)) {
                let length = look(told.pid, "/mem", *at, &mut row.path).unwrap_or(0);
                let found = row.path.iter().take(length).position(|&byte| byte == 0);
                row.path_length = found.unwrap_or(length);
            }
            if !is_waiting(listener, told.id) {
                // What was found may be of another process with its id.
                (row.comm, row.path_length) = ([0; 16], 0);
            }
        }
        match deny(listener, told.id, errno) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(errno) => return Err(errno),
        }
    }
}

/// Counts a denied call. Gives its row where it is the first of its kind.
fn note<'t>(table: &'t mut Table, denied: &Denied) -> Option<&'t mut Denied> {
    let key = |row: &Denied| (row.call.audit_arch, row.call.number, row.line);
    let used = table.rows.iter_mut().take(table.used);
    if let Some(row) = used.into_iter().find(|row| key(row) == key(denied)) {
        row.count = row.count.saturating_add(1);
        return None;
    }
    let Some(row) = table.rows.get_mut(table.used) else {
        table.beyond = table.beyond.saturating_add(1);
        return None;
    };
    *row = *denied;
    table.used = table.used.saturating_add(1);
    Some(row)
}

/// Reads once what /proc has of a thread; `None` where it cannot be read.
fn look(pid: u32, file: &str, at: u64, into: &mut [u8]) -> Option<usize> {
    let mut path = Text::<32>::of(b"/proc/");
    path.push_number(pid.into());
    path.push(file);
    rustix::io::pread(open(path.c_str().ok()?, OFlags::RDONLY).ok()?, into, at).ok()
}

impl Recorder {
    /// Takes note of a child that has ended. True where it was the recorder, before its time, and
    /// the policy has no run go on without.
    pub(crate) fn is_lost(&mut self, run: &Run, ended: &Ended) -> bool {
        if ended.pid != self.pid {
            return false;
        }
        (self.running, self.whole) = (false, ended.exit_status() == Some(0));
        if self.whole {
            return false;
        }
        say!(
            STEP,
            "the recorder has ended; what is denied is not recorded any more"
        );
        run.plan
            .audit
            .iter()
            .next()
            .is_none_or(|audit| audit.failure == AuditFailure::End)
    }

    /// Ends it, for nobody is left to be answered. Gives what it has written, and whether that is
    /// all.
    pub(crate) fn end(self) -> Result<(&'static Table, bool), Refused> {
        const ENDING: &str = "ending the recorder";
        if self.running {
            kill_process(self.pid, Signal::KILL).or_refuse(STEP, ENDING)?;
            let _ended = waitpid(Some(self.pid), WaitOptions::empty()).or_refuse(STEP, ENDING)?;
        }
        Ok((self.table, self.whole))
    }
}
