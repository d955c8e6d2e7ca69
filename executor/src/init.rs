//! Init: process 1 inside. It builds the sandbox, starts the payload, reaps, and passes signals on.
//!
//! Its order is the second half of the story in `apply.rs`: `prepare` what needs no ids, wait at the
//! gate for the id maps, `build` with them, and `start` the payload. From then on it knows nothing
//! but the payload's id, so nothing can be learnt from it.

use crate::descriptors::close_all_but;
use crate::filesystem::kept::KeptSet;
use crate::filesystem::step::Step;
use crate::filesystem::{self, sources};
use crate::gate::Gate;
use crate::message::{EMULATED, OrRefuse, Refused, SETUP_REFUSED, refuse};
use crate::network::{self, purple_net::Helper, unreached};
use crate::parent::die_with_parent;
use crate::run::Run;
use crate::shared::{PayloadState, Shared};
use crate::streams::{Job, Streams};
use crate::timeout::{Due, Timeout};
use crate::{capabilities, identity, payload, session};
use core::convert::Infallible;
use core::ffi::CStr;
use core::time::Duration;
use purple_plan::{NetworkMode, process_flags};
use purple_sys::clone::{Forked, NEW_CGROUP, SHARE_DESCRIPTORS, clone_into, enter_new};
use purple_sys::process::exit_group;
use purple_sys::strings::forget_arguments;
use purple_sys::wait::{Ended, reap_or_stopped};
use purple_sys::{descriptors, memory, signal};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;
use rustix::process::{DumpableBehavior, Pid, getpid};
use rustix::system::{setdomainname, sethostname, uname};

const STEP: &str = "init";
/// Where it has failed when giving something up did.
const STEPPING_BACK: &str = "stepping back";
const WAITING: &str = "waiting";

/// The NIS domain name of a kernel that was given none (`UTS_DOMAINNAME` in linux/uts.h).
const NO_DOMAIN: &CStr = c"(none)";

/// What leads from init to processes outside.
pub(crate) struct Links<'h> {
    pub(crate) helper: Option<&'h Helper>,
    /// Leads to the recorder, where there is one.
    pub(crate) recorder: Option<OwnedFd>,
}

/// Runs as process 1 until the payload ends.
pub(crate) fn run(
    run: &Run,
    gate: Gate,
    timeout: Timeout,
    steps: &mut [Step],
    kept: &mut KeptSet,
    streams: &mut Streams,
    links: Links<'_>,
) -> ! {
    let socket = links.recorder;
    let started = build(run, gate, steps, kept, streams, links.helper).and_then(|job| {
        let payload = start(run, socket.as_ref().map(AsFd::as_fd), job.as_ref())?;
        Ok((payload, job))
    });
    let (payload, job) = match started {
        Ok(started) => started,
        Err(refused) => give_up(&run.shared, refused),
    };
    let watched = Watched {
        payload,
        job,
        is_held: false,
        is_group: run.plan.process.flags & process_flags::NEW_SESSION != 0,
        socket,
        shared: run.shared,
        has_network: run.plan.network.mode != NetworkMode::Loopback,
        timeout,
    };
    forget_arguments(run.arguments, move || {
        let shared = watched.shared;
        match watched.watch() {
            Ok(never) => never,
            Err(refused) => give_up(&shared, refused),
        }
    })
}

fn give_up(shared: &Shared, refused: Refused) -> ! {
    shared.set(PayloadState::Refused(refused.status));
    exit_group(SETUP_REFUSED)
}

/// Everything that is common to all processes inside. It takes much of the stack, and init waits
/// without it.
#[inline(never)]
fn build(
    run: &Run,
    gate: Gate,
    steps: &mut [Step],
    kept: &mut KeptSet,
    streams: &mut Streams,
    helper: Option<&Helper>,
) -> Result<Option<Job>, Refused> {
    // While the supervisor maps the ids. It cannot map those of a process that has ended, so what
    // fails here counts when it is done.
    let prepared = prepare(run, streams, helper);
    let gate = gate.wait()?;
    prepared?;
    if !run.outside.root {
        sources::open(steps, run.outside)?;
        streams.reopen_files()?;
    }
    identity::assume(&run.plan, run.outside)?;
    // Changing ids has cleared it. Had the supervisor died before, its end of the gate is closed.
    die_with_parent()?;
    if gate.is_closed().or_refuse("supervision", "poll")? {
        return Err(refuse!("supervision", "the supervisor is gone"));
    }
    session::new_keyring()?;
    filesystem::build(run, steps, kept, &gate)?;
    if let Some(helper) = helper {
        helper.wait_until_ready(run)?;
    }
    streams.enter(&run.shared)
}

