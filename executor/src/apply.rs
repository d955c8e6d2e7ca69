//! The story: what is done, in order.

use crate::arguments::{self, Options, Request};
use crate::cgroup::{Group, Used};
use crate::filesystem::{is_directory, open_sources};
use crate::gate::Gate;
use crate::identity;
use crate::message::{OrRefuse, Part, Refused, SETUP_REFUSED, refuse};
use crate::receipt;
use crate::report::Report;
use crate::run::Run;
use crate::shared::{Outcome, Shared};
use crate::step::Step;
use crate::supervisor::{self, End, now};
use crate::transfer::write_all;
use crate::{command, errno, init, load, notify, stub};
use core::ffi::CStr;
use purple_sys::clone::{NEW_CGROUP, Side, clone_into};
use purple_sys::strings::Start;
use purple_sys::{descriptors, signal};
use rustix::fd::OwnedFd;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::process::{Signal, WaitOptions, kill_process, waitpid};
use rustix::time::ClockId;

const STEP: &str = "start";

/// Runs `purple-exec` and returns its exit status.
pub fn run(start: &Start) -> u8 {
    match arguments::parse(start.arguments) {
        Ok(Request::Print(text)) => {
            write_all(descriptors::output(), text.as_bytes()).map_or(SETUP_REFUSED, |()| 0)
        }
        Ok(Request::Run(options)) => {
            confine(options, *start).unwrap_or_else(|refused| refused.status)
        }
        Err(refused) => refused.status,
    }
}

fn confine(options: Options, start: Start) -> Result<u8, Refused> {
    occupy_standard_descriptors()?;
    if let Some((parent, _)) = options.parent {
        supervisor::die_with(parent)?;
    }
    let plan = load::plan(options.plan)?;
    let report = Report::open(&options)?;
    let filter = load::filter(&plan)?;
    let outside = identity::outside(&plan, &options)?;
    let shared = Shared::new().or_refuse(STEP, "shared memory")?;
    let signals = signal::default_action(signal::number::CHLD)
        .and_then(|()| signal::block(signal::Set::ALL))
        .or_refuse(STEP, "blocking signals")?;
    let Start {
        arguments,
        environment,
    } = start;
    let run = Run {
        options,
        arguments,
        environment,
        plan,
        filter,
        outside,
        signals,
        shared,
    };

    let started = now(ClockId::Realtime);
    let (status, end, used) = match supervise(&run) {
        Ok((end, used)) => (status(&run, &end), end, used),
        Err(refused) => (refused.status, End::refused(refused.status), None),
    };
    if let Some(report) = report {
        report.write(&run, &end, used.as_ref(), status, started)?;
    }
    Ok(status)
}

/// Limits the sandbox, starts it, sees it through to its end, and removes what limited it.
fn supervise(run: &Run) -> Result<(End, Option<Used>), Refused> {
    load::layers(&run.plan, &run.options)?;
    let group = Group::make(run)?;
    let end = attend(run, group.as_ref());
    let used = group.map(|group| group.end(&run.plan)).transpose();
    Ok((end?, used?))
}

/// Opens what the sandbox shares, starts init, and sees it through to its end. The callers' frames
/// stay for as long as the sandbox runs: what they do before is not made part of them.
#[inline(never)]
fn attend(run: &Run, group: Option<&Group>) -> Result<End, Refused> {
    let steps = Step::all(&run.plan)?;
    if run.outside.root {
        open_sources(steps, run.outside)?;
    }
    stub::make_all(steps)?;
    let end = start(run, group, steps);
    stub::remove_all(steps);
    end
}

fn start(run: &Run, group: Option<&Group>, steps: &mut [Step]) -> Result<End, Refused> {
    let (recorder, socket) = notify::start(run)?.unzip();
    let gate = Gate::new()?;
    let namespaces = run.plan.process.namespaces & !NEW_CGROUP;
    let side = clone_into(namespaces, group.map(Group::dir));
    let init = match side.or_refuse(STEP, "clone3 into new namespaces")? {
        Side::Child => init::run(run, gate, steps, socket),
        Side::Parent(init) => init,
    };
    drop(socket);
    for step in steps {
        step.tree = None;
    }
    // The gate closes when it is over: init then knows that nobody waits for it.
    let end = identity::map(run, init)
        .and_then(|()| receipt::outside(&run.shared))
        .and_then(|()| gate.open())
        .and_then(|_opened: OwnedFd| supervisor::watch(run, init, recorder));
    if end.is_err() && matches!(waitpid(Some(init), WaitOptions::NOHANG), Ok(None)) {
        // What it still does must not go on without the stubs.
        let _ended = kill_process(init, Signal::KILL)
            .and_then(|()| waitpid(Some(init), WaitOptions::empty()));
    }
    end
}

/// The exit status that stands for how the run ended.
fn status(run: &Run, end: &End) -> u8 {
    const TIMED_OUT: u8 = 124;
    let by_signal = |signal: u32| u8::try_from(signal).map_or(u8::MAX, |n| n.saturating_add(128));
    let name = run
        .options
        .command
        .split_first()
        .map_or(c"", |(name, _): (&CStr, _)| name);
    match end.outcome {
        Outcome::ProbeFailed(found) => {
            let found = errno::of(found.into()).map_or(Part::Text(""), Part::Error);
            refuse!(
                "seccomp",
                "the filter does not deny what the plan says",
                found
            )
            .status
        }
        Outcome::ExecFailed(found) => {
            command::exec_failed(name, errno::of(found.into()).unwrap_or(Errno::NOEXEC))
        }
        _ if end.unrecorded => SETUP_REFUSED,
        Outcome::Exited(_) | Outcome::Signaled(_) | Outcome::Nothing if end.timed_out => TIMED_OUT,
        Outcome::Refused(status) | Outcome::Exited(status) => status,
        Outcome::Signaled(signal) => by_signal(signal),
        // Init said nothing: somebody outside killed it.
        Outcome::Nothing => match end.usage.signal() {
            Some(signal) => by_signal(signal),
            None => refuse!("supervision", "init ended without a word").status,
        },
    }
}

/// Descriptors 0 to 2 must be open, or the first files opened here would take their place. None may
/// be a directory: the command would have all of the host below it (openat(2)).
fn occupy_standard_descriptors() -> Result<(), Refused> {
    loop {
        let fd = rustix::fs::open(c"/dev/null", OFlags::RDWR, Mode::empty())
            .or_refuse(STEP, "opening /dev/null for a closed standard descriptor")?;
        if rustix::fd::AsRawFd::as_raw_fd(&fd) > 2 {
            break;
        }
        // It has become one of them: it stays open.
        let _raw: i32 = rustix::fd::IntoRawFd::into_raw_fd(fd);
    }
    let standard = [
        (0, descriptors::input()),
        (1, descriptors::output()),
        (2, descriptors::error()),
    ];
    for (number, fd) in standard {
        let status = rustix::fs::fstat(fd).or_refuse(STEP, "looking at a standard descriptor")?;
        if is_directory(&status) {
            let what = " is a directory, which would show it inside";
            return Err(refuse!(STEP, "descriptor ", number, what));
        }
    }
    Ok(())
}
