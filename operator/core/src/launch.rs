//! A run from a plan to the end of its command.
//!
//! First everything is checked, then directories are made: a refused run leaves nothing behind. Then
//! this process starts purple-exec and watches it. In the end it looks through repositories of git,
//! writes the record, and looks whether something that runs obey has changed.

use crate::executor::{self, ExecutorError};
use crate::known::{FoundBefore, OtherRuns};
use crate::links::Links;
use crate::notice::Notice;
use crate::plans::ReadyPlan;
use crate::policy_line;
use crate::session::{EndedRun, Session};
use crate::trust::{self, Obeyed, Trust, TrustError};
use crate::workspace::{self, WorkspaceError};
use purple_git::{SearchError, Watch};
use purple_host::cgroup::{Cgroup, RunsParent};
use purple_host::memory::SealedBytes;
use purple_host::{Errno, FileError, users};
use purple_plan::{CgroupValue, DecodeError, Layer, Plan};
use std::fmt::{self, Display};
use std::path::{Path, PathBuf};
use std::process::Command;

pub use crate::request::Request;
pub use crate::session::SessionError;

/// A plan to run under, decoded.
#[derive(Debug)]
pub struct Launch<'a> {
    ready: &'a ReadyPlan,
    plan: Plan<'a>,
}

impl<'a> Launch<'a> {
    /// Decodes the plan.
    pub fn new(ready: &'a ReadyPlan) -> Result<Self, LaunchError> {
        let plan = Plan::decode(&ready.bytes).map_err(LaunchError::Decode)?;
        Ok(Self { ready, plan })
    }

    /// Checks the paths that the plan shares, and prints what it grants: the exit status of that. Nothing is made or run.
    pub fn show(&self) -> Result<u8, LaunchError> {
        workspace::check(&self.plan)?;
        show(&self.ready.bytes)
    }

    /// Checks everything, makes what is missing, and gives what is left to be started.
    pub fn prepare(
        &self,
        request: &Request,
        notices: &mut Vec<Notice>,
    ) -> Result<PreparedRun<'_>, LaunchError> {
        let executor = executor::command()?;
        self.check_outside_id(request)?;
        let sealed = executor::seal(&self.ready.bytes)?;
        workspace::check(&self.plan)?;
        let first_group = self.first_group(request)?;
        let recorded = self.is_recorded(request);
        let session = Session::open(&self.plan, request, recorded, notices)?;
        let mut unread = Vec::new();
        for path in executor::programs(&executor)?
            .into_iter()
            .chain(session.directories())
        {
            unread.push(Obeyed::unread(&path)?);
        }
        let obeyed: Vec<&Obeyed> = self.ready.obeyed.iter().chain(&unread).collect();
        let mut trust = Trust::begin(trust::state_directory()?, &obeyed, session.id())?;