/// What takes no ids, and looks at no file.
fn prepare(run: &Run, streams: &Streams, helper: Option<&Helper>) -> Result<(), Refused> {
    let process = &run.plan.process;
    if getpid() != Pid::INIT {
        return Err(refuse!("start", "clone3", EMULATED));
    }
    die_with_parent()?;
    // What the keyboard sends to the supervisor's group must come once, from the supervisor.
    // A terminal of the sandbox's own takes a session too.
    if process.flags & process_flags::NEW_SESSION != 0 || streams.has_terminal() {
        session::leave()?;
    }
    filesystem::make_private()?;
    // A namespace of control groups begins where the process that makes it is: init is in its group
    // now, which it was not when it was cloned.
    enter_new(process.namespaces & NEW_CGROUP).or_refuse("cgroup", "a new namespace")?;
    network::set_up(run, helper)?;
    name_the_host(process.hostname)
}

/// Gives the sandbox its host name, and no NIS domain name: its namespace of names begins as a copy
/// of the host's (`uts_namespaces(7)`).
fn name_the_host(name: &CStr) -> Result<(), Refused> {
    const STEP: &str = "hostname";
    sethostname(name.to_bytes()).or_refuse(STEP, "sethostname")?;
    setdomainname(NO_DOMAIN.to_bytes()).or_refuse(STEP, "setdomainname")?;
    let found = uname();
    if found.nodename() != name || found.domainname() != NO_DOMAIN {
        return Err(refuse!(STEP, "setting the names", EMULATED));
    }
    Ok(())
}

/// Starts the payload, and gives up what init does not need any more.
///
/// Undumpable comes before there is a payload, and capabilities go after: at no time is init a
/// process that the payload could trace (ptrace(2), the access mode checks).
fn start(run: &Run, socket: Option<BorrowedFd<'_>>, job: Option<&Job>) -> Result<Pid, Refused> {
    identity::make_dumpable(DumpableBehavior::NotDumpable)?;
    // Before there is a payload: a path that it looks up may lead through a link to one of the
    // caller's descriptors, and so out.
    close_all_but(&[socket, job.map(Job::channel)])?;
    // The listener that the payload opens must reach the recorder by a process which the filter does
    // not hold. So the payload shares init's descriptors until it becomes the command.
    let flags = if socket.is_some() {
        SHARE_DESCRIPTORS
    } else {
        0
    };
    let payload = match clone_into(flags, None).or_refuse("payload", "clone3")? {
        Forked::Child => payload::run(run, socket, job),
        Forked::Parent(payload) => payload,
    };
    capabilities::drop_all()?;
    Ok(payload)
}

/// What init still knows once the payload has started.
struct Watched {
    payload: Pid,
    /// The sandbox's own terminal, where the caller has one.
    job: Option<Job>,
    /// Whether the payload is stopped because the supervisor asked for it.
    is_held: bool,
    /// Whether signals go to the group of the payload.
    is_group: bool,
    /// Leads to the recorder; taken once the listener is sent.
    socket: Option<OwnedFd>,
    shared: Shared,
    has_network: bool,
    timeout: Timeout,
}

