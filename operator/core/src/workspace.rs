//! What a plan shares of the host: the checks before a run, and the directories that it makes.

use crate::notice::Notice;
use crate::policy_line;
use crate::view::{self, View};
use purple_host::directory::PathHandle;
use purple_host::held::{Identity, identity_at, lies_in};
use purple_host::path::ResolvedPath;
use purple_host::path::shown;
use purple_host::{Errno, FileError, users};
use purple_plan::{Mount, MountKind, Plan, mount_flags};
use purple_report::Visible;
use purplec::facts::HostFact;
use purplec::short_forms::CACHES;
use std::ffi::OsString;
use std::fmt::{self, Display};
use std::fs::DirBuilder;
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Component, Path, PathBuf};

/// Checks everything that is shared, and makes nothing.
pub(crate) fn check(plan: &Plan<'_>) -> Result<(), WorkspaceError> {
    let homes = users::home_directories().map_err(WorkspaceError::Users)?;
    for shared in binds(plan) {
        if shared.source.is_relative() {
            shared.walk(MissingPart::Leave)?;
            shared.refuse_homes(&homes)?;
        } else if shared.is_output() && !shared.is_cache() {
            shared.refuse_missing()?;
        }
    }
    working_directory(plan)
}

/// Refuses a working directory that a path of the host would hold, and does not. An output directory that is still made counts.
fn working_directory(plan: &Plan<'_>) -> Result<(), WorkspaceError> {
    let inside = view::path(plan.process.working_dir);
    let Some((_, host)) = View::of(plan).led_to(inside) else {
        return Ok(());
    };
    let is_made = binds(plan).any(|shared| shared.is_output() && shared.source == host);
    match host.symlink_metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound && !is_made => {
            Err(WorkspaceError::NoWorkingDirectory {
                inside: inside.to_owned(),
                line: policy_line::words_of(plan, plan.process.working_dir_line),
                host,
            })
        }
        // What else is wrong with it, purple-exec says.
        _ => Ok(()),
    }
}

/// Refuses a plan whose program could write to the audit log.
pub(crate) fn protect_log(plan: &Plan<'_>, log: &Path) -> Result<(), WorkspaceError> {
    let directory = log.parent().unwrap_or(log);
    binds(plan)
        .filter(SharedPath::is_output)
        .try_for_each(|shared| shared.refuse_writable(directory))
}

/// Makes the caches and the output directories that are still missing, with a notice for each of the latter.
pub(crate) fn make_output_directories(
    plan: &Plan<'_>,
    notices: &mut Vec<Notice>,
) -> Result<(), WorkspaceError> {
    for shared in binds(plan).filter(|one| one.is_output() && one.source.is_relative()) {
        if shared.walk(MissingPart::Make)? {
            notices.push(Notice::OutputDirectoryMade(shared.source.to_owned()));
        }
    }
    binds(plan)
        .filter(SharedPath::is_cache)
        .try_for_each(|shared| shared.make_cache())
}

/// The directories of the host that the program can write to.
pub(crate) fn output_directories<'a>(plan: &Plan<'a>) -> Vec<&'a Path> {
    let outputs = binds(plan).filter(SharedPath::is_output);
    outputs.map(|shared| shared.source).collect()
}

/// The host paths that the plan protects in directories that the program can write to.
pub(crate) fn protected_paths(plan: &Plan<'_>) -> Vec<PathBuf> {
    let kept = plan
        .mounts
        .iter()
        .filter(|mount| mount.kind == MountKind::SelfBind && mount.flags & mount_flags::STUBS != 0);
    let view = View::of(plan);
    kept.filter_map(|mount| view.host_of(view::path(mount.target)))
        .collect()
}

/// Directories of the host in which there is no project. Root's program could read there what only root may: what is
/// shared by a relative path is shown to it as its own.
const OF_HOST: [&str; 5] = ["/boot", "/etc", "/proc", "/run", "/sys"];

/// Directories of the host that are no project themselves, and may hold some.
const HOLD_PROJECTS: [&str; 10] = [
    "/dev",
    "/tmp",
    "/usr",
    "/var",
    "/var/backups",
    "/var/cache",
    "/var/lib",
    "/var/log",
    "/var/spool",
    "/var/tmp",
];

/// Whether a directory is one of these or lies in one of the first, under whatever name: a bind mount has another.
pub(crate) fn is_of_host(target: &Path) -> bool {
    let of = |paths: &[&str]| -> Vec<Identity> {
        let paths = paths.iter().map(Path::new);
        paths.filter_map(identity_at).collect()
    };
    lies_in(target, &of(&OF_HOST))
        || identity_at(target).is_some_and(|found| of(&HOLD_PROJECTS).contains(&found))
}

/// What to do about a part of a path that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MissingPart {
    Leave,
    Make,
}

/// A host path that is shared.
#[derive(Debug)]
struct SharedPath<'p, 'a> {
    plan: &'p Plan<'a>,
    mount: Mount<'a>,
    source: &'a Path,
}

