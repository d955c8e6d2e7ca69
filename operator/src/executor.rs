//! Where purple-exec is: beside this program. The search path has no say in what confines an agent.

use crate::Problem;
use std::process::Command;

/// A command that runs purple-exec.
pub(crate) fn command() -> Result<Command, Problem> {
    let own = std::env::current_exe()
        .map_err(|error| Problem::new(format!("cannot find out where this program is: {error}")))?;
    let executor = own.with_file_name("purple-exec");
    if executor.is_file() {
        Ok(Command::new(executor))
    } else {
        Err(Problem::new(format!(
            "{} is not there; purple-exec must be installed beside purple",
            executor.display()
        )))
    }
}
