//! Probes: each tries what a sandbox needs, in a child. What a probe does to itself ends with the
//! child, and so does what kills it.

pub mod calls;
pub mod cgroup;
pub mod greeting;
pub mod interfaces;
pub mod namespaces;
pub mod network;
pub mod restrictions;
pub mod root;

use crate::errno::words;
use crate::sys::process::fork;
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, pipe2};
use std::fmt::{self, Display};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

/// How long a probe may take.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// The steps of a probe that were reported, in their order.
#[derive(Debug)]
pub struct Steps {
    reported: Vec<(String, Result<(), Errno>)>,
    end: ProbeEnd,
}

impl Steps {
    /// Whether a step worked.
    pub fn result(&self, step: &'static str) -> Result<(), StepError> {
        let found = self.reported.iter().find(|(name, _)| name == step);
        match found {
            Some((_, Ok(()))) => Ok(()),
            Some((_, Err(errno))) => Err(StepError::Failed {
                step,
                errno: *errno,
            }),
            None => match self.reported.iter().find(|(_, result)| result.is_err()) {
                Some((needed, _)) => Err(StepError::NotReached {
                    needs: needed.clone(),
                }),
                None => Err(StepError::NotReported(self.end)),
            },
        }
    }

    /// The kernel's error in a step that was reported to have failed.
    pub fn errno(&self, step: &'static str) -> Option<Errno> {
        match self.result(step) {
            Err(StepError::Failed { errno, .. }) => Some(errno),
            _ => None,
        }
    }
}

/// Why a step of a probe did not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepError {
    /// The kernel refused it.
    Failed {
        /// The step.
        step: &'static str,
        /// The kernel's error.
        errno: Errno,
    },
    /// It was not tried, because another step had failed before.
    NotReached {
        /// The other step.
        needs: String,
    },
    /// The probe ended without a word about it.
    NotReported(ProbeEnd),
}

impl Display for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed { step, errno } => write!(f, "{step}: {}", words(*errno)),
            Self::NotReached { needs } => write!(f, "it needs {needs}"),
            Self::NotReported(end) => end.fmt(f),
        }
    }
}

impl std::error::Error for StepError {}

/// How a probe ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProbeEnd {
    /// There was no child.
    NotStarted(Errno),
    /// It did not end in time.
    TimedOut,
    /// A signal ended it.
    Killed(Signal),
    /// By itself.
    Exited,
}

impl Display for ProbeEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStarted(errno) => write!(f, "no child could be started: {}", words(*errno)),
            Self::TimedOut => write!(f, "no answer in {} s", TIME_LIMIT.as_secs()),
            Self::Killed(signal) => write!(f, "the probe died of {signal}"),
            Self::Exited => f.write_str("the probe ended without an answer"),
        }
    }
}

/// What a child reports its steps to.
#[derive(Debug)]
pub(crate) struct Reporter(File);

impl Reporter {
    /// Reports what came of a step; gives whether it worked.
    pub(crate) fn step<T>(&mut self, step: &'static str, result: &Result<T, Errno>) -> bool {
        let code = match result {
            Ok(_) => 0,
            // An error that nix has no name for is still one.
            Err(Errno::UnknownErrno) => -1,
            Err(errno) => *errno as i32,
        };
        // Where the parent is gone, there is no reader.
        let written = self.0.write_all(format!("{step} {code}\n").as_bytes());
        written.is_ok() && result.is_ok()
    }
}

/// The steps in what a child has reported.
fn parse(report: &str) -> Vec<(String, Result<(), Errno>)> {
    let steps = report.lines().filter_map(|line| {
        let (step, code) = line.rsplit_once(' ')?;
        let result = match code.parse().ok()? {
            0 => Ok(()),
            code => Err(Errno::from_raw(code)),
        };
        Some((step.to_owned(), result))
    });
    steps.collect()
}