fn binds<'p, 'a>(plan: &'p Plan<'a>) -> impl Iterator<Item = SharedPath<'p, 'a>> {
    plan.mounts
        .iter()
        .filter(|mount| mount.kind == MountKind::Bind)
        .map(|mount| {
            let source = view::path(mount.source);
            SharedPath {
                plan,
                mount,
                source,
            }
        })
}

impl SharedPath<'_, '_> {
    /// Whether the program can write there.
    fn is_output(&self) -> bool {
        self.mount.flags & mount_flags::OWNED != 0
    }

    fn refused(&self, problem: PathProblem) -> WorkspaceError {
        WorkspaceError::SharedPath {
            source: self.source.to_owned(),
            line: policy_line::words_of(self.plan, self.mount.line),
            problem,
        }
    }

    /// Follows a relative path by directory handles, part by part, and refuses symbolic links: a
    /// project may come from anywhere, and a link in it must not choose what is shared. Gives
    /// whether something was missing.
    fn walk(&self, policy: MissingPart) -> Result<bool, WorkspaceError> {
        let failed = |at: &Path, errno: Errno| {
            let at = at.to_owned();
            self.refused(PathProblem::NotFollowed { at, errno })
        };
        let mut at = PathBuf::from(".");
        let mut here = PathHandle::working_directory().map_err(|errno| failed(&at, errno))?;
        let mut is_missing = false;
        for part in self.source.components() {
            match part {
                Component::ParentDir if is_missing && self.is_output() => {
                    return Err(self.refused(PathProblem::UpFromMissing));
                }
                Component::Normal(_) | Component::ParentDir => {}
                Component::CurDir | Component::RootDir | Component::Prefix(_) => continue,
            }
            let name = part.as_os_str();
            at.push(name);
            if is_missing && policy == MissingPart::Leave {
                continue;
            }
            let mut found = here.open(name);
            if found.as_ref().is_err_and(|errno| *errno == Errno::ENOENT) {
                is_missing = true;
                if policy == MissingPart::Leave {
                    continue;
                }
                // What another process made meanwhile is checked below.
                here.ensure_directory(name)
                    .map_err(|errno| failed(&at, errno))?;
                found = here.open(name);
            }
            here = found.map_err(|errno| failed(&at, errno))?;
            self.refuse_link(&at, &here)?;
        }
        Ok(is_missing)
    }

    fn refuse_link(&self, at: &Path, found: &PathHandle) -> Result<(), WorkspaceError> {
        let at = at.to_owned();
        match found.link_target() {
            Ok(None) => Ok(()),
            Ok(Some(target)) => Err(self.refused(PathProblem::SymbolicLink { at, target })),
            Err(errno) => Err(self.refused(PathProblem::NotRead { at, errno })),
        }
    }

    fn refuse_homes(&self, homes: &[ResolvedPath]) -> Result<(), WorkspaceError> {
        let target = self.target()?;
        let root = ResolvedPath::of(Path::new("/"));
        let extent = if root.is_some_and(|root| root.passes(&target)) {
            Extent::WholeHost
        } else {
            match homes.iter().find(|home| home.passes(&target)) {
                Some(home) if home.target() == target => Extent::Home,
                Some(_) => Extent::AboveHome,
                None if users::is_root() && is_of_host(&target) => Extent::OfHost,
                None => return Ok(()),
            }
        };
        Err(WorkspaceError::TooMuch {
            path: target,
            inside: Visible(self.mount.target.to_bytes()).to_string(),
            line: policy_line::words_of(self.plan, self.mount.line),
            extent,
        })
    }

    /// Whether it is a cache of Purple's own, which is made where it is missing.
    fn is_cache(&self) -> bool {
        let name = HostFact::Cache.name();
        let mut facts = self.plan.host_facts.iter();
        let cache = facts.find(|fact| fact.name.to_bytes() == name.as_bytes());
        self.is_output()
            && cache.is_some_and(|fact| {
                let caches = view::path(fact.value).join(CACHES);
                self.source.starts_with(&caches) && self.source != caches
            })
    }

    /// Makes a cache that is missing, for this user alone.
    fn make_cache(&self) -> Result<(), WorkspaceError> {
        let mut directories = DirBuilder::new();
        directories.recursive(true).mode(0o700);
        let made = directories.create(self.source);
        made.map_err(|error| self.refused(PathProblem::NotMade(error)))
    }

    /// A directory at an absolute path is never made: a misspelt path would become a directory of the host.
    fn refuse_missing(&self) -> Result<(), WorkspaceError> {
        match self.source.symlink_metadata() {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let path = self.source.to_owned();
                Err(self.refused(PathProblem::Missing { path }))
            }
            // What else is wrong with it, purple-exec says.
            _ => Ok(()),
        }
    }

    /// Some files are trusted, so no program may write to them, or to what leads to them.
    fn refuse_writable(&self, directory: &Path) -> Result<(), WorkspaceError> {
        let trusted = ResolvedPath::of(directory)
            .ok_or_else(|| WorkspaceError::TooManyLinks(directory.to_owned()))?;
        let target = self.target()?;
        let is_above =
            ResolvedPath::of(&target).is_some_and(|resolved| resolved.passes(trusted.target()));
        if !is_above && !trusted.passes(&target) {
            return Ok(());
        }
        let directory = directory.to_owned();
        Err(self.refused(PathProblem::Trusted { directory }))
    }

    /// Where the path leads.
    fn target(&self) -> Result<PathBuf, WorkspaceError> {
        ResolvedPath::of(self.source)
            .map(|resolved| resolved.target().to_owned())
            .ok_or_else(|| self.refused(PathProblem::Unresolvable))
    }
}