        workspace::make_output_directories(&self.plan, notices)?;
        let state = trust::state_directory()?;
        let mut others = OtherRuns::default();
        if !workspace::output_directories(&self.plan).is_empty() {
            others.add(&state)?;
        }
        let mut repositories = self.repositories()?;
        let mut found_before = None;
        if let Some(watch) = &mut repositories {
            // A run that has ended meanwhile went on when this one began to look.
            others.add(&state)?;
            watch.forget_what_is_new_since(&others.all);
            let known = watch.known();
            found_before = Some(FoundBefore::write(&state, session.id(), &known)?);
        }
        trust.enter(&self.plan, &obeyed)?;
        let mut kept = trust.descriptors(&obeyed)?;
        kept.extend(session.inherit_report()?);
        kept.extend(repositories.iter().flat_map(Watch::kept));
        let links = self.links()?;
        kept.extend(links.inherit().map_err(LaunchError::NotInherited)?);
        let cgroup = match &request.cgroup {
            Some(named) => {
                if self.first_limit(request).is_some() {
                    Cgroup::at(named).remove_leftovers();
                }
                Some(named.clone())
            }
            None => first_group.and_then(cgroup),
        };
        let mut run = PreparedRun {
            executor,
            sealed,
            session,
            repositories,
            found_before,
            others,
            trust,
            _unread: unread,
            _links: links,
        };
        run.add_arguments(request, cgroup.as_deref(), &kept)?;
        Ok(run)
    }

    /// Refuses root of a container that has not the id which the program would have outside.
    fn check_outside_id(&self, request: &Request) -> Result<(), LaunchError> {
        let id = request.outside_id.unwrap_or(self.plan.process.root_uid);
        if users::is_root() && !users::maps_id(id) {
            return Err(LaunchError::NotMapped(id));
        }
        Ok(())
    }

    /// The repositories of git in what the program can write to, where there is such a thing.
    fn repositories(&self) -> Result<Option<Watch>, LaunchError> {
        let outputs = workspace::output_directories(&self.plan);
        if outputs.is_empty() {
            return Ok(None);
        }
        match Watch::start(outputs) {
            Ok(watch) => Ok(Some(watch)),
            Err(error) => Err(LaunchError::Repositories(error)),
        }
    }

    /// What links in protected directories lead to.
    fn links(&self) -> Result<Links, LaunchError> {
        let outputs = workspace::output_directories(&self.plan);
        Links::of(outputs, &workspace::protected_paths(&self.plan)).map_err(LaunchError::Linked)
    }

    /// The first limit that a control group is to set.
    fn first_limit(&self, request: &Request) -> Option<CgroupValue<'_>> {
        let first = self.plan.cgroup.iter().next();
        first.filter(|_| !request.gives_up(Layer::Cgroup))
    }

    /// The first control group of the host, for limits; `None` without limits, and where the caller names a group. Refuses
    /// limits on a host whose first group has none of the controllers that they need, so that no group has: purple-exec refuses them too, and cannot
    /// know that no other group would do.
    fn first_group(&self, request: &Request) -> Result<Option<Cgroup>, LaunchError> {
        let limit = self.first_limit(request);
        let Some(limit) = limit.filter(|_| request.cgroup.is_none()) else {
            return Ok(None);
        };
        // On a hybrid host, version 2 has those that version 1 has not, such as `hugetlb`.
        let is_needed = |name: &String| {
            let mut values = self.plan.cgroup.iter();
            values.any(|value| {
                let file = value.file.to_bytes();
                file.strip_prefix(name.as_bytes())
                    .is_some_and(|rest| rest.starts_with(b"."))
            })
        };
        let has_controllers = |group: &Cgroup| {
            let names = group.controllers();
            names.is_ok_and(|names| names.iter().any(is_needed))
        };
        match Cgroup::first().filter(has_controllers) {
            Some(first) => Ok(Some(first)),
            None => Err(LaunchError::NoControllers {
                line: policy_line::words_of(&self.plan, limit.line),
            }),
        }
    }

    /// Whether its plan asks for a record of the run.
    fn is_recorded(&self, request: &Request) -> bool {
        let mut needs = self.plan.needs.iter();
        needs.any(|need| need.layer == Layer::Audit) && !request.gives_up(Layer::Audit)
    }
}

/// Prints what a plan grants, by `purplec show`: the exit status of that.
pub fn show(plan: &[u8]) -> Result<u8, LaunchError> {
    let sealed = executor::seal(plan)?;
    let mut command = executor::show(&sealed)?;
    let status = command.status().map_err(LaunchError::NotShown)?;
    Ok(status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .unwrap_or(u8::MAX))
}

/// A run of which nothing is left to check or to make.
#[derive(Debug)]
pub struct PreparedRun<'a> {
    executor: Command,
    sealed: SealedBytes,
    session: Session<'a>,
    /// What git would run in what the program can write to, before the run.
    repositories: Option<Watch>,
    /// The same for other runs.
    found_before: Option<FoundBefore>,
    others: OtherRuns,
    trust: Trust,
    /// The programs and the log's directory, held open until the end.
    _unread: Vec<Obeyed>,
    _links: Links,
}

impl PreparedRun<'_> {
    fn add_arguments(
        &mut self,
        request: &Request,
        cgroup: Option<&Path>,
        kept: &[i32],
    ) -> Result<(), LaunchError> {
        let command = &mut self.executor;
        self.session.add_arguments(command)?;
        if let Some(cgroup) = cgroup {
            command.arg("--cgroup").arg(cgroup);
        }
        for layer in &request.unenforced {
            command.arg("--unenforced").arg(layer);
        }
        if let Some(id) = request.outside_id {
            command.arg("--outside-id").arg(id.to_string());
        }
        if request.subordinate_ids {
            command.arg("--subordinate-ids");
        }
        if request.inherit_stdio {
            command.arg("--inherit-stdio");
        }
        // These come last.
        for descriptor in kept {
            command.arg("--keep").arg(descriptor.to_string());
        }
        command
            .arg(self.sealed.path())
            .arg("--")
            .args(&request.command);
        Ok(())
    }

    /// Runs the command to its end, and gives purple-exec's exit status; what the program has left in
    /// repositories for git to run is put out of action, with a notice.
    pub fn run(mut self, notices: &mut Vec<Notice>) -> Result<u8, LaunchError> {
        if let Some(before) = &mut self.found_before {
            before.start();
        }
        let ended = self.session.run(&mut self.executor, notices);
        // A change of an obeyed file is marked before the search, which may be interrupted.
        let marked = self.trust.finish(notices);
        let searched = self.repositories.as_ref().map(Watch::directories);
        let found = self.repositories.map(Watch::end);
        if let Some(before) = self.found_before {
            before.remove();
            self.others.remove_killed(&searched.unwrap_or_default());
        }
        let (status, signals) = match ended {
            Ok(EndedRun {
                started,
                status,
                signals,
            }) => {
                let found = found.as_deref();
                let recorded = self.session.record_end(started, status, found, notices);
                (recorded, Some(signals))
            }
            Err(error) => (Err(error), None),
        };
        let (said, more) = purple_git::said(found.unwrap_or_default());
        notices.extend(said.into_iter().map(Notice::Repository));
        if more > 0 {
            notices.push(Notice::MoreInRepositories(more));
        }
        marked?;
        // All is done and written down. What is said from here on may wait for a reader, and a signal
        // ends that.
        if let Some(signals) = signals {
            signals.restore().map_err(LaunchError::Signals)?;
        }
        status.map_err(LaunchError::Session)
    }
}

