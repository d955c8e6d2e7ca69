//! The recorder: a process outside that answers the calls of which the filter notifies, always with
//! the error of the plan, and keeps what they were.
//!
//! It does nothing for the program. It looks at the program's memory, so whatever the program does
//! to that may stop it: then no denied call returns, and the supervisor, which waits for nothing but
//! the clock, still ends the run.

use crate::clock::now;
use crate::files::open;
use crate::gate::is_closed;
use crate::message::{OrRefuse, Refused, say};
use crate::parent::{die_with, kill_and_wait};
use crate::receipt::ReceiptField;
use crate::run::Run;
use crate::text::Text;
use core::time::Duration;
use purple_plan::{AuditFailure, Call};
use purple_sys::clone::{Forked, clone_into};
use purple_sys::denials::{Denied, PATH_BYTES, Table, table};
use purple_sys::descriptors::{self, close_all_but};
use purple_sys::notification::{Notification, deny, is_waiting, receive};
use purple_sys::path_argument;
use purple_sys::process::exit_group;
use purple_sys::wait::Ended;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use rustix::process::{Pid, getpid};
use rustix::time::ClockId;

const STEP: &str = "audit";
const STARTING: &str = "starting the recorder";

/// The instruction by which a filter notifies: `BPF_RET | BPF_K` (linux/filter.h), and
/// `SECCOMP_RET_USER_NOTIF` (linux/seccomp.h).
const NOTIFY: [u8; 8] = [0x06, 0, 0, 0, 0, 0, 0xc0, 0x7f];

/// The running recorder, seen from the supervisor.
#[derive(Debug)]
pub(crate) struct Recorder {
    pid: Pid,
    running: bool,
    whole: bool,
    table: &'static mut Table,
}

/// What was denied in a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Denials {
    pub(crate) table: &'static Table,
    /// Whether that is all.
    pub(crate) whole: bool,
}

/// A recorder that has just been started.
pub(crate) struct Started {
    pub(crate) recorder: Recorder,
    /// Through this, init sends the listener of the payload's filter.
    pub(crate) socket: OwnedFd,
}

/// Starts a recorder where the filter needs one.
pub(crate) fn start(run: &Run) -> Result<Option<Started>, Refused> {
    if !notifies(run.filter.program) {
        return Ok(None);
    }
    let flags = SocketFlags::CLOEXEC;
    let (ours, inits) = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None)
        .or_refuse(STEP, STARTING)?;
    let table = table().or_refuse(STEP, STARTING)?;
    let supervisor = getpid();
    match clone_into(0, None).or_refuse(STEP, STARTING)? {
        Forked::Child => {
            drop(inits);
            let status = match record(run, &ours, supervisor, table) {
                Ok(()) => 0,
                Err(refused) => refused.status,
            };
            exit_group(status)
        }
        Forked::Parent(pid) => Ok(Some(Started {
            recorder: Recorder {
                pid,
                running: true,
                whole: true,
                table,
            },
            socket: inits,
        })),
    }
}

/// Whether a program notifies of calls, so that there must be a process that listens.
fn notifies(program: &[u8]) -> bool {
    program
        .chunks_exact(NOTIFY.len())
        .any(|instruction| instruction == NOTIFY)
}

/// What the recorder does, from its first to its last step.
fn record(run: &Run, socket: &OwnedFd, supervisor: Pid, table: &mut Table) -> Result<(), Refused> {
    const RECORDER: &str = "the recorder";
    die_with(supervisor)?;
    close_all_but([Some(socket.as_fd()), None]).or_refuse(STEP, RECORDER)?;
    let listener = descriptors::receive(socket.as_fd()).or_refuse(STEP, RECORDER)?;
    let Some(listener) = listener else {
        // The run has ended before there was a filter.
        return Ok(());
    };
    answer_all(run, listener.as_fd(), table).or_refuse(STEP, RECORDER)
}