impl Watched {
    /// Lets the payload go on, reaps every process of the sandbox, passes signals on to the payload,
    /// and ends when it ends: the kernel then kills what is left (`pid_namespaces(7)`).
    fn watch(mut self) -> Result<Infallible, Refused> {
        /// How long it is until init looks again whether there is a listener: the payload cannot say
        /// so by any call, for the filter may deny each.
        const SOON: Duration = Duration::from_micros(100);
        self.shared.let_go().or_refuse(STEP, STEPPING_BACK)?;
        memory::trim_stack();
        loop {
            self.send_listener().or_refuse(STEP, WAITING)?;
            let soon = self.socket.as_ref().map(|_| SOON);
            let left = self.timeout.left().or_refuse(STEP, WAITING)?;
            let wait = soon.map_or(left, |soon| Some(left.map_or(soon, |left| left.min(soon))));
            match signal::wait(signal::Set::ALL, wait).or_refuse(STEP, WAITING)? {
                Some(signal::number::CHLD) => self.reap_all().or_refuse(STEP, WAITING)?,
                // A write of ours to a closed pipe is no signal for the payload.
                Some(signal::number::PIPE) | None => {}
                Some(number) => self.pass_on(number).or_refuse(STEP, WAITING)?,
            }
            // Also where there was a signal: what is inside may send one after the other.
            self.keep_time().or_refuse(STEP, WAITING)?;
        }
    }

    /// Ends the command where its time is over: asks it first, and kills everything after the grace.
    fn keep_time(&mut self) -> Result<(), Errno> {
        match self.timeout.check()? {
            Due::Nothing => Ok(()),
            Due::Ask => {
                self.shared.end_time();
                // What is stopped cannot end by itself.
                continue_all()?;
                self.pass_on(signal::number::TERM)
            }
            Due::Kill => {
                self.shared
                    .set(PayloadState::Signaled(signal::number::KILL));
                exit_group(0)
            }
        }
    }

    /// Sends the listener of the payload's filter to the recorder, once there is one.
    fn send_listener(&mut self) -> Result<(), Errno> {
        if self.socket.is_some()
            && let Some(listener) = self.shared.listener()
            && let Some(socket) = self.socket.take()
        {
            descriptors::send(socket.as_fd(), listener)?;
        }
        Ok(())
    }

    fn reap_all(&self) -> Result<(), Errno> {
        while let Some(ended) = reap_or_stopped()? {
            if ended.pid == self.payload {
                if let Some(signal) = ended.stopped_by() {
                    if let Some(job) = self.job.as_ref().filter(|_| !self.is_held) {
                        job.tell_stopped(signal)?;
                    }
                    continue;
                }
                self.end(&ended);
            }
        }
        Ok(())
    }

    /// Says how the payload ended, and ends.
    fn end(&self, payload: &Ended) -> ! {
        let shared = &self.shared;
        // What the payload said of itself before it could become the command stands.
        if shared.get() == PayloadState::Nothing {
            let status = payload.exit_status();
            if status != Some(0) && !self.has_network && unreached::is_counted() {
                shared.miss_network();
            }
            if let Some(status) = status {
                shared.set(PayloadState::Exited(status));
            } else if let Some(signal) = payload.signal() {
                shared.set(PayloadState::Signaled(signal));
            }
        }
        exit_group(0)
    }

    fn pass_on(&mut self, number: u32) -> Result<(), Errno> {
        match number {
            // The payload has no job control of its own terminal: asked to stop, everything is.
            signal::number::TSTP => {
                self.is_held = true;
                return stop_all();
            }
            signal::number::CONT => {
                self.is_held = false;
                if let Some(job) = &mut self.job {
                    job.follow(&self.shared, self.payload);
                }
                return continue_all();
            }
            _ => {}
        }
        let mut sent = if self.is_group {
            signal::send_to_group(self.payload, number)
        } else {
            signal::send(self.payload, number)
        };
        // Before it has made its session, the payload is not a group yet.
        if self.is_group && sent == Err(Errno::SRCH) {
            sent = signal::send(self.payload, number);
        }
        match sent {
            // It has ended meanwhile, and the next signal says so.
            Err(Errno::SRCH) => Ok(()),
            sent => sent,
        }
    }
}

/// Stops every process inside but this one, whatever group or session it is in.
fn stop_all() -> Result<(), Errno> {
    to_all(signal::number::STOP)
}

/// Lets every process inside go on, also what a program inside has stopped: nothing says who stopped
/// a process.
fn continue_all() -> Result<(), Errno> {
    to_all(signal::number::CONT)
}

fn to_all(number: u32) -> Result<(), Errno> {
    match signal::send_to_all(number) {
        // There is none any more, and the next signal says so.
        Err(Errno::SRCH) => Ok(()),
        sent => sent,
    }
}