/// Where purple-exec makes the run's group, if it has to be said. Leftovers of killed runs are removed there.
fn cgroup(first: Cgroup) -> Option<PathBuf> {
    let parent = RunsParent::find(Some(first)).ok()?;
    parent.group().remove_leftovers();
    match parent {
        // purple-exec moves itself out of a user's group, which it divides then, but not its parent.
        RunsParent::Own(own) => step_aside(&own),
        RunsParent::ForRoot { .. } => None,
    }
}

/// Moves this process to a new group below its own, and gives its own, below which the run's group can
/// be made then. `None` where it cannot: purple-exec finds the same, and refuses the run with the
/// reason.
///
/// The new group stays for as long as this process is in it, and so behind it: systemd removes it
/// with the scope.
fn step_aside(own: &Cgroup) -> Option<PathBuf> {
    let side = own.step_aside(&format!("purple-{}.supervisor", std::process::id()));
    side.ok()?.map(|_| own.path().to_owned())
}

/// Why a run was refused, or could not be carried out to its end.
#[derive(Debug)]
pub enum LaunchError {
    /// The plan does not decode.
    Decode(DecodeError),
    /// purple-exec cannot be started.
    Executor(ExecutorError),
    /// Root's own user namespace does not map the id outside.
    NotMapped(u32),
    /// The plan's paths are not shared.
    Workspace(WorkspaceError),
    /// The plan has limits, and this host's control groups of version 2 have no controllers.
    NoControllers {
        /// The line of the first limit, in words.
        line: String,
    },
    /// The run or its record.
    Session(SessionError),
    /// What the run would obey.
    Trust(TrustError),
    /// The directories that the program is to write to cannot be looked through.
    Repositories(SearchError),
    /// What a link in a protected directory leads to cannot be kept as it is.
    Linked(FileError),
    /// It cannot be handed to purple-exec.
    NotInherited(Errno),
    /// The program that prints a plan cannot be started.
    NotShown(std::io::Error),
    /// Signals cannot be let through again.
    Signals(Errno),
}

impl Display for LaunchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decode(error) => error.fmt(f),
            Self::Executor(error) => error.fmt(f),
            Self::NotMapped(id) => write!(
                f,
                "root of a user namespace in which id {id} is not mapped: start it as an ordinary \
                 user, in the container or outside of it"
            ),
            Self::Workspace(error) => error.fmt(f),
            Self::NoControllers { line } => write!(
                f,
                "the plan has limits ({line}), and the control groups of version 2 on this host have no controllers for them: run \
                 without limits by `--unenforced cgroup`, or boot with systemd.unified_cgroup_hierarchy=1"
            ),
            Self::Session(error) => error.fmt(f),
            Self::Trust(error) => error.fmt(f),
            Self::Repositories(error) => error.fmt(f),
            Self::Linked(error) => error.fmt(f),
            Self::NotInherited(errno) => {
                write!(f, "passing a protected file: {}", errno.desc())
            }
            Self::NotShown(error) => write!(f, "printing the plan: {error}"),
            Self::Signals(errno) => write!(f, "unblocking signals: {}", errno.desc()),
        }
    }
}

impl std::error::Error for LaunchError {}

impl From<ExecutorError> for LaunchError {
    fn from(error: ExecutorError) -> Self {
        Self::Executor(error)
    }
}

impl From<WorkspaceError> for LaunchError {
    fn from(error: WorkspaceError) -> Self {
        Self::Workspace(error)
    }
}

impl From<SessionError> for LaunchError {
    fn from(error: SessionError) -> Self {
        Self::Session(error)
    }
}

impl From<TrustError> for LaunchError {
    fn from(error: TrustError) -> Self {
        Self::Trust(error)
    }
}
