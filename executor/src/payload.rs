//! The payload: the last steps of confinement, then the command.

use crate::message::{OrRefuse, Refused, refuse};
use crate::receipt::{self, NAMESPACES};
use crate::run::Run;
use crate::shared::Outcome;
use crate::{capabilities, command, identity, landlock, session};
use core::ffi::CStr;
use purple_plan::{EnvKind, MAX_VARIABLES, process_flags};
use purple_sys::clone::enter_new;
use purple_sys::descriptors::close_all_but;
use purple_sys::exec::execve;
use purple_sys::process::exit_group;
use purple_sys::resources::{Limit, set_limit};
use purple_sys::strings::{Full, StringArray};
use purple_sys::{loopback, seccomp, signal};
use rustix::fd::BorrowedFd;
use rustix::fs::Mode;
use rustix::io::Errno;

/// Room for every variable that a plan can have, and the null pointer behind them.
type Environment = StringArray<'static, { MAX_VARIABLES + 1 }>;

/// Confines this process and becomes the command.
pub(crate) fn run(run: &Run, recorder: Option<BorrowedFd<'_>>) -> ! {
    let outcome = match confine(run, recorder) {
        Ok(outcome) => outcome,
        Err(refused) => Outcome::Refused(refused.status),
    };
    run.shared.set(outcome);
    exit_group(crate::message::SETUP_REFUSED)
}

/// Everything up to execve. Returns only when the command did not start.
fn confine(run: &Run, recorder: Option<BorrowedFd<'_>>) -> Result<Outcome, Refused> {
    let plan = &run.plan;
    // Init has made itself undumpable, and this process is a copy of it: its own /proc has to be
    // open to it for a while.
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::Dumpable)
        .or_refuse("payload", "prctl")?;
    inner_namespaces(run)?;
    let _before: Mode = rustix::process::umask(Mode::from_raw_mode(plan.process.umask));
    limits(run)?;
    if plan.process.flags & process_flags::NEW_SESSION != 0 {
        session::leave()?;
    }
    let mut environment = Environment::new();
    let search = fill(&mut environment, run)?;
    let held = capabilities::apply(&plan.capabilities)?;
    rustix::thread::set_no_new_privs(true).or_refuse("no_new_privs", "prctl")?;

    let working_dir = plan.process.working_dir;
    rustix::process::chdir(working_dir).map_err(|errno| {
        refuse!(
            "working directory",
            working_dir,
            errno,
            plan.process.working_dir_line
        )
    })?;
    let Some((name, _)) = run.options.command.split_first() else {
        return Err(refuse!("arguments", "no command"));
    };
    let path = command::find(name, search)?;
    let path = path.c_str().unwrap_or(name);

    receipt::check(plan, &run.shared, &held)?;
    landlock::enter(run)?;
    let _blocked = signal::default_action(signal::number::CHLD)
        .and_then(|()| signal::block(run.signals))
        .or_refuse("signals", "restoring the mask")?;
    close_all_but(recorder).or_refuse("descriptors", "close_range")?;
    run.shared
        .wait_to_go()
        .or_refuse("payload", "waiting for init")?;
    match recorder {
        None => seccomp::load(run.filter.program),
        Some(_) => seccomp::load_with_listener(run.filter.program).map(|fd| run.shared.listen(fd)),
    }
    .or_refuse("seccomp", "loading the filter")?;

    // The filter is in force: from here on, no call but what it allows can be counted on.
    let mut probed = None;
    if run.filter.probe_errno != 0 {
        probed = seccomp::probe(run.filter.probe_nr, run.filter.probe_args);
        let found = probed.map_or(0, |errno| errno.raw_os_error().unsigned_abs());
        if found != run.filter.probe_errno {
            return Ok(Outcome::ProbeFailed(found));
        }
    }
    receipt::filtered(
        &run.shared,
        run.filter.program.len().wrapping_div(8),
        probed,
    );
    let errno = execve(path, run.options.command, &environment);
    Ok(Outcome::ExecFailed(errno.raw_os_error().unsigned_abs()))
}

/// Enters the namespaces of the payload's own, in which its capabilities hold.
fn inner_namespaces(run: &Run) -> Result<(), Refused> {
    let flags = run.plan.process.inner_namespaces;
    if flags == 0 {
        return Ok(());
    }
    enter_new(flags).or_refuse("namespaces", "inner namespaces")?;
    identity::map_self(&run.plan)?;
    let network = NAMESPACES
        .iter()
        .any(|kind| kind.name == "network" && flags & kind.flag != 0);
    if network {
        loopback::bring_up().or_refuse("network", "loopback")?;
    }
    Ok(())
}

fn limits(run: &Run) -> Result<(), Refused> {
    for limit in &run.plan.rlimits {
        let wanted = Limit {
            soft: limit.soft,
            hard: limit.hard,
        };
        let found = set_limit(limit.resource, wanted);
        if found != Ok(wanted) {
            let (resource, errno) = (u64::from(limit.resource), found.err());
            let errno = errno.unwrap_or(Errno::RANGE);
            return Err(refuse!("limits", "resource ", resource, errno, limit.line));
        }
    }
    Ok(())
}

/// Fills the environment from the plan, and returns the value of `PATH` in it.
fn fill(environment: &mut Environment, run: &Run) -> Result<&'static [u8], Refused> {
    const PATH: &[u8] = b"PATH=";
    let full = |Full| refuse!("environment", "too many variables");
    let mut search: &'static [u8] = b"";
    for variable in &run.plan.environment {
        let entry: &'static CStr = match variable.kind {
            EnvKind::Set => variable.text,
            EnvKind::Pass => match of_caller(run, variable.text.to_bytes()) {
                Some(entry) => entry,
                None => continue,
            },
        };
        if let Some(value) = entry.to_bytes().strip_prefix(PATH) {
            search = value;
        }
        environment.push(entry).map_err(full)?;
    }
    Ok(search)
}

fn of_caller(run: &Run, name: &[u8]) -> Option<&'static CStr> {
    let mut all = run.environment;
    all.find(|entry| {
        entry
            .to_bytes()
            .strip_prefix(name)
            .is_some_and(|rest| rest.starts_with(b"="))
    })
}