/// Runs a probe in a child, for a limited time.
pub(crate) fn run(probe: impl FnOnce(&mut Reporter)) -> Steps {
    match run_child(probe) {
        Ok(steps) => steps,
        Err(errno) => Steps {
            reported: Vec::new(),
            end: ProbeEnd::NotStarted(errno),
        },
    }
}

fn run_child(probe: impl FnOnce(&mut Reporter)) -> Result<Steps, Errno> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC)?;
    let child = match fork()? {
        ForkResult::Child => {
            drop(reader);
            // With a limit of one byte the kernel writes no core file, and starts no program for one.
            let prepared = nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)
                .and_then(|()| setrlimit(Resource::RLIMIT_CORE, 1, 1));
            let mut reporter = Reporter(File::from(writer));
            if prepared.is_ok() {
                probe(&mut reporter);
            }
            std::process::exit(0);
        }
        ForkResult::Parent { child } => child,
    };
    drop(writer);
    let (report, in_time) = read_to_end(File::from(reader));
    let end = wait_for_end(child, in_time)?;
    Ok(Steps {
        reported: parse(&report),
        end,
    })
}

/// What is written to a pipe, and whether its other side was closed in time.
fn read_to_end(mut reader: File) -> (String, bool) {
    let mut text = String::new();
    let start = Instant::now();
    loop {
        let left = TIME_LIMIT.saturating_sub(start.elapsed());
        let mut fds = [PollFd::new(reader.as_fd(), PollFlags::POLLIN)];
        match poll(
            &mut fds,
            PollTimeout::try_from(left).unwrap_or(PollTimeout::ZERO),
        ) {
            Err(Errno::EINTR) => continue,
            Ok(0) | Err(_) => return (text, false),
            Ok(_) => {}
        }
        let mut bytes = [0; 512];
        match reader.read(&mut bytes) {
            Ok(0) | Err(_) => return (text, true),
            Ok(count) => text += &String::from_utf8_lossy(bytes.get(..count).unwrap_or_default()),
        }
    }
}

fn wait_for_end(child: Pid, in_time: bool) -> Result<ProbeEnd, Errno> {
    if !in_time {
        kill(child, Signal::SIGKILL)?;
    }
    Ok(match waitpid(child, None)? {
        _ if !in_time => ProbeEnd::TimedOut,
        WaitStatus::Signaled(_, signal, _) => ProbeEnd::Killed(signal),
        _ => ProbeEnd::Exited,
    })
}

#[cfg(test)]
mod tests {
    use super::{ProbeEnd, StepError, Steps, parse};
    use nix::errno::Errno;
    use nix::sys::signal::Signal;

    fn steps(report: &str) -> Steps {
        Steps {
            reported: parse(report),
            end: ProbeEnd::Killed(Signal::SIGSEGV),
        }
    }

    #[test]
    fn a_step_behind_a_failed_one_was_not_reached() {
        let steps = steps("unshare 0\nwriting the id maps 1\n");
        assert_eq!(steps.result("unshare"), Ok(()));
        let failed = steps.result("writing the id maps");
        let words = failed.as_ref().map_err(ToString::to_string);
        assert_eq!(
            words,
            Err("writing the id maps: EPERM (operation not permitted)".to_owned())
        );
        assert_eq!(
            steps.errno("writing the id maps"),
            Some(Errno::EPERM),
            "{failed:?}"
        );
        let needs = "writing the id maps".to_owned();
        assert_eq!(steps.result("later"), Err(StepError::NotReached { needs }));
    }

    #[test]
    fn a_probe_that_dies_says_of_what() {
        let steps = steps("first 0\n");
        let words = steps.result("second").map_err(|error| error.to_string());
        assert_eq!(words, Err("the probe died of SIGSEGV".to_owned()));
        assert_eq!(steps.errno("second"), None);
    }

    #[test]
    fn an_unknown_error_is_no_success() {
        let steps = steps("a call -1\n");
        assert!(steps.result("a call").is_err());
    }
}
