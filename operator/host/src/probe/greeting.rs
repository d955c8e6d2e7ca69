//! What a program beside this one says over a socket of itself, before it does anything else.

use crate::memory::inherited;
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use std::io::{self, Read as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// How long it may take to say it.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// Starts the program as purple-exec does, but with an empty plan, gives the first bytes that it says, and ends it. An error
/// of the kind `UnexpectedEof` where it says less.
pub fn of<const N: usize>(program: &Path) -> io::Result<[u8; N]> {
    let (mut ours, its) = UnixStream::pair()?;
    fcntl(&its, FcntlArg::F_SETFD(FdFlag::empty()))?;
    let plan = inherited(c"plan")?;
    let name = program.file_name().unwrap_or_default();
    let mut child = Command::new(program)
        .arg0(name)
        .args(["--plan-fd", &plan.as_raw_fd().to_string()])
        .args(["--socket-fd", &its.as_raw_fd().to_string()])
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    drop(its);
    let mut said = [0; N];
    let read = ours
        .set_read_timeout(Some(TIME_LIMIT))
        .and_then(|()| ours.read_exact(&mut said));
    child.kill()?;
    child.wait()?;
    read.map(|()| said)
}
