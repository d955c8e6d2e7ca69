//! purple-exec, and how it gets the plan. It is beside this program: the search path has no say in
//! what confines an agent.

use purple_host::held::identity_at;
use purple_host::memory::SealedBytes;
use purple_host::path::shown;
use purple_host::{Errno, files};
use std::fmt::{self, Display};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A command that runs purple-exec.
pub fn command() -> Result<Command, ExecutorError> {
    beside("purple-exec")
}

/// A command that prints in words what a plan grants.
pub(crate) fn show(plan: &SealedBytes) -> Result<Command, ExecutorError> {
    let mut command = beside("purplec")?;
    command.arg("show").arg(plan.path());
    Ok(command)
}

/// A command that runs the program of this name in this program's directory.
fn beside(name: &'static str) -> Result<Command, ExecutorError> {
    let own = std::env::current_exe().map_err(ExecutorError::OwnPath)?;
    let program = own.with_file_name(name);
    if !program.is_file() {
        return Err(ExecutorError::Missing {
            path: program,
            name,
        });
    }
    match files::may_execute(&program) {
        Ok(()) => Ok(Command::new(program)),
        Err(errno) => Err(ExecutorError::NotExecutable {
            path: program,
            errno,
        }),
    }
}

/// The programs that a run consists of: purple-exec, purple-net where it stands beside it, and this one, by the path that it was
/// called by where links on that way lead here.
pub(crate) fn programs(executor: &Command) -> Result<Vec<PathBuf>, ExecutorError> {
    let own = std::env::current_exe().map_err(ExecutorError::OwnPath)?;
    let is_own =
        |path: &PathBuf| identity_at(path).is_some_and(|one| Some(one) == identity_at(&own));
    let called = called_by().filter(is_own);
    let executor = PathBuf::from(executor.get_program());
    let carrier = purple_net_beside(&executor);
    let mut all = vec![executor, called.unwrap_or(own)];
    all.extend(carrier.is_file().then_some(carrier));
    Ok(all)
}

/// Where purple-exec looks for purple-net.
pub(crate) fn purple_net_beside(executor: &Path) -> PathBuf {
    executor.with_file_name("purple-net")
}

/// The path by which the caller has probably found this program: a shell looks a name up in `PATH`.
fn called_by() -> Option<PathBuf> {
    let name = PathBuf::from(std::env::args_os().next()?);
    if name.as_os_str().as_bytes().contains(&b'/') {
        return Some(name);
    }
    let search = std::env::var_os("PATH")?;
    let mut all = std::env::split_paths(&search).map(|directory| directory.join(&name));
    all.find(|path| path.is_file() && files::may_execute(path).is_ok())
}

/// Seals a plan in memory: purple-exec reads the very bytes that were checked, whatever happens to
/// the file they came from. It closes them before the command starts.
pub(crate) fn seal(plan: &[u8]) -> Result<SealedBytes, ExecutorError> {
    SealedBytes::new(c"plan", plan).map_err(ExecutorError::Seal)
}

/// Why purple-exec cannot be started.
#[derive(Debug)]
pub enum ExecutorError {
    /// The kernel does not say where this program is.
    OwnPath(io::Error),
    /// There is no such program beside this one.
    Missing {
        /// Where it would be.
        path: PathBuf,
        /// Its name.
        name: &'static str,
    },
    /// This user may not execute it.
    NotExecutable {
        /// Where it is.
        path: PathBuf,
        /// Why not.
        errno: Errno,
    },
    /// The plan cannot be sealed in memory.
    Seal(io::Error),
}

impl Display for ExecutorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OwnPath(error) => write!(f, "cannot find out where this program is: {error}"),
            Self::Missing { path, name } => write!(
                f,
                "{} does not exist; {name} must be in the directory of purple",
                shown(path)
            ),
            Self::NotExecutable { path, errno } => {
                write!(f, "{} cannot be executed: {errno}", shown(path))
            }
            Self::Seal(error) => write!(f, "sealing the plan in memory: {error}"),
        }
    }
}

impl std::error::Error for ExecutorError {}
