//! The recorder: a process outside that answers the calls of which the filter notifies, always with
//! the error of the plan, and keeps what they were.
//!
//! It does nothing for the program. It looks at the program's memory, so whatever the program does
//! to that may stop it: then no denied call returns, and the supervisor, which waits for nothing but
//! the clock, still ends the run.

use crate::capabilities;
use crate::denied;
use crate::descriptors::close_all_but;
use crate::gate::is_closed;
use crate::message::{EMULATED, OrRefuse, Refused, SETUP_REFUSED, refuse, say};
use crate::parent::{die_with, kill_and_wait};
use crate::run::Run;
use core::time::Duration;
use purple_plan::{AuditFailure, Call};
use purple_sys::clone::{Forked, clone_into};
use purple_sys::denials::{Table, table};
use purple_sys::descriptors;
use purple_sys::notification::{Notification, deny, receive};
use purple_sys::own_filters::confine_recorder;
use purple_sys::process::exit_group;
use purple_sys::signal::{Set, block, default_action, number, send, wait};
use purple_sys::wait::Ended;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use rustix::process::{Pid, WaitOptions, getpid, waitpid};
use rustix::thread::{no_new_privs, set_no_new_privs};

const STEP: &str = "audit";
const STARTING: &str = "starting the recorder";

/// The instruction by which a filter notifies: `BPF_RET | BPF_K` (linux/filter.h), and
/// `SECCOMP_RET_USER_NOTIF` (linux/seccomp.h).
const NOTIFY: [u8; 8] = [0x06, 0, 0, 0, 0, 0, 0xc0, 0x7f];

/// The signal that ends a recorder at the end of a run. A recorder blocks all other signals but KILL and STOP, so that its wait
/// status shows whether it was killed earlier.
const AT_THE_END: u32 = number::STKFLT;
/// Every signal but that.
const BUT_THE_END: Set = Set::all_but(AT_THE_END);

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
///
/// It runs in the control group of the run, so that its work is the program's.
pub(crate) fn start(run: &Run, group: Option<BorrowedFd<'_>>) -> Result<Option<Started>, Refused> {
    if !notifies(run.filter.program) {
        return Ok(None);
    }
    let flags = SocketFlags::CLOEXEC;
    let (ours, inits) = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None)
        .or_refuse(STEP, STARTING)?;
    let table = table().or_refuse(STEP, STARTING)?;
    let supervisor = getpid();
    // Before it starts, for it may be ended before it has done anything; and the caller may have ignored the signal.
    default_action(AT_THE_END).or_refuse(STEP, STARTING)?;
    let _all = block(BUT_THE_END).or_refuse(STEP, STARTING)?;
    let forked = clone_into(0, group).or_refuse(STEP, STARTING)?;
    if matches!(forked, Forked::Parent(_)) {
        let found = block(Set::ALL).or_refuse(STEP, STARTING)?;
        if found.0 != BUT_THE_END.0 & Set::BLOCKABLE.0 {
            return Err(refuse!(STEP, STARTING, EMULATED));
        }
    }
    match forked {
        Forked::Child => {
            drop(inits);
            exit_group(match confine(&ours, supervisor) {
                // From here on it says nothing, for it may not: the supervisor says that it has ended.
                Ok(()) if record(run, &ours, table).is_ok() => 0,
                Ok(()) | Err(_) => SETUP_REFUSED,
            })
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

/// Takes from the recorder what it does not need. What it may still look at, it may by whose child the
/// sandbox is: its user owns the namespace that the program is in (`user_namespaces(7)`), whatever
/// capabilities it has. Landlock would keep it from that too.
fn confine(socket: &OwnedFd, supervisor: Pid) -> Result<(), Refused> {
    const CONFINING: &str = "confining the recorder";
    die_with(supervisor)?;
    close_all_but(&[Some(socket.as_fd())])?;
    capabilities::drop_all()?;
    set_no_new_privs(true).or_refuse(STEP, CONFINING)?;
    if !no_new_privs().or_refuse(STEP, CONFINING)? {
        return Err(refuse!(STEP, CONFINING, EMULATED));
    }
    if confine_recorder().or_refuse(STEP, CONFINING)? {
        return Ok(());
    }
    Err(refuse!(STEP, CONFINING, EMULATED))
}

/// What the recorder does once it is confined.
#[inline(never)]
fn record(run: &Run, socket: &OwnedFd, table: &mut Table) -> Result<(), Errno> {
    let listener = descriptors::receive(socket.as_fd())?;
    let Some(listener) = listener else {
        // The run has ended before there was a filter.
        return Ok(());
    };
    answer_all(run, listener.as_fd(), table)
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
        let (errno, line) = judge(run, call);
        // Before the receipt is complete, the call is the payload's own probe.
        if run.shared.is_complete()
            && let Some(row) = denied::row_of(table, &call, errno, line)
        {
            denied::note(run, listener, row, &call);
        }
        match deny(listener, call.id, errno) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(errno) => return Err(errno),
        }
    }
}