/// Why a plan's paths are not shared.
#[derive(Debug)]
pub enum WorkspaceError {
    /// A host path that is refused.
    SharedPath {
        /// The path, as the policy has it.
        source: PathBuf,
        /// The line of the policy, in words.
        line: String,
        /// What is wrong with it.
        problem: PathProblem,
    },
    /// A relative path that would share more than a project.
    TooMuch {
        /// Where it leads.
        path: PathBuf,
        /// Its path inside the sandbox.
        inside: String,
        /// The line of the policy, in words.
        line: String,
        /// What would be shared.
        extent: Extent,
    },
    /// The working directory does not exist on the host.
    NoWorkingDirectory {
        /// Its path inside.
        inside: PathBuf,
        /// The line of the policy, in words.
        line: String,
        /// The path of the host that is shown there.
        host: PathBuf,
    },
    /// Symbolic links in a circle, on the way to a directory that is trusted.
    TooManyLinks(PathBuf),
    /// The home directories are not known.
    Users(FileError),
}

/// What is wrong with a host path.
#[derive(Debug)]
pub enum PathProblem {
    /// A part cannot be opened or made.
    NotFollowed {
        /// The path up to that part.
        at: PathBuf,
        /// Why.
        errno: Errno,
    },
    /// What a part is cannot be read.
    NotRead {
        /// The path up to that part.
        at: PathBuf,
        /// Why.
        errno: Errno,
    },
    /// It is a cache that cannot be made.
    NotMade(io::Error),
    /// `..` behind a directory that does not exist.
    UpFromMissing,
    /// A part is a symbolic link.
    SymbolicLink {
        /// The path up to that part.
        at: PathBuf,
        /// Where the link leads.
        target: OsString,
    },
    /// The program could write to the audit log.
    Trusted {
        /// Where they are.
        directory: PathBuf,
    },
    /// Symbolic links in a circle.
    Unresolvable,
    /// An output path that is absolute does not exist.
    Missing {
        /// The path.
        path: PathBuf,
    },
}

/// What a relative path must not share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// The root directory.
    WholeHost,
    /// A home directory.
    Home,
    /// A directory with a home directory below it.
    AboveHome,
    /// A directory of the host's own, where root starts the run.
    OfHost,
}

impl Display for WorkspaceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SharedPath {
                source,
                line,
                problem,
            } => write!(f, "the host path {} ({line}) {problem}", shown(source)),
            Self::TooMuch {
                path,
                inside,
                line,
                extent,
            } => {
                let extent = match extent {
                    Extent::WholeHost => "is the whole host",
                    Extent::Home => "is a home directory",
                    Extent::AboveHome => "holds a home directory",
                    Extent::OfHost => "is the host's own",
                };
                write!(
                    f,
                    "{} would be shown as {inside} ({line}), and it {extent}: start from a project's directory",
                    shown(path)
                )
            }
            Self::NoWorkingDirectory { inside, line, host } => write!(
                f,
                "the working directory {} ({line}) does not exist: the policy shows {} of the host there; create it, or \
                 correct `working_dir`",
                shown(inside),
                shown(host)
            ),
            Self::TooManyLinks(path) => write!(f, "{}: too many links", shown(path)),
            Self::Users(error) => error.fmt(f),
        }
    }
}

impl Display for PathProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFollowed { at, errno } => {
                write!(f, "cannot be followed at {}: {}", shown(at), errno.desc())
            }
            Self::NotRead { at, errno } => write!(f, "{}: {}", shown(at), errno.desc()),
            Self::NotMade(error) => write!(f, "cannot be made: {error}"),
            Self::UpFromMissing => f.write_str(
                "goes up by `..` from a directory that does not exist: write it without",
            ),
            Self::SymbolicLink { at, target } => write!(
                f,
                "leads through the symbolic link {} to {}, which a relative path must not: \
                 name the directory itself in the policy",
                shown(at),
                shown(Path::new(target))
            ),
            Self::Trusted { directory } => write!(
                f,
                "would let the program write to {}, where the audit log lies: choose another \
                 output path or `log_path`",
                shown(directory)
            ),
            Self::Unresolvable => f.write_str("leads through too many symbolic links"),
            Self::Missing { path } => write!(
                f,
                "does not exist: create it with `mkdir -p {}`, or correct the path",
                shown(path)
            ),
        }
    }
}

impl std::error::Error for WorkspaceError {}
