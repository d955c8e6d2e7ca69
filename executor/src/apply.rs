//! The story: what is done, in order.
//!
//! 1. [`run`]: read the command line.
//! 2. `confine`: everything that can fail without a trace on the host: the descriptors, the plan, the
//!    report's file, the ids. Then one run, its exit status and its report.
//! 3. `supervise`: the control group, the run inside it, and the end of the control group.
//! 4. `run_sandbox`: what the host gives to the sandbox (sources of binds, stubs), the sandbox, and
//!    the stubs' removal.
//! 5. `start`: the recorder, the helper of a filtered network, init in its new namespaces, the id maps,
//!    what stays as it is, the janitor where there are stubs, and the wait for the end.
//!
//! Init goes on in `init.rs`, the payload in `payload.rs`. What a step leaves on the host (a group, a
//! stub) is taken away by the function that made it, whatever happens in between.

use crate::arguments::{self, Options, Request};
use crate::cgroup::{Group, GroupUsage};
use crate::exit_status;
use crate::files::write_all;
use crate::filesystem::kept::KeptSet;
use crate::filesystem::step::Step;
use crate::filesystem::{protected, sources};
use crate::gate::{Gate, OpenGate};
use crate::init::Links;
use crate::janitor::{self, Janitor};
use crate::message::{EMULATED, OrRefuse, Refused, SETUP_REFUSED, refuse};
use crate::network::purple_net::{self, Helper};
use crate::outside::Outside;
use crate::parent::{die_with, kill_and_wait};
use crate::recorder;
use crate::report::{Report, summarise};
use crate::run::Run;
use crate::shared::Shared;
use crate::streams::Streams;
use crate::supervisor::{self, End, Processes};
use crate::timeout::Timeout;
use crate::{descriptors, identity, init, load, receipt};
use purple_sys::clock::{Clock, now};
use purple_sys::clone::{Forked, NEW_CGROUP, clone_into};
use purple_sys::signal;
use purple_sys::strings::Start;
use rustix::io::Errno;
use rustix::process::{Pid, Resource, WaitOptions, getrlimit, waitpid};

const STEP: &str = "start";
const READING_CLOCK: &str = "reading the clock";

/// Runs `purple-exec` and returns its exit status.
pub fn run(start: &Start) -> u8 {
    match check_stack() {
        Ok(()) => carry_out(start),
        Err(refused) => refused.status,
    }
}

/// Refuses a stack that is too small, before a step needs it: the kernel would end the process without
/// a word.
fn check_stack() -> Result<(), Refused> {
    /// More than any step needs, in bytes.
    const NEEDED: u64 = 128 << 10;
    match getrlimit(Resource::Stack).current {
        Some(bytes) if bytes < NEEDED => {
            let what =
                " bytes of stack are too few: the limit must be 131072 or more (ulimit -s 128)";
            Err(refuse!(STEP, bytes, what))
        }
        _ => Ok(()),
    }
}

/// In a frame of its own, which is not there before the stack was looked at.
#[inline(never)]
fn carry_out(start: &Start) -> u8 {
    let done = match arguments::parse(start.arguments) {
        Ok(Request::Print(text)) => print(text),
        Ok(Request::Run(options)) => confine(options, *start),
        Err(refused) => Err(refused),
    };
    match done {
        Ok(status) => status,
        Err(refused) => refused.status,
    }
}

fn print(text: &str) -> Result<u8, Refused> {
    match write_all(purple_sys::descriptors::output(), text.as_bytes()) {
        Ok(()) => Ok(0),
        Err(_) => Err(Refused {
            status: SETUP_REFUSED,
        }),
    }
}

#[inline(never)]
fn confine(options: Options, start: Start) -> Result<u8, Refused> {
    descriptors::occupy_standard()?;
    let mut streams = Streams::of_caller(&options)?;
    if let Some((parent, _)) = options.parent {
        die_with(parent)?;
    }
    let loaded = load::plan(options.plan)?;
    let report = Report::open(&options)?;
    let filter = load::filter(&loaded.plan)?;
    let outside = Outside::of(&loaded.plan, &options)?;
    let shared = Shared::new().or_refuse(STEP, "shared memory")?;
    let found = block_signals()?;
    let signals = options.blocked_signals.map_or(found, signal::Set);
    let run = Run {
        options,
        arguments: start.arguments,
        environment: start.environment,
        plan: loaded.plan,
        plan_bytes: loaded.bytes,
        plan_file: loaded.file,
        filter,
        outside,
        signals,
        shared,
    };

    let started = now(Clock::Realtime).or_refuse(STEP, READING_CLOCK)?;
    let supervised = supervise(&run, &mut streams, report.as_ref());
    streams.end();
    let (end, used) = match supervised {
        Ok(ended) => ended,
        Err(refused) => (End::refused(refused.status), None),
    };
    let status = match streams.lost() {
        Some(_) => SETUP_REFUSED,
        None => exit_status::of(&end),
    };
    // What stays comes before what is said.
    let written = match report {
        Some(report) => report.write(&run, &end, used.as_ref(), status, started),
        None => Ok(()),
    };
    if let Some(used) = &used {
        used.say_reached(&run.plan);
    }
    exit_status::explain(&run, &end);
    streams.say_lost();
    summarise(&run.options, &end);
    // What the caller does not take of the output holds up nothing else.
    streams.finish(end.left)?;
    written.map(|()| status)
}

