//! `purple run`: a command under a profile, a policy or a plan.

use crate::output::{Failure, REFUSED, say_all};
use clap::{Args, ValueEnum};
use purple_core::command_line::CommandLine;
use purple_core::launch::{Launch, Request};
use purple_core::plans::{self, PlanError, PlanSource};
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
    /// Print what the command would be granted, and run nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    flags: Flags,
    /// The command and its arguments
    #[arg(last = true, required_unless_present = "dry_run", value_name = "CMD")]
    command: Vec<OsString>,
}

/// What confines the command: exactly one of these. By default the nearest purple.yaml, from the working directory up to the
/// workspace, else the profile coding-agent.
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

/// What is changed in the policy.
#[derive(Debug, Args)]
#[command(next_help_heading = "Changes to the policy")]
pub(crate) struct Flags {
    /// Show a file or directory: read-only (`:ro`) unless `:rw` is written, and at the same path unless DST is
    #[arg(long, value_name = "SRC[:DST][:ro|:rw]")]
    bind: Vec<OsString>,
    /// Set an environment variable, or pass the one that is set here
    #[arg(long, value_name = "NAME[=VALUE]")]
    env: Vec<OsString>,
    /// The working directory of the command inside
    #[arg(long, value_name = "DIR")]
    workdir: Option<OsString>,
    /// Let the command reach a host, a block of addresses or a group such as @github, on port 443 unless PORT is written;
    /// or, by localhost:PORT, a service of this host, which is
    /// host.purple.internal:PORT inside
    #[arg(long, value_name = "HOST[:PORT]")]
    allow_host: Vec<String>,
    /// Let a port of this host's loopback address lead to a port inside
    #[arg(long, value_name = "HOST:INSIDE")]
    publish: Vec<String>,
    /// What network there is: none, or the hosts that are listed
    #[arg(long, value_enum, value_name = "MODE")]
    network: Option<Network>,
    /// End the run after this time, such as 90s or 1h30m
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    timeout: Option<String>,
    /// Limit the memory, such as 512M or 4G
    #[arg(long, value_name = "SIZE", allow_hyphen_values = true)]
    memory: Option<String>,
    /// Limit the processors that are used at one time, such as 0.5 or 2
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    cpus: Option<String>,
    /// Limit the number of processes
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pids: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Network {
    /// No network
    None,
    /// The hosts that the policy and --allow-host list
    Filtered,
}

impl Flags {
    /// The same as the text that they make is made from.
    pub(crate) fn command_line(&self) -> CommandLine {
        CommandLine {
            binds: self.bind.clone(),
            variables: self.env.clone(),
            working_dir: self.workdir.clone(),
            hosts: self.allow_host.clone(),
            ports: self.publish.clone(),
            network: self.network.map(|mode| match mode {
                Network::None => "none",
                Network::Filtered => "filtered",
            }),
            timeout: self.timeout.clone(),
            memory: self.memory.clone(),
            processors: self.cpus.clone(),
            processes: self.pids.clone(),
        }
    }
}

/// Runs the command, and returns its exit status. Without a record to keep, this process becomes
/// purple-exec, and does not come back.
pub(crate) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let request = arguments.request();
    let mut notices = Vec::new();
    let plan = plans::ready(
        &arguments.confinement.plan_source()?,
        &arguments.flags.command_line(),
        &mut notices,
    );
    say_all(&mut notices);
    let plan = plan?;
    let launch = Launch::new(&plan)?;
    if arguments.dry_run {
        return Ok(launch.show()?);
    }
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
    fn plan_source(&self) -> Result<PlanSource, PlanError> {
        Ok(match (&self.plan, &self.policy, &self.profile) {
            (Some(path), ..) => PlanSource::Plan(path.clone()),
            (None, Some(path), _) => PlanSource::Policy(path.clone()),
            (None, None, Some(name)) => PlanSource::Profile(name.clone()),
            (None, None, None) => PlanSource::of_working_directory()?,
        })
    }
}
