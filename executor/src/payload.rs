//! The payload: the last steps of confinement, then the command.
//!
//! Each step that takes a right away comes after the last step that needs it. So the filter is the
//! last one, and what comes after it (the probe, the receipt's end, execve) needs no call that the
//! plan does not allow.

use crate::descriptors::close_all_but;
use crate::files::is_same;
use crate::message::{EMULATED, OrRefuse, Refused, SETUP_REFUSED, refuse};
use crate::receipt::{self, NAMESPACES};
use crate::run::Run;
use crate::shared::PayloadState;
use crate::streams::Job;
use crate::{capabilities, command, identity, landlock, session};
use core::ffi::CStr;
use purple_plan::{EnvKind, MAX_VARIABLES, Plan, Rlimit, process_flags};
use purple_sys::clone::enter_new;
use purple_sys::exec::execve;
use purple_sys::own_filters::keep_from_first_process;
use purple_sys::process::exit_group;
use purple_sys::resources::{Limit, limit_of, set_limit};
use purple_sys::strings::{Full, StringArray};
use purple_sys::{loopback, seccomp, signal};
use rustix::fd::BorrowedFd;
use rustix::fs::{Mode, stat};
use rustix::io::Errno;
use rustix::process::{DumpableBehavior, chdir, umask};
use rustix::thread::set_no_new_privs;

/// How many bytes an instruction of a filter has (linux/filter.h).
const INSTRUCTION_BYTES: usize = 8;

/// The environment of the command: room for every variable that a plan can have, and for the null
/// pointer behind them.
type Environment = StringArray<'static, { MAX_VARIABLES + 1 }>;

/// Confines this process and becomes the command.
pub(crate) fn run(run: &Run, recorder: Option<BorrowedFd<'_>>, job: Option<&Job>) -> ! {
    let outcome = match confine(run, recorder, job) {
        Ok(outcome) => outcome,
        Err(refused) => PayloadState::Refused(refused.status),
    };
    run.shared.set(outcome);
    exit_group(SETUP_REFUSED)
}

/// Everything up to execve. Returns only when the command did not start.
fn confine(
    run: &Run,
    recorder: Option<BorrowedFd<'_>>,
    job: Option<&Job>,
) -> Result<PayloadState, Refused> {
    let plan = &run.plan;
    // Init has made itself undumpable, and this process is a copy of it: its own /proc has to be
    // open to it for a while.
    identity::make_dumpable(DumpableBehavior::Dumpable)?;
    enter_inner_namespaces(run)?;
    set_umask(Mode::from_raw_mode(plan.process.umask))?;
    set_limits(plan)?;
    if let Some(job) = job {
        job.enter(&run.shared)
            .or_refuse("session", "a job on the terminal")?;
    } else if plan.process.flags & process_flags::NEW_SESSION != 0 {
        session::leave()?;
    }
    let mut environment = Environment::new();
    let search = fill_environment(&mut environment, run)?;
    let capabilities = capabilities::apply(&plan.capabilities)?;
    set_no_new_privs(true).or_refuse("no_new_privs", "prctl")?;
    leave_init_alone()?;

    enter_working_directory(run)?;
    let Some((name, _)) = run.options.command.split_first() else {
        return Err(refuse!("arguments", "no command"));
    };
    let mut path = command::Path::new();
    command::find(name, search, plan, &mut path)?;
    let path = path.c_str().unwrap_or(name);

    receipt::check(plan, &run.shared, &capabilities)?;
    landlock::enter(run)?;
    restore_signals(run).or_refuse("signals", "restoring the mask")?;
    close_all_but(&[recorder, job.map(Job::channel)])?;
    run.shared
        .wait_to_go()
        .or_refuse("payload", "waiting for init")?;
    load_filter(run, recorder.is_some()).or_refuse("seccomp", "loading the filter")?;

    // The filter is in force: from here on, no call but what it allows can be counted on.
    if let Some(outcome) = check_filter(run) {
        return Ok(outcome);
    }
    let errno = execve(path, run.options.command, &environment);
    Ok(PayloadState::ExecFailed(number_of(errno)))
}

/// Keeps the command from setting init's limits, scheduler and priorities: init has its user id, so
/// that the kernel would let it.
fn leave_init_alone() -> Result<(), Refused> {
    const LOADING: &str = "the filter that keeps process 1";
    if keep_from_first_process().or_refuse("init", LOADING)? {
        return Ok(());
    }
    Err(refuse!("init", LOADING, EMULATED))
}

