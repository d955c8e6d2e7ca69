//! `purple run`: finds or makes the plan, looks at what it would share, and becomes purple-exec, or
//! watches it where there is a record to keep.

use crate::profiles;
use clap::Args;
use nix::unistd::geteuid;
use purple_core::executor::{self, Sealed};
use purple_core::session::Session;
use purple_core::{Problem, plans, workspace};
use purple_host::group;
use purple_plan::{Layer, Plan};
use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;

/// What to run, and under what.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    under: Under,
    /// Write what was enforced and how the command ended to a file, as one JSON object
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Make the run's control group below this one
    #[arg(long, value_name = "PATH")]
    cgroup: Option<PathBuf>,
    /// Run although a layer of the plan is not enforced: cgroup, audit, monitor, landlock
    #[arg(long, value_name = "LAYER")]
    unenforced: Vec<String>,
    /// As root: the command's user and group id outside
    #[arg(long, value_name = "N", conflicts_with = "subordinate_ids")]
    outside_id: Option<u32>,
    /// Not as root: give the command the first of your subordinate ids outside, and not your own
    #[arg(long)]
    subordinate_ids: bool,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    command: Vec<OsString>,
}

/// What confines the command: exactly one of these; the profile ai-dev-safe by default.
#[derive(Debug, Args)]
#[group(multiple = false)]
struct Under {
    /// A profile by name; `purple profile list` prints them
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// A policy file
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// A compiled plan
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
}

/// Runs the command, and returns its exit status, or becomes purple-exec where nothing is left to
/// do at the end.
///
/// First everything is looked at, then directories are made: a refused run leaves nothing behind.
pub(crate) fn run(arguments: &Arguments) -> Result<u8, Problem> {
    let under = &arguments.under;
    let ready = match (&under.plan, &under.policy) {
        (Some(path), _) => plans::load(path)?,
        (None, Some(path)) => plans::from_policy(path)?,
        (None, None) => {
            let name = under.profile.as_deref().unwrap_or(profiles::DEFAULT);
            plans::from_profile(&profiles::find(name)?)?
        }
    };
    let plan = Plan::decode(&ready.bytes).map_err(|error| Problem::new(error.to_string()))?;
    let mut command = executor::command()?;
    let sealed = Sealed::new(&ready.bytes)?;
    workspace::check(&plan)?;
    let lets_go = |layer: Layer| arguments.unenforced.iter().any(|name| name == layer.name());
    let recorded =
        plan.needs.iter().any(|need| need.layer == Layer::Audit) && !lets_go(Layer::Audit);
    let session = if recorded {
        Some(Session::open(
            &plan,
            arguments.report.as_deref(),
            &arguments.command,
        )?)
    } else {
        None
    };

    if let Some(entry) = &ready.unkept {
        // A plan that cannot be kept is compiled again next time.
        let _kept = entry.keep(&ready.bytes).is_ok();
    }
    workspace::make(&plan)?;
    match (&session, &arguments.report) {
        (Some(session), _) => session.prepare(&mut command),
        (None, Some(report)) => drop(command.arg("--report").arg(report)),
        (None, None) => {}
    }
    let limited = plan.cgroup.iter().next().is_some() && !lets_go(Layer::Cgroup);
    if let Some(cgroup) = cgroup(arguments, limited, session.is_some()) {
        command.arg("--cgroup").arg(cgroup);
    }
    for layer in &arguments.unenforced {
        command.arg("--unenforced").arg(layer);
    }
    if let Some(id) = arguments.outside_id {
        command.arg("--outside-id").arg(id.to_string());
    }
    if arguments.subordinate_ids {
        command.arg("--subordinate-ids");
    }
    command
        .arg(sealed.path())
        .arg("--")
        .args(&arguments.command);
    if let Some(session) = session {
        return session.run(&mut command);
    }
    let error = command.exec();
    Err(Problem::new(format!(
        "{}: {error}",
        command.get_program().to_string_lossy()
    )))
}

/// Where purple-exec is told to make the run's group. What killed runs have left there is removed.
fn cgroup(arguments: &Arguments, limited: bool, stays: bool) -> Option<PathBuf> {
    let root = geteuid().is_root();
    let named = arguments.cgroup.clone();
    if !limited {
        return named;
    }
    let parent = named.clone().or_else(|| {
        let mount = group::mount_point()?;
        if root {
            Some(mount.join("purple"))
        } else {
            group::own(&mount)
        }
    });
    if let Some(parent) = parent {
        group::sweep(&parent);
    }
    // purple-exec moves itself out of a user's group, which it divides then, but not us.
    if stays && !root && named.is_none() {
        group::step_aside()
    } else {
        named
    }
}
