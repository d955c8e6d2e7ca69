//! Init: process 1 inside. It builds the sandbox, starts the payload, reaps, and passes signals on.

use crate::filesystem::{self, Sources};
use crate::gate::Gate;
use crate::message::{Part, Refused, SETUP_REFUSED, refuse};
use crate::run::Run;
use crate::shared::{Outcome, Shared};
use crate::stub::Stubs;
use crate::sys::call::exit_group;
use crate::sys::process::{NEW_CGROUP, Side, clone_into, close_from, enter_new, reap};
use crate::sys::start::forget_arguments;
use crate::sys::{loopback, signal};
use crate::{identity, payload, receipt, session};
use core::convert::Infallible;
use purple_plan::process_flags;
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use rustix::process::{DumpableBehavior, Pid, Signal, set_dumpable_behavior as set_dumpable};
use rustix::thread::{CapabilitySet, CapabilitySets};

/// Runs as process 1 until the payload ends.
pub(crate) fn run(run: &Run, gate: Gate, sources: Sources, stubs: &Stubs<'_>) -> ! {
    let started = build(run, gate, sources, stubs).and_then(|()| start(run));
    let payload = match started {
        Ok(payload) => payload,
        Err(refused) => give_up(run.shared, refused),
    };
    let shared = run.shared;
    let group = run.plan.process.flags & process_flags::NEW_SESSION != 0;
    forget_arguments(run.arguments, move || {
        let watched = shared.let_go().map_err(failed).and_then(|()| watch(shared, payload, group));
        match watched {
            Ok(never) => never,
            Err(refused) => give_up(shared, refused),
        }
    })
}

fn give_up(shared: &Shared, refused: Refused) -> ! {
    shared.set(Outcome::Refused(refused.status));
    exit_group(SETUP_REFUSED)
}

/// Everything that is common to all processes inside.
fn build(run: &Run, gate: Gate, sources: Sources, stubs: &Stubs<'_>) -> Result<(), Refused> {
    die_with_supervisor()?;
    let reader = gate.wait()?;
    // What the keyboard sends to the supervisor's group must come once, from the supervisor.
    if run.plan.process.flags & process_flags::NEW_SESSION != 0 {
        session::leave()?;
    }
    identity::assume(&run.plan, run.outside)?;
    // Changing ids has cleared it. Had the supervisor died before, its end of the gate is closed.
    die_with_supervisor()?;
    check_supervisor(&reader)?;
    // A namespace of control groups begins where the process that makes it is: init is in its group
    // now, which it was not when it was cloned.
    enter_new(run.plan.process.namespaces & NEW_CGROUP)
        .map_err(|errno| refuse("cgroup", &[Part::Text("a new namespace"), Part::Error(errno)]))?;
    session::new_keyring()?;
    loopback::bring_up()
        .map_err(|errno| refuse("network", &[Part::Text("loopback"), Part::Error(errno)]))?;
    let checked = filesystem::build(&run.plan, sources, stubs, run.outside)?;
    receipt::built(run.shared, checked);
    rustix::system::sethostname(run.plan.process.hostname.to_bytes())
        .map_err(|errno| refuse("hostname", &[Part::Text("sethostname"), Part::Error(errno)]))
}

fn die_with_supervisor() -> Result<(), Refused> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(|errno| refuse("supervision", &[Part::Text("prctl"), Part::Error(errno)]))
}

fn check_supervisor(reader: &OwnedFd) -> Result<(), Refused> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let mut fds = [PollFd::new(reader, PollFlags::IN)];
    let ready = poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }));
    match ready {
        Ok(0) => Ok(()),
        Ok(_) => Err(refuse("supervision", &[Part::Text("the supervisor is gone")])),
        Err(errno) => Err(refuse("supervision", &[Part::Text("poll"), Part::Error(errno)])),
    }
}

/// Starts the payload, then gives up what init does not need any more.
///
/// Undumpable comes before there is a payload, and capabilities go after: at no time is init a
/// process that the payload could trace (ptrace(2), the access mode checks).
fn start(run: &Run) -> Result<Pid, Refused> {
    set_dumpable(DumpableBehavior::NotDumpable).map_err(failed)?;
    match clone_into(0, None) {
        Ok(Side::Child) => payload::run(run),
        Ok(Side::Parent(pid)) => {
            close_from(3).map_err(|errno| {
                refuse("descriptors", &[Part::Text("close_range"), Part::Error(errno)])
            })?;
            let none = CapabilitySet::empty();
            let sets = CapabilitySets { effective: none, permitted: none, inheritable: none };
            rustix::thread::set_capabilities(None, sets).map_err(failed)?;
            Ok(pid)
        }
        Err(errno) => Err(refuse("payload", &[Part::Text("clone3"), Part::Error(errno)])),
    }
}

fn failed(errno: Errno) -> Refused {
    refuse("init", &[Part::Text("stepping back"), Part::Error(errno)])
}

/// Reaps every process of the sandbox, passes signals on to the payload, and ends when it ends:
/// the kernel then kills what is left (`pid_namespaces(7)`).
fn watch(shared: &Shared, payload: Pid, group: bool) -> Result<Infallible, Refused> {
    let fail = |errno| refuse("init", &[Part::Text("waiting"), Part::Error(errno)]);
    loop {
        match signal::wait(signal::Set::ALL, None).map_err(fail)? {
            Some(signal::number::CHLD) => {
                while let Some(ended) = reap().map_err(fail)? {
                    if ended.pid == payload {
                        end(shared, ended.exit_status(), ended.signal());
                    }
                }
            }
            // A write of ours to a closed pipe is no signal for the payload.
            Some(signal::number::PIPE) | None => {}
            Some(number) => pass_on(payload, group, number).map_err(fail)?,
        }
    }
}

fn pass_on(payload: Pid, group: bool, number: u32) -> Result<(), Errno> {
    // The payload has no job control of its own terminal: asked to stop, it is stopped.
    const STOP: u32 = 19;
    let number = if number == signal::number::TSTP { STOP } else { number };
    // Before it has made its session, the payload is not a group yet.
    match signal::send(payload, group, number) {
        Err(Errno::SRCH) if group => signal::send(payload, false, number),
        result => result,
    }
    .or_else(|errno| if errno == Errno::SRCH { Ok(()) } else { Err(errno) })
}

fn end(shared: &Shared, exited: Option<u8>, signaled: Option<u32>) -> ! {
    // What the payload said of itself before it could become the command stands.
    if shared.get() == Outcome::Nothing {
        match (exited, signaled) {
            (Some(status), _) => shared.set(Outcome::Exited(status)),
            (None, Some(signal)) => shared.set(Outcome::Signaled(signal)),
            (None, None) => {}
        }
    }
    exit_group(0)
}
