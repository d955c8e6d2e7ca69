//! Init: process 1 inside. It builds the sandbox, starts the payload, reaps, and passes signals on.

use crate::filesystem;
use crate::gate::{Gate, is_closed};
use crate::message::{OrRefuse, Refused, SETUP_REFUSED, refuse};
use crate::run::Run;
use crate::shared::{Outcome, Shared};
use crate::step::Step;
use crate::supervisor::die_with_parent;
use crate::{identity, payload, session};
use core::convert::Infallible;
use core::time::Duration;
use purple_plan::process_flags;
use purple_sys::clone::{NEW_CGROUP, SHARE_DESCRIPTORS, Side, clone_into, enter_new};
use purple_sys::descriptors;
use purple_sys::process::exit_group;
use purple_sys::strings::forget_arguments;
use purple_sys::wait::reap;
use purple_sys::{loopback, memory, signal};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;
use rustix::process::{DumpableBehavior, Pid, set_dumpable_behavior as set_dumpable};
use rustix::thread::{CapabilitySet, CapabilitySets};

const STEP: &str = "init";
/// Where it has failed when giving something up did.
const STEPPING_BACK: &str = "stepping back";

/// Runs as process 1 until the payload ends.
pub(crate) fn run(run: &Run, gate: Gate, steps: &mut [Step], recorder: Option<OwnedFd>) -> ! {
    let socket = recorder.as_ref().map(AsFd::as_fd);
    let started = build(run, gate, steps).and_then(|()| start(run, socket));
    let payload = match started {
        Ok(payload) => payload,
        Err(refused) => give_up(&run.shared, refused),
    };
    let shared = run.shared;
    let group = run.plan.process.flags & process_flags::NEW_SESSION != 0;
    forget_arguments(run.arguments, move || {
        let watched = shared
            .let_go()
            .or_refuse(STEP, STEPPING_BACK)
            .and_then(|()| watch(&shared, payload, group, recorder));
        match watched {
            Ok(never) => never,
            Err(refused) => give_up(&shared, refused),
        }
    })
}

fn give_up(shared: &Shared, refused: Refused) -> ! {
    shared.set(Outcome::Refused(refused.status));
    exit_group(SETUP_REFUSED)
}

/// Everything that is common to all processes inside. It takes much of the stack, and init waits
/// without it.
#[inline(never)]
fn build(run: &Run, gate: Gate, steps: &mut [Step]) -> Result<(), Refused> {
    // While the supervisor maps the ids. It cannot map those of a process that has ended, so what
    // fails here counts when it is done.
    let begun = begin(run);
    let reader = gate.wait()?;
    begun?;
    if !run.outside.root {
        filesystem::open_sources(steps, run.outside)?;
    }
    identity::assume(&run.plan, run.outside)?;
    // Changing ids has cleared it. Had the supervisor died before, its end of the gate is closed.
    die_with_parent()?;
    if is_closed(&reader).or_refuse("supervision", "poll")? {
        return Err(refuse!("supervision", "the supervisor is gone"));
    }
    session::new_keyring()?;
    filesystem::build(run, steps)
}

/// What takes no ids, and looks at no file.
fn begin(run: &Run) -> Result<(), Refused> {
    die_with_parent()?;
    // What the keyboard sends to the supervisor's group must come once, from the supervisor.
    if run.plan.process.flags & process_flags::NEW_SESSION != 0 {
        session::leave()?;
    }
    filesystem::part()?;
    // A namespace of control groups begins where the process that makes it is: init is in its group
    // now, which it was not when it was cloned.
    enter_new(run.plan.process.namespaces & NEW_CGROUP).or_refuse("cgroup", "a new namespace")?;
    loopback::bring_up().or_refuse("network", "loopback")?;
    let hostname = run.plan.process.hostname.to_bytes();
    rustix::system::sethostname(hostname).or_refuse("hostname", "sethostname")
}

/// Starts the payload, and gives up what init does not need any more.
///
/// Undumpable comes before there is a payload, and capabilities go after: at no time is init a
/// process that the payload could trace (ptrace(2), the access mode checks).
fn start(run: &Run, recorder: Option<BorrowedFd<'_>>) -> Result<Pid, Refused> {
    set_dumpable(DumpableBehavior::NotDumpable).or_refuse(STEP, STEPPING_BACK)?;
    // Before there is a payload: a path that it looks up may lead through a link to one of the
    // caller's descriptors, and so out.
    descriptors::close_all_but(recorder).or_refuse("descriptors", "close_range")?;
    // What the payload opens to listen to its filter must reach the recorder, by a process that the
    // filter does not hold: so the payload has init's table until it becomes the command.
    let flags = if recorder.is_some() {
        SHARE_DESCRIPTORS
    } else {
        0
    };
    match clone_into(flags, None).or_refuse("payload", "clone3")? {
        Side::Child => payload::run(run, recorder),
        Side::Parent(pid) => {
            let none = CapabilitySet::empty();
            let sets = CapabilitySets {
                effective: none,
                permitted: none,
                inheritable: none,
            };
            rustix::thread::set_capabilities(None, sets).or_refuse(STEP, STEPPING_BACK)?;
            Ok(pid)
        }
    }
}

/// Reaps every process of the sandbox, passes signals on to the payload, and ends when it ends:
/// the kernel then kills what is left (`pid_namespaces(7)`).
fn watch(
    shared: &Shared,
    payload: Pid,
    group: bool,
    mut recorder: Option<OwnedFd>,
) -> Result<Infallible, Refused> {
    /// How long it is until init looks again whether there is a listener: the payload cannot say so
    /// by any call, for the filter may deny each.
    const SOON: Duration = Duration::from_micros(100);
    memory::trim_stack();
    loop {
        if let Some(listener) = shared.listener()
            && let Some(socket) = recorder.take()
        {
            descriptors::send(socket.as_fd(), listener).or_refuse(STEP, "waiting")?;
        }
        match signal::wait(signal::Set::ALL, recorder.as_ref().map(|_| SOON))
            .or_refuse(STEP, "waiting")?
        {
            Some(signal::number::CHLD) => {
                while let Some(ended) = reap().or_refuse(STEP, "waiting")? {
                    if ended.pid == payload {
                        end(shared, ended.exit_status(), ended.signal());
                    }
                }
            }
            // A write of ours to a closed pipe is no signal for the payload.
            Some(signal::number::PIPE) | None => {}
            Some(number) => pass_on(payload, group, number).or_refuse(STEP, "waiting")?,
        }
    }
}

fn pass_on(payload: Pid, group: bool, number: u32) -> Result<(), Errno> {
    // The payload has no job control of its own terminal: asked to stop, it is stopped.
    let number = if number == signal::number::TSTP {
        signal::number::STOP
    } else {
        number
    };
    // Before it has made its session, the payload is not a group yet.
    let sent = if group {
        signal::send_to_group(payload, number)
    } else {
        signal::send(payload, number)
    };
    match sent {
        Err(Errno::SRCH) if group => signal::send(payload, number),
        result => result,
    }
    .or_else(|errno| {
        if errno == Errno::SRCH {
            Ok(())
        } else {
            Err(errno)
        }
    })
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