/// Answers until no process has the filter any more.
fn answer_all(run: &Run, listener: BorrowedFd<'_>, table: &mut Table) -> Result<(), Errno> {
    loop {
        let call = match receive(listener) {
            Ok(call) => call,
            Err(Errno::NOENT) if is_closed(listener)? => return Ok(()),
            Err(Errno::INTR | Errno::NOENT) => continue,
            Err(errno) => return Err(errno),
        };
        let denied = judge(run, call);
        // Before the receipt is complete, the call is the payload's own probe.
        if run.shared.read(ReceiptField::Complete) == 1
            && let Some(row) = count(table, &denied)
        {
            describe(run, listener, row);
        }
        match deny(listener, call.id, denied.errno) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(errno) => return Err(errno),
        }
    }
}

/// What the plan says of a call: its error, and the line that says so.
fn judge(run: &Run, call: Notification) -> Denied {
    let asked = Call {
        number: call.number,
        audit_arch: call.audit_arch,
        args: call.args,
    };
    let (errno, line) = run.plan.answer(run.filter.audit_arch, &asked);
    Denied {
        count: 1,
        first_at: Duration::ZERO,
        call,
        errno,
        line: line.number(),
        comm: [0; 16],
        path_length: 0,
        path: [0; PATH_BYTES],
    }
}

/// Counts a denied call. Gives its row where it is the first of its kind.
fn count<'t>(table: &'t mut Table, denied: &Denied) -> Option<&'t mut Denied> {
    let alike = |row: &Denied| {
        row.call.audit_arch == denied.call.audit_arch
            && row.call.number == denied.call.number
            && row.line == denied.line
    };
    let mut used = table.rows.iter_mut().take(table.used);
    if let Some(row) = used.find(|row| alike(row)) {
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

/// Adds to a new row when it was, which program called, and the path of the call, if it takes one.
///
/// All of this is read while the caller waits. Only if it still waits afterwards, it was the caller's:
/// otherwise another process may have its id by now.
fn describe(run: &Run, listener: BorrowedFd<'_>, row: &mut Denied) {
    row.first_at = now(ClockId::Realtime);
    let call = row.call;
    if look(call.pid, "/comm", 0, &mut row.comm).is_some() {
        row.comm = row.comm.map(|byte| if byte == b'\n' { 0 } else { byte });
    }
    // The positions are those of the plan's own architecture.
    let is_native = call.audit_arch == run.filter.audit_arch;
    let position = path_argument(call.number).filter(|_| is_native);
    if let Some(address) = position.and_then(|position| call.args.get(position)) {
        let length = look(call.pid, "/mem", *address, &mut row.path).unwrap_or(0);
        let end = row.path.iter().take(length).position(|&byte| byte == 0);
        row.path_length = end.unwrap_or(length);
    }
    if !is_waiting(listener, call.id) {
        row.comm = [0; 16];
        row.path_length = 0;
    }
}

/// Reads once what /proc has of a thread; `None` where it cannot be read.
fn look(pid: u32, file: &str, at: u64, into: &mut [u8]) -> Option<usize> {
    let mut path = Text::<32>::of(b"/proc/");
    path.push_number(pid.into());
    path.push(file);
    let file = open(path.c_str().ok()?, OFlags::RDONLY).ok()?;
    rustix::io::pread(file, into, at).ok()
}

/// Says that the recorder has ended before its time.
pub(crate) fn say_lost() {
    let what = "the recorder has ended; what is denied is not recorded any more";
    say!(STEP, what);
}

impl Recorder {
    /// Takes note of a child that has ended. True where it was the recorder, before its time, and
    /// the policy does not let the run go on without it.
    pub(crate) fn is_lost(&mut self, run: &Run, ended: &Ended) -> bool {
        if ended.pid != self.pid {
            return false;
        }
        self.running = false;
        self.whole = ended.exit_status() == Some(0);
        if self.whole {
            return false;
        }
        match run.plan.audit.iter().next() {
            Some(audit) => audit.failure == AuditFailure::End,
            None => true,
        }
    }

    /// Ends it: no process is left that waits for an answer. Gives what it has written.
    pub(crate) fn end(self) -> Result<Denials, Refused> {
        if self.running {
            kill_and_wait(self.pid).or_refuse(STEP, "ending the recorder")?;
        }
        Ok(Denials {
            table: self.table,
            whole: self.whole,
        })
    }
}
