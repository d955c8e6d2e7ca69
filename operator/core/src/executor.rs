//! purple-exec, and how it gets the plan. It is beside this program: the search path has no say in
//! what confines an agent.

use crate::Problem;
use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::unistd::{AccessFlags, access};
use std::fs::File;
use std::io::Write as _;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::PathBuf;
use std::process::Command;

/// A command that runs purple-exec.
pub fn command() -> Result<Command, Problem> {
    let own = std::env::current_exe()
        .map_err(|error| Problem::new(format!("cannot find out where this program is: {error}")))?;
    let executor = own.with_file_name("purple-exec");
    let place = executor.display();
    if !executor.is_file() {
        return Err(Problem::new(format!(
            "{place} is not there; purple-exec must be installed beside purple"
        )));
    }
    access(&executor, AccessFlags::X_OK)
        .map_err(|error| Problem::new(format!("{place} cannot be executed: {error}")))?;
    Ok(Command::new(executor))
}

/// A plan in memory that nobody can change any more: purple-exec reads the very bytes that were
/// checked, whatever happens to the file they came from.
#[derive(Debug)]
pub struct Sealed {
    memory: OwnedFd,
}

impl Sealed {
    /// Seals a copy of these bytes.
    pub fn new(bytes: &[u8]) -> Result<Self, Problem> {
        Self::copy(bytes)
            .map_err(|error| Problem::new(format!("sealing the plan in memory: {error}")))
    }

    fn copy(bytes: &[u8]) -> std::io::Result<Self> {
        // It stays open across exec, on purpose; purple-exec closes it before the command starts.
        let memory = memfd_create(c"plan", MFdFlags::MFD_ALLOW_SEALING)?;
        let mut file = File::from(memory);
        file.write_all(bytes)?;
        let seals = SealFlag::F_SEAL_WRITE
            | SealFlag::F_SEAL_GROW
            | SealFlag::F_SEAL_SHRINK
            | SealFlag::F_SEAL_SEAL;
        let _zero = fcntl(&file, FcntlArg::F_ADD_SEALS(seals))?;
        Ok(Self {
            memory: file.into(),
        })
    }

    /// Where purple-exec finds it, being the same process.
    pub fn path(&self) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}", self.memory.as_raw_fd()))
    }
}