/// What the plan says of a call: its error, and the line that says so, by its number.
#[inline(never)]
fn judge(run: &Run, call: Notification) -> (u32, u32) {
    let asked = Call {
        number: call.number,
        audit_arch: call.audit_arch,
        args: call.args,
    };
    let (errno, line) = run.plan.answer(run.filter.audit_arch, &asked);
    (errno, line.number())
}

/// Says that the recorder has ended before its time.
pub(crate) fn say_lost() {
    let what = "the recorder has ended; what is denied is not recorded any more";
    say!(STEP, what);
}

/// Ends a recorder, and returns its wait status. A process has the status of the first signal that ends it
/// (`complete_signal` in kernel/signal.c), so that of one that is about to end stays what it is.
fn end_and_wait(recorder: Pid) -> Result<u32, Errno> {
    /// How often its end is waited for until it is killed: other children end too, and a debugger may hold it.
    const TIMES: u32 = 4;
    const PATIENCE: Duration = Duration::from_secs(1);
    // What is stopped takes the other signal when it is continued.
    send(recorder, number::CONT)?;
    send(recorder, AT_THE_END)?;
    for _ in 0..TIMES {
        if let Some((_pid, status)) = waitpid(Some(recorder), WaitOptions::NOHANG)? {
            return Ok(status.as_raw().cast_unsigned());
        }
        let _ended = wait(Set::only(number::CHLD), Some(PATIENCE))?;
    }
    kill_and_wait(recorder)?;
    Ok(number::KILL)
}

impl Recorder {
    /// Takes note of a child that has ended. True where it was the recorder, before its time, and
    /// the policy does not let the run go on without it.
    pub(crate) fn is_lost(&mut self, run: &Run, ended: &Ended) -> bool {
        ended.pid == self.pid && self.ended(run, ended.status == 0)
    }

    /// Takes note of its end, and whether it was there as long as it was needed.
    fn ended(&mut self, run: &Run, whole: bool) -> bool {
        self.running = false;
        self.whole = whole;
        !self.whole
            && run
                .plan
                .audit
                .iter()
                .next()
                .is_none_or(|audit| audit.failure == AuditFailure::End)
    }

    /// Ends it: no process is left that waits for an answer. True where it had ended before, as in
    /// [`Self::is_lost`].
    pub(crate) fn end(&mut self, run: &Run) -> Result<bool, Refused> {
        if !self.running {
            return Ok(false);
        }
        let status = end_and_wait(self.pid).or_refuse(STEP, "ending the recorder")?;
        Ok(self.ended(run, status == 0 || status == AT_THE_END))
    }

    /// What it has written.
    pub(crate) fn denials(self) -> Denials {
        Denials {
            table: self.table,
            whole: self.whole,
        }
    }
}
