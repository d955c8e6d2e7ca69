//! `purple run`: a command under a profile, a policy or a plan.

use crate::output::{Failure, REFUSED, say_all};
use clap::Args;
use purple_core::launch::{Launch, Request};
use purple_core::plans::{self, PlanSource};
use purple_core::profiles;
use std::ffi::OsString;
use std::path::PathBuf;

/// What to run, and under what.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    confinement: Confinement,
    /// Write one JSON object: what was enforced, and how the command ended
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Create the control group of the run below this one
    #[arg(long, value_name = "PATH")]
    cgroup: Option<PathBuf>,
    /// Run without this layer of the plan: cgroup, audit, monitor, landlock
    #[arg(long, value_name = "LAYER")]
    unenforced: Vec<String>,
    /// For root only: the user and group id of the command outside
    #[arg(long, value_name = "N", conflicts_with = "subordinate_ids")]
    outside_id: Option<u32>,
    /// Not for root: use your first subordinate ids outside, not your own
    #[arg(long)]
    subordinate_ids: bool,
    /// Let the command inherit descriptors 0 to 2, instead of replacing them
    #[arg(long)]
    inherit_stdio: bool,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    command: Vec<OsString>,
}

/// What confines the command: exactly one of these; the profile ai-dev-safe by default.
#[derive(Debug, Args)]
#[group(multiple = false)]
struct Confinement {
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

/// Runs the command, and returns its exit status. Without a record to keep, this process becomes
/// purple-exec, and does not come back.
pub(crate) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let request = arguments.request();
    let mut notices = Vec::new();
    let plan = plans::ready(&arguments.confinement.plan_source(), &mut notices);
    say_all(&mut notices);
    let plan = plan?;
    let launch = Launch::new(&plan)?;
    let prepared = launch.prepare(&request, &mut notices);
    say_all(&mut notices);
    let status = prepared?.run(&mut notices);
    say_all(&mut notices);
    Ok(status?)
}

impl Arguments {
    fn request(&self) -> Request {
        Request {
            command: self.command.clone(),
            report: self.report.clone(),
            cgroup: self.cgroup.clone(),
            unenforced: self.unenforced.clone(),
            outside_id: self.outside_id,
            subordinate_ids: self.subordinate_ids,
            inherit_stdio: self.inherit_stdio,
            status_of_error: REFUSED,
        }
    }
}

impl Confinement {
    fn plan_source(&self) -> PlanSource {
        match (&self.plan, &self.policy, &self.profile) {
            (Some(path), ..) => PlanSource::Plan(path.clone()),
            (None, Some(path), _) => PlanSource::Policy(path.clone()),
            (None, None, Some(name)) => PlanSource::Profile(name.clone()),
            (None, None, None) => PlanSource::Profile(profiles::DEFAULT.to_owned()),
        }
    }
}