/// Blocks every signal: from here on they are waited for. Returns those that the caller had blocked.
fn block_signals() -> Result<signal::Set, Refused> {
    const BLOCKING: &str = "blocking signals";
    signal::default_action(signal::number::CHLD).or_refuse(STEP, BLOCKING)?;
    let before = signal::block(signal::Set::ALL).or_refuse(STEP, BLOCKING)?;
    let found = signal::block(signal::Set::ALL).or_refuse(STEP, BLOCKING)?;
    if found == signal::Set::BLOCKABLE {
        return Ok(before);
    }
    Err(refuse!(STEP, BLOCKING, EMULATED))
}

/// Limits the sandbox, runs it, and removes what limited it.
#[inline(never)]
fn supervise(
    run: &Run,
    streams: &mut Streams,
    report: Option<&Report>,
) -> Result<(End, Option<GroupUsage>), Refused> {
    load::layers(&run.plan, &run.options)?;
    let Some(group) = Group::make(run)? else {
        return Ok((run_sandbox(run, streams, None, report)?, None));
    };
    let end = run_sandbox(run, streams, Some(&group), report);
    // The group ends first, also where the run has failed.
    let used = group.end();
    let (mut end, used) = (end?, used?);
    // The recorder is in the group, and ends with all of it where memory is over.
    end.unrecorded &= !used.out_of_memory();
    Ok((end, Some(used)))
}

/// Opens what the sandbox shares with the host, runs it, and takes its stubs away.
///
/// The frame of this function stays for as long as the sandbox runs. It is not made part of the
/// caller's frame, which needs much more.
#[inline(never)]
fn run_sandbox(
    run: &Run,
    streams: &mut Streams,
    group: Option<&Group>,
    report: Option<&Report>,
) -> Result<End, Refused> {
    let steps = Step::all(&run.plan)?;
    if run.outside.root {
        sources::open(steps, run.outside)?;
    } else {
        sources::resolve(steps)?;
    }
    let mut kept = KeptSet::new(run, steps, report.map(Report::file))?;
    let mut janitor = None;
    let end = match protected::make_stubs(steps, run.outside) {
        Ok(()) => {
            let end = start(run, streams, group, steps, &mut kept, &mut janitor);
            protected::remove_stubs(steps);
            end
        }
        Err(refused) => Err(refused),
    };
    kept.remove_stubs();
    if let Some(janitor) = janitor {
        janitor.end()?;
    }
    end
}

/// Starts init, and waits until the sandbox has ended.
fn start(
    run: &Run,
    streams: &mut Streams,
    group: Option<&Group>,
    steps: &mut [Step],
    kept: &mut KeptSet,
    janitor: &mut Option<Janitor>,
) -> Result<End, Refused> {
    let (recorder, socket) = match recorder::start(run, group.map(Group::dir))? {
        Some(started) => (Some(started.recorder), Some(started.socket)),
        None => (None, None),
    };
    streams.open(run)?;
    let gate = Gate::new()?;
    let mut helper = purple_net::start(run, group.map(Group::dir))?;
    // Init gets a copy.
    let timeout = Timeout::start(&run.plan.process).or_refuse(STEP, READING_CLOCK)?;
    let namespaces = run.plan.process.namespaces & !NEW_CGROUP;
    let cloned = clone_into(namespaces, group.map(Group::dir));
    let init = match cloned.or_refuse(STEP, "clone3 into new namespaces") {
        Ok(Forked::Child) => {
            let links = Links {
                helper: helper.as_ref(),
                recorder: socket,
            };
            init::run(run, gate, timeout, steps, kept, streams, links)
        }
        Ok(Forked::Parent(init)) => init,
        Err(refused) => {
            helper.iter_mut().for_each(Helper::kill);
            return Err(refused);
        }
    };
    // Init has these now.
    drop(socket);
    streams.leave_to_init();
    helper.iter_mut().for_each(Helper::leave_to_init);
    for step in &mut *steps {
        step.tree = None;
    }
    let processes = Processes {
        init,
        recorder,
        helper: helper.as_mut(),
    };
    let end = let_in(run, init, gate)
        .and_then(|opened| {
            // While init builds the sandbox.
            kept.fill(run)?;
            *janitor = janitor::start(init, steps, kept, streams)?;
            opened.let_on()?;
            Ok(opened)
        })
        .and_then(|_opened| supervisor::watch(run, streams, timeout, processes));
    if end.is_err() {
        end_init(init);
        helper.iter_mut().for_each(Helper::kill);
    }
    end
}

/// Maps the ids of init, and lets it go on. The gate closes when what is returned is dropped: init then
/// knows that nothing waits for it.
fn let_in(run: &Run, init: Pid, gate: Gate) -> Result<OpenGate, Refused> {
    identity::map(run, init)?;
    receipt::outside(&run.shared)?;
    gate.open()
}

/// Ends init where the run has failed and it has not ended by itself: what it still does must not go
/// on without the stubs. The run is refused already, so nothing is said of a failure here.
fn end_init(init: Pid) {
    if matches!(waitpid(Some(init), WaitOptions::NOHANG), Ok(None)) {
        let _ended: Result<(), Errno> = kill_and_wait(init);
    }
}