/// Enters the namespaces of the payload's own, in which its capabilities hold.
fn enter_inner_namespaces(run: &Run) -> Result<(), Refused> {
    let flags = run.plan.process.inner_namespaces;
    if flags == 0 {
        return Ok(());
    }
    enter_new(flags).or_refuse("namespaces", "inner namespaces")?;
    identity::map_self(&run.plan)?;
    let has_network = NAMESPACES
        .iter()
        .any(|kind| kind.name == "network" && flags & kind.flag != 0);
    if has_network {
        loopback::bring_up().or_refuse("network", "loopback")?;
    }
    Ok(())
}

/// Sets the mask of modes and reads it back: what the call returns is the one before.
fn set_umask(wanted: Mode) -> Result<(), Refused> {
    let _before: Mode = umask(wanted);
    if umask(wanted) == wanted {
        return Ok(());
    }
    Err(refuse!("umask", "umask", EMULATED))
}

/// Sets the plan's limits. A lower one of the caller's stays.
fn set_limits(plan: &Plan<'_>) -> Result<(), Refused> {
    for limit in &plan.rlimits {
        lower(&limit).map_err(|errno| {
            let resource = u64::from(limit.resource);
            refuse!("limits", "resource ", resource, errno, limit.line)
        })?;
    }
    Ok(())
}

fn lower(limit: &Rlimit) -> Result<(), Errno> {
    let of_caller = limit_of(limit.resource)?;
    let wanted = Limit {
        soft: limit.soft.min(of_caller.soft),
        hard: limit.hard.min(of_caller.hard),
    };
    if set_limit(limit.resource, wanted)? == wanted {
        Ok(())
    } else {
        Err(Errno::RANGE)
    }
}

/// Fills the environment from the plan, and returns the value of `PATH` in it.
fn fill_environment(environment: &mut Environment, run: &Run) -> Result<&'static [u8], Refused> {
    let mut search: &'static [u8] = b"";
    for variable in &run.plan.environment {
        let entry: &'static CStr = match variable.kind {
            EnvKind::Set => variable.text,
            EnvKind::Pass => match of_caller(run, variable.text.to_bytes()) {
                Some(entry) => entry,
                None => continue,
            },
        };
        if let Some(value) = entry.to_bytes().strip_prefix(b"PATH=") {
            search = value;
        }
        if environment.push(entry) == Err(Full) {
            return Err(refuse!("environment", "too many variables"));
        }
    }
    Ok(search)
}

/// A variable of the caller's environment.
fn of_caller(run: &Run, name: &[u8]) -> Option<&'static CStr> {
    let mut all = run.environment;
    all.find(|entry| match entry.to_bytes().strip_prefix(name) {
        Some(rest) => rest.starts_with(b"="),
        None => false,
    })
}

fn enter_working_directory(run: &Run) -> Result<(), Refused> {
    const WORKING_DIRECTORY: &str = "working directory";
    let directory = run.plan.process.working_dir;
    let line = run.plan.process.working_dir_line;
    let failed = |errno| {
        let what = match errno {
            Errno::ACCESS if run.outside.root => {
                " is closed to the program's id outside (--outside-id)"
            }
            _ => "",
        };
        refuse!(WORKING_DIRECTORY, directory, what, errno, line)
    };
    chdir(directory).map_err(failed)?;
    let (wanted, found) = (stat(directory), stat(c"."));
    if is_same(&wanted.map_err(failed)?, &found.map_err(failed)?) {
        return Ok(());
    }
    Err(refuse!(WORKING_DIRECTORY, directory, EMULATED, line))
}

/// Gives the command the signals as the caller had them.
fn restore_signals(run: &Run) -> Result<(), Errno> {
    signal::default_action(signal::number::CHLD)?;
    let _all = signal::block(run.signals)?;
    // What the call returns is the mask before it.
    if signal::block(run.signals)? != run.signals {
        return Err(Errno::NOSYS);
    }
    Ok(())
}

fn load_filter(run: &Run, notifies: bool) -> Result<(), Errno> {
    if notifies {
        let listener = seccomp::load_with_listener(run.filter.program)?;
        run.shared.listen(listener);
        return Ok(());
    }
    seccomp::load(run.filter.program)
}

/// Makes the plan's probe call, if it has one, and records that the filter answers as the plan says.
/// Gives the outcome where it does not.
fn check_filter(run: &Run) -> Option<PayloadState> {
    let filter = &run.filter;
    let mut answer = None;
    if filter.probe_errno != 0 {
        answer = seccomp::probe(filter.probe_nr, filter.probe_args);
        let found = answer.map_or(0, number_of);
        if found != filter.probe_errno {
            return Some(PayloadState::ProbeFailed(found));
        }
    }
    let instructions = filter.program.len() / INSTRUCTION_BYTES;
    receipt::filtered(&run.shared, instructions, answer);
    None
}

fn number_of(errno: Errno) -> u32 {
    errno.raw_os_error().unsigned_abs()
}
