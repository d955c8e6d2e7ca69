//! Probes run in children: what they do to themselves ends with them, and so does what kills them.

use super::report::UNTRIED;
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, pipe2};
use purple_host::sys;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

/// How long a probe may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a child has to say, step by step.
#[derive(Debug)]
pub(super) struct Notes(File);

impl Notes {
    /// Says what came of a step; gives whether it went well.
    pub(super) fn say<T>(&mut self, step: &str, found: &Result<T, Errno>) -> bool {
        let errno = found.as_ref().err().map_or(0, |errno| *errno as i32);
        // Where the parent is gone, nobody wants to know.
        let said = self
            .0
            .write_all(format!("{step} {errno}\n").as_bytes())
            .is_ok();
        said && found.is_ok()
    }
}

/// What a child has said.
#[derive(Debug)]
pub(super) struct Answers {
    steps: Vec<(String, Errno)>,
    end: String,
}

impl Answers {
    /// What came of a step, in words where it did not go well.
    pub(super) fn of(&self, step: &str) -> Result<(), String> {
        match self.errno(step) {
            Some(Errno::UnknownErrno) => Ok(()),
            Some(errno) => Err(format!("{step}: {}", words(errno))),
            None => match self
                .steps
                .iter()
                .find(|(_, errno)| *errno != Errno::UnknownErrno)
            {
                Some((before, _)) => Err(format!("{UNTRIED}it needs {before}")),
                None => Err(self.end.clone()),
            },
        }
    }

    /// The error of a step that did not go well: an error of 0 is none.
    pub(super) fn errno(&self, step: &str) -> Option<Errno> {
        self.steps
            .iter()
            .find(|(name, _)| name == step)
            .map(|(_, errno)| *errno)
    }
}

/// An error's name and its meaning.
pub(super) fn words(errno: Errno) -> String {
    format!("{errno:?} ({})", errno.desc().to_lowercase())
}

/// Runs a probe in a child, for a limited time.
pub(super) fn ask(probe: impl FnOnce(&mut Notes)) -> Answers {
    match asked(probe) {
        Ok(answers) => answers,
        Err(errno) => {
            let end = format!("no child could be started: {}", words(errno));
            Answers {
                steps: Vec::new(),
                end,
            }
        }
    }
}

fn asked(probe: impl FnOnce(&mut Notes)) -> Result<Answers, Errno> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC)?;
    let child = match sys::fork()? {
        ForkResult::Child => {
            drop(reader);
            // With a limit of one byte the kernel writes no core file, and starts no program for one.
            let prepared = nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)
                .and_then(|()| setrlimit(Resource::RLIMIT_CORE, 1, 1));
            let mut notes = Notes(File::from(writer));
            if prepared.is_ok() {
                probe(&mut notes);
            }
            std::process::exit(0);
        }
        ForkResult::Parent { child } => child,
    };
    drop(writer);
    let mut text = String::new();
    let mut reader = File::from(reader);
    let start = Instant::now();
    let in_time = loop {
        let left = PATIENCE.saturating_sub(start.elapsed());
        let mut fds = [PollFd::new(reader.as_fd(), PollFlags::POLLIN)];
        match poll(
            &mut fds,
            PollTimeout::try_from(left).unwrap_or(PollTimeout::ZERO),
        ) {
            Err(Errno::EINTR) => continue,
            Ok(0) | Err(_) => break false,
            Ok(_) => {}
        }
        let mut bytes = [0; 512];
        match reader.read(&mut bytes) {
            Ok(0) | Err(_) => break true,
            Ok(count) => text += &String::from_utf8_lossy(bytes.get(..count).unwrap_or_default()),
        }
    };
    if !in_time {
        kill(child, Signal::SIGKILL)?;
    }
    let status = waitpid(child, None)?;
    let end = match status {
        _ if !in_time => format!("no answer in {} s", PATIENCE.as_secs()),
        WaitStatus::Signaled(_, signal, _) => format!("the probe died of {signal}"),
        _ => "the probe ended without an answer".to_owned(),
    };
    let steps = text.lines().filter_map(|line| {
        let (step, errno) = line.rsplit_once(' ')?;
        Some((step.to_owned(), Errno::from_raw(errno.parse().ok()?)))
    });
    Ok(Answers {
        steps: steps.collect(),
        end,
    })
}
